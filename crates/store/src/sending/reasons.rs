//! Why deliveries failed, are waiting or were not made: texts of a campaign, each with a number,
//! and how many deliveries of each state have it.
//!
//! Invariants: a report reads a few rows however many deliveries were refused; the database itself
//! updates the counts (by a trigger on `deliveries`) in the transaction that changes a delivery's
//! state or reason, so no statement can forget to; a campaign has at most [`MAX_REASONS`] texts of
//! its own besides ours, and the rest count under one more. Code that writes a reply also writes the number of
//! its reason.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::{CampaignId, DeliveryState, refusal_text};

use crate::StoreError;
use crate::engine::error::{known, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    REASONS_OF = "SELECT number, code, text FROM campaign_reasons WHERE campaign_id = $1";
    REASON_INSERT = "INSERT INTO campaign_reasons (campaign_id, number, code, text)
        VALUES ($1, $2, $3, $4)";
    REASONS_COUNTED = "SELECT c.state, r.code, r.text, c.deliveries
        FROM reason_counts c
        JOIN campaign_reasons r ON r.campaign_id = c.campaign_id AND r.number = c.reason
        WHERE c.campaign_id = $1 AND c.deliveries > 0
        ORDER BY c.deliveries DESC, c.state, r.code, r.text";
    SUPPRESSED_UNTOLD = "SELECT reply FROM deliveries
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3
        AND state = 4 AND reason IS NULL AND reply IS NOT NULL GROUP BY reply ORDER BY reply";
    SUPPRESSED_TELL = "UPDATE deliveries SET reason = $5
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3
        AND state = 4 AND reason IS NULL AND reply = $4";
}

/// How many texts of its own a campaign may have.
const MAX_REASONS: i64 = 48;
/// The number and the text for everything beyond that.
const OTHERS: i64 = 0;
/// Counted by themselves however many texts there are: reports tell them apart.
const OWN: [&str; 3] = [LEFT, PAUSED, CAPPED];
const OTHER_REASONS: &str = "other reasons";

/// The reply of a delivery that was not made because its contact had left.
pub(crate) const LEFT: &str = "left before it was sent";
/// The reply of a delivery that was not made because its contact paused: a campaign is news, and late
/// news is noise.
pub const PAUSED: &str = "paused";
/// The reply of a delivery that was not made because its contact had had as many mails as the cap allows.
pub const CAPPED: &str = "capped";

/// Why deliveries are where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReason {
    /// Their state; queued ones were refused for the time being.
    pub state: DeliveryState,
    /// The relay's code, 0 for reasons of our own.
    pub code: u16,
    /// What the relay said, without addresses, hosts and ids; or our reason.
    pub reply: String,
    pub count: i64,
}

/// The numbers of a campaign's reasons, read once per transaction.
#[derive(Default)]
pub(crate) struct ReasonNumbers {
    known: Option<HashMap<(u16, String), i64>>,
}

impl ReasonNumbers {
    /// The number of a reason, assigned at its first use. If two transactions assign the same
    /// number at once, one is repeated.
    pub(crate) fn of(
        &mut self,
        tx: &Tx<'_>,
        campaign: CampaignId,
        code: u16,
        reply: &str,
    ) -> Result<i64, StoreError> {
        let known = match &mut self.known {
            Some(known) => known,
            none => none.insert(load(tx, campaign)?),
        };
        let reason = (code, refusal_text(code, reply));
        if let Some(number) = known.get(&reason) {
            return Ok(*number);
        }
        let taken: i64 = known.values().copied().max().unwrap_or(OTHERS);
        let is_ours = code == 0 && OWN.contains(&reply);
        let (number, reason) = match taken < MAX_REASONS || is_ours {
            true => (taken + 1, reason),
            false => (OTHERS, (0, OTHER_REASONS.to_owned())),
        };
        if let Entry::Vacant(new) = known.entry(reason) {
            let (code, text) = new.key();
            tx.execute(REASON_INSERT, (campaign.0, number, *code, text))?;
            new.insert(number);
        }
        Ok(number)
    }
}

fn load(tx: &Tx<'_>, campaign: CampaignId) -> Result<HashMap<(u16, String), i64>, StoreError> {
    let rows = tx.all(REASONS_OF, [campaign.0], |row| {
        let code: i64 = row.get(1)?;
        Ok(((narrow(code, "a reply code")?, row.get(2)?), row.get(0)?))
    })?;
    Ok(rows.into_iter().collect())
}

/// The reasons of a campaign's deliveries, the most frequent first.
pub(crate) fn counted(
    tx: &Tx<'_>,
    campaign: CampaignId,
) -> Result<Vec<DeliveryReason>, StoreError> {
    tx.all(REASONS_COUNTED, [campaign.0], |row| {
        Ok(DeliveryReason {
            state: known(DeliveryState::from_code(row.get(0)?), "delivery state")?,
            code: row.get(1)?,
            reply: row.get(2)?,
            count: row.get(3)?,
        })
    })
}

/// Sets the reasons of deliveries that were suppressed when they were created, of contacts after
/// `from` up to `to`.
pub(crate) fn tell_suppressed(
    tx: &Tx<'_>,
    campaign: CampaignId,
    from: i64,
    to: i64,
) -> Result<(), StoreError> {
    let mut numbers = ReasonNumbers::default();
    let replies: Vec<String> =
        tx.all(SUPPRESSED_UNTOLD, (campaign.0, from, to), |row| row.get(0))?;
    for reply in replies {
        let reason = numbers.of(tx, campaign, 0, &reply)?;
        tx.execute(SUPPRESSED_TELL, (campaign.0, from, to, &reply, reason))?;
    }
    Ok(())
}
