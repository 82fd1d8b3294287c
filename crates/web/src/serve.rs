//! Accepts connections for a router, within limits, until told to stop.
//!
//! Invariants: never more than `connections` at once (others wait in the listener's backlog); a
//! client that does not send its headers in time is let go; after `shutdown` open requests may
//! finish for `drain`, then the rest is cut. Bare hyper instead of `axum::serve`, which has
//! neither limit.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What a listener bears.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at once.
    pub connections: usize,
    /// How long a client may take to send the headers of a request.
    pub header_timeout: Duration,
    /// How long open requests may take after the stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            header_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves `router` on `listener` until `shutdown` is cancelled and what was open is done.
///
/// # Errors
/// When the listener itself fails for good; a single failed accept is waited out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let Some(place) = place(&room, &shutdown).await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => connect(stream, router.clone(), limits, &graceful, place),
            Err(problem) => refused(&problem).await,
        }
    }
    drop(listener);
    if timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that were still open at the stop have been cut");
    }
    Ok(())
}

async fn place(
    room: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        place = Arc::clone(room).acquire_owned() => place.ok(),
        () = shutdown.cancelled() => None,
    }
}

fn connect(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    graceful: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(problem) = connection.await {
            tracing::debug!(%problem, "a connection ended early");
        }
        drop(place);
    });
}

/// Out of file descriptors, or the client was gone already: neither is a reason to stop, but
/// trying again at once would spin.
async fn refused(problem: &io::Error) {
    tracing::warn!(%problem, "can't accept a connection");
    sleep(Duration::from_millis(50)).await;
}
