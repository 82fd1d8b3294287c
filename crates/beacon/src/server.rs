//! The thread, its accept loop, its connections, and its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use journal::{GroupCommit, Journal};
use token::Keyring;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{LocalOptions, LocalRuntime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::gap::PendingGap;
use crate::ledger::Ledger;
use crate::lines::{Lines, Order, Socket};
use crate::request::Peer;
use crate::service::Service;
use crate::{Links, Metrics, Settings};

/// A request's head may take this much; real ones are below 2 KiB. Also hyper's read buffer.
const HEAD_BYTES: usize = 16 << 10;
/// How long to leave the listener alone when the process has no file left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Runs the beacon on a thread of its own until `shutdown`, then drains: requests under way are
/// answered, a gap is tried once more, everything appended is committed.
///
/// # Errors
/// When the listener can't be used, or the thread or its event loop can't be made.
pub fn spawn<L: Links>(
    listener: std::net::TcpListener,
    keys: Arc<Keyring>,
    links: L,
    journal: Journal,
    settings: Settings,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> io::Result<JoinHandle<()>> {
    listener.set_nonblocking(true)?;
    let (started, start) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("beacon".to_owned()).spawn(move || {
        // The event loop can't be sent to another thread, so it is made on its own.
        let runtime = match prepare(listener) {
            Ok(runtime) => runtime,
            Err(error) => return drop(started.send(Err(error))),
        };
        let (runtime, listener) = runtime;
        runtime.block_on(async {
            let gap = PendingGap::open(&journal);
            let (log, commits) = GroupCommit::new(journal);
            let commits = tokio::task::spawn_local(commits);
            let ledger = Rc::new(Ledger::new(log, gap, Arc::clone(&metrics)));
            let parts = (Arc::clone(&keys), links, Rc::clone(&ledger));
            match Service::new(parts.0, parts.1, parts.2, &settings, Arc::clone(&metrics)) {
                Ok(service) => {
                    let _ = started.send(Ok(()));
                    run(listener, service, ledger, settings, shutdown).await;
                }
                Err(error) => {
                    drop(ledger);
                    let _ = started.send(Err(io::Error::other(error)));
                }
            }
            // Ends when the last handle of the journal is gone.
            let _ = commits.await;
        });
    })?;
    start.recv().map_err(io::Error::other)??;
    Ok(thread)
}

fn prepare(listener: std::net::TcpListener) -> io::Result<(LocalRuntime, TcpListener)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    let listener = {
        let _inside = runtime.enter();
        TcpListener::from_std(listener)?
    };
    Ok((runtime, listener))
}

async fn run<L: Links>(
    listener: TcpListener,
    service: Service<L>,
    ledger: Rc<Ledger>,
    settings: Settings,
    shutdown: CancellationToken,
) {
    let stop_gaps = CancellationToken::new();
    let gaps = tokio::task::spawn_local(Rc::clone(&ledger).keep_gaps(stop_gaps.clone()));
    let stop_reserved = CancellationToken::new();
    let reserved =
        tokio::task::spawn_local(Rc::clone(&ledger).keep_reserved(stop_reserved.clone()));
    let lines = Rc::new(Lines::new(settings.header_timeout, settings.idle_timeout));
    let watch = tokio::task::spawn_local({
        let (lines, metrics) = (Rc::clone(&lines), Arc::clone(&service.metrics));
        async move { lines.watch(&metrics).await }
    });
    let most = u32::try_from(settings.max_connections).unwrap_or(u32::MAX).clamp(1, 1 << 20);
    let slots = Arc::new(Semaphore::new(most as usize));
    accept(listener, Rc::new(service), &lines, &slots, &shutdown).await;

    lines.order_all(Order::Finish);
    let all_closed = tokio::time::timeout(settings.drain_timeout, slots.acquire_many(most));
    if all_closed.await.is_err() {
        tracing::warn!("cut the connections that did not end in time");
        lines.order_all(Order::Cut);
        let _ = slots.acquire_many(most).await;
    }
    watch.abort();
    stop_gaps.cancel();
    let _ = gaps.await;
    ledger.close().await;
    stop_reserved.cancel();
    let _ = reserved.await;
}

/// Accepts while there are slots; when there are none, new clients wait in the listener's queue.
async fn accept<L: Links>(
    listener: TcpListener,
    service: Rc<Service<L>>,
    lines: &Rc<Lines>,
    slots: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) {
    let mut http = http1::Builder::new();
    // `lines` keeps the time; hyper's own timer would cost an allocation per request.
    http.header_read_timeout(None).max_buf_size(HEAD_BYTES).max_header_size(HEAD_BYTES);
    let http = Rc::new(http);
    loop {
        let slot = shutdown.run_until_cancelled(Arc::clone(slots).acquire_owned());
        let Some(Ok(slot)) = slot.await else { return };
        let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await else { return };
        match accepted {
            Ok((stream, peer)) => {
                let (http, service, lines) =
                    (Rc::clone(&http), Rc::clone(&service), Rc::clone(lines));
                tokio::task::spawn_local(serve(http, service, lines, stream, peer, slot));
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve<L: Links>(
    http: Rc<http1::Builder>,
    service: Rc<Service<L>>,
    lines: Rc<Lines>,
    stream: TcpStream,
    peer: SocketAddr,
    _slot: OwnedSemaphorePermit,
) {
    // Only latency is lost when it can't be set.
    let _ = stream.set_nodelay(true);
    let peer = Peer::new(peer, &service.trusted_proxies);
    let (number, line) = lines.enter();
    service.metrics.connections.fetch_add(1, Ordering::Relaxed);
    {
        let (service, line, peer) = (&service, &line, &peer);
        let answer = service_fn(move |request: Request<Incoming>| async move {
            line.asked();
            let answer = service.answer(peer, &request).await;
            line.answered();
            Ok::<_, Infallible>(answer)
        });
        let mut connection =
            pin!(http.serve_connection(Socket::new(stream, Rc::clone(line)), answer));
        let mut finishing = false;
        let ended = poll_fn(|context| {
            match line.order(context) {
                Order::Cut => return Poll::Ready(Ok(())),
                Order::Finish if !finishing => {
                    finishing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Order::Serve | Order::Finish => {}
            }
            connection.as_mut().poll(context)
        });
        if let Err(error) = ended.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
    lines.leave(number);
    service.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}
