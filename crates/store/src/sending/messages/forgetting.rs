//! Removes people from messages: on erasure at once, otherwise some time after the message has ended.
//!
//! Invariant: what remains of a message is its announcement, its times, its state and the relay's code.

use model::Timestamp;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    /// One that is queued is never sent; one that is being sent just now ends as it ends.
    MESSAGES_ERASE = "UPDATE messages SET email = NULL, email_key = NULL, attributes = NULL,
            contact_id = NULL, reply = NULL,
            ended_at = CASE WHEN state = 0 THEN CAST($3 AS BIGINT) ELSE ended_at END,
            state = CASE WHEN state = 0 THEN 4 ELSE state END
        WHERE email_key = $1 OR contact_id = $2";
    MESSAGES_FORGET = "UPDATE messages SET email = NULL, email_key = NULL, attributes = NULL,
            contact_id = NULL, reply = NULL
        WHERE id IN (SELECT id FROM messages WHERE email_key IS NOT NULL AND ended_at IS NOT NULL
            AND ended_at < $1 ORDER BY ended_at LIMIT $2)";
}

/// Messages that one transaction forgets.
const AT_ONCE: i64 = 1_000;

impl Store {
    /// Forgets whom messages that ended before `before` were for, at most 1,000. Returns how many.
    pub async fn messages_forget(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(move |tx| tx.execute(MESSAGES_FORGET, (before.0, AT_ONCE))).await
    }
}

/// Forgets everything about this person. Returns in how many messages.
pub(crate) fn erase(
    tx: &Tx<'_>,
    email_key: &str,
    contact: i64,
    at: Timestamp,
) -> Result<usize, StoreError> {
    tx.execute(MESSAGES_ERASE, (email_key, contact, at.0))
}
