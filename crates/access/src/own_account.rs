//! What users do with their own account: password, second factor, sessions.
//!
//! Needs no right: a [`UserActor`] is a signed-in user, and reaches no other account. Whatever could
//! lock its owner out asks for the password again, for whoever finds an open browser.

use model::{SessionId, Timestamp, UserId};
use store::{Acting, ActorKind, ActorRecord, AuditObject, ListedSession, Store, User};
use token::Keyring;
use zeroize::Zeroizing;

use crate::actor::UserActor;
use crate::error::AccessError;
use crate::hashing::{Compared, PasswordHasher};
use crate::password::Password;
use crate::second_factor::{
    SecondFactor, code_step, recovery_codes, recovery_hash, sealed, secret_bytes,
};
use crate::secret::SecretText;
use crate::session_token::SESSION_IDLE;
use crate::sign_in::allowance;

/// Tries with the password of somebody who is signed in.
const PASSWORD_ATTEMPTS: (u32, std::time::Duration) = (6, std::time::Duration::from_secs(60));

/// Changes the password, and ends every other session.
///
/// # Errors
/// [`AccessError::WrongPassword`], [`AccessError::TooMany`], [`AccessError::Password`].
pub async fn own_password_change(
    store: &Store,
    hasher: &PasswordHasher,
    me: &UserActor,
    (current, new): (&str, &str),
    now: Timestamp,
) -> Result<(), AccessError> {
    let user = store.user_find(me.id()).await?.ok_or(AccessError::NoUser)?;
    let new = Password::choose(new, &[&user.name, &user.email])?;
    confirm(store, hasher, me, current, now).await?;
    let hash = hasher.hash(new).await?;
    let named = acting(store, me, "user.password", now);
    Ok(named.user_password_set(me.id(), hash, Some(me.session())).await?)
}

/// The user's own record.
///
/// # Errors
/// [`AccessError::NoUser`], when it has just gone.
pub async fn own_user(store: &Store, me: &UserActor) -> Result<User, AccessError> {
    store.user_find(me.id()).await?.ok_or(AccessError::NoUser)
}

/// How many recovery codes the user has left.
///
/// # Errors
/// When the store can't answer.
pub async fn own_recovery_codes_left(store: &Store, me: &UserActor) -> Result<i64, AccessError> {
    Ok(store.recovery_codes_left(me.id()).await?)
}

/// A second factor to be shown to the user; stored by [`own_second_factor_confirm`].
pub async fn own_second_factor_begin(
    store: &Store,
    me: &UserActor,
) -> Result<SecondFactor, AccessError> {
    let user = store.user_find(me.id()).await?.ok_or(AccessError::NoUser)?;
    SecondFactor::random(&user.email)
}

/// The same second factor again, whose secret (base32) was shown before: for a form that is shown once
/// more. None for what is no secret.
///
/// # Errors
/// When there is no such user.
pub async fn own_second_factor_shown(
    store: &Store,
    me: &UserActor,
    secret: &str,
) -> Result<Option<SecondFactor>, AccessError> {
    let user = own_user(store, me).await?;
    secret_bytes(secret).map(|bytes| SecondFactor::of(bytes, &user.email)).transpose()
}

/// Stores the second factor whose secret (base32) the user's app has, if its code is right. Returns
/// the recovery codes, to be shown once. Every other session ends.
///
/// # Errors
/// [`AccessError::WrongPassword`], [`AccessError::TooMany`], [`AccessError::WrongCode`].
pub async fn own_second_factor_confirm(
    store: &Store,
    (hasher, keys): (&PasswordHasher, &Keyring),
    me: &UserActor,
    (password, secret, code): (&str, &str, &str),
    now: Timestamp,
) -> Result<Vec<SecretText>, AccessError> {
    confirm(store, hasher, me, password, now).await?;
    let secret = secret_bytes(secret).ok_or(AccessError::WrongCode)?;
    let step = code_step(&secret, code, now).ok_or(AccessError::WrongCode)?;
    let codes = recovery_codes()?;
    let hashes = codes.iter().filter_map(|code| recovery_hash(code.reveal())).collect();
    let secret = sealed(keys, me.id(), &secret)?;
    let named = acting(store, me, "user.second_factor_set", now);
    named.second_factor_set(me.id(), secret, step, hashes, Some(me.session())).await?;
    Ok(codes)
}

/// Removes the second factor and ends every session, also this one.
///
/// # Errors
/// [`AccessError::WrongPassword`], [`AccessError::TooMany`].
pub async fn own_second_factor_remove(
    store: &Store,
    hasher: &PasswordHasher,
    me: &UserActor,
    password: &str,
    now: Timestamp,
) -> Result<(), AccessError> {
    confirm(store, hasher, me, password, now).await?;
    let named = acting(store, me, "user.second_factor_reset", now);
    Ok(named.second_factor_remove(me.id()).await?)
}

/// The user's sessions, the last used first.
pub async fn own_sessions(
    store: &Store,
    me: &UserActor,
    now: Timestamp,
) -> Result<Vec<ListedSession>, AccessError> {
    Ok(store.sessions_of(me.id(), now, SESSION_IDLE).await?)
}

/// Ends one of the user's sessions.
///
/// # Errors
/// [`AccessError::NoSession`], also for somebody else's.
pub async fn own_session_end(
    store: &Store,
    me: &UserActor,
    session: SessionId,
    now: Timestamp,
) -> Result<(), AccessError> {
    Ok(acting(store, me, "user.session_end", now).session_end(session, me.id()).await?)
}

/// Ends all of the user's sessions but this one; how many.
pub async fn own_sessions_end_others(
    store: &Store,
    me: &UserActor,
    now: Timestamp,
) -> Result<u64, AccessError> {
    let named = acting(store, me, "user.sessions_end", now);
    Ok(named.sessions_end_others(me.id(), me.session()).await?)
}

/// Something that somebody does who is not signed in yet, or to their own account.
pub(crate) fn by_user((id, name): (UserId, &str), action: &'static str, at: Timestamp) -> Acting {
    Acting {
        actor: ActorRecord { kind: ActorKind::User, id: Some(id.0), name: name.to_owned() },
        action,
        object: AuditObject::new("user", id),
        before: None,
        after: None,
        at,
        request: None,
    }
}

pub(crate) fn acting(store: &Store, me: &UserActor, action: &'static str, at: Timestamp) -> Store {
    store.acting(by_user((me.id(), me.name()), action, at))
}

pub(crate) async fn confirm(
    store: &Store,
    hasher: &PasswordHasher,
    me: &UserActor,
    password: &str,
    now: Timestamp,
) -> Result<(), AccessError> {
    let own = allowance("own password", &me.id().to_string(), None, PASSWORD_ATTEMPTS);
    store.sign_in_attempt(vec![own], now).await?.map_err(AccessError::TooMany)?;
    let secrets = store.user_secrets(me.id()).await?;
    let hash = secrets.and_then(|secrets| secrets.password_hash);
    let password = Zeroizing::new(password.to_owned());
    match hasher.compare(password, hash).await? {
        Compared::Wrong => Err(AccessError::WrongPassword),
        Compared::Right | Compared::RightButOld => {
            Ok(store.sign_in_succeeded(own.bucket, Vec::new()).await?)
        }
    }
}
