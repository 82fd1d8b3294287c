//! Removes what has ended: sessions, invitations, spent attempts, challenges, keys of requests.
//!
//! None of it is found any more when it has ended; this only keeps the tables small.

use std::time::Duration;

use model::Timestamp;

use crate::access::idempotency::KEYS_KEPT;
use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    SESSIONS_EXPIRE = "DELETE FROM sessions WHERE ends_at <= $1 OR seen_at <= $2";
    INVITATIONS_EXPIRE = "DELETE FROM invitations WHERE ends_at <= $1";
    ATTEMPTS_EXPIRE = "DELETE FROM sign_in_attempts WHERE spent_until <= $1";
    /// Beyond the most that are kept, those that are over first.
    ATTEMPTS_TRIM = "DELETE FROM sign_in_attempts WHERE bucket IN
        (SELECT bucket FROM sign_in_attempts ORDER BY spent_until DESC LIMIT 1000000 OFFSET $1)";
    CHALLENGES_EXPIRE = "DELETE FROM passkey_challenges WHERE ends_at <= $1";
    KEYS_EXPIRE = "DELETE FROM idempotency_keys WHERE at < $1";
}

/// Buckets of attempts that are kept at most.
const ATTEMPTS_KEPT: i64 = 100_000;

impl Store {
    /// Removes what has ended by `now`, and sessions that were not used for `idle`; how many rows.
    pub async fn access_expire(&self, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
        let mut removed = 0;
        for (sql, values) in [
            (SESSIONS_EXPIRE, vec![now.0, now.before(idle).0]),
            (INVITATIONS_EXPIRE, vec![now.0]),
            (ATTEMPTS_EXPIRE, vec![now.0]),
            (ATTEMPTS_TRIM, vec![ATTEMPTS_KEPT]),
            (CHALLENGES_EXPIRE, vec![now.0]),
            (KEYS_EXPIRE, vec![now.before(KEYS_KEPT).0]),
        ] {
            // One by one: nobody who signs in waits for all of them.
            let rows = self.write(move |tx| match values.as_slice() {
                [one, two] => tx.execute(sql, [*one, *two]),
                [one] => tx.execute(sql, [*one]),
                _ => Ok(0),
            });
            removed += u64::try_from(rows.await?).unwrap_or(u64::MAX);
        }
        Ok(removed)
    }
}
