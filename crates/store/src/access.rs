//! Who works on the admin side and what they did: users, sessions, passkeys, API tokens, the audit log,
//! idempotency keys. Of secrets only hashes come here, except for those of second factors.

pub(crate) mod acting;
pub(crate) mod actor_record;
pub(crate) mod api_tokens;
pub(crate) mod audit;
pub(crate) mod chain;
pub(crate) mod expiry;
pub(crate) mod first_owner;
pub(crate) mod idempotency;
pub(crate) mod passkey_challenges;
pub(crate) mod passkeys;
pub(crate) mod sessions;
pub(crate) mod sign_in_attempts;
pub(crate) mod user_changes;
pub(crate) mod users;
