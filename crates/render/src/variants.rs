//! The languages of a compiled announcement: who gets which, and what they share.
//!
//! Invariant: the links of all languages have different numbers, so a click says in which language
//! it was made.

use crate::compiled::{Compiled, MergeTag};
use crate::links::LINKS;
use crate::locale::{LANGUAGE, language_tags};
use crate::problem::{Problem, SourcePosition};
use crate::sender::Recipient;
use model::TrackingMode;

impl Compiled {
    /// The announcement in each of its languages, the first first.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.variants)
    }

    /// The languages, then those of the edition that is not tracked.
    pub(crate) fn all_editions(&self) -> impl Iterator<Item = &Self> {
        self.languages().chain(self.untracked.iter().flat_map(|it| it.languages()))
    }

    /// The language that a contact gets; nothing when there is only one.
    #[must_use]
    pub fn language_for(&self, recipient: &Recipient<'_>) -> Option<&str> {
        let language = self.in_language_of(recipient).holes.locale.language.as_deref();
        language.filter(|_| !self.variants.is_empty())
    }

    /// The edition that a contact gets.
    fn edition_for(&self, recipient: &Recipient<'_>) -> &Self {
        match &self.untracked {
            Some(untracked) if recipient.tracking == TrackingMode::Off => untracked,
            _ => self,
        }
    }

    /// The contact's edition, in the language that comes closest to theirs: the same, or one with
    /// less or other detail (`de` for `de-AT`, `pt-PT` for `pt-BR`), or else the first.
    pub(crate) fn in_language_of(&self, recipient: &Recipient<'_>) -> &Self {
        self.edition_for(recipient).closest_to(recipient)
    }

    fn closest_to(&self, recipient: &Recipient<'_>) -> &Self {
        if self.variants.is_empty() {
            return self;
        }
        let Some(wanted) = recipient.attributes.get(LANGUAGE) else { return self };
        let own = |it: &Self| it.holes.locale.language.clone().unwrap_or_default();
        for tag in language_tags(wanted) {
            if let Some(found) = self.languages().find(|it| own(it).eq_ignore_ascii_case(&tag)) {
                return found;
            }
        }
        let Some(base) = language_tags(wanted).last() else { return self };
        let is_close = |it: &&Self| language_tags(&own(it)).last().as_ref() == Some(&base);
        self.languages().find(is_close).unwrap_or(self)
    }

    /// Which of the endings a contact's message has.
    #[must_use]
    pub fn ending_number(&self, recipient: &Recipient<'_>) -> usize {
        let own = self.in_language_of(recipient);
        self.all_editions().position(|it| std::ptr::eq(it, own)).unwrap_or(0)
    }

    /// The announcement with another language.
    ///
    /// # Errors
    /// When there are too many links.
    pub(crate) fn with_variant(mut self, mut variant: Self) -> Result<Self, Problem> {
        let known = self.links().len();
        if known + variant.holes.links.len() > LINKS {
            return Err(SourcePosition::line(1).problem(
                format!("there are more than {LINKS} links in all languages"),
                "use fewer",
            ));
        }
        let language = variant.holes.locale.language.clone().unwrap_or_default();
        let first = u16::try_from(known).unwrap_or(u16::MAX);
        for link in &mut variant.holes.links {
            link.slot.0 = link.slot.0.saturating_add(first);
            link.label = format!("{} ({language})", link.label).trim_start().to_owned();
        }
        for tag in std::mem::take(&mut variant.tags) {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
        let others = std::mem::take(&mut variant.merge_tags);
        self.merge_tags = merge_tags_of_both(&self.merge_tags, &others);
        let others = std::mem::take(&mut variant.remarks);
        self.remarks.addresses.extend(others.addresses);
        self.remarks.warnings.extend(others.warnings);
        self.remarks.hints.extend(others.hints);
        self.variants.push(variant);
        Ok(self)
    }
}

/// The attributes that two languages ask for. What only one of them needs may be missing: others read
/// the other one.
fn merge_tags_of_both(known: &[MergeTag], others: &[MergeTag]) -> Vec<MergeTag> {
    let find = |tags: &[MergeTag], name: &str| tags.iter().find(|it| it.name == name).cloned();
    let of_one = |tag: MergeTag| MergeTag { has_default: true, is_conditional: true, ..tag };
    let first = known.iter().map(|tag| match find(others, &tag.name) {
        Some(other) => MergeTag {
            has_default: tag.has_default || other.has_default,
            is_conditional: tag.is_conditional || other.is_conditional,
            ..tag.clone()
        },
        None => of_one(tag.clone()),
    });
    let own = others.iter().filter(|tag| find(known, &tag.name).is_none());
    first.chain(own.cloned().map(of_one)).collect()
}
