//! Which lists have items that a condition or a loop decides about.

use std::collections::HashSet;

use scraper::{ElementRef, Html};

use super::cells::number_of;
use crate::placeholders::Placeholders;

/// These lists by the number of their start tag.
pub(super) fn decided_lists(parsed: &Html, placeholders: &Placeholders) -> HashSet<usize> {
    let elements = parsed.tree.nodes().filter_map(ElementRef::wrap);
    let lists = elements.filter(|element| matches!(element.value().name(), "ul" | "ol"));
    let is_decided = |list: &ElementRef<'_>| {
        let mut texts = list.children().filter_map(|child| child.value().as_text());
        texts.any(|text| placeholders.begins_in(text))
    };
    lists.filter(is_decided).filter_map(|list| number_of(&list)).collect()
}
