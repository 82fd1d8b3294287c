//! A connection to Redis that is opened on demand and reopened after failures.
//!
//! Invariant: every wait is bounded, by [`CONNECT_TIMEOUT`] and [`ANSWER_TIMEOUT`].
//!
//! Why not the driver's `ConnectionManager`: it keeps a connection whose answers time out, and
//! there is none for clusters. Here one rule holds for both: anything that is not an answer from
//! the server ends the connection, and the next command opens a new one. Commands are never
//! repeated here: only the caller knows whether that is harmless.

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisFuture,
    RedisResult, ServerErrorKind, Value,
};

use crate::RedisServer;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest wait for an answer. The driver's default of 500 ms is short for 2 MB of hits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the driver follows a cluster's redirections before a command fails.
const REDIRECTIONS: u32 = 4;
/// Longest wait between them, in milliseconds.
const REDIRECTION_WAIT_MS: u64 = 500;

/// Clones share the connection that exists when they are made.
#[derive(Clone)]
pub(crate) struct RedisConnection {
    server: RedisServer,
    link: Option<LiveConnection>,
}

#[derive(Clone)]
enum LiveConnection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl RedisConnection {
    /// Nothing is connected yet.
    pub(crate) const fn new(server: RedisServer) -> Self {
        Self { server, link: None }
    }

    pub(crate) const fn server(&self) -> &RedisServer {
        &self.server
    }

    async fn link(&mut self) -> RedisResult<&mut LiveConnection> {
        if self.link.is_none() {
            self.link = Some(LiveConnection::open(&self.server).await?);
        }
        self.link.as_mut().ok_or_else(|| (ErrorKind::Io, "no connection").into())
    }

    fn note<T>(&mut self, result: RedisResult<T>) -> RedisResult<T> {
        if let Err(problem) = &result
            && ends_connection(problem.kind())
        {
            self.link = None;
        }
        result
    }
}

/// A server that has become a replica says so in an answer; its name may lead to the new primary.
const fn ends_connection(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Server(kind) => matches!(kind, ServerErrorKind::ReadOnly),
        ErrorKind::Extension => false,
        _ => true,
    }
}

impl LiveConnection {
    async fn open(server: &RedisServer) -> RedisResult<Self> {
        if server.is_cluster() {
            open_cluster(server).await.map(Self::Cluster)
        } else {
            let node = server.nodes().first().ok_or((ErrorKind::InvalidClientConfig, "no host"))?;
            open_node(server, node.clone()).await.map(Self::Single)
        }
    }
}

/// A connection to one server, whether standalone or part of a cluster.
pub(crate) async fn open_node(
    server: &RedisServer,
    node: ConnectionInfo,
) -> RedisResult<MultiplexedConnection> {
    let client = match server.certificates() {
        Some(certificates) => Client::build_with_tls(node, certificates)?,
        None => Client::open(node)?,
    };
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn open_cluster(server: &RedisServer) -> RedisResult<ClusterConnection> {
    let mut builder = ClusterClient::builder(server.nodes().iter().cloned())
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(ANSWER_TIMEOUT)
        .retries(REDIRECTIONS)
        .max_retry_wait(REDIRECTION_WAIT_MS);
    if let Some(certificates) = server.certificates() {
        builder = builder.certs(certificates);
    }
    let client = builder.build()?;
    // The driver asks one node after the other, each within the connection's limit.
    let limit = CONNECT_TIMEOUT + ANSWER_TIMEOUT;
    match tokio::time::timeout(limit, client.get_async_connection()).await {
        Ok(connected) => connected,
        Err(_) => Err((ErrorKind::Io, "the cluster does not answer").into()),
    }
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let answer = match self.link().await? {
                LiveConnection::Single(link) => link.req_packed_command(command).await,
                LiveConnection::Cluster(link) => link.req_packed_command(command).await,
            };
            self.note(answer)
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let answer = match self.link().await? {
                LiveConnection::Single(link) => {
                    link.req_packed_commands(pipeline, offset, count).await
                }
                LiveConnection::Cluster(link) => {
                    link.req_packed_commands(pipeline, offset, count).await
                }
            };
            self.note(answer)
        })
    }

    fn get_db(&self) -> i64 {
        self.server.nodes().first().map_or(0, |node| node.redis_settings().db())
    }
}
