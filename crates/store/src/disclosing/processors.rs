//! Recipients of personal data, and what they may get it for.
//!
//! Invariants: a name is one regardless of case; who is removed gets nothing any more, and stays in the
//! entries of the register by name.

use model::{DisclosedField, DisclosureBasis, DisclosureRefused, Timestamp};

use crate::disclosing::entry::{fields_of, fields_text};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    PROCESSOR_PUT = "INSERT INTO processors (name_key, name, country, basis, purposes, fields,
            changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name_key) DO UPDATE SET name = excluded.name, country = excluded.country,
            basis = excluded.basis, purposes = excluded.purposes, fields = excluded.fields,
            changed_at = excluded.changed_at";
    PROCESSOR_DROP = "DELETE FROM processors WHERE name_key = $1";
    PROCESSOR_FIND = "SELECT name, country, basis, purposes, fields, changed_at FROM processors
        WHERE name_key = $1";
    PROCESSORS_LIST = "SELECT name, country, basis, purposes, fields, changed_at FROM processors
        ORDER BY name_key LIMIT 1000";
    PROCESSORS_COUNT = "SELECT count(*) FROM processors";
}

/// Recipients that there can be.
const MOST: i64 = 1_000;

/// A recipient of personal data. Names and purposes are one line of at most 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processor {
    pub name: String,
    /// Where the data goes: two letters of ISO 3166-1.
    pub country: String,
    pub basis: DisclosureBasis,
    /// What they may get it for, in lower case; no other purpose is allowed.
    pub purposes: Vec<String>,
    /// What they may get; nothing else is allowed.
    pub fields: Vec<DisclosedField>,
    pub changed_at: Timestamp,
}

impl Store {
    /// Registers a recipient, or changes what they may get.
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] when there would be too many.
    pub async fn processor_set(&self, processor: Processor) -> Result<(), StoreError> {
        self.write(move |tx| {
            let Processor { name, country, basis, purposes, fields, changed_at } = &processor;
            let key = name.to_lowercase();
            if tx.first(PROCESSOR_FIND, [&key], |_| Ok(()))?.is_none()
                && tx.one(PROCESSORS_COUNT, (), |row| row.get::<i64>(0))? >= MOST
            {
                return Err(StoreError::OutOfRange("the number of recipients"));
            }
            let (purposes, fields) = (purposes.join("\n"), fields_text(fields));
            let basis = basis.as_str();
            let values = (key, name, country, basis, purposes, fields, changed_at.0);
            tx.execute(PROCESSOR_PUT, values).map(drop)
        })
        .await
    }

    /// Takes a recipient out.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn processor_remove(&self, name: String) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(PROCESSOR_DROP, [name.to_lowercase()])? {
            0 => Err(StoreError::NotFound("recipient")),
            _ => Ok(()),
        })
        .await
    }

    /// The recipients by name, at most 1,000.
    pub async fn processors_list(&self) -> Result<Vec<Processor>, StoreError> {
        self.read(|tx| tx.all(PROCESSORS_LIST, (), processor)).await
    }
}

/// The recipient, if they may get these fields for this purpose.
pub(super) fn permitted(
    tx: &Tx<'_>,
    name: &str,
    purpose: &str,
    fields: &[DisclosedField],
) -> Result<Processor, StoreError> {
    let found = tx.first(PROCESSOR_FIND, [name.to_lowercase()], processor)?;
    let found = found.ok_or_else(|| DisclosureRefused::UnknownRecipient(name.to_owned()))?;
    if !found.purposes.contains(&purpose.to_lowercase()) {
        return Err(DisclosureRefused::Purpose {
            recipient: found.name,
            purpose: purpose.to_owned(),
            allowed: found.purposes.join(", "),
        }
        .into());
    }
    if let Some(field) = fields.iter().find(|field| !found.fields.contains(field)) {
        let allowed: Vec<&str> = found.fields.iter().map(|it| it.as_str()).collect();
        return Err(DisclosureRefused::Field {
            recipient: found.name,
            field: *field,
            allowed: allowed.join(", "),
        }
        .into());
    }
    Ok(found)
}

fn processor(row: &SqlRow<'_>) -> Result<Processor, StoreError> {
    let purposes = row.text(3)?.lines().map(str::to_owned).collect();
    Ok(Processor {
        name: row.get(0)?,
        country: row.get(1)?,
        basis: known(DisclosureBasis::from_word(row.text(2)?), "basis of a recipient")?,
        purposes,
        fields: fields_of(row.text(4)?)?,
        changed_at: Timestamp(row.get(5)?),
    })
}
