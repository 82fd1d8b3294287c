//! Deliveries: one campaign to one contact, and their counts.
//!
//! Invariants: the sum over the states is the campaign's audience, as far as it has been created;
//! the counts change in the transaction that moves the rows, by the number of rows moved, so
//! reading them costs the same for any audience. `expansion` creates the rows, `claims` and
//! `outcomes` move them.

use std::collections::BTreeMap;

use model::{CampaignId, DeliveryState, Timestamp, TrackingMode};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::sending::reasons::{self, DeliveryReason};
use crate::{Store, StoreError};

texts! {
    DELIVERY_COUNT_ADD = "INSERT INTO delivery_counts (campaign_id, state, deliveries)
        VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, state) DO UPDATE
        SET deliveries = delivery_counts.deliveries + excluded.deliveries";
    UNTRACKED_COUNTS = "SELECT campaign_id, tracking, sent FROM untracked_deliveries
        WHERE campaign_id >= $1 AND campaign_id <= $2";
    DELIVERY_COUNTS = "SELECT campaign_id, state, deliveries FROM delivery_counts
        WHERE campaign_id >= $1 AND campaign_id <= $2";
    DELIVERY_NEXT_DUE = "SELECT next_attempt_at FROM deliveries
        WHERE campaign_id = $1 AND state = 0 ORDER BY next_attempt_at, contact_id LIMIT 1";
    DELIVERY_NEXT_TRY = "SELECT next_attempt_at, code, reply FROM deliveries
        WHERE campaign_id = $1 AND state = 0 ORDER BY next_attempt_at, contact_id LIMIT 1";
    MINUTE_ADD = "INSERT INTO campaign_minutes (campaign_id, minute, ended) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, minute) DO UPDATE
        SET ended = campaign_minutes.ended + excluded.ended";
    CAMPAIGN_MINUTES = "SELECT minute, ended FROM campaign_minutes
        WHERE campaign_id = $1 AND minute >= $2 ORDER BY minute DESC LIMIT 10000";
}

/// How many deliveries of a campaign are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryCounts([i64; DeliveryState::ALL.len()]);

impl DeliveryCounts {
    /// How many are in this state.
    #[must_use]
    pub fn get(&self, state: DeliveryState) -> i64 {
        DeliveryState::ALL.iter().zip(self.0).find(|(each, _)| **each == state).map_or(0, |it| it.1)
    }

    /// The audience: the sum over the states.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    /// Moves the count of a state.
    pub(crate) fn add(&mut self, state: DeliveryState, deliveries: i64) {
        for (each, count) in DeliveryState::ALL.iter().zip(&mut self.0) {
            if *each == state {
                *count += deliveries;
            }
        }
    }
}

/// The queued delivery that is due first; None when none is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTry {
    /// When it is due; [`Timestamp`] 0 when it was never tried.
    pub at: Timestamp,
    /// What the relay said at the last try, with its code if there was one; None before the first.
    pub reply: Option<String>,
}

impl Store {
    /// The campaign's deliveries by state; all zero before its start.
    pub async fn deliveries_count(
        &self,
        campaign: CampaignId,
    ) -> Result<DeliveryCounts, StoreError> {
        self.read(move |tx| {
            let mut counts = DeliveryCounts::default();
            for (_, state, deliveries) in counts_between(tx, campaign, campaign)? {
                counts.add(state, deliveries);
            }
            Ok(counts)
        })
        .await
    }

    /// Why deliveries failed, are waiting or were not made, the most frequent first. A few rows,
    /// however many deliveries there are.
    pub async fn deliveries_reasons(
        &self,
        campaign: CampaignId,
    ) -> Result<Vec<DeliveryReason>, StoreError> {
        self.read(move |tx| reasons::counted(tx, campaign)).await
    }

    /// When the next queued delivery is due; None when none is queued.
    pub async fn delivery_next_due(
        &self,
        campaign: CampaignId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |tx| {
            let due = tx.first(DELIVERY_NEXT_DUE, [campaign.0], |row| row.get(0))?;
            Ok(due.map(Timestamp))
        })
        .await
    }

    /// The queued delivery that is due first; None when none is queued.
    pub async fn delivery_next_try(
        &self,
        campaign: CampaignId,
    ) -> Result<Option<NextTry>, StoreError> {
        self.read(move |tx| {
            tx.first(DELIVERY_NEXT_TRY, [campaign.0], |row| {
                let (code, reply): (Option<u16>, Option<String>) = (row.get(1)?, row.get(2)?);
                let reply = reply.map(|reply| match code {
                    Some(0) | None => reply,
                    Some(code) => format!("{code} {reply}"),
                });
                Ok(NextTry { at: Timestamp(row.get(0)?), reply })
            })
        })
        .await
    }

    /// How many deliveries ended in each minute since 1970, from `since_minute` on, in order of
    /// time; minutes without any are left out. At most the last 10,000.
    pub async fn campaign_minutes(
        &self,
        campaign: CampaignId,
        since_minute: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        self.read(move |tx| {
            let mut minutes = tx.all(CAMPAIGN_MINUTES, (campaign.0, since_minute), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            minutes.reverse();
            Ok(minutes)
        })
        .await
    }
}

/// The counts of campaigns, each with its state.
pub(crate) fn counts_between(
    tx: &Tx<'_>,
    first: CampaignId,
    last: CampaignId,
) -> Result<Vec<(CampaignId, DeliveryState, i64)>, StoreError> {
    tx.all(DELIVERY_COUNTS, (first.0, last.0), |row| {
        let state = known(DeliveryState::from_code(row.get(1)?), "delivery state")?;
        Ok((CampaignId(row.get(0)?), state, row.get(2)?))
    })
}

/// Sent messages that do not tell who reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UntrackedCounts {
    /// They have no pixel, and their links are not ours.
    pub off: i64,
    /// They tell of views and clicks, but not whose they are.
    pub anonymous: i64,
}

/// The counts of campaigns that have sent such messages.
pub(crate) fn untracked_between(
    tx: &Tx<'_>,
    first: CampaignId,
    last: CampaignId,
) -> Result<BTreeMap<CampaignId, UntrackedCounts>, StoreError> {
    let mut all: BTreeMap<CampaignId, UntrackedCounts> = BTreeMap::new();
    tx.all(UNTRACKED_COUNTS, (first.0, last.0), |row| {
        let counts = all.entry(CampaignId(row.get(0)?)).or_default();
        match known(TrackingMode::from_code(row.get(1)?), "tracking")? {
            TrackingMode::Off => counts.off = row.get(2)?,
            TrackingMode::Anonymous => counts.anonymous = row.get(2)?,
            TrackingMode::Identified => {}
        }
        Ok(())
    })?;
    Ok(all)
}

/// Adds to the campaign's counts.
pub(crate) fn move_counts(
    tx: &Tx<'_>,
    campaign: CampaignId,
    by: &DeliveryCounts,
) -> Result<(), StoreError> {
    for state in DeliveryState::ALL {
        if by.get(state) != 0 {
            tx.execute(DELIVERY_COUNT_ADD, (campaign.0, state.code(), by.get(state)))?;
        }
    }
    Ok(())
}

/// Adds to the deliveries that ended in the minute of `at`.
pub(crate) fn add_ended(
    tx: &Tx<'_>,
    campaign: CampaignId,
    at: Timestamp,
    ended: i64,
) -> Result<(), StoreError> {
    if ended == 0 {
        return Ok(());
    }
    let minute = at.0.div_euclid(60_000_000);
    tx.execute(MINUTE_ADD, (campaign.0, minute, ended)).map(drop)
}
