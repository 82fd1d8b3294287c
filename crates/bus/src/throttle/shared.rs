//! The part of a limit that is in Redis, and what to do when Redis is unreachable.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, Script};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::RedisServer;
use crate::connection::RedisConnection;
use crate::failure_streak::FailureStreak;
use crate::gcra::{Rate, SLACK};

/// The script that reserves a block and counts the nodes.
const RESERVE: &str = include_str!("reserve.lua");
/// How long a node counts after its last request.
const ACTIVE: Duration = Duration::from_secs(10);
/// A node with a slow limit asks rarely: it counts for this many of its blocks.
const ACTIVE_BLOCKS: u32 = 4;
/// Between two attempts to reach Redis again; the second part differs from node to node.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(250));

/// A limit in Redis, as one node sees it.
pub(super) struct SharedLimit {
    client: PermitClient,
    nodes: u32,
    trouble: FailureStreak,
    away: Option<Away>,
}

/// What is needed to ask.
#[derive(Clone)]
struct PermitClient {
    connection: RedisConnection,
    script: Script,
    keys: (String, String),
    node: String,
    permits: u32,
    time: Duration,
}

/// Redis does not answer. It is retried in the background, because permits must not wait.
struct Away {
    retry_at: Instant,
    attempt: Option<JoinHandle<(PermitClient, RedisResult<Told>)>>,
}

/// What the script says.
struct Told {
    /// When the block begins, on this node's clock.
    due: Instant,
    /// How many nodes use the limit.
    nodes: u32,
}

/// A block of permits.
pub(super) struct PermitBlock {
    pub(super) due: Instant,
    pub(super) permits: u32,
    /// From the due time of the first permit to that of the first one after the block.
    pub(super) time: Duration,
}

impl SharedLimit {
    pub(super) fn new(
        server: RedisServer,
        keys: (String, String),
        node: String,
        rate: Rate,
        nodes_hint: u32,
    ) -> Self {
        let permits = rate.block();
        let (connection, script) = (RedisConnection::new(server), Script::new(RESERVE));
        let time = rate.time_of(permits);
        let client = PermitClient { connection, script, keys, node, permits, time };
        Self { client, nodes: nodes_hint.max(1), trouble: FailureStreak::default(), away: None }
    }

    /// How many nodes used the limit when Redis last said.
    pub(super) const fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Reserves a block. None when Redis does not answer within `limit`, and at once while it is
    /// known to be unreachable.
    pub(super) async fn ask(&mut self, limit: Duration) -> Option<PermitBlock> {
        if self.away.is_some() {
            return self.look_for_return().await;
        }
        let told = match timeout(limit, self.client.reserve()).await {
            Ok(told) => told,
            Err(_) => Err(RedisError::from((ErrorKind::Io, "no answer in time"))),
        };
        self.settle(told)
    }

    async fn look_for_return(&mut self) -> Option<PermitBlock> {
        let away = self.away.as_mut()?;
        match away.attempt.take_if(|attempt| attempt.is_finished()) {
            Some(attempt) => {
                // It is finished, so nobody waits here; it fails only when the runtime ends.
                let (client, told) = attempt.await.ok()?;
                self.client = client;
                return self.settle(told);
            }
            None if away.attempt.is_none() && Instant::now() >= away.retry_at => {
                let mut client = self.client.clone();
                away.attempt = Some(tokio::spawn(async move {
                    let told = client.reserve().await;
                    (client, told)
                }));
            }
            None => {}
        }
        None
    }

    fn settle(&mut self, told: RedisResult<Told>) -> Option<PermitBlock> {
        match told {
            Ok(Told { due, nodes }) => {
                self.nodes = nodes.max(1);
                self.away = None;
                self.trouble.over("sharing limits again");
                Some(PermitBlock { due, permits: self.client.permits, time: self.client.time })
            }
            Err(problem) => {
                let problem = self.client.connection.server().problem("sharing a limit")(problem);
                self.trouble.failed("this node falls back to its share of a limit", &problem);
                self.client.forget_connection();
                self.away = Some(Away { retry_at: self.retry_at(), attempt: None });
                None
            }
        }
    }

    fn retry_at(&self) -> Instant {
        let mut hasher = DefaultHasher::new();
        self.client.node.hash(&mut hasher);
        let (wait, spread) = RETRY;
        let part = u32::try_from(hasher.finish() % 100).unwrap_or(0);
        Instant::now() + wait + spread * part / 100
    }
}

impl PermitClient {
    async fn reserve(&mut self) -> RedisResult<Told> {
        let active = ACTIVE.max(self.time * ACTIVE_BLOCKS);
        let mut reserve = self.script.key(&self.keys.0);
        reserve.key(&self.keys.1).arg(&self.node);
        for time in [self.time, SLACK, active] {
            // Fits: a block is at most a minute.
            reserve.arg(time.as_micros() as u64);
        }
        let (wait, nodes): (i64, u32) = reserve.invoke_async(&mut self.connection).await?;
        let (now, distance) = (Instant::now(), Duration::from_micros(wait.unsigned_abs()));
        // The machine may be younger than the slack.
        let due = if wait < 0 { now.checked_sub(distance).unwrap_or(now) } else { now + distance };
        Ok(Told { due, nodes })
    }

    /// A connection that did not answer in time may never do so.
    fn forget_connection(&mut self) {
        self.connection = RedisConnection::new(self.connection.server().clone());
    }
}
