//! What happens to leased messages whose node is lost; called where the leases of deliveries end.

use model::Timestamp;

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    /// Not begun: they go back to the queue. The holder stays recorded, and until somebody claims one,
    /// it may still bring the relay's answer.
    MESSAGES_EXPIRED_RELEASE = "UPDATE messages SET state = 0, leased_until = NULL,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1 AND leased_until <= $1 AND begun = 0";
    MESSAGES_EXPIRED_DOUBT = "UPDATE messages SET state = 6, leased_until = NULL, begun = 0,
            attempts = attempts + 1, ended_at = $2, code = 0, reply = NULL
        WHERE state = 1 AND leased_until <= $1 AND begun = 1";
    MESSAGES_LOST_DOUBT = "UPDATE messages SET state = 6, leased_until = NULL, begun = 0,
            attempts = attempts + 1, ended_at = $3, code = 0, reply = NULL
        WHERE state = 1 AND begun = 1 AND (holder IS NULL OR holder <> $1)
        AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.number = messages.holder AND n.seen_at > $2)";
    MESSAGES_LOST_RELEASE = "UPDATE messages SET state = 0, leased_until = NULL,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1 AND begun = 0 AND (holder IS NULL OR holder <> $1)
        AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.number = messages.holder AND n.seen_at > $2)";
    MESSAGES_OWN_DOUBT = "UPDATE messages SET state = 6, leased_until = NULL, begun = 0,
            attempts = attempts + 1, ended_at = $2, code = 0, reply = NULL
        WHERE state = 1 AND holder = $1 AND begun = 1";
    MESSAGES_OWN_RELEASE = "UPDATE messages SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1 AND holder = $1";
}

/// Messages whose leases were ended.
#[derive(Clone, Copy, Default)]
pub(in crate::sending) struct EndedMessages {
    pub(in crate::sending) queued: i64,
    pub(in crate::sending) in_doubt: i64,
}

/// Ends leases that ran out before `now`.
pub(in crate::sending) fn expire(tx: &Tx<'_>, now: Timestamp) -> Result<EndedMessages, StoreError> {
    let in_doubt = rows(tx.execute(MESSAGES_EXPIRED_DOUBT, (now.0, now.0))?);
    let queued = rows(tx.execute(MESSAGES_EXPIRED_RELEASE, [now.0])?);
    Ok(EndedMessages { queued, in_doubt })
}

/// Ends leases of nodes but `own` that were not seen since `seen`.
pub(in crate::sending) fn end_of_lost_nodes(
    tx: &Tx<'_>,
    own: u16,
    (seen, now): (Timestamp, Timestamp),
) -> Result<EndedMessages, StoreError> {
    let in_doubt = rows(tx.execute(MESSAGES_LOST_DOUBT, (own, seen.0, now.0))?);
    let queued = rows(tx.execute(MESSAGES_LOST_RELEASE, (own, seen.0))?);
    Ok(EndedMessages { queued, in_doubt })
}

/// Ends every lease of the node; with an incomplete journal what it had begun is in doubt.
pub(in crate::sending) fn take_back(
    tx: &Tx<'_>,
    holder: u16,
    is_whole: bool,
    now: Timestamp,
) -> Result<EndedMessages, StoreError> {
    let mut ended = EndedMessages::default();
    if !is_whole {
        ended.in_doubt = rows(tx.execute(MESSAGES_OWN_DOUBT, (holder, now.0))?);
    }
    ended.queued = rows(tx.execute(MESSAGES_OWN_RELEASE, [holder])?);
    Ok(ended)
}

fn rows(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
