//! Hands single messages to the relay, over a connection of their own.
//!
//! Invariant: a conversation that has begun is brought to its end, whatever becomes of whoever asked
//! for it.

use std::sync::Arc;

use actions::{MessageSender, RelayReply, SendFailure, Sending};
use mailer::{Relay, SendError};
use model::EmailAddress;
use tokio::sync::Semaphore;

use crate::config::Config;

/// Connections for single messages at once.
const CONNECTIONS: usize = 2;

pub(crate) struct RelaySender {
    /// None while it is not set; then nobody sends.
    relay: Option<Relay>,
    /// Where bounces go, if not to the message's sender.
    return_path: Option<EmailAddress>,
    permits: Arc<Semaphore>,
}

impl RelaySender {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            relay: config.relay.clone(),
            return_path: config.return_path.clone(),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    async fn hand_over(
        &self,
        from: &EmailAddress,
        to: &EmailAddress,
        message: &[u8],
    ) -> Result<RelayReply, SendFailure> {
        let Some(relay) = self.relay.clone() else {
            let (relay, why) = (String::new(), "no relay is set".to_owned());
            return Err(SendFailure::Unreachable { relay, why });
        };
        let (place, to, message) =
            (format!("{}:{}", relay.host, relay.port), to.clone(), message.to_vec());
        let from = self.return_path.as_ref().unwrap_or(from).clone();
        // Never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        // A connection stays on its thread.
        let talk = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| SendError::Relay(error.to_string()))?;
            runtime.block_on(mailer::send_one(&relay, &from, &to, &message))
        });
        let relay = place;
        match talk.await {
            Ok(Ok(reply)) => Ok(RelayReply { relay, text: reply.to_string() }),
            Ok(Err(SendError::Refused(reply))) => {
                Err(SendFailure::Refused { relay, reply: reply.to_string() })
            }
            Ok(Err(error @ SendError::InDoubt(_))) => {
                Err(SendFailure::InDoubt { relay, why: error.to_string() })
            }
            Ok(Err(error)) => Err(SendFailure::Unreachable { relay, why: error.to_string() }),
            Err(error) => Err(SendFailure::InDoubt { relay, why: error.to_string() }),
        }
    }
}

impl MessageSender for RelaySender {
    fn send<'a>(
        &'a self,
        from: &'a EmailAddress,
        to: &'a EmailAddress,
        message: &'a [u8],
    ) -> Sending<'a> {
        Box::pin(self.hand_over(from, to, message))
    }
}
