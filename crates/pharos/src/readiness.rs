//! Whether this node does its job, and if not, why, in words for the people who operate it. Covers
//! only what its own parts know; the page itself asks the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use audience::RemovalJournal;
use mailer::TroubleKind;
use model::hit::Gap;

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
        let shipper = self.metrics.shipping_trouble();
        let shipper = shipper.map(|why| format!("hits are not shipped to the recorders: {why}"));
        let mut all = vec![self.removals.trouble(), self.gap(), shipper, recorder, self.late()];
        all.extend(TroubleKind::ALL.map(|kind| self.mailer(kind)));
        all.into_iter().flatten().collect()
    }

    fn gap(&self) -> Option<String> {
        self.metrics.beacon().open_gap().map(lost)
    }

    fn mailer(&self, kind: TroubleKind) -> Option<String> {
        let (since, what) = self.metrics.mailer.trouble(kind)?;
        Some(format!("mail has been held up since {}: {what}", since.rfc3339()))
    }

    fn late(&self) -> Option<String> {
        let backlog = &self.metrics.backlog;
        let oldest = backlog.oldest().filter(|oldest| oldest.after(LATE) < now())?;
        let hits = backlog.hits().load(Ordering::Relaxed);
        Some(format!("hits answered since {} are not counted yet: {hits}", oldest.rfc3339()))
    }
}

fn lost(gap: Gap) -> String {
    let (hits, since) = (gap.hits, gap.from.rfc3339());
    format!("the journal takes no hits; answered since {since} but not recorded: {hits}")
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn an_open_gap_is_told_with_its_count_and_its_beginning() {
        let from = Timestamp(1_795_428_245_000_000);
        let told = lost(Gap { from, to: from, hits: 12 });
        assert!(told.contains("since 2026-11-23T10:04:05") && told.ends_with(": 12"), "{told}");
    }
}
