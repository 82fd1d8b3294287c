//! What an import has counted.

use serde_json::{Map, Value};

use crate::StoreError;

/// What an import did. Every row is one of added, updated, unchanged, merged and erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportCounts {
    pub added: u64,
    /// Contacts with at least one changed value.
    pub updated: u64,
    /// Contacts who were there just so.
    pub unchanged: u64,
    /// Rows about a contact who already appeared in an earlier batch of the same import, or in
    /// another row of this one.
    pub merged: u64,
    /// Rows about people who had been erased; nothing of them was kept.
    pub erased: u64,
    /// New subscriptions, each with its consent entry.
    pub subscribed: u64,
    /// Contacts who had left the topic and were not brought back.
    pub kept_unsubscribed: u64,
    /// Contacts whose address must not be mailed; they were not subscribed.
    pub suppressed: u64,
    /// Contacts whose row says that they have left.
    pub left: u64,
    /// Contacts whose row does not say that they may be mailed; they were not subscribed.
    pub unconfirmed: u64,
}

impl ImportCounts {
    /// Counts a row about an existing contact, depending on whether this import has touched it
    /// before.
    pub(crate) fn met(&mut self, touched: bool, changed: bool) {
        let count = match (touched, changed) {
            (true, _) => &mut self.merged,
            (false, true) => &mut self.updated,
            (false, false) => &mut self.unchanged,
        };
        *count += 1;
    }

    /// Adds what a further batch did.
    pub fn add(&mut self, more: &Self) {
        for ((_, sum), (_, more)) in self.fields_mut().into_iter().zip(more.fields()) {
            *sum += more;
        }
    }

    /// As JSON, by the names of the fields.
    pub(crate) fn to_text(self) -> Result<String, StoreError> {
        let object: Map<String, Value> = self
            .fields()
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect();
        serde_json::to_string(&object).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// What was counted, as a job keeps it; nothing for an empty text.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn from_text(text: &str) -> Result<Self, StoreError> {
        let mut counts = Self::default();
        if text.is_empty() {
            return Ok(counts);
        }
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        for (name, count) in counts.fields_mut() {
            *count = object.get(name).and_then(Value::as_u64).unwrap_or_default();
        }
        Ok(counts)
    }

    fn fields(self) -> [(&'static str, u64); 10] {
        [
            ("added", self.added),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("merged", self.merged),
            ("erased", self.erased),
            ("subscribed", self.subscribed),
            ("kept_unsubscribed", self.kept_unsubscribed),
            ("suppressed", self.suppressed),
            ("left", self.left),
            ("unconfirmed", self.unconfirmed),
        ]
    }

    fn fields_mut(&mut self) -> [(&'static str, &mut u64); 10] {
        [
            ("added", &mut self.added),
            ("updated", &mut self.updated),
            ("unchanged", &mut self.unchanged),
            ("merged", &mut self.merged),
            ("erased", &mut self.erased),
            ("subscribed", &mut self.subscribed),
            ("kept_unsubscribed", &mut self.kept_unsubscribed),
            ("suppressed", &mut self.suppressed),
            ("left", &mut self.left),
            ("unconfirmed", &mut self.unconfirmed),
        ]
    }
}
