//! The stream under an SMTP connection: no Nagle delay, a deadline per phase, a byte count.
//!
//! Invariants: a deadline surfaces as [`io::ErrorKind::TimedOut`] from a read or a write, never by
//! dropping the future of a conversation half-way (that would leave replies shifted by one, and a
//! 354 would then be taken for an acceptance). Small writes wait for the next flush or read, so
//! that a group of commands is one segment. Bytes are counted once the kernel has accepted them.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::client::TlsStream;

/// Writes of at least this size are not copied.
const LARGE: usize = 16 << 10;

/// Controls a stream that somebody else owns.
#[derive(Debug)]
pub(crate) struct StreamControl {
    socket: Arc<TcpStream>,
    deadline: Mutex<Instant>,
    written: AtomicU64,
}

impl StreamControl {
    /// Sets how long the next step on the stream may take, from now.
    pub(crate) fn allow(&self, time: Duration) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + time;
    }

    fn deadline(&self) -> Instant {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that the kernel has accepted since the connection began.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Whether nothing is waiting to be read: no goodbye, no unexpected line, no end of stream.
    pub(crate) async fn is_quiet(&self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        std::future::poll_fn(|cx| Poll::Ready(self.socket.poll_peek(cx, &mut buffer).is_pending()))
            .await
    }
}

/// A TCP connection that counts what it writes and collects small writes.
#[derive(Debug)]
pub(crate) struct Socket {
    control: Arc<StreamControl>,
    corked: Vec<u8>,
}

impl Socket {
    /// Takes over a connection.
    ///
    /// # Errors
    /// When the socket refuses `TCP_NODELAY`.
    pub(crate) fn new(stream: TcpStream, time: Duration) -> io::Result<(Self, Arc<StreamControl>)> {
        stream.set_nodelay(true)?;
        let control = Arc::new(StreamControl {
            socket: Arc::new(stream),
            deadline: Mutex::new(Instant::now() + time),
            written: AtomicU64::new(0),
        });
        Ok((Self { control: Arc::clone(&control), corked: Vec::new() }, control))
    }

    fn poll_send(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.control.socket.poll_write_ready(cx))?;
            match self.control.socket.try_write(bytes) {
                Ok(count) => {
                    self.control.written.fetch_add(count as u64, Ordering::Relaxed);
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_uncork(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.corked.is_empty() {
            let count = ready!(self.poll_send(cx, &self.corked))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.corked.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_uncork(cx))?;
        loop {
            ready!(self.control.socket.poll_read_ready(cx))?;
            match self.control.socket.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.corked.len() + bytes.len() < LARGE {
            self.corked.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_uncork(cx))?;
        self.poll_send(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_uncork(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Dropping the last handle closes the socket; a half-close tells a relay nothing.
        self.poll_flush(cx)
    }
}

/// What is between the conversation and the socket.
#[derive(Debug)]
pub(crate) enum Layer {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Layer {
    /// Which encryption there is, for people.
    pub(crate) fn in_words(&self) -> String {
        let Self::Tls(stream) = self else { return "Not encrypted".to_owned() };
        let (_, session) = stream.get_ref();
        let version = session.protocol_version().and_then(|version| version.as_str());
        let cipher = session.negotiated_cipher_suite().and_then(|it| it.suite().as_str());
        let version = version.unwrap_or("TLS").replace('v', " ").replace('_', ".");
        format!("Encrypted with {version}, {}; the certificate is trusted", cipher.unwrap_or("?"))
    }
}

/// A [`Layer`] with the deadlines of its [`StreamControl`].
#[derive(Debug)]
pub(crate) struct PhasedStream {
    layer: Layer,
    control: Arc<StreamControl>,
    alarm: Pin<Box<Sleep>>,
}

impl PhasedStream {
    pub(crate) fn new(layer: Layer, control: Arc<StreamControl>) -> Self {
        let alarm = Box::pin(tokio::time::sleep_until(control.deadline()));
        Self { layer, control, alarm }
    }

    /// The socket, if there is no layer above it.
    pub(crate) fn into_plain_socket(self) -> Option<Socket> {
        match self.layer {
            Layer::Plain(socket) => Some(socket),
            Layer::Tls(_) => None,
        }
    }

    fn or_late<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            return polled;
        }
        let deadline = self.control.deadline();
        // An alarm set too early is left to ring: moving it for every reply costs more.
        if self.alarm.deadline() > deadline {
            self.alarm.as_mut().reset(deadline);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl AsyncRead for PhasedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = match &mut self.layer {
            Layer::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Layer::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        self.or_late(cx, polled)
    }
}

impl AsyncWrite for PhasedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = match &mut self.layer {
            Layer::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Layer::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        self.or_late(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match &mut self.layer {
            Layer::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Layer::Tls(stream) => Pin::new(stream).poll_flush(cx),
        };
        self.or_late(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match &mut self.layer {
            Layer::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Layer::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        };
        self.or_late(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    #[tokio::test]
    async fn what_the_kernel_takes_in_pieces_arrives_whole_and_is_counted_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpSocket::new_v4().unwrap();
        // Full now and then, in the middle of a piece.
        client.set_send_buffer_size(64 << 10).unwrap();
        let address = listener.local_addr().unwrap();
        let (stream, accepted) = tokio::join!(client.connect(address), listener.accept());
        let (mut relay, _) = accepted.unwrap();
        let limit = Duration::from_secs(30);
        let (mut socket, control) = Socket::new(stream.unwrap(), limit).unwrap();
        let sent: Vec<u8> = (0..251).cycle().take(400 * LARGE).collect();
        let send = async {
            for piece in sent.chunks(LARGE - 1) {
                socket.write_all(piece).await.unwrap();
                socket.flush().await.unwrap();
            }
        };
        let mut taken = vec![0; sent.len()];
        let take = tokio::time::timeout(limit, relay.read_exact(&mut taken));
        let ((), whole) = tokio::join!(send, take);
        assert!(whole.is_ok(), "some of it never arrives");
        assert!(taken == sent, "it arrives in another order");
        assert_eq!(control.written(), sent.len() as u64);
    }
}
