//! The accept loop and how it stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::guard::{OpenClients, Order};
use crate::{AcceptedClient, ClientCounters, ClientLimits};

/// How long to pause accepting when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `shutdown`, then waits for the end of what is under way. `spawn` must have each
/// client served, or drop it.
pub async fn accept(
    listener: TcpListener,
    limits: ClientLimits,
    counters: Arc<ClientCounters>,
    shutdown: &CancellationToken,
    spawn: impl Fn(AcceptedClient),
) {
    let clients = Arc::new(OpenClients::new(limits, counters));
    let most = u32::try_from(limits.connections).unwrap_or(u32::MAX).clamp(1, 1 << 20);
    let slots = Arc::new(Semaphore::new(most as usize));
    let work = async {
        let _ = shutdown.run_until_cancelled(let_in(&listener, &clients, &slots, &spawn)).await;
        drop(listener);
        clients.order_all(Order::Finish);
        if tokio::time::timeout(limits.drain, slots.acquire_many(most)).await.is_err() {
            tracing::warn!("closed the connections that did not end in time");
            clients.order_all(Order::Cut);
            let _ = slots.acquire_many(most).await;
        }
    };
    tokio::select! {
        never = clients.watch() => match never {},
        () = work => {}
    }
}

/// Accepts clients for as long as it is polled.
async fn let_in(
    listener: &TcpListener,
    clients: &Arc<OpenClients>,
    slots: &Arc<Semaphore>,
    spawn: &impl Fn(AcceptedClient),
) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some(slot) = slot(clients, slots).await else { return };
                spawn(AcceptedClient { stream, peer, place: clients.enter(), slot });
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Makes room for one more if necessary.
async fn slot(clients: &OpenClients, slots: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    loop {
        let free = Arc::clone(slots).acquire_owned();
        // Somebody who has just asked may fall quiet.
        match tokio::time::timeout(Duration::ZERO, free).await {
            Ok(slot) => return slot.ok(),
            Err(_) => clients.give_way(),
        }
        let free = Arc::clone(slots).acquire_owned();
        if let Ok(slot) = tokio::time::timeout(clients.tick(), free).await {
            return slot.ok();
        }
    }
}
