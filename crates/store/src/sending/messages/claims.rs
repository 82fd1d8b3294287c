//! Which messages a mailer may work on.
//!
//! Invariants, as for deliveries: a message is claimed only from `queued` and by one caller; every
//! claim increases its epoch; none is handed out to an address that must not be mailed at that moment,
//! and none that was forgotten. Who has only unsubscribed still gets what they ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{EmailAddress, MessageFormId, MessageId, Timestamp};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::contacts::{address, attributes_from};
use crate::sending::claims::{FIRST_TRY, RETRIES_SHARE};
use crate::{Store, StoreError};

texts! {
    MESSAGES_TURN_AWAY = "UPDATE messages SET state = 4, ended_at = $4, code = 0, reply = $5
        WHERE state = 0 AND id IN (SELECT id FROM messages WHERE state = 0
            AND next_attempt_at > $1 AND next_attempt_at <= $2
            ORDER BY next_attempt_at, id LIMIT $3)
        AND (email_key IS NULL OR EXISTS (SELECT 1 FROM suppressions x
            WHERE x.email_key = messages.email_key AND x.reason <> 'unsubscribed'))";
    /// Asked twice: of two nodes that look at the same moment, the second one finds them taken.
    MESSAGES_CLAIM = "UPDATE messages SET state = 1, epoch = epoch + 1, holder = $4,
            leased_until = $5, first_attempt_at = coalesce(first_attempt_at, $6), begun = $7
        WHERE state = 0 AND id IN (SELECT id FROM messages WHERE state = 0
            AND next_attempt_at > $1 AND next_attempt_at <= $2
            ORDER BY next_attempt_at, id LIMIT $3)
        AND email_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM suppressions x
            WHERE x.email_key = messages.email_key AND x.reason <> 'unsubscribed')
        RETURNING id, form_id, email, attributes, epoch, attempts, first_attempt_at, code";
    /// Of a store that was put back, a message may have been sent since: nobody gets a second copy.
    MESSAGES_HOLD = "UPDATE messages SET state = 6, leased_until = NULL, begun = 0, ended_at = $1,
            code = 0, reply = NULL
        WHERE state IN (0, 1)";
    MESSAGE_EPOCH = "SELECT epoch FROM messages WHERE id = $1";
    MESSAGE_NEXT_DUE = "SELECT next_attempt_at FROM messages WHERE state = 0
        ORDER BY next_attempt_at, id LIMIT 1";
    MESSAGE_LAST_DUE = "SELECT next_attempt_at FROM messages WHERE state = 0
        ORDER BY next_attempt_at DESC, id DESC LIMIT 1";
    MESSAGE_UNREADABLE = "UPDATE messages SET state = 3, ended_at = $2, leased_until = NULL,
            holder = NULL, begun = 0, code = 0, reply = $3
        WHERE id = $1 AND state = 1";
    MESSAGE_MAILABLE = "SELECT 1 FROM messages m WHERE m.id = $1 AND m.email_key IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM suppressions x
            WHERE x.email_key = m.email_key AND x.reason <> 'unsubscribed')";
    MESSAGE_BEGIN = "UPDATE messages SET begun = 1, leased_until = $4
        WHERE id = $1 AND epoch = $2 AND state = 1 AND holder = $3 AND leased_until > $5
        AND email_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM suppressions x
            WHERE x.email_key = messages.email_key AND x.reason <> 'unsubscribed')";
}

/// The reply of a message that was not sent because its address must not be mailed.
pub(crate) const SUPPRESSED: &str = "the address must not be mailed";

/// A message that the caller may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    pub id: MessageId,
    pub form: MessageFormId,
    pub email: EmailAddress,
    pub attributes: BTreeMap<String, String>,
    /// To be given back with the outcome.
    pub epoch: i64,
    /// Tries before this one.
    pub attempts: i64,
    /// When it was first claimed: the date of the message, the same for every try.
    pub first_attempt_at: Timestamp,
    /// The relay's code at the last refusal, 0 when it gave none; None if it was never refused.
    pub last_code: Option<u16>,
}

struct MessageClaim {
    holder: u16,
    now: Timestamp,
    leased_until: Timestamp,
}

impl Store {
    /// Leases up to `limit` due messages to the node `holder`: in the order in which they were
    /// accepted, and among them up to a quarter of those that are due for a retry. Those that must
    /// not be sent any more become suppressed on the way. Nobody waits longer than `longest_wait` for
    /// a retry, whatever the clock was when it was written.
    ///
    /// # Errors
    /// When the store fails; then nothing is leased.
    pub async fn messages_claim(
        &self,
        holder: u16,
        limit: usize,
        now: Timestamp,
        lease: Duration,
        longest_wait: Duration,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.write(move |tx| {
            let claim = MessageClaim { holder, now, leased_until: tx.clock(now)?.after(lease) };
            let (first, retries) = ((Timestamp(-1), FIRST_TRY), (FIRST_TRY, now));
            let mut claimed = Vec::new();
            for (due, most) in [
                (retries, limit.div_ceil(RETRIES_SHARE)),
                (first, limit),
                (retries, limit),
                ((now.after(longest_wait), Timestamp(i64::MAX)), limit),
            ] {
                let wanted = most.saturating_sub(claimed.len());
                if wanted > 0 {
                    claim.take(tx, due, wanted, &mut claimed)?;
                }
            }
            Ok(claimed)
        })
        .await
    }

    /// Whether there is something that [`Self::messages_claim`] would take.
    pub async fn messages_any_due(
        &self,
        now: Timestamp,
        longest_wait: Duration,
    ) -> Result<bool, StoreError> {
        self.read(move |tx| {
            let next = tx.first(MESSAGE_NEXT_DUE, (), |row| row.get::<i64>(0))?;
            let last = tx.first(MESSAGE_LAST_DUE, (), |row| row.get::<i64>(0))?;
            let late = now.after(longest_wait).0;
            Ok(next.is_some_and(|at| at <= now.0) || last.is_some_and(|at| at > late))
        })
        .await
    }

    /// How many of these claims, which a mailer's journal knows, the store has never made. If there are
    /// any, it is older than that journal.
    pub async fn message_claims_never_made(
        &self,
        claims: Vec<(MessageId, i64)>,
    ) -> Result<usize, StoreError> {
        self.read(move |tx| {
            let mut find = tx.prepare(MESSAGE_EPOCH)?;
            let mut missing = 0;
            for (message, epoch) in &claims {
                let found: Option<i64> = find.first([message.0], |row| row.get(0))?;
                missing += usize::from(found.is_none_or(|found| found < *epoch));
            }
            Ok(missing)
        })
        .await
    }

    /// Which of these must not be sent any more, just before they are.
    ///
    /// # Errors
    /// When the store fails; then none of them may be sent.
    pub async fn messages_recheck(
        &self,
        messages: Vec<MessageId>,
    ) -> Result<Vec<MessageId>, StoreError> {
        self.read(move |tx| {
            let mut mailable = tx.prepare(MESSAGE_MAILABLE)?;
            let mut removed = Vec::new();
            for message in &messages {
                if !mailable.exists([message.0])? {
                    removed.push(*message);
                }
            }
            Ok(removed)
        })
        .await
    }

    /// Records that the final dot of these messages (with their epochs) may be sent from now on, and
    /// extends their leases. Returns those for which that succeeded; the others must not be sent.
    ///
    /// # Errors
    /// When the store fails; then none may be sent.
    pub async fn messages_begin(
        &self,
        holder: u16,
        messages: Vec<(MessageId, i64)>,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<MessageId>, StoreError> {
        self.write(move |tx| {
            let now = tx.clock(now)?;
            let mut begin = tx.prepare(MESSAGE_BEGIN)?;
            let mut begun = Vec::with_capacity(messages.len());
            for (message, epoch) in &messages {
                let values = (message.0, *epoch, holder, now.after(lease).0, now.0);
                if begin.execute(values)? > 0 {
                    begun.push(*message);
                }
            }
            Ok(begun)
        })
        .await
    }
}

impl MessageClaim {
    /// Takes what is due after the first and until the second time, at most `wanted`.
    fn take(
        &self,
        tx: &Tx<'_>,
        (after, until): (Timestamp, Timestamp),
        wanted: usize,
        claimed: &mut Vec<ClaimedMessage>,
    ) -> Result<(), StoreError> {
        let limit = count(wanted)?;
        let turned = (after.0, until.0, limit, self.now.0, SUPPRESSED);
        // Each round takes its rows out of the queue, so the rounds end.
        while count(tx.execute(MESSAGES_TURN_AWAY, turned)?)? == limit {}
        // Where nodes share the store, they say when they begin.
        let begun = tx.bulk().is_none();
        let values = (after.0, until.0, limit, self.holder, self.leased_until.0, self.now.0, begun);
        let mut taken = tx.all(MESSAGES_CLAIM, values, due)?;
        taken.sort_by_key(|it| it.0);
        for (id, read) in taken {
            match read {
                Ok(message) => claimed.push(message),
                // One row that makes no sense must not stop the others.
                Err(why) => {
                    tx.execute(MESSAGE_UNREADABLE, (id.0, self.now.0, why))?;
                }
            }
        }
        Ok(())
    }
}

/// A claimed row, or why it can't be read.
type ClaimedRow = (MessageId, Result<ClaimedMessage, String>);

fn due(row: &SqlRow<'_>) -> Result<ClaimedRow, StoreError> {
    let id = MessageId(row.get(0)?);
    let read = address(row.text(2)?).and_then(|it| Ok((it, attributes_from(row.text(3)?)?)));
    let (email, attributes) = match read {
        Ok(read) => read,
        Err(StoreError::Corrupt(why)) => return Ok((id, Err(why))),
        Err(error) => return Err(error),
    };
    let message = ClaimedMessage {
        id,
        form: MessageFormId(row.get(1)?),
        email,
        attributes,
        epoch: row.get(4)?,
        attempts: row.get(5)?,
        first_attempt_at: Timestamp(row.get(6)?),
        last_code: row.get(7)?,
    };
    Ok((id, Ok(message)))
}

#[cfg(test)]
mod tests {
    use model::DeliveryState as S;

    #[test]
    fn the_numbers_in_the_texts_are_those_of_the_states() {
        let codes = [S::Queued, S::Leased, S::Failed, S::Suppressed, S::InDoubt].map(S::code);
        assert_eq!(codes, [0, 1, 3, 4, 6]);
    }
}
