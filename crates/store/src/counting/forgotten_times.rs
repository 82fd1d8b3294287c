//! Forgets when the hits of engagements were, as long ago as events are removed.
//!
//! Invariants: what was seen in a hit stays and is counted as before; each campaign is walked once a
//! day at most, a bounded number of contacts at a time, and on after a restart where it stopped.

use model::{CampaignId, ContactId, Timestamp};

use crate::StoreError;
use crate::counting::engagements::Engagements;
use crate::counting::rollup_deltas::Deltas;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    /// A campaign with hits before that hour whose times are not forgotten yet.
    FORGOTTEN_NEXT = "SELECT k.id, f.until_hour, f.after_contact FROM campaigns k
        LEFT JOIN forgotten_times f ON f.campaign_id = k.id
        WHERE f.after_contact < $2 OR EXISTS (SELECT 1 FROM campaign_hours h
            WHERE h.campaign_id = k.id AND h.hour >= coalesce(f.until_hour, 0) AND h.hour < $1)
        ORDER BY k.id LIMIT 1";
    FORGOTTEN_CONTACTS = "SELECT contact_id FROM engagements
        WHERE campaign_id = $1 AND contact_id > $2 AND hits IS NOT NULL
        ORDER BY contact_id LIMIT $3";
    FORGOTTEN_PUT = "INSERT INTO forgotten_times (campaign_id, until_hour, after_contact)
        VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id) DO UPDATE
        SET until_hour = excluded.until_hour, after_contact = excluded.after_contact";
}

/// All contacts of a campaign are done.
const DONE: i64 = i64::MAX;
/// Hours of a day: the day is what a campaign is walked for.
const DAY: i64 = 24;

/// Forgets the times of hits from before the day of `before` for at most `most` contacts of one
/// campaign. Whether there may be more.
pub(crate) fn forget(
    tx: &Tx<'_>,
    before: Timestamp,
    most: i64,
    shard: u16,
) -> Result<bool, StoreError> {
    let until = before.hour().div_euclid(DAY) * DAY;
    let next = tx.first(FORGOTTEN_NEXT, (until, DONE), |row| {
        let (hour, contact): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
        Ok((CampaignId(row.get(0)?), hour, contact))
    })?;
    let Some((campaign, hour, contact)) = next else { return Ok(false) };
    // A walk that was begun for another day begins again.
    let after = contact.filter(|_| hour == Some(until)).unwrap_or_default();
    let contacts = tx.all(FORGOTTEN_CONTACTS, (campaign.0, after, most), |row| row.get(0))?;
    let last = match contacts.last() {
        Some(last) if i64::try_from(contacts.len()).is_ok_and(|found| found >= most) => *last,
        _ => DONE,
    };
    let keys = contacts.into_iter().map(|contact| (campaign, ContactId(contact))).collect();
    let mut deltas = Deltas::default();
    let before = Timestamp(until.saturating_mul(Timestamp::HOUR));
    Engagements::load(tx, keys)?.forget_times(tx, before, &mut deltas)?;
    deltas.write(tx, shard)?;
    tx.execute(FORGOTTEN_PUT, (campaign.0, until, last))?;
    Ok(true)
}
