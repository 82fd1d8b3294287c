//! What one contact did with one campaign: the rules seen in their hits, put beside one another.
//!
//! Invariants: the same hits in any order, and in any batches, give the same; bounded. Whatever a
//! later hit shows about an earlier one (three links within two seconds are no person's) is seen on
//! the earlier one, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule_set::WEAKENING;
use crate::{LinkSlot, Rule, RulesSeen, Timestamp};

/// Hits that are looked at together: the earliest of a message.
pub const LOG: usize = 32;
/// Sets of rules that are kept of the others, and of each kind in [`EngagementEvidence`].
pub const MOST_SETS: usize = 8;
/// Microseconds in which three different links make a burst.
pub const BURST: i64 = 2_000_000;
/// Microseconds around a burst.
pub const NEAR: i64 = 10_000_000;
/// Microseconds in which the same request is a repetition.
pub const REPEAT: i64 = 30_000_000;
/// The same requests within [`MINUTE`] that make a flood.
pub const FLOOD: usize = 10;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60_000_000;
/// Different links in a burst.
const BURST_LINKS: usize = 3;

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

    /// Of each kind the first [`MOST_SETS`] are kept, in whatever order they come.
    fn keep_other(&mut self, key: (bool, RulesSeen)) {
        self.others.insert(key);
        let of_its_kind = self.others.iter().filter(|other| other.0 == key.0);
        if let Some(last) = of_its_kind.copied().nth(MOST_SETS) {
            self.others.remove(&last);
        }
    }

    /// Forgets when hits from before `before` were: what was seen in them, and what others showed of
    /// them, stays. Adds to `counts` what is seen otherwise in the hits that are left.
    pub fn forget_times(&mut self, before: Timestamp, counts: &mut SeenCounts) {
        let old = self.log.partition_point(|hit| hit.at < before);
        if old == 0 {
            return;
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
    }

    /// The hits that are looked at together, each with what the others show of it.
    #[must_use]
    pub fn hits(&self) -> Vec<EngagementHit> {
        let bursts = self.bursts();
        let near = |hit: &EngagementHit| {
            let from = bursts.partition_point(|at| *at < hit.at.0.saturating_sub(NEAR));
            bursts.get(from).is_some_and(|at| *at <= hit.at.0.saturating_add(NEAR))
        };
        let shown = |(index, hit): (usize, &EngagementHit)| {
            let mut rules = hit.rules;
            if hit.is_click() && bursts.binary_search(&hit.at.0).is_ok() {
                rules = rules.with(Rule::LINKS_BURST);
            } else if near(hit) {
                rules = rules.with(Rule::NEAR_BURST);
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

    /// The times of clicks that are of three different links within [`BURST`], in order.
    fn bursts(&self) -> Vec<i64> {
        let clicks: Vec<&EngagementHit> = self.log.iter().filter(|it| it.is_click()).collect();
        let mut times = BTreeSet::new();
        if clicks.len() < BURST_LINKS {
            return Vec::new();
        }
        for (index, first) in clicks.iter().enumerate() {
            let end = first.at.0.saturating_add(BURST);
            let window = clicks[index..].iter().take_while(|it| it.at.0 <= end);
            let links: BTreeSet<Option<LinkSlot>> = window.clone().map(|it| it.slot).collect();
            if links.len() >= BURST_LINKS {
                times.extend(window.map(|it| it.at.0));
            }
        }
        times.into_iter().collect()
    }

    /// Whether the same was asked for shortly before, by what looks the same.
    fn repeats(&self, index: usize) -> bool {
        let hit = &self.log[index];
        self.log[..index].iter().any(|it| {
            (it.slot, it.rules) == (hit.slot, hit.rules)
                && hit.at.0.saturating_sub(it.at.0) <= REPEAT
        })
    }

    /// Whether [`FLOOD`] such requests, this among them, came within [`MINUTE`].
    fn is_in_flood(&self, hit: &EngagementHit) -> bool {
        if self.log.len() < FLOOD {
            return false;
        }
        let alike = |it: &&EngagementHit| (it.slot, it.rules) == (hit.slot, hit.rules);
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

/// Numbers of seven bits a byte, the lowest first (LEB128).
fn put(number: u64, out: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The form in the store; the first byte says which.
const FORM: u8 = 1;

impl Engagement {
    /// The form in which the store keeps it: the hits in order, each by what it came after the one
    /// before, then the others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        put(self.log.len() as u64, &mut out);
        let mut before = 0_i64;
        for hit in &self.log {
            put(hit.at.0.wrapping_sub(before).cast_unsigned(), &mut out);
            before = hit.at.0;
            put(hit.slot.map_or(0, |slot| u64::from(slot.0) + 1), &mut out);
            put(hit.rules.bits().cast_unsigned(), &mut out);
        }
        for (click, rules) in &self.others {
            put(u64::from(*click), &mut out);
            put(rules.bits().cast_unsigned(), &mut out);
        }
        out
    }

    /// Reads it back; None for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&FORM, mut rest) = bytes.split_first()? else { return None };
        let hits = take(&mut rest).filter(|hits| *hits <= LOG as u64)?;
        let (mut log, mut before) = (Vec::new(), 0_i64);
        for _ in 0..hits {
            before = before.wrapping_add(take(&mut rest)?.cast_signed());
            let slot = match take(&mut rest)? {
                0 => None,
                slot => Some(LinkSlot(u16::try_from(slot - 1).ok()?)),
            };
            let rules = RulesSeen::from_bits(take(&mut rest)?.cast_signed());
            log.push(EngagementHit { at: Timestamp(before), slot, rules });
        }
        let mut others = BTreeSet::new();
        while !rest.is_empty() {
            let click = take(&mut rest)? != 0;
            others.insert((click, RulesSeen::from_bits(take(&mut rest)?.cast_signed())));
        }
        Some(Self { log, others })
    }
}

/// The form in which the store keeps sets of rules, to count by: the same sets, the same bytes.
#[must_use]
pub fn sets_to_bytes(sets: &BTreeSet<RulesSeen>) -> Vec<u8> {
    let mut out = Vec::new();
    for rules in sets {
        put(rules.bits().cast_unsigned(), &mut out);
    }
    out
}

/// Reads them back; None for anything else.
#[must_use]
pub fn sets_from_bytes(mut bytes: &[u8]) -> Option<BTreeSet<RulesSeen>> {
    let mut sets = BTreeSet::new();
    while !bytes.is_empty() {
        sets.insert(RulesSeen::from_bits(take(&mut bytes)?.cast_signed()));
    }
    Some(sets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000;

    fn hit(at: i64, slot: Option<u16>, rules: &[Rule]) -> EngagementHit {
        let rules = rules.iter().copied().collect();
        EngagementHit { at: Timestamp(at), slot: slot.map(LinkSlot), rules }
    }

    fn of(hits: &[EngagementHit]) -> (Engagement, SeenCounts) {
        let (mut engagement, mut counts) = (Engagement::default(), SeenCounts::new());
        engagement.add(hits.iter().copied(), &mut counts);
        (engagement, counts)
    }

    fn shown(hits: &[EngagementHit]) -> Vec<Vec<&'static str>> {
        let ids = |hit: EngagementHit| hit.rules.rules().map(|rule| rule.id).collect();
        of(hits).0.hits().into_iter().map(ids).collect()
    }

    #[test]
    fn three_links_within_two_seconds_are_a_burst_and_touch_what_is_near() {
        let view = hit(0, None, &[]);
        let clicks = [2, 3, 4].map(|at| hit(at * SECOND, u16::try_from(at).ok(), &[]));
        let later = hit(60 * SECOND, Some(2), &[]);
        let all = [view, clicks[0], clicks[1], clicks[2], later];
        let burst = ["links-burst"];
        assert_eq!(shown(&all), [&["near-burst"][..], &burst, &burst, &burst, &[]]);
        // Two links, or three in a longer time, are a person's.
        assert_eq!(shown(&all[..3]), [[""; 0]; 3]);
        let slow = [2, 4, 6].map(|at| hit(at * SECOND, u16::try_from(at).ok(), &[]));
        assert_eq!(shown(&slow), [[""; 0]; 3]);
        let same = [2, 3, 4].map(|at| hit(at * SECOND, Some(7), &[]));
        assert_eq!(shown(&same), [&[][..], &["repeated"], &["repeated"]]);
    }

    #[test]
    fn ten_of_the_same_within_a_minute_are_a_flood_the_first_among_them() {
        let views = |every: i64, many: i64| -> Vec<EngagementHit> {
            (0..many).map(|number| hit(number * every * SECOND, None, &[])).collect()
        };
        let floods = |hits: &[EngagementHit]| {
            of(hits).0.hits().iter().filter(|hit| hit.rules.has(Rule::FLOOD)).count()
        };
        assert_eq!(
            (floods(&views(5, 10)), floods(&views(5, 9)), floods(&views(7, 20))),
            (10, 0, 0)
        );
    }

    #[test]
    fn a_burst_that_is_seen_later_takes_back_what_was_counted() {
        let (mut engagement, mut counts) = of(&[hit(0, Some(0), &[]), hit(SECOND, Some(1), &[])]);
        assert_eq!(counts, SeenCounts::from([((true, RulesSeen::NONE), 2)]));
        engagement.add([hit(2 * SECOND, Some(2), &[])], &mut counts);
        let burst = RulesSeen::NONE.with(Rule::LINKS_BURST);
        assert_eq!(counts, SeenCounts::from([((true, burst), 3)]));
        assert_eq!(engagement.evidence().clicks, BTreeSet::from([burst]));
    }

    #[test]
    fn evidence_leaves_out_what_says_less() {
        let browser = [Rule::AGENT_BROWSER];
        let soon = [Rule::AGENT_BROWSER, Rule::SOON_AFTER_DELIVERY];
        let hits = [
            hit(0, None, &soon),
            hit(90 * SECOND, None, &browser),
            hit(91 * SECOND, None, &browser),
        ];
        let (engagement, _) = of(&hits);
        let evidence = engagement.evidence();
        assert_eq!(evidence.hits, BTreeSet::from([RulesSeen::NONE.with(Rule::AGENT_BROWSER)]));
        assert!(evidence.clicks.is_empty());
    }

    fn hits() -> impl Strategy<Value = Vec<EngagementHit>> {
        let rules = prop::sample::subsequence(Rule::ALL, 0..4);
        let one = (0_i64..40, prop::option::of(0_u16..5), rules);
        let one = one.prop_map(|(at, slot, rules)| hit(at * SECOND, slot, &rules));
        prop::collection::vec(one, 0..48)
    }

    proptest! {
        #[test]
        fn neither_order_nor_batches_matter(
            (hits, shuffled) in hits().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
            cut in any::<prop::sample::Index>(),
        ) {
            let (engagement, counts) = of(&hits);
            let (mut other, mut other_counts) = (Engagement::default(), SeenCounts::new());
            let (first, then) = shuffled.split_at(cut.index(shuffled.len() + 1));
            other.add(first.iter().copied(), &mut other_counts);
            for hit in then {
                other.add([*hit], &mut other_counts);
            }
            prop_assert_eq!(&other, &engagement);
            prop_assert_eq!(&other_counts, &counts);
            // Every hit is counted once.
            prop_assert_eq!(counts.values().sum::<i64>(), i64::try_from(hits.len()).unwrap());
            prop_assert!(counts.values().all(|count| *count > 0));
        }

        #[test]
        fn forgetting_times_keeps_every_hit_counted(hits in hits(), before in 0_i64..50) {
            let (mut engagement, mut counts) = of(&hits);
            let evidence = engagement.evidence();
            engagement.forget_times(Timestamp(before * SECOND), &mut counts);
            prop_assert!(engagement.hits().iter().all(|hit| hit.at.0 >= before * SECOND));
            prop_assert_eq!(counts.values().sum::<i64>(), i64::try_from(hits.len()).unwrap());
            prop_assert_eq!(evidence.hits.is_empty(), engagement.evidence().hits.is_empty());
            let mut all = engagement.clone();
            all.forget_times(Timestamp(i64::MAX), &mut counts);
            prop_assert!(all.hits().is_empty());
            // What is known of few kinds of hits is the same as before.
            if evidence.hits.len() < MOST_SETS && engagement.hits().is_empty() {
                prop_assert_eq!(engagement.evidence(), evidence);
            }
        }

        #[test]
        fn it_is_stored_and_read_back(hits in hits()) {
            let (engagement, _) = of(&hits);
            prop_assert_eq!(Engagement::from_bytes(&engagement.to_bytes()), Some(engagement.clone()));
            let evidence = engagement.evidence();
            prop_assert_eq!(sets_from_bytes(&sets_to_bytes(&evidence.hits)), Some(evidence.hits));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = (Engagement::from_bytes(&bytes), sets_from_bytes(&bytes));
        }
    }
}
