//! Something that is written together with the next thing that a clone of the store writes.
//!
//! Invariants: it is in the same transaction as that write, so both are stored or neither; it is
//! written once, also when several tasks share the clone; a write that fails leaves it for the next
//! one. A clone without it pays nothing.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::StoreError;
use crate::engine::tx::Tx;

/// What is written beside the work of a transaction. May be run several times, as the work itself.
pub(crate) trait Attachment: Send + Sync {
    /// Before the work; an error keeps it from being done.
    fn before(&self, tx: &Tx<'_>) -> Result<(), StoreError>;
    /// Who does it, by name.
    fn actor(&self) -> Option<String>;
    /// After the work, when it has succeeded.
    fn after(&self, tx: &Tx<'_>) -> Result<(), StoreError>;
}

/// An attachment and whether it is written.
#[derive(Clone)]
pub(crate) struct Attached {
    what: Arc<dyn Attachment>,
    written: Arc<Mutex<bool>>,
}

/// The right to write the attachment. Nobody else writes it, or anything else by the same clone,
/// while this is held.
pub(crate) struct AttachedTurn {
    what: Arc<dyn Attachment>,
    written: OwnedMutexGuard<bool>,
}

impl Attached {
    pub(crate) fn new(what: impl Attachment + 'static) -> Self {
        Self { what: Arc::new(what), written: Arc::default() }
    }

    /// None when it is written already.
    pub(crate) async fn turn(&self) -> Option<AttachedTurn> {
        let written = Arc::clone(&self.written).lock_owned().await;
        (!*written).then(|| AttachedTurn { what: Arc::clone(&self.what), written })
    }
}

impl AttachedTurn {
    /// The work, with the attachment around it.
    pub(crate) fn around<T>(
        &self,
        tx: &Tx<'_>,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        tx.set_actor(self.what.actor());
        self.what.before(tx)?;
        let value = work(tx)?;
        self.what.after(tx)?;
        Ok(value)
    }

    /// Remembers that it is stored.
    pub(crate) fn done(mut self) {
        *self.written = true;
    }
}
