//! Users as others look after them: added, invited, given roles and topics, disabled.
//!
//! Invariants: only owners make owners or touch them; somebody who can sign in as an owner is always
//! left (the store sees to it). What is logged are ids, roles and topics, no addresses.

use std::time::Duration;

use model::{EmailAddress, Right, Role, SessionId, Timestamp, TopicId, UserId};
use serde_json::{Value, json};
use store::{AuditObject, FirstPassword, ListedSession, NewInvitation, NewUser, Store, User};

use crate::actor::{Object, Permit};
use crate::error::AccessError;
use crate::secret::{SecretText, lookup_hash};
use crate::session_token::SESSION_IDLE;

/// How long a link works by which a user chooses a password.
pub const INVITATION_ENDS: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Longer names are truncated; they are for lists.
const NAME_CHARS: usize = 120;

/// Somebody to be added.
#[derive(Debug)]
pub struct AddUser {
    pub email: EmailAddress,
    /// In lists and in the log.
    pub name: String,
    pub role: Role,
    /// Empty for all.
    pub topics: Vec<TopicId>,
    /// From [`crate::PasswordHasher::hash`]; without one the user is invited by a link.
    pub password_hash: Option<String>,
}

#[derive(Debug)]
pub struct AddedUser {
    pub id: UserId,
    /// The end of the link, and how long it works.
    pub invitation: Option<(SecretText, Timestamp)>,
}

pub async fn users_list(store: &Store, permit: &Permit) -> Result<Vec<User>, AccessError> {
    permit.needs(Right::UsersRead)?;
    Ok(store.users_list().await?)
}

/// One user.
///
/// # Errors
/// [`AccessError::NoUser`].
pub async fn user_find(store: &Store, permit: &Permit, id: UserId) -> Result<User, AccessError> {
    permit.needs(Right::UsersRead)?;
    store.user_find(id).await?.ok_or(AccessError::NoUser)
}

/// Adds a user.
///
/// # Errors
/// [`AccessError::UserExists`], [`AccessError::OwnersOnly`].
pub async fn user_add(
    store: &Store,
    permit: &Permit,
    add: AddUser,
    now: Timestamp,
) -> Result<AddedUser, AccessError> {
    permit.needs(Right::UsersWrite)?;
    within_own(permit, add.role)?;
    let AddUser { email, name, role, mut topics, password_hash } = add;
    let name = shown_name(&name)?;
    topics.sort_unstable();
    topics.dedup();
    let (how, invitation) = match password_hash {
        Some(hash) => (FirstPassword::Hash(hash), None),
        None => {
            let (link, invitation) = invitation(now)?;
            (FirstPassword::Invitation(invitation), Some((link, invitation.ends_at)))
        }
    };
    let after = json!({
        "name": name, "role": role.as_str(), "topics": numbers(&topics),
        "invited": invitation.is_some(),
    });
    let object = AuditObject::of_kind("user");
    let named = permit.acting(store, "user.add", object, (None, Some(after.to_string())), now);
    let id = named.user_add(NewUser { email, name, role, topics, how }, now).await?;
    Ok(AddedUser { id, invitation })
}

/// Gives a user another role.
///
/// # Errors
/// [`AccessError::OwnersOnly`]; [`store::StoreError::LastOwner`].
pub async fn user_role_set(
    store: &Store,
    permit: &Permit,
    id: UserId,
    role: Role,
    now: Timestamp,
) -> Result<(), AccessError> {
    let user = target(store, permit, id).await?;
    within_own(permit, role)?;
    let state = |role: Role| json!({ "role": role.as_str() });
    let states = (state(user.role), state(role));
    let named = changing(store, permit, "user.role", id, states, now);
    Ok(named.user_role_set(id, user.role, role).await?)
}

/// Narrows a user to these topics; none stands for all.
///
/// # Errors
/// [`AccessError::OwnersOnly`].
pub async fn user_topics_set(
    store: &Store,
    permit: &Permit,
    id: UserId,
    mut topics: Vec<TopicId>,
    now: Timestamp,
) -> Result<(), AccessError> {
    let user = target(store, permit, id).await?;
    topics.sort_unstable();
    topics.dedup();
    let state = |topics: &[TopicId]| json!({ "topics": numbers(topics) });
    let states = (state(&user.topics), state(&topics));
    let named = changing(store, permit, "user.topics", id, states, now);
    Ok(named.user_topics_set(id, user.topics, topics).await?)
}

/// Keeps a user out, with all sessions and tokens.
///
/// # Errors
/// [`AccessError::OwnersOnly`]; [`store::StoreError::LastOwner`].
pub async fn user_disable(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<(), AccessError> {
    target(store, permit, id).await?;
    let states = (json!({ "disabled": false }), json!({ "disabled": true }));
    let named = changing(store, permit, "user.disable", id, states, now);
    Ok(named.user_disable(id, now).await?)
}

/// Lets a disabled user in again.
///
/// # Errors
/// [`AccessError::OwnersOnly`].
pub async fn user_enable(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<(), AccessError> {
    target(store, permit, id).await?;
    let states = (json!({ "disabled": true }), json!({ "disabled": false }));
    let named = changing(store, permit, "user.enable", id, states, now);
    Ok(named.user_enable(id).await?)
}

/// A link by which the user chooses a password, also one who has forgotten it. An older link ends.
///
/// # Errors
/// [`AccessError::OwnersOnly`].
pub async fn user_invite(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<(SecretText, Timestamp), AccessError> {
    target(store, permit, id).await?;
    let (link, invitation) = invitation(now)?;
    let named = acting(store, permit, "user.invite", id, now);
    named.user_invite(id, invitation, now).await?;
    Ok((link, invitation.ends_at))
}

/// Sets a user's password, whose hash is from [`crate::PasswordHasher::hash`], and ends all sessions.
///
/// # Errors
/// [`AccessError::OwnersOnly`].
pub async fn user_password_set(
    store: &Store,
    permit: &Permit,
    id: UserId,
    hash: String,
    now: Timestamp,
) -> Result<(), AccessError> {
    target(store, permit, id).await?;
    let named = acting(store, permit, "user.password", id, now);
    Ok(named.user_password_set(id, hash, None).await?)
}

/// Removes the second factor and the passkeys of a user who has lost them, and ends all sessions.
///
/// # Errors
/// [`AccessError::OwnersOnly`].
pub async fn user_second_factor_reset(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<(), AccessError> {
    let user = target(store, permit, id).await?;
    let before = json!({ "second_factor": user.has_second_factor, "passkeys": user.passkeys });
    let states = (before, json!({ "second_factor": false, "passkeys": 0 }));
    let named = changing(store, permit, "user.second_factor_reset", id, states, now);
    Ok(named.second_factor_reset(id).await?)
}

/// The sessions of a user, the last used first.
pub async fn user_sessions(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<Vec<ListedSession>, AccessError> {
    permit.needs(Right::UsersRead)?;
    store.user_find(id).await?.ok_or(AccessError::NoUser)?;
    Ok(store.sessions_of(id, now, SESSION_IDLE).await?)
}

/// Ends one session of a user.
pub async fn user_session_end(
    store: &Store,
    permit: &Permit,
    id: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<(), AccessError> {
    target(store, permit, id).await?;
    let states = (json!({ "session": session.0 }), Value::Null);
    let named = changing(store, permit, "user.session_end", id, states, now);
    Ok(named.session_end(session, id).await?)
}

/// Ends every session of a user; how many.
pub async fn user_sessions_end(
    store: &Store,
    permit: &Permit,
    id: UserId,
    now: Timestamp,
) -> Result<u64, AccessError> {
    target(store, permit, id).await?;
    Ok(acting(store, permit, "user.sessions_end", id, now).sessions_end(id).await?)
}

/// Whose link this is, if it still works: for the page on which the password is chosen.
///
/// # Errors
/// [`AccessError::InvitationOver`].
pub async fn invitation_user(
    store: &Store,
    token: &str,
    now: Timestamp,
) -> Result<User, AccessError> {
    let hash = lookup_hash(token).ok_or(AccessError::InvitationOver)?;
    let id = store.invitation_find(hash, now).await?.ok_or(AccessError::InvitationOver)?;
    store.user_find(id).await?.ok_or(AccessError::InvitationOver)
}

/// Sets the password that somebody has chosen by a link; the link works once.
///
/// # Errors
/// [`AccessError::InvitationOver`].
pub async fn invitation_accept(
    store: &Store,
    token: &str,
    password_hash: String,
    now: Timestamp,
) -> Result<UserId, AccessError> {
    let user = invitation_user(store, token, now).await?;
    let hash = lookup_hash(token).ok_or(AccessError::InvitationOver)?;
    let named = store.acting(crate::own_account::by_user(
        (user.id, &user.name),
        "user.invitation_accept",
        now,
    ));
    Ok(named.invitation_accept(hash, password_hash, now).await?)
}

/// A user's name as it is kept.
pub(crate) fn shown_name(typed: &str) -> Result<String, AccessError> {
    let name: String = typed.trim().chars().take(NAME_CHARS).collect();
    if name.is_empty() { Err(AccessError::NameNeeded("a user needs a name")) } else { Ok(name) }
}

/// The user, if the permit is good for touching them.
async fn target(store: &Store, permit: &Permit, id: UserId) -> Result<User, AccessError> {
    permit.needs(Right::UsersWrite)?;
    let user = store.user_find(id).await?.ok_or(AccessError::NoUser)?;
    within_own(permit, user.role)?;
    Ok(user)
}

/// Whoever makes a user, or changes one, gets at what that user may do: by the link for a password, for
/// one. So a token with few scopes must not touch a role with many.
fn within_own(permit: &Permit, role: Role) -> Result<(), AccessError> {
    let actor = permit.actor();
    if role == Role::Owner && actor.may(Right::OwnershipWrite, Object::Installation).is_err() {
        return Err(AccessError::OwnersOnly);
    }
    let beyond = Right::ALL.into_iter().find(|right| role.may(*right) && !actor.can(*right));
    beyond.map_or(Ok(()), |right| Err(AccessError::RoleBeyondOwn(right)))
}

fn changing(
    store: &Store,
    permit: &Permit,
    action: &'static str,
    id: UserId,
    (before, after): (Value, Value),
    now: Timestamp,
) -> Store {
    let states = (Some(before.to_string()), Some(after.to_string()));
    permit.acting(store, action, AuditObject::new("user", id), states, now)
}

fn acting(
    store: &Store,
    permit: &Permit,
    action: &'static str,
    id: UserId,
    at: Timestamp,
) -> Store {
    permit.acting(store, action, AuditObject::new("user", id), (None, None), at)
}

fn invitation(now: Timestamp) -> Result<(SecretText, NewInvitation), AccessError> {
    let link = SecretText::random()?;
    let invitation = NewInvitation { token_hash: link.hash(), ends_at: now.after(INVITATION_ENDS) };
    Ok((link, invitation))
}

fn numbers(topics: &[TopicId]) -> Vec<i64> {
    topics.iter().map(|topic| topic.0).collect()
}

#[cfg(test)]
#[path = "users/tests.rs"]
mod tests;
