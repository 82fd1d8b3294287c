//! The first owner of an installation, who is added by a link that the server gives while nobody has
//! an account.
//!
//! Invariants: there is one link at a time, the newest; it works once, only for a while, and only as
//! long as there is no user at all. Of its token only the hash is stored.

use std::fmt::Write as _;

use model::{Timestamp, UserId};

use crate::access::user_changes::{NewInvitation, NewUser, add};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    ANY_USER = "SELECT 1 FROM users LIMIT 1";
    SET_UP_PUT = "INSERT INTO settings (key, value)
        SELECT 'set_up_link', CAST($1 AS TEXT) WHERE NOT EXISTS (SELECT 1 FROM users)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    SET_UP_FIND = "SELECT value FROM settings WHERE key = 'set_up_link'";
    /// Of two who use the same link one finds it gone.
    SET_UP_TAKE = "DELETE FROM settings WHERE key = 'set_up_link' AND value = $1";
}

impl Store {
    /// Whether anybody has an account, disabled ones included.
    pub async fn users_exist(&self) -> Result<bool, StoreError> {
        self.read(has_users).await
    }

    /// Stores the link by which the first owner is added, in place of any other; false when there is
    /// a user already.
    pub async fn set_up_begin(&self, link: NewInvitation) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(SET_UP_PUT, [&written(&link)])? > 0)).await
    }

    /// Whether this is the link, and it still works.
    pub async fn set_up_find(
        &self,
        token_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |tx| Ok(found(tx, token_hash, now)?.is_some() && !has_users(tx)?)).await
    }

    /// Adds the first user by the link, which does not work any more afterwards.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the link does not work, or there is a user already.
    pub async fn first_owner_add(
        &self,
        token_hash: [u8; 32],
        new: NewUser,
        at: Timestamp,
    ) -> Result<UserId, StoreError> {
        self.write(move |tx| {
            let link = found(tx, token_hash, at)?.ok_or(StoreError::NotFound("set-up"))?;
            if tx.execute(SET_UP_TAKE, [&link])? == 0 || has_users(tx)? {
                return Err(StoreError::NotFound("set-up"));
            }
            add(tx, &new, at)
        })
        .await
    }
}

fn has_users(tx: &Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.first(ANY_USER, (), |_| Ok(()))?.is_some())
}

/// The value of the setting, if it is of this token and has not ended.
fn found(tx: &Tx<'_>, token_hash: [u8; 32], now: Timestamp) -> Result<Option<String>, StoreError> {
    let value: Option<String> = tx.first(SET_UP_FIND, (), |row| row.get(0))?;
    Ok(value.filter(|value| {
        let ends_at = value.split_once(' ').and_then(|(_, end)| end.parse().ok());
        ends_at.is_some_and(|ends_at| {
            now.0 < ends_at
                && *value == written(&NewInvitation { token_hash, ends_at: Timestamp(ends_at) })
        })
    }))
}

/// Hash and end.
fn written(link: &NewInvitation) -> String {
    let mut text = String::with_capacity(96);
    for byte in link.token_hash {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    let _ = write!(text, " {}", link.ends_at.0);
    text
}
