//! From a host name to a conversation that is ready for mail: TCP, TLS, EHLO, login.

use std::io;
use std::str::FromStr as _;
use std::sync::Arc;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Broken, Connection, understood};
use crate::reply::presentable;
use crate::settings::{Relay, Tls};
use crate::stream::{Control, PhasedStream, Socket, Way};
use crate::tls::TlsClient;

/// Largest reply to EHLO that is read before TLS.
const MAX_PLAIN_REPLY: usize = 8 << 10;
/// See [`PhasedStream`].
const GREETING_AFTER_STARTTLS: &[u8] = b"220 ready\r\n";

impl Connection {
    /// Connects, encrypts, greets and logs in.
    ///
    /// # Errors
    /// Says what the relay's people can act on.
    pub(crate) async fn open(relay: &Arc<Relay>, tls: Option<&TlsClient>) -> Result<Self, Broken> {
        let limit = relay.connect_timeout;
        // Dropping this on time-out is safe: no conversation of lettre's has begun.
        let (stream, control) = timeout(limit, reach(relay, tls)).await.map_err(|_| {
            Broken(format!("{}:{} did not answer within {limit:?}", relay.host, relay.port))
        })??;
        control.allow(limit);
        let hello = ClientId::Domain(relay.hello_name.clone());
        let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
            .await
            .map_err(|error| in_words("greeting", Err(error), relay))?;
        control.allow(limit);
        // lettre keeps four of the keywords only, so they are asked for once more.
        let response = smtp.command(Ehlo::new(hello)).await;
        let keywords = response.map_err(|error| in_words("EHLO", Err(error), relay))?;
        let (pipelining, size) = capabilities(&keywords);
        let mut connection = Self {
            smtp,
            control,
            relay: Arc::clone(relay),
            pipelining,
            size,
            reset_first: false,
            closing: false,
            messages: 0,
        };
        connection.log_in().await?;
        Ok(connection)
    }

    async fn log_in(&mut self) -> Result<(), Broken> {
        let Some((user, password)) = self.relay.auth.clone() else { return Ok(()) };
        self.control.allow(self.relay.connect_timeout);
        let credentials = Credentials::new(user, password);
        match self.smtp.auth(DEFAULT_MECHANISMS, &credentials).await {
            Ok(response) if response.has_code(235) => Ok(()),
            other => Err(in_words("login", other, &self.relay)),
        }
    }
}

/// What went wrong with a step, without what lettre wraps around it.
fn in_words(
    step: &str,
    result: Result<Response, lettre::transport::smtp::Error>,
    relay: &Relay,
) -> Broken {
    match understood(result, relay) {
        Ok(reply) => Broken(presentable(&format!(
            "{}:{} answered the {step} with {reply}",
            relay.host, relay.port
        ))),
        Err(broken) => broken,
    }
}

fn capabilities(response: &Response) -> (bool, Option<u64>) {
    let mut pipelining = false;
    let mut size = None;
    for line in response.message().skip(1) {
        let mut words = line.split_whitespace();
        let keyword = words.next().unwrap_or_default();
        pipelining |= keyword.eq_ignore_ascii_case("PIPELINING");
        if keyword.eq_ignore_ascii_case("SIZE") {
            size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0));
        }
    }
    (pipelining, size)
}

async fn reach(
    relay: &Relay,
    tls: Option<&TlsClient>,
) -> Result<(PhasedStream, Arc<Control>), Broken> {
    let place = format!("{}:{}", relay.host, relay.port);
    let stream = TcpStream::connect((relay.host.as_str(), relay.port))
        .await
        .map_err(|error| Broken(format!("can't connect to {place}: {error}")))?;
    let (mut socket, control) = Socket::new(stream, relay.connect_timeout)
        .map_err(|error| Broken(format!("can't use the connection to {place}: {error}")))?;
    let Some(tls) = tls else {
        return Ok((PhasedStream::new(Way::Plain(socket), Arc::clone(&control), b""), control));
    };
    let mut prelude: &[u8] = b"";
    if relay.tls == Tls::StartTls {
        ask_for_tls(&mut socket, relay).await?;
        prelude = GREETING_AFTER_STARTTLS;
    }
    let encrypted = tls
        .connector
        .connect(tls.name.clone(), socket)
        .await
        .map_err(|error| Broken(format!("no TLS with {place}: {error}")))?;
    let way = Way::Tls(Box::new(encrypted));
    Ok((PhasedStream::new(way, Arc::clone(&control), prelude), control))
}

/// The plain-text part of STARTTLS (RFC 3207). Done here and not by lettre, which keeps what it
/// read in plain text and would take it for the first reply of the encrypted part.
async fn ask_for_tls(socket: &mut Socket, relay: &Relay) -> Result<(), Broken> {
    let place = format!("{}:{}", relay.host, relay.port);
    let lost = |error: io::Error| Broken(format!("{place} broke off before TLS: {error}"));
    let expect = |reply: &Response, code: u16, what: &str| {
        if reply.has_code(code) {
            return Ok(());
        }
        let text = reply.message().collect::<Vec<_>>().join(" ");
        Err(Broken(presentable(&format!("{place} answered {what} with {} {text}", reply.code()))))
    };
    expect(&plain_reply(socket).await.map_err(lost)?, 220, "the connection")?;
    let hello = format!("EHLO {}\r\n", relay.hello_name);
    socket.write_all(hello.as_bytes()).await.map_err(lost)?;
    let offers = plain_reply(socket).await.map_err(lost)?;
    expect(&offers, 250, "EHLO")?;
    if !offers.message().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(Broken(format!(
            "{place} does not offer STARTTLS, and nothing is sent to it in plain text"
        )));
    }
    socket.write_all(b"STARTTLS\r\n").await.map_err(lost)?;
    expect(&plain_reply(socket).await.map_err(lost)?, 220, "STARTTLS")
}

/// Reads exactly one reply; bytes beyond it are somebody else's injection and end the matter.
async fn plain_reply(socket: &mut Socket) -> io::Result<Response> {
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let count = socket.read(&mut piece).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        if let Some(end) = end_of_reply(&bytes) {
            if end != bytes.len() {
                return Err(io::Error::other("it said more than it was asked"));
            }
            let text = std::str::from_utf8(&bytes).map_err(io::Error::other)?;
            return Response::from_str(text).map_err(io::Error::other);
        }
        if bytes.len() > MAX_PLAIN_REPLY {
            return Err(io::Error::other("its reply has no end"));
        }
    }
}

/// Where the reply ends: after the first line whose fourth byte is no hyphen.
fn end_of_reply(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    while let Some(line) = bytes.get(start..) {
        let end = start + line.windows(2).position(|pair| pair == b"\r\n")? + 2;
        if line.get(3) != Some(&b'-') {
            return Some(end);
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_with_its_last_line() {
        assert_eq!(end_of_reply(b"220 hello\r\n"), Some(11));
        assert_eq!(end_of_reply(b"250-a\r\n250 b\r\nmore"), Some(14));
        assert_eq!(end_of_reply(b"250-a\r\n250 b\r"), None);
        assert_eq!(end_of_reply(b""), None);
    }

    #[test]
    fn capabilities_are_read_in_any_case() {
        let response =
            Response::from_str("250-relay\r\n250-Pipelining\r\n250 size 1000\r\n").unwrap();
        assert_eq!(capabilities(&response), (true, Some(1000)));
        let response = Response::from_str("250-PIPELINING\r\n250 SIZE\r\n").unwrap();
        assert_eq!(capabilities(&response), (false, Some(0)));
    }
}
