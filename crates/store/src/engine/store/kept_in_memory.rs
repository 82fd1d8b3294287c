//! What a process knows beside what its store keeps, for all clones of the store.

use std::sync::PoisonError;

use super::Store;
use crate::contact_blocks::ContactBlocks;
use crate::engine::client_secret::ClientSecret;

impl Store {
    pub(crate) fn lend_client_secret(&self, secret: ClientSecret) {
        // The first one stays: a process has one key file.
        let _ = self.inner.client_secret.set(secret);
    }

    pub(crate) fn client_secret(&self) -> Option<&ClientSecret> {
        self.inner.client_secret.get()
    }

    pub(crate) fn note_hits_waiting(&self, node: u16, hits: u64) {
        let mut waiting = self.inner.hits_waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = Some((node, hits));
    }

    /// The node of this process, if it takes hits, and how many of them are not counted yet.
    pub(crate) fn own_hits_waiting(&self) -> Option<(u16, u64)> {
        *self.inner.hits_waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The blocks of contacts that were found so far.
    pub(crate) fn contact_blocks(&self) -> ContactBlocks {
        self.inner.contact_blocks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds blocks of `rows` contacts that were found behind `after`.
    pub(crate) fn extend_contact_blocks(&self, after: i64, rows: i64, ends: &[i64]) {
        let mut blocks = self.inner.contact_blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.extend(after, rows, ends);
    }
}
