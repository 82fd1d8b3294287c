//! Ships each node's hits from its journal to the recorder, and shares limits between nodes: in
//! process, or over Redis 7 or Valkey, single or cluster.
//!
//! ```text
//! journal ── HitSource::Journal ───────────────────────────▶ recorder        one node
//! journal ── Shipper ── stream in Redis ── HitSource::Stream ──▶ recorder(s)     many nodes
//!               ▲                                                  │
//!               └──────────── Confirmations ◀── store ◀────────────┘
//! ```
//!
//! Invariants:
//!
//! - The journal is the source of truth until the store has the hits. Redis may forget everything at
//!   any moment: what it lost before the store confirmed it is shipped again, and a segment of the
//!   journal is removed only when all of it is confirmed.
//! - Delivery to the recorder is at-least-once. A hit's identity (node, segment, offset) travels with
//!   it, so the store counts it once.
//! - Everything is bounded: a [`Chunk`], what a shipper has under way, the stream in Redis, what a
//!   [`Parcel`] holds, every wait for Redis.
//! - A Redis outage stops nobody: the beacon keeps writing to its journal, and a [`Throttle`] falls back
//!   to its node's share.
//!
//! Does not classify hits, and knows neither the store nor campaigns. Never logs a password or the
//! content of a record.

pub mod backoff;
mod chunk;
mod connection;
mod entries;
mod error;
mod failure_streak;
mod gcra;
mod hit_source;
mod installation_id;
mod keyed_limit;
mod metrics;
mod probe;
mod reading;
mod redis_server;
mod shipper;
mod throttle;
mod wire;

pub use chunk::{CHUNK_BYTES, CHUNK_RECORDS, Chunk, NotAChunk};
pub use error::{BusError, ConfirmProblem};
pub use hit_source::{
    FollowedJournal, HitSource, JournalHits, PARCEL_CHUNKS, PARCEL_RECORDS, Parcel, StreamHits,
};
pub use installation_id::InstallationId;
pub use keyed_limit::{KeyedLimit, Share, WINDOW};
pub use metrics::Metrics;
pub use probe::{Product, ServerFacts};
pub use redis_server::RedisServer;
pub use shipper::{Confirmations, Shipper, ShipperSettings};
pub use throttle::Throttle;
