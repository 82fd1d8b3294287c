//! Whose data may be shared by a notice, and why somebody's may not.
//!
//! Invariants: nobody is shared who was not told, or has not had the whole notice period since; nobody
//! whose last word is no. Each rule only ever leaves more people out.

use std::time::Duration;

use crate::Timestamp;

/// Days of a notice period, unless another number is said.
pub const NOTICE_DAYS: u16 = 30;
/// The fewest days of one.
pub const NOTICE_DAYS_LEAST: u16 = 14;
/// The most days of one.
pub const NOTICE_DAYS_MOST: u16 = 365;

/// What a notice asks for before somebody is shared by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharingTerms {
    /// From here on people can say no.
    pub announced_at: Timestamp,
    /// Days that everybody has for it.
    pub days: u16,
    /// Only who has said yes since, and not all who have not said no.
    pub needs_grant: bool,
}

/// What is known of one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SharingFacts {
    /// When the mail that carries the notice was sent to them.
    pub told_at: Option<Timestamp>,
    /// Their last word on sharing, and when it was said: true for yes.
    pub word: Option<(bool, Timestamp)>,
    /// Their address must not be mailed.
    pub is_suppressed: bool,
}

/// Why somebody is not shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharingObstacle {
    /// Their address must not be mailed, for whatever reason.
    Suppressed,
    /// They have said no.
    Objected,
    /// The notice was not sent to them.
    NotTold,
    /// They still have time to say no.
    ToldTooRecently,
    /// They have not said yes since the notice, where that is needed.
    NotGranted,
}

impl SharingObstacle {
    pub const ALL: [Self; 5] =
        [Self::Suppressed, Self::Objected, Self::NotTold, Self::ToldTooRecently, Self::NotGranted];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::Objected => "objected",
            Self::NotTold => "not-told",
            Self::ToldTooRecently => "told-too-recently",
            Self::NotGranted => "not-granted",
        }
    }

    /// For people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Suppressed => "must not be mailed",
            Self::Objected => "said no",
            Self::NotTold => "were not sent the notice",
            Self::ToldTooRecently => "were sent the notice too recently",
            Self::NotGranted => "have not said yes",
        }
    }
}

impl SharingTerms {
    /// Why somebody of whom this is known is not shared at this time; None when they are.
    #[must_use]
    pub fn obstacle(self, facts: SharingFacts, at: Timestamp) -> Option<SharingObstacle> {
        let SharingFacts { told_at, word, is_suppressed } = facts;
        let days = Duration::from_secs(u64::from(self.days) * 24 * 60 * 60);
        if is_suppressed {
            return Some(SharingObstacle::Suppressed);
        }
        if matches!(word, Some((false, _))) {
            return Some(SharingObstacle::Objected);
        }
        let Some(told_at) = told_at else { return Some(SharingObstacle::NotTold) };
        if told_at.max(self.announced_at).after(days) > at {
            return Some(SharingObstacle::ToldTooRecently);
        }
        let granted = word.is_some_and(|(yes, said)| yes && said >= self.announced_at);
        (self.needs_grant && !granted).then_some(SharingObstacle::NotGranted)
    }
}

#[cfg(test)]
mod tests {
    use SharingObstacle as O;
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000;

    fn days(days: i64) -> Timestamp {
        Timestamp(days * DAY)
    }

    fn terms() -> SharingTerms {
        SharingTerms { announced_at: days(100), days: 30, needs_grant: false }
    }

    fn told(at: i64) -> SharingFacts {
        SharingFacts { told_at: Some(days(at)), ..SharingFacts::default() }
    }

    #[test]
    fn who_was_told_long_enough_ago_and_has_not_said_no_is_shared() {
        let why = |facts| terms().obstacle(facts, days(140));
        assert_eq!(why(SharingFacts::default()), Some(O::NotTold));
        assert_eq!((why(told(110)), why(told(111))), (None, Some(O::ToldTooRecently)));
        let says = |yes, at| SharingFacts { word: Some((yes, days(at))), ..told(105) };
        assert_eq!((why(says(false, 1)), why(says(true, 1))), (Some(O::Objected), None));
        let suppressed = SharingFacts { is_suppressed: true, ..told(105) };
        assert_eq!(why(suppressed), Some(O::Suppressed));
        // Nobody could say no before it was announced.
        assert_eq!(terms().obstacle(told(1), days(129)), Some(O::ToldTooRecently));
        assert_eq!(terms().obstacle(told(1), days(130)), None);
    }

    #[test]
    fn where_consent_is_needed_it_is_a_yes_to_this_notice() {
        let terms = SharingTerms { needs_grant: true, ..terms() };
        let why = |word: Option<(bool, i64)>| {
            let word = word.map(|(yes, at)| (yes, days(at)));
            terms.obstacle(SharingFacts { word, ..told(101) }, days(140))
        };
        assert_eq!((why(None), why(Some((true, 99)))), (Some(O::NotGranted), Some(O::NotGranted)));
        assert_eq!((why(Some((true, 101))), why(Some((false, 101)))), (None, Some(O::Objected)));
    }

    proptest! {
        #[test]
        fn nobody_is_shared_who_was_not_told_or_said_no(
            at in 0_i64..300, told_at in prop::option::of(0_i64..300), needs_grant in any::<bool>(),
            word in prop::option::of((any::<bool>(), 0_i64..300)), is_suppressed in any::<bool>(),
        ) {
            let facts = SharingFacts {
                told_at: told_at.map(days),
                word: word.map(|(yes, said)| (yes, days(said))),
                is_suppressed,
            };
            let terms = SharingTerms { needs_grant, ..terms() };
            if terms.obstacle(facts, days(at)).is_none() {
                prop_assert!(!is_suppressed && told_at.unwrap() + 30 <= at && at >= 130);
                prop_assert!(word.is_none_or(|(yes, _)| yes) && (!needs_grant || word.is_some()));
            }
        }
    }
}
