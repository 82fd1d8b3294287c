//! The open connections to the relay that are not in use. The most recently used one is used first,
//! so that a slow campaign keeps one connection warm rather than ten cold ones.
//!
//! Invariant: a connection is checked right before it is used, however long it has been waiting
//! here.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Metrics, count, uncount};
use crate::settings::Relay;
use crate::smtp::connection::{BrokenConnection, Connection};
use crate::smtp::tls::TlsClient;

/// An idle connection is closed after this.
const IDLE: Duration = Duration::from_secs(5);

pub(crate) struct ConnectionPool {
    relay: Arc<Relay>,
    tls: Option<TlsClient>,
    idle: RefCell<Vec<(PooledConnection, Instant)>>,
    metrics: Arc<Metrics>,
}

/// A connection that counts as open until it is dropped.
pub(crate) struct PooledConnection {
    pub(crate) connection: Connection,
    _counted: Counted,
}

struct Counted(Arc<Metrics>);

impl Drop for Counted {
    fn drop(&mut self) {
        uncount(&self.0.connections);
    }
}

impl ConnectionPool {
    pub(crate) fn new(relay: Arc<Relay>, tls: Option<TlsClient>, metrics: Arc<Metrics>) -> Self {
        Self { relay, tls, idle: RefCell::default(), metrics }
    }

    /// An open connection that can take another message.
    pub(crate) async fn reuse(&self) -> Option<PooledConnection> {
        loop {
            let (pooled, _) = self.idle.borrow_mut().pop()?;
            if pooled.connection.is_usable().await {
                return Some(pooled);
            }
            pooled.connection.quit().await;
        }
    }

    /// Opens a connection; `slow` is told about a likely mistake while it may still succeed.
    ///
    /// # Errors
    /// Says why the relay can't be used.
    pub(crate) async fn open(
        &self,
        slow: impl FnOnce(&str),
    ) -> Result<PooledConnection, BrokenConnection> {
        let connection = Connection::open_telling(&self.relay, self.tls.as_ref(), slow).await?;
        count(&self.metrics.connections);
        Ok(PooledConnection { connection, _counted: Counted(Arc::clone(&self.metrics)) })
    }

    /// How many are open, in use or not.
    pub(crate) fn standing(&self) -> usize {
        usize::try_from(self.metrics.connections.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// Keeps a connection for the next message, if it is usable and no more than `most` are open.
    pub(crate) async fn put_back(&self, pooled: PooledConnection, most: usize) {
        if self.standing() <= most && pooled.connection.can_go_on() {
            self.idle.borrow_mut().push((pooled, Instant::now()));
        } else {
            pooled.connection.quit().await;
        }
    }

    /// Closes idle connections, until `done`; then all of them.
    pub(crate) async fn run(self: Rc<Self>, done: CancellationToken) {
        while done.run_until_cancelled(tokio::time::sleep(IDLE / 5)).await.is_some() {
            while let Some(pooled) = self.longest_idle() {
                pooled.connection.quit().await;
            }
        }
        for (pooled, _) in self.idle.take() {
            pooled.connection.quit().await;
        }
    }

    fn longest_idle(&self) -> Option<PooledConnection> {
        let mut idle = self.idle.borrow_mut();
        // The one used last is at the end.
        let (_, since) = idle.first()?;
        (since.elapsed() >= IDLE).then(|| idle.remove(0).0)
    }
}
