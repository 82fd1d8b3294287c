//! Rules that pick links by their address: the addresses change when links are tracked.

use super::selector::{NameMode, RuleSelector};
use super::sheet::StyleRule;

/// The rules that would no longer mean the links they mean: they stay in the sheet, for they hold only
/// sometimes or are about a part of a link, and ask for an address that tracking changes. Each with
/// its place.
pub(crate) fn picking_by_address(rules: &[StyleRule]) -> Vec<(usize, String)> {
    let stays = |rule: &&StyleRule| {
        let list = RuleSelector::list(&rule.selectors, NameMode::Exact);
        let parts = rule.selectors.split(',').count();
        rule.is_conditional || list.len() < parts || list.iter().any(|it| it.is_conditional)
    };
    let asks = |rule: &&StyleRule| {
        rule.selectors.split("[href").skip(1).any(|rest| changes(rest.trim_start()))
    };
    let picking = rules.iter().filter(asks).filter(stays);
    picking.map(|rule| (rule.start, rule.selectors.clone())).collect()
}

/// Whether tracking changes what the rest of an attribute selector, behind `[href`, asks for.
fn changes(rest: &str) -> bool {
    let value = |rest: &str| rest.trim_start().trim_start_matches(['"', '\'']).to_ascii_lowercase();
    match rest.split_once('=') {
        None => false,
        // `[href]` asks for any address.
        Some((operator, _)) if operator.contains(']') => false,
        Some(("" | "^", rest)) => {
            let value = value(rest);
            // Trackers begin with https as well.
            value.starts_with("http") && !value.starts_with("https:\"") && value.len() > 8
        }
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::css::sheet::Sheet;

    #[test]
    fn rules_that_would_lose_their_links_are_found() {
        let css = "a[href$='.pdf']::after { content: 'x' } a[href^=tel] { color: red } \
            a[href*=shop] { color: red } @media x { a[href*=shop], b { color: red } } \
            a[href]:hover { color: red } a[href='https://a.example']:hover { color: red } \
            @media x { a[href^=\"mailto:\"], a[href^='#'] { color: red } }";
        let found = picking_by_address(&Sheet::parse(css, 0, false).rules);
        let found: Vec<&str> = found.iter().map(|(at, it)| &css[*at..*at + it.len()]).collect();
        assert_eq!(
            found,
            ["a[href$='.pdf']::after", "a[href*=shop], b", "a[href='https://a.example']:hover"]
        );
    }
}
