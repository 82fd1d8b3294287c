//! Peers for tests: private PostgreSQL and Redis servers, a private rspamd, a DNS server
//! that knows a few names, a web server that answers as it is told, an authenticator with a passkey, and a proxy that breaks connections.
//!
//! Every peer has its own temporary folder and listens on a free loopback port; servers that are
//! already running are not touched. All of them end with the test process, however that ends. Only
//! for the tests of other crates: whatever goes wrong here panics and says what is missing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose peers don't come up can only end there and say why"
)]

mod authenticator;
mod certificate;
mod dns;
mod place_file;
mod ports;
mod postgres;
mod proxy;
mod redis_cluster;
mod redis_server;
mod rspamd;
mod server_folder;
mod wait;
mod web_server;

pub use authenticator::{
    Authenticator, AuthenticatorKeyKind, Ceremony, PRESENT_AND_VERIFIED, SignedAnswer,
};
pub use certificate::{certificate, certificate_for};
pub use dns::{Dns, DnsRecord};
pub use place_file::{PlaceOf, place_file};
pub use ports::free_port;
pub use postgres::Postgres;
pub use proxy::{Fault, Proxy};
pub use redis_cluster::RedisCluster;
pub use redis_server::Redis;
pub use rspamd::Rspamd;
pub use web_server::{WebAnswer, WebRequest, WebServer};
