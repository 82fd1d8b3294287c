//! How claimed messages ended, or that they are to be tried again.
//!
//! Invariants, as for deliveries: an outcome applies only to a message that is leased under the same
//! epoch, so the same outcome again changes nothing; what has ended stays ended, but a late outcome of
//! whoever lost the lease resolves the doubt until somebody else claims it. Nobody gets a second copy
//! of a message that may have been sent.

use model::{DeliveryState, MessageId, Timestamp};

use crate::counting::marks::{self, Mark};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::sending::messages::claims::SUPPRESSED;
use crate::sending::outcomes::{Outcome, OutcomeColumns, columns};
use crate::{Store, StoreError};

texts! {
    MESSAGE_SETTLE = "UPDATE messages SET state = $3, attempts = attempts + $4,
            next_attempt_at = coalesce($5, next_attempt_at), leased_until = NULL, holder = NULL,
            begun = 0, ended_at = $6, code = $7, reply = CASE WHEN email_key IS NULL THEN NULL
            ELSE CAST($8 AS TEXT) END,
            first_attempt_at = CASE WHEN attempts + $4 = 0 THEN NULL ELSE first_attempt_at END
        WHERE id = $1 AND epoch = $2 AND state = $9 AND ($9 = 1 OR holder IS NOT NULL)";
    /// Keeps what the last try has said.
    MESSAGE_RELEASE = "UPDATE messages SET state = 0, leased_until = NULL, holder = NULL, begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE id = $1 AND epoch = $2 AND state = 1";
}

/// The outcome of one claim of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledMessage {
    pub id: MessageId,
    /// The claim's epoch.
    pub epoch: i64,
    pub outcome: Outcome,
}

impl Store {
    /// Writes the outcomes of claims, together with how far the caller's journal has been settled.
    /// Returns how many applied.
    ///
    /// # Errors
    /// When the store fails; then none is stored and the mark stays.
    pub async fn messages_settle(
        &self,
        mut settled: Vec<SettledMessage>,
        at: Timestamp,
        mark: Option<Mark>,
    ) -> Result<usize, StoreError> {
        // The sort is stable, so the first outcome of a claim stands.
        settled.sort_by_key(|each| (each.id, each.epoch));
        settled.dedup_by_key(|each| (each.id, each.epoch));
        self.write(move |tx| {
            let mut applied = 0;
            for each in &settled {
                applied += usize::from(settle(tx, each, at)?);
            }
            if let Some(mark) = &mark {
                marks::put(tx, mark)?;
            }
            Ok(applied)
        })
        .await
    }
}

fn settle(tx: &Tx<'_>, settled: &SettledMessage, at: Timestamp) -> Result<bool, StoreError> {
    let SettledMessage { id, epoch, outcome } = settled;
    if matches!(outcome, Outcome::Released) {
        return Ok(tx.execute(MESSAGE_RELEASE, (id.0, *epoch))? > 0);
    }
    let outcome = match outcome {
        // There is no policy by which a message is sent twice.
        Outcome::Resend { .. } => &Outcome::InDoubt,
        outcome => outcome,
    };
    let OutcomeColumns { state, attempts, next_attempt_at, code, reply, .. } = columns(outcome);
    let (to, reply) = match state {
        // The message could not be made: for a single one, that is a failure.
        DeliveryState::Skipped => (DeliveryState::Failed, reply),
        DeliveryState::Suppressed => (state, Some(SUPPRESSED)),
        state => (state, reply),
    };
    let ended_at = (!to.is_open()).then_some(at.0);
    for from in [DeliveryState::Leased, DeliveryState::InDoubt, DeliveryState::Queued] {
        if from.apply(outcome.action()).is_err() {
            continue;
        }
        let values = (
            id.0,
            *epoch,
            to.code(),
            attempts,
            next_attempt_at,
            ended_at,
            code,
            reply,
            from.code(),
        );
        if tx.execute(MESSAGE_SETTLE, values)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
