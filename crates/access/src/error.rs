//! What can go wrong.

use model::Right;
use store::{PASSKEYS_OF_USER, StoreError};

use crate::actor::AccessRefusal;
use crate::passkey::PasskeyProblem;

/// Why something about users, sessions or tokens was not done. Unless it says otherwise, nothing was
/// changed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error(transparent)]
    Refused(#[from] AccessRefusal),
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error("there is already a user with this address")]
    UserExists,
    #[error("there is no such user")]
    NoUser,
    #[error("there is no such session")]
    NoSession,
    #[error("there is no such token")]
    NoToken,
    #[error("the token was revoked before")]
    RevokedBefore,
    #[error("this link was used before, has ended, or never was one")]
    InvitationOver,
    #[error("this set-up link was used before, has ended, or never was one")]
    SetUpOver,
    #[error("only an owner can make or change an owner")]
    OwnersOnly,
    #[error("{0}")]
    NameNeeded(&'static str),
    #[error("nobody can give a token rights or topics that they do not have: {0}")]
    BeyondOwn(Right),
    #[error("nobody can give or change a role with rights that they do not have: {0}")]
    RoleBeyondOwn(Right),
    #[error("a token can't have the right {0}: that is for people")]
    NotForPrograms(Right),
    #[error("a token needs at least one right")]
    NoScope,
    #[error("the end of the token is in the past")]
    EndsInThePast,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("the code is wrong or was used before")]
    WrongCode,
    #[error("type your password again first: it was too long ago")]
    ConfirmFirst,
    #[error(transparent)]
    Passkey(#[from] PasskeyProblem),
    #[error("the passkey is known already")]
    PasskeyExists,
    #[error("nobody has more than {PASSKEYS_OF_USER} passkeys; remove one that you do not need")]
    PasskeysFull,
    #[error("there is no such passkey")]
    NoPasskey,
    #[error("too many attempts; try again in {} s", .0.as_secs() + 1)]
    TooMany(std::time::Duration),
    /// Too many people sign in at this moment.
    #[error("too many people are signing in; try again in a moment")]
    Busy,
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// A stored password has a form that no release writes, or the machine lacks memory.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
    /// Longer than any that we make.
    #[error("a secret could not be sealed: {0}")]
    Seal(#[from] token::OutOfRange),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists("user") => Self::UserExists,
            StoreError::NotFound("user") => Self::NoUser,
            StoreError::NotFound("session") => Self::NoSession,
            StoreError::NotFound("token") => Self::NoToken,
            StoreError::Changed("token") => Self::RevokedBefore,
            StoreError::NotFound("passkey") => Self::NoPasskey,
            StoreError::Exists("passkey") => Self::PasskeyExists,
            StoreError::Changed("passkeys") => Self::PasskeysFull,
            StoreError::NotFound("set-up") => Self::SetUpOver,
            StoreError::NotFound("invitation") => Self::InvitationOver,
            error => Self::Store(error),
        }
    }
}

/// Why a password can't be chosen. Says what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("the password has {0} characters; it needs at least 12")]
    TooShort(usize),
    #[error("the password is longer than 1,000 bytes")]
    TooLong,
    #[error("the password is one of those that are tried first; choose another one")]
    Common,
    #[error("the password repeats a few characters; choose another one")]
    Repetitive,
    #[error("the password is made of your name or address; choose another one")]
    Personal,
}
