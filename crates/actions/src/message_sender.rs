//! What hands single messages to the relay: implemented where the relay is known.

use std::fmt;
use std::pin::Pin;

use model::EmailAddress;

/// What hands single messages to the relay, one at a time and outside any queue.
pub trait MessageSender: Send + Sync {
    /// Hands over a finished message (CRLF lines, none beginning with a dot), and answers what the
    /// relay has said. `from` is the message's own sender.
    fn send<'a>(
        &'a self,
        from: &'a EmailAddress,
        to: &'a EmailAddress,
        message: &'a [u8],
    ) -> Sending<'a>;
}

/// A message on its way to the relay.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<RelayReply, SendFailure>> + Send + 'a>>;

/// What the relay has said to a message that it has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayReply {
    /// Its host and port.
    pub relay: String,
    pub text: String,
}

/// Why a message was not sent, in words that hold no address of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFailure {
    /// The relay's reply.
    Refused { relay: String, reply: String },
    /// It was not asked, or broke off before it had the message.
    Unreachable { relay: String, why: String },
    /// The relay may have accepted it.
    InDoubt { relay: String, why: String },
}

impl fmt::Display for SendFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { relay, reply } => {
                write!(f, "the relay {relay} did not accept it: {reply}")
            }
            Self::Unreachable { relay, why } => {
                write!(f, "the relay {relay} can't be reached: {why}")
            }
            Self::InDoubt { relay, why } => {
                write!(f, "it is unknown whether the relay {relay} has accepted it: {why}")
            }
        }
    }
}
