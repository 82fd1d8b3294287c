//! Removes people from messages some time after those have ended; an erasure does at once.
//!
//! Invariant: what remains of a message is its announcement, its times, its state and the relay's code.

use model::Timestamp;

use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    MESSAGES_FORGET = "UPDATE messages SET email = NULL, email_key = NULL, attributes = NULL,
            contact_id = NULL, reply = NULL
        WHERE id IN (SELECT id FROM messages WHERE email_key IS NOT NULL AND ended_at IS NOT NULL
            AND ended_at < $1 ORDER BY ended_at LIMIT $2)";
    /// The inbox keeps few.
    COPIES_FORGET = "DELETE FROM test_messages WHERE message_id IS NOT NULL AND EXISTS
        (SELECT 1 FROM messages m WHERE m.id = test_messages.message_id AND m.email_key IS NULL)";
}

/// Messages that one transaction forgets.
const AT_ONCE: i64 = 1_000;

impl Store {
    /// Forgets whom messages that ended before `before` were for, at most 1,000. Returns how many.
    pub async fn messages_forget(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.write(move |tx| {
            let forgotten = tx.execute(MESSAGES_FORGET, (before.0, AT_ONCE))?;
            if forgotten > 0 {
                tx.execute(COPIES_FORGET, ())?;
            }
            Ok(forgotten)
        })
        .await
    }
}
