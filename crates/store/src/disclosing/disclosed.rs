//! The proof that personal data is in the register, and what may only be had with it.
//!
//! Invariant: a [`Disclosed`] is made by the register alone, in the transaction that writes the entry; the
//! content of an [`Undisclosed`] comes out only when its people are in the register. Whoever forgets to write
//! an entry gets nothing to hand out.

use model::ContactId;

use crate::disclosing::entry::PersonalRead;
use crate::{Store, StoreError};

/// An entry of the register: what it tells of may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    seq: i64,
    set: i64,
}

impl Disclosed {
    pub(super) const fn new(seq: i64, set: i64) -> Self {
        Self { seq, set }
    }

    /// The entry's number.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    pub(super) const fn set(&self) -> i64 {
        self.set
    }
}

/// Under which entry something leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisclosedTo {
    /// The reads of a program on one day.
    Reader(PersonalRead),
    /// A file that grows ([`Store::disclosure_open`]).
    File(Disclosed),
}

/// Personal data of these contacts, which nobody has got yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undisclosed<T> {
    content: T,
    contacts: Vec<ContactId>,
    count: usize,
}

impl<T> Undisclosed<T> {
    /// `count` is how many things it is.
    #[must_use]
    pub const fn new(content: T, contacts: Vec<ContactId>, count: usize) -> Self {
        Self { content, contacts, count }
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The content, once its people are in the register.
    ///
    /// # Errors
    /// When they can't be entered: nothing may leave then.
    pub async fn disclose(self, store: &Store, to: &DisclosedTo) -> Result<T, StoreError> {
        match to {
            _ if self.contacts.is_empty() => {}
            DisclosedTo::Reader(read) => store.read_disclose(read.clone(), self.contacts).await?,
            DisclosedTo::File(file) => store.disclosure_grow(file, self.contacts).await?,
        }
        Ok(self.content)
    }
}
