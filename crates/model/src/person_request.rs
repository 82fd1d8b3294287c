//! What people ask of the organisation about their data, and until when it must be answered.

use crate::Timestamp;

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    Access,
    Correction,
    Erasure,
    Objection,
    Question,
}

impl RequestKind {
    pub const ALL: [Self; 5] =
        [Self::Access, Self::Correction, Self::Erasure, Self::Objection, Self::Question];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Correction => "correction",
            Self::Erasure => "erasure",
            Self::Objection => "objection",
            Self::Question => "question",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestState {
    Open,
    Answered,
    /// With a reason.
    Refused,
    /// By whoever has asked.
    Withdrawn,
}

impl RequestState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Answered, Self::Refused, Self::Withdrawn];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Until when a request that came at this time must be answered: within one month, which can be extended
/// once by two further months (GDPR, Regulation (EU) 2016/679, Article 12(3)). A month ends on the day with
/// the same number, or on the month's last day where it has none (Regulation 1182/71, Article 3(2)(c)).
#[must_use]
pub fn request_due(received: Timestamp, is_extended: bool) -> Timestamp {
    received.months_later(if is_extended { 3 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in RequestKind::ALL {
            assert_eq!(RequestKind::from_word(kind.as_str()), Some(kind));
        }
        for state in RequestState::ALL {
            assert_eq!(RequestState::from_word(state.as_str()), Some(state));
        }
    }

    #[test]
    fn a_request_is_due_after_a_month_and_an_extended_one_after_three() {
        let due = |text: &str, is_extended| {
            request_due(Timestamp::parse_rfc3339(text).unwrap(), is_extended).rfc3339()
        };
        assert_eq!(due("2026-11-28T10:04:05Z", false), "2026-12-28T10:04:05Z");
        assert_eq!(due("2026-11-30T10:04:05Z", true), "2027-02-28T10:04:05Z");
        assert_eq!(due("2027-01-31T00:00:00Z", false), "2027-02-28T00:00:00Z");
        assert_eq!(due("2028-01-31T23:59:59Z", false), "2028-02-29T23:59:59Z");
        assert_eq!(due("2026-12-01T00:00:00Z", false), "2027-01-01T00:00:00Z");
    }
}
