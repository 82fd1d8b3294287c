//! How deep elements are nested: bounded, for parsers recurse and reopen what was never closed.

/// The deepest nesting of elements. Some steps recurse, and no mail needs as much.
pub(crate) const DEPTH: usize = 200;
/// The most depths of all elements added up: HTML parsers reopen unclosed formatting in every
/// paragraph, so a small file could become a huge document.
const DEPTHS: usize = 2_000_000;

/// Elements are nested too deep, or many are never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// Refuses what would make a parser recurse or a document grow without bound.
pub(crate) fn check_nesting(html: &str) -> Result<(), TooDeep> {
    let (mut depth, mut depths) = (0_usize, 0_usize);
    for (at, _) in html.match_indices('<') {
        let rest = html.get(at + 1..).unwrap_or_default();
        if let Some(name) = rest.strip_prefix('/') {
            depth = depth.saturating_sub(usize::from(nests(name)));
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            depth += usize::from(nests(rest));
            depths += depth;
        }
        if depth > DEPTH || depths > DEPTHS {
            return Err(TooDeep);
        }
    }
    Ok(())
}

/// Whether a tag opens a level: not when it has no content or is closed by its next sibling.
fn nests(tag: &str) -> bool {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
    let name = tag.get(..end).unwrap_or_default().to_ascii_lowercase();
    let flat = [
        "area", "br", "col", "dd", "dt", "hr", "img", "li", "meta", "p", "source", "tbody", "td",
        "tfoot", "th", "thead", "tr", "wbr",
    ];
    !flat.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_or_unclosed_markup_is_refused_before_a_parser_recurses() {
        assert!(check_nesting(&"<div>".repeat(201)).is_err());
        assert!(check_nesting(&format!("{}{}", "<b>".repeat(150), "<p>".repeat(20_000))).is_err());
        assert!(check_nesting(&"<p>text<br><li>x".repeat(20_000)).is_ok());
        assert!(check_nesting(&"<div><a>x</a></div>".repeat(20_000)).is_ok());
    }
}
