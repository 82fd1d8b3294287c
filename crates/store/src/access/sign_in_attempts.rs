//! How often somebody may try to sign in.
//!
//! Invariant: taking from an allowance is one statement, so that attempts side by side, on any
//! node, can't exceed it. A bucket refills steadily: `spent_until` is when it will be full again.

use std::time::Duration;

use model::Timestamp;

use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    ATTEMPT_TAKE = "INSERT INTO sign_in_attempts (bucket, spent_until) VALUES ($1, $2)
        ON CONFLICT (bucket) DO UPDATE SET spent_until =
            CASE WHEN sign_in_attempts.spent_until > $3
                THEN sign_in_attempts.spent_until + $4 ELSE excluded.spent_until END
        WHERE sign_in_attempts.spent_until <= $5";
    ATTEMPT_FIND = "SELECT spent_until FROM sign_in_attempts WHERE bucket = $1";
    ATTEMPT_GIVE_BACK =
        "UPDATE sign_in_attempts SET spent_until = spent_until - $2 WHERE bucket = $1";
    ATTEMPTS_FORGET = "DELETE FROM sign_in_attempts WHERE bucket = $1";
}

/// How many attempts somebody has, and how fast they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// SHA-256 of whose it is.
    pub bucket: [u8; 32],
    /// Attempts in a full bucket.
    pub attempts: u32,
    /// Until the next one comes back.
    pub interval: Duration,
}

impl Allowance {
    /// The latest `spent_until` with which one more attempt is left.
    fn limit(&self, now: Timestamp) -> Timestamp {
        now.after(self.interval.saturating_mul(self.attempts.saturating_sub(1)))
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// Takes an attempt from each allowance; if one has none left, takes none at all and returns
    /// how long it takes until there is one.
    pub async fn sign_in_attempt(
        &self,
        allowances: Vec<Allowance>,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, StoreError> {
        let taken = self.write({
            let allowances = allowances.clone();
            move |tx| {
                for allowance in &allowances {
                    let (once, limit) = (now.after(allowance.interval).0, allowance.limit(now).0);
                    let values = (allowance.bucket, once, now.0, allowance.micros(), limit);
                    if tx.execute(ATTEMPT_TAKE, values)? == 0 {
                        return Err(StoreError::NotFound("attempt"));
                    }
                }
                Ok(())
            }
        });
        match taken.await {
            Ok(()) => return Ok(Ok(())),
            Err(StoreError::NotFound("attempt")) => {}
            Err(error) => return Err(error),
        }
        self.read(move |tx| {
            let mut wait = 0;
            for allowance in &allowances {
                let spent = tx.first(ATTEMPT_FIND, [allowance.bucket], |row| row.get::<i64>(0))?;
                wait = wait.max(spent.unwrap_or(0).saturating_sub(allowance.limit(now).0));
            }
            Ok(Err(Duration::from_micros(u64::try_from(wait).unwrap_or(0))))
        })
        .await
    }

    /// After a sign-in: the bucket `full` has all its attempts again, the others get theirs back.
    pub async fn sign_in_succeeded(
        &self,
        full: [u8; 32],
        others: Vec<Allowance>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.execute(ATTEMPTS_FORGET, [full])?;
            for other in &others {
                tx.execute(ATTEMPT_GIVE_BACK, (other.bucket, other.micros()))?;
            }
            Ok(())
        })
        .await
    }
}
