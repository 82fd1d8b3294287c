//! Goes on with campaigns whose start was broken off: the command was interrupted or killed, or
//! ended with its terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use model::CampaignId;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// How long an audience has not grown when it is taken over from whoever was making it.
const LOOK: Duration = Duration::from_secs(2);

/// Makes what abandoned audiences lack, until `shutdown`.
pub(crate) async fn finish_starts(store: Store, shutdown: CancellationToken) {
    let mut seen = BTreeMap::new();
    while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        // One that is dropped on the way is gone on with by the next server.
        match shutdown.run_until_cancelled(look(&store, &seen)).await {
            Some(Ok(now_seen)) => seen = now_seen,
            Some(Err(error)) => tracing::warn!(%error, "a campaign's audience is not made for now"),
            None => return,
        }
    }
}

/// Expands what stands where it stood before. Returns where each audience stands.
async fn look(
    store: &Store,
    before: &BTreeMap<CampaignId, i64>,
) -> Result<BTreeMap<CampaignId, i64>, campaign::CampaignError> {
    let mut stands = BTreeMap::new();
    for id in store.campaigns_starting().await? {
        let Some(expansion) = store.expansion_find(id).await? else { continue };
        if before.get(&id) == Some(&expansion.made_to) {
            tracing::info!(campaign = %id, "its start was broken off; going on");
            let state = campaign::expand(store, id, now(), |_, _| {}).await?;
            tracing::info!(campaign = %id, %state, "its audience is made");
        } else {
            stands.insert(id, expansion.made_to);
        }
    }
    Ok(stands)
}
