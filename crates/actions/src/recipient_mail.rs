//! A mail of our own to somebody who has asked for it: a text, handed to the relay at once.
//!
//! Invariant: the log says nothing of whom it was for.

use std::time::Duration;

use access::share_token;
use campaign::TextMail;
use model::{EmailAddress, Timestamp};

use crate::{SendFailure, SettingsInUse};

/// How long to wait before a mail is handed over, and before it is tried again.
const TRIES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(10), Duration::from_secs(60)];

/// A mail that is to be made.
pub(crate) struct RecipientMail<'a> {
    pub(crate) to: &'a EmailAddress,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// For its Message-ID.
    pub(crate) kind: &'static str,
    pub(crate) at: Timestamp,
}

impl RecipientMail<'_> {
    /// Hands it to the relay, trying again while that is away. Whether it was accepted.
    pub(crate) async fn hand_over(&self, in_use: &SettingsInUse) -> bool {
        for pause in TRIES {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            match self.send(in_use).await {
                Ok(()) => return true,
                Err(Some(SendFailure::Unreachable { why, .. })) => {
                    tracing::warn!(%why, kind = self.kind, "the relay is away for a mail");
                }
                Err(failure) => {
                    let why = failure.map_or("no sender is set".to_owned(), |it| it.to_string());
                    tracing::debug!(%why, kind = self.kind, "a mail was not accepted");
                    break;
                }
            }
        }
        tracing::warn!(kind = self.kind, "a mail to a recipient was not sent");
        false
    }

    /// Hands it to the relay once.
    pub(crate) async fn send(&self, in_use: &SettingsInUse) -> Result<(), Option<SendFailure>> {
        let from = in_use.set_up.from.as_ref().ok_or(None)?;
        // Two mails of one moment have two ids; whose they are is in none.
        let unique = share_token().map_err(|_| None)?;
        let message = TextMail {
            from: (&in_use.sender.organisation, from),
            to: ("", self.to),
            subject: &self.subject,
            text: &self.text,
            html: None,
            at: self.at,
        };
        let bytes = message.to_bytes(&format!("{}.{}", self.kind, unique.0.reveal()));
        in_use.relay.send(from, self.to, &bytes).await.map(drop).map_err(Some)
    }
}
