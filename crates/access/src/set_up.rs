//! The first owner, while nobody has an account: by a link that the server gives at its start.
//!
//! Invariants: a link works once, for an hour, until the next start gives another, and never when there
//! is any user. Only its hash is stored, so it works on every node.

use std::time::Duration;

use model::{EmailAddress, Role, Timestamp, UserId};
use serde_json::json;
use store::{
    Acting, ActorKind, ActorRecord, AuditObject, FirstPassword, NewInvitation, NewUser, Store,
};

use crate::error::AccessError;
use crate::secret::{SecretText, lookup_hash};

/// How long a set-up link works.
pub const SET_UP_ENDS: Duration = Duration::from_secs(60 * 60);

/// Somebody who becomes the first owner.
#[derive(Debug)]
pub struct FirstOwner {
    pub email: EmailAddress,
    pub name: String,
    /// From [`crate::PasswordHasher::hash`].
    pub password_hash: String,
}

/// A new set-up link; the one before ends. None when there is a user.
///
/// # Errors
/// When the store can't keep it.
pub async fn set_up_begin(
    store: &Store,
    now: Timestamp,
) -> Result<Option<SecretText>, AccessError> {
    // Nearly always so, and then nothing is written.
    if store.users_exist().await? {
        return Ok(None);
    }
    let token = SecretText::random()?;
    let link = NewInvitation { token_hash: token.hash(), ends_at: now.after(SET_UP_ENDS) };
    Ok(store.set_up_begin(link).await?.then_some(token))
}

/// Whether nobody has an account yet.
///
/// # Errors
/// When the store can't answer.
pub async fn set_up_needed(store: &Store) -> Result<bool, AccessError> {
    Ok(!store.users_exist().await?)
}

/// Whether somebody can sign in as an owner.
///
/// # Errors
/// When the store can't answer.
pub async fn has_owner(store: &Store) -> Result<bool, AccessError> {
    Ok(store.owners_count().await? > 0)
}

/// Whether this is the end of a set-up link that works.
///
/// # Errors
/// When the store can't answer.
pub async fn set_up_open(store: &Store, token: &str, now: Timestamp) -> Result<bool, AccessError> {
    match lookup_hash(token) {
        Some(hash) => Ok(store.set_up_find(hash, now).await?),
        None => Ok(false),
    }
}

/// Adds the first owner.
///
/// # Errors
/// [`AccessError::SetUpOver`], [`AccessError::NameNeeded`].
pub async fn set_up_owner(
    store: &Store,
    token: &str,
    owner: FirstOwner,
    now: Timestamp,
) -> Result<UserId, AccessError> {
    let hash = lookup_hash(token).ok_or(AccessError::SetUpOver)?;
    let FirstOwner { email, name, password_hash } = owner;
    let name = crate::users::shown_name(&name)?;
    let actor = ActorRecord { kind: ActorKind::System, id: None, name: "set-up link".to_owned() };
    let after = json!({ "name": name, "role": Role::Owner.as_str() }).to_string();
    let acting = Acting {
        actor,
        action: "user.set_up",
        object: AuditObject::of_kind("user"),
        before: None,
        after: Some(after),
        at: now,
        request: None,
    };
    let how = FirstPassword::Hash(password_hash);
    let new = NewUser { email, name, role: Role::Owner, topics: Vec::new(), how };
    Ok(store.acting(acting).first_owner_add(hash, new, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{AT, email, later, log, on_both};

    fn owner(address: &str) -> FirstOwner {
        FirstOwner { email: email(address), name: " Zoë ".into(), password_hash: "h".into() }
    }

    #[test]
    fn the_link_makes_one_owner_and_is_logged() {
        on_both(async |store| {
            let old = set_up_begin(&store, AT).await.unwrap().unwrap();
            let link = set_up_begin(&store, AT).await.unwrap().unwrap();
            for (token, at) in [(old.reveal(), AT), ("", AT), (link.reveal(), later(3_600))] {
                assert!(!set_up_open(&store, token, at).await.unwrap());
                let refused = set_up_owner(&store, token, owner("ann@x.org"), at).await;
                assert!(matches!(refused, Err(AccessError::SetUpOver)), "{refused:?}");
            }
            assert!(set_up_needed(&store).await.unwrap());
            assert!(set_up_open(&store, link.reveal(), later(3_599)).await.unwrap());
            set_up_owner(&store, link.reveal(), owner("ann@x.org"), AT).await.unwrap();
            let again = set_up_owner(&store, link.reveal(), owner("eve@x.org"), AT).await;
            assert!(matches!(again, Err(AccessError::SetUpOver)), "{again:?}");
            assert!(set_up_begin(&store, AT).await.unwrap().is_none());
            assert_eq!(log(&store).await, ["set-up link user.set_up 1"]);
            let user = store.users_list().await.unwrap().remove(0);
            assert_eq!((user.name.as_str(), user.role), ("Zoë", Role::Owner));
        });
    }
}
