//! Continues campaigns whose start was interrupted: the command was stopped or killed, or ended
//! with its terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use model::CampaignId;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// How long an audience must stop growing before another process takes it over.
const LOOK: Duration = Duration::from_secs(2);

/// Completes abandoned audiences, until `shutdown`.
pub(crate) async fn finish_starts(store: Store, shutdown: CancellationToken) {
    let mut seen = BTreeMap::new();
    while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        // The next server continues one that is dropped half-way.
        match shutdown.run_until_cancelled(look(&store, &seen)).await {
            Some(Ok(now_seen)) => seen = now_seen,
            Some(Err(error)) => tracing::warn!(%error, "can't build a campaign's audience for now"),
            None => return,
        }
    }
}

/// Expands the audiences that have not grown since `before`. Returns how far each one is.
async fn look(
    store: &Store,
    before: &BTreeMap<CampaignId, i64>,
) -> Result<BTreeMap<CampaignId, i64>, campaign::CampaignError> {
    let mut stands = BTreeMap::new();
    for id in store.campaigns_starting().await? {
        let Some(expansion) = store.expansion_find(id).await? else { continue };
        if before.get(&id) == Some(&expansion.made_to) {
            tracing::info!(campaign = %id, "its start was interrupted; continuing");
            let state = campaign::expand(store, id, now(), |_, _| {}).await?;
            tracing::info!(campaign = %id, %state, "its audience is complete");
        } else {
            stands.insert(id, expansion.made_to);
        }
    }
    Ok(stands)
}
