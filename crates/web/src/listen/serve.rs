//! Serves a router on a listener, within the listener's limits, until told to stop.

use std::sync::Arc;

use axum::Router;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use listener::{ClientCounters, ClientLimits};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listen::peer::PeerAddress;

/// Serves `router` on `listener` until `shutdown` is cancelled and what was open is done. Bare
/// hyper instead of `axum::serve`, which has no limits.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ClientLimits,
    counters: Arc<ClientCounters>,
    shutdown: CancellationToken,
) {
    let service = TowerToHyperService::new(router);
    listener::accept(listener, limits, counters, &shutdown, |client| {
        let (service, peer) = (service.clone(), PeerAddress(client.peer().ip()));
        tokio::spawn(client.serve(move |mut request| {
            request.extensions_mut().insert(peer);
            let answer = service.call(request);
            async move {
                match answer.await {
                    Ok(answer) => answer,
                    Err(never) => match never {},
                }
            }
        }));
    })
    .await;
}
