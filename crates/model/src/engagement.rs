//! What one contact did with one campaign: the rules seen in their hits, put beside one another.
//!
//! Invariants: the same hits in any order, and in any batches, give the same; bounded. Whatever a
//! later hit shows about an earlier one (three links within two seconds are no person's) is seen on
//! the earlier one, too.

mod form;

use std::collections::{BTreeMap, BTreeSet};

pub use form::{sets_from_bytes, sets_to_bytes};

use crate::rule_set::WEAKENING;
use crate::{LinkSlot, Rule, RulesSeen, Timestamp};

/// Hits that are looked at together: the earliest of a message.
pub const LOG: usize = 32;
/// Sets of rules that are kept of the others, of views and of clicks: more than anybody's hits have.
const MOST_OTHERS: usize = 64;
/// Sets of rules of each kind in [`EngagementEvidence`].
pub const MOST_SETS: usize = 8;
/// Microseconds in which three different links make a burst.
pub const BURST: i64 = 2_000_000;
/// Microseconds around a burst, and in which four different links are quick.
pub const NEAR: i64 = 10_000_000;
/// Microseconds in which the same request is a repetition.
pub const REPEAT: i64 = 30_000_000;
/// The same requests within [`MINUTE`] that make a flood.
pub const FLOOD: usize = 10;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60_000_000;
/// Microseconds after its delivery within which a hit is quick.
pub const QUICK: i64 = MINUTE;
/// Receiving domains whose messages are asked for quickly from one network, in one campaign, when it is
/// a machine's: one company's gateway looks at the mail of many, an office's or a carrier's readers are
/// not that many within a minute.
pub const QUICK_DOMAINS: usize = 5;
/// Different links in a burst.
const BURST_LINKS: usize = 3;
/// Different links within [`NEAR`] that are quick, for a person.
const QUICK_LINKS: usize = 4;

/// A view or click as the engagement remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngagementHit {
    pub at: Timestamp,
    /// The link; none for a view.
    pub slot: Option<LinkSlot>,
    /// What was seen in it alone.
    pub rules: RulesSeen,
}

impl EngagementHit {
    const fn is_click(&self) -> bool {
        self.slot.is_some()
    }

    /// Whether both ask for the same and look the same, whenever they came.
    fn looks_like(&self, other: &Self) -> bool {
        const OF_TIME: RulesSeen = RulesSeen::NONE
            .with(Rule::SOON_AFTER_DELIVERY)
            .with(Rule::QUICK_AFTER_DELIVERY)
            .with(Rule::NETWORK_MANY_QUICK);
        self.slot == other.slot && self.rules.without(OF_TIME) == other.rules.without(OF_TIME)
    }

    /// What it is counted under.
    const fn key(&self) -> (bool, RulesSeen) {
        (self.is_click(), self.rules)
    }
}

/// The hits of a contact with a campaign's message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Engagement {
    /// The earliest [`LOG`], in order.
    log: Vec<EngagementHit>,
    /// Of those behind, and of what earlier releases kept: whether it was a click, and its rules.
    others: BTreeSet<(bool, RulesSeen)>,
}

/// What was seen of a contact, as far as it can matter: sets of rules, each of some hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EngagementEvidence {
    /// Of views and clicks together.
    pub hits: BTreeSet<RulesSeen>,
    /// Of clicks alone.
    pub clicks: BTreeSet<RulesSeen>,
}

/// How many hits have which rules, by whether they are clicks; a difference when negative.
pub type SeenCounts = BTreeMap<(bool, RulesSeen), i64>;

impl Engagement {
    /// What an earlier release kept, which knew nothing but classes.
    #[must_use]
    pub fn of_earlier(view: Option<Rule>, click: Option<Rule>) -> Self {
        let set = |rule: Rule| RulesSeen::NONE.with(rule);
        let view = view.map(|rule| (false, set(rule)));
        let others = view.into_iter().chain(click.map(|rule| (true, set(rule)))).collect();
        Self { log: Vec::new(), others }
    }

    /// Adds hits, and adds to `counts` what this changes: the hits, and whatever they show of others.
    pub fn add(&mut self, hits: impl IntoIterator<Item = EngagementHit>, counts: &mut SeenCounts) {
        let mut count = |key: (bool, RulesSeen), by: i64| *counts.entry(key).or_default() += by;
        self.hits().into_iter().for_each(|hit| count(hit.key(), -1));
        for hit in hits {
            let at = self.log.partition_point(|it| *it <= hit);
            self.log.insert(at, hit);
            if self.log.len() <= LOG {
                continue;
            }
            let behind = self
                .log
                .pop()
                .map(|it| EngagementHit { rules: it.rules.with(Rule::MANY_HITS), ..it }.key());
            if let Some(key) = behind {
                count(key, 1);
                self.keep_other(key);
            }
        }
        self.hits().into_iter().for_each(|hit| count(hit.key(), 1));
        counts.retain(|_, count| *count != 0);
    }

    /// Of each kind the first [`MOST_OTHERS`] are kept, in whatever order they come.
    fn keep_other(&mut self, key: (bool, RulesSeen)) {
        self.others.insert(key);
        let of_its_kind = self.others.iter().filter(|other| other.0 == key.0);
        if let Some(last) = of_its_kind.copied().nth(MOST_OTHERS) {
            self.others.remove(&last);
        }
    }

    /// Forgets when hits from before `before` were: what was seen in them, and what others showed of
    /// them, stays. Adds to `counts` what is seen otherwise in the hits that are left. Whether there
    /// was anything to forget.
    pub fn forget_times(&mut self, before: Timestamp, counts: &mut SeenCounts) -> bool {
        let old = self.log.partition_point(|hit| hit.at < before);
        if old == 0 {
            return false;
        }
        let shown = self.hits();
        let (forgotten, left) = shown.split_at(old);
        for hit in left {
            *counts.entry(hit.key()).or_default() -= 1;
        }
        self.log.drain(..old);
        forgotten.iter().for_each(|hit| self.keep_other(hit.key()));
        for hit in self.hits() {
            *counts.entry(hit.key()).or_default() += 1;
        }
        counts.retain(|_, count| *count != 0);
        true
    }

    /// Has `rule` seen in the hits that came at one of these times, quickly after the delivery, and adds to
    /// `counts` what this changes. Those whose times are forgotten stay as they are.
    pub fn mark_quick(&mut self, times: &BTreeSet<i64>, rule: Rule, counts: &mut SeenCounts) {
        let mut count = |key: (bool, RulesSeen), by: i64| *counts.entry(key).or_default() += by;
        self.hits().into_iter().for_each(|hit| count(hit.key(), -1));
        for hit in &mut self.log {
            if times.contains(&hit.at.0) && hit.rules.has(Rule::QUICK_AFTER_DELIVERY) {
                hit.rules = hit.rules.with(rule);
            }
        }
        self.log.sort_unstable();
        self.hits().into_iter().for_each(|hit| count(hit.key(), 1));
        counts.retain(|_, count| *count != 0);
    }

    /// The hits that are looked at together, each with what the others show of it.
    #[must_use]
    pub fn hits(&self) -> Vec<EngagementHit> {
        let bursts = self.links_within(BURST, BURST_LINKS);
        let quick = self.links_within(NEAR, QUICK_LINKS);
        let honeypots: Vec<i64> = self
            .log
            .iter()
            .filter(|it| it.rules.has(Rule::HONEYPOT_LINK))
            .map(|it| it.at.0)
            .collect();
        let near = |hit: &EngagementHit, times: &[i64]| {
            let from = times.partition_point(|at| *at < hit.at.0.saturating_sub(NEAR));
            times.get(from).is_some_and(|at| *at <= hit.at.0.saturating_add(NEAR))
        };
        let is_of = |hit: &EngagementHit, times: &[i64]| {
            hit.is_click() && times.binary_search(&hit.at.0).is_ok()
        };
        let shown = |(index, hit): (usize, &EngagementHit)| {
            let mut rules = hit.rules;
            if is_of(hit, &bursts) {
                rules = rules.with(Rule::LINKS_BURST);
            } else if is_of(hit, &quick) {
                rules = rules.with(Rule::LINKS_QUICK);
            } else if near(hit, &bursts) || near(hit, &quick) {
                rules = rules.with(Rule::NEAR_BURST);
            }
            if near(hit, &honeypots) && !hit.rules.has(Rule::HONEYPOT_LINK) {
                rules = rules.with(Rule::NEAR_HONEYPOT);
            }
            if self.repeats(index) {
                rules = rules.with(Rule::REPEATED);
            }
            if self.is_in_flood(hit) {
                rules = rules.with(Rule::FLOOD);
            }
            EngagementHit { rules, ..*hit }
        };
        self.log.iter().enumerate().map(shown).collect()
    }

    /// The times of clicks on at least so many different links within so many microseconds, in order.
    fn links_within(&self, time: i64, least: usize) -> Vec<i64> {
        let clicks: Vec<&EngagementHit> = self.log.iter().filter(|it| it.is_click()).collect();
        if clicks.len() < least {
            return Vec::new();
        }
        let mut times = BTreeSet::new();
        for (index, first) in clicks.iter().enumerate() {
            let end = first.at.0.saturating_add(time);
            let window = clicks[index..].iter().take_while(|it| it.at.0 <= end);
            let links: BTreeSet<Option<LinkSlot>> = window.clone().map(|it| it.slot).collect();
            if links.len() >= least {
                times.extend(window.map(|it| it.at.0));
            }
        }
        times.into_iter().collect()
    }

    /// Whether the same was asked for shortly before, by what looks the same.
    fn repeats(&self, index: usize) -> bool {
        let hit = &self.log[index];
        self.log[..index]
            .iter()
            .any(|it| it.looks_like(hit) && hit.at.0.saturating_sub(it.at.0) <= REPEAT)
    }

    /// Whether [`FLOOD`] such requests, this among them, came within [`MINUTE`].
    fn is_in_flood(&self, hit: &EngagementHit) -> bool {
        if self.log.len() < FLOOD {
            return false;
        }
        let alike = |it: &&EngagementHit| it.looks_like(hit);
        let times: Vec<i64> = self.log.iter().filter(alike).map(|it| it.at.0).collect();
        times.windows(FLOOD).any(|window| {
            let (first, last) = (window[0], window[FLOOD - 1]);
            last.saturating_sub(first) <= MINUTE && (first..=last).contains(&hit.at.0)
        })
    }

    /// What of it can matter.
    #[must_use]
    pub fn evidence(&self) -> EngagementEvidence {
        let seen: BTreeSet<(bool, RulesSeen)> =
            self.hits().iter().map(EngagementHit::key).chain(self.others.iter().copied()).collect();
        let clicks = seen.iter().filter(|(click, _)| *click).map(|(_, rules)| *rules);
        EngagementEvidence {
            clicks: telling(&clicks.collect()),
            hits: telling(&seen.iter().map(|(_, rules)| *rules).collect()),
        }
    }

    /// Whether there is no hit in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.is_empty() && self.others.is_empty()
    }
}

/// Leaves out what is another set with more that weakens.
fn telling(sets: &BTreeSet<RulesSeen>) -> BTreeSet<RulesSeen> {
    let says_less = |set: &RulesSeen| {
        sets.iter().any(|other| {
            other != set && set.has_all(*other) && WEAKENING.has_all(set.without(*other))
        })
    };
    sets.iter().copied().filter(|set| !says_less(set)).take(MOST_SETS).collect()
}

#[cfg(test)]
mod tests;
