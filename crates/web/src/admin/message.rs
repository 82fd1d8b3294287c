//! What a page says once about what was just done.
//!
//! Invariant: only a code travels, in a cookie; whatever a cookie holds, a page shows words from here.

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    SignedOut,
    TookTooLong,
    PasswordChosen,
    PasswordChanged,
    SecondFactorRemoved,
    SessionEnded,
    SessionsEnded,
    UserChanged,
    UserDisabled,
    UserEnabled,
    SecondFactorReset,
    TokenRevoked,
    CampaignStarting,
    CampaignScheduled,
    CampaignTakenBack,
    CampaignPaused,
    CampaignResumed,
    DeliveriesRetried,
    NobodyToRetry,
    CampaignPublished,
    CampaignWithdrawn,
    ContactAdded,
    ContactAddedSuppressed,
    ContactChanged,
    ContactSubscribed,
    ContactUnsubscribed,
    ContactSuppressed,
    SuppressionLifted,
    SuppressionStays,
    ContactErased,
    NothingChanged,
    TopicAdded,
    TopicRenamed,
    ArchiveOpened,
    ArchiveClosed,
    DoneBefore,
}

impl Message {
    const ALL: [Self; 36] = [
        Self::SignedOut,
        Self::TookTooLong,
        Self::PasswordChosen,
        Self::PasswordChanged,
        Self::SecondFactorRemoved,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::UserChanged,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::SecondFactorReset,
        Self::TokenRevoked,
        Self::CampaignStarting,
        Self::CampaignScheduled,
        Self::CampaignTakenBack,
        Self::CampaignPaused,
        Self::CampaignResumed,
        Self::DeliveriesRetried,
        Self::NobodyToRetry,
        Self::CampaignPublished,
        Self::CampaignWithdrawn,
        Self::ContactAdded,
        Self::ContactAddedSuppressed,
        Self::ContactChanged,
        Self::ContactSubscribed,
        Self::ContactUnsubscribed,
        Self::ContactSuppressed,
        Self::SuppressionLifted,
        Self::SuppressionStays,
        Self::ContactErased,
        Self::NothingChanged,
        Self::TopicAdded,
        Self::TopicRenamed,
        Self::ArchiveOpened,
        Self::ArchiveClosed,
        Self::DoneBefore,
    ];

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|message| message.code() == code)
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::TookTooLong => "took-too-long",
            Self::PasswordChosen => "password-chosen",
            Self::PasswordChanged => "password-changed",
            Self::SecondFactorRemoved => "second-factor-removed",
            Self::SessionEnded => "session-ended",
            Self::SessionsEnded => "sessions-ended",
            Self::UserChanged => "user-changed",
            Self::UserDisabled => "user-disabled",
            Self::UserEnabled => "user-enabled",
            Self::SecondFactorReset => "second-factor-reset",
            Self::TokenRevoked => "token-revoked",
            Self::CampaignStarting => "campaign-starting",
            Self::CampaignScheduled => "campaign-scheduled",
            Self::CampaignTakenBack => "campaign-taken-back",
            Self::CampaignPaused => "campaign-paused",
            Self::CampaignResumed => "campaign-resumed",
            Self::DeliveriesRetried => "deliveries-retried",
            Self::NobodyToRetry => "nobody-to-retry",
            Self::CampaignPublished => "campaign-published",
            Self::CampaignWithdrawn => "campaign-withdrawn",
            Self::ContactAdded => "contact-added",
            Self::ContactAddedSuppressed => "contact-added-suppressed",
            Self::ContactChanged => "contact-changed",
            Self::ContactSubscribed => "contact-subscribed",
            Self::ContactUnsubscribed => "contact-unsubscribed",
            Self::ContactSuppressed => "contact-suppressed",
            Self::SuppressionLifted => "suppression-lifted",
            Self::SuppressionStays => "suppression-stays",
            Self::ContactErased => "contact-erased",
            Self::NothingChanged => "nothing-changed",
            Self::TopicAdded => "topic-added",
            Self::TopicRenamed => "topic-renamed",
            Self::ArchiveOpened => "archive-opened",
            Self::ArchiveClosed => "archive-closed",
            Self::DoneBefore => "done-before",
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "You are signed out.",
            Self::TookTooLong => "It took too long. Please sign in again.",
            Self::PasswordChosen => "Your password is set. Please sign in with it.",
            Self::PasswordChanged => {
                "Your password is changed, and you are signed out everywhere else."
            }
            Self::SecondFactorRemoved => {
                "The second factor is removed. Sign in again with your password."
            }
            Self::SessionEnded => "The session is ended.",
            Self::SessionsEnded => "The sessions are ended.",
            Self::UserChanged => "The user is changed. It holds from their next request on.",
            Self::UserDisabled => "The user is disabled: no session and no token of theirs works.",
            Self::UserEnabled => "The user may sign in again.",
            Self::SecondFactorReset => {
                "The second factor is removed. They need only their password, and are signed out \
                everywhere."
            }
            Self::TokenRevoked => "The token is revoked for good.",
            Self::CampaignStarting => "It starts in 60 seconds. Until then you can take it back.",
            Self::CampaignScheduled => {
                "It is scheduled. Until its time you can move it or take it back."
            }
            Self::CampaignTakenBack => "It is a draft again; nobody has got it.",
            Self::CampaignPaused => {
                "It is paused: no further message goes out until somebody resumes it."
            }
            Self::CampaignResumed => "It goes on.",
            Self::DeliveriesRetried => "They are queued again; the figures below follow them.",
            Self::NobodyToRetry => "Nobody was left to send to again.",
            Self::CampaignPublished => "Everybody may read it now, at the address below.",
            Self::CampaignWithdrawn => "Its public page is gone.",
            Self::ContactAdded => "The contact is added.",
            Self::ContactAddedSuppressed => {
                "The contact is added and not subscribed: the address must not be mailed."
            }
            Self::ContactChanged => "The contact is changed.",
            Self::ContactSubscribed => "They are subscribed.",
            Self::ContactUnsubscribed => {
                "They are unsubscribed. Only they themselves can come back."
            }
            Self::ContactSuppressed => "The address is suppressed: it is never mailed.",
            Self::SuppressionLifted => {
                "The suppression is lifted. They get what they are still subscribed to."
            }
            Self::SuppressionStays => {
                "Nothing was lifted: they have left by their own wish, or the reason is not one that can be lifted here."
            }
            Self::ContactErased => {
                "The person is erased. Their address is known only by a hash, so that no import brings it back."
            }
            Self::NothingChanged => "Nothing was to be changed: it was so already.",
            Self::TopicAdded => "The topic is added.",
            Self::TopicRenamed => "The topic has its new name.",
            Self::ArchiveOpened => {
                "The archive is open: what is sent to the topic from now on is published."
            }
            Self::ArchiveClosed => {
                "The archive is closed: its list and feed are gone; published pages stay."
            }
            Self::DoneBefore => "That was done already. It was not done twice.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_and_nothing_else_is() {
        for message in Message::ALL {
            assert_eq!(Message::from_code(message.code()), Some(message));
        }
        assert_eq!(Message::from_code("<script>"), None);
    }
}
