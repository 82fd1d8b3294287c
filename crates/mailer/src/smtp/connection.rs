//! One conversation with a relay: opened, logged in, and taken through transactions.
//!
//! Invariants: replies are read in the order of the commands and drained even after a refusal, so
//! the conversation never gets out of step; a reply that can't be understood ends it
//! ([`BrokenConnection`]). The caller always learns whether the final dot may have been sent.

mod dial;
mod offers;
mod open;
mod smtp_stream;

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use model::EmailAddress;

use self::smtp_stream::{NoReply, SmtpStream};
use crate::settings::Relay;
use crate::smtp::reply::Reply;
use crate::smtp::reply_reader::{ReceivedReply, UnreadableReply};

/// Time limit for QUIT.
const QUIT_TIME: Duration = Duration::from_secs(2);
/// How long to wait for the reply of a relay that stopped reading during a message.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The conversation ended without a meaningful answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct BrokenConnection {
    /// For people; quotes nothing the relay said about a recipient.
    what: String,
    /// The envelope command at which it happened.
    pub(crate) stage: Option<Stage>,
    /// The relay's code, if it refused to start a conversation.
    pub(crate) code: Option<u16>,
}

impl BrokenConnection {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), stage: None, code: None }
    }

    fn refused(code: u16, what: String) -> Self {
        Self { what, stage: None, code: Some(code) }
    }

    fn at(self, stage: Stage) -> Self {
        Self { stage: Some(stage), ..self }
    }
}

/// The relay's answer to an envelope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeAnswer {
    /// It is waiting for the message.
    Ready,
    Refused {
        stage: Stage,
        reply: Reply,
    },
}

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Mail,
    Rcpt,
    Data,
    /// The message with its final dot.
    Message,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Message => "the message",
        })
    }
}

/// How handing over a message failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyBroken {
    /// The final dot can't have been sent.
    BeforeDot(BrokenConnection),
    /// It may have been: it is unknown whether the relay accepted the message.
    AfterDot(BrokenConnection),
}

pub(crate) struct Connection {
    smtp: SmtpStream,
    relay: Arc<Relay>,
    pipelining: bool,
    size: Option<u64>,
    /// Kept only to be reused.
    command: String,
    reset_first: bool,
    closing: bool,
    messages: usize,
}

/// `[RSET] MAIL RCPT [DATA]` as one write.
struct CommandGroup<'a> {
    reset: bool,
    from: &'a EmailAddress,
    to: &'a EmailAddress,
    size: Option<usize>,
}

impl fmt::Display for CommandGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reset {
            f.write_str("RSET\r\n")?;
        }
        write!(
            f,
            "{}RCPT TO:<{}>\r\nDATA\r\n",
            MailCommand { from: self.from, size: self.size },
            self.to
        )
    }
}

struct MailCommand<'a> {
    from: &'a EmailAddress,
    size: Option<usize>,
}

impl fmt::Display for MailCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MAIL FROM:<{}>", self.from)?;
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        f.write_str("\r\n")
    }
}

impl Connection {
    /// Whether another message may be started.
    pub(crate) async fn is_usable(&self) -> bool {
        self.can_go_on() && self.smtp.is_quiet().await
    }

    /// Whether nothing so far ends the conversation.
    pub(crate) fn can_go_on(&self) -> bool {
        !self.closing && self.messages < self.relay.messages_per_connection
    }

    /// Whether this is the first message.
    pub(crate) const fn is_new(&self) -> bool {
        self.messages <= 1
    }

    /// Whether commands are sent without waiting for each answer.
    pub(crate) const fn is_pipelining(&self) -> bool {
        self.pipelining
    }

    /// The largest message in bytes, if the relay says so.
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
    ) -> Result<EnvelopeAnswer, BrokenConnection> {
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
    ) -> Result<EnvelopeAnswer, BrokenConnection> {
        let reset = std::mem::take(&mut self.reset_first);
        let first = self.ask(CommandGroup { reset, from, to, size }).await;
        let mut answered = self.understood(Stage::Mail, first)?;
        if reset {
            self.success(&answered, "RSET")?;
            let mail = self.listen().await;
            answered = self.understood(Stage::Mail, mail)?;
        }
        let mut refused = self.refusal(Stage::Mail, answered)?;
        for stage in [Stage::Rcpt, Stage::Data] {
            if refused.as_ref().is_some_and(|(_, reply)| reply.closes()) {
                break;
            }
            let answered = self.listen().await;
            let reply = match self.understood(stage, answered) {
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
                refused = self.refusal(stage, reply)?;
            }
        }
        Ok(answer(refused))
    }

    /// The relay waits for a message although it refused the recipient: an empty one ends that (RFC
    /// 2920 section 3.1).
    async fn lone_dot(&mut self) {
        self.closing |= self.ask(".\r\n").await.is_err();
    }

    async fn envelope_in_steps(
        &mut self,
        from: &EmailAddress,
        to: &EmailAddress,
        size: Option<usize>,
    ) -> Result<EnvelopeAnswer, BrokenConnection> {
        if std::mem::take(&mut self.reset_first) {
            let answered = self.ask("RSET\r\n").await;
            self.success(&self.understood(Stage::Mail, answered)?, "RSET")?;
        }
        for stage in [Stage::Mail, Stage::Rcpt, Stage::Data] {
            let answered = match stage {
                Stage::Mail => self.ask(MailCommand { from, size }).await,
                Stage::Rcpt => self.ask(format!("RCPT TO:<{to}>\r\n")).await,
                Stage::Data | Stage::Message => self.ask("DATA\r\n").await,
            };
            let reply = self.understood(stage, answered)?;
            let refused = self.refusal(stage, reply)?;
            if refused.is_some() {
                return Ok(answer(refused));
            }
        }
        Ok(EnvelopeAnswer::Ready)
    }

    /// Sends the message: whole lines, none beginning with a dot, then the final `CRLF.CRLF`, all
    /// in one write. Waits for the relay's reply to it.
    pub(crate) async fn body(&mut self, own: &str, shared: &[u8]) -> Result<Reply, BodyBroken> {
        let whole = self.smtp.written() + (own.len() + shared.len()) as u64;
        self.smtp.allow(self.relay.data_timeout);
        let mut sent = self.smtp.send(own.as_bytes()).await;
        if sent.is_ok() && !shared.is_empty() {
            sent = self.smtp.send(shared).await;
        }
        // Encryption only adds bytes, so fewer than the plain ones means: not all of it.
        if self.smtp.written() < whole {
            self.closing = true;
            return self.last_words(sent).await.map_err(BodyBroken::BeforeDot);
        }
        let answered = match sent {
            Ok(()) => self.word_on_message().await,
            // All of it left, so the word may have come all the same.
            Err(error) => {
                self.smtp.allow(LAST_WORDS);
                self.word_on_message().await.map_err(|_| error.into())
            }
        };
        self.closing |= !matches!(&answered, Ok(reply) if !reply.closes());
        match answered {
            Ok(reply) if reply.is_success() || reply.is_refusal() => Ok(reply),
            Ok(reply) => {
                self.closing = true;
                Err(BodyBroken::AfterDot(self.misplaced("the message", reply.code)))
            }
            Err(why) => Err(BodyBroken::AfterDot(no_reply(&self.relay, "the message", &why))),
        }
    }

    /// The reply after the dot. It is the only one that is due, so malformed lines may be skipped,
    /// and a reply that breaks off counts as far as it came.
    async fn word_on_message(&mut self) -> Result<Reply, NoReply> {
        loop {
            match self.smtp.receive().await {
                Ok(reply) => return Ok(reply.into()),
                Err(NoReply::Unreadable(UnreadableReply::NotAReply)) => {}
                Err(why) => {
                    self.closing = true;
                    return self.smtp.cut_off().map(Reply::from).ok_or(why);
                }
            }
        }
    }

    /// A relay that disconnects during a message may have said why, such as its size.
    async fn last_words(&mut self, sent: std::io::Result<()>) -> Result<Reply, BrokenConnection> {
        let why = sent.err().map_or(NoReply::Closed, NoReply::from);
        self.smtp.allow(LAST_WORDS);
        match self.smtp.receive().await.map(Reply::from) {
            Ok(reply) if reply.is_refusal() => Ok(reply),
            _ => Err(no_reply(&self.relay, "the message", &why)),
        }
    }

    /// Says goodbye, if that is still possible.
    pub(crate) async fn quit(mut self) {
        if !self.closing {
            self.smtp.allow(QUIT_TIME.min(self.relay.reply_timeout));
            let _ = self.smtp.ask("QUIT\r\n").await;
        }
    }

    async fn ask(&mut self, command: impl fmt::Display) -> Result<ReceivedReply, NoReply> {
        self.smtp.allow(self.relay.reply_timeout);
        self.command.clear();
        // Writing into a String never fails.
        let _ = write!(self.command, "{command}");
        self.smtp.ask(&self.command).await
    }

    async fn listen(&mut self) -> Result<ReceivedReply, NoReply> {
        self.smtp.allow(self.relay.reply_timeout);
        self.smtp.receive().await
    }

    fn understood(
        &self,
        stage: Stage,
        answered: Result<ReceivedReply, NoReply>,
    ) -> Result<Reply, BrokenConnection> {
        answered
            .map(Reply::from)
            .map_err(|why| no_reply(&self.relay, &stage.to_string(), &why).at(stage))
    }

    /// A refusal, or None if the relay agreed. A reply that makes no sense here means that the
    /// conversation is out of step, and then no body may follow.
    fn refusal(&self, stage: Stage, reply: Reply) -> Result<StagedRefusal, BrokenConnection> {
        let agreed = if stage == Stage::Data { reply.code == 354 } else { reply.is_success() };
        if agreed {
            Ok(None)
        } else if reply.is_refusal() {
            Ok(Some((stage, reply)))
        } else {
            Err(self.misplaced(&stage.to_string(), reply.code).at(stage))
        }
    }

    fn success(&self, reply: &Reply, command: &str) -> Result<(), BrokenConnection> {
        if reply.is_success() { Ok(()) } else { Err(self.misplaced(command, reply.code)) }
    }

    fn misplaced(&self, command: &str, code: u16) -> BrokenConnection {
        BrokenConnection::new(format!("{} answered {command} with code {code}", self.relay.place()))
    }
}

type StagedRefusal = Option<(Stage, Reply)>;

fn answer(refused: StagedRefusal) -> EnvelopeAnswer {
    match refused {
        None => EnvelopeAnswer::Ready,
        Some((stage, reply)) => EnvelopeAnswer::Refused { stage, reply },
    }
}

/// In words that name no recipient.
fn no_reply(relay: &Relay, command: &str, why: &NoReply) -> BrokenConnection {
    let place = relay.place();
    BrokenConnection::new(match why {
        NoReply::Late => format!("{place} did not answer {command} in time"),
        NoReply::Closed => format!("{place} closed the connection instead of answering {command}"),
        NoReply::Failed(error) => format!("the connection to {place} broke at {command}: {error}"),
        NoReply::Unreadable(what) => format!("{place} answered {command} with {what}"),
    })
}
