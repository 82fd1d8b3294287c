//! The part of a keyed limit that is in Redis, and what to do when Redis is unreachable.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, Script};
use tokio::time::{Instant, timeout};

use crate::RedisServer;
use crate::connection::RedisConnection;
use crate::failure_streak::FailureStreak;

/// The script that takes a permit.
const TAKE: &str = include_str!("take.lua");
/// Longest wait for Redis before a node decides by itself.
const ASK_TIMEOUT: Duration = Duration::from_millis(250);
/// Between two attempts to reach Redis again.
const RETRY: Duration = Duration::from_secs(1);

/// Shares of all keys in Redis, as one node sees them.
pub(super) struct SharedShares {
    /// What the keys begin with.
    prefix: String,
    script: Script,
    link: Mutex<Link>,
}

struct Link {
    connection: RedisConnection,
    trouble: FailureStreak,
    /// Nobody asks before then.
    away_until: Option<Instant>,
}

/// What Redis says of a key's share.
#[derive(Debug, Clone, Copy)]
pub(super) struct TakenShare {
    pub(super) allowed: bool,
    /// Until the share is whole again.
    pub(super) used: Duration,
}

impl SharedShares {
    pub(super) fn new(server: RedisServer, prefix: String) -> Self {
        let connection = RedisConnection::new(server);
        let link = Link { connection, trouble: FailureStreak::default(), away_until: None };
        Self { prefix, script: Script::new(TAKE), link: Mutex::new(link) }
    }

    /// Takes one permit worth `step` of the share of `key`, which is worth `window`. None when Redis
    /// does not answer in time, and at once while it is known to be unreachable.
    pub(super) async fn take(
        &self,
        key: u64,
        step: Duration,
        window: Duration,
    ) -> Option<TakenShare> {
        let mut connection = self.connection()?;
        let mut take = self.script.key(format!("{}:{key:x}", self.prefix));
        for time in [step, window] {
            // Fits: a share is at most a minute.
            take.arg(time.as_micros() as u64);
        }
        let asked = take.invoke_async(&mut connection);
        let told: RedisResult<(u8, u64)> = match timeout(ASK_TIMEOUT, asked).await {
            Ok(told) => told,
            Err(_) => Err(RedisError::from((ErrorKind::Io, "no answer in time"))),
        };
        self.settle(connection, told)
    }

    /// None while Redis is away. Of those who ask when it may be back, one tries.
    fn connection(&self) -> Option<RedisConnection> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = link.away_until {
            let now = Instant::now();
            if now < until {
                return None;
            }
            link.away_until = Some(now + RETRY);
        }
        Some(link.connection.clone())
    }

    fn settle(
        &self,
        connection: RedisConnection,
        told: RedisResult<(u8, u64)>,
    ) -> Option<TakenShare> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Ok((allowed, used)) => {
                link.connection = connection;
                link.away_until = None;
                link.trouble.over("sharing the limits of the API again");
                Some(TakenShare { allowed: allowed > 0, used: Duration::from_micros(used) })
            }
            Err(problem) => {
                let problem = connection.server().problem("sharing a limit")(problem);
                link.trouble.failed("this node limits the API by itself", &problem);
                // One that did not answer in time may never do so.
                link.connection = RedisConnection::new(connection.server().clone());
                link.away_until = Some(Instant::now() + RETRY);
                None
            }
        }
    }
}
