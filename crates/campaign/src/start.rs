//! Starts a campaign: its audience is fixed, then built one slice at a time.
//!
//! Invariant: between two slices all other writers get their turn at the store, so a removal never
//! waits for the end. An interrupted start leaves the campaign `starting`; the next caller of
//! [`start`] or [`expand`] continues where it was.

use std::time::Duration;

use model::{CampaignId, CampaignState, Timestamp};
use store::{Started, Store, StoreError};

use crate::pause::find;
use crate::{CampaignError, CheckFinding, Preflight};

/// Contacts that get their deliveries in one transaction: some 20 ms on SQLite.
const SLICE: usize = 5_000;
/// Between two slices. SQLite notifies nobody when its write lock is free: the store of another
/// process polls every 2 ms, and would hardly ever hit the moment between two transactions.
const GIVE_WAY: Duration = Duration::from_millis(6);

/// Fixes the audience (everybody who is subscribed now) and the form of the messages, builds the
/// audience, and hands the campaign to the mailer. Continues a campaign that is already starting.
/// Calls `progress` with how many are in the audience and about how many there will be.
///
/// # Errors
/// When it is not a draft, nobody is subscribed to its topic, or somebody pauses it in the
/// meantime.
pub async fn start(
    store: &Store,
    ready: Preflight,
    now: Timestamp,
    progress: impl FnMut(i64, i64),
) -> Result<Started, CampaignError> {
    let Preflight { id, frozen, accepts, .. } = ready;
    if let Some(frozen) = frozen {
        if !accepts.is_empty() {
            let accepts = accepts.iter().map(CheckFinding::acceptance).collect();
            // An entry of the audit log belongs beside the start.
            store.preparing().warnings_accept(id, accepts, now).await?;
        }
        match store.expansion_begin(id, frozen, now).await {
            Ok(()) => {}
            Err(StoreError::NobodySubscribed) => {
                let campaign = find(store, id).await?;
                let topic = store.topic_find(campaign.topic).await?;
                let topic = topic.map(|topic| topic.slug).unwrap_or_default();
                return Err(CampaignError::Nobody { topic });
            }
            Err(StoreError::Changed("announcement")) => return Err(CampaignError::TextChanged(id)),
            Err(error) => return Err(error.into()),
        }
    }
    match expand(store, id, now, progress).await? {
        CampaignState::Paused => Err(CampaignError::PausedMeanwhile(id)),
        _ => Ok(store.deliveries_count(id).await?.started()),
    }
}

/// Completes a campaign's audience, if it is `starting`. Returns its state afterwards: `sending`
/// when the audience is complete, `paused` when somebody has paused it.
pub async fn expand(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
    progress: impl FnMut(i64, i64),
) -> Result<CampaignState, CampaignError> {
    expand_by(SLICE, store, id, now, progress).await
}

async fn expand_by(
    slice: usize,
    store: &Store,
    id: CampaignId,
    now: Timestamp,
    mut progress: impl FnMut(i64, i64),
) -> Result<CampaignState, CampaignError> {
    loop {
        let state = store.expansion_step(id, slice, now).await?;
        if state != CampaignState::Starting {
            return Ok(state);
        }
        if let Some(expansion) = store.expansion_find(id).await? {
            let made = store.deliveries_count(id).await?.total();
            progress(made, expansion.expected.max(made));
        }
        tokio::time::sleep(GIVE_WAY).await;
    }
}

#[cfg(test)]
#[path = "start/tests.rs"]
mod tests;
