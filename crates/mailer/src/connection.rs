//! One conversation with a relay: opened, logged in, and taken through transactions.
//!
//! Invariants: replies are read in the order of the commands and drained even after a refusal, so
//! the conversation never falls out of step; what can't be understood ends it ([`Broken`]). The
//! caller always learns whether the final dot can have left.

mod greet;

use std::fmt;
use std::sync::Arc;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Quit, Rset};
use lettre::transport::smtp::response::Response;
use model::EmailAddress;

use crate::reply::Reply;
use crate::settings::Relay;
use crate::stream::Control;

/// Time for a goodbye.
const QUIT_TIME: std::time::Duration = std::time::Duration::from_secs(2);

/// The conversation ended without an answer that means anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(pub(crate) String);

/// The relay's word on an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeAnswer {
    /// It waits for the message.
    Ready,
    /// It refused.
    Refused {
        /// To which command.
        stage: Stage,
        /// How.
        reply: Reply,
    },
}

/// The commands of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Mail,
    Rcpt,
    Data,
}

/// How the handing over of a message broke.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyBroken {
    /// The final dot can't have left.
    BeforeDot(Broken),
    /// It may have: whether the relay took the message is unknown.
    AfterDot(Broken),
}

/// An open conversation.
pub(crate) struct Connection {
    smtp: AsyncSmtpConnection,
    control: Arc<Control>,
    relay: Arc<Relay>,
    pipelining: bool,
    size: Option<u64>,
    reset_first: bool,
    closing: bool,
    messages: usize,
}

/// `[RSET] MAIL RCPT [DATA]` as one write.
struct Group<'a> {
    reset: bool,
    from: &'a EmailAddress,
    to: &'a EmailAddress,
    size: Option<usize>,
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reset {
            f.write_str("RSET\r\n")?;
        }
        write!(f, "{}RCPT TO:<{}>\r\nDATA\r\n", Mail { from: self.from, size: self.size }, self.to)
    }
}

struct Mail<'a> {
    from: &'a EmailAddress,
    size: Option<usize>,
}

impl fmt::Display for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MAIL FROM:<{}>", self.from)?;
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        f.write_str("\r\n")
    }
}

impl Connection {
    /// Whether another message may be begun.
    pub(crate) async fn is_usable(&self) -> bool {
        !self.closing
            && self.messages < self.relay.messages_per_connection
            && self.control.is_quiet().await
    }

    /// Whether commands are sent without waiting for each answer.
    pub(crate) const fn is_pipelining(&self) -> bool {
        self.pipelining
    }

    /// The most bytes a message may have, if the relay says so.
    pub(crate) const fn size_limit(&self) -> Option<u64> {
        match self.size {
            Some(0) | None => None,
            limit => limit,
        }
    }

    /// Announces one message to one recipient. After [`EnvelopeAnswer::Ready`] only
    /// [`Self::body`] or dropping the connection makes sense.
    pub(crate) async fn envelope(
        &mut self,
        from: &EmailAddress,
        to: &EmailAddress,
        bytes: usize,
    ) -> Result<EnvelopeAnswer, Broken> {
        self.messages += 1;
        let size = self.size.is_some().then_some(bytes);
        let answer = if self.pipelining {
            self.envelope_at_once(from, to, size).await
        } else {
            self.envelope_in_steps(from, to, size).await
        }?;
        if let EnvelopeAnswer::Refused { reply, .. } = &answer {
            self.reset_first = true;
            self.closing |= reply.closes();
        }
        Ok(answer)
    }

    async fn envelope_at_once(
        &mut self,
        from: &EmailAddress,
        to: &EmailAddress,
        size: Option<usize>,
    ) -> Result<EnvelopeAnswer, Broken> {
        let reset = std::mem::take(&mut self.reset_first);
        let mut reply = self.ask(Group { reset, from, to, size }).await?;
        if reset {
            success(&reply, "RSET")?;
            reply = self.listen().await?;
        }
        let mut refused = refusal(Stage::Mail, reply)?;
        for stage in [Stage::Rcpt, Stage::Data] {
            if refused.as_ref().is_some_and(|(_, reply)| reply.closes()) {
                break;
            }
            let reply = match self.listen().await {
                Ok(reply) => reply,
                // The verdict is known; only the connection is lost.
                Err(_) if refused.is_some() => {
                    self.closing = true;
                    break;
                }
                Err(broken) => return Err(broken),
            };
            if stage == Stage::Data && refused.is_some() && reply.code == 354 {
                self.lone_dot().await;
            } else if refused.is_none() {
                refused = refusal(stage, reply)?;
            }
        }
        Ok(answer(refused))
    }

    /// The relay waits for a message although it refused the recipient: an empty one ends that
    /// (RFC 2920 section 3.1).
    async fn lone_dot(&mut self) {
        self.closing |= self.ask(".\r\n").await.is_err();
    }

    async fn envelope_in_steps(
        &mut self,
        from: &EmailAddress,
        to: &EmailAddress,
        size: Option<usize>,
    ) -> Result<EnvelopeAnswer, Broken> {
        if std::mem::take(&mut self.reset_first) {
            success(&self.ask(Rset).await?, "RSET")?;
        }
        let reply = self.ask(Mail { from, size }).await?;
        let mut refused = refusal(Stage::Mail, reply)?;
        if refused.is_none() {
            let reply = self.ask(format_args!("RCPT TO:<{to}>\r\n")).await?;
            refused = refusal(Stage::Rcpt, reply)?;
        }
        if refused.is_none() {
            let reply = self.ask("DATA\r\n").await?;
            refused = refusal(Stage::Data, reply)?;
        }
        Ok(answer(refused))
    }

    /// Hands the message over: whole lines, none beginning with a dot, then the final
    /// `CRLF.CRLF`; all in one write. Waits for the relay's word on it.
    pub(crate) async fn body(&mut self, message_and_dot: &str) -> Result<Reply, BodyBroken> {
        let whole = self.control.written() + message_and_dot.len() as u64;
        self.control.allow(self.relay.data_timeout);
        let answered = understood(self.smtp.command(message_and_dot).await, &self.relay);
        self.closing = !matches!(&answered, Ok(reply) if !reply.closes());
        match answered {
            Ok(reply) if reply.is_success() || reply.is_refusal() => Ok(reply),
            Ok(reply) => {
                self.closing = true;
                Err(BodyBroken::AfterDot(Broken(format!(
                    "the relay answered the message with {reply}"
                ))))
            }
            // Encryption only adds bytes, so fewer than the plain ones means: not all of it.
            Err(broken) if self.control.written() < whole => Err(BodyBroken::BeforeDot(broken)),
            Err(broken) => Err(BodyBroken::AfterDot(broken)),
        }
    }

    /// Says goodbye, if there is a way to.
    pub(crate) async fn quit(mut self) {
        if !self.closing {
            self.control.allow(QUIT_TIME.min(self.relay.reply_timeout));
            let _ = self.smtp.command(Quit).await;
        }
    }

    async fn ask(&mut self, command: impl fmt::Display) -> Result<Reply, Broken> {
        self.control.allow(self.relay.reply_timeout);
        understood(self.smtp.command(command).await, &self.relay)
    }

    async fn listen(&mut self) -> Result<Reply, Broken> {
        self.control.allow(self.relay.reply_timeout);
        understood(self.smtp.read_response().await, &self.relay)
    }
}

type Refusal = Option<(Stage, Reply)>;

fn answer(refused: Refusal) -> EnvelopeAnswer {
    match refused {
        None => EnvelopeAnswer::Ready,
        Some((stage, reply)) => EnvelopeAnswer::Refused { stage, reply },
    }
}

/// A refusal, or nothing if the relay agreed. A reply that makes no sense here means that the
/// conversation is out of step, and then no body may follow.
fn refusal(stage: Stage, reply: Reply) -> Result<Refusal, Broken> {
    let agreed = if stage == Stage::Data { reply.code == 354 } else { reply.is_success() };
    if agreed {
        Ok(None)
    } else if reply.is_refusal() {
        Ok(Some((stage, reply)))
    } else {
        Err(Broken(format!("the relay answered {stage:?} with code {}", reply.code)))
    }
}

fn success(reply: &Reply, command: &str) -> Result<(), Broken> {
    if reply.is_success() {
        Ok(())
    } else {
        Err(Broken(format!("the relay answered {command} with code {}", reply.code)))
    }
}

/// lettre makes an error of every refusal; here a refusal is an answer.
fn understood(
    result: Result<Response, lettre::transport::smtp::Error>,
    relay: &Relay,
) -> Result<Reply, Broken> {
    match result {
        Ok(response) => {
            let text = response.message().collect::<Vec<_>>().join(" ");
            Ok(Reply { code: response.code().into(), text })
        }
        Err(error) => match error.status() {
            Some(code) => {
                let text = std::error::Error::source(&error);
                Ok(Reply::new(code.into(), &text.map(ToString::to_string).unwrap_or_default()))
            }
            None => Err(broken(&error, relay)),
        },
    }
}

fn broken(error: &lettre::transport::smtp::Error, relay: &Relay) -> Broken {
    let place = format!("{}:{}", relay.host, relay.port);
    if error.is_timeout() {
        return Broken(format!("{place} did not answer in time"));
    }
    match std::error::Error::source(error).map(ToString::to_string) {
        // lettre's words for an end of stream where a reply was due.
        Some(text) if text == "incomplete response" => {
            Broken(format!("{place} closed the connection"))
        }
        Some(text) => Broken(format!("the connection to {place} broke: {text}")),
        None => Broken(format!("the connection to {place} broke: {error}")),
    }
}
