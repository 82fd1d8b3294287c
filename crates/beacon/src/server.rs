//! A thread of the beacon and how it stops.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use journal::{GroupCommit, Journal};
use listener::AcceptedClient;
use token::Keyring;
use tokio::net::TcpListener;
use tokio::runtime::{LocalOptions, LocalRuntime};
use tokio_util::sync::CancellationToken;

use crate::gap::PendingGap;
use crate::hit_writer::HitWriter;
use crate::request::Peer;
use crate::service::Service;
use crate::{Links, Metrics, Settings};

/// Runs one thread of the beacon until `shutdown`, then drains: requests under way are answered, a
/// gap is tried once more, everything appended is committed. Several share an address when each is
/// given a listener with SO_REUSEPORT; `settings` and `metrics` are then each thread's own.
///
/// # Errors
/// When the listener can't be used, or the thread or its event loop can't be created.
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
            let hit_writer = Rc::new(HitWriter::new(log, gap, Arc::clone(&metrics)));
            let parts = (Arc::clone(&keys), links, Rc::clone(&hit_writer));
            match Service::new(parts.0, parts.1, parts.2, &settings, Arc::clone(&metrics)) {
                Ok(service) => {
                    let _ = started.send(Ok(()));
                    run(listener, service, hit_writer, settings, shutdown).await;
                }
                Err(error) => {
                    drop(hit_writer);
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
    hit_writer: Rc<HitWriter>,
    settings: Settings,
    shutdown: CancellationToken,
) {
    let stop_gaps = CancellationToken::new();
    let gaps = tokio::task::spawn_local(Rc::clone(&hit_writer).keep_gaps(stop_gaps.clone()));
    let stop_reserved = CancellationToken::new();
    let reserved =
        tokio::task::spawn_local(Rc::clone(&hit_writer).keep_reserved(stop_reserved.clone()));
    let (clients, service) = (Arc::clone(&service.metrics.clients), Rc::new(service));
    listener::accept(listener, settings.clients, clients, &shutdown, |client| {
        tokio::task::spawn_local(serve(Rc::clone(&service), client));
    })
    .await;
    stop_gaps.cancel();
    let _ = gaps.await;
    hit_writer.close().await;
    stop_reserved.cancel();
    let _ = reserved.await;
}

async fn serve<L: Links>(service: Rc<Service<L>>, client: AcceptedClient) {
    let peer = Peer::new(client.peer(), &service.trusted_proxies);
    let (service, peer) = (&service, &peer);
    client.serve(|request| async move { service.answer(peer, &request).await }).await;
}
