//! Which values an audience has and lacks: determined before anybody is mailed, over everybody who
//! would be.
//!
//! Invariants: what counts as missing is what rendering counts as missing; memory is bounded
//! whatever the size of the audience; nothing is written, and no writer has to wait.

use std::collections::BTreeSet;

use model::{ContactId, TopicId, is_reserved_domain};
use render::{Compiled, MergeTag};
use store::{Store, StoreError, Subscriber};

/// Subscriptions looked at in one read.
const PAGE: usize = 10_000;
/// How many attribute names are remembered, to find the one that was meant.
const MOST_NAMES: usize = 1_000;
/// How many letters a name may differ from the one that was meant.
const NEAR: usize = 2;

/// What the subscribers of a topic have and lack for one announcement. People whose address is
/// suppressed are left out: they are not mailed anyway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// Contacts who would be mailed.
    pub contacts: i64,
    /// The merge tags for which contacts lack a value, in the order of the text.
    pub lacking: Vec<Lacking>,
    /// Contacts whose message can't be made, because a value is missing that has no default.
    pub skipped: i64,
    /// Contacts whose domain is not reserved for examples, and one of those domains.
    pub real: i64,
    /// A domain of theirs.
    pub real_domain: Option<String>,
}

/// A merge tag, and how many contacts have no value for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub tag: MergeTag,
    pub contacts: i64,
    /// When nobody has it: an attribute with a similar name that somebody has.
    pub meant: Option<String>,
}

impl Survey {
    /// Tags without a default for which no contact has a value: nobody could be mailed.
    pub fn for_nobody(&self) -> impl Iterator<Item = &Lacking> {
        self.lacking.iter().filter(|it| self.nobody_has(it) && !it.tag.has_default)
    }

    /// Whether the value is missing for everybody.
    #[must_use]
    pub const fn nobody_has(&self, lacking: &Lacking) -> bool {
        self.contacts > 0 && lacking.contacts == self.contacts
    }
}

impl std::fmt::Display for Lacking {
    /// For a tag for which nobody has a value: `line 6: no contact has ...`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let MergeTag { name, line, .. } = &self.tag;
        write!(f, "line {line}: no contact has `{name}`")?;
        match &self.meant {
            Some(meant) => write!(f, " (did you mean `{meant}`?)"),
            None => Ok(()),
        }
    }
}

/// Goes through everybody who is subscribed to the topic now.
pub(crate) async fn survey(
    store: &Store,
    topic: TopicId,
    compiled: &Compiled,
) -> Result<Survey, StoreError> {
    let mut tally = Tally::new(compiled.merge_tags());
    let mut after = ContactId(0);
    loop {
        let page = store.subscribers_page(topic, after, PAGE).await?;
        for subscriber in page.subscribers {
            tally.add(subscriber);
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(tally.survey()),
        }
    }
}

struct Tally<'a> {
    tags: &'a [MergeTag],
    missing: Vec<i64>,
    names: BTreeSet<String>,
    survey: Survey,
}

impl<'a> Tally<'a> {
    fn new(tags: &'a [MergeTag]) -> Self {
        let missing = vec![0; tags.len()];
        Self { tags, missing, names: BTreeSet::new(), survey: Survey::default() }
    }

    fn add(&mut self, Subscriber { domain, attributes }: Subscriber) {
        self.survey.contacts += 1;
        if !is_reserved_domain(&domain) {
            self.survey.real += 1;
            self.survey.real_domain.get_or_insert(domain);
        }
        // The mailer skips contacts that can't be read.
        let attributes = attributes.unwrap_or_default();
        let mut is_skipped = false;
        for (tag, missing) in self.tags.iter().zip(&mut self.missing) {
            if attributes.get(&tag.name).is_none_or(|value| value.trim().is_empty()) {
                *missing += 1;
                is_skipped |= !tag.has_default;
            }
        }
        self.survey.skipped += i64::from(is_skipped);
        for name in attributes.into_keys() {
            if self.names.len() < MOST_NAMES && !self.names.contains(&name) {
                self.names.insert(name);
            }
        }
    }

    fn survey(self) -> Survey {
        let Self { tags, missing, names, survey } = self;
        let lacking = tags.iter().zip(missing).filter(|(_, contacts)| *contacts > 0);
        let lacking = lacking.map(|(tag, contacts)| {
            let nobody = contacts == survey.contacts;
            let meant = if nobody { nearest(&tag.name, &names) } else { None };
            Lacking { tag: tag.clone(), contacts, meant }
        });
        let lacking = lacking.collect();
        Survey { lacking, ..survey }
    }
}

fn nearest(wanted: &str, names: &BTreeSet<String>) -> Option<String> {
    let far = |name: &String| strsim::osa_distance(wanted, name);
    // Two letters of a name of three are another name.
    let near = NEAR.min(wanted.chars().count() / 3);
    let nearest = names.iter().map(|name| (far(name), name)).min()?;
    (nearest.0 <= near).then(|| nearest.1.clone())
}
