//! One contact at a time, by hand.
//!
//! Invariant: whoever subscribes somebody says how they know that the person wants it; that is the
//! proof in the consent ledger.

use std::collections::BTreeMap;

use model::{ContactId, EmailAddress, Timestamp, TopicId};
use store::{Contact, ContactAdded, ContactChange, ContactRow, NewContact, Store, StoreError};
use token::Keyring;

use crate::attribute_schema::AttributeSchema;
use crate::columns::snake;

/// Characters of a name, as in an import's header.
const ATTRIBUTE_NAME_CHARS: usize = 100;
/// Bytes of a value.
const ATTRIBUTE_VALUE_BYTES: usize = 10_000;
/// Attributes of one contact.
const ATTRIBUTES: usize = 200;
/// Characters of a proof.
pub const PROOF_CHARS: usize = 200;

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditProblem {
    #[error("the attribute {name:?} {why}")]
    AttributeName { name: String, why: String },
    #[error("the value of {name:?} {why}")]
    AttributeValue { name: String, why: String },
    #[error("a contact has at most {ATTRIBUTES} attributes")]
    TooManyAttributes,
    #[error("say how you know that the person wants this, in at most {PROOF_CHARS} characters")]
    NoProof,
}

/// Why a contact was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Problem(#[from] EditProblem),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who is to be a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddContact {
    pub email: EmailAddress,
    pub attributes: BTreeMap<String, String>,
    pub topics: Vec<TopicId>,
    /// How we know that they want to be mailed; needed with topics.
    pub proof: String,
}

/// What is to be different.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EditContact {
    pub email: Option<EmailAddress>,
    /// Values by name; an empty one removes it, and those that are not named stay.
    pub attributes: BTreeMap<String, String>,
}

/// Adds a contact and subscribes them, unless their address must not be mailed.
///
/// # Errors
/// When something is wrong with what was typed, or the store fails.
pub async fn add(
    store: &Store,
    keys: &Keyring,
    new: AddContact,
    at: Timestamp,
) -> Result<ContactAdded, EditError> {
    let AddContact { email, attributes, topics, proof } = new;
    let attributes = checked(store, attributes).await?;
    if !topics.is_empty() {
        check_proof(&proof)?;
    }
    let address_hash = keys.address_hash(&email.key());
    let row = ContactRow { email, attributes };
    let new = NewContact { row, topics, proof: proof.trim().to_owned(), address_hash };
    Ok(store.contact_add(new, at).await?)
}

/// Changes a contact that still has the revision `seen` (None: whatever it has).
///
/// # Errors
/// When something is wrong with what was typed, somebody else was faster, or the store fails.
pub async fn edit(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    seen: Option<Timestamp>,
    wish: EditContact,
    at: Timestamp,
) -> Result<Contact, EditError> {
    let attributes = checked(store, wish.attributes).await?;
    let email = wish.email.map(|email| {
        let hash = keys.address_hash(&email.key());
        (email, hash)
    });
    let change = ContactChange { email, attributes };
    Ok(store.contact_change(id, seen, change, at).await?)
}

/// Subscribes a contact to a topic that they have not left; false when they were subscribed.
///
/// # Errors
/// When the proof is missing, there is no such contact, or the store fails.
pub async fn subscribe(
    store: &Store,
    id: ContactId,
    topic: TopicId,
    proof: &str,
    at: Timestamp,
) -> Result<bool, EditError> {
    check_proof(proof)?;
    Ok(store.contact_subscribe(id, topic, proof.trim().to_owned(), at).await?)
}

/// A name as an import makes it of a column's, so that a contact has each value once.
///
/// # Errors
/// When it is another one.
pub fn attribute_name_check(name: &str) -> Result<(), EditProblem> {
    let usual = snake(name);
    let why = if usual == "email" {
        "is the address, which is no attribute".to_owned()
    } else if usual.is_empty() {
        "should have a letter or a digit in it".to_owned()
    } else if usual != name {
        format!("should be {usual:?}, as an import would call it")
    } else if name.chars().count() > ATTRIBUTE_NAME_CHARS {
        format!("is longer than {ATTRIBUTE_NAME_CHARS} characters")
    } else {
        return Ok(());
    };
    Err(EditProblem::AttributeName { name: name.to_owned(), why })
}

fn check_proof(proof: &str) -> Result<(), EditProblem> {
    let chars = proof.trim().chars().count();
    let is_text = !proof.chars().any(char::is_control);
    if (1..=PROOF_CHARS).contains(&chars) && is_text { Ok(()) } else { Err(EditProblem::NoProof) }
}

/// The attributes with each value in the text in which it is kept.
async fn checked(
    store: &Store,
    attributes: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, EditError> {
    if attributes.len() > ATTRIBUTES {
        return Err(EditProblem::TooManyAttributes.into());
    }
    if attributes.is_empty() {
        return Ok(attributes);
    }
    let schema = AttributeSchema::read(store).await?;
    let mut kept = BTreeMap::new();
    for (name, value) in attributes {
        attribute_name_check(&name)?;
        let text = match value {
            value if value.len() > ATTRIBUTE_VALUE_BYTES => {
                Err("is longer than 10,000 bytes".to_owned())
            }
            value if value.contains('\0') => Err("has a zero byte in it".to_owned()),
            value => schema.canonical(&name, value).map_err(|problem| problem.to_string()),
        };
        match text {
            Ok(text) => kept.insert(name, text),
            Err(why) => return Err(EditProblem::AttributeValue { name, why }.into()),
        };
    }
    Ok(kept)
}
