//! What a step of an import has changed: what is needed to undo it.
//!
//! Invariants: stored with the step itself; bounded, however large the values are that were
//! overwritten. Whom the import has added is known by ids alone, which follow one another.

use std::collections::{BTreeMap, HashSet};

use model::ContactId;
use serde_json::{Value, json};

use crate::StoreError;

/// Bytes of values that one step keeps.
const VALUE_BYTES: usize = 16 << 20;

/// A value of a contact before and after an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueChange {
    pub name: String,
    /// None: there was none.
    pub before: Option<String>,
    pub after: String,
}

/// What a step has done to one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportChange {
    pub contact: ContactId,
    pub added: bool,
    /// An existing contact was subscribed.
    pub subscribed: bool,
    /// The import said for an existing contact what may be recorded of them.
    pub tracked: bool,
    /// Tags that the import gave to an existing contact.
    pub tags: Vec<i64>,
    pub values: Vec<ValueChange>,
    /// False: there were too many to keep them.
    pub are_values_kept: bool,
}

/// What one step of an import has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportChanges {
    /// First id, how many.
    added: Vec<(i64, i64)>,
    subscribed: Vec<i64>,
    tracked: Vec<i64>,
    /// Contact, tag.
    tagged: Vec<(i64, i64)>,
    values: Vec<(i64, Vec<ValueChange>)>,
    /// Contacts whose values were too large to be kept.
    not_kept: Vec<i64>,
    bytes: usize,
}

impl ImportChanges {
    pub(crate) fn add(&mut self, id: i64) {
        match self.added.last_mut() {
            Some((first, count)) if *first + *count == id => *count += 1,
            _ => self.added.push((id, 1)),
        }
    }

    pub(crate) fn subscribe(&mut self, id: i64) {
        if !self.has_added(id) {
            self.subscribed.push(id);
        }
    }

    pub(crate) fn begin_tracking(&mut self, id: i64) {
        if !self.has_added(id) {
            self.tracked.push(id);
        }
    }

    pub(crate) fn tag(&mut self, id: i64, tag: i64) {
        self.tagged.push((id, tag));
    }

    pub(crate) fn has_added(&self, id: i64) -> bool {
        self.added.iter().any(|(first, count)| (*first..*first + *count).contains(&id))
    }

    pub(crate) fn change(&mut self, id: i64, values: Vec<ValueChange>) {
        let size = |it: &ValueChange| it.before.as_ref().map_or(0, String::len) + it.after.len();
        let bytes: usize = values.iter().map(size).sum();
        if self.bytes + bytes > VALUE_BYTES {
            self.not_kept.push(id);
            return;
        }
        self.bytes += bytes;
        self.values.push((id, values));
    }

    /// Forgets what these contacts' values were, who stay in the list with nothing to take back. False
    /// when it knows of none.
    pub(crate) fn forget_values(&mut self, contacts: &HashSet<ContactId>) -> bool {
        let mut is_any = false;
        for (id, values) in &mut self.values {
            if !values.is_empty() && contacts.contains(&ContactId(*id)) {
                values.clear();
                is_any = true;
            }
        }
        is_any
    }

    /// As a part of the job's file; nothing when nothing was changed.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        if *self == Self::default() {
            return None;
        }
        let value = |it: &ValueChange| json!([it.name, it.before, it.after]);
        let values = self.values.iter().map(|(id, values)| {
            let values: Vec<Value> = values.iter().map(value).collect();
            json!([id, values])
        });
        let mut all = json!({
            "added": self.added,
            "subscribed": self.subscribed,
            "tracked": self.tracked,
            "values": values.collect::<Vec<_>>(),
            "not_kept": self.not_kept,
        });
        // Few imports give any.
        if !self.tagged.is_empty() {
            all["tagged"] = json!(self.tagged);
        }
        Some(all.to_string().into_bytes())
    }

    /// What `to_bytes` wrote.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt("what an import has changed".to_owned());
        let all: Value = serde_json::from_slice(bytes).map_err(|_| corrupt())?;
        let list = |name: &str| all.get(name).and_then(Value::as_array).ok_or_else(corrupt);
        let number = |it: &Value| it.as_i64().ok_or_else(corrupt);
        let pair = |it: &Value| -> Result<(i64, Value), StoreError> {
            let part = |at: usize| it.get(at).ok_or_else(corrupt);
            Ok((number(part(0)?)?, part(1)?.clone()))
        };
        let range = |it: &Value| -> Result<(i64, i64), StoreError> {
            let (first, count) = pair(it)?;
            Ok((first, number(&count)?))
        };
        let values = |it: &Value| -> Result<(i64, Vec<ValueChange>), StoreError> {
            let (id, values) = pair(it)?;
            let values = values.as_array().ok_or_else(corrupt)?.iter();
            let values = values.map(|it| value_change(it).ok_or_else(corrupt));
            Ok((id, values.collect::<Result<_, _>>()?))
        };
        // Earlier releases said nothing about it.
        let tracked = all.get("tracked").and_then(Value::as_array).into_iter().flatten();
        let tagged = all.get("tagged").and_then(Value::as_array).into_iter().flatten();
        let added: Result<_, StoreError> = list("added")?.iter().map(range).collect();
        let values: Result<_, StoreError> = list("values")?.iter().map(values).collect();
        Ok(Self {
            added: added?,
            subscribed: list("subscribed")?.iter().map(number).collect::<Result<_, _>>()?,
            tracked: tracked.map(number).collect::<Result<_, _>>()?,
            tagged: tagged.map(range).collect::<Result<_, _>>()?,
            values: values?,
            not_kept: list("not_kept")?.iter().map(number).collect::<Result<_, _>>()?,
            bytes: 0,
        })
    }

    /// Contact by contact: those who were there before, then those who were added.
    #[must_use]
    pub fn into_list(self) -> Vec<ImportChange> {
        let mut known: BTreeMap<i64, ImportChange> = BTreeMap::new();
        let new = |id: i64, added| ImportChange {
            contact: ContactId(id),
            added,
            subscribed: false,
            tracked: false,
            tags: Vec::new(),
            values: Vec::new(),
            are_values_kept: true,
        };
        for (id, values) in self.values {
            known.entry(id).or_insert_with(|| new(id, false)).values = values;
        }
        for id in self.not_kept {
            known.entry(id).or_insert_with(|| new(id, false)).are_values_kept = false;
        }
        for id in self.subscribed {
            known.entry(id).or_insert_with(|| new(id, false)).subscribed = true;
        }
        for id in self.tracked {
            known.entry(id).or_insert_with(|| new(id, false)).tracked = true;
        }
        for (id, tag) in self.tagged {
            known.entry(id).or_insert_with(|| new(id, false)).tags.push(tag);
        }
        let added = self.added.into_iter().flat_map(|(first, count)| first..first + count);
        known.into_values().chain(added.map(|id| new(id, true))).collect()
    }
}

fn value_change(it: &Value) -> Option<ValueChange> {
    let text = |at: usize| it.get(at).and_then(Value::as_str).map(str::to_owned);
    Some(ValueChange { name: text(0)?, before: text(1), after: text(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_read_as_it_was_written() {
        let mut changes = ImportChanges::default();
        assert_eq!(changes.to_bytes(), None);
        for id in [7, 8, 9, 20] {
            changes.add(id);
            changes.subscribe(id);
            changes.begin_tracking(id);
        }
        changes.subscribe(3);
        changes.begin_tracking(4);
        changes.tag(4, 7);
        let value = |before: Option<&str>| ValueChange {
            name: "plan".into(),
            before: before.map(str::to_owned),
            after: "pro".into(),
        };
        changes.change(3, vec![value(None)]);
        changes.change(4, vec![value(Some("basic"))]);
        let bytes = changes.to_bytes().unwrap();
        assert!(bytes.len() < 220, "{}", String::from_utf8_lossy(&bytes));
        let list = ImportChanges::from_bytes(&bytes).unwrap().into_list();
        let told: Vec<_> = list.iter().map(|it| (it.contact.0, it.added, it.subscribed)).collect();
        let added = |id| (id, true, false);
        let expected =
            [(3, false, true), (4, false, false), added(7), added(8), added(9), added(20)];
        assert_eq!(told, expected);
        assert_eq!(list.iter().map(|it| it.tracked).collect::<Vec<_>>()[..3], [false, true, false]);
        assert_eq!(list[0].values, [value(None)]);
        assert_eq!(list[1].values, [value(Some("basic"))]);
        assert_eq!((list[0].tags.len(), &list[1].tags[..]), (0, &[7][..]));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut changes = ImportChanges::default();
        for id in 0..40 {
            let (before, after) = (Some("x".repeat(1 << 20)), String::new());
            changes.change(id, vec![ValueChange { name: "note".into(), before, after }]);
        }
        assert_eq!((changes.values.len(), changes.not_kept.len()), (16, 24));
        let list = ImportChanges::from_bytes(&changes.to_bytes().unwrap()).unwrap().into_list();
        assert_eq!(list.iter().filter(|it| !it.are_values_kept).count(), 24);
    }
}
