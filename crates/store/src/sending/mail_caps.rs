//! The frequency cap: how many campaign mails a contact gets at most within some days.
//!
//! Invariants: whoever has had that many is left out of what is claimed, however many campaigns and nodes
//! claim at the same time. A mail counts from its claim on, as long as it may have been sent: while it is
//! leased, when it was sent or is in doubt, and when it waits for another copy. Claims under a cap take
//! [`LOCK`] one after the other on PostgreSQL, where several transactions write; on SQLite one does.
//! So each of them sees what the one before it has leased. A campaign that ignores the cap counts for the
//! others, and is held up by none.
//!
//! Costs one read a batch: for each campaign that was being sent within the days, its deliveries to the
//! contacts of the batch by their key. Deliveries have no index by contact, which every campaign would
//! pay for.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{CampaignId, ContactId, MailCap, Timestamp, TopicId};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::settings::{SETTING_FIND, SETTING_PUT};
use crate::{Store, StoreError};

/// Which deliveries `e` of campaigns `k` count: other ones than `$1`, whose mail may have been sent after
/// `$2`, of campaigns that have not ended before `$3`.
macro_rules! counting {
    () => {
        "k.id <> $1 AND k.started_at IS NOT NULL
        AND (k.finished_at IS NULL OR k.finished_at > $3)
        AND (e.state = 1 OR (e.state = 0 AND (e.holder IS NOT NULL OR e.copies > 0))
            OR (e.ended_at > $2 AND (e.state IN (2, 6) OR e.copies > 0)))"
    };
}
pub(crate) use counting;

texts! {
    IGNORES_CAP = "SELECT ignores_cap FROM campaigns WHERE id = $1";
    IGNORES_CAP_SET = "UPDATE campaigns SET ignores_cap = $2 WHERE id = $1";
    /// The same part of the queue as `DELIVERIES_DUE` takes in the same transaction.
    CAPPED_DUE = concat!("SELECT d.contact_id
        FROM campaigns k
        CROSS JOIN (SELECT contact_id FROM deliveries
            WHERE campaign_id = $1 AND state = 0 AND next_attempt_at > $5 AND next_attempt_at <= $6
            ORDER BY next_attempt_at, contact_id LIMIT $7) d
        CROSS JOIN deliveries e
        WHERE e.campaign_id = k.id AND e.contact_id = d.contact_id AND ", counting!(), "
        GROUP BY d.contact_id HAVING count(*) >= $4");
    CAPPED_SUBSCRIBERS = concat!("SELECT d.contact_id
        FROM campaigns k
        CROSS JOIN (SELECT contact_id FROM subscriptions
            WHERE topic_id = $5 AND state = 'subscribed' AND contact_id > $6 AND contact_id <= $7) d
        CROSS JOIN deliveries e
        WHERE e.campaign_id = k.id AND e.contact_id = d.contact_id AND ", counting!(), "
        GROUP BY d.contact_id HAVING count(*) >= $4");
}

/// Where the store keeps the cap, as [`MailCap`] writes it; empty: none.
const AT_MOST: &str = "mailing/at_most";
/// Taken alone by each claim under a cap, before anything else.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7409112037)";
/// What may still be told of a delivery after its campaign has ended: a late reply resolves a doubt.
const AFTER_THE_END: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// A cap, and from when on mails count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CapWindow {
    pub(crate) mails: i64,
    pub(crate) since: Timestamp,
    /// Campaigns that ended before have sent nothing since.
    pub(crate) ended_since: Timestamp,
}

impl CapWindow {
    fn new(cap: MailCap, now: Timestamp) -> Self {
        let since = now.before(cap.window());
        let ended_since = since.before(AFTER_THE_END);
        Self { mails: i64::from(cap.mails()), since, ended_since }
    }
}

impl Store {
    /// The most campaign mails that a contact gets; None: as many as there are.
    pub async fn mail_cap(&self) -> Result<Option<MailCap>, StoreError> {
        self.read(cap).await
    }

    /// Changes it, from the next claim on.
    pub async fn mail_cap_set(&self, cap: Option<MailCap>) -> Result<(), StoreError> {
        let text = cap.map(|it| it.to_string()).unwrap_or_default();
        self.write(move |tx| tx.execute(SETTING_PUT, (AT_MOST, &text)).map(drop)).await
    }

    /// Whether a campaign goes to people however many mails they have had.
    pub async fn campaign_ignores_cap(&self, campaign: CampaignId) -> Result<bool, StoreError> {
        self.read(move |tx| ignores(tx, campaign)).await
    }

    /// Has it do so, from the next claim on, or no longer.
    pub async fn campaign_ignores_cap_set(
        &self,
        campaign: CampaignId,
        ignores: bool,
    ) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(IGNORES_CAP_SET, (campaign.0, ignores)).map(drop)).await
    }

    /// Who, of the subscribers of a topic after one contact up to another, has had so many mails that a
    /// campaign would leave them out now. Nobody where there is no cap, or the campaign ignores it.
    pub async fn subscribers_capped(
        &self,
        campaign: Option<CampaignId>,
        topic: TopicId,
        (after, to): (ContactId, ContactId),
        now: Timestamp,
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        // No campaign has this number.
        let campaign = campaign.unwrap_or(CampaignId(0));
        self.read(move |tx| {
            let Some(window) = window(tx, campaign, now)? else { return Ok(BTreeSet::new()) };
            let CapWindow { mails, since, ended_since } = window;
            let values = (campaign.0, since.0, ended_since.0, mails, topic.0, after.0, to.0);
            let found = tx.all(CAPPED_SUBSCRIBERS, values, |row| Ok(ContactId(row.get(0)?)))?;
            Ok(found.into_iter().collect())
        })
        .await
    }
}

/// What a text of this release does not understand caps nobody: it was checked when it was set.
fn cap(tx: &Tx<'_>) -> Result<Option<MailCap>, StoreError> {
    let text: Option<String> = tx.first(SETTING_FIND, [AT_MOST], |row| row.get(0))?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn ignores(tx: &Tx<'_>, campaign: CampaignId) -> Result<bool, StoreError> {
    Ok(tx.first(IGNORES_CAP, [campaign.0], |row| row.get(0))?.unwrap_or(false))
}

/// The cap as it holds for a campaign.
pub(super) fn window(
    tx: &Tx<'_>,
    campaign: CampaignId,
    now: Timestamp,
) -> Result<Option<CapWindow>, StoreError> {
    let Some(cap) = cap(tx)? else { return Ok(None) };
    Ok((!ignores(tx, campaign)?).then(|| CapWindow::new(cap, now)))
}

/// Makes this transaction the only one that claims under a cap.
pub(super) fn lock(tx: &Tx<'_>) -> Result<(), StoreError> {
    match tx.bulk() {
        Some(bulk) => bulk.rows(LOCK, &[]).map(drop),
        None => Ok(()),
    }
}

/// Who of the next rows of the queue is left out; on SQLite, where nobody else takes from it.
pub(super) fn capped_due(
    tx: &Tx<'_>,
    campaign: CampaignId,
    window: CapWindow,
    (after, until): (Timestamp, Timestamp),
    wanted: usize,
) -> Result<BTreeSet<ContactId>, StoreError> {
    let CapWindow { mails, since, ended_since } = window;
    let (since, ended) = (since.0, ended_since.0);
    let values = (campaign.0, since, ended, mails, after.0, until.0, count(wanted)?);
    let found = tx.all(CAPPED_DUE, values, |row| Ok(ContactId(row.get(0)?)))?;
    Ok(found.into_iter().collect())
}
