//! What authenticators have been asked to sign.
//!
//! Invariants: a challenge is good for one answer, right or wrong, until it ends, on every node. There is
//! a bounded number of them; the oldest make room, because a flood that had to push out all others within
//! the seconds in which somebody answers needs far more networks than one that fills a table once. Only
//! their hashes are kept.

use model::{SessionId, Timestamp};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    CHALLENGES_END = "DELETE FROM passkey_challenges WHERE ends_at <= $1";
    CHALLENGE_INSERT = "INSERT INTO passkey_challenges
            (challenge_hash, purpose, session_id, user_handle, ends_at)
        VALUES ($1, $2, $3, $4, $5)";
    CHALLENGES_TRIM = "DELETE FROM passkey_challenges WHERE challenge_hash IN
        (SELECT challenge_hash FROM passkey_challenges ORDER BY ends_at DESC, challenge_hash
            LIMIT 1000 OFFSET $1)";
    CHALLENGE_TAKE = "DELETE FROM passkey_challenges WHERE challenge_hash = $1
        RETURNING purpose, session_id, user_handle, ends_at";
}

/// What a signature is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengePurpose {
    /// A new passkey of somebody who is signed in.
    Add,
    /// Signing in with nothing else.
    SignIn,
    /// After a password.
    SecondFactor,
    /// Somebody who is signed in proves it again.
    Confirm,
}

impl ChallengePurpose {
    const ALL: [Self; 4] = [Self::Add, Self::SignIn, Self::SecondFactor, Self::Confirm];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::Confirm => "confirm",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A challenge to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChallenge {
    /// SHA-256.
    pub hash: [u8; 32],
    pub purpose: ChallengePurpose,
    /// The session that it is given to; None before anybody has signed in.
    pub session: Option<SessionId>,
    /// What a new passkey is to call its user; empty otherwise.
    pub user_handle: Vec<u8>,
    pub ends_at: Timestamp,
}

/// A challenge that was answered, in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenChallenge {
    pub purpose: ChallengePurpose,
    pub session: Option<SessionId>,
    pub user_handle: Vec<u8>,
}

impl Store {
    /// Keeps a challenge, and at most `most` of all.
    pub async fn passkey_challenge_put(
        &self,
        new: NewChallenge,
        now: Timestamp,
        most: i64,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.execute(CHALLENGES_END, [now.0])?;
            let NewChallenge { hash, purpose, session, user_handle, ends_at } = &new;
            let session = session.map(|it| it.0);
            let values = (*hash, purpose.as_str(), session, user_handle, ends_at.0);
            tx.execute(CHALLENGE_INSERT, values)?;
            tx.execute(CHALLENGES_TRIM, [most]).map(drop)
        })
        .await
    }

    /// Takes a challenge that was answered: it can't be answered again. None when it was, has ended, or
    /// never existed.
    pub async fn passkey_challenge_take(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<TakenChallenge>, StoreError> {
        self.write(move |tx| {
            let taken = tx.first(CHALLENGE_TAKE, [hash], |row| {
                let purpose = known(ChallengePurpose::from_word(row.text(0)?), "purpose")?;
                let session = row.get::<Option<i64>>(1)?.map(SessionId);
                let challenge = TakenChallenge { purpose, session, user_handle: row.get(2)? };
                Ok((challenge, row.get::<i64>(3)?))
            })?;
            Ok(taken.filter(|(_, ends_at)| now.0 < *ends_at).map(|(challenge, _)| challenge))
        })
        .await
    }
}
