//! Group commit: many tasks append, and one commit serves them all.
//!
//! Everything runs on one thread. The commit is done inline, in the task that drives it:
//! measurements showed that handing it to another thread costs as much as the disk. Waiting costs
//! no allocation per record: the waiters for one commit share one [`CommitBatch`].
//!
//! Invariants: a waiter gets Ok only when its record is durable; a failed commit tells every waiter
//! whose record it lost; dropping a waiter does no harm.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::{Durable, Journal, JournalError, Position};

/// A journal shared by the tasks of one thread. Clones are cheap. When the last one is dropped,
/// the driving future commits what is left and ends.
#[derive(Debug, Clone)]
pub struct GroupCommit(Rc<Handle>);

#[derive(Debug)]
struct Handle(Rc<GroupState>);

#[derive(Debug)]
struct GroupState {
    journal: RefCell<Journal>,
    batch: RefCell<Rc<CommitBatch>>,
    driver: RefCell<Option<Waker>>,
    released: Cell<bool>,
    ended: Cell<bool>,
}

/// The records between two commits, and who is waiting for them.
#[derive(Debug, Default)]
struct CommitBatch {
    outcome: OnceCell<CommitOutcome>,
    waiters: RefCell<Vec<Waker>>,
}

#[derive(Debug)]
struct CommitOutcome {
    /// Records before this are durable, whether the commit failed later or not.
    durable: Position,
    error: Option<JournalError>,
}

/// Resolves to a record's position when the record is durable. Dropping it does not undo the
/// append.
#[derive(Debug)]
#[must_use = "the record is durable only when this resolves"]
pub struct Append(CommitWait);

#[derive(Debug)]
enum CommitWait {
    Refused(JournalError),
    For { batch: Rc<CommitBatch>, position: Position, place: Option<usize> },
}

impl GroupCommit {
    /// Shares `journal`. The future must be driven on the same thread, with `spawn_local`.
    pub fn new(journal: Journal) -> (Self, impl Future<Output = ()>) {
        let shared = Rc::new(GroupState {
            journal: RefCell::new(journal),
            batch: RefCell::default(),
            driver: RefCell::default(),
            released: Cell::new(false),
            ended: Cell::new(false),
        });
        let driver = drive(Driver(Rc::clone(&shared)));
        (Self(Rc::new(Handle(shared))), driver)
    }

    /// Appends at once; the returned future resolves when the record is durable.
    ///
    /// # Errors
    /// Those of [`Journal::append`] and of the commit that lost the record, or
    /// [`JournalError::Closed`].
    pub fn append(&self, record: &[u8]) -> Append {
        let shared = &self.0.0;
        Append(match self.append_unawaited(record) {
            Ok(position) => {
                let batch = Rc::clone(&shared.batch.borrow());
                CommitWait::For { batch, position, place: None }
            }
            Err(error) => CommitWait::Refused(error),
        })
    }

    /// Appends; the record becomes durable with the next commit, but nobody is told whether it did.
    ///
    /// # Errors
    /// Those of [`Journal::append`], or [`JournalError::Closed`].
    pub fn append_unawaited(&self, record: &[u8]) -> Result<Position, JournalError> {
        let shared = &self.0.0;
        if shared.ended.get() {
            return Err(JournalError::Closed);
        }
        let position = shared.journal.borrow_mut().append(record)?;
        shared.wake_driver();
        Ok(position)
    }

    /// Waits until everything appended so far is durable.
    ///
    /// # Errors
    /// That of the commit, or [`JournalError::Closed`].
    pub async fn flush(&self) -> Result<(), JournalError> {
        let shared = &self.0.0;
        if !shared.journal.borrow().has_pending() {
            return Ok(());
        }
        let batch = Rc::clone(&shared.batch.borrow());
        let last = Position { segment: u64::MAX, offset: u32::MAX };
        Append(CommitWait::For { batch, position: last, place: None }).await.map(|_| ())
    }

    /// A handle that follows the durable end from other threads.
    #[must_use]
    pub fn durable(&self) -> Durable {
        self.0.0.journal.borrow().durable()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.released.set(true);
        self.0.wake_driver();
    }
}

impl GroupState {
    fn wake_driver(&self) {
        if let Some(driver) = self.driver.take() {
            driver.wake();
        }
    }

    /// Waits for something to commit; false when nobody can append any more.
    fn poll_work(&self, context: &Context<'_>) -> Poll<bool> {
        if self.journal.borrow().has_pending() {
            return Poll::Ready(true);
        }
        if self.released.get() {
            return Poll::Ready(false);
        }
        self.driver.replace(Some(context.waker().clone()));
        Poll::Pending
    }

    fn commit(&self) {
        let (durable, error) = {
            let mut journal = self.journal.borrow_mut();
            let error = journal.commit().err();
            (journal.end(), error)
        };
        self.finish(CommitOutcome { durable, error });
    }

    fn finish(&self, outcome: CommitOutcome) {
        let next = Rc::<CommitBatch>::default();
        let batch = self.batch.replace(Rc::clone(&next));
        // Set once: this batch has just been replaced.
        let _ = batch.outcome.set(outcome);
        let mut waiters = batch.waiters.take();
        waiters.drain(..).for_each(Waker::wake);
        // The next batch inherits the room.
        next.waiters.replace(waiters);
    }
}

/// The driving future's hold on the journal. If it is dropped early, nobody waits for ever.
#[derive(Debug)]
struct Driver(Rc<GroupState>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.ended.set(true);
        let durable = self.0.journal.borrow().end();
        self.0.finish(CommitOutcome { durable, error: Some(JournalError::Closed) });
    }
}

async fn drive(driver: Driver) {
    let shared = &driver.0;
    while poll_fn(|context| shared.poll_work(context)).await {
        // Every task that is ready appends first.
        tokio::task::yield_now().await;
        shared.commit();
    }
}

impl Future for Append {
    type Output = Result<Position, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            CommitWait::Refused(error) => Poll::Ready(Err(error.clone())),
            CommitWait::For { batch, position, place } => {
                batch.poll(*position, place, context.waker()).map_ok(|()| *position)
            }
        }
    }
}

impl CommitBatch {
    fn poll(
        &self,
        position: Position,
        place: &mut Option<usize>,
        waker: &Waker,
    ) -> Poll<Result<(), JournalError>> {
        if let Some(outcome) = self.outcome.get() {
            return Poll::Ready(match &outcome.error {
                Some(error) if position >= outcome.durable => Err(error.clone()),
                _ => Ok(()),
            });
        }
        let mut waiters = self.waiters.borrow_mut();
        match place.and_then(|place| waiters.get_mut(place)) {
            Some(mine) => mine.clone_from(waker),
            None => {
                *place = Some(waiters.len());
                waiters.push(waker.clone());
            }
        }
        Poll::Pending
    }
}
