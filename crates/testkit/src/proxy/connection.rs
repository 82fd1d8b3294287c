//! One connection through the proxy: a client, its server, and what is done to them.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::framing::{AnswerWatch, Framing, Kind, WirePiece};
use super::{Fault, ProxyState};

const CHUNK_BYTES: usize = 16 * 1024;
/// How long a server may take to answer before `CutAfter` cuts: a commit waits for the disk.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The same for a message that gets no answer: long enough for the server to take it.
const TAKEN: Duration = Duration::from_millis(100);
const HALF_CLOSED: Duration = Duration::from_millis(300);

#[derive(Clone, Copy)]
enum End {
    Close,
    Reset,
}

/// One connection, counted as open for as long as this lives.
pub(super) struct ProxiedConnection {
    shared: Arc<ProxyState>,
    /// How often everything had been cut when it came.
    born: u64,
    talk: Mutex<Talk>,
    heard: Notify,
}

/// What both directions must know of each other.
#[derive(Default)]
struct Talk {
    answers: AnswerWatch,
    /// How many answers the server owes.
    owed: usize,
    /// The server takes a COPY and answers only when that is done.
    copying: bool,
    /// Nobody looks into this stream: whatever comes is the answer.
    raw: bool,
    /// The client gets nothing any more.
    swallow: bool,
    half_closed: bool,
}

impl ProxiedConnection {
    pub(super) fn new(shared: Arc<ProxyState>) -> Self {
        let born = shared.control.borrow().cuts;
        *shared.open.lock().expect("the open connections").entry(born).or_default() += 1;
        Self { shared, born, talk: Mutex::default(), heard: Notify::new() }
    }

    /// Passes on what both say, until one ends or the test ends it.
    pub(super) async fn run(self, mut client: TcpStream) {
        let mut control = self.shared.control.subscribe();
        let server = TcpStream::connect(("127.0.0.1", self.shared.server_port));
        let Ok(mut server) = server.await else {
            let _ = client.set_zero_linger();
            return;
        };
        let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
        let end = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            tokio::select! {
                end = self.carry_to_server(from_client, to_server) => end,
                end = self.carry_to_client(from_server, to_client) => end,
                _ = control.wait_for(|control| control.cuts > self.born) => End::Reset,
            }
        };
        if matches!(end, End::Reset) {
            let _ = client.set_zero_linger().and_then(|()| server.set_zero_linger());
        }
        // `self` goes last: who has called `cut` may rely on the sockets being closed.
        drop((client, server));
    }

    async fn carry_to_server(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> End {
        let mut framing = (self.shared.framing)();
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let Ok(count) = from.read(&mut buffer).await else { return End::Reset };
            self.gate().await;
            if count == 0 {
                // The server may still have something to say to a client that listens.
                let _ = to.shutdown().await;
                pending::<()>().await;
            }
            if let Err(end) = self.forward(&mut framing, &buffer[..count], &mut to).await {
                return end;
            }
        }
    }

    /// Passes on what is whole, up to a message that a fault strikes.
    async fn forward(
        &self,
        framing: &mut Framing,
        read: &[u8],
        to: &mut WriteHalf<'_>,
    ) -> Result<(), End> {
        let mut out = Vec::new();
        for piece in framing.take(read).map_err(|_| End::Reset)? {
            let counts = matches!(piece.kind, Kind::Message(_) | Kind::Chunk);
            if let Some(fault) = counts.then(|| self.shared.count()).flatten() {
                to.write_all(&std::mem::take(&mut out)).await.map_err(|_| End::Reset)?;
                self.strike(fault, &piece, to).await?;
            }
            self.talk().asked(piece.kind);
            out.extend_from_slice(&piece.bytes);
        }
        to.write_all(&out).await.map_err(|_| End::Reset)
    }

    /// Does what the fault says to the message; goes on when the message is to be sent after all.
    async fn strike(
        &self,
        fault: Fault,
        piece: &WirePiece,
        to: &mut WriteHalf<'_>,
    ) -> Result<(), End> {
        match fault {
            Fault::CutBefore => Err(End::Reset),
            Fault::CutAfter => {
                let owes = {
                    let mut talk = self.talk();
                    talk.swallow = true;
                    talk.asked(piece.kind)
                };
                if to.write_all(&piece.bytes).await.is_ok() {
                    self.wait_for_answer(owes).await;
                }
                Err(End::Reset)
            }
            Fault::HalfClose => {
                self.talk().half_closed = true;
                let _ = to.shutdown().await;
                sleep(HALF_CLOSED).await;
                Err(End::Close)
            }
            Fault::Delay(time) => {
                sleep(time).await;
                Ok(())
            }
        }
    }

    /// Waits until the server has answered everything, so that what it was asked last is done.
    async fn wait_for_answer(&self, owes: bool) {
        let answered = async {
            while self.talk().is_awaited() {
                self.heard.notified().await;
            }
        };
        if owes {
            let _ = timeout(ANSWER_LIMIT, answered).await;
        } else {
            sleep(TAKEN).await;
        }
    }

    async fn carry_to_client(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> End {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let Ok(count) = from.read(&mut buffer).await else { return End::Reset };
            self.talk().answered(&buffer[..count]);
            self.heard.notify_one();
            self.gate().await;
            let (swallow, half_closed) = {
                let talk = self.talk();
                (talk.swallow, talk.half_closed)
            };
            match count {
                0 if half_closed => pending::<()>().await,
                0 if swallow => return End::Reset,
                0 => return End::Close,
                _ if swallow => {}
                _ if to.write_all(&buffer[..count]).await.is_err() => return End::Reset,
                _ => {}
            }
        }
    }

    /// Holds a chunk back for as long as the test wants.
    async fn gate(&self) {
        let mut control = self.shared.control.subscribe();
        let delay = control.borrow().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let _ = control.wait_for(|control| !control.frozen).await;
    }

    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().expect("what was said")
    }
}

impl Drop for ProxiedConnection {
    fn drop(&mut self) {
        let mut open = self.shared.open.lock().expect("the open connections");
        if let Some(count) = open.get_mut(&self.born) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.born);
            }
        }
        self.shared.closed.notify_all();
    }
}

impl Talk {
    /// The client has said something; tells whether the server will answer just that.
    fn asked(&mut self, kind: Kind) -> bool {
        match kind {
            Kind::Encryption => {
                self.answers.expect_single();
                return false;
            }
            // CopyDone and CopyFail end what a Query or an Execute began.
            Kind::Message(b'c' | b'f') => {
                self.copying = false;
                return self.owed > 0;
            }
            Kind::Message(b'Q' | b'S' | b'F') | Kind::Startup => {}
            Kind::Chunk => self.raw = true,
            Kind::Message(_) | Kind::Other => return false,
        }
        self.owed += 1;
        true
    }

    /// The server has said something. The answer to a Query, Sync, FunctionCall and startup ends
    /// with ReadyForQuery (Z); CopyInResponse (G) asks for more.
    fn answered(&mut self, bytes: &[u8]) {
        if self.raw {
            self.owed = 0;
            return;
        }
        for kind in self.answers.take(bytes) {
            match kind {
                b'Z' => self.owed = self.owed.saturating_sub(1),
                b'G' => self.copying = true,
                _ => {}
            }
        }
    }

    /// Whether an answer is still to come, without more being sent.
    fn is_awaited(&self) -> bool {
        self.owed > 0 && !self.copying
    }
}
