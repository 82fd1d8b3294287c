//! The open connections: what each client is doing, and since when.
//!
//! One task watches all of them. A timer per request would cost an allocation and two trips to the
//! timer wheel for every pixel. Time is therefore coarse: a client gets up to two ticks more than
//! its limit, never less.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use crate::body_wait::{BodyWait, SLOW_BYTES};
use crate::{ClientCounters, ClientLimits};

/// When there is no room, one connection in this many is closed, so that the search costs little
/// when many come at once.
const SHARE: usize = 64;

/// The client has not said anything yet.
const FRESH: u8 = 0;
/// It has begun a request.
const ASKING: u8 = 1;
/// We are working on the answer.
const ANSWERING: u8 = 2;
/// It may ask again.
const IDLE: u8 = 3;

/// It gets events for as long as it likes: that is no waiting for it.
const STREAMING: u8 = 4;

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    Serve,
    /// Close after the request under way.
    Finish,
    /// Close at once, whatever is under way.
    Cut,
}

/// Milliseconds since the listener began, updated by each tick.
#[derive(Debug, Default)]
struct CoarseClock(AtomicU64);

impl CoarseClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the listener knows of one connection: what it is doing, since when, and what it was told.
#[derive(Debug)]
pub(crate) struct ClientGuard {
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when the client has not read bytes of ours, plus one; 0 when it has.
    blocked: AtomicU64,
    /// Bytes that it took since then.
    taken: AtomicU64,
    /// How long a request's body has kept us waiting.
    body: BodyWait,
    order: AtomicU8,
    task: Mutex<Option<Waker>>,
    clock: Arc<CoarseClock>,
}

impl ClientGuard {
    fn new(clock: Arc<CoarseClock>) -> Self {
        Self {
            phase: AtomicU8::new(FRESH),
            since: AtomicU64::new(clock.now()),
            blocked: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            body: BodyWait::default(),
            order: AtomicU8::new(Order::Serve as u8),
            task: Mutex::default(),
            clock,
        }
    }

    /// A request's head is complete; a body may follow.
    pub(crate) fn asked(&self, has_body: bool) {
        self.body.begin(has_body);
        self.phase.store(ANSWERING, Ordering::Release);
    }

    /// The answer is ready to be written.
    pub(crate) fn answered(&self) {
        self.body.begin(false);
        self.enter(IDLE);
    }

    /// The answer is a stream of events, to be written as they come.
    pub(crate) fn streams(&self) {
        self.body.begin(false);
        self.enter(STREAMING);
    }

    pub(crate) fn is_streaming(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == STREAMING
    }

    /// We would read on, and nothing has come.
    pub(crate) fn waits(&self) {
        self.body.waits(self.clock.now());
    }

    /// Bytes came, or the end of them.
    pub(crate) fn heard(&self, bytes: usize) {
        self.body.came(bytes, self.clock.now());
        match self.phase.load(Ordering::Relaxed) {
            // The first request's time counts from the beginning.
            FRESH => self.phase.store(ASKING, Ordering::Release),
            IDLE => self.enter(ASKING),
            _ => {}
        }
    }

    /// The client's side accepts no more for now.
    pub(crate) fn blocked(&self) {
        if self.blocked.load(Ordering::Relaxed) == 0 {
            self.taken.store(0, Ordering::Relaxed);
            self.blocked.store(self.clock.now() + 1, Ordering::Release);
        }
    }

    pub(crate) fn took(&self, bytes: usize) {
        if self.blocked.load(Ordering::Relaxed) > 0 {
            self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        // A body that is made while it is sent.
        if matches!(self.phase.load(Ordering::Relaxed), IDLE | STREAMING) {
            self.since.store(self.clock.now(), Ordering::Relaxed);
        }
    }

    /// Nothing is left to be taken.
    pub(crate) fn took_all(&self) {
        if self.blocked.load(Ordering::Relaxed) > 0 {
            self.blocked.store(0, Ordering::Release);
        }
    }

    /// A reader that sees the phase sees its time.
    fn enter(&self, phase: u8) {
        self.since.store(self.clock.now(), Ordering::Relaxed);
        self.phase.store(phase, Ordering::Release);
    }

    fn is_late(&self, now: u64, tick: u64, limits: &ClientLimits) -> bool {
        let limit = match self.phase.load(Ordering::Acquire) {
            FRESH | ASKING => Some(limits.header),
            IDLE | STREAMING => Some(limits.idle),
            _ => None,
        };
        // `since` may be a tick too early.
        let waited = now.saturating_sub(self.since.load(Ordering::Relaxed));
        let blocked = self.blocked.load(Ordering::Acquire);
        let earned = self.taken.load(Ordering::Relaxed).saturating_mul(1_000) / SLOW_BYTES;
        limit.is_some_and(|limit| waited > millis(limit) + tick)
            || (blocked > 0
                && now.saturating_sub(blocked)
                    > millis(limits.taking).saturating_add(earned) + tick)
            || self.body.waited(now) > millis(limits.taking) + tick
    }

    /// Since when the client has kept us waiting, and how it may be closed; None when it has not.
    fn waiting(&self, now: u64) -> Option<(u64, Order)> {
        if self.order() != Order::Serve {
            return None;
        }
        let phase = self.phase.load(Ordering::Acquire);
        let since = self.since.load(Ordering::Relaxed);
        match (self.blocked.load(Ordering::Acquire), phase) {
            (0, ANSWERING) => match self.body.waited(now) {
                0 => None,
                waited => Some((now.saturating_sub(waited), Order::Cut)),
            },
            (0, STREAMING) => None,
            // Closed when idle; a request that comes at this very moment is still answered.
            (0, IDLE) => Some((since, Order::Finish)),
            (0, _) => Some((since, Order::Cut)),
            (blocked, _) => Some((blocked - 1, Order::Cut)),
        }
    }

    pub(crate) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            0 => Order::Serve,
            1 => Order::Finish,
            _ => Order::Cut,
        }
    }

    fn obey(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::AcqRel);
        if let Some(task) = &*self.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.wake_by_ref();
        }
    }

    /// `task` is woken whenever the order changes.
    pub(crate) fn wake_for_orders(&self, task: Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

#[derive(Debug)]
pub(crate) struct OpenClients {
    open: Mutex<HashMap<u64, Arc<ClientGuard>>>,
    next: AtomicU64,
    clock: Arc<CoarseClock>,
    limits: ClientLimits,
    counters: Arc<ClientCounters>,
}

impl OpenClients {
    pub(crate) fn new(limits: ClientLimits, counters: Arc<ClientCounters>) -> Self {
        let (open, next) = (Mutex::default(), AtomicU64::new(0));
        Self { open, next, clock: Arc::default(), limits, counters }
    }

    /// Registers a new connection, until the returned value is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> OpenClient {
        let guard = Arc::new(ClientGuard::new(Arc::clone(&self.clock)));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, Arc::clone(&guard));
        self.counters.open.fetch_add(1, Ordering::Relaxed);
        OpenClient { guard, number, all: Arc::clone(self) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<ClientGuard>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives every connection the same order.
    pub(crate) fn order_all(&self, order: Order) {
        self.lock().values().for_each(|guard| guard.obey(order));
    }

    pub(crate) fn tick(&self) -> Duration {
        let limits = &self.limits;
        let shortest = limits.header.min(limits.idle).min(limits.taking).min(limits.quiet);
        (shortest / 4).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }

    /// Closes, tick by tick, the connections whose client takes too long.
    pub(crate) async fn watch(&self) -> Infallible {
        let tick = self.tick();
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let begun = Instant::now();
        loop {
            let now = millis(ticks.tick().await.saturating_duration_since(begun));
            self.clock.0.store(now, Ordering::Relaxed);
            for guard in self.lock().values() {
                if guard.order() != Order::Cut && guard.is_late(now, millis(tick), &self.limits) {
                    self.counters.shed.fetch_add(1, Ordering::Relaxed);
                    guard.obey(Order::Cut);
                }
            }
        }
    }

    /// Closes those that have kept us waiting longest, if any has for long enough.
    pub(crate) fn give_way(&self) {
        let (now, quiet) = (self.clock.now(), millis(self.limits.quiet) + millis(self.tick()));
        let open = self.lock();
        let mut waiting: Vec<_> = open
            .values()
            .filter_map(|guard| guard.waiting(now).map(|(since, order)| (since, order, guard)))
            .filter(|(since, ..)| now.saturating_sub(*since) > quiet)
            .collect();
        let most = (self.limits.connections / SHARE).max(1).min(waiting.len());
        if let Some(last) = most.checked_sub(1) {
            waiting.select_nth_unstable_by_key(last, |(since, ..)| *since);
        }
        for (_, order, guard) in waiting.into_iter().take(most) {
            self.counters.gave_way.fetch_add(1, Ordering::Relaxed);
            guard.obey(order);
        }
    }
}

/// A connection's place among the others.
#[derive(Debug)]
pub(crate) struct OpenClient {
    pub(crate) guard: Arc<ClientGuard>,
    number: u64,
    all: Arc<OpenClients>,
}

impl Drop for OpenClient {
    fn drop(&mut self) {
        self.all.lock().remove(&self.number);
        self.all.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
