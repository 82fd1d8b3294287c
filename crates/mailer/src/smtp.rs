//! One conversation with a relay: bytes, TLS, replies, transactions. Knows no campaign and no store.

pub(crate) mod connection;
pub(crate) mod phased_stream;
pub(crate) mod recorder;
pub(crate) mod reply;
pub(crate) mod reply_reader;
pub(crate) mod tls;
