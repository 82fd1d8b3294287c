//! Topics, consent and the ways to unsubscribe.

/// Whether a contact gets a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// Asked for, not yet confirmed.
    Pending,
    Subscribed,
    /// Has left it; an import never brings this back.
    Unsubscribed,
}

impl SubscriptionState {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Subscribed, Self::Unsubscribed];

    /// The word for it in SQL, JSON and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a consent entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentKind {
    /// Being mailed on a topic.
    Mail,
    /// Views and clicks being tied to the contact.
    Tracking,
    /// Data being handed to others.
    Sharing,
}

impl ConsentKind {
    pub const ALL: [Self; 3] = [Self::Mail, Self::Tracking, Self::Sharing];

    /// The word for it in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Tracking => "tracking",
            Self::Sharing => "sharing",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// By what right people are written to, as whoever imports them says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConsentBasis {
    #[default]
    NotStated,
    /// They have agreed.
    Consent,
    /// It belongs to a contract with them.
    Contract,
    /// They are customers, who are told of similar offers.
    ExistingCustomer,
    Other,
}

impl ConsentBasis {
    pub const ALL: [Self; 5] =
        [Self::NotStated, Self::Consent, Self::Contract, Self::ExistingCustomer, Self::Other];

    /// The word for it in SQL, JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotStated => "not-stated",
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::ExistingCustomer => "existing-customer",
            Self::Other => "other",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// For people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::NotStated => "not stated",
            Self::ExistingCustomer => "existing customer",
            _ => self.as_str(),
        }
    }
}

/// Why an address must not be mailed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuppressionReason {
    /// Unsubscribed from everything; subscribing again lifts it, which is not so for the others.
    Unsubscribed,
    /// Said it is spam.
    Complaint,
    /// Mail to it bounces: the mailbox does not exist.
    HardBounce,
    /// Put there by an operator.
    Manual,
    /// Was erased: only the address's keyed hash is left.
    Erased,
    /// Is under 13, as somebody has said: only the address's keyed hash is kept.
    Child,
}

impl SuppressionReason {
    /// The word for it in SQL, JSON and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Complaint => "complaint",
            Self::HardBounce => "hard bounce",
            Self::Manual => "manual",
            Self::Erased => "erased",
            Self::Child => "child",
        }
    }
}

/// How a person left, stored with the consent entry as proof. From the least grave to the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    /// RFC 8058 one-click POST by a mail program.
    OneClick,
    /// The button on our page.
    Page,
    /// The person's own account.
    Account,
    /// The person's own request, entered by somebody else.
    Request,
    /// The person's own request, made to a previous sender.
    Elsewhere,
    /// Mail to the address comes back for good.
    HardBounce,
    /// The person has called a message spam.
    Complaint,
    /// An operator's decision, whatever the person says.
    Operator,
}

impl Removal {
    /// The word for it in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneClick => "one-click",
            Self::Page => "page",
            Self::Account => "account",
            Self::Request => "request",
            Self::Elsewhere => "elsewhere",
            Self::HardBounce => "hard bounce",
            Self::Complaint => "complaint",
            Self::Operator => "operator",
        }
    }

    /// Why the address is suppressed when somebody left everything in this way.
    #[must_use]
    pub const fn reason(self) -> SuppressionReason {
        match self {
            Self::OneClick | Self::Page | Self::Account | Self::Request | Self::Elsewhere => {
                SuppressionReason::Unsubscribed
            }
            Self::HardBounce => SuppressionReason::HardBounce,
            Self::Complaint => SuppressionReason::Complaint,
            Self::Operator => SuppressionReason::Manual,
        }
    }
}
