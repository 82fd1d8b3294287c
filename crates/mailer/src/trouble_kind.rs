//! Where trouble is, and the setting in the store that tells people about it.

use store::notice_keys::{JOURNAL_TROUBLE, RELAY_TROUBLE, STORE_TROUBLE};

/// Where the trouble is that holds up sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The relay can't be reached, or refuses something about us.
    Relay,
    /// The store does not answer; nobody may be mailed without it.
    Store,
    /// The mailer's journal accepts no records; no message may be handed over without it.
    Journal,
}

impl TroubleKind {
    pub const ALL: [Self; 3] = [Self::Relay, Self::Store, Self::Journal];

    /// The key, followed by `/` and the node's number, of the store's setting that holds the
    /// current trouble of this kind, for people; empty when there is none.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Relay => RELAY_TROUBLE,
            Self::Store => STORE_TROUBLE,
            Self::Journal => JOURNAL_TROUBLE,
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Relay => 0,
            Self::Store => 1,
            Self::Journal => 2,
        }
    }
}
