//! What runs here.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::report::Gap;

/// The state of the installation.
#[derive(Serialize, ToSchema)]
pub(crate) struct System {
    /// Of Pharos.
    #[schema(example = "0.1.0")]
    version: String,
    database: Database,
    /// Where the store is, without a password.
    store: String,
    data_folder: String,
    /// Bytes that may still be written there; null when that is not known.
    free_bytes: Option<u64>,
    /// Hits that were answered and are not counted yet.
    hits_waiting: u64,
    /// Removals that were promised and are not stored yet.
    removals_waiting: u64,
    nodes: Vec<Node>,
    /// Times of the last 30 days in which answered hits could not be recorded.
    gaps: Vec<Gap>,
    /// Why this node does not do what it is there for; empty when it does.
    troubles: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Database {
    #[schema(example = "SQLite 3.50.4")]
    product: String,
    /// The version of its schema.
    schema: i64,
    /// What it takes on disk; null when that is not known.
    bytes: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct Node {
    number: u16,
    /// The machine, its start, and the data folder on it.
    host: String,
    /// Whether it was seen lately.
    alive: bool,
}

/// What the store takes on disk, and what it will take at the pace of the last 28 days: estimates.
#[derive(Serialize, ToSchema)]
pub(crate) struct Storage {
    #[schema(format = "date-time")]
    made_at: String,
    /// Whether the sizes of today are estimates, too.
    sizes_are_estimates: bool,
    /// By kind; the last line is the total.
    lines: Vec<StorageLine>,
    /// Bytes that may still be written to the disk of the store; null when that is not known.
    free_bytes: Option<u64>,
    /// Days until that disk is full at this pace; null when that is not known, or in ten years.
    full_in_days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct StorageLine {
    /// events, engagements, visitors, rollups, deliveries, messages, contacts, other, journal or total.
    kind: String,
    bytes: i64,
    /// For how many days it is kept; null for ever.
    kept_days: Option<i64>,
    /// Bytes a day that came in the last 7 days; null when that is not known.
    per_day_7: Option<i64>,
    /// The same of the last 28 days.
    per_day_28: Option<i64>,
    /// Of what there is now, bytes that will have been removed in 30 days because of their age.
    freed_in_30: i64,
    in_30: i64,
    in_90: i64,
    in_365: i64,
}

impl From<report::StorageLine> for StorageLine {
    fn from(it: report::StorageLine) -> Self {
        Self {
            kind: it.kind,
            bytes: it.bytes,
            kept_days: it.kept_days,
            per_day_7: it.per_day_7,
            per_day_28: it.per_day_28,
            freed_in_30: it.freed_in_30,
            in_30: it.in_30,
            in_90: it.in_90,
            in_365: it.in_365,
        }
    }
}

pub(crate) async fn storage(asked: Asked) -> Result<Reply, Problem> {
    let around = (asked.parts.process)().around_the_store();
    let found = report::storage_report(asked.store(), &around, asked.at).await?;
    Reply::of(&Storage {
        made_at: found.made_at,
        sizes_are_estimates: found.sizes_are_estimates,
        lines: found.lines.into_iter().map(StorageLine::from).collect(),
        free_bytes: found.free_bytes,
        full_in_days: found.full_in_days,
    })
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let status = report::system_status(asked.store(), asked.at).await?;
    let process = (asked.parts.process)();
    let bytes = status.database.bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let node = |it: store::NodeRow| Node { number: it.number, host: it.host, alive: it.alive };
    Reply::of(&System {
        version: process.version,
        database: Database {
            product: status.database.product,
            schema: status.database.schema,
            bytes: bytes.or(process.store_bytes),
        },
        store: process.store,
        data_folder: process.data_folder,
        free_bytes: process.free_bytes,
        hits_waiting: status.hits_waiting,
        removals_waiting: status.removals_waiting,
        nodes: status.nodes.into_iter().map(node).collect(),
        gaps: status.gaps.into_iter().map(Gap::from).collect(),
        troubles: (asked.parts.readiness)(),
    })
}
