//! Verdicts: what was counted by what was seen, put into classes by a rule set.
//!
//! Invariant: an addition over roll-ups, so every rule set can be applied at any time, and gives what
//! it would have given had it been in use when the hits came.

use std::collections::{BTreeMap, BTreeSet};

use model::{HitClass, RuleSet, RulesSeen};
use store::{CampaignRollup, HitCount};

/// A campaign's hits and contacts by class. What is not there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ClassTally {
    pub(crate) hits: BTreeMap<HitClass, HitCount>,
    /// Contacts by the strongest class of any of their views and clicks.
    pub(crate) contacts: BTreeMap<HitClass, i64>,
    /// Contacts who clicked, by the strongest class of their clicks.
    pub(crate) clickers: BTreeMap<HitClass, i64>,
}

impl ClassTally {
    pub(crate) fn new(rollup: &CampaignRollup, rules: &RuleSet) -> Self {
        let mut tally = Self::default();
        for (seen, hits) in &rollup.seen {
            let count = tally.hits.entry(rules.class(*seen)).or_default();
            count.views += hits.views;
            count.clicks += hits.clicks;
        }
        tally.contacts = strongest(&rollup.evidence, rules);
        tally.clickers = strongest(&rollup.click_evidence, rules);
        tally
    }
}

/// Contacts by the strongest class of what was seen.
pub(crate) fn strongest(
    evidence: &BTreeMap<BTreeSet<RulesSeen>, i64>,
    rules: &RuleSet,
) -> BTreeMap<HitClass, i64> {
    let mut contacts = BTreeMap::new();
    for (sets, count) in evidence {
        if let Some(class) = rules.strongest(sets.iter().copied()) {
            *contacts.entry(class).or_default() += count;
        }
    }
    contacts
}
