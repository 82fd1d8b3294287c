//! Free loopback ports for servers that can't choose one themselves.
//!
//! They are below the range from which Linux takes the ports of outgoing connections. Otherwise a
//! client that keeps trying to reach a stopped server could be given the server's own port, connect
//! to itself, and keep the server from coming back.

use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const FIRST: u16 = 12_000;
/// A Redis in cluster mode also takes the port 10,000 above: below the outgoing range as well,
/// and nobody's first port.
const COUNT: u16 = 10_000;

/// A port that nobody is listening on at this moment, and that this process has not given out
/// lately. Another process may still be faster: a caller whose server can't bind tries again with
/// another port.
pub fn free_port() -> u16 {
    static BEGIN: OnceLock<u64> = OnceLock::new();
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    // Test processes that run side by side begin at different places.
    let begin = *BEGIN.get_or_init(|| RandomState::new().hash_one("ports") >> 1);
    (0..COUNT)
        .map(|_| begin + GIVEN.fetch_add(1, Ordering::Relaxed))
        .map(|number| FIRST + u16::try_from(number % u64::from(COUNT)).expect("below COUNT"))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
