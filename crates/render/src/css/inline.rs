//! Moves what style sheets say into `style` attributes, for mail programs that ignore sheets, and
//! keeps the sheets, for media queries and states.
//!
//! Invariant: a program that reads sheets shows the same as before. A `style` attribute beats every
//! sheet, so a declaration that stays in the sheet (`@media`, `:hover`, `*`) and won before gets
//! `!important`; where that would beat something else that won before, nothing is moved instead.

use std::collections::HashSet;

use scraper::Html;

use super::cascade::{Applied, Cascade, NUMBER, SheetDeclaration, family_name, overlap};
use super::selector::NameMode;
use super::sheet::{Declaration, Sheet, StyleRule, declarations, is_conditional_media};
use super::tracked_links::picking_by_address;
use crate::html::edits::Edits;
use crate::html::markup::{Markup, Span, StartTag, TextKind};

/// What inlining changes, and what it found out on the way.
pub(crate) struct InlinedStyles {
    pub(crate) edits: Edits,
    /// The parsed document; its elements carry the number of their start tag in [`NUMBER`].
    pub(crate) html: Html,
    /// Rules that tracking takes their links from, with their places.
    pub(crate) picking_by_address: Vec<(usize, String)>,
    /// The sheets say too much to be inlined, and only stay in the document.
    pub(crate) is_too_large: bool,
    /// By the number of the start tag: whether a reader with a wide screen does not see it.
    pub(crate) hidden: Vec<bool>,
}

/// The text of each style element with its start tag.
pub(super) fn sheets(markup: &[Markup]) -> impl Iterator<Item = (&StartTag, Span)> {
    markup.windows(2).filter_map(|pair| match pair {
        [Markup::Start(tag), Markup::Text { span, kind: TextKind::Raw }] if tag.name == "style" => {
            Some((tag, span.clone()))
        }
        _ => None,
    })
}

/// Inlines the sheets of the text that `markup` were read from. A document without a doctype is read
/// in quirks mode; a part of a document is not, for it gets a doctype.
pub(crate) fn inline(text: &str, markup: &[Markup], is_document: bool) -> InlinedStyles {
    let rules: Vec<StyleRule> = sheets(markup)
        .filter(|(tag, _)| tag.value("type").is_none_or(|it| it.eq_ignore_ascii_case("text/css")))
        .flat_map(|(tag, span)| {
            let css = text.get(span.clone()).unwrap_or_default();
            Sheet::parse(css, span.start, stays_in_sheet(tag)).rules
        })
        .collect();
    let mode = if is_document { name_mode(text, markup) } else { NameMode::Exact };
    inline_all(text, markup, rules, mode)
}

/// How browsers compare names in a document: what stands before its first tag decides.
fn name_mode(text: &str, markup: &[Markup]) -> NameMode {
    let first = markup.iter().find_map(|piece| match piece {
        Markup::Start(tag) => Some(tag.span.start),
        _ => None,
    });
    let start = text.get(..first.unwrap_or(text.len())).unwrap_or_default();
    let of_nothing = Html::parse_document("").quirks_mode;
    match Html::parse_document(start).quirks_mode == of_nothing {
        true => NameMode::LowerCase,
        false => NameMode::Exact,
    }
}

/// Inlines a sheet that is not in the text. Its rules that hold only sometimes must be important.
pub(crate) fn inline_rules(text: &str, markup: &[Markup], css: &str) -> Edits {
    // Behind every text, so that what should change in the sheet changes nothing here.
    let rules = Sheet::parse(css, usize::MAX / 2, false).rules;
    inline_all(text, markup, rules, NameMode::Exact).edits
}

fn inline_all(
    text: &str,
    markup: &[Markup],
    rules: Vec<StyleRule>,
    mode: NameMode,
) -> InlinedStyles {
    let tags: Vec<&StartTag> = markup
        .iter()
        .filter_map(|piece| if let Markup::Start(tag) = piece { Some(tag) } else { None })
        .collect();
    let html = Html::parse_document(&numbered(text, &tags, mode));
    let picking_by_address = picking_by_address(&rules);
    let cascade = Cascade::new(rules, &html, mode, tags.len());
    let is_too_large = cascade.is_none();
    let cascade = cascade.unwrap_or_default();
    let own: Vec<Vec<Declaration>> =
        tags.iter().map(|tag| tag.value("style").map_or_else(Vec::new, declarations)).collect();
    let kept = KeptDeclarations::new(&cascade, &own);
    let mut edits = kept.edits(&cascade);
    let mut hidden = Vec::with_capacity(tags.len());
    for (number, tag) in tags.iter().enumerate() {
        let style = ElementStyle::new(&cascade, &own, number);
        hidden.push(style.hides());
        style.write(text, tag, &kept, &mut edits);
    }
    InlinedStyles { edits, html, picking_by_address, is_too_large, hidden }
}

/// The document with the number of each start tag in it, and the names in it as `mode` compares them.
fn numbered(text: &str, tags: &[&StartTag], mode: NameMode) -> String {
    let mut edits = Edits::default();
    for (number, tag) in tags.iter().enumerate() {
        edits.insert(tag.name_end(), format!(" {NUMBER}=\"{number}\""));
        for attribute in tag.attributes.iter().filter(|it| it.name == "class" || it.name == "id") {
            if let (NameMode::LowerCase, Some(span)) = (mode, &attribute.value_span) {
                let written = text.get(span.clone()).unwrap_or_default();
                edits.replace(span.clone(), mode.name(written));
            }
        }
    }
    edits.apply(text)
}

/// Whether a style element is for programs that read sheets only.
fn stays_in_sheet(tag: &StartTag) -> bool {
    let is_kept = ["embed", "data-embed"].iter().any(|name| tag.attribute(name).is_some())
        || ["data-premailer", "data-css-inline"].iter().any(|it| tag.value(it) == Some("ignore"));
    is_kept || tag.value("media").is_some_and(is_conditional_media)
}

/// What happens to the declarations that stay in a sheet while others move.
struct KeptDeclarations {
    /// These get `!important`.
    important: HashSet<usize>,
    /// Elements and declarations that do not move.
    unmoved: HashSet<(usize, usize)>,
}

impl KeptDeclarations {
    fn new(cascade: &Cascade, own: &[Vec<Declaration>]) -> Self {
        let conflicts = conflicts(cascade);
        let unsafe_ones = unsafe_ones(cascade, own);
        let mut important: HashSet<usize> = conflicts
            .iter()
            .map(|conflict| conflict.stays)
            .filter(|stays| !unsafe_ones.contains(stays))
            .collect();
        // Whatever beats an important one must be important, too.
        spread(cascade, &mut important, |weak, strong| (weak, strong));
        let mut unmoved: HashSet<(usize, usize)> = conflicts
            .into_iter()
            .filter(|conflict| !important.contains(&conflict.stays))
            .map(|conflict| (conflict.element, conflict.moves))
            .collect();
        let elements: HashSet<usize> = unmoved.iter().map(|(element, _)| *element).collect();
        for element in elements {
            keep_weaker(cascade, element, &mut unmoved);
        }
        Self { important, unmoved }
    }

    /// The sheets with `!important` where it is needed.
    fn edits(&self, cascade: &Cascade) -> Edits {
        let mut edits = Edits::default();
        for number in &self.important {
            if let Some(it) = cascade.declarations.get(*number) {
                edits.insert(it.declaration.value_end, " !important");
            }
        }
        edits
    }
}

/// What is weaker than a declaration that does not move must not move either: it would beat it.
fn keep_weaker(cascade: &Cascade, element: usize, unmoved: &mut HashSet<(usize, usize)>) {
    let applied = cascade.applied.get(element).map(Vec::as_slice).unwrap_or_default();
    let mut pairs: Vec<(Applied, Applied)> = stronger_pairs(cascade, applied).collect();
    pairs.sort_unstable_by_key(|(_, strong)| std::cmp::Reverse(*strong));
    for (weak, strong) in pairs {
        if unmoved.contains(&(element, strong.declaration)) {
            unmoved.insert((element, weak.declaration));
        }
    }
}

/// A declaration that stays in a sheet and wins over one that would move.
struct Conflict {
    element: usize,
    stays: usize,
    moves: usize,
}

fn conflicts(cascade: &Cascade) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for (element, applied) in cascade.applied.iter().enumerate() {
        for (weak, strong) in stronger_pairs(cascade, applied) {
            if strong.stays && !weak.stays {
                let (stays, moves) = (strong.declaration, weak.declaration);
                conflicts.push(Conflict { element, stays, moves });
            }
        }
    }
    conflicts
}

/// The pairs of overlapping declarations of one element of which the second wins; none of them is
/// important.
fn stronger_pairs<'c>(
    cascade: &'c Cascade,
    applied: &'c [Applied],
) -> impl Iterator<Item = (Applied, Applied)> + 'c {
    let normal = move |applied: &Applied| {
        cascade.get(*applied).filter(|it| !it.declaration.is_important).map(|it| (*applied, it))
    };
    let pairs = applied.iter().filter_map(normal).enumerate().flat_map(move |(at, weak)| {
        let later = applied.iter().filter_map(normal).skip(at + 1);
        later.map(move |strong| (weak, strong))
    });
    // One declaration can hold for an element twice, for two selectors of its rule.
    pairs
        .filter(|(weak, strong)| weak.0.declaration != strong.0.declaration)
        .filter(|(weak, strong)| meet(weak.1, strong.1))
        .map(|(weak, strong)| (weak.0, strong.0))
}

fn meet(one: &SheetDeclaration, other: &SheetDeclaration) -> bool {
    one.family == other.family && overlap(&one.declaration.property, &other.declaration.property)
}

/// Declarations that stay and must not become important: they would beat what wins now.
fn unsafe_ones(cascade: &Cascade, own: &[Vec<Declaration>]) -> HashSet<usize> {
    // What holds always for one element and only sometimes for another is one text in the sheet.
    let moving = cascade.applied.iter().flatten().filter(|applied| !applied.stays);
    let moving: HashSet<usize> = moving.map(|applied| applied.declaration).collect();
    let staying = cascade.applied.iter().flatten().filter(|applied| applied.stays);
    let mut found: HashSet<usize> =
        staying.map(|applied| applied.declaration).filter(|it| moving.contains(it)).collect();
    for (applied, own) in cascade.applied.iter().zip(own) {
        for (at, stays) in applied.iter().enumerate().filter(|(_, applied)| applied.stays) {
            let Some(it) = cascade.get(*stays).filter(|it| !it.declaration.is_important) else {
                continue;
            };
            let property = &it.declaration.property;
            let family = family_name(property);
            let by_own = own.iter().any(|own| {
                !own.is_important
                    && family_name(&own.property) == family
                    && overlap(&own.property, property)
            });
            let by_sheet = applied.iter().enumerate().any(|(other_at, other)| {
                let Some(other_one) = cascade.get(*other).filter(|other_one| {
                    other.declaration != stays.declaration && meet(other_one, it)
                }) else {
                    return false;
                };
                match other_one.declaration.is_important {
                    true => other_at < at,
                    false => other_at > at && !other.stays,
                }
            });
            if by_own || by_sheet {
                found.insert(stays.declaration);
            }
        }
    }
    // What is beaten by an unsafe declaration is unsafe as well: it would beat it.
    spread(cascade, &mut found, |weak, strong| (strong, weak));
    found
}

/// Adds to `found` what follows from it, until nothing does. For a weaker and a stronger declaration
/// that both stay, `follows` gives the one to be found and the one that then is found as well.
fn spread(
    cascade: &Cascade,
    found: &mut HashSet<usize>,
    follows: impl Fn(usize, usize) -> (usize, usize),
) {
    let mut added = !found.is_empty();
    while added {
        added = false;
        for applied in &cascade.applied {
            for (weak, strong) in stronger_pairs(cascade, applied) {
                let (from, to) = follows(weak.declaration, strong.declaration);
                added |= weak.stays && strong.stays && found.contains(&from) && found.insert(to);
            }
        }
    }
}

/// What one element is styled with, the weakest first: the sheets' own, the attribute's own, the
/// sheets' important ones.
struct ElementStyle<'c> {
    number: usize,
    weak: Vec<(Applied, &'c SheetDeclaration)>,
    own: &'c [Declaration],
    strong: Vec<(Applied, &'c SheetDeclaration)>,
}

impl<'c> ElementStyle<'c> {
    fn new(cascade: &'c Cascade, own: &'c [Vec<Declaration>], number: usize) -> Self {
        let applied = cascade.applied.get(number).map(Vec::as_slice).unwrap_or_default();
        let moving = applied.iter().filter(|applied| !applied.stays);
        let (strong, weak) = moving
            .filter_map(|applied| Some((*applied, cascade.get(*applied)?)))
            .partition(|(_, it)| it.declaration.is_important);
        let own = own.get(number).map(Vec::as_slice).unwrap_or_default();
        Self { number, weak, own, strong }
    }

    fn hides(&self) -> bool {
        let sheet = |(_, it): &(Applied, &'c SheetDeclaration)| &it.declaration;
        let weak = self.weak.iter().map(sheet);
        hides(weak.chain(self.own).chain(self.strong.iter().map(sheet)))
    }

    fn write(&self, text: &str, tag: &StartTag, kept: &KeptDeclarations, edits: &mut Edits) {
        let moves = |applied: &Applied| !kept.unmoved.contains(&(self.number, applied.declaration));
        let before: Vec<_> = self.weak.iter().filter(|(applied, _)| moves(applied)).collect();
        let own = |property: &str| self.own.iter().any(|it| it.property == property);
        let own_important = |it: &Declaration| {
            self.own.iter().any(|own| own.is_important && own.property == it.property)
        };
        let after: Vec<_> =
            self.strong.iter().filter(|(_, it)| !own_important(&it.declaration)).collect();
        let is_last = |list: &[&(Applied, &SheetDeclaration)], at: usize| {
            let Some((_, it)) = list.get(at) else { return false };
            !list.iter().skip(at + 1).any(|(_, later)| {
                later.rule != it.rule && later.declaration.property == it.declaration.property
            })
        };
        let mut style = String::new();
        for (at, (_, it)) in before.iter().enumerate() {
            let property = &it.declaration.property;
            if is_last(&before, at) && !own(property) {
                push(&mut style, &it.declaration);
            }
        }
        let written = tag.value("style").map(str::trim).unwrap_or_default();
        if style.is_empty() && after.is_empty() {
            return;
        }
        if !written.is_empty() {
            separate(&mut style);
            style.push_str(written);
        }
        for (at, (_, it)) in after.iter().enumerate() {
            if is_last(&after, at) {
                push(&mut style, &it.declaration);
            }
        }
        edits.set_attribute(text, tag, "style", &style);
    }
}

/// Whether declarations, the weakest first, make an element invisible.
pub(super) fn hides<'d>(declarations: impl Iterator<Item = &'d Declaration>) -> bool {
    let all: Vec<&Declaration> = declarations.collect();
    let is = |property: &str, expect: &[&str]| {
        let last = all.iter().rev().find(|it| it.property == property);
        last.is_some_and(|it| expect.contains(&it.value.to_ascii_lowercase().as_str()))
    };
    let none = ["0", "0px", "0em", "0%", "0pt"];
    is("display", &["none"])
        || is("visibility", &["hidden", "collapse"])
        || is("opacity", &["0", "0.0", "0%"])
        || (is("overflow", &["hidden", "clip"])
            && ["max-height", "height", "max-width", "width"].iter().any(|it| is(it, &none)))
}

fn push(style: &mut String, declaration: &Declaration) {
    separate(style);
    style.push_str(&declaration.property);
    style.push(':');
    // A line break inside a value means a space.
    let quoted = declaration.value.replace(['\n', '\r', '\t'], " ");
    style.push_str(&single_quoted(&quoted));
}

fn separate(style: &mut String) {
    if !style.is_empty() && !style.ends_with(';') {
        style.push(';');
    }
}

/// The value with single quotes where that says the same, so that the attribute stays readable.
fn single_quoted(value: &str) -> String {
    match value.contains(['\'', '\\']) {
        true => value.to_owned(),
        false => value.replace('"', "'"),
    }
}
