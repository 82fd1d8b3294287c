//! Typed row ids: a contact's id can't be mistaken for a campaign's.
//!
//! Ids of contacts and campaigns appear in links for ever, so none is ever given out twice, not
//! even after everything was restored from a backup: they are derived from the clock, not from what
//! is stored.

use crate::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A person with an e-mail address. The microsecond since 1970 in which the id was given out, or
    /// the one after the last id (those of releases before 0.3 were counted from 1).
    ContactId
);
id!(
    /// Something one can subscribe to.
    TopicId
);
id!(
    /// One version of an announcement's content.
    AnnouncementId
);
id!(
    /// Somebody who works on the admin side.
    UserId
);
id!(
    /// A browser in which a user is signed in.
    SessionId
);
id!(
    /// A key in an authenticator by which a user signs in.
    PasskeyId
);
id!(
    /// A report that is mailed at set times.
    ReportScheduleId
);
id!(
    /// Long work that somebody has asked for.
    JobId
);
id!(
    /// A notice that tells people to whom their data is to be handed.
    SharingNoticeId
);
id!(
    /// One announcement to one address, asked for by a program.
    MessageId
);
id!(
    /// What single messages are made from.
    MessageFormId
);
id!(
    /// A secret by which a program uses the API.
    ApiTokenId
);
/// An announcement sent to an audience. Consists of its number, for people, and 24 bits of the time
/// at which it was created: when a backup is restored, numbers are given out again but times are
/// not, so no link that was mailed before leads to another campaign. Campaigns from releases before
/// 0.3 have only their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignId(pub i64);

id!(
    /// What people call a campaign by: 1, 2, 3.
    CampaignNumber
);

impl CampaignId {
    /// The bits that hold a moment.
    pub const MOMENT_BITS: u32 = 24;

    /// The id of the campaign with this number that is created at `at`.
    #[must_use]
    pub const fn new(number: CampaignNumber, at: Timestamp) -> Self {
        Self((number.0 << Self::MOMENT_BITS) | (at.0 & ((1 << Self::MOMENT_BITS) - 1)))
    }

    /// What people call it by.
    #[must_use]
    pub const fn number(self) -> CampaignNumber {
        match self.0 >> Self::MOMENT_BITS {
            0 => CampaignNumber(self.0),
            number => CampaignNumber(number),
        }
    }
}

impl std::fmt::Display for CampaignId {
    /// Shows only the number, which is what people know it by.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number().fmt(f)
    }
}

/// The number of a tracked link within its announcement, counted from 0 in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkSlot(pub u16);

impl LinkSlot {
    /// The link that no reader can see and only programs follow; no announcement has as many links.
    pub const HONEYPOT: Self = Self(u16::MAX);
}
