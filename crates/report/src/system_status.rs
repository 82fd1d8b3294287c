//! What runs here: the database, the nodes, what is answered and not counted yet.

use std::time::Duration;

use model::Timestamp;
use store::{DatabaseFacts, NodeRow, Store};

use crate::ReportError;
use crate::campaign_report::GapLine;
use crate::from_store::gap_lines;

/// Gaps that ended longer ago are in the reports over their time.
const GAPS_OF: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The state of an installation.
#[derive(Debug, Clone)]
pub struct SystemStatus {
    pub database: DatabaseFacts,
    pub nodes: Vec<NodeRow>,
    /// Hits of all nodes that were answered and are not counted yet.
    pub hits_waiting: u64,
    /// Removals that this process has promised and that the store does not have yet.
    pub removals_waiting: u64,
    /// Times of the last 30 days in which answered hits could not be recorded.
    pub gaps: Vec<GapLine>,
}

/// The installation's state as of `now`.
pub async fn system_status(store: &Store, now: Timestamp) -> Result<SystemStatus, ReportError> {
    Ok(SystemStatus {
        database: store.database_facts().await?,
        nodes: store.nodes_list(now).await?,
        hits_waiting: store.hits_waiting().await?,
        removals_waiting: store.removals_waiting(),
        gaps: gap_lines(store.gaps_between(now.before(GAPS_OF), now).await?),
    })
}
