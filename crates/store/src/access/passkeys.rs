//! Passkeys: public keys by which users sign in.
//!
//! Invariants: a credential belongs to one user; a user has a bounded number of them; a counter never
//! goes back, also of two answers side by side. Whether a signature is right, the caller knows.

use model::{PasskeyId, Timestamp, UserId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    /// Of two that are added at once, one counts the other.
    PASSKEY_USER_LOCK = "UPDATE users SET role = role WHERE id = $1";
    PASSKEYS_COUNT = "SELECT count(*) FROM passkeys WHERE user_id = $1";
    PASSKEY_INSERT = "INSERT INTO passkeys (user_id, rp_id, user_handle, credential_id, public_key,
            sign_count, name, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id";
    PASSKEYS_OF = "SELECT id, rp_id, user_handle, credential_id, name, created_at, last_used_at
        FROM passkeys WHERE user_id = $1 ORDER BY id LIMIT 100";
    PASSKEY_BY_CREDENTIAL = "SELECT p.id, p.user_id, p.rp_id, p.user_handle, p.public_key,
            u.name, u.email
        FROM passkeys p JOIN users u ON u.id = p.user_id
        WHERE p.credential_id = $1 AND u.disabled_at IS NULL";
    /// An authenticator that does not count says 0 for ever.
    PASSKEY_USE = "UPDATE passkeys SET sign_count = $3, last_used_at = $4
        WHERE id = $1 AND user_id = $2
            AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))";
    PASSKEY_REMOVE = "DELETE FROM passkeys WHERE id = $1 AND user_id = $2";
    PASSKEYS_REMOVE = "DELETE FROM passkeys WHERE user_id = $1";
}

/// Passkeys of one user.
pub const PASSKEYS_OF_USER: i64 = 10;

/// A passkey to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPasskey {
    pub user: UserId,
    /// The relying party that it is for: a host.
    pub rp_id: String,
    /// What the authenticator calls the user.
    pub user_handle: Vec<u8>,
    pub credential_id: Vec<u8>,
    /// A `COSE_Key` (RFC 9052).
    pub public_key: Vec<u8>,
    /// Signatures that were made with it; 0 if it does not count.
    pub sign_count: u32,
    pub name: String,
}

impl std::fmt::Debug for NewPasskey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPasskey").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPasskey {
    pub id: PasskeyId,
    pub rp_id: String,
    pub user_handle: Vec<u8>,
    pub credential_id: Vec<u8>,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// What a passkey's signature is checked with, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPasskey {
    pub id: PasskeyId,
    pub user: UserId,
    pub rp_id: String,
    pub user_handle: Vec<u8>,
    pub public_key: Vec<u8>,
    pub user_name: String,
    pub user_email: String,
}

/// A passkey has signed; its counter was then at `sign_count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyUse {
    pub id: PasskeyId,
    pub sign_count: u32,
}

impl Store {
    /// Keeps a passkey.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the credential is known, [`StoreError::Changed`] when the user has
    /// [`PASSKEYS_OF_USER`] already.
    pub async fn passkey_add(
        &self,
        new: NewPasskey,
        at: Timestamp,
    ) -> Result<PasskeyId, StoreError> {
        self.write(move |tx| {
            let user = new.user.0;
            if tx.execute(PASSKEY_USER_LOCK, [user])? == 0 {
                return Err(StoreError::NotFound("user"));
            }
            let count: i64 = tx.one(PASSKEYS_COUNT, [user], |row| row.get(0))?;
            if count >= PASSKEYS_OF_USER {
                return Err(StoreError::Changed("passkeys"));
            }
            let NewPasskey { rp_id, user_handle, credential_id, public_key, name, .. } = &new;
            let count = i64::from(new.sign_count);
            let values = (user, rp_id, user_handle, credential_id, public_key, count, name, at.0);
            let id = tx.first(PASSKEY_INSERT, values, |row| row.get(0))?;
            let id = id.ok_or(StoreError::Exists("passkey"))?;
            tx.announce_made(id);
            Ok(PasskeyId(id))
        })
        .await
    }

    /// The passkeys of a user, the oldest first.
    pub async fn passkeys_of(&self, user: UserId) -> Result<Vec<ListedPasskey>, StoreError> {
        self.read(move |tx| {
            tx.all(PASSKEYS_OF, [user.0], |row| {
                Ok(ListedPasskey {
                    id: PasskeyId(row.get(0)?),
                    rp_id: row.get(1)?,
                    user_handle: row.get(2)?,
                    credential_id: row.get(3)?,
                    name: row.get(4)?,
                    created_at: Timestamp(row.get(5)?),
                    last_used_at: row.get::<Option<i64>>(6)?.map(Timestamp),
                })
            })
        })
        .await
    }

    /// The passkey with this credential id, unless its user is disabled.
    pub async fn passkey_find(
        &self,
        credential_id: Vec<u8>,
    ) -> Result<Option<KnownPasskey>, StoreError> {
        self.read(move |tx| {
            tx.first(PASSKEY_BY_CREDENTIAL, [&credential_id], |row| {
                Ok(KnownPasskey {
                    id: PasskeyId(row.get(0)?),
                    user: UserId(row.get(1)?),
                    rp_id: row.get(2)?,
                    user_handle: row.get(3)?,
                    public_key: row.get(4)?,
                    user_name: row.get(5)?,
                    user_email: row.get(6)?,
                })
            })
        })
        .await
    }

    /// Removes a passkey of a user.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the user has no such passkey.
    pub async fn passkey_remove(&self, id: PasskeyId, user: UserId) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(PASSKEY_REMOVE, (id.0, user.0))? {
            0 => Err(StoreError::NotFound("passkey")),
            _ => Ok(()),
        })
        .await
    }
}

/// Counts a signature; 0 when the counter does not go on, or the user has no such passkey any more.
pub(super) fn use_passkey(
    tx: &Tx<'_>,
    user: UserId,
    used: PasskeyUse,
    at: Timestamp,
) -> Result<usize, StoreError> {
    tx.execute(PASSKEY_USE, (used.id.0, user.0, i64::from(used.sign_count), at.0))
}
