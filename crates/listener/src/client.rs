//! One connection, from accept to close.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::guard::{ClientGuard, OpenClient, Order};

/// Most bytes of a request's head; real ones are below 2 KiB. Also hyper's read buffer.
const HEAD_BYTES: usize = 16 << 10;

/// An accepted client, waiting to be served.
#[derive(Debug)]
pub struct AcceptedClient {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) place: OpenClient,
    pub(crate) slot: OwnedSemaphorePermit,
}

impl AcceptedClient {
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Answers its requests until one side closes.
    pub async fn serve<F, B>(self, answer: impl Fn(Request<Incoming>) -> F)
    where
        F: Future<Output = Response<B>>,
        B: Body + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { stream, place, slot: _slot, .. } = self;
        // Only latency is lost when it can't be set.
        let _ = stream.set_nodelay(true);
        let guard = &place.guard;
        let answer = &answer;
        let service = service_fn(move |request: Request<Incoming>| async move {
            guard.asked(!request.body().is_end_stream());
            let answer = answer(request).await;
            match is_event_stream(&answer) {
                true => guard.streams(),
                false => guard.answered(),
            }
            Ok::<_, Infallible>(answer)
        });
        let socket = TokioIo::new(GuardedSocket { stream, guard: Arc::clone(guard) });
        let mut http = http1::Builder::new();
        // The guard keeps the time; hyper's own timer would cost an allocation per request.
        http.header_read_timeout(None)
            .max_buf_size(HEAD_BYTES)
            .max_header_size(HEAD_BYTES)
            .half_close(true);
        let mut connection = pin!(http.serve_connection(socket, service));
        let mut known: Option<Waker> = None;
        let mut finishing = false;
        let ended = poll_fn(|context| {
            if !known.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
                guard.wake_for_orders(context.waker().clone());
                known = Some(context.waker().clone());
            }
            match guard.order() {
                Order::Cut => return Poll::Ready(Ok(())),
                Order::Finish if !finishing => {
                    finishing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Order::Serve | Order::Finish => {}
            }
            connection.as_mut().poll(context)
        });
        if let Err(error) = ended.await {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}

/// As the standard on server-sent events names them.
fn is_event_stream<B>(answer: &Response<B>) -> bool {
    answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
}

/// A connection's socket; reports to its guard what the client does.
struct GuardedSocket {
    stream: TcpStream,
    guard: Arc<ClientGuard>,
}

impl GuardedSocket {
    /// Whether the client has closed its side. Hyper does not look while it writes an answer, and for
    /// any other answer a closed side is none of its business; nobody reads events from there.
    fn has_left(&self, context: &mut Context<'_>) -> bool {
        let mut next = [0];
        match self.stream.poll_peek(context, &mut ReadBuf::new(&mut next)) {
            Poll::Ready(Ok(bytes)) => bytes == 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Pending => self.guard.blocked(),
            Poll::Ready(Ok(bytes)) => self.guard.took(*bytes),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for GuardedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        match read {
            Poll::Ready(_) => self.guard.heard(buffer.filled().len().saturating_sub(before)),
            Poll::Pending => self.guard.waits(),
        }
        read
    }
}

impl AsyncWrite for GuardedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(&written);
        written
    }

    /// Hyper calls it when it has nothing more to write.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.guard.is_streaming() && self.has_left(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.guard.took_all();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.wrote(&written);
        written
    }
}
