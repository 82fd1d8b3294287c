//! How many streams may be open, and the end of all of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::SessionId;
use tokio::sync::watch::Receiver;
use tokio_util::sync::CancellationToken;

use super::live_part::LivePart;
use super::watch::{LivePages, Maker};

/// What streams may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// Open at once, for one session.
    pub per_session: usize,
    /// Open at once, for all.
    pub per_node: usize,
    /// How long one lasts; its page opens the next.
    pub lasts: Duration,
    /// How often its reader's rights are asked anew, and a sign of life is sent.
    pub beat: Duration,
    /// How often a page that somebody looks at is made anew, at most.
    pub pace: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            per_session: 6,
            // Half of the listener's connections.
            per_node: 256,
            lasts: Duration::from_secs(5 * 60),
            beat: Duration::from_secs(15),
            pace: Duration::from_secs(1),
        }
    }
}

#[derive(Debug, Default)]
pub struct StreamCounters {
    pub open: AtomicU64,
    /// Because there were too many.
    pub refused: AtomicU64,
}

/// The streams of this node's pages.
#[derive(Clone)]
pub struct LiveStreams {
    pub(crate) limits: StreamLimits,
    counters: Arc<StreamCounters>,
    pub(crate) stop: CancellationToken,
    /// Streams of each session that has any.
    sessions: Arc<Mutex<HashMap<SessionId, usize>>>,
    pages: LivePages,
}

impl LiveStreams {
    /// Streams that end when `stop` is cancelled.
    #[must_use]
    pub fn new(
        limits: StreamLimits,
        counters: Arc<StreamCounters>,
        stop: CancellationToken,
    ) -> Self {
        let pages = LivePages::new(limits.pace);
        Self { limits, counters, stop, sessions: Arc::default(), pages }
    }

    /// Follows the part of this name, which everybody who may see it sees alike.
    pub(crate) fn follow(&self, name: String, make: Maker) -> Receiver<Option<Arc<LivePart>>> {
        self.pages.follow(name, make)
    }

    /// A place for one more stream of this session, if there is one.
    pub(crate) fn enter(&self, session: SessionId) -> Option<StreamPlace> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = sessions.values().sum();
        let own = sessions.get(&session).copied().unwrap_or_default();
        if own >= self.limits.per_session || all >= self.limits.per_node {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        sessions.insert(session, own + 1);
        self.counters.open.fetch_add(1, Ordering::Relaxed);
        Some(StreamPlace { streams: self.clone(), session })
    }
}

impl Default for LiveStreams {
    fn default() -> Self {
        Self::new(StreamLimits::default(), Arc::default(), CancellationToken::new())
    }
}

/// The place of one stream, until it is dropped.
pub(crate) struct StreamPlace {
    streams: LiveStreams,
    session: SessionId,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut sessions = self.streams.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        match sessions.get_mut(&self.session) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                sessions.remove(&self.session);
            }
        }
        self.streams.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_and_a_node_have_so_many_places() {
        let limits = StreamLimits { per_session: 2, per_node: 3, ..StreamLimits::default() };
        let counters = Arc::<StreamCounters>::default();
        let streams = LiveStreams::new(limits, Arc::clone(&counters), CancellationToken::new());
        let (one, two, three) = (SessionId(1), SessionId(2), SessionId(3));
        let first = streams.enter(one).unwrap();
        let second = streams.enter(one).unwrap();
        assert!(streams.enter(one).is_none(), "the session has its share");
        let third = streams.enter(two).unwrap();
        assert!(streams.enter(three).is_none(), "the node has its share");
        assert_eq!(counters.open.load(Ordering::Relaxed), 3);
        assert_eq!(counters.refused.load(Ordering::Relaxed), 2);
        drop(second);
        let again = streams.enter(one).unwrap();
        drop((first, third, again));
        assert_eq!(counters.open.load(Ordering::Relaxed), 0);
        assert!(streams.sessions.lock().unwrap().is_empty());
    }
}
