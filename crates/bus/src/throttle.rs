//! A limit that all nodes of an installation share.
//!
//! One task owns a throttle's state. It reserves permits in Redis in blocks worth about 100 ms, so
//! that a message does not cost a round trip, and hands them out one by one when they are due, in
//! the order of the requests. A request that is dropped takes no permit.
//!
//! Invariants: all nodes together pass no more than the rate plus 100 ms worth of permits; nothing
//! waits for Redis longer than [`ASK_TIMEOUT`]. While Redis is unreachable, each node falls back to
//! its share: the rate divided by the number of nodes last seen active. In a partition, when some
//! nodes reach Redis and others don't, the sum can exceed the rate, at most by a factor of two.

mod shared;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use self::shared::{PermitBlock, SharedLimit};
use crate::gcra::{Gcra, Rate, SLACK};
use crate::{BusError, InstallationId, RedisServer, installation_id};

/// Requests that may queue in front of the task; more wait in front of the queue.
const QUEUE: usize = 256;
/// Longest wait for Redis before a node falls back to its share.
const ASK_TIMEOUT: Duration = Duration::from_millis(500);

/// Lets a number of permits per minute through. Clones share the limit.
#[derive(Debug, Clone)]
pub struct Throttle {
    requests: mpsc::Sender<oneshot::Sender<()>>,
    rate: Rate,
    /// How many nodes share the limit, as far as known.
    nodes: Arc<AtomicU32>,
}

impl Throttle {
    /// A limit for this process only. Must be called on a runtime.
    #[must_use]
    pub fn local(per_minute: NonZeroU32) -> Self {
        Self::start(Rate::per_minute(per_minute), None)
    }

    /// The limit named `limit`, shared by all nodes of `installation`; they should agree on
    /// `per_minute`. `node` identifies this node. Until Redis has said how many there are,
    /// `nodes_hint` is used. Connects with the first permit. Must be called on a runtime.
    pub fn shared(
        server: &RedisServer,
        installation: &InstallationId,
        limit: &str,
        per_minute: NonZeroU32,
        node: &str,
        nodes_hint: NonZeroU32,
    ) -> Result<Self, BusError> {
        installation_id::check(limit)?;
        installation_id::check(node)?;
        let rate = Rate::per_minute(per_minute);
        let keys = (installation.limit_key(limit), installation.members_key(limit));
        let shared =
            SharedLimit::new(server.clone(), keys, node.to_owned(), rate, nodes_hint.get());
        Ok(Self::start(rate, Some(shared)))
    }

    fn start(rate: Rate, shared: Option<SharedLimit>) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        let origin = Instant::now();
        let nodes = Arc::new(AtomicU32::new(shared.as_ref().map_or(1, SharedLimit::nodes)));
        let told = Arc::clone(&nodes);
        let keeper =
            Keeper { rate, origin, own: Gcra::default(), shared, grant: None, nodes: told };
        // Ends when the last clone is dropped.
        tokio::spawn(keeper.run(queue));
        Self { requests, rate, nodes }
    }

    /// Permits a minute, of all nodes together.
    #[must_use]
    pub fn per_minute(&self) -> NonZeroU32 {
        self.rate.permits()
    }

    /// About how many permits this node will get within `time`, if all nodes that share the limit
    /// are equally busy.
    #[must_use]
    pub fn share_within(&self, time: Duration) -> usize {
        let nodes = self.nodes.load(Ordering::Relaxed).max(1);
        let one = self.rate.time_of(nodes);
        usize::try_from(time.as_micros() / one.as_micros().max(1)).unwrap_or(usize::MAX)
    }

    /// Waits until one more may pass.
    pub async fn permit(&self) {
        let (give, permit) = oneshot::channel();
        let asked = self.requests.send(give).await;
        if asked.is_err() || permit.await.is_err() {
            // The task ends before its throttle only when the runtime does: nothing may pass.
            std::future::pending::<()>().await;
        }
    }
}

/// The task that owns the limit's state.
struct Keeper {
    rate: Rate,
    /// Zero of the durations in `own`.
    origin: Instant,
    /// This node's share, or the whole limit when nothing is shared.
    own: Gcra,
    shared: Option<SharedLimit>,
    grant: Option<Grant>,
    nodes: Arc<AtomicU32>,
}

/// Permits that were reserved.
#[derive(Debug, Clone, Copy)]
struct Grant {
    /// When the next of them is due.
    due: Instant,
    left: u32,
    step: Duration,
}

impl Keeper {
    async fn run(mut self, mut queue: mpsc::Receiver<oneshot::Sender<()>>) {
        while let Some(mut request) = queue.recv().await {
            if request.is_closed() {
                continue;
            }
            let due = self.next_due().await;
            tokio::select! {
                () = sleep_until(due) => {
                    self.take();
                    // A requester that gave up at this moment costs a permit.
                    let _ = request.send(());
                }
                () = request.closed() => {}
            }
        }
    }

    /// When the next permit is due. Permits that nobody wanted in time lapse: if kept, they would
    /// allow a burst later.
    async fn next_due(&mut self) -> Instant {
        loop {
            let now = Instant::now();
            match &mut self.grant {
                Some(grant) if grant.left > 0 && grant.due + SLACK >= now => return grant.due,
                Some(grant) if grant.left > 0 => grant.advance(),
                _ => self.grant = Some(self.reserve().await),
            }
        }
    }

    fn take(&mut self) {
        if let Some(grant) = &mut self.grant {
            grant.advance();
        }
    }

    async fn reserve(&mut self) -> Grant {
        let Some(shared) = &mut self.shared else { return self.reserve_own(1) };
        let answer = shared.ask(ASK_TIMEOUT).await;
        self.nodes.store(shared.nodes(), Ordering::Relaxed);
        match answer {
            Some(PermitBlock { due, permits, time }) => {
                // If Redis goes away now, the own share begins behind what it gave.
                let end = (due + time).saturating_duration_since(self.origin);
                self.own = self.own.not_before(end);
                Grant { due, left: permits, step: time / permits.max(1) }
            }
            None => {
                let nodes = shared.nodes();
                self.reserve_own(nodes)
            }
        }
    }

    /// One permit of this node's share among `nodes`.
    fn reserve_own(&mut self, nodes: u32) -> Grant {
        let step = self.rate.time_of(nodes);
        let due = self.own.reserve(self.origin.elapsed(), step);
        Grant { due: self.origin + due, left: 1, step }
    }
}

impl Grant {
    fn advance(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.due += self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn per_minute(permits: u32) -> NonZeroU32 {
        NonZeroU32::new(permits).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_one_process_spreads_its_permits_evenly() {
        let throttle = Throttle::local(per_minute(600));
        let begun = Instant::now();
        for _ in 0..51 {
            throttle.permit().await;
        }
        let took = begun.elapsed().as_millis();
        assert!((4_900..=5_010).contains(&took), "{took} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_knows_what_it_can_send_in_a_while() {
        let throttle = Throttle::local(per_minute(600));
        assert_eq!(throttle.share_within(Duration::from_secs(10)), 100);
        assert_eq!(throttle.share_within(Duration::from_millis(50)), 0);
        throttle.nodes.store(4, Ordering::Relaxed);
        assert_eq!(throttle.share_within(Duration::from_secs(10)), 25);
        assert_eq!(throttle.per_minute(), per_minute(600));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_wanted_lapses() {
        let throttle = Throttle::local(per_minute(60));
        throttle.permit().await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        let begun = Instant::now();
        for _ in 0..3 {
            throttle.permit().await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(1_900));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_request_takes_no_permit() {
        let throttle = Throttle::local(per_minute(1));
        throttle.permit().await;
        let begun = Instant::now();
        for _ in 0..5 {
            let short = Duration::from_secs(1);
            assert!(tokio::time::timeout(short, throttle.permit()).await.is_err());
        }
        throttle.permit().await;
        assert!(begun.elapsed() <= Duration::from_secs(61), "{:?}", begun.elapsed());
    }
}
