//! Which declarations hold for which element, and in what order they win (CSS Cascade 4, section 6).

use std::collections::{BTreeMap, HashMap};

use scraper::{ElementRef, Html};

use super::selector::{NameMode, RuleSelector, SelectorKey, Specificity};
use super::sheet::{Declaration, StyleRule};

/// Comparisons of an element with a selector, and of two declarations of one element, in one document.
/// The largest of real ones need a tenth.
const MOST_MATCHED: usize = 1_000_000;
const MOST_COMPARED: usize = 10_000_000;

/// The attribute that tells the parsed elements from each other: the number of the start tag.
pub(crate) const NUMBER: &str = "data-pharos-number";

/// A declaration of a sheet, with what the inliner asks of it.
#[derive(Debug)]
pub(crate) struct SheetDeclaration {
    pub(crate) declaration: Declaration,
    /// The rule it is from, in the order of the sheets.
    pub(crate) rule: usize,
    pub(crate) family: Family,
}

/// A declaration that holds for an element, perhaps only sometimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Applied {
    pub(crate) specificity: Specificity,
    /// Its number among all declarations, in the order of the sheets.
    pub(crate) declaration: usize,
    /// Whether it stays in the sheet only: it holds sometimes, or for whole subtrees, or its value
    /// is not for every program.
    pub(crate) stays: bool,
}

/// Everything that the sheets say of the elements.
#[derive(Default)]
pub(crate) struct Cascade {
    pub(crate) declarations: Vec<SheetDeclaration>,
    /// By the number of the start tag; the weakest first.
    pub(crate) applied: Vec<Vec<Applied>>,
}

/// The elements of a parsed document by the names that selectors ask for.
struct ElementIndex<'d> {
    elements: Vec<(usize, ElementRef<'d>)>,
    by_key: HashMap<SelectorKey, Vec<usize>>,
}

impl<'d> ElementIndex<'d> {
    fn of(html: &'d Html) -> Self {
        let mut index = Self { elements: Vec::new(), by_key: HashMap::new() };
        for element in html.tree.nodes().filter_map(ElementRef::wrap) {
            let value = element.value();
            let number = value.attr(NUMBER).and_then(|number| number.parse().ok());
            let Some(number) = number else { continue };
            if is_without_style(value.name()) {
                continue;
            }
            let at = index.elements.len();
            index.elements.push((number, element));
            let mut add = |key| index.by_key.entry(key).or_default().push(at);
            add(SelectorKey::Element(value.name().to_owned()));
            value.id().into_iter().for_each(|id| add(SelectorKey::Id(id.to_owned())));
            value.classes().for_each(|class| add(SelectorKey::Class(class.to_owned())));
        }
        index
    }

    /// How many elements a selector is compared with.
    fn candidates(&self, selector: &RuleSelector) -> usize {
        match &selector.key {
            SelectorKey::Any => self.elements.len(),
            key => self.by_key.get(key).map_or(0, Vec::len),
        }
    }

    /// The numbers of the elements that a selector means.
    fn matching(&self, selector: &RuleSelector) -> Vec<usize> {
        let matches = |(number, element): &(usize, ElementRef<'d>)| {
            selector.matches(element).then_some(*number)
        };
        match &selector.key {
            SelectorKey::Any => self.elements.iter().filter_map(matches).collect(),
            key => {
                let known = self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
                known.iter().filter_map(|at| matches(self.elements.get(*at)?)).collect()
            }
        }
    }
}

fn is_without_style(element: &str) -> bool {
    ["head", "meta", "title", "style", "link", "script", "br", "wbr", "map", "area"]
        .contains(&element)
}

impl Cascade {
    /// What `rules` say of the `count` start tags, which carry their [`NUMBER`] in `html`; nothing when
    /// they say so much that it would take too long.
    pub(crate) fn new(
        rules: Vec<StyleRule>,
        html: &Html,
        mode: NameMode,
        count: usize,
    ) -> Option<Self> {
        let mut work = 0;
        let index = ElementIndex::of(html);
        let mut families = Families::default();
        let mut cascade = Self { declarations: Vec::new(), applied: vec![Vec::new(); count] };
        for (number, rule) in rules.into_iter().enumerate() {
            // `a, a:hover` means a link twice: always, and more strongly in a state.
            let mut meant: BTreeMap<(usize, bool), Specificity> = BTreeMap::new();
            for selector in RuleSelector::list(&rule.selectors, mode) {
                let stays = rule.is_conditional || selector.is_conditional || selector.is_universal;
                work += index.candidates(&selector);
                if work > MOST_MATCHED {
                    return None;
                }
                for element in index.matching(&selector) {
                    let known = meant.entry((element, stays)).or_default();
                    *known = (*known).max(selector.specificity);
                }
            }
            let first = cascade.declarations.len();
            for ((element, stays), specificity) in meant {
                let Some(applied) = cascade.applied.get_mut(element) else { continue };
                applied.extend(rule.declarations.iter().enumerate().map(|(at, it)| Applied {
                    specificity,
                    declaration: first + at,
                    stays: stays || !it.is_plain,
                }));
            }
            cascade.declarations.extend(rule.declarations.into_iter().map(|declaration| {
                let family = families.of(&declaration.property);
                SheetDeclaration { declaration, rule: number, family }
            }));
        }
        let pairs = cascade.applied.iter().map(|applied| applied.len().saturating_pow(2));
        if pairs.fold(0, usize::saturating_add) > MOST_COMPARED {
            return None;
        }
        cascade.applied.iter_mut().for_each(|applied| applied.sort_unstable());
        Some(cascade)
    }

    pub(crate) fn get(&self, applied: Applied) -> Option<&SheetDeclaration> {
        self.declarations.get(applied.declaration)
    }
}

/// Properties that may set each other: a shorthand and its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Family(usize);

/// The families met so far, by the name that the parts begin with.
#[derive(Debug, Default)]
struct Families(HashMap<String, usize>);

impl Families {
    fn of(&mut self, property: &str) -> Family {
        let next = self.0.len();
        let name = family_name(property).to_owned();
        Family(*self.0.entry(name).or_insert(next))
    }
}

pub(crate) fn family_name(property: &str) -> &str {
    const SHORTHANDS: [&str; 14] = [
        "margin",
        "padding",
        "border",
        "background",
        "font",
        "list-style",
        "text-decoration",
        "outline",
        "flex",
        "grid",
        "overflow",
        "column",
        "transition",
        "animation",
    ];
    match property {
        "line-height" => "font",
        "border-collapse" | "border-spacing" => property,
        _ if property.starts_with("border-") && property.ends_with("radius") => "border-radius",
        _ => {
            let part = |name: &&str| {
                property.strip_prefix(*name).is_some_and(|rest| rest.starts_with('-'))
            };
            SHORTHANDS.into_iter().find(part).unwrap_or(property)
        }
    }
}

/// Whether setting one property may change what another has set. Both are of one family.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let contains = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let of_line = |it: &str| matches!(it, "font" | "line-height");
    let border = |it: &str| it.starts_with("border-") && !it.ends_with("radius");
    contains(one, other)
        || contains(other, one)
        || (of_line(one) && of_line(other))
        || (border(one) && border(other))
        || (one.ends_with("radius") && other.ends_with("radius"))
}
