//! What the values of attributes are, for whatever brings some in.
//!
//! Invariant: every value of a contact that comes in, by whatever way, goes through it. What is not declared is
//! a free text.

use std::collections::BTreeMap;
use std::io;

use model::{AttributeKind, AttributeProblem};
use store::{DeclaredAttribute, Store, StoreError};
use tokio::runtime::Handle;

use crate::ImportError;

/// The declared kinds by the names of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSchema(BTreeMap<String, AttributeKind>);

impl AttributeSchema {
    /// What is declared now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        Ok(store.attributes_list().await?.into_iter().collect())
    }

    /// [`Self::read`] for an import, whose thread may wait.
    pub(crate) fn of_import(store: &Store, handle: &Handle) -> Result<Self, ImportError> {
        let failed = |error| ImportError::Read { line: 0, source: io::Error::other(error) };
        handle.block_on(Self::read(store)).map_err(failed)
    }

    /// Of the values of this attribute; None: free texts.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&AttributeKind> {
        self.0.get(name).filter(|kind| **kind != AttributeKind::Text)
    }

    /// The text in which a value is kept; an empty one stays so.
    ///
    /// # Errors
    /// When it is none of the declared kind.
    pub fn canonical(&self, name: &str, value: String) -> Result<String, AttributeProblem> {
        match self.kind(name) {
            Some(kind) if !value.is_empty() => kind.canonical(&value),
            _ => Ok(value),
        }
    }
}

impl FromIterator<DeclaredAttribute> for AttributeSchema {
    fn from_iter<I: IntoIterator<Item = DeclaredAttribute>>(declared: I) -> Self {
        Self(declared.into_iter().map(|it| (it.name, it.kind)).collect())
    }
}
