//! Sessions: browsers in which users are signed in, or are about to be.
//!
//! Invariants: a session is found only while it has not ended, by time or otherwise, and its user is
//! enabled; role and topics are those of this moment. Signing in makes a new session and removes
//! what stood before it, in the transaction that uses up the code. After a rotation the token before
//! works for a moment longer, for requests that are under way.

use std::time::Duration;

use model::{Role, SessionId, Timestamp, TopicId, UserId};

use crate::access::passkeys::{PasskeyUse, use_passkey};
use crate::access::users::topics_of;
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    SESSION_INSERT = "INSERT INTO sessions (token_hash, previous_hash, previous_until, user_id,
            signed_in, must_rotate, created_at, seen_at, ends_at, agent, network, confirmed_at)
        VALUES ($1, NULL, 0, $2, $3, 0, $4, $4, $5, $6, $7, $4) RETURNING id";
    SESSION_FIND = "SELECT s.id, s.user_id, s.signed_in, s.must_rotate, s.seen_at, s.ends_at,
            u.role, u.name, s.network
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.ends_at > $2 AND s.seen_at > $3 AND u.disabled_at IS NULL";
    SESSION_BY_PREVIOUS = "SELECT s.id, s.user_id, s.signed_in, 0, s.seen_at, s.ends_at,
            u.role, u.name, s.network
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.previous_hash = $1 AND s.previous_until > $2 AND s.ends_at > $2
            AND s.seen_at > $3 AND u.disabled_at IS NULL";
    SESSION_SEEN = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    SESSION_ROTATE = "UPDATE sessions SET previous_hash = token_hash, previous_until = $3,
            token_hash = $2, must_rotate = 0
        WHERE token_hash = $1";
    SESSIONS_OF = "SELECT id, created_at, seen_at, ends_at, agent, network FROM sessions
        WHERE user_id = $1 AND signed_in = 1 AND ends_at > $2 AND seen_at > $3
        ORDER BY seen_at DESC, id DESC LIMIT 100";
    SESSION_END = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    SESSION_END_TOKEN = "DELETE FROM sessions WHERE token_hash = $1 OR previous_hash = $1";
    SESSIONS_END = "DELETE FROM sessions WHERE user_id = $1";
    SESSIONS_END_OTHERS = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
    /// All but the newest.
    SESSIONS_TRIM = "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN
        (SELECT id FROM sessions WHERE user_id = $1 ORDER BY seen_at DESC, id DESC LIMIT $2)";
    SESSION_TAKE = "DELETE FROM sessions WHERE token_hash = $1 AND signed_in = 0
        AND ends_at > $2 RETURNING user_id, network";
    TOTP_STEP_USE = "UPDATE users SET totp_step = $2, totp_secret = $4
        WHERE id = $1 AND totp_step < $2 AND totp_secret = $3";
    RECOVERY_CODE_USE = "UPDATE recovery_codes SET used_at = $3
        WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
    SESSION_CONFIRM = "UPDATE sessions SET confirmed_at = $2
        WHERE id = $1 AND signed_in = 1 AND confirmed_at < $2";
    SESSION_CONFIRMED = "SELECT 1 FROM sessions
        WHERE id = $1 AND signed_in = 1 AND confirmed_at > $2";
    SESSION_FROM_NETWORK = "SELECT 1 FROM sessions
        WHERE user_id = $1 AND network = $2 AND signed_in = 1 LIMIT 1";
}

/// Sessions of one user; the one that was unused for the longest time ends for another.
const SESSIONS_OF_USER: i64 = 50;

/// A session to be begun.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256.
    pub token_hash: [u8; 32],
    pub user: UserId,
    /// False while the second factor is missing.
    pub signed_in: bool,
    pub at: Timestamp,
    /// However often it is used.
    pub ends_at: Timestamp,
    /// The browser, as it calls itself.
    pub agent: String,
    /// The network it comes from, not the whole address.
    pub network: String,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A session that is good now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub signed_in: bool,
    /// Whether the browser must get another token with this answer.
    pub must_rotate: bool,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub role: Role,
    pub user_name: String,
    /// Empty for all.
    pub topics: Vec<TopicId>,
    pub network: String,
}

/// What a user sees of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub agent: String,
    pub network: String,
}

/// What proves the second factor.
#[derive(Clone, PartialEq, Eq)]
pub enum FactorProof {
    /// A code of this step that was right for the secret that is kept as `kept`; it is kept as `fresh`
    /// from now on.
    TotpStep { kept: Vec<u8>, fresh: Vec<u8>, step: i64 },
    /// SHA-256 of a recovery code.
    RecoveryCode([u8; 32]),
    /// A passkey of the user has signed.
    Passkey(PasskeyUse),
}

impl Store {
    /// Begins a session. What the browser had before (`replaces`, SHA-256 of its token) ends.
    pub async fn session_begin(
        &self,
        new: NewSession,
        replaces: Option<[u8; 32]>,
    ) -> Result<SessionId, StoreError> {
        self.write(move |tx| begin_in_place(tx, &new, replaces)).await
    }

    /// Begins a session for a passkey that has signed, as [`Store::session_begin`] does. None, and
    /// nothing changed, when its counter does not go on or it was removed.
    pub async fn session_begin_by_passkey(
        &self,
        new: NewSession,
        used: PasskeyUse,
        replaces: Option<[u8; 32]>,
    ) -> Result<Option<SessionId>, StoreError> {
        let done = self.write(move |tx| match use_passkey(tx, new.user, used, new.at)? {
            0 => Err(StoreError::NotFound("passkey")),
            _ => begin_in_place(tx, &new, replaces),
        });
        match done.await {
            Ok(id) => Ok(Some(id)),
            Err(StoreError::NotFound("passkey")) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes that who has this session has proved again who they are.
    pub async fn session_confirm(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(SESSION_CONFIRM, (id.0, at.0)).map(drop)).await
    }

    /// The same by a passkey that has signed; false, and nothing changed, when its counter does not
    /// go on or it was removed.
    pub async fn session_confirm_by_passkey(
        &self,
        id: SessionId,
        user: UserId,
        used: PasskeyUse,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let is_used = use_passkey(tx, user, used, at)? > 0;
            if is_used {
                tx.execute(SESSION_CONFIRM, (id.0, at.0))?;
            }
            Ok(is_used)
        })
        .await
    }

    /// Whether who has this session has proved who they are after `since`.
    pub async fn session_confirmed(
        &self,
        id: SessionId,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |tx| Ok(tx.first(SESSION_CONFIRMED, (id.0, since.0), |_| Ok(()))?.is_some()))
            .await
    }

    /// Completes a sign-in: uses the proof up and begins a session in place of the one, `pending`
    /// (SHA-256 of its token), that waited for it. None, and nothing changed, when the proof was
    /// used before or the other session has ended.
    pub async fn session_complete(
        &self,
        pending: [u8; 32],
        proof: FactorProof,
        new: NewSession,
    ) -> Result<Option<SessionId>, StoreError> {
        let done = self.write(move |tx| {
            let user = tx.first(SESSION_TAKE, (pending, new.at.0), |row| row.get(0))?;
            if user != Some(new.user.0) {
                return Err(StoreError::NotFound("session"));
            }
            let used = match &proof {
                FactorProof::TotpStep { kept, fresh, step } => {
                    tx.execute(TOTP_STEP_USE, (new.user.0, *step, kept, fresh))?
                }
                FactorProof::RecoveryCode(hash) => {
                    tx.execute(RECOVERY_CODE_USE, (new.user.0, *hash, new.at.0))?
                }
                FactorProof::Passkey(used) => use_passkey(tx, new.user, *used, new.at)?,
            };
            match used {
                // Also rolls back that the waiting session was taken: another try is possible.
                0 => Err(StoreError::NotFound("session")),
                _ => begin(tx, &new),
            }
        });
        match done.await {
            Ok(id) => Ok(Some(id)),
            Err(StoreError::NotFound("session")) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The session of this token, unless it has not been used for `idle`, has ended, or its user is
    /// disabled.
    pub async fn session_find(
        &self,
        token_hash: [u8; 32],
        now: Timestamp,
        idle: Duration,
    ) -> Result<Option<Session>, StoreError> {
        self.read(move |tx| {
            let values = (token_hash, now.0, now.before(idle).0);
            let mut found = tx.first(SESSION_FIND, values, session)?;
            if found.is_none() {
                found = tx.first(SESSION_BY_PREVIOUS, values, session)?;
            }
            let Some(mut session) = found else { return Ok(None) };
            session.topics = topics_of(tx, session.user)?;
            Ok(Some(session))
        })
        .await
    }

    /// Notes that the session was used.
    pub async fn session_seen(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(SESSION_SEEN, (id.0, at.0)).map(drop)).await
    }

    /// Gives the session another token; the one before works until `until`. False when somebody
    /// else has done so, or it has ended.
    pub async fn session_rotate(
        &self,
        from: [u8; 32],
        to: [u8; 32],
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(SESSION_ROTATE, (from, to, until.0))? > 0)).await
    }

    /// The sessions of a user, the last used first, at most 100.
    pub async fn sessions_of(
        &self,
        user: UserId,
        now: Timestamp,
        idle: Duration,
    ) -> Result<Vec<ListedSession>, StoreError> {
        self.read(move |tx| {
            tx.all(SESSIONS_OF, (user.0, now.0, now.before(idle).0), |row| {
                Ok(ListedSession {
                    id: SessionId(row.get(0)?),
                    created_at: Timestamp(row.get(1)?),
                    seen_at: Timestamp(row.get(2)?),
                    ends_at: Timestamp(row.get(3)?),
                    agent: row.get(4)?,
                    network: row.get(5)?,
                })
            })
        })
        .await
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the user has no such session.
    pub async fn session_end(&self, id: SessionId, user: UserId) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(SESSION_END, (id.0, user.0))? {
            0 => Err(StoreError::NotFound("session")),
            _ => Ok(()),
        })
        .await
    }

    /// Signs out: ends the session of this token, if there is one.
    pub async fn session_end_token(&self, token_hash: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(SESSION_END_TOKEN, [token_hash]).map(drop)).await
    }

    /// Ends every session of a user; how many.
    pub async fn sessions_end(&self, user: UserId) -> Result<u64, StoreError> {
        self.write(move |tx| {
            let ended = tx.execute(SESSIONS_END, [user.0])?;
            Ok(u64::try_from(ended).unwrap_or(u64::MAX))
        })
        .await
    }

    /// Ends every session of a user but `keep`; how many.
    pub async fn sessions_end_others(
        &self,
        user: UserId,
        keep: SessionId,
    ) -> Result<u64, StoreError> {
        self.write(move |tx| {
            let ended = tx.execute(SESSIONS_END_OTHERS, (user.0, keep.0))?;
            Ok(u64::try_from(ended).unwrap_or(u64::MAX))
        })
        .await
    }

    /// Whether the user has signed in from this network lately.
    pub async fn user_knows_network(
        &self,
        user: UserId,
        network: String,
    ) -> Result<bool, StoreError> {
        self.read(move |tx| {
            Ok(tx.first(SESSION_FROM_NETWORK, (user.0, &network), |_| Ok(()))?.is_some())
        })
        .await
    }
}

fn begin_in_place(
    tx: &crate::engine::tx::Tx<'_>,
    new: &NewSession,
    replaces: Option<[u8; 32]>,
) -> Result<SessionId, StoreError> {
    if let Some(before) = replaces {
        tx.execute(SESSION_END_TOKEN, [before])?;
    }
    begin(tx, new)
}

fn begin(tx: &crate::engine::tx::Tx<'_>, new: &NewSession) -> Result<SessionId, StoreError> {
    let NewSession { token_hash, user, signed_in, at, ends_at, agent, network } = new;
    let values = (*token_hash, user.0, *signed_in, at.0, ends_at.0, agent, network);
    let id = tx.one(SESSION_INSERT, values, |row| row.get(0))?;
    tx.execute(SESSIONS_TRIM, (user.0, SESSIONS_OF_USER))?;
    Ok(SessionId(id))
}

fn session(row: &SqlRow<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId(row.get(0)?),
        user: UserId(row.get(1)?),
        signed_in: row.get(2)?,
        must_rotate: row.get(3)?,
        seen_at: Timestamp(row.get(4)?),
        ends_at: Timestamp(row.get(5)?),
        role: known(Role::from_word(row.text(6)?), "role")?,
        user_name: row.get(7)?,
        topics: Vec::new(),
        network: row.get(8)?,
    })
}
