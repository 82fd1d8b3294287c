//! Disclosures: in what form personal data leaves, which of it, and by what right.

use crate::{CampaignNumber, SharingNoticeId, Timestamp};

/// By what right personal data is handed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisclosureBasis {
    /// The organisation itself: whoever asked works for it.
    OwnUse,
    /// Law and rights: an authority, a court, protection against fraud.
    Law,
    /// Somebody who helps, for that purpose only.
    ServiceProvider,
    /// Sale of the business.
    Sale,
    /// The report that an export bureau asks for.
    ExportBureau,
    /// The person has asked for it.
    OwnRequest,
    /// Sharing that people could opt out of before it began.
    Sharing,
}

impl DisclosureBasis {
    pub const ALL: [Self; 7] = [
        Self::OwnUse,
        Self::Law,
        Self::ServiceProvider,
        Self::Sale,
        Self::ExportBureau,
        Self::OwnRequest,
        Self::Sharing,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnUse => "own-use",
            Self::Law => "law",
            Self::ServiceProvider => "service-provider",
            Self::Sale => "sale",
            Self::ExportBureau => "export-bureau",
            Self::OwnRequest => "own-request",
            Self::Sharing => "sharing",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// In what form personal data leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisclosureKind {
    /// A file of contacts.
    ContactsFile,
    /// A file of a campaign's contacts by what they did.
    ReportFile,
    /// A file of views and clicks.
    EventsFile,
    /// Views and clicks for other programs, as they come.
    EventFeed,
    /// Contacts, by the API.
    ContactsRead,
    /// Deliveries, by the API.
    DeliveriesRead,
    /// A campaign's contacts by what they did, by the API.
    ReportRead,
    /// Single messages, by the API.
    MessagesRead,
}

impl DisclosureKind {
    pub const ALL: [Self; 8] = [
        Self::ContactsFile,
        Self::ReportFile,
        Self::EventsFile,
        Self::EventFeed,
        Self::ContactsRead,
        Self::DeliveriesRead,
        Self::ReportRead,
        Self::MessagesRead,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactsFile => "contacts-file",
            Self::ReportFile => "report-file",
            Self::EventsFile => "events-file",
            Self::EventFeed => "event-feed",
            Self::ContactsRead => "contacts-read",
            Self::DeliveriesRead => "deliveries-read",
            Self::ReportRead => "report-read",
            Self::MessagesRead => "messages-read",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Which personal data it may hold.
    #[must_use]
    pub const fn fields(self) -> &'static [DisclosedField] {
        use DisclosedField as F;
        match self {
            Self::ContactsFile => &[F::Address, F::Attributes, F::Standing],
            Self::ReportFile | Self::ReportRead => &[F::Address, F::Deliveries, F::Activity],
            Self::EventsFile | Self::EventFeed => &[F::Activity],
            Self::ContactsRead => &[
                F::Address,
                F::Attributes,
                F::Standing,
                F::Consents,
                F::Browsers,
                F::History,
                F::Deliveries,
            ],
            Self::DeliveriesRead => &[F::Address, F::Deliveries, F::Activity],
            Self::MessagesRead => &[F::Address, F::Attributes, F::Deliveries],
        }
    }
}

/// Which personal data leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DisclosedField {
    Address,
    /// Name and whatever else is kept as an attribute, and tags.
    Attributes,
    /// Subscriptions, and whether they must not be mailed.
    Standing,
    Consents,
    /// What became of mail to them.
    Deliveries,
    /// Views and clicks.
    Activity,
    Browsers,
    /// What was changed about them.
    History,
}

impl DisclosedField {
    pub const ALL: [Self; 8] = [
        Self::Address,
        Self::Attributes,
        Self::Standing,
        Self::Consents,
        Self::Deliveries,
        Self::Activity,
        Self::Browsers,
        Self::History,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Attributes => "attributes",
            Self::Standing => "standing",
            Self::Consents => "consents",
            Self::Deliveries => "deliveries",
            Self::Activity => "activity",
            Self::Browsers => "browsers",
            Self::History => "history",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why personal data may not be handed to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureRefused {
    #[error(
        "there is no recipient called {0:?}: `pharos processors list` shows those there are, and `pharos processors set` adds one"
    )]
    UnknownRecipient(String),
    #[error("{recipient} gets no personal data for the purpose {purpose:?}; allowed: {allowed}")]
    Purpose { recipient: String, purpose: String, allowed: String },
    #[error("{recipient} may not get the field {}; allowed: {allowed}", .field.as_str())]
    Field { recipient: String, field: DisclosedField, allowed: String },
    #[error(
        "{0} gets data by sharing, which people have to be told of first, with time to opt out: only a file of contacts can be shared, by the number of the notice (`pharos disclosures notices list`)"
    )]
    SharingByNotice(String),
    #[error("{recipient} is registered with the basis {}, and a notice is for a recipient with the basis sharing", .basis.as_str())]
    NoticeBasis { recipient: String, basis: DisclosureBasis },
    #[error(
        "there is no sharing notice {0}: `pharos disclosures notices list` shows those there are"
    )]
    UnknownNotice(SharingNoticeId),
    #[error("sharing notice {0} was cancelled: nothing is shared by it")]
    NoticeCancelled(SharingNoticeId),
    #[error("sharing by notice {notice} begins on {}: until then people have time to opt out", .begins.readable())]
    NoticeTooEarly { notice: SharingNoticeId, begins: Timestamp },
    #[error(
        "the mail of campaign {campaign} does not name {recipient}: a notice is for those who were told by that mail to whom their data goes"
    )]
    NoticeNotCarried { campaign: CampaignNumber, recipient: String },
    #[error(
        "by now somebody in the file may not be shared any more, because they said no or must not be mailed: export it again"
    )]
    SharedPeopleChanged,
    #[error("{what} should be {should}")]
    Wrong { what: &'static str, should: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for basis in DisclosureBasis::ALL {
            assert_eq!(DisclosureBasis::from_word(basis.as_str()), Some(basis));
        }
        for kind in DisclosureKind::ALL {
            assert_eq!(DisclosureKind::from_word(kind.as_str()), Some(kind));
            assert!(!kind.fields().is_empty(), "{kind:?}");
        }
        for field in DisclosedField::ALL {
            assert_eq!(DisclosedField::from_word(field.as_str()), Some(field));
        }
        assert_eq!(DisclosureBasis::from_word("curiosity"), None);
    }
}
