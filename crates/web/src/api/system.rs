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
