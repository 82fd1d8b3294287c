//! Users: who they are, and what is needed to recognise them. What changes them is in
//! `user_changes`.

use model::{EmailAddress, Role, Timestamp, TopicId, UserId};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    USERS_LIST = "SELECT id, email, name, role, password_hash IS NOT NULL,
            totp_secret IS NOT NULL, created_at, disabled_at,
            (SELECT count(*) FROM passkeys p WHERE p.user_id = users.id)
        FROM users ORDER BY id LIMIT 1000";
    USERS_TOPICS =
        "SELECT user_id, topic_id FROM user_topics ORDER BY user_id, topic_id LIMIT 100000";
    USER_FIND = "SELECT id, email, name, role, password_hash IS NOT NULL,
            totp_secret IS NOT NULL, created_at, disabled_at,
            (SELECT count(*) FROM passkeys p WHERE p.user_id = users.id)
        FROM users WHERE id = $1";
    USER_BY_EMAIL = "SELECT id, email, name, role, password_hash IS NOT NULL,
            totp_secret IS NOT NULL, created_at, disabled_at,
            (SELECT count(*) FROM passkeys p WHERE p.user_id = users.id)
        FROM users WHERE lower(email) = $1";
    USER_TOPICS = "SELECT topic_id FROM user_topics WHERE user_id = $1 ORDER BY topic_id";
    USER_SECRETS = "SELECT password_hash, totp_secret, totp_step FROM users WHERE id = $1";
    OWNERS_COUNT = "SELECT count(*) FROM users WHERE role = 'owner' AND disabled_at IS NULL
        AND password_hash IS NOT NULL";
}

/// Somebody who works on the admin side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// The only topics that they are trusted with; empty for all.
    pub topics: Vec<TopicId>,
    /// False while an invitation waits for them.
    pub has_password: bool,
    pub has_second_factor: bool,
    /// How many.
    pub passkeys: i64,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// What a user is recognised by.
#[derive(Clone, PartialEq, Eq)]
pub struct UserSecrets {
    /// A PHC string.
    pub password_hash: Option<String>,
    pub totp_secret: Option<Vec<u8>>,
    /// The step of the last code that was accepted.
    pub totp_step: i64,
}

impl std::fmt::Debug for UserSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserSecrets").finish_non_exhaustive()
    }
}

impl Store {
    /// Every user in the order in which they were added, at most 1,000.
    pub async fn users_list(&self) -> Result<Vec<User>, StoreError> {
        self.read(|tx| {
            let mut users = tx.all(USERS_LIST, (), user)?;
            let topics = tx.all(USERS_TOPICS, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
            for (owner, topic) in topics {
                let of = users.iter_mut().find(|user| user.id == UserId(owner));
                if let Some(user) = of {
                    user.topics.push(TopicId(topic));
                }
            }
            Ok(users)
        })
        .await
    }

    pub async fn user_find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |tx| find(tx, id)).await
    }

    /// The user with this address, whatever its case.
    pub async fn user_by_email(&self, email: EmailAddress) -> Result<Option<User>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(USER_BY_EMAIL, [email.key()], user)?;
            found.map(|user| with_topics(tx, user)).transpose()
        })
        .await
    }

    pub async fn user_secrets(&self, id: UserId) -> Result<Option<UserSecrets>, StoreError> {
        self.read(move |tx| {
            tx.first(USER_SECRETS, [id.0], |row| {
                Ok(UserSecrets {
                    password_hash: row.get(0)?,
                    totp_secret: row.get(1)?,
                    totp_step: row.get(2)?,
                })
            })
        })
        .await
    }

    /// How many owners can sign in.
    pub async fn owners_count(&self) -> Result<i64, StoreError> {
        self.read(|tx| tx.one(OWNERS_COUNT, (), |row| row.get(0))).await
    }
}

pub(super) fn find(tx: &Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    let found = tx.first(USER_FIND, [id.0], user)?;
    found.map(|user| with_topics(tx, user)).transpose()
}

pub(super) fn topics_of(tx: &Tx<'_>, id: UserId) -> Result<Vec<TopicId>, StoreError> {
    tx.all(USER_TOPICS, [id.0], |row| Ok(TopicId(row.get(0)?)))
}

fn with_topics(tx: &Tx<'_>, user: User) -> Result<User, StoreError> {
    Ok(User { topics: topics_of(tx, user.id)?, ..user })
}

fn user(row: &SqlRow<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        role: known(Role::from_word(row.text(3)?), "role")?,
        topics: Vec::new(),
        has_password: row.get(4)?,
        has_second_factor: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        disabled_at: row.get::<Option<i64>>(7)?.map(Timestamp),
        passkeys: row.get(8)?,
    })
}
