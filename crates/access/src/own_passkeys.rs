//! What users do with their own passkeys, and proving again who they are before they do.
//!
//! Needs no right, like everything about one's own account. Adding and removing a passkey needs a password
//! or a passkey within the last minutes, of the session in which it is done; signing in counts.

use std::time::Duration;

use model::{PasskeyId, Timestamp};
use serde_json::json;
use store::{
    Acting, AuditObject, ChallengePurpose, KnownPasskey, ListedPasskey, NewPasskey,
    PASSKEYS_OF_USER, PasskeyUse, Store,
};

use crate::actor::UserActor;
use crate::error::AccessError;
use crate::hashing::PasswordHasher;
use crate::own_account::{by_user, confirm, own_user};
use crate::passkey::{
    ClientData, CreatedPasskey, PasskeyAnswer, PasskeyProblem, ReadAnswer, Registered,
    RelyingParty, registered,
};
use crate::passkey_challenge::{PasskeyCreation, PasskeyRequest, Question, user_handle};
use crate::sign_in::allowance;

/// How long a proof of who one is counts.
const CONFIRMED_FOR: Duration = Duration::from_secs(10 * 60);
/// Longer names are truncated; they are for a list.
const NAME_CHARS: usize = 60;
/// Tries to prove it with a passkey.
const PASSKEY_ATTEMPTS: (u32, Duration) = (6, Duration::from_secs(60));
/// Questions for an authenticator, and how fast they come back.
const QUESTIONS: (u32, Duration) = (20, Duration::from_secs(10));

/// The user's passkeys, the oldest first.
///
/// # Errors
/// When the store can't answer.
pub async fn own_passkeys(
    store: &Store,
    me: &UserActor,
) -> Result<Vec<ListedPasskey>, AccessError> {
    Ok(store.passkeys_of(me.id()).await?)
}

/// Whether the user has proved in this session, within the last minutes, who they are.
///
/// # Errors
/// When the store can't answer.
pub async fn own_is_confirmed(
    store: &Store,
    me: &UserActor,
    now: Timestamp,
) -> Result<bool, AccessError> {
    Ok(store.session_confirmed(me.session(), now.before(CONFIRMED_FOR)).await?)
}

/// Proves it by the password.
///
/// # Errors
/// [`AccessError::WrongPassword`], [`AccessError::TooMany`].
pub async fn own_confirm_by_password(
    store: &Store,
    hasher: &PasswordHasher,
    me: &UserActor,
    password: &str,
    now: Timestamp,
) -> Result<(), AccessError> {
    confirm(store, hasher, me, password, now).await?;
    Ok(store.session_confirm(me.session(), now).await?)
}

/// Asks one of the user's passkeys to prove it.
///
/// # Errors
/// [`AccessError::NoPasskey`] when the user has none for this site; [`AccessError::TooMany`].
pub async fn own_confirm_passkey_begin(
    store: &Store,
    me: &UserActor,
    relying_party: &RelyingParty,
    now: Timestamp,
) -> Result<PasskeyRequest, AccessError> {
    take(store, me, "passkey question", QUESTIONS, now).await?;
    let passkeys = store.passkeys_of(me.id()).await?;
    let challenge = confirming(me).asked(store, now).await?;
    let request = PasskeyRequest::new(challenge, relying_party, &passkeys);
    if request.allowed.is_empty() { Err(AccessError::NoPasskey) } else { Ok(request) }
}

/// Proves it by a passkey.
///
/// # Errors
/// [`AccessError::Passkey`], [`AccessError::TooMany`].
pub async fn own_confirm_by_passkey(
    store: &Store,
    me: &UserActor,
    relying_party: &RelyingParty,
    answer: PasskeyAnswer<'_>,
    now: Timestamp,
) -> Result<(), AccessError> {
    let own = take(store, me, "own passkey", PASSKEY_ATTEMPTS, now).await?;
    let answer = ReadAnswer::read(answer)?;
    confirming(me).answered(store, &answer.client, now).await?;
    let (passkey, used) = proved(store, &answer, relying_party).await?;
    if passkey.user != me.id() {
        return Err(PasskeyProblem::Foreign.into());
    }
    if !store.session_confirm_by_passkey(me.session(), me.id(), used, now).await? {
        return Err(counter_went_back(&passkey).into());
    }
    Ok(store.sign_in_succeeded(own.bucket, Vec::new()).await?)
}

/// Asks for a new passkey.
///
/// # Errors
/// [`AccessError::ConfirmFirst`], [`AccessError::PasskeysFull`], [`AccessError::TooMany`].
pub async fn own_passkey_begin(
    store: &Store,
    me: &UserActor,
    relying_party: &RelyingParty,
    now: Timestamp,
) -> Result<PasskeyCreation, AccessError> {
    needs_confirmation(store, me, now).await?;
    take(store, me, "passkey question", QUESTIONS, now).await?;
    let passkeys = store.passkeys_of(me.id()).await?;
    if passkeys.len() >= usize::try_from(PASSKEYS_OF_USER).unwrap_or_default() {
        return Err(AccessError::PasskeysFull);
    }
    let user = own_user(store, me).await?;
    let handle = user_handle(&passkeys)?;
    let question = Question { user_handle: handle.clone(), ..adding(me) };
    let challenge = question.asked(store, now).await?;
    Ok(PasskeyCreation::new(challenge, relying_party, user, &handle, &passkeys))
}

/// Keeps a new passkey.
///
/// # Errors
/// [`AccessError::ConfirmFirst`], [`AccessError::NameNeeded`], [`AccessError::Passkey`],
/// [`AccessError::PasskeyExists`], [`AccessError::PasskeysFull`].
pub async fn own_passkey_add(
    store: &Store,
    me: &UserActor,
    relying_party: &RelyingParty,
    created: CreatedPasskey<'_>,
    now: Timestamp,
) -> Result<(), AccessError> {
    needs_confirmation(store, me, now).await?;
    let name: String =
        created.name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    if name.is_empty() {
        return Err(AccessError::NameNeeded("give the passkey a name, such as the device’s"));
    }
    let client = ClientData::read_part(created.client_data)?;
    let user_handle = adding(me).answered(store, &client, now).await?;
    let made = registered(&client, created.attestation, relying_party)?;
    let Registered { credential_id, public_key, sign_count } = made;
    let after = json!({ "user": me.id().0, "name": name }).to_string();
    let entry = Acting {
        object: AuditObject::of_kind("passkey"),
        after: Some(after),
        ..by_user((me.id(), me.name()), "passkey.add", now)
    };
    let new = NewPasskey {
        user: me.id(),
        rp_id: relying_party.id().to_owned(),
        user_handle,
        credential_id,
        public_key,
        sign_count,
        name,
    };
    store.acting(entry).passkey_add(new, now).await?;
    Ok(())
}

/// Removes one of the user's passkeys.
///
/// # Errors
/// [`AccessError::ConfirmFirst`]; [`AccessError::NoPasskey`], also for somebody else's.
pub async fn own_passkey_remove(
    store: &Store,
    me: &UserActor,
    id: PasskeyId,
    now: Timestamp,
) -> Result<(), AccessError> {
    needs_confirmation(store, me, now).await?;
    let passkeys = store.passkeys_of(me.id()).await?;
    let passkey = passkeys.into_iter().find(|it| it.id == id).ok_or(AccessError::NoPasskey)?;
    let before = json!({ "user": me.id().0, "name": passkey.name }).to_string();
    let entry = Acting {
        object: AuditObject::new("passkey", id),
        before: Some(before),
        ..by_user((me.id(), me.name()), "passkey.remove", now)
    };
    Ok(store.acting(entry).passkey_remove(id, me.id()).await?)
}

/// The passkey that has signed, and how far its counter is; its challenge was checked before.
pub(crate) async fn proved(
    store: &Store,
    answer: &ReadAnswer,
    relying_party: &RelyingParty,
) -> Result<(KnownPasskey, PasskeyUse), AccessError> {
    let found = store.passkey_find(answer.credential_id.clone()).await?;
    let passkey = found.ok_or(PasskeyProblem::Unknown)?;
    let used = checked(answer, &passkey, relying_party)?;
    Ok((passkey, used))
}

/// Checks an answer against the passkey that it names.
pub(crate) fn checked(
    answer: &ReadAnswer,
    passkey: &KnownPasskey,
    relying_party: &RelyingParty,
) -> Result<PasskeyUse, PasskeyProblem> {
    // The authenticator says so as well, of itself; this is what it said when the passkey was added.
    if passkey.rp_id != relying_party.id() {
        return Err(PasskeyProblem::RelyingParty);
    }
    // Need not be said when the passkeys were named.
    if !answer.user_handle.is_empty() && answer.user_handle != passkey.user_handle {
        return Err(PasskeyProblem::Foreign);
    }
    let sign_count = answer.checked(relying_party, &passkey.public_key)?;
    Ok(PasskeyUse { id: passkey.id, sign_count })
}

/// Says so in the log: it may be the sign of a copy.
pub(crate) fn counter_went_back(passkey: &KnownPasskey) -> PasskeyProblem {
    tracing::warn!(
        user = passkey.user.0,
        passkey = passkey.id.0,
        "a passkey was refused: its counter has gone back, or it was just removed"
    );
    PasskeyProblem::Counter
}

async fn needs_confirmation(
    store: &Store,
    me: &UserActor,
    now: Timestamp,
) -> Result<(), AccessError> {
    match own_is_confirmed(store, me, now).await? {
        true => Ok(()),
        false => Err(AccessError::ConfirmFirst),
    }
}

async fn take(
    store: &Store,
    me: &UserActor,
    kind: &str,
    attempts: (u32, Duration),
    now: Timestamp,
) -> Result<store::Allowance, AccessError> {
    let own = allowance(kind, &me.id().to_string(), None, attempts);
    store.sign_in_attempt(vec![own], now).await?.map_err(AccessError::TooMany)?;
    Ok(own)
}

const fn confirming(me: &UserActor) -> Question {
    Question::new(ChallengePurpose::Confirm, Some(me.session()))
}

const fn adding(me: &UserActor) -> Question {
    Question::new(ChallengePurpose::Add, Some(me.session()))
}

#[cfg(test)]
#[path = "own_passkeys/tests.rs"]
mod tests;
