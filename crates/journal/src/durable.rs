//! The durable end of a journal, as seen from other threads.

use tokio::sync::watch;

use crate::Position;

/// Follows the durable end of a journal. Cheap to clone and to send to another thread.
#[derive(Debug, Clone)]
pub struct Durable(watch::Receiver<Position>);

impl Durable {
    pub(crate) fn new(start: Position) -> (watch::Sender<Position>, Self) {
        let (sender, receiver) = watch::channel(start);
        (sender, Self(receiver))
    }

    /// Everything before this is on disk.
    #[must_use]
    pub fn end(&self) -> Position {
        *self.0.borrow()
    }

    /// Waits until the durable end is beyond `seen`, and returns it. Waits for ever when the
    /// journal is closed and nothing is left, so race it against a shutdown. The end can move
    /// thousands of times a second: a follower should take what is there, then pause.
    pub async fn changed_since(&self, seen: Position) -> Position {
        let mut receiver = self.0.clone();
        let changed = receiver.wait_for(|end| *end > seen).await.map(|end| *end);
        match changed {
            Ok(end) => end,
            Err(_) => std::future::pending().await,
        }
    }
}
