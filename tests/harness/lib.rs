//! What the stories are told with: the real binary, real mail servers, plain HTTP.

#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "for the stories beside it alone; one that can't go on ends there and says why"
)]

pub mod backing;
pub mod binary;
pub mod browser;
pub mod cluster;
pub mod dice;
pub mod http;
pub mod letter;
pub mod mailhost;
pub mod pharos;
pub mod session;
pub mod sink;
pub mod small_disk;
pub mod tls_proxy;
pub mod wait;

pub use backing::Backing;
pub use binary::Said;
pub use cluster::{Cluster, Node};
pub use dice::Dice;
pub use letter::Letter;
pub use mailhost::MailHost;
pub use pharos::Pharos;
pub use session::Session;
pub use sink::Sink;
pub use small_disk::SmallDisk;
pub use tls_proxy::TlsProxy;
