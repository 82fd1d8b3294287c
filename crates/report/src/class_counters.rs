//! Hits that this process has looked at, by class, for metrics.
//!
//! By the newest rule set, whichever is in use: what a counter has counted can't be judged again. Of
//! each hit alone, as it came: what others of its message say of it (a burst, a repetition) changes
//! reports and not these. A batch that is recorded again after a failure is looked at again.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{HitClass, HitKind, RulesSeen};

use crate::newest_rules;

const CLASSES: usize = HitClass::ALL.len();

/// Views and clicks by class.
#[derive(Debug)]
pub struct ClassCounters {
    views: [AtomicU64; CLASSES],
    clicks: [AtomicU64; CLASSES],
}

impl Default for ClassCounters {
    fn default() -> Self {
        let zeros = || array::from_fn(|_| AtomicU64::new(0));
        Self { views: zeros(), clicks: zeros() }
    }
}

impl ClassCounters {
    pub(crate) fn count(&self, kind: HitKind, seen: RulesSeen) {
        let class = newest_rules().class(seen);
        let counters = match kind {
            HitKind::Click(_) => &self.clicks,
            HitKind::View => &self.views,
        };
        let index = HitClass::ALL.iter().position(|it| *it == class);
        if let Some(counter) = index.and_then(|index| counters.get(index)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Class, views, clicks.
    pub fn all(&self) -> impl Iterator<Item = (HitClass, u64, u64)> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = self.views.iter().zip(&self.clicks);
        let both = HitClass::ALL.into_iter().zip(counts);
        both.map(move |(class, (views, clicks))| (class, count(views), count(clicks)))
    }
}

#[cfg(test)]
mod tests {
    use model::{LinkSlot, Rule};

    use super::*;

    #[test]
    fn every_hit_counts_once_in_its_class() {
        let counters = ClassCounters::default();
        let seen = |rules: &[Rule]| rules.iter().copied().collect::<RulesSeen>();
        let click = HitKind::Click(LinkSlot(3));
        for (kind, rules) in [
            (HitKind::View, seen(&[Rule::AGENT_BROWSER])),
            (HitKind::View, seen(&[Rule::AGENT_BROWSER])),
            (click, seen(&[Rule::AGENT_BROWSER, Rule::METHOD_HEAD])),
            (click, seen(&[Rule::AGENT_BOT])),
        ] {
            counters.count(kind, rules);
        }
        let counted: Vec<_> =
            counters.all().filter(|(_, views, clicks)| views + clicks > 0).collect();
        assert_eq!(counted.len(), 3);
        for expected in
            [(HitClass::Person, 2, 0), (HitClass::Head, 0, 1), (HitClass::Scanner, 0, 1)]
        {
            assert!(counted.contains(&expected), "{expected:?} in {counted:?}");
        }
    }
}
