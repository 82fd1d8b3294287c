//! What changes users: adding, inviting, roles, topics, passwords, second factors, disabling.
//!
//! Invariants: a change names what it changes from, and is refused when that is no longer so;
//! somebody who can sign in as an owner is always left; whoever's rights change gets another session
//! token with the next request; whoever is disabled has no session, whoever's password changes no
//! other one.

use model::{EmailAddress, Role, SessionId, Timestamp, TopicId, UserId};

use crate::access::passkeys::PASSKEYS_REMOVE;
use crate::access::sessions::SESSIONS_END_OTHERS;
use crate::access::users::{find, topics_of};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    USER_INSERT = "INSERT INTO users (email, name, role, password_hash, totp_step, created_at)
        VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT DO NOTHING RETURNING id";
    USER_TOPIC_INSERT = "INSERT INTO user_topics (user_id, topic_id) VALUES ($1, $2)";
    USER_TOPICS_REMOVE = "DELETE FROM user_topics WHERE user_id = $1";
    /// Of two that each remove one of the last two owners, one waits for the other.
    OWNERS_LOCK = "UPDATE users SET role = role WHERE role = 'owner'";
    USER_ROLE_SET = "UPDATE users SET role = $2 WHERE id = $1 AND role = $3";
    USER_DISABLE = "UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    USER_ENABLE = "UPDATE users SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL";
    USER_LOCK = "UPDATE users SET role = role WHERE id = $1";
    /// Besides this one.
    OWNER_LEFT = "SELECT 1 FROM users WHERE role = 'owner' AND disabled_at IS NULL
        AND password_hash IS NOT NULL AND id <> $1 LIMIT 1";
    USER_PASSWORD_SET = "UPDATE users SET password_hash = $2 WHERE id = $1";
    USER_PASSWORD_REHASH =
        "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3";
    USER_TOTP_SET = "UPDATE users SET totp_secret = $2, totp_step = $3 WHERE id = $1";
    USER_TOTP_REMOVE = "UPDATE users SET totp_secret = NULL, totp_step = 0 WHERE id = $1";
    RECOVERY_CODES_REMOVE = "DELETE FROM recovery_codes WHERE user_id = $1";
    RECOVERY_CODE_INSERT = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)";
    RECOVERY_CODES_LEFT =
        "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    SESSIONS_ROTATE = "UPDATE sessions SET must_rotate = 1 WHERE user_id = $1";
    INVITATION_PUT = "INSERT INTO invitations (user_id, token_hash, created_at, ends_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash,
            created_at = excluded.created_at, ends_at = excluded.ends_at";
    INVITATION_USER = "SELECT i.user_id FROM invitations i JOIN users u ON u.id = i.user_id
        WHERE i.token_hash = $1 AND i.ends_at > $2 AND u.disabled_at IS NULL";
    INVITATION_TAKE = "DELETE FROM invitations WHERE token_hash = $1 AND ends_at > $2
        RETURNING user_id";
    INVITATION_REMOVE = "DELETE FROM invitations WHERE user_id = $1";
}

/// No session has this id.
const NO_SESSION: i64 = 0;

/// A user to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub email: EmailAddress,
    pub name: String,
    pub role: Role,
    /// Empty for all.
    pub topics: Vec<TopicId>,
    pub how: FirstPassword,
}

/// How a new user gets a password.
#[derive(Clone, PartialEq, Eq)]
pub enum FirstPassword {
    /// The PHC string of one that was chosen already.
    Hash(String),
    /// By a link.
    Invitation(NewInvitation),
}

/// A link by which a user chooses a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NewInvitation {
    /// SHA-256.
    pub token_hash: [u8; 32],
    pub ends_at: Timestamp,
}

impl std::fmt::Debug for FirstPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hash(_) => "Hash",
            Self::Invitation(_) => "Invitation",
        })
    }
}

impl Store {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one with this address.
    pub async fn user_add(&self, new: NewUser, at: Timestamp) -> Result<UserId, StoreError> {
        self.write(move |tx| add(tx, &new, at)).await
    }

    /// Gives a user another role.
    pub async fn user_role_set(&self, id: UserId, from: Role, to: Role) -> Result<(), StoreError> {
        self.write(move |tx| {
            keep_an_owner(tx, id, to != Role::Owner)?;
            if tx.execute(USER_ROLE_SET, (id.0, to.as_str(), from.as_str()))? == 0 {
                return Err(not_as_expected(tx, id)?);
            }
            tx.execute(SESSIONS_ROTATE, [id.0]).map(drop)
        })
        .await
    }

    /// Narrows a user to these topics; none stands for all.
    pub async fn user_topics_set(
        &self,
        id: UserId,
        from: Vec<TopicId>,
        to: Vec<TopicId>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(USER_LOCK, [id.0])? == 0 {
                return Err(StoreError::NotFound("user"));
            }
            if topics_of(tx, id)? != from {
                return Err(StoreError::Changed("user"));
            }
            tx.execute(USER_TOPICS_REMOVE, [id.0])?;
            insert_topics(tx, id, &to)?;
            tx.execute(SESSIONS_ROTATE, [id.0]).map(drop)
        })
        .await
    }

    /// Keeps a user out: ends all sessions and withdraws an invitation. Their tokens do not work
    /// any more either, until they are enabled again.
    pub async fn user_disable(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            keep_an_owner(tx, id, true)?;
            if tx.execute(USER_DISABLE, (id.0, at.0))? == 0 {
                return Err(not_as_expected(tx, id)?);
            }
            tx.execute(SESSIONS_END_OTHERS, (id.0, NO_SESSION))?;
            tx.execute(INVITATION_REMOVE, [id.0]).map(drop)
        })
        .await
    }

    pub async fn user_enable(&self, id: UserId) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(USER_ENABLE, [id.0])? {
            0 => Err(not_as_expected(tx, id)?),
            _ => Ok(()),
        })
        .await
    }

    /// Sets a password by its PHC string, ends every session but `keep`, which gets another token,
    /// and withdraws an invitation.
    pub async fn user_password_set(
        &self,
        id: UserId,
        hash: String,
        keep: Option<SessionId>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| set_password(tx, id, &hash, keep)).await
    }

    /// Stores the same password in another form; false when it was changed in the meantime.
    pub async fn user_password_rehash(
        &self,
        id: UserId,
        from: String,
        to: String,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(USER_PASSWORD_REHASH, (id.0, &to, &from))? > 0)).await
    }

    /// Stores a second factor whose first code, of `step`, was right, with the SHA-256 of its
    /// recovery codes, in place of any other. Ends every session but `keep`.
    pub async fn second_factor_set(
        &self,
        id: UserId,
        secret: Vec<u8>,
        step: i64,
        codes: Vec<[u8; 32]>,
        keep: Option<SessionId>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(USER_TOTP_SET, (id.0, &secret, step))? == 0 {
                return Err(StoreError::NotFound("user"));
            }
            put_codes(tx, id, &codes)?;
            end_others(tx, id, keep)
        })
        .await
    }

    /// Removes the app of a second factor with its recovery codes, and ends all sessions.
    pub async fn second_factor_remove(&self, id: UserId) -> Result<(), StoreError> {
        self.write(move |tx| remove_second_factor(tx, id)).await
    }

    /// The same for somebody who has lost everything: removes the passkeys as well.
    pub async fn second_factor_reset(&self, id: UserId) -> Result<(), StoreError> {
        self.write(move |tx| {
            remove_second_factor(tx, id)?;
            tx.execute(PASSKEYS_REMOVE, [id.0]).map(drop)
        })
        .await
    }

    /// Stores new recovery codes (SHA-256 of each) in place of the old ones.
    pub async fn recovery_codes_set(
        &self,
        id: UserId,
        codes: Vec<[u8; 32]>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| put_codes(tx, id, &codes)).await
    }

    /// How many recovery codes were not used yet.
    pub async fn recovery_codes_left(&self, id: UserId) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(RECOVERY_CODES_LEFT, [id.0], |row| row.get(0))).await
    }

    /// Invites a user, or lets one who has forgotten it choose another password; an older link ends.
    pub async fn user_invite(
        &self,
        id: UserId,
        invitation: NewInvitation,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let user = find(tx, id)?.ok_or(StoreError::NotFound("user"))?;
            if user.disabled_at.is_some() {
                return Err(StoreError::Changed("user"));
            }
            invite(tx, id, &invitation, at)
        })
        .await
    }

    /// Whose invitation this is, if it is still good.
    pub async fn invitation_find(
        &self,
        token_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        self.read(move |tx| {
            tx.first(INVITATION_USER, (token_hash, now.0), |row| Ok(UserId(row.get(0)?)))
        })
        .await
    }

    /// Sets the password of who was invited; the link works once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was used, has ended or never existed.
    pub async fn invitation_accept(
        &self,
        token_hash: [u8; 32],
        password_hash: String,
        now: Timestamp,
    ) -> Result<UserId, StoreError> {
        self.write(move |tx| {
            let id = tx.first(INVITATION_TAKE, (token_hash, now.0), |row| row.get(0))?;
            let id = UserId(id.ok_or(StoreError::NotFound("invitation"))?);
            set_password(tx, id, &password_hash, None)?;
            Ok(id)
        })
        .await
    }
}

pub(super) fn add(tx: &Tx<'_>, new: &NewUser, at: Timestamp) -> Result<UserId, StoreError> {
    let hash = match &new.how {
        FirstPassword::Hash(hash) => Some(hash),
        FirstPassword::Invitation(_) => None,
    };
    let values = (new.email.to_string(), &new.name, new.role.as_str(), hash, at.0);
    let id = tx.first(USER_INSERT, values, |row| row.get(0))?;
    let id = UserId(id.ok_or(StoreError::Exists("user"))?);
    insert_topics(tx, id, &new.topics)?;
    if let FirstPassword::Invitation(invitation) = &new.how {
        invite(tx, id, invitation, at)?;
    }
    tx.announce_made(id.0);
    Ok(id)
}

fn insert_topics(tx: &Tx<'_>, id: UserId, topics: &[TopicId]) -> Result<(), StoreError> {
    for topic in topics {
        tx.execute(USER_TOPIC_INSERT, (id.0, topic.0))?;
    }
    Ok(())
}

fn invite(
    tx: &Tx<'_>,
    id: UserId,
    invitation: &NewInvitation,
    at: Timestamp,
) -> Result<(), StoreError> {
    let values = (id.0, invitation.token_hash, at.0, invitation.ends_at.0);
    tx.execute(INVITATION_PUT, values).map(drop)
}

fn set_password(
    tx: &Tx<'_>,
    id: UserId,
    hash: &str,
    keep: Option<SessionId>,
) -> Result<(), StoreError> {
    if tx.execute(USER_PASSWORD_SET, (id.0, hash))? == 0 {
        return Err(StoreError::NotFound("user"));
    }
    tx.execute(INVITATION_REMOVE, [id.0])?;
    end_others(tx, id, keep)
}

fn end_others(tx: &Tx<'_>, id: UserId, keep: Option<SessionId>) -> Result<(), StoreError> {
    tx.execute(SESSIONS_END_OTHERS, (id.0, keep.map_or(NO_SESSION, |it| it.0)))?;
    tx.execute(SESSIONS_ROTATE, [id.0]).map(drop)
}

fn remove_second_factor(tx: &Tx<'_>, id: UserId) -> Result<(), StoreError> {
    if tx.execute(USER_TOTP_REMOVE, [id.0])? == 0 {
        return Err(StoreError::NotFound("user"));
    }
    tx.execute(RECOVERY_CODES_REMOVE, [id.0])?;
    end_others(tx, id, None)
}

fn put_codes(tx: &Tx<'_>, id: UserId, codes: &[[u8; 32]]) -> Result<(), StoreError> {
    tx.execute(RECOVERY_CODES_REMOVE, [id.0])?;
    for code in codes {
        tx.execute(RECOVERY_CODE_INSERT, (id.0, *code))?;
    }
    Ok(())
}

/// Refuses to take the last owner's place away. One who can't sign in is none.
fn keep_an_owner(tx: &Tx<'_>, id: UserId, loses: bool) -> Result<(), StoreError> {
    tx.execute(OWNERS_LOCK, ())?;
    let user = find(tx, id)?.ok_or(StoreError::NotFound("user"))?;
    let is_owner = user.role == Role::Owner && user.disabled_at.is_none() && user.has_password;
    if loses && is_owner && tx.first(OWNER_LEFT, [id.0], |_| Ok(()))?.is_none() {
        return Err(StoreError::LastOwner);
    }
    Ok(())
}

fn not_as_expected(tx: &Tx<'_>, id: UserId) -> Result<StoreError, StoreError> {
    Ok(match find(tx, id)? {
        Some(_) => StoreError::Changed("user"),
        None => StoreError::NotFound("user"),
    })
}
