//! Typed row numbers: a contact's id can't be taken for a campaign's.

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
    /// A person with an e-mail address.
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
    /// An announcement sent to an audience.
    CampaignId
);

/// The number of a tracked link within its announcement, counted from 0 in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkSlot(pub u16);
