//! What everybody in a file is, whatever its columns say.

use model::Removal;
use store::ImportStanding;

/// What everybody in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everyone {
    Subscribed,
    Unconfirmed,
    Unsubscribed,
    HardBounce,
    Complaint,
    Blocked,
}

impl Everyone {
    pub const ALL: [Self; 6] = [
        Self::Subscribed,
        Self::Unconfirmed,
        Self::Unsubscribed,
        Self::HardBounce,
        Self::Complaint,
        Self::Blocked,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::HardBounce => "hard-bounce",
            Self::Complaint => "complaint",
            Self::Blocked => "blocked",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    #[must_use]
    pub const fn standing(self) -> ImportStanding {
        match self {
            Self::Subscribed => ImportStanding::Subscribed,
            Self::Unconfirmed => ImportStanding::Unconfirmed,
            Self::Unsubscribed => ImportStanding::Left(Removal::Elsewhere),
            Self::HardBounce => ImportStanding::Left(Removal::HardBounce),
            Self::Complaint => ImportStanding::Left(Removal::Complaint),
            Self::Blocked => ImportStanding::Left(Removal::Operator),
        }
    }
}

/// Words in a file's name that say what everybody in it is, as other senders name exports.
const TELLING_NAMES: [(&str, Everyone); 10] = [
    ("nonsubscribed", Everyone::Unconfirmed),
    ("unsubscribe", Everyone::Unsubscribed),
    ("optout", Everyone::Unsubscribed),
    ("opt-out", Everyone::Unsubscribed),
    ("cleaned", Everyone::HardBounce),
    ("bounce", Everyone::HardBounce),
    ("complain", Everyone::Complaint),
    ("suppress", Everyone::Blocked),
    ("blocklist", Everyone::Blocked),
    ("blacklist", Everyone::Blocked),
];

/// What a file's name says about everybody in it: such a file subscribes nobody without being told to.
#[must_use]
pub fn told_by_name(file_name: &str) -> Option<Everyone> {
    let lower = file_name.to_lowercase();
    TELLING_NAMES.iter().find(|(word, _)| lower.contains(word)).map(|(_, everyone)| *everyone)
}
