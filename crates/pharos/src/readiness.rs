//! Whether this node does what it is there for, and if not, why not, in words for whoever watches
//! over it. What is said here is only what its own parts know; the store is asked by the page.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use audience::RemovalJournal;

use crate::installation::now;
use crate::metrics::Metrics;

/// Hits are counted within moments; whatever takes longer than this deserves a look.
const LATE: Duration = Duration::from_secs(30);

/// What the reasons are taken from.
pub(crate) struct Readiness {
    pub metrics: Arc<Metrics>,
    pub removals: RemovalJournal,
}

impl Readiness {
    /// Why the node is not ready; empty when it is.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let recorder = self.metrics.recorder.trouble();
        let recorder = recorder.map(|why| format!("hits are not recorded: {why}"));
        let shipper = self.metrics.bus.shipping_trouble();
        let shipper = shipper.map(|why| format!("hits are not shipped to the recorders: {why}"));
        let all = [self.removals.trouble(), shipper, recorder, self.late()];
        all.into_iter().flatten().collect()
    }

    fn late(&self) -> Option<String> {
        let backlog = &self.metrics.backlog;
        let oldest = backlog.oldest().filter(|oldest| oldest.after(LATE) < now())?;
        let hits = backlog.hits().load(Ordering::Relaxed);
        Some(format!("{hits} hits, answered since {}, are not counted yet", oldest.rfc3339()))
    }
}
