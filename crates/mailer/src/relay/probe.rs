//! Whether a relay can be reached and accepts our login, for `pharos check`. Sends nothing.

use std::sync::Arc;

use crate::relay::send_one::SendError;
use crate::settings::Relay;
use crate::smtp::connection::Connection;
use crate::smtp::tls::TlsClient;

/// What a relay says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayFacts {
    /// The largest message in bytes, if it says so.
    pub size_limit: Option<u64>,
    /// Whether commands may be sent without waiting for each answer (RFC 2920).
    pub pipelining: bool,
}

/// Connects, encrypts and logs in as the settings say, and says goodbye.
///
/// # Errors
/// Says at which step it failed, and what the relay answered.
pub async fn probe(relay: &Relay) -> Result<RelayFacts, SendError> {
    probe_telling(relay, |_| {}).await
}

/// Like [`probe`]; `slow` is told within seconds about a mistake that a silent relay makes likely,
/// while the probe keeps waiting.
///
/// # Errors
/// Says at which step it failed, and what the relay answered.
pub async fn probe_telling(
    relay: &Relay,
    slow: impl FnOnce(&str),
) -> Result<RelayFacts, SendError> {
    let tls = TlsClient::for_relay(relay)?;
    let relay = Arc::new(relay.clone());
    let connection = Connection::open_telling(&relay, tls.as_ref(), slow).await?;
    let facts =
        RelayFacts { size_limit: connection.size_limit(), pipelining: connection.is_pipelining() };
    connection.quit().await;
    Ok(facts)
}
