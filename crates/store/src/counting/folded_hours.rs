//! Folds old hours of campaigns to days (UTC), and the shards of recorders to one.
//!
//! Invariants: a campaign's views and clicks add up to what they did before; a bounded number of days is
//! folded at a time, and on after a restart where it stopped. A day's hits stand in its first hour.

use std::collections::BTreeMap;

use model::{CampaignId, Timestamp};

use crate::counting::retention::Expired;
use crate::counting::rollups::HOUR_ADD;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    /// A campaign with hours before that one which are not folded yet, and its first of them.
    FOLD_NEXT = "SELECT k.id, (SELECT min(h.hour) FROM campaign_hours h
            WHERE h.campaign_id = k.id AND h.hour >= coalesce(f.until_hour, 0))
        FROM campaigns k LEFT JOIN folded_hours f ON f.campaign_id = k.id
        WHERE EXISTS (SELECT 1 FROM campaign_hours h
            WHERE h.campaign_id = k.id AND h.hour >= coalesce(f.until_hour, 0) AND h.hour < $1)
        ORDER BY k.id LIMIT 1";
    HOURS_TAKE = "DELETE FROM campaign_hours
        WHERE campaign_id = $1 AND hour >= $2 AND hour < $3
        RETURNING hour, views, clicks";
    FOLDED_PUT = "INSERT INTO folded_hours (campaign_id, until_hour) VALUES ($1, $2)
        ON CONFLICT (campaign_id) DO UPDATE SET until_hour = excluded.until_hour";
    FOLDED_UNTIL = "SELECT until_hour FROM folded_hours WHERE campaign_id = $1";
}

/// Hours of a day.
const DAY: i64 = 24;
/// Days of one campaign that one call folds.
const AT_ONCE: i64 = 30;
/// Where folded hours are counted.
const SHARD: u16 = 0;

impl Store {
    /// Folds some of the hours of days that were over before `before`.
    ///
    /// # Errors
    /// When the store can't do it; what was folded by earlier calls stays folded.
    pub async fn hours_fold(&self, before: Timestamp) -> Result<Expired, StoreError> {
        self.write(move |tx| fold(tx, before)).await
    }
}

/// Until when the campaign's hours are kept by days; nothing when none are.
pub(crate) fn until(tx: &Tx<'_>, id: CampaignId) -> Result<Option<Timestamp>, StoreError> {
    let until = tx.first(FOLDED_UNTIL, [id.0], |row| row.get::<i64>(0))?;
    Ok(until.map(|hour| Timestamp(hour.saturating_mul(Timestamp::HOUR))))
}

fn day_of(hour: i64) -> i64 {
    hour.div_euclid(DAY) * DAY
}

fn fold(tx: &Tx<'_>, before: Timestamp) -> Result<Expired, StoreError> {
    let until = day_of(before.hour());
    let next = tx.first(FOLD_NEXT, [until], |row| {
        Ok((CampaignId(row.get(0)?), row.get::<Option<i64>>(1)?))
    })?;
    let Some((campaign, first)) = next else { return Ok(Expired::NOTHING) };
    let from = day_of(first.unwrap_or_default());
    let to = until.min(from + AT_ONCE * DAY);
    let mut days: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let taken = tx.all(HOURS_TAKE, (campaign.0, from, to), |row| {
        let (views, clicks) = days.entry(day_of(row.get(0)?)).or_default();
        *views += row.get::<i64>(1)?;
        *clicks += row.get::<i64>(2)?;
        Ok(())
    })?;
    for (day, (views, clicks)) in &days {
        tx.execute(HOUR_ADD, (campaign.0, *day, SHARD, *views, *clicks))?;
    }
    tx.execute(FOLDED_PUT, (campaign.0, to))?;
    Ok(Expired { removed: taken.len().saturating_sub(days.len()) as u64, more: true })
}
