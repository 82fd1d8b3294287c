//! API tokens: secrets by which programs act, and what each may do.
//!
//! Invariants: a token is found only while it is neither revoked nor ended and its owner is
//! enabled; it carries the owner's role and topics of this moment, beyond which it never reaches.

use model::{ApiTokenId, Right, Role, Timestamp, TopicId, UserId};

use crate::access::users::topics_of;
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    API_TOKEN_INSERT = "INSERT INTO api_tokens
            (name, prefix, token_hash, live, scopes, owner, created_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    API_TOKEN_TOPIC_INSERT = "INSERT INTO api_token_topics (token_id, topic_id) VALUES ($1, $2)";
    API_TOKEN_TOPICS = "SELECT topic_id FROM api_token_topics WHERE token_id = $1 ORDER BY topic_id";
    API_TOKEN_BY_HASH = "SELECT t.id, t.name, t.prefix, t.live, t.scopes, t.owner, t.created_at,
            t.ends_at, t.last_used_at, t.revoked_at, u.role
        FROM api_tokens t LEFT JOIN users u ON u.id = t.owner
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > $2)
            AND (t.owner IS NULL OR u.disabled_at IS NULL)";
    API_TOKEN_FIND = "SELECT t.id, t.name, t.prefix, t.live, t.scopes, t.owner, t.created_at,
            t.ends_at, t.last_used_at, t.revoked_at, u.role
        FROM api_tokens t LEFT JOIN users u ON u.id = t.owner WHERE t.id = $1";
    API_TOKENS_LIST = "SELECT t.id, t.name, t.prefix, t.live, t.scopes, t.owner, t.created_at,
            t.ends_at, t.last_used_at, t.revoked_at, u.role
        FROM api_tokens t LEFT JOIN users u ON u.id = t.owner ORDER BY t.id DESC LIMIT 1000";
    API_TOKEN_SEEN = "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1
        AND (last_used_at IS NULL OR last_used_at < $2)";
    API_TOKEN_REVOKE =
        "UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
}

/// A token to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApiToken {
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// SHA-256.
    pub token_hash: [u8; 32],
    /// Whether what it sends reaches a relay.
    pub live: bool,
    pub scopes: Vec<Right>,
    /// Empty: those of its owner.
    pub topics: Vec<TopicId>,
    pub owner: Option<UserId>,
    pub ends_at: Option<Timestamp>,
}

impl std::fmt::Debug for NewApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApiToken").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is known of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub name: String,
    pub prefix: String,
    pub live: bool,
    pub scopes: Vec<Right>,
    /// Empty: those of its owner.
    pub topics: Vec<TopicId>,
    pub owner: Option<ApiTokenOwner>,
    pub created_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// The user who has made a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenOwner {
    pub id: UserId,
    pub role: Role,
    /// Empty for all.
    pub topics: Vec<TopicId>,
}

impl Store {
    pub async fn api_token_add(
        &self,
        new: NewApiToken,
        at: Timestamp,
    ) -> Result<ApiTokenId, StoreError> {
        self.write(move |tx| {
            let NewApiToken { name, prefix, token_hash, live, scopes, owner, ends_at, .. } = &new;
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            let (owner, ends_at) = (owner.map(|it| it.0), ends_at.map(|it| it.0));
            let values = (name, prefix, *token_hash, *live, scopes.join(" "), owner, at.0, ends_at);
            let id = tx.one(API_TOKEN_INSERT, values, |row| row.get::<i64>(0))?;
            for topic in &new.topics {
                tx.execute(API_TOKEN_TOPIC_INSERT, (id, topic.0))?;
            }
            tx.announce_made(id);
            Ok(ApiTokenId(id))
        })
        .await
    }

    /// The token with this SHA-256, if it is good now.
    pub async fn api_token_by_hash(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<ApiToken>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(API_TOKEN_BY_HASH, (hash, now.0), api_token)?;
            found.map(|token| with_topics(tx, token)).transpose()
        })
        .await
    }

    /// The token with this id, good or not.
    pub async fn api_token_find(&self, id: ApiTokenId) -> Result<Option<ApiToken>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(API_TOKEN_FIND, [id.0], api_token)?;
            found.map(|token| with_topics(tx, token)).transpose()
        })
        .await
    }

    /// The newest tokens first, good or not, at most 1,000.
    pub async fn api_tokens_list(&self) -> Result<Vec<ApiToken>, StoreError> {
        self.read(|tx| {
            let found = tx.all(API_TOKENS_LIST, (), api_token)?;
            found.into_iter().map(|token| with_topics(tx, token)).collect()
        })
        .await
    }

    /// Notes that the token was used.
    pub async fn api_token_seen(&self, id: ApiTokenId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(API_TOKEN_SEEN, (id.0, at.0)).map(drop)).await
    }

    /// Ends a token for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Changed`] when it was revoked
    /// before.
    pub async fn api_token_revoke(&self, id: ApiTokenId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(API_TOKEN_REVOKE, (id.0, at.0))? > 0 {
                return Ok(());
            }
            match tx.first(API_TOKEN_FIND, [id.0], api_token)? {
                Some(_) => Err(StoreError::Changed("token")),
                None => Err(StoreError::NotFound("token")),
            }
        })
        .await
    }
}

fn with_topics(tx: &Tx<'_>, mut token: ApiToken) -> Result<ApiToken, StoreError> {
    token.topics = tx.all(API_TOKEN_TOPICS, [token.id.0], |row| Ok(TopicId(row.get(0)?)))?;
    if let Some(owner) = &mut token.owner {
        owner.topics = topics_of(tx, owner.id)?;
    }
    Ok(token)
}

fn api_token(row: &SqlRow<'_>) -> Result<ApiToken, StoreError> {
    let time = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp));
    let owner = row.get::<Option<i64>>(5)?.map(|id| {
        let role = known(Role::from_word(row.text(10)?), "role")?;
        Ok::<_, StoreError>(ApiTokenOwner { id: UserId(id), role, topics: Vec::new() })
    });
    Ok(ApiToken {
        id: ApiTokenId(row.get(0)?),
        name: row.get(1)?,
        prefix: row.get(2)?,
        live: row.get(3)?,
        // A newer release may know more rights; this one can't grant them.
        scopes: row.text(4)?.split(' ').filter_map(Right::from_word).collect(),
        topics: Vec::new(),
        owner: owner.transpose()?,
        created_at: Timestamp(row.get(6)?),
        ends_at: time(7)?,
        last_used_at: time(8)?,
        revoked_at: time(9)?,
    })
}
