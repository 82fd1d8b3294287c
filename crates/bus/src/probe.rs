//! What kind of server is at an address; checked before a start, and by `pharos check`.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use model::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisResult};

use crate::connection::open_node;
use crate::{BusError, RedisServer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Redis,
    Valkey,
}

/// What a server tells about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    pub product: Product,
    /// Its version, such as `7.2.4`.
    pub version: String,
    /// Whether it is a node of a cluster. When this differs from [`RedisServer::is_cluster`], the
    /// address has the wrong scheme.
    pub cluster: bool,
    /// Whether it accepts writes: not a replica, and as a node of a cluster, the cluster is up.
    pub writable: bool,
    /// What it does when its memory is full. Only `noeviction` is right: anything else may drop
    /// hits under way, which are then shipped again and again.
    pub eviction: String,
    /// Its memory limit; 0 for none.
    pub max_memory_bytes: u64,
    /// How much of that is in use; when it is all in use, nothing can be shipped.
    pub used_memory_bytes: u64,
    /// Whether it saves its data to disk; None when it does not let us see that. Not needed: what
    /// it loses is shipped again.
    pub persistent: Option<bool>,
    /// The server's clock when it answered.
    pub time: Timestamp,
    /// Ours, in the middle of the question.
    pub asked_at: Timestamp,
    /// The round-trip time of a request.
    pub round_trip: Duration,
}

impl ServerFacts {
    /// Whether its memory is full, so that it refuses to store anything.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.max_memory_bytes > 0 && self.used_memory_bytes >= self.max_memory_bytes
    }
}

impl RedisServer {
    /// Asks the server, or the first node of a cluster that answers, about itself.
    ///
    /// # Errors
    /// When none can be reached or logged in to, or an answer is not understood.
    pub async fn probe(&self) -> Result<ServerFacts, BusError> {
        let mut last = None;
        for node in self.nodes() {
            match open_node(self, node.clone()).await {
                Ok(connection) => return self.ask(connection).await,
                Err(problem) => last = Some(problem),
            }
        }
        let problem = last.unwrap_or_else(|| (ErrorKind::InvalidClientConfig, "no host").into());
        Err(self.problem("connecting to Redis")(problem))
    }

    async fn ask(&self, mut connection: MultiplexedConnection) -> Result<ServerFacts, BusError> {
        let info = redis::cmd("INFO");
        let info: String =
            info.query_async(&mut connection).await.map_err(self.problem("INFO of Redis"))?;
        let info = fields(&info);
        let said = |name: &str| info.get(name).copied();
        let (time, asked_at, round_trip) =
            clock(&mut connection).await.map_err(self.problem("TIME of Redis"))?;
        let cluster = said("redis_mode") == Some("cluster") || said("cluster_enabled") == Some("1");
        let valkey = said("valkey_version");
        let version = valkey.or(said("redis_version"));
        let version = version.ok_or_else(|| self.unknown_answer("INFO of Redis"))?;
        let number = |name: &str| said(name).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
        Ok(ServerFacts {
            product: if valkey.is_some() { Product::Valkey } else { Product::Redis },
            version: version.to_owned(),
            cluster,
            writable: said("role") == Some("master")
                && (!cluster || cluster_is_up(&mut connection).await),
            eviction: said("maxmemory_policy").unwrap_or("unknown").to_owned(),
            max_memory_bytes: number("maxmemory"),
            // Buffers of replicas and of the log do not count for it.
            used_memory_bytes: number("used_memory")
                .saturating_sub(number("mem_not_counted_for_evict")),
            persistent: persistent(said("aof_enabled"), &mut connection).await,
            time,
            asked_at,
            round_trip,
        })
    }
}

/// The lines `name:value` of `INFO`.
fn fields(info: &str) -> HashMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

async fn clock(
    connection: &mut MultiplexedConnection,
) -> RedisResult<(Timestamp, Timestamp, Duration)> {
    let begun = Instant::now();
    let asked_at = Timestamp::from_system(SystemTime::now());
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(connection).await?;
    let round_trip = begun.elapsed();
    let time = Timestamp(seconds.saturating_mul(1_000_000).saturating_add(micros));
    Ok((time, asked_at.after(round_trip / 2), round_trip))
}

async fn cluster_is_up(connection: &mut MultiplexedConnection) -> bool {
    let info: RedisResult<String> = redis::cmd("CLUSTER").arg("INFO").query_async(connection).await;
    info.is_ok_and(|info| fields(&info).get("cluster_state") == Some(&"ok"))
}

/// Hosted servers forbid `CONFIG`; then only the append-only file can be seen.
async fn persistent(aof: Option<&str>, connection: &mut MultiplexedConnection) -> Option<bool> {
    if aof == Some("1") {
        return Some(true);
    }
    let save: RedisResult<Vec<String>> =
        redis::cmd("CONFIG").arg("GET").arg("save").query_async(connection).await;
    save.ok()?.get(1).map(|points| !points.is_empty())
}
