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
    DoneBefore,
}

impl Message {
    const ALL: [Self; 13] = [
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
