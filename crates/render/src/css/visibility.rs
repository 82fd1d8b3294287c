//! Whether what every message must show can be seen in it.

use scraper::{ElementRef, Html};

use super::inline::{hides, sheets};
use super::selector::{NameMode, RuleSelector};
use super::sheet::{Declaration, Sheet, declarations};
use crate::html::markup::Markup;

/// What hides an element: the selectors of a rule, or the attribute of an element above it.
pub(crate) type HiddenBy = String;

/// What in the author's styles could hide `element`, on any screen, by hiding one of the elements
/// that it stands in. Elements of Pharos' own have styles that no sheet beats.
pub(crate) fn hidden_by(
    element: &ElementRef<'_>,
    text: &str,
    markup: &[Markup],
) -> Option<HiddenBy> {
    let above: Vec<ElementRef<'_>> =
        element.ancestors().filter_map(ElementRef::wrap).filter(|it| !is_own(it)).collect();
    let by_attribute = above.iter().find_map(|element| {
        let style = element.value().attr("style")?;
        let hidden = hides(by_weight(&declarations(style)));
        hidden.then(|| format!("<{} style=\"{style}\">", element.value().name()))
    });
    by_attribute.or_else(|| {
        sheets(markup).find_map(|(_, span)| {
            let css = text.get(span.clone()).unwrap_or_default();
            let rules = Sheet::parse(css, span.start, false).rules;
            let hiding = rules.into_iter().filter(|rule| hides(by_weight(&rule.declarations)));
            let meant = |selectors: &str| {
                let list = RuleSelector::list(selectors, NameMode::Exact);
                above.iter().any(|element| list.iter().any(|it| it.matches(element)))
            };
            hiding.map(|rule| rule.selectors).find(|selectors| meant(selectors))
        })
    })
}

/// Important declarations count after the others.
fn by_weight(declarations: &[Declaration]) -> impl Iterator<Item = &Declaration> {
    let of = |important| declarations.iter().filter(move |it| it.is_important == important);
    of(false).chain(of(true))
}

fn is_own(element: &ElementRef<'_>) -> bool {
    let value = element.value();
    value.id().is_some_and(|id| id.starts_with("pharos"))
        || value.classes().any(|class| class.starts_with("pharos-"))
}

/// The element with this attribute, wherever Pharos put it.
pub(crate) fn own_element<'d>(
    html: &'d Html,
    name: &str,
    attribute: &str,
    value: &str,
) -> Option<ElementRef<'d>> {
    let elements = html.tree.nodes().filter_map(ElementRef::wrap);
    let mut found = elements.filter(|element| {
        element.value().name() == name && element.value().attr(attribute) == Some(value)
    });
    found.next_back()
}
