//! The beacon's link targets, behind two bounded caches, and whom it may offer a cookie.
//!
//! The newest links of all campaigns are kept in memory and in the data folder, so that they keep
//! working while the store is unreachable, even from the start; older ones are looked up when they
//! are clicked. A campaign's links never change, so an entry never goes stale.

mod kept;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use beacon::Unavailable;
use model::{CampaignId, ContactId, LinkSlot};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::known_tracking::{KnownTracking, ReadTracking};

/// Older targets that each thread keeps in memory; beyond it that cache starts afresh. A campaign has
/// some ten links.
const MAX_LOOKED_UP: usize = 20_000;
/// Between two looks whether there are new links.
const REFRESH: Duration = Duration::from_secs(5);

type Targets = HashMap<(CampaignId, LinkSlot), Arc<str>>;

/// Link targets for the beacon. Clones share what they know.
#[derive(Clone)]
pub(crate) struct StoredLinks {
    shared: Arc<Shared>,
    looked_up: Arc<Mutex<Targets>>,
}

struct Shared {
    path: PathBuf,
    /// What says that there is nothing to read, for programs that follow what no reader can see.
    honeypot: Arc<str>,
    /// Not there yet while the store is away at the start.
    store: OnceLock<Store>,
    kept: RwLock<Targets>,
    tracking: KnownTracking,
}

impl StoredLinks {
    /// What the file `path` tells; nothing when there is none.
    pub(crate) fn kept_in(path: PathBuf, web_url: &str) -> Self {
        let kept = kept::read(&path).into_iter().collect();
        let shared = Shared {
            path,
            honeypot: format!("{web_url}{}", web::HONEYPOT_PATH).into(),
            store: OnceLock::new(),
            kept: RwLock::new(kept),
            tracking: KnownTracking::default(),
        };
        Self { shared: Arc::new(shared), looked_up: Arc::default() }
    }

    /// The same with a cache of its own: threads of the beacon do not wait for one another.
    pub(crate) fn for_thread(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), looked_up: Arc::default() }
    }

    /// Links that are not known are looked up here from now on.
    pub(crate) fn use_store(&self, store: Store) {
        // The first one stays: there is one store in a process.
        let _ = self.shared.store.set(store);
    }

    /// Keeps up with new campaigns, until `shutdown`.
    pub(crate) async fn follow(self, shutdown: CancellationToken) {
        let (mut seen, mut read) = (None, None);
        loop {
            if let Err(error) = self.refresh(&mut seen).await {
                tracing::warn!(%error, "can't keep new links on disk for a store outage");
            }
            read = self.refresh_tracking(read).await;
            let pause = tokio::time::sleep(REFRESH);
            if shutdown.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    async fn refresh(&self, seen: &mut Option<store::LinksState>) -> anyhow::Result<()> {
        let Some(store) = self.shared.store.get() else { return Ok(()) };
        let state = store.links_state().await?;
        if *seen == Some(state) {
            return Ok(());
        }
        let newest = store.links_newest(kept::MAX_LINKS).await?;
        let links: Vec<_> =
            newest.into_iter().map(|it| ((it.campaign, it.slot), it.url.into())).collect();
        *self.shared.kept.write().unwrap_or_else(PoisonError::into_inner) =
            links.iter().cloned().collect();
        let path = self.shared.path.clone();
        tokio::task::spawn_blocking(move || kept::write(&path, &links)).await??;
        *seen = Some(state);
        Ok(())
    }

    /// Reads again whom may be tracked, if that may have changed since.
    pub(crate) async fn refresh_tracking(
        &self,
        read: Option<ReadTracking>,
    ) -> Option<ReadTracking> {
        let store = self.shared.store.get()?;
        match self.shared.tracking.refresh(store, read).await {
            Ok(read) => Some(read),
            Err(error) => {
                tracing::warn!(%error, "can't read who may be tracked, for now");
                read
            }
        }
    }

    fn known(&self, key: (CampaignId, LinkSlot)) -> Option<Arc<str>> {
        let kept = self.shared.kept.read().unwrap_or_else(PoisonError::into_inner);
        let looked_up = || self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key).cloned().or_else(|| looked_up().get(&key).cloned())
    }

    fn keep(&self, key: (CampaignId, LinkSlot), target: Arc<str>) {
        let mut targets = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if targets.len() >= MAX_LOOKED_UP {
            targets.clear();
        }
        targets.insert(key, target);
    }
}

/// Whether a link's address is one. Of a link that leads everyone elsewhere the store has the merge
/// tags; its clicks bring their target along.
fn leads_somewhere(target: &str) -> bool {
    !target.contains("{{")
}

impl beacon::Links for StoredLinks {
    async fn target(
        &self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> Result<Option<Arc<str>>, Unavailable> {
        if slot == LinkSlot::HONEYPOT {
            return Ok(Some(Arc::clone(&self.shared.honeypot)));
        }
        if let Some(target) = self.known((campaign, slot)) {
            return Ok(Some(target).filter(|target| leads_somewhere(target)));
        }
        let Some(store) = self.shared.store.get() else { return Err(Unavailable) };
        match store.link_target(campaign, slot).await {
            Ok(None) => Ok(None),
            Ok(Some(found)) => {
                let target: Arc<str> = found.into();
                self.keep((campaign, slot), Arc::clone(&target));
                Ok(Some(target).filter(|target| leads_somewhere(target)))
            }
            Err(error) => {
                tracing::error!(%campaign, slot = slot.0, %error, "can't look up a link");
                Err(Unavailable)
            }
        }
    }

    fn is_identified(&self, campaign: CampaignId, contact: ContactId) -> bool {
        self.shared.tracking.is_identified(campaign, contact)
    }
}
