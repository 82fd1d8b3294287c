//! The beacon's link targets: the store's, behind a bounded cache.
//!
//! A campaign's links never change after its start, so an entry never goes stale.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use beacon::Unavailable;
use model::{CampaignId, LinkSlot};
use store::Store;

/// Targets kept in memory; beyond it the cache starts afresh. A campaign has some ten links.
const MAX_TARGETS: usize = 20_000;

/// Link targets from the store.
pub(crate) struct StoredLinks {
    store: Store,
    targets: Mutex<HashMap<(CampaignId, LinkSlot), Arc<str>>>,
}

impl StoredLinks {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, targets: Mutex::default() }
    }

    fn cached(&self, key: (CampaignId, LinkSlot)) -> Option<Arc<str>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn keep(&self, key: (CampaignId, LinkSlot), target: Arc<str>) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if targets.len() >= MAX_TARGETS {
            targets.clear();
        }
        targets.insert(key, target);
    }
}

impl beacon::Links for StoredLinks {
    async fn target(
        &self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> Result<Option<Arc<str>>, Unavailable> {
        if let Some(target) = self.cached((campaign, slot)) {
            return Ok(Some(target));
        }
        match self.store.link_target(campaign, slot).await {
            Ok(None) => Ok(None),
            Ok(Some(found)) => {
                let target: Arc<str> = found.into();
                self.keep((campaign, slot), Arc::clone(&target));
                Ok(Some(target))
            }
            Err(error) => {
                tracing::error!(%campaign, slot = slot.0, %error, "can't look up a link");
                Err(Unavailable)
            }
        }
    }
}
