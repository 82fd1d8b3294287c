//! Why something was not done, for every face: a form with its errors, problem details, a line on a
//! terminal.

use std::error::Error;
use std::fmt;

use access::{AccessError, AccessRefusal};
use campaign::CampaignError;
use model::{DisclosureRefused, Right};
use store::{Repeated, StoreError};

/// Why something was not done. Unless its words say otherwise, nothing was changed.
#[derive(Debug)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// A stable word for programs, such as `campaign_not_found`.
    pub code: &'static str,
    /// For people: what is wrong, and what would be right.
    pub words: String,
    /// Which fields are wrong; may be empty.
    pub fields: Vec<FieldProblem>,
}

/// What is wrong with one field of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the body, such as `/email` or `/topics/0/topic`; its last segment
    /// is the name of the form's field.
    pub pointer: String,
    /// A stable word for programs, such as `address_syntax`.
    pub code: &'static str,
    pub words: String,
}

/// What kind of refusal it is: decides the HTTP status and what a client may do next.
#[derive(Debug)]
pub enum RefusalKind {
    /// What was asked for can't be meant (422).
    Invalid,
    /// The actor lacks this right (403).
    NotAllowed(Right),
    /// There is no such thing, or it is not the actor's to know (404).
    NotFound,
    /// The state of the thing does not allow it, or it exists already (409).
    Conflict,
    /// It was changed since it was read (412).
    Stale,
    /// Too often; may be tried again after so long (429).
    TooMany(std::time::Duration),
    /// Done before, under the same idempotency key.
    Repeated(Repeated),
    /// Passing trouble with the database (503).
    Busy,
    /// Something broke here (500). Its source is for the log.
    Failed(Box<dyn Error + Send + Sync>),
}

impl Refusal {
    #[must_use]
    pub fn new(kind: RefusalKind, code: &'static str, words: impl Into<String>) -> Self {
        Self { kind, code, words: words.into(), fields: Vec::new() }
    }

    /// There is no such thing, or it is not the actor's to know.
    #[must_use]
    pub fn not_found(code: &'static str, words: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, code, words)
    }

    /// One field can't be meant.
    #[must_use]
    pub fn of_field(pointer: &str, code: &'static str, words: impl Into<String>) -> Self {
        let words = words.into();
        let field = FieldProblem { pointer: pointer.to_owned(), code, words: words.clone() };
        Self { kind: RefusalKind::Invalid, code, words, fields: vec![field] }
    }

    pub(crate) fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        let words = "Something went wrong here. Please try again in a moment; the server’s log says \
            what it was.";
        Self::new(RefusalKind::Failed(Box::new(error)), "internal", words)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RefusalKind::Failed(error) => error.fmt(f),
            _ => f.write_str(&self.words),
        }
    }
}

impl Error for Refusal {}

impl From<AccessRefusal> for Refusal {
    fn from(refusal: AccessRefusal) -> Self {
        match refusal {
            AccessRefusal::NotAllowed(right) => {
                Self::new(RefusalKind::NotAllowed(right), "not_allowed", refusal.to_string())
            }
            AccessRefusal::NotFound => Self::not_found("not_found", refusal.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let words = error.to_string();
        match error {
            StoreError::Refused(_) | StoreError::NotToBeRetried(_) => {
                Self::new(RefusalKind::Conflict, "state", words)
            }
            StoreError::Contact(refused) => refused.into(),
            StoreError::Disclosure(DisclosureRefused::UnknownRecipient(_)) => {
                Self::of_field("/for", "recipient_not_found", words)
            }
            StoreError::Disclosure(DisclosureRefused::Wrong { .. }) => {
                Self::of_field("/purpose", "field", words)
            }
            StoreError::Disclosure(DisclosureRefused::Purpose { .. }) => {
                Self::of_field("/purpose", "disclosure_refused", words)
            }
            StoreError::Disclosure(
                DisclosureRefused::UnknownNotice(_)
                | DisclosureRefused::NoticeCancelled(_)
                | DisclosureRefused::NoticeTooEarly { .. }
                | DisclosureRefused::SharedPeopleChanged,
            ) => Self::of_field("/notice", "disclosure_refused", words),
            StoreError::Disclosure(DisclosureRefused::NoticeNotCarried { .. }) => {
                Self::of_field("/campaign", "disclosure_refused", words)
            }
            StoreError::Disclosure(_) => Self::of_field("/for", "disclosure_refused", words),
            StoreError::Segment(refused) => refused.into(),
            StoreError::NobodySubscribed => {
                Self::new(RefusalKind::Conflict, "nobody_subscribed", words)
            }
            StoreError::NotFound(_) => Self::not_found("not_found", words),
            StoreError::Changed(_) => Self::new(RefusalKind::Stale, "changed", words),
            StoreError::Exists(_) => Self::new(RefusalKind::Conflict, "exists", words),
            StoreError::LastOwner => Self::new(RefusalKind::Conflict, "last_owner", words),
            StoreError::Repeated(repeated) => {
                Self::new(RefusalKind::Repeated(repeated), "repeated", words)
            }
            error if error.is_passing() => Self::new(RefusalKind::Busy, "busy", words),
            error => Self::failed(error),
        }
    }
}

impl From<CampaignError> for Refusal {
    fn from(error: CampaignError) -> Self {
        let words = error.to_string();
        let conflict = |code| Self::new(RefusalKind::Conflict, code, words.clone());
        match error {
            CampaignError::Store(error) => error.into(),
            CampaignError::NotFound(_) => Self::not_found("campaign_not_found", words),
            CampaignError::UnknownContact(_) => Self::of_field("/to", "contact_not_found", words),
            CampaignError::Announcement(_) => Self::of_field("/text", "announcement", words),
            CampaignError::NoTopic { .. } => Self::of_field("/topic", "topic_missing", words),
            CampaignError::UnknownTopic { .. } => {
                Self::of_field("/topic", "topic_not_found", words)
            }
            CampaignError::Nobody { .. } => conflict("nobody_subscribed"),
            CampaignError::NobodyInSegments(_) => conflict("audience_empty"),
            CampaignError::MissingForAll(_) => conflict("value_missing_for_all"),
            CampaignError::LinksToThisMachine { .. } => conflict("links_to_this_machine"),
            CampaignError::BadTime { .. } => Self::of_field("/at", "time", words),
            CampaignError::AudienceTooLarge { .. } => conflict("audience_too_large"),
            CampaignError::StartMissed { .. } => conflict("start_missed"),
            CampaignError::TextChanged(_) => {
                Self::new(RefusalKind::Stale, "announcement_changed", words)
            }
            CampaignError::AnnouncementChanged(_) => {
                Self::new(RefusalKind::Stale, "announcement_changed", words)
            }
            CampaignError::UnknownAnnouncement(_) => {
                Self::not_found("announcement_not_found", words)
            }
            CampaignError::AnnouncementExists(_) => {
                Self::of_field("/name", "announcement_exists", words)
            }
            CampaignError::AnnouncementName(_) => Self::of_field("/name", "name", words),
            CampaignError::AnnouncementNeeded { .. } => conflict("announcement_needed"),
            CampaignError::TextTooLong | CampaignError::ZeroByte => {
                Self::of_field("/text", "announcement", words)
            }
            CampaignError::LinksDiffer(..) => conflict("links_differ"),
            CampaignError::NotAccepted { .. } => conflict("warnings_not_accepted"),
            CampaignError::NoPublicPage(_) => conflict("no_public_page"),
            CampaignError::NoDraft(..)
            | CampaignError::PublishedDraft(_)
            | CampaignError::NotPaused(..)
            | CampaignError::PausedMeanwhile(_)
            | CampaignError::Refused(_) => conflict("state"),
            CampaignError::Message(_) => conflict("message"),
            error @ (CampaignError::Form(_) | CampaignError::Files(_)) => Self::failed(error),
        }
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        let words = error.to_string();
        let field = |pointer, code| Self::of_field(pointer, code, words.clone());
        match error {
            AccessError::Refused(refusal) => refusal.into(),
            AccessError::Store(error) => error.into(),
            AccessError::Password(_) => field("/password", "password"),
            AccessError::UserExists => field("/email", "user_exists"),
            AccessError::NoUser => Self::not_found("user_not_found", words),
            AccessError::NoSession => Self::not_found("session_not_found", words),
            AccessError::NoToken => Self::not_found("token_not_found", words),
            AccessError::InvitationOver | AccessError::SetUpOver => {
                Self::not_found("invitation_over", words)
            }
            AccessError::RevokedBefore => Self::new(RefusalKind::Conflict, "revoked_before", words),
            AccessError::OwnersOnly => {
                Self::new(RefusalKind::NotAllowed(Right::OwnershipWrite), "owners_only", words)
            }
            AccessError::NameNeeded(_) => field("/name", "name"),
            AccessError::BeyondOwn(_) => field("/scopes", "beyond_own"),
            AccessError::RoleBeyondOwn(right) => {
                Self::new(RefusalKind::NotAllowed(right), "role_beyond_own", words)
            }
            AccessError::NotForPrograms(_) => field("/scopes", "not_for_programs"),
            AccessError::NoScope => field("/scopes", "scope_missing"),
            AccessError::EndsInThePast => field("/ends_at", "in_the_past"),
            AccessError::WrongPassword => field("/current_password", "password_wrong"),
            AccessError::ConfirmFirst
            | AccessError::Passkey(_)
            | AccessError::PasskeyExists
            | AccessError::PasskeysFull => field("/passkey", "passkey"),
            AccessError::NoPasskey => Self::not_found("passkey", words),
            AccessError::WrongCode => field("/code", "code_wrong"),
            AccessError::TooMany(wait) => {
                Self::new(RefusalKind::TooMany(wait), "too_many_attempts", words)
            }
            AccessError::Busy => Self::new(RefusalKind::Busy, "busy", words),
            error @ (AccessError::Random(_) | AccessError::Hash(_) | AccessError::Seal(_)) => {
                Self::failed(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_told_to_the_log_and_not_to_the_client() {
        let refusal = Refusal::from(StoreError::Corrupt("row 7".to_owned()));
        assert!(!refusal.words.contains("row 7"), "{}", refusal.words);
        assert!(refusal.to_string().contains("row 7"), "{refusal}");
    }

    #[test]
    fn a_foreign_topic_is_not_found_and_a_lacking_right_is_named() {
        assert!(matches!(Refusal::from(AccessRefusal::NotFound).kind, RefusalKind::NotFound));
        let refusal = Refusal::from(AccessRefusal::NotAllowed(Right::CampaignsSend));
        assert!(matches!(refusal.kind, RefusalKind::NotAllowed(Right::CampaignsSend)));
        assert!(refusal.words.contains("campaigns:send"), "{}", refusal.words);
    }
}
