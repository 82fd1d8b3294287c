//! Contacts: people with an e-mail address.

use std::collections::BTreeMap;

use model::{ContactId, EmailAddress, Timestamp};

use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    CONTACT_FIND = "SELECT id, email, attributes, created_at, updated_at FROM contacts
        WHERE id = $1";
    CONTACT_BY_EMAIL =
        "SELECT id, email, attributes, created_at, updated_at FROM contacts
        WHERE lower(email) = $1";
    CONTACT_ID_BY_KEY = "SELECT id FROM contacts WHERE lower(email) = $1";
    /// On PostgreSQL it makes others who change the contact wait.
    CONTACT_LOCK = "UPDATE contacts SET updated_at = updated_at WHERE id = $1
        RETURNING id, email, attributes, created_at, updated_at";
    CONTACTS_COUNT = "SELECT count(*) FROM contacts";
}

/// A person with an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Never given to anybody else.
    pub id: ContactId,
    /// As it was first written.
    pub email: EmailAddress,
    /// Named values; none is empty.
    pub attributes: BTreeMap<String, String>,
    /// When the contact was first kept.
    pub created_at: Timestamp,
    /// When address or attributes changed last: the revision.
    pub updated_at: Timestamp,
}

impl Store {
    /// The contact with this id.
    pub async fn contact_find(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(move |tx| tx.first(CONTACT_FIND, [id.0], contact)).await
    }

    /// The contact with this address, regardless of case.
    pub async fn contact_by_email(
        &self,
        email: EmailAddress,
    ) -> Result<Option<Contact>, StoreError> {
        self.read(move |tx| tx.first(CONTACT_BY_EMAIL, [email.key()], contact)).await
    }

    /// How many contacts there are.
    pub async fn contacts_count(&self) -> Result<i64, StoreError> {
        self.read(|tx| tx.one(CONTACTS_COUNT, (), |row| row.get(0))).await
    }
}

pub(crate) fn contact(row: &SqlRow<'_>) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: ContactId(row.get(0)?),
        email: address(row.text(1)?)?,
        attributes: attributes_from(row.text(2)?)?,
        created_at: Timestamp(row.get(3)?),
        updated_at: Timestamp(row.get(4)?),
    })
}

/// An address that the store holds.
pub(crate) fn address(text: &str) -> Result<EmailAddress, StoreError> {
    EmailAddress::parsed_before(text)
        .map_err(|problem| StoreError::Corrupt(format!("a contact's address: {problem}")))
}

/// Attributes from the text that holds them.
pub(crate) fn attributes_from(text: &str) -> Result<BTreeMap<String, String>, StoreError> {
    if text == "{}" {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(text)
        .map_err(|problem| StoreError::Corrupt(format!("a contact's attributes: {problem}")))
}

/// Attributes as the text that holds them: the same attributes give the same text.
pub(crate) fn attributes_text(attributes: &BTreeMap<String, String>) -> Result<String, StoreError> {
    serde_json::to_string(attributes).map_err(|problem| StoreError::Database(Box::new(problem)))
}
