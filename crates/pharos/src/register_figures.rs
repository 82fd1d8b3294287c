//! What the disclosure register and requests of people come to: asked for now and then, for scrapes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::DisclosureBasis;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(30);

/// What was seen last; of all nodes together.
#[derive(Debug, Default)]
pub(crate) struct RegisterFigures {
    /// Entries in the order of [`DisclosureBasis::ALL`], since the first one.
    by_basis: [AtomicU64; DisclosureBasis::ALL.len()],
    /// Requests that wait for an answer, at most 10,000.
    pub(crate) open: AtomicU64,
    /// Those of them that should have been answered.
    pub(crate) overdue: AtomicU64,
}

impl RegisterFigures {
    /// Entries by the word of their basis.
    pub(crate) fn disclosures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counted = DisclosureBasis::ALL.into_iter().zip(&self.by_basis);
        counted.map(|(basis, count)| (basis.as_str(), count.load(Ordering::Relaxed)))
    }

    /// Looks at entries behind `after`; returns the last one.
    async fn look(&self, store: &Store, mut after: i64) -> Result<i64, StoreError> {
        let (open, overdue) = store.requests_waiting(now()).await?;
        self.open.store(u64::try_from(open).unwrap_or(0), Ordering::Relaxed);
        self.overdue.store(u64::try_from(overdue).unwrap_or(0), Ordering::Relaxed);
        loop {
            let (counted, last) = store.disclosures_count(after).await?;
            for (basis, counter) in DisclosureBasis::ALL.into_iter().zip(&self.by_basis) {
                let found = counted.iter().find(|(word, _)| word == basis.as_str());
                let more = found.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0));
                counter.fetch_add(more, Ordering::Relaxed);
            }
            if last <= after {
                return Ok(after);
            }
            after = last;
        }
    }
}

/// Keeps them up to date, until `shutdown`.
pub(crate) async fn follow(
    figures: Arc<RegisterFigures>,
    store: Store,
    shutdown: CancellationToken,
) {
    let mut after = 0;
    loop {
        match figures.look(&store, after).await {
            Ok(last) => after = last,
            Err(error) => tracing::debug!(%error, "can't count disclosures and requests for now"),
        }
        if shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}
