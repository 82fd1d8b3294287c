//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::Extensions;

/// The address of the client on the other side of the connection. Never to be logged as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// Of a request; unspecified for one that came over no connection.
    pub(crate) fn of(request: &Extensions) -> Self {
        let unknown = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        request.get().copied().unwrap_or(unknown)
    }
}
