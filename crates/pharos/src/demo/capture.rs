//! The demo's SMTP server: accepts every message and puts it into the inbox.
//!
//! It speaks just enough of RFC 5321 for a well-behaved client on this machine, listens on loopback
//! only, and relays nothing: all mail ends here. Connections, lines, messages and waits are
//! bounded.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;

const MAX_CONNECTIONS: usize = 64;
/// RFC 5321 section 4.5.3.1.4 requires 512 bytes; parameters make lines longer.
const MAX_LINE_BYTES: u64 = 2_048;
/// RFC 5322 section 2.1.1: 998 bytes and CRLF; a dot may be stuffed in front.
const MAX_TEXT_LINE_BYTES: u64 = 1_001;
const MAX_MESSAGE_BYTES: usize = 2 << 20;
const IDLE: Duration = Duration::from_secs(120);

/// Takes connections until `shutdown`.
pub(super) async fn serve(listener: TcpListener, inbox: Arc<Inbox>, shutdown: CancellationToken) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let inbox = Arc::clone(&inbox);
        tokio::spawn(async move {
            let _place = place;
            let talk = Session::new(stream, inbox).run();
            if let Err(error) = talk.await {
                tracing::debug!(%error, "a connection to the demo's inbox ended early");
            }
        });
    }
}

/// What the client is in the middle of.
enum Envelope {
    None,
    From,
    FromAndTo,
}

struct Session {
    stream: BufReader<TcpStream>,
    inbox: Arc<Inbox>,
    envelope: Envelope,
    replies: String,
}

impl Session {
    fn new(stream: TcpStream, inbox: Arc<Inbox>) -> Self {
        let _ = stream.set_nodelay(true);
        Self {
            stream: BufReader::with_capacity(32 << 10, stream),
            inbox,
            envelope: Envelope::None,
            replies: String::from("220 inbox.pharos.localhost ESMTP\r\n"),
        }
    }

    async fn run(mut self) -> io::Result<()> {
        loop {
            // A pipelining client has sent more already: answer it all in one go (RFC 2920).
            if self.stream.buffer().is_empty() {
                self.send().await?;
            }
            let Some(line) = self.line(MAX_LINE_BYTES).await? else { return Ok(()) };
            let text = String::from_utf8_lossy(&line);
            let verb = text.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "DATA" => self.data().await?,
                "QUIT" => {
                    self.reply("221 2.0.0 bye");
                    return self.send().await;
                }
                verb => self.command(verb),
            }
        }
    }

    fn command(&mut self, verb: &str) {
        match (verb, &self.envelope) {
            ("EHLO", _) => {
                self.envelope = Envelope::None;
                self.reply("250-inbox.pharos.localhost");
                self.reply("250-PIPELINING");
                self.reply("250-8BITMIME");
                self.reply("250 SIZE 2097152");
            }
            ("HELO" | "RSET", _) => {
                self.envelope = Envelope::None;
                self.reply("250 2.0.0 ok");
            }
            ("MAIL", Envelope::None) => {
                self.envelope = Envelope::From;
                self.reply("250 2.1.0 ok");
            }
            ("RCPT", Envelope::From | Envelope::FromAndTo) => {
                self.envelope = Envelope::FromAndTo;
                self.reply("250 2.1.5 ok");
            }
            ("MAIL" | "RCPT", _) => self.reply("503 5.5.1 commands out of order"),
            ("NOOP", _) => self.reply("250 2.0.0 ok"),
            _ => self.reply("500 5.5.2 unknown command"),
        }
    }

    async fn data(&mut self) -> io::Result<()> {
        if !matches!(self.envelope, Envelope::FromAndTo) {
            self.reply("503 5.5.1 commands out of order");
            return Ok(());
        }
        self.envelope = Envelope::None;
        self.reply("354 end with a dot on a line of its own");
        self.send().await?;
        let mut message = Vec::new();
        loop {
            let Some(line) = self.line(MAX_TEXT_LINE_BYTES).await? else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            if line == b".\r\n" {
                break;
            }
            if message.len() + line.len() > MAX_MESSAGE_BYTES {
                return Err(io::Error::other("message too large"));
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        self.inbox.push(message);
        self.reply("250 2.0.0 taken");
        Ok(())
    }

    /// One line with its end, or none when the client has gone.
    async fn line(&mut self, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(limit);
        let read = bounded.read_until(b'\n', &mut line);
        let read = tokio::time::timeout(IDLE, read).await??;
        match (read, line.ends_with(b"\r\n")) {
            (0, _) => Ok(None),
            (_, true) => Ok(Some(line)),
            (_, false) => Err(io::Error::other("a line that is too long or ends without CRLF")),
        }
    }

    fn reply(&mut self, line: &str) {
        self.replies.push_str(line);
        self.replies.push_str("\r\n");
    }

    async fn send(&mut self) -> io::Result<()> {
        let replies = std::mem::take(&mut self.replies);
        self.stream.get_mut().write_all(replies.as_bytes()).await
    }
}
