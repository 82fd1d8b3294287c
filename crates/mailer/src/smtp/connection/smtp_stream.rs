//! Commands out, replies in: the byte layer of a conversation.
//!
//! Why not lettre's connection: it treats any reply that deviates from the RFC as an error, and its
//! error contains the server's text.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::smtp::phased_stream::{Layer, PhasedStream, Socket, StreamControl};
use crate::smtp::recorder::Recorder;
use crate::smtp::reply_reader::{ReceivedReply, ReplyReader, UnreadableReply};

/// Bytes read at a time.
const PIECE: usize = 4 << 10;

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum NoReply {
    /// The time limit has passed.
    Late,
    /// The server disconnected.
    Closed,
    /// The network or TLS failed.
    Failed(io::Error),
    /// What came is not a reply.
    Unreadable(UnreadableReply),
}

impl From<io::Error> for NoReply {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::Late,
            // Without a close_notify, as many servers end TLS.
            io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

impl NoReply {
    const fn in_words(&self) -> &'static str {
        match self {
            Self::Late => "No answer in time.",
            Self::Closed => "The relay has closed the connection.",
            Self::Failed(_) => "The connection broke.",
            Self::Unreadable(_) => "What came is not an SMTP reply.",
        }
    }
}

pub(super) struct SmtpStream {
    stream: PhasedStream,
    control: Arc<StreamControl>,
    reader: ReplyReader,
    /// What was read but is not yet part of a reply: `unread[at..]`.
    unread: Vec<u8>,
    at: usize,
    has_heard: bool,
    recorder: Option<Arc<Recorder>>,
}

impl SmtpStream {
    pub(super) fn new(layer: Layer, control: Arc<StreamControl>) -> Self {
        let stream = PhasedStream::new(layer, Arc::clone(&control));
        let reader = ReplyReader::default();
        let unread = Vec::with_capacity(PIECE);
        Self { stream, control, reader, unread, at: 0, has_heard: false, recorder: None }
    }

    /// The same, with somebody who listens.
    pub(super) fn recorded(self, recorder: Option<&Arc<Recorder>>) -> Self {
        Self { recorder: recorder.cloned(), ..self }
    }

    /// Sets how long the next step may take, from now.
    pub(super) fn allow(&self, time: Duration) {
        self.control.allow(time);
    }

    /// Bytes that the kernel has accepted since the connection began.
    pub(super) fn written(&self) -> u64 {
        self.control.written()
    }

    /// Whether nothing unexpected came: no goodbye, no further reply, no end of stream.
    pub(super) async fn is_quiet(&self) -> bool {
        self.is_drained() && self.control.is_quiet().await
    }

    /// Whether the server has said anything yet.
    pub(super) const fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Whether everything that was read belonged to a reply.
    pub(super) const fn is_drained(&self) -> bool {
        self.at == self.unread.len()
    }

    /// The socket, before TLS begins.
    pub(super) fn into_plain_socket(self) -> Option<Socket> {
        self.stream.into_plain_socket()
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(recorder) = &self.recorder {
            recorder.sent(bytes);
        }
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Sends commands and waits for the reply to the first.
    pub(super) async fn ask(&mut self, commands: &str) -> Result<ReceivedReply, NoReply> {
        self.send(commands.as_bytes()).await?;
        self.receive().await
    }

    pub(super) async fn receive(&mut self) -> Result<ReceivedReply, NoReply> {
        let received = self.next_reply().await;
        if let Some(recorder) = &self.recorder {
            match &received {
                Ok(reply) => recorder.received(reply),
                Err(why) => recorder.failed(why.in_words()),
            }
        }
        received
    }

    async fn next_reply(&mut self) -> Result<ReceivedReply, NoReply> {
        loop {
            let unread = self.unread.get(self.at..).unwrap_or_default();
            let (taken, ended) = self.reader.read(unread);
            self.at += taken;
            if let Some(ended) = ended {
                return ended.map_err(NoReply::Unreadable);
            }
            self.unread.clear();
            self.at = 0;
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Err(NoReply::Closed);
            }
            self.has_heard = true;
        }
    }

    /// The reply during which the server fell silent or disconnected, if its code is known.
    pub(super) fn cut_off(&mut self) -> Option<ReceivedReply> {
        self.reader.cut_off()
    }
}
