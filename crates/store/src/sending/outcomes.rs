//! Outcomes: how claimed deliveries ended, or that they are to be tried again.
//!
//! Invariants: an outcome applies only to a delivery that is leased under the same epoch, so the
//! same outcome again, or one from an earlier holder, changes nothing; what has ended stays ended.
//! One exception: a delivery whose lease expired keeps its epoch until somebody claims it, and
//! until then a late outcome from its holder resolves the doubt.

pub(crate) mod postgres;

use std::collections::HashSet;

use model::delivery::DeliveryAction;
use model::{CampaignId, ContactId, DeliveryState, InDoubtPolicy, Timestamp};

use crate::counting::marks::{self, Mark};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::reasons::{LEFT, ReasonNumbers};
use crate::{Store, StoreError};

texts! {
    DELIVERY_SETTLE = "UPDATE deliveries SET state = $4, attempts = attempts + $5,
            next_attempt_at = coalesce($6, next_attempt_at), leased_until = NULL, holder = NULL,
            begun = 0, ended_at = $7, code = $8, reply = $9, reason = $11
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = $10
        AND ($10 = 1 OR holder IS NOT NULL)";
    /// Keeps what the last try has said.
    DELIVERY_RELEASE = "UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1";
    DELIVERY_POSTPONE = "UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0, next_attempt_at = $4, code = $5, reply = $6, reason = $7,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1";
    DELIVERY_RESEND = "UPDATE deliveries SET attempts = attempts + 1, copies = copies + 1,
            state = CASE WHEN copies + 1 < $7 THEN 0 ELSE 6 END,
            next_attempt_at = $4, leased_until = NULL, holder = NULL, begun = 0, code = 0,
            ended_at = CASE WHEN copies + 1 < $7 THEN NULL ELSE CAST($5 AS BIGINT) END,
            reply = $6, reason = $8
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        RETURNING state";
}

/// A reply is truncated to this many bytes; RFC 5321 allows 512 per line.
const REPLY_BYTES: usize = 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Sent {
        reply: String,
    },
    /// Refused for good, or given up.
    Failed {
        /// The relay's reply code.
        code: u16,
        reply: String,
    },
    /// Refused temporarily; counts as a try.
    Retry {
        at: Timestamp,
        /// The relay's code, 0 when it gave none.
        code: u16,
        /// What the relay answered, or what went wrong.
        reply: String,
    },
    Suppressed,
    /// The message could not be made.
    Skipped {
        reason: String,
    },
    /// Untouched; counts as no try.
    Released,
    /// Refused for reasons that are not the recipient's, or unclear; counts as no try, and goes
    /// behind the others.
    Postponed {
        at: Timestamp,
        /// The relay's code, 0 when it gave none.
        code: u16,
        /// What the relay answered, or what went wrong.
        reply: String,
    },
    /// It is unknown whether the relay accepted it, and the campaign asks for another copy; counts
    /// as a try. In doubt once [`InDoubtPolicy::MOST_COPIES`] have been sent.
    Resend {
        /// When to send the next copy.
        at: Timestamp,
        reply: String,
    },
    /// A crash hid whether the relay took it.
    InDoubt,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub contact: ContactId,
    /// The claim's epoch; the outcome of a claim that has been superseded is ignored.
    pub epoch: i64,
    pub outcome: Outcome,
}

/// The columns that an outcome writes.
pub(super) struct OutcomeColumns<'o> {
    pub(super) state: DeliveryState,
    pub(super) attempts: i64,
    pub(super) next_attempt_at: Option<i64>,
    pub(super) code: Option<u16>,
    pub(super) reply: Option<&'o str>,
    /// The number of the reason; the reply to a sent message is not one.
    reason: Option<i64>,
}

/// An outcome, and what it writes.
struct Settling<'s> {
    settled: &'s Settled,
    columns: OutcomeColumns<'s>,
}

impl Store {
    /// Writes the outcomes of claims, together with how far the caller's journal has been settled.
    /// Returns how many applied; the others were settled before or belong to a newer claim.
    ///
    /// # Errors
    /// When the store fails; then none is stored and the mark stays.
    pub async fn deliveries_settle(
        &self,
        campaign: CampaignId,
        mut settled: Vec<Settled>,
        at: Timestamp,
        mark: Option<Mark>,
    ) -> Result<usize, StoreError> {
        // Neighbours share pages; the sort is stable, so the first outcome of a claim stands.
        settled.sort_by_key(|each| (each.contact, each.epoch));
        settled.dedup_by_key(|each| (each.contact, each.epoch));
        self.write(move |tx| {
            let (mut counts, mut ended, mut applied) = (DeliveryCounts::default(), 0, 0);
            let mut left = settlings(tx, campaign, &settled)?;
            for from in [DeliveryState::Leased, DeliveryState::InDoubt, DeliveryState::Queued] {
                left.retain(|each| from.apply(each.settled.outcome.action()).is_ok());
                let mut done = HashSet::new();
                for (contact, epoch, to) in settle(tx, campaign, &left, at, from)? {
                    counts.add(from, -1);
                    counts.add(to, 1);
                    ended += i64::from(from.is_open() && !to.is_open());
                    done.insert((contact, epoch));
                }
                applied += done.len();
                left.retain(|each| !done.contains(&(each.settled.contact, each.settled.epoch)));
            }
            deliveries::move_counts(tx, campaign, &counts)?;
            deliveries::add_ended(tx, campaign, at, ended)?;
            if let Some(mark) = &mark {
                marks::put(tx, mark)?;
            }
            Ok(applied)
        })
        .await
    }
}

fn settlings<'s>(
    tx: &Tx<'_>,
    campaign: CampaignId,
    settled: &'s [Settled],
) -> Result<Vec<Settling<'s>>, StoreError> {
    let mut numbers = ReasonNumbers::default();
    let one = |settled: &'s Settled| {
        let mut columns = columns(&settled.outcome);
        if let (Some(code), Some(reply)) = (columns.code, columns.reply) {
            columns.reason = Some(numbers.of(tx, campaign, code, reply)?);
        }
        Ok(Settling { settled, columns })
    };
    settled.iter().map(one).collect()
}

/// An outcome that applied: whose, of which claim, and the state it led to.
type Applied = (ContactId, i64, DeliveryState);

/// Writes the outcomes of deliveries in the state `from`: leased ones, or ones that lost their
/// lease.
fn settle(
    tx: &Tx<'_>,
    campaign: CampaignId,
    settled: &[Settling<'_>],
    at: Timestamp,
    from: DeliveryState,
) -> Result<Vec<Applied>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::settle(bulk, campaign, settled, at, from);
    }
    let mut settle = tx.prepare(DELIVERY_SETTLE)?;
    let mut release = tx.prepare(DELIVERY_RELEASE)?;
    let mut applied = Vec::with_capacity(settled.len());
    for Settling { settled: Settled { contact, epoch, outcome }, columns } in settled {
        if let Outcome::Resend { at: next, .. } = outcome {
            if let Some(state) = resend(tx, (campaign.0, contact.0, *epoch), columns, *next, at)? {
                applied.push((*contact, *epoch, state));
            }
            continue;
        }
        let changed = match outcome {
            Outcome::Released => release.execute((campaign.0, contact.0, *epoch))?,
            Outcome::Postponed { at, code, .. } => tx.execute(
                DELIVERY_POSTPONE,
                (campaign.0, contact.0, *epoch, at.0, *code, columns.reply, columns.reason),
            )?,
            _ => settle.execute((
                campaign.0,
                contact.0,
                *epoch,
                columns.state.code(),
                columns.attempts,
                columns.next_attempt_at,
                columns.end(at),
                columns.code,
                columns.reply,
                from.code(),
                columns.reason,
            ))?,
        };
        if changed > 0 {
            applied.push((*contact, *epoch, columns.state));
        }
    }
    Ok(applied)
}

/// The state to which another copy leads, if the claim is still open.
fn resend(
    tx: &Tx<'_>,
    (campaign, contact, epoch): (i64, i64, i64),
    columns: &OutcomeColumns<'_>,
    next: Timestamp,
    at: Timestamp,
) -> Result<Option<DeliveryState>, StoreError> {
    let most = InDoubtPolicy::MOST_COPIES;
    let OutcomeColumns { reply, reason, .. } = columns;
    let values = (campaign, contact, epoch, next.0, at.0, *reply, most, *reason);
    let state = tx.first(DELIVERY_RESEND, values, |row| row.get(0))?;
    state.map(|code| known(DeliveryState::from_code(code), "delivery state")).transpose()
}

impl Outcome {
    /// What it does to the delivery.
    pub(super) const fn action(&self) -> DeliveryAction {
        match self {
            Self::Sent { .. } => DeliveryAction::Accept,
            Self::Failed { .. } => DeliveryAction::Refuse,
            Self::Retry { .. } | Self::Released | Self::Postponed { .. } | Self::Resend { .. } => {
                DeliveryAction::Release
            }
            Self::Suppressed => DeliveryAction::Suppress,
            Self::Skipped { .. } => DeliveryAction::Skip,
            Self::InDoubt => DeliveryAction::Doubt,
        }
    }
}

impl OutcomeColumns<'_> {
    fn end(&self, at: Timestamp) -> Option<i64> {
        (!self.state.is_open()).then_some(at.0)
    }
}

pub(super) fn columns(outcome: &Outcome) -> OutcomeColumns<'_> {
    use DeliveryState as S;
    let of = |state, attempts, code, reply| OutcomeColumns {
        state,
        attempts,
        next_attempt_at: None,
        code,
        reply,
        reason: None,
    };
    match outcome {
        Outcome::Sent { reply } => of(S::Sent, 1, None, Some(cut(reply))),
        Outcome::Failed { code, reply } => of(S::Failed, 1, Some(*code), Some(cut(reply))),
        Outcome::Retry { at, code, reply } => OutcomeColumns {
            next_attempt_at: Some(at.0),
            ..of(S::Queued, 1, Some(*code), Some(cut(reply)))
        },
        Outcome::Resend { at, reply } => OutcomeColumns {
            next_attempt_at: Some(at.0),
            ..of(S::Queued, 1, Some(0), Some(cut(reply)))
        },
        Outcome::Postponed { at, code, reply } => OutcomeColumns {
            next_attempt_at: Some(at.0),
            ..of(S::Queued, 0, Some(*code), Some(cut(reply)))
        },
        Outcome::Suppressed => of(S::Suppressed, 0, Some(0), Some(LEFT)),
        Outcome::Skipped { reason } => of(S::Skipped, 0, Some(0), Some(cut(reason))),
        Outcome::Released => of(S::Queued, 0, None, None),
        Outcome::InDoubt => of(S::InDoubt, 1, Some(0), None),
    }
}

fn cut(reply: &str) -> &str {
    &reply[..reply.floor_char_boundary(REPLY_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reply_is_cut_between_characters() {
        assert_eq!(cut("250 ok"), "250 ok");
        let long = "é".repeat(REPLY_BYTES);
        assert_eq!(cut(&format!("x{long}")).len(), REPLY_BYTES - 1);
    }
}
