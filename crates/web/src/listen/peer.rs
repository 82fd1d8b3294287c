//! Who sent a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::HeaderValue;
use axum::http::{Extensions, HeaderMap};
use model::Network;

/// The other side of a connection, as the listener puts it beside each of its requests.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// Proxies whose `X-Forwarded-For` is believed.
pub type TrustedProxies = Arc<[Network]>;

/// The client's address, as found behind trusted proxies. The proxy itself when it gave none: people
/// behind it then share what guessing is counted by, which is worse for them and safe.
pub(crate) fn client(request: &Request, trusted: &[Network]) -> IpAddr {
    client_of(request.extensions(), request.headers(), trusted)
}

/// The same, of a request's parts.
pub(crate) fn client_of(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[Network],
) -> IpAddr {
    let peer = extensions.get::<PeerAddress>().map_or(IpAddr::from([127, 0, 0, 1]), |it| it.0);
    let forwarded = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    model::client_address(peer, forwarded, trusted).unwrap_or(peer)
}
