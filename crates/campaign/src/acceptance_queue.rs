//! Puts single messages into the store, those that come at the same time in one transaction.
//!
//! Invariants: nobody is answered before their message is committed, or certainly is not; the queue is
//! bounded, and whoever finds it full is asked to come back; who is alone waits for nobody else.
//! One task at a time writes, and ends when nothing waits.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Timestamp;
use store::{MessageAccepted, NewMessage, Store, StoreError};
use tokio::sync::oneshot;

/// Messages of one transaction.
const AT_ONCE: usize = 256;
/// Messages that may wait for theirs.
const MOST_WAITING: usize = 4_096;

/// What was accepted since the start.
#[derive(Debug, Default)]
pub struct MessageCounters {
    /// New messages, those of test tokens among them.
    pub accepted: AtomicU64,
    /// Requests that were done before.
    pub replayed: AtomicU64,
    /// Requests that found the queue full.
    pub turned_away: AtomicU64,
}

/// The queue. Clones share it.
#[derive(Clone)]
pub struct AcceptanceQueue(Arc<Shared>);

struct Shared {
    store: Store,
    waiting: Mutex<Waiting>,
    counters: Arc<MessageCounters>,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<WaitingMessage>,
    is_written: bool,
}

struct WaitingMessage {
    new: NewMessage,
    at: Timestamp,
    answer: oneshot::Sender<Result<MessageAccepted, StoreError>>,
}

impl std::fmt::Debug for AcceptanceQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AcceptanceQueue")
            .field("counters", &self.0.counters)
            .finish_non_exhaustive()
    }
}

impl AcceptanceQueue {
    pub(crate) fn new(store: Store, counters: Arc<MessageCounters>) -> Self {
        Self(Arc::new(Shared { store, waiting: Mutex::default(), counters }))
    }

    /// Accepts a message, and says what became of it when that is durable. Must be called within a
    /// runtime. When the call is dropped, the message may be accepted all the same.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait; when the store fails.
    pub async fn accept(
        &self,
        new: NewMessage,
        at: Timestamp,
    ) -> Result<MessageAccepted, StoreError> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut waiting = self.0.waiting();
            if waiting.messages.len() >= MOST_WAITING {
                self.0.counters.turned_away.fetch_add(1, Ordering::Relaxed);
                return Err(StoreError::Busy);
            }
            waiting.messages.push_back(WaitingMessage { new, at, answer });
            !std::mem::replace(&mut waiting.is_written, true)
        };
        if begins {
            tokio::spawn(write(Arc::clone(&self.0)));
        }
        let said = answered.await.map_err(|_| StoreError::Closed)?;
        match &said {
            Ok(MessageAccepted::New(_)) => {
                self.0.counters.accepted.fetch_add(1, Ordering::Relaxed);
            }
            Ok(MessageAccepted::Before(_)) => {
                self.0.counters.replayed.fetch_add(1, Ordering::Relaxed);
            }
            Ok(MessageAccepted::KeyUsed | MessageAccepted::Suppressed) | Err(_) => {}
        }
        said
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is written next; with nothing, the task that asks has ended.
    fn next(&self) -> Vec<WaitingMessage> {
        let mut waiting = self.waiting();
        let count = waiting.messages.len().min(AT_ONCE);
        waiting.is_written = count > 0;
        waiting.messages.drain(..count).collect()
    }
}

/// The task that writes.
struct Writing {
    shared: Arc<Shared>,
    /// Nothing waited any more.
    is_over: bool,
}

impl Drop for Writing {
    /// Gives up what waits when the task ends before its time, so that the next message begins another one.
    fn drop(&mut self) {
        if !self.is_over {
            *self.shared.waiting() = Waiting::default();
        }
    }
}

async fn write(shared: Arc<Shared>) {
    let mut writing = Writing { shared, is_over: false };
    loop {
        let batch = writing.shared.next();
        if batch.is_empty() {
            writing.is_over = true;
            return;
        }
        commit(&writing.shared.store, batch).await;
    }
}

async fn commit(store: &Store, batch: Vec<WaitingMessage>) {
    let Some(at) = batch.iter().map(|it| it.at).max() else { return };
    let new: Vec<NewMessage> = batch.iter().map(|it| it.new.clone()).collect();
    match store.messages_accept(new, at).await {
        Ok(said) => {
            for (waiting, said) in batch.into_iter().zip(said) {
                // Whoever does not wait any more asks again with the same key.
                let _ = waiting.answer.send(Ok(said));
            }
        }
        Err(error) if error.is_passing() => {
            for waiting in batch {
                let _ = waiting.answer.send(Err(StoreError::Busy));
            }
        }
        // None is to fail because of another one.
        Err(error) => alone(store, batch, error).await,
    }
}

async fn alone(store: &Store, batch: Vec<WaitingMessage>, error: StoreError) {
    let mut error = (batch.len() == 1).then_some(error);
    for WaitingMessage { new, at, answer } in batch {
        let said = match error.take() {
            Some(error) => Err(error),
            None => {
                let said = store.messages_accept(vec![new], at).await;
                said.and_then(|said| said.into_iter().next().ok_or(StoreError::Closed))
            }
        };
        let _ = answer.send(said);
    }
}
