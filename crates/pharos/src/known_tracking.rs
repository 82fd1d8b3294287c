//! What may be recorded of whom, as the beacon knows it: in memory, a few seconds old at most.
//!
//! Invariant: as long as nothing is known, and beyond what there is room for, nobody's browser is to be
//! asked for a cookie.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use model::{CampaignId, ContactId, TrackingMode, TrackingSnapshot};
use store::{Store, StoreError};

/// Read again after so long, whether anything is known to have changed or not.
const AT_LATEST: Duration = Duration::from_secs(60);

/// What was read last.
#[derive(Default)]
pub(crate) struct KnownTracking(RwLock<Option<Arc<TrackingSnapshot>>>);

/// When that was, and of which state of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadTracking {
    epoch: u64,
    at: Instant,
}

impl KnownTracking {
    /// Whether it may be recorded whose hit this is.
    pub(crate) fn is_identified(&self, campaign: CampaignId, contact: ContactId) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_some_and(|it| it.mode(campaign, contact) == TrackingMode::Identified)
    }

    /// Reads it again, if it may have changed.
    pub(crate) async fn refresh(
        &self,
        store: &Store,
        read: Option<ReadTracking>,
    ) -> Result<ReadTracking, StoreError> {
        // Before reading: what changes meanwhile is read the next time.
        let now = ReadTracking { epoch: store.removal_epoch(), at: Instant::now() };
        if let Some(read) = read.filter(|it| it.epoch == now.epoch && it.at.elapsed() < AT_LATEST) {
            return Ok(read);
        }
        let snapshot = Arc::new(store.for_reports().tracking_snapshot().await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
        Ok(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::TrackingPolicy;
    use store::StoreOptions;

    #[tokio::test]
    async fn nobody_is_known_before_it_was_read_and_a_change_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).unwrap();
        let known = KnownTracking::default();
        let is_identified = || known.is_identified(CampaignId(1), ContactId(1));
        assert!(!is_identified());
        let read = known.refresh(&store, None).await.unwrap();
        assert!(is_identified());
        store.tracking_policy_set(TrackingPolicy::EU).await.unwrap();
        let read = known.refresh(&store, Some(read)).await.unwrap();
        assert!(!is_identified());
        let same = known.refresh(&store, Some(read)).await.unwrap();
        assert_eq!(same.at, read.at, "nothing has changed");
    }
}
