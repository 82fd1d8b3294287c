//! Accepts HTTP/1.1 connections within limits that no client can stretch: for the beacon, which
//! serves them on one thread, and for pages, which are served on several.
//!
//! Invariants:
//!
//! - Never more than [`ClientLimits::connections`] at once. When all are in use, the client that has kept
//!   us waiting longest is closed for the next one; until one can be, others wait in the listener's queue.
//! - A client that takes too long to send a request or its body, to send the next one, or to read its
//!   answer is disconnected. None of that needs a timer per request.
//! - A client that closes its sending side still gets its answer, unless that is a stream of events.
//! - A stream of events lasts as long as its reader takes what is sent; it gives way to nobody.
//! - After the stop, requests under way may finish within [`ClientLimits::drain`]; then the rest are
//!   closed.
//!
//! Knows nothing about requests and answers themselves.

mod accept;
mod body_wait;
mod client;
mod guard;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use accept::accept;
pub use client::AcceptedClient;

/// What a listener bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    pub connections: usize,
    /// From a request's first byte to the end of its head; also from accepting a connection to the
    /// end of its first request's head.
    pub header: Duration,
    /// How long a connection may wait between two requests.
    pub idle: Duration,
    /// How long a client may take to read an answer, plus one second for each 4 KiB that it reads; and
    /// how long it may keep us waiting for a request's body, in the same way.
    pub taking: Duration,
    /// A client that has kept us waiting this long may be closed to make room.
    pub quiet: Duration,
    /// How long requests under way may take after the stop.
    pub drain: Duration,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            header: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            taking: Duration::from_secs(20),
            quiet: Duration::from_secs(1),
            drain: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Default)]
pub struct ClientCounters {
    pub open: AtomicU64,
    /// Connections closed because their client took too long.
    pub shed: AtomicU64,
    /// Connections ended to make room for others.
    pub gave_way: AtomicU64,
}
