//! How long it is kept what each contact did with a campaign.
//!
//! Invariants: counts stay, so every figure of every report does; that somebody unsubscribed by a message stays, so
//! that nobody leaves twice. A campaign is marked first, and what is kept of it goes when everybody who may have
//! been recording without knowing that has ended. Hits of a marked campaign are counted, and no contact is: who had
//! been counted before is not known any more. A bounded number of contacts goes at a time, and on after a restart
//! where it stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{CampaignId, Timestamp};

use crate::counting::retention::Expired;
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    ENGAGEMENTS_MARK = "INSERT INTO expired_engagements (campaign_id, expired_at, after_contact)
        SELECT k.id, $2, CAST($3 AS BIGINT) FROM campaigns k
        WHERE k.state = 'finished' AND k.finished_at < $1
            AND NOT EXISTS (SELECT 1 FROM expired_engagements x WHERE x.campaign_id = k.id)
        ORDER BY k.id LIMIT $4
        ON CONFLICT (campaign_id) DO NOTHING";
    /// Changes nothing, but keeps other nodes from the same row.
    ENGAGEMENTS_TAKE = "UPDATE expired_engagements SET after_contact = after_contact
        WHERE campaign_id = (SELECT min(campaign_id) FROM expired_engagements
            WHERE after_contact < $1 AND expired_at < $2)
        RETURNING campaign_id, after_contact";
    ENGAGEMENTS_AHEAD = "SELECT contact_id FROM engagements
        WHERE campaign_id = $1 AND contact_id > $2 ORDER BY contact_id LIMIT $3";
    ENGAGEMENTS_DROP = "DELETE FROM engagements
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3 AND left_at IS NULL";
    ENGAGEMENTS_EMPTY = "UPDATE engagements
        SET best_class = 0, viewed = $4, clicked = $4, click_class = 0, hits = NULL, origins = NULL,
            evidence = NULL, click_evidence = NULL, last_view_at = NULL, last_click_at = NULL
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3 AND left_at IS NOT NULL";
    CLICKERS_DROP = "DELETE FROM link_clickers
        WHERE (campaign_id, slot) IN (SELECT campaign_id, slot FROM links WHERE campaign_id = $1)
            AND contact_id > $2 AND contact_id <= $3";
    ENGAGEMENTS_MOVE = "UPDATE expired_engagements SET after_contact = $2 WHERE campaign_id = $1";
    ENGAGEMENTS_EXPIRED_AT = "SELECT expired_at FROM expired_engagements WHERE campaign_id = $1";
    ENGAGEMENTS_ANY_EXPIRED = "SELECT 1 FROM expired_engagements LIMIT 1";
}

/// Contacts of a campaign that one call looks at.
const AT_ONCE: usize = 2_000;
/// Campaigns that one call marks.
const CAMPAIGNS_AT_ONCE: i64 = 100;
/// Longer than recording a batch takes: one that began before the mark has ended by then.
const SETTLED_AFTER: Duration = Duration::from_secs(60);
/// All contacts of a campaign are done.
const DONE: i64 = i64::MAX;

impl Store {
    /// Removes what some contacts did with campaigns that had ended before `before`.
    ///
    /// # Errors
    /// When the store can't do it; what was removed by earlier calls stays removed.
    pub async fn engagements_expire(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Expired, StoreError> {
        self.write(move |tx| expire(tx, before, now)).await
    }
}

/// Since when it is not kept any more what each contact did with the campaign.
pub(crate) fn removed_at(tx: &Tx<'_>, id: CampaignId) -> Result<Option<Timestamp>, StoreError> {
    tx.first(ENGAGEMENTS_EXPIRED_AT, [id.0], |row| row.get(0).map(Timestamp))
}

/// Those of the campaigns whose hits are counted without contacts.
pub(crate) fn among(
    tx: &Tx<'_>,
    campaigns: &BTreeSet<CampaignId>,
) -> Result<BTreeSet<CampaignId>, StoreError> {
    if campaigns.is_empty() || tx.first(ENGAGEMENTS_ANY_EXPIRED, (), |_| Ok(()))?.is_none() {
        return Ok(BTreeSet::new());
    }
    let mut find = tx.prepare(ENGAGEMENTS_EXPIRED_AT)?;
    let mut expired = BTreeSet::new();
    for id in campaigns {
        if find.exists([id.0])? {
            expired.insert(*id);
        }
    }
    Ok(expired)
}

fn expire(tx: &Tx<'_>, before: Timestamp, now: Timestamp) -> Result<Expired, StoreError> {
    let marked = tx.execute(ENGAGEMENTS_MARK, (before.0, now.0, i64::MIN, CAMPAIGNS_AT_ONCE))?;
    if marked > 0 {
        return Ok(Expired { removed: 0, more: true });
    }
    let settled = now.before(SETTLED_AFTER);
    let taken = tx.first(ENGAGEMENTS_TAKE, (DONE, settled.0), |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    let Some((campaign, after)) = taken else { return Ok(Expired::NOTHING) };
    let ahead = (campaign, after, count(AT_ONCE)?);
    let contacts: Vec<i64> = tx.all(ENGAGEMENTS_AHEAD, ahead, |row| row.get(0))?;
    let last = match contacts.last() {
        Some(last) if contacts.len() == AT_ONCE => *last,
        _ => DONE,
    };
    let span = (campaign, after, last);
    let removed = tx.execute(ENGAGEMENTS_DROP, span)?;
    tx.execute(ENGAGEMENTS_EMPTY, (campaign, after, last, false))?;
    tx.execute(CLICKERS_DROP, span)?;
    tx.execute(ENGAGEMENTS_MOVE, (campaign, last))?;
    Ok(Expired { removed: u64::try_from(removed).unwrap_or(u64::MAX), more: true })
}
