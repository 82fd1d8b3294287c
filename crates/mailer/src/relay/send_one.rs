//! Sends one message outside any campaign: test messages.

use std::sync::Arc;

use model::EmailAddress;

use crate::settings::Relay;
use crate::smtp::connection::{BodyBroken, BrokenConnection, Connection, EnvelopeAnswer};
use crate::smtp::recorder::Recorder;
use crate::smtp::reply::Reply;
use crate::smtp::tls::{TlsClient, TlsProblem};

/// Why a single message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The TLS settings of the relay.
    #[error("the relay's TLS: {0}")]
    Tls(#[from] TlsProblem),
    /// The relay could not be reached, or disconnected before it had the message.
    #[error("{0}")]
    Relay(String),
    #[error("the relay refused it: {0}")]
    Refused(Reply),
    /// The connection was lost when the relay may already have accepted the message.
    #[error("{0}; it is unknown whether the relay accepted the message")]
    InDoubt(String),
    /// The message contains bytes that are not 7-bit.
    #[error("the message contains bytes that are not 7-bit")]
    NotAscii,
}

impl From<BrokenConnection> for SendError {
    fn from(broken: BrokenConnection) -> Self {
        Self::Relay(broken.to_string())
    }
}

/// Sends one finished message (CRLF lines, none beginning with a dot) over its own connection.
///
/// # Errors
/// Says whether the relay may have accepted the message.
pub async fn send_one(
    relay: &Relay,
    from: &EmailAddress,
    to: &EmailAddress,
    message: &[u8],
) -> Result<Reply, SendError> {
    exchange(relay, (from, to), message, None).await
}

/// The same, with somebody who listens.
pub(crate) async fn exchange(
    relay: &Relay,
    (from, to): (&EmailAddress, &EmailAddress),
    message: &[u8],
    recorder: Option<&Arc<Recorder>>,
) -> Result<Reply, SendError> {
    let text = std::str::from_utf8(message).map_err(|_| SendError::NotAscii)?;
    if !text.is_ascii() {
        return Err(SendError::NotAscii);
    }
    let tls = TlsClient::for_relay(relay)?;
    let relay = Arc::new(relay.clone());
    let slow = |what: &str| tracing::warn!(what, "waiting for the relay");
    let mut connection = Connection::open_recorded(&relay, tls.as_ref(), slow, recorder).await?;
    match connection.envelope(from, to, message.len()).await? {
        EnvelopeAnswer::Ready => {}
        EnvelopeAnswer::Refused { reply, .. } => {
            connection.quit().await;
            return Err(SendError::Refused(reply.kept(to.as_str())));
        }
    }
    let line_end = if text.ends_with("\r\n") { "" } else { "\r\n" };
    let reply = match connection.body(&format!("{text}{line_end}.\r\n"), &[]).await {
        Ok(reply) => reply.kept(to.as_str()),
        Err(BodyBroken::BeforeDot(broken)) => return Err(broken.into()),
        Err(BodyBroken::AfterDot(broken)) => return Err(SendError::InDoubt(broken.to_string())),
    };
    connection.quit().await;
    if reply.is_success() { Ok(reply) } else { Err(SendError::Refused(reply)) }
}
