//! How many connections to open to the relay, and how to approach it after trouble.
//!
//! Two things are learned. The *ceiling* is how many connections it accepts at the same time: a
//! refused connection while others are open lowers the ceiling to their number, and it is raised by
//! one after a while, a longer while after each refusal. *Trouble* is when nothing gets through:
//! everybody waits, longer each time, then one connection tries with one message; after that the
//! number grows again by one for each round of messages that got through.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::metrics::{Metrics, count};
use crate::trouble::{FIRST_WAIT, Troubles};
use crate::trouble_kind::TroubleKind;
use bus::backoff::{doubled, jittered};

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long until one connection more than the relay has accepted is tried.
const FIRST_RISE: Duration = Duration::from_secs(10);
const LONGEST_RISE: Duration = Duration::from_secs(600);

pub(crate) struct RelayConcurrency {
    most: usize,
    state: RefCell<ConcurrencyState>,
    changed: Notify,
    troubles: Rc<Troubles>,
    metrics: Arc<Metrics>,
}

struct ConcurrencyState {
    in_use: usize,
    /// Slots handed out at the same time, at most the ceiling.
    allowed: usize,
    /// Connections that the relay was seen to accept.
    ceiling: usize,
    /// Messages that got through since `allowed` was changed.
    good: usize,
    failures: i64,
    /// Whether the relay's silence has been reported.
    told_slow: bool,
    open_at: Instant,
    rise_at: Instant,
    rises_refused: i64,
}

/// Permission to use one connection; returned when dropped.
pub(crate) struct RelaySlot {
    concurrency: Rc<RelayConcurrency>,
    /// The one that tries first after trouble.
    pub(crate) is_probe: bool,
}

impl RelayConcurrency {
    pub(crate) fn new(most: usize, troubles: Rc<Troubles>, metrics: Arc<Metrics>) -> Self {
        let most = most.max(1);
        metrics.connections_allowed.store(most as u64, Ordering::Relaxed);
        let now = Instant::now();
        let state = ConcurrencyState {
            in_use: 0,
            allowed: most,
            ceiling: most,
            good: 0,
            failures: 0,
            told_slow: false,
            open_at: now,
            rise_at: now,
            rises_refused: 0,
        };
        Self { most, state: RefCell::new(state), changed: Notify::new(), troubles, metrics }
    }

    /// Resolves when one more connection may be used.
    pub(crate) async fn slot(self: &Rc<Self>) -> RelaySlot {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let opens = {
                let mut state = self.state.borrow_mut();
                let now = Instant::now();
                if state.in_use < state.allowed && now >= state.open_at {
                    state.in_use += 1;
                    let is_probe = state.failures > 0;
                    return RelaySlot { concurrency: Rc::clone(self), is_probe };
                }
                (state.open_at > now).then_some(state.open_at)
            };
            match opens {
                Some(at) => tokio::time::sleep_until(at).await,
                None => changed.await,
            }
        }
    }

    /// The most connections that should be open.
    pub(crate) fn allowed(&self) -> usize {
        self.state.borrow().allowed
    }

    /// The relay accepted a message, or refused a recipient: it works.
    pub(crate) fn good(&self) {
        let mut state = self.state.borrow_mut();
        let was_slow = std::mem::take(&mut state.told_slow);
        let was_troubled = std::mem::take(&mut state.failures) > 0 || was_slow;
        state.good += 1;
        if state.allowed < state.ceiling && state.good >= state.allowed {
            state.allowed += 1;
            state.good = 0;
            self.changed.notify_waiters();
        } else if state.ceiling < self.most && Instant::now() >= state.rise_at {
            state.ceiling += 1;
            if state.ceiling == self.most {
                state.rises_refused = 0;
            }
            state.rise_at = Instant::now() + state.rise();
        }
        self.show(&state);
        drop(state);
        if was_troubled {
            self.changed.notify_waiters();
            self.troubles.over(TroubleKind::Relay);
        }
    }

    /// The relay is silent, and may stay so; `what` says the likely mistake. Nothing is held up by
    /// it, but nobody should have to wait for the timeout to learn why nothing is sent.
    pub(crate) fn slow(&self, what: &str, others: usize) {
        tracing::warn!(what, "waiting for the relay");
        if others == 0 {
            self.state.borrow_mut().told_slow = true;
            self.troubles.met(TroubleKind::Relay, what);
        }
    }

    /// A connection could not be opened while `others` are open.
    pub(crate) fn refused(&self, what: &str, others: usize) {
        if others == 0 {
            return self.bad(what);
        }
        count(&self.metrics.relay_errors);
        let mut state = self.state.borrow_mut();
        if others < state.ceiling {
            tracing::info!(what, connections = others, "the relay accepts fewer connections");
            state.ceiling = others;
            state.allowed = state.allowed.min(others);
            state.good = 0;
            state.rise_at = Instant::now() + state.rise();
            state.rises_refused += 1;
        }
        self.show(&state);
    }

    /// Nothing gets through; `what` is for people and names no recipient.
    pub(crate) fn bad(&self, what: &str) {
        count(&self.metrics.relay_errors);
        let mut state = self.state.borrow_mut();
        let now = Instant::now();
        // Connections that break together are one trouble.
        if state.failures == 0 || now >= state.open_at {
            let wait = jittered(doubled(FIRST_WAIT, LONGEST_WAIT, state.failures));
            state.failures += 1;
            state.open_at = now + wait;
            tracing::warn!(what, ?wait, "sending is held up");
        }
        (state.allowed, state.good) = (1, 0);
        self.show(&state);
        drop(state);
        self.troubles.met(TroubleKind::Relay, what);
    }

    fn show(&self, state: &ConcurrencyState) {
        self.metrics.connections_allowed.store(state.allowed as u64, Ordering::Relaxed);
    }
}

impl ConcurrencyState {
    fn rise(&self) -> Duration {
        jittered(doubled(FIRST_RISE, LONGEST_RISE, self.rises_refused))
    }
}

impl Drop for RelaySlot {
    fn drop(&mut self) {
        self.concurrency.state.borrow_mut().in_use -= 1;
        self.concurrency.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concurrency(most: usize) -> (Rc<RelayConcurrency>, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::default());
        let troubles = Rc::new(Troubles::new(Arc::clone(&metrics)));
        (Rc::new(RelayConcurrency::new(most, troubles, Arc::clone(&metrics))), metrics)
    }

    #[tokio::test(start_paused = true)]
    async fn after_trouble_one_connection_tries_first() {
        let (concurrency, metrics) = concurrency(3);
        assert!(!concurrency.slot().await.is_probe);
        concurrency.bad("down");
        concurrency.bad("down");
        let began = Instant::now();
        let probe = concurrency.slot().await;
        assert!(began.elapsed() >= FIRST_WAIT / 2 && probe.is_probe);
        let second = tokio::time::timeout(Duration::from_secs(600), concurrency.slot()).await;
        assert!(second.is_err(), "a second connection got through while the first one tries");
        concurrency.good();
        let second = concurrency.slot().await;
        assert!(!second.is_probe);
        assert_eq!(metrics.trouble(TroubleKind::Relay), None);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_and_holds_nothing_up_until_a_message_gets_through() {
        let (concurrency, metrics) = concurrency(3);
        concurrency.slow("no greeting", 1);
        assert_eq!(metrics.trouble(TroubleKind::Relay), None, "others get through");
        concurrency.slow("no greeting", 0);
        assert_eq!(metrics.trouble(TroubleKind::Relay).unwrap().1, "no greeting");
        let began = Instant::now();
        assert!(!concurrency.slot().await.is_probe);
        assert_eq!(began.elapsed(), Duration::ZERO);
        concurrency.good();
        assert_eq!(metrics.trouble(TroubleKind::Relay), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_to_a_minute() {
        let (concurrency, _) = concurrency(1);
        let mut longest = Duration::ZERO;
        for _ in 0..12 {
            concurrency.bad("down");
            let began = Instant::now();
            drop(concurrency.slot().await);
            longest = longest.max(began.elapsed());
        }
        assert!(longest > LONGEST_WAIT / 2 && longest <= LONGEST_WAIT, "{longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_takes_two_is_seldom_asked_for_more() {
        let (concurrency, _) = concurrency(10);
        let mut refused = 0;
        // An hour of messages, one every tenth of a second on each connection that stands.
        for _ in 0..36_000 {
            tokio::time::advance(Duration::from_millis(100)).await;
            if concurrency.allowed() > 2 {
                concurrency.refused("421 too many connections", 2);
                refused += 1;
            }
            concurrency.good();
        }
        assert!(refused < 20, "{refused} refused connections");
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_takes_more_again_gets_more() {
        let (concurrency, _) = concurrency(4);
        concurrency.refused("421 too many connections", 1);
        assert_eq!(concurrency.allowed(), 1);
        for _ in 0..3_000 {
            tokio::time::advance(Duration::from_millis(100)).await;
            concurrency.good();
        }
        assert_eq!(concurrency.allowed(), 4);
    }
}
