//! What an operator does with people, by their address: suppress, erase, export.
//!
//! Invariants: none of it brings anyone back; an export holds one page of people in memory at a
//! time.

use std::collections::BTreeSet;
use std::io::{self, Write};

use model::{AddressCode, ContactId, EmailAddress, Removal, Timestamp};
use store::{
    Consent, Contact, DeliveryOf, Erased, ErasedPeople, KeptRemoval, Left, ListedContact, Store,
    StoreError, Subscription,
};
use token::Keyring;

use crate::contact_filter::ContactFilter;
use crate::contact_lines::{ContactLines, MAX_ATTRIBUTES};

/// Contacts that are held at once.
const PAGE: usize = 500;

/// Why people can't be written down.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the contacts have more than {MAX_ATTRIBUTES} different attributes")]
    TooManyAttributes,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("can't write the contacts: {0}")]
    Write(#[from] io::Error),
}

/// Ensures that an address is never mailed, whether or not it is a contact's.
pub async fn suppress(
    store: &Store,
    keys: &Keyring,
    email: &EmailAddress,
    removal: Removal,
    at: Timestamp,
) -> Result<Left, StoreError> {
    let hash = keys.address_hash(&email.key());
    store.address_suppress(email.key(), removal, hash, at).await
}

/// Erases everything that is kept about the person with this address. Returns what it erased and
/// how many events. Only a hash remains, which only this installation can make, so that no import
/// brings the person back.
///
/// # Errors
/// When the store fails; the same call then continues.
pub async fn erase(
    store: &Store,
    keys: &Keyring,
    email: &EmailAddress,
    at: Timestamp,
) -> Result<(Erased, u64), StoreError> {
    let contact = store.contact_by_email(email.clone()).await?.map(|contact| contact.id);
    let people = ErasedPeople::new([email.key()], contact);
    // The entry of the audit log and the request's key belong beside the removal of the person: an
    // erasure that was cut off here is done when it is asked for again.
    store.preparing().job_files_forget(&people).await?;
    let mut events = erase_events(&store.preparing(), contact).await?;
    let hash = keys.address_hash(&email.key());
    let erased = store.address_erase(email.key(), hash, at).await?;
    store.preparing().job_files_forget(&people).await?;
    // Hits that came meanwhile were still recorded as theirs; those to come are not.
    events += erase_events(store, contact).await?;
    Ok((erased, events))
}

/// How many events there were.
async fn erase_events(store: &Store, contact: Option<ContactId>) -> Result<u64, StoreError> {
    let Some(contact) = contact else { return Ok(0) };
    let mut events = 0;
    let mut after = Some(Timestamp(0));
    while let Some(from) = after {
        let erased = store.contact_events_erase(contact, from).await?;
        events += erased.removed;
        after = erased.next;
    }
    Ok(events)
}

/// Everything that is kept about one person.
#[derive(Debug, Clone)]
pub struct KnownPerson {
    pub contact: Option<Contact>,
    pub subscriptions: Vec<Subscription>,
    /// The newest first, at most 1,000.
    pub consents: Vec<Consent>,
    /// The latest campaign first, at most 1,000.
    pub deliveries: Vec<DeliveryOf>,
    /// Why and since when the address is never mailed.
    pub suppression: Option<(String, Timestamp)>,
    /// What they said while they were not a contact.
    pub removals: Vec<KeptRemoval>,
}

/// What is kept about the person with this address; nothing when they are not known at all.
pub async fn known_of(
    store: &Store,
    keys: &Keyring,
    email: EmailAddress,
) -> Result<Option<KnownPerson>, StoreError> {
    let hash = keys.address_hash(&email.key());
    let suppression = store.suppression_find(email.key(), hash).await?;
    let removals = store.kept_removals_of(AddressCode::of(&hash)).await?;
    let contact = store.contact_by_email(email).await?;
    if contact.is_none() && suppression.is_none() && removals.is_empty() {
        return Ok(None);
    }
    let mut known = KnownPerson {
        contact,
        subscriptions: Vec::new(),
        consents: Vec::new(),
        deliveries: Vec::new(),
        suppression,
        removals,
    };
    if let Some(id) = known.contact.as_ref().map(|contact| contact.id) {
        known.subscriptions = store.subscriptions_of(id).await?;
        known.consents = store.contact_consents(id).await?;
        known.deliveries = store.deliveries_of(id).await?;
    }
    Ok(Some(known))
}

/// Calls `look` with every contact that matches, until it returns that it has seen enough.
///
/// # Errors
/// When the store fails, or whatever `look` returns.
pub async fn each_contact<E: From<StoreError>>(
    store: &Store,
    filter: &ContactFilter,
    mut look: impl FnMut(ListedContact) -> Result<bool, E>,
) -> Result<(), E> {
    let mut after = ContactId(i64::MIN);
    loop {
        let page = store.contacts_page(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for contact in page.into_iter().filter(|contact| filter.takes(contact)) {
            if !look(contact)? {
                return Ok(());
            }
        }
    }
}

/// The contacts after this one, or from the first on, in the order in which they came; empty after
/// the last one.
pub async fn contacts_after(
    store: &Store,
    after: Option<ContactId>,
) -> Result<Vec<ListedContact>, StoreError> {
    store.contacts_page(after.unwrap_or(ContactId(i64::MIN)), PAGE).await
}

/// Writes the contacts that match as a CSV file that an import can read: the address, every
/// attribute, and in `mail status` why they get no mail. Returns how many there were.
pub async fn export(
    store: &Store,
    filter: &ContactFilter,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    let names = attributes(store, filter).await?;
    let lines = ContactLines { names: &names, filter };
    lines.header(out)?;
    let mut written = 0;
    let each = |contact: ListedContact| {
        lines.line(out, &contact)?;
        written += 1;
        Ok(true)
    };
    each_contact::<ExportError>(store, filter, each).await?;
    out.flush()?;
    Ok(written)
}

async fn attributes(
    store: &Store,
    filter: &ContactFilter,
) -> Result<BTreeSet<String>, ExportError> {
    let mut names = BTreeSet::new();
    let each = |contact: ListedContact| {
        names.extend(contact.attributes.into_keys());
        if names.len() > MAX_ATTRIBUTES {
            return Err(ExportError::TooManyAttributes);
        }
        Ok(true)
    };
    each_contact(store, filter, each).await?;
    Ok(names)
}
