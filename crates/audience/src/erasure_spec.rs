//! What the erasure of a list is to do, as it is stored.

use serde_json::{Value, json};

/// How the addresses in a list are to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErasureSpec {
    /// Count what would be erased, and erase nobody.
    pub rehearsal: bool,
    /// Nobody is erased when the list has more contacts.
    pub contacts_at_most: Option<u64>,
    /// The column with the addresses, when it is not called as usual.
    pub column: Option<String>,
}

impl ErasureSpec {
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "rehearsal": self.rehearsal,
            "contacts_at_most": self.contacts_at_most,
            "column": self.column,
        })
    }

    /// What [`Self::to_json`] wrote; what is missing is as it usually is.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        Self {
            rehearsal: value.get("rehearsal").and_then(Value::as_bool).unwrap_or_default(),
            contacts_at_most: value.get("contacts_at_most").and_then(Value::as_u64),
            column: value.get("column").and_then(Value::as_str).map(str::to_owned),
        }
    }
}
