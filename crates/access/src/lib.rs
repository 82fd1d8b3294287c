//! Who may do what on the admin side and by the API: users and their sessions, API tokens,
//! passwords, second factors, and the permit without which nothing is done.
//!
//! Invariants: a [`Permit`] comes only from [`Actor::may`], and whatever is done with one is logged in
//! the transaction that does it. Of passwords only slow hashes are stored, of random secrets only
//! SHA-256; a secret is shown once. Guessing is slowed down per client network, so that nobody is
//! locked out by somebody elsewhere. The time comes from the caller, randomness from the system.
//!
//! Knows no HTTP: cookies, headers and forms belong to `web`.

mod actor;
mod api_tokens;
mod audit_log;
mod client_network;
mod error;
#[cfg(test)]
mod fixture;
mod form_request;
#[doc(hidden)]
pub mod fuzzing;
mod hashing;
mod own_account;
mod own_passkeys;
mod passkey;
mod passkey_challenge;
mod passkey_sign_in;
mod password;
mod second_factor;
mod secret;
mod session_token;
mod set_up;
mod share_token;
mod sign_in;
mod users;

pub use actor::{
    AccessRefusal, Actor, Object, Permit, ProgramActor, SystemActor, UserActor, account_may,
};
pub use api_tokens::{
    CreateToken, CreatedToken, own_tokens, token_authenticate, token_create, token_revoke,
    token_revoke_for, tokens_list,
};
pub use audit_log::{audit_entries, audit_verified};
pub use client_network::ClientNetwork;
pub use error::{AccessError, PasswordProblem};
pub use form_request::{form_key, form_request};
pub use hashing::PasswordHasher;
pub use model::TopicScope;
pub use own_account::{
    own_password_change, own_recovery_codes_left, own_second_factor_begin,
    own_second_factor_confirm, own_second_factor_remove, own_second_factor_shown, own_session_end,
    own_sessions, own_sessions_end_others, own_user,
};
pub use own_passkeys::{
    own_confirm_by_passkey, own_confirm_by_password, own_confirm_passkey_begin, own_is_confirmed,
    own_passkey_add, own_passkey_begin, own_passkey_remove, own_passkeys,
};
pub use passkey::{CreatedPasskey, PasskeyAnswer, PasskeyProblem, RelyingParty};
pub use passkey_challenge::{CHALLENGE_ENDS, PasskeyCreation, PasskeyRequest};
pub use password::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, Password};
pub use second_factor::{RECOVERY_CODES, SecondFactor};
pub use secret::SecretText;
pub use session_token::{
    Authenticated, SESSION_ENDS, SESSION_IDLE, session_authenticate, session_end, session_watch,
};
pub use set_up::{
    FirstOwner, SET_UP_ENDS, has_owner, set_up_begin, set_up_needed, set_up_open, set_up_owner,
};
pub use share_token::{share_token, share_token_hash};
pub use sign_in::{Attempt, SignIn, SignInCounts, SignInRefusal, SignedIn};
pub use users::{
    AddUser, AddedUser, INVITATION_ENDS, invitation_accept, invitation_user, user_add,
    user_disable, user_enable, user_find, user_invite, user_password_set, user_role_set,
    user_second_factor_reset, user_session_end, user_sessions, user_sessions_end, user_topics_set,
    users_list,
};
