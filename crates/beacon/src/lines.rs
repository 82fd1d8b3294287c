//! The open connections: what each is doing, and since when.
//!
//! One timer looks over all of them. A timer per request would cost an allocation and two trips
//! to the timer wheel on every pixel. Time is therefore coarse: a client gets up to two ticks
//! more than its limit, never less.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior};

use crate::metrics::{Metrics, count};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The client has begun a request, or has yet to send its first.
    Asking,
    /// We are working on the answer.
    Answering,
    /// The client may ask again.
    Idle,
}

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on.
    Serve,
    /// Close after the request under way.
    Finish,
    /// Close now.
    Cut,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Line {
    phase: Cell<Phase>,
    since: Cell<Instant>,
    order: Cell<Order>,
    task: RefCell<Option<Waker>>,
    clock: Rc<Cell<Instant>>,
}

/// All open connections.
#[derive(Debug)]
pub(crate) struct Lines {
    open: RefCell<HashMap<u64, Rc<Line>>>,
    next: Cell<u64>,
    clock: Rc<Cell<Instant>>,
    header_timeout: Duration,
    idle_timeout: Duration,
}

impl Lines {
    pub(crate) fn new(header_timeout: Duration, idle_timeout: Duration) -> Self {
        let clock = Rc::new(Cell::new(Instant::now()));
        let (open, next) = (RefCell::default(), Cell::new(0));
        Self { open, next, clock, header_timeout, idle_timeout }
    }

    /// Takes a new connection on; its number is for [`Self::leave`].
    pub(crate) fn enter(&self) -> (u64, Rc<Line>) {
        let line = Rc::new(Line {
            phase: Cell::new(Phase::Asking),
            since: Cell::new(self.clock.get()),
            order: Cell::new(Order::Serve),
            task: RefCell::default(),
            clock: Rc::clone(&self.clock),
        });
        let number = self.next.replace(self.next.get().wrapping_add(1));
        self.open.borrow_mut().insert(number, Rc::clone(&line));
        (number, line)
    }

    pub(crate) fn leave(&self, number: u64) {
        self.open.borrow_mut().remove(&number);
    }

    /// Gives every connection the same order.
    pub(crate) fn order_all(&self, order: Order) {
        self.open.borrow().values().for_each(|line| line.obey(order));
    }

    /// Cuts, tick by tick, the connections whose client takes too long.
    pub(crate) async fn watch(self: Rc<Self>, metrics: &Metrics) {
        let shortest = self.header_timeout.min(self.idle_timeout);
        let tick = (shortest / 4).clamp(Duration::from_millis(5), Duration::from_secs(1));
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let now = ticks.tick().await;
            self.clock.set(now);
            for line in self.open.borrow().values() {
                if line.is_late(now, tick, &self) && line.order.get() != Order::Cut {
                    count(&metrics.shed);
                    line.obey(Order::Cut);
                }
            }
        }
    }
}

impl Line {
    /// A request's head is complete.
    pub(crate) fn asked(&self) {
        self.phase.set(Phase::Answering);
    }

    /// The answer is ready to be written.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    fn heard(&self) {
        if self.phase.get() == Phase::Idle {
            self.enter(Phase::Asking);
        }
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(self.clock.get());
    }

    fn is_late(&self, now: Instant, tick: Duration, lines: &Lines) -> bool {
        let limit = match self.phase.get() {
            Phase::Asking => lines.header_timeout,
            Phase::Idle => lines.idle_timeout,
            Phase::Answering => return false,
        };
        // `since` may be a tick too early.
        now.saturating_duration_since(self.since.get()) > limit + tick
    }

    fn obey(&self, order: Order) {
        self.order.set(order);
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }

    /// The order to follow now; the task is woken when it changes.
    pub(crate) fn order(&self, context: &Context<'_>) -> Order {
        let mut task = self.task.borrow_mut();
        match &mut *task {
            Some(task) => task.clone_from(context.waker()),
            None => *task = Some(context.waker().clone()),
        }
        self.order.get()
    }
}

/// A connection's socket; tells its [`Line`] when something was heard.
pub(crate) struct Socket {
    io: TokioIo<TcpStream>,
    line: Rc<Line>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, line: Rc<Line>) -> Self {
        Self { io: TokioIo::new(stream), line }
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if read.is_ready() {
            self.line.heard();
        }
        read
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }
}
