//! From the relay's settings to a conversation that is ready for mail: TCP, TLS, EHLO, login.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use tokio::time::timeout;

use super::dial::dial;
use super::offers::Offers;
use super::smtp_stream::{NoReply, SmtpStream};
use super::{BrokenConnection, Connection, no_reply};
use crate::settings::{Relay, Tls};
use crate::smtp::phased_stream::{Layer, Socket};
use crate::smtp::recorder::{Recorder, RelayStep};
use crate::smtp::reply::{Reply, presentable};
use crate::smtp::reply_reader::ReceivedReply;
use crate::smtp::tls::{TlsClient, handshake_problem};

/// A server that is silent for this long may be waiting for TLS to begin. Servers that delay their
/// greeting on purpose take six seconds and more, so this ends nothing.
const SILENCE: Duration = Duration::from_secs(5);

/// The mechanisms we know; the one that repeats the text of a challenge is optional.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
/// What LOGIN asks for, in this order whatever the wording.
const LOGIN_QUESTIONS: [&str; 2] = ["Username", "Password"];

impl Connection {
    /// Connects, encrypts, greets and logs in. `slow` is told about a likely mistake while it may still succeed.
    ///
    /// # Errors
    /// Says what the relay's operators can act on.
    pub(crate) async fn open_telling(
        relay: &Arc<Relay>,
        tls: Option<&TlsClient>,
        slow: impl FnOnce(&str),
    ) -> Result<Self, BrokenConnection> {
        Self::open_recorded(relay, tls, slow, None).await
    }

    /// Like [`Self::open_telling`]; what is said is kept by the recorder.
    ///
    /// # Errors
    /// Says what the relay's operators can act on.
    pub(crate) async fn open_recorded(
        relay: &Arc<Relay>,
        tls: Option<&TlsClient>,
        slow: impl FnOnce(&str),
        recorder: Option<&Arc<Recorder>>,
    ) -> Result<Self, BrokenConnection> {
        let (host, limit) = (relay.host.as_str(), relay.connect_timeout);
        let note = |step, text: &dyn Fn() -> String| {
            recorder.iter().for_each(|recorder| recorder.note(step, &text()));
        };
        note(RelayStep::Connection, &|| format!("Connecting to {}", relay.place()));
        let stream = dial(host, relay.port, limit).await.map_err(BrokenConnection::new)?;
        note(RelayStep::Connection, &|| match stream.peer_addr() {
            Ok(peer) => format!("Connected to {peer}"),
            Err(_) => "Connected".to_owned(),
        });
        let (socket, control) = Socket::new(stream, limit).map_err(|error| {
            BrokenConnection::new(format!("can't use a connection to {host}: {error}"))
        })?;
        let layer = match tls {
            Some(tls) if relay.tls == Tls::Implicit => {
                note(RelayStep::Encryption, &|| "Beginning TLS".to_owned());
                let layer = encrypted(socket, tls, relay).await?;
                note(RelayStep::Encryption, &|| layer.in_words());
                layer
            }
            _ => Layer::Plain(socket),
        };
        recorder.iter().for_each(|recorder| recorder.expects_greeting());
        let smtp = SmtpStream::new(layer, Arc::clone(&control)).recorded(recorder);
        let mut opening = Opening { smtp, relay: relay.as_ref() };
        opening.greeting(slow).await?;
        let mut offers = opening.hello().await?;
        if let Some(tls) = tls.filter(|_| relay.tls == Tls::StartTls) {
            let socket = opening.ask_for_tls(&offers).await?;
            note(RelayStep::Encryption, &|| "Beginning TLS".to_owned());
            let layer = encrypted(socket, tls, relay).await?;
            note(RelayStep::Encryption, &|| layer.in_words());
            // What was read in plain text ends with the stream that read it.
            let smtp = SmtpStream::new(layer, control).recorded(recorder);
            opening = Opening { smtp, relay: relay.as_ref() };
            offers = opening.hello().await?;
        }
        opening.log_in(&offers).await?;
        Ok(Self {
            smtp: opening.smtp,
            relay: Arc::clone(relay),
            pipelining: offers.pipelining,
            size: offers.size,
            command: String::new(),
            reset_first: false,
            closing: false,
            messages: 0,
        })
    }
}

/// A conversation before its first message.
struct Opening<'a> {
    smtp: SmtpStream,
    relay: &'a Relay,
}

impl Opening<'_> {
    async fn greeting(&mut self, slow: impl FnOnce(&str)) -> Result<(), BrokenConnection> {
        let limit = self.relay.connect_timeout;
        self.smtp.allow(limit.min(SILENCE));
        let mut greeting = self.smtp.receive().await;
        if matches!(greeting, Err(NoReply::Late)) && limit > SILENCE {
            if self.may_expect_tls() {
                slow(&self.no_greeting(SILENCE));
            }
            self.smtp.allow(limit.saturating_sub(SILENCE));
            greeting = self.smtp.receive().await;
        }
        match greeting {
            Ok(reply) => self.expect(reply, 220, "the connection").map(drop),
            Err(NoReply::Late) => Err(BrokenConnection::new(self.no_greeting(limit))),
            Err(NoReply::Unreadable(what)) => Err(BrokenConnection::new(format!(
                "{} greeted with {what}; is this the port of a mail server?",
                self.relay.place()
            ))),
            Err(other) => Err(no_reply(self.relay, "the connection", &other)),
        }
    }

    fn may_expect_tls(&self) -> bool {
        self.relay.tls != Tls::Implicit && !self.smtp.has_heard()
    }

    fn no_greeting(&self, within: Duration) -> String {
        let place = self.relay.place();
        let mut text = format!("no greeting from {place} within {within:?}");
        if self.may_expect_tls() {
            text.push_str(": this port may expect TLS from the first byte; set tls = \"implicit\"");
        }
        text
    }

    /// EHLO, or HELO for a server that knows nothing else (RFC 5321 section 3.2).
    async fn hello(&mut self) -> Result<Offers, BrokenConnection> {
        let name = &self.relay.hello_name;
        let refused = match self.ask(&format!("EHLO {name}\r\n"), "EHLO").await? {
            reply if reply.code / 100 == 5 => reply,
            reply => return Ok(Offers::read(&self.expect(reply, 250, "EHLO")?)),
        };
        let reply = self.ask(&format!("HELO {name}\r\n"), "HELO").await?;
        if reply.code == 250 {
            return Ok(Offers::default());
        }
        // Its word on EHLO tells more: it may be about the name.
        self.expect(refused, 250, &format!("EHLO {name}")).map(|_| Offers::default())
    }

    /// The plain-text part of STARTTLS (RFC 3207).
    async fn ask_for_tls(mut self, offers: &Offers) -> Result<Socket, BrokenConnection> {
        let place = self.relay.place();
        if !offers.starttls {
            return Err(BrokenConnection::new(format!(
                "{place} does not offer STARTTLS, and nothing is sent to it in plain text"
            )));
        }
        let reply = self.ask("STARTTLS\r\n", "STARTTLS").await?;
        self.expect(reply, 220, "STARTTLS")?;
        // Bytes behind the reply are somebody else's injection.
        let socket = if self.smtp.is_drained() { self.smtp.into_plain_socket() } else { None };
        socket.ok_or_else(|| {
            BrokenConnection::new(format!("{place} sent unexpected data before TLS"))
        })
    }

    async fn log_in(&mut self, offers: &Offers) -> Result<(), BrokenConnection> {
        let Some((user, password)) = &self.relay.auth else { return Ok(()) };
        let place = self.relay.place();
        let Some(mechanism) = MECHANISMS.into_iter().find(|known| offers.takes_login(*known))
        else {
            return Err(BrokenConnection::new(format!(
                "{place} does not offer PLAIN or LOGIN, but the settings have a user name"
            )));
        };
        let credentials = Credentials::new(user.clone(), password.clone());
        let command = |question: Option<&str>| {
            Auth::new(mechanism, credentials.clone(), question.map(ToOwned::to_owned))
                .map(|command| command.to_string())
                .map_err(|_| {
                    BrokenConnection::new(format!("{place} asks for the login in an unknown way"))
                })
        };
        let mut questions = LOGIN_QUESTIONS.into_iter();
        let mut reply = self.ask(&command(None)?, "the login").await?;
        while reply.code == 334
            && let Some(question) = questions.next()
        {
            reply = self.ask(&command(Some(question))?, "the login").await?;
        }
        if reply.code == 235 {
            return Ok(());
        }
        let reply = Reply::from(reply).kept(user);
        Err(BrokenConnection::refused(
            reply.code,
            format!("{place} answered the login with {reply}"),
        ))
    }

    async fn ask(&mut self, command: &str, name: &str) -> Result<ReceivedReply, BrokenConnection> {
        self.smtp.allow(self.relay.connect_timeout);
        self.smtp.ask(command).await.map_err(|why| no_reply(self.relay, name, &why))
    }

    fn expect(
        &self,
        reply: ReceivedReply,
        code: u16,
        what: &str,
    ) -> Result<ReceivedReply, BrokenConnection> {
        if reply.code == code {
            return Ok(reply);
        }
        let (place, reply) = (self.relay.place(), Reply::from(reply));
        let text = presentable(&format!("{place} answered {what} with {reply}"));
        Err(BrokenConnection::refused(reply.code, text))
    }
}

async fn encrypted(
    socket: Socket,
    tls: &TlsClient,
    relay: &Relay,
) -> Result<Layer, BrokenConnection> {
    let limit = relay.connect_timeout;
    let connecting = tls.connector.connect(tls.name.clone(), socket);
    // Dropping it on time-out is safe: no conversation has begun.
    let connected = timeout(limit, connecting).await.unwrap_or_else(|_| {
        let text = format!("no answer within {limit:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    });
    match connected {
        Ok(stream) => Ok(Layer::Tls(Box::new(stream))),
        Err(error) => Err(BrokenConnection::new(format!(
            "no TLS with {}: {}",
            relay.place(),
            handshake_problem(&error, relay)
        ))),
    }
}

#[cfg(test)]
mod tests;
