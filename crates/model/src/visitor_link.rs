//! What ties a browser to a contact, and how much that is worth.
//!
//! Invariant: loading a pixel ties nobody; a reason is something that a person did who held the contact's
//! own link.

use crate::Timestamp;

/// Microseconds of a day.
const DAY: i64 = 24 * Timestamp::HOUR;
/// How many different days or campaigns a link tells apart: as many as an integer has bits that are safe
/// in every database.
const TOLD_APART: i64 = 62;

/// Why a browser is taken to be a contact's. The codes are part of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitorLinkReason {
    /// Somebody clicked a link of the contact's message in it.
    Click,
}

impl VisitorLinkReason {
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Click => 1,
        }
    }

    #[must_use]
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Click),
            _ => None,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Click => "click",
        }
    }
}

/// How likely the browser is the contact's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VisitorLinkStrength {
    /// Of one day or of one campaign: a message that was passed on looks the same.
    Weak,
    /// On two days or more, and of two campaigns or more.
    Likely,
    /// On four days or more, and of three campaigns or more.
    Strong,
}

impl VisitorLinkStrength {
    #[must_use]
    pub const fn of(days: u32, campaigns: u32) -> Self {
        match (days, campaigns) {
            (4.., 3..) => Self::Strong,
            (2.., 2..) => Self::Likely,
            _ => Self::Weak,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Likely => "likely",
            Self::Strong => "strong",
        }
    }
}

/// Different days or campaigns, in a form in which two sets are joined by `|`, in any order and any number
/// of times. Two that are 62 apart look like one: it counts what there is at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DistinctBits(pub i64);

impl DistinctBits {
    #[must_use]
    pub const fn of_number(number: i64) -> Self {
        Self(1 << number.rem_euclid(TOLD_APART))
    }

    /// The UTC day of that time.
    #[must_use]
    pub const fn of_day(at: Timestamp) -> Self {
        Self::of_number(at.0.div_euclid(DAY))
    }

    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many there are at least.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_day_or_one_campaign_is_weak_whatever_the_other() {
        use VisitorLinkStrength::{Likely, Strong, Weak};
        for (days, campaigns, expect) in [
            (1, 1, Weak),
            (62, 1, Weak),
            (1, 62, Weak),
            (2, 2, Likely),
            (3, 9, Likely),
            (9, 2, Likely),
            (4, 3, Strong),
        ] {
            assert_eq!(VisitorLinkStrength::of(days, campaigns), expect, "{days} {campaigns}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let at = |seconds: i64| DistinctBits::of_day(Timestamp(seconds * 1_000_000));
        assert_eq!(at(0), at(24 * 60 * 60 - 1));
        assert_ne!(at(0), at(24 * 60 * 60));
        assert_eq!(at(0).join(at(24 * 60 * 60)).count(), 2);
    }

    proptest! {
        #[test]
        fn never_more_than_there_are(numbers in prop::collection::vec(0_i64..10_000, 0..200)) {
            let bits = numbers.iter().fold(DistinctBits::default(), |bits, number| {
                bits.join(DistinctBits::of_number(*number))
            });
            let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
            prop_assert!(bits.0 >= 0 && bits.count() as usize <= distinct.len());
            prop_assert_eq!(bits.count() == 0, distinct.is_empty());
        }
    }
}
