//! What an operator does with people, by their address: suppress, erase, export.
//!
//! Invariants: none of it brings anyone back; an export holds one page of people in memory at a
//! time, and writes nobody whose disclosure is not in the register.

use std::collections::BTreeSet;
use std::io::{self, Write};

use model::{
    AddressCode, ContactId, DisclosureKind, EmailAddress, Removal, SharingNoticeId, Timestamp,
};
use store::{
    Consent, Contact, ContactMerge, DeliveryOf, Disclosed, DisclosedMembers, DisclosureSet, Erased,
    ErasedPeople, Join, KeptRemoval, Left, ListedContact, PersonNumbers, Store, StoreError,
    Subscription,
};
use token::Keyring;

use crate::contact_filter::ContactFilter;
use crate::contact_lines::{ContactLines, MAX_ATTRIBUTES};
use crate::sharing::SharedFile;

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
/// brings the person back. Of a child it says so, and not even their own word does.
///
/// # Errors
/// When the store fails; the same call then continues.
pub async fn erase(
    store: &Store,
    keys: &Keyring,
    email: &EmailAddress,
    is_child: bool,
    at: Timestamp,
) -> Result<(Erased, u64), StoreError> {
    let PersonNumbers { contacts, email_keys } = store.person_numbers(email.key()).await?;
    let people = ErasedPeople::new(email_keys, contacts.iter().copied());
    // The entry of the audit log and the request's key belong beside the removal of the person: an
    // erasure that was cut off here is done when it is asked for again.
    store.preparing().job_files_forget(&people).await?;
    let mut events = erase_events(&store.preparing(), &contacts).await?;
    let hash = keys.address_hash(&email.key());
    let erased = match is_child {
        true => store.child_erase(email.key(), hash, at).await?,
        false => store.address_erase(email.key(), hash, at).await?,
    };
    store.preparing().job_files_forget(&people).await?;
    // Hits that came meanwhile were still recorded as theirs; those to come are not.
    events += erase_events(store, &contacts).await?;
    Ok((erased, events))
}

/// How many events there were.
async fn erase_events(store: &Store, contacts: &[ContactId]) -> Result<u64, StoreError> {
    let mut events = 0;
    for contact in contacts {
        let mut after = Some(Timestamp(0));
        while let Some(from) = after {
            let erased = store.contact_events_erase(*contact, from).await?;
            events += erased.removed;
            after = erased.next;
        }
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
    /// What was typed into forms and is not confirmed yet.
    pub joins: Vec<Join>,
    /// Contacts who had the address when they were merged into others.
    pub merges: Vec<ContactMerge>,
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
    let joins = store.joins_of(email.key()).await?;
    let merges = store.contact_merges_by_email(email.key()).await?;
    let contact = store.contact_by_email(email).await?;
    let is_nobody = contact.is_none() && suppression.is_none() && merges.is_empty();
    if is_nobody && removals.is_empty() && joins.is_empty() {
        return Ok(None);
    }
    let mut known = KnownPerson {
        contact,
        subscriptions: Vec::new(),
        consents: Vec::new(),
        deliveries: Vec::new(),
        suppression,
        removals,
        joins,
        merges,
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

/// People who are to be written to a file, of whom nothing has left yet.
#[derive(Debug)]
pub struct PlannedExport {
    /// Of their attributes, each of which is a column.
    names: BTreeSet<String>,
    /// Who they are, for the disclosure register.
    pub set: DisclosureSet,
    pub contacts: u64,
    shared: Option<SharedFile>,
    at: Timestamp,
}

impl PlannedExport {
    /// Those of a page who are meant and, where it is shared, may be.
    async fn matching(
        &self,
        store: &Store,
        page: Vec<ListedContact>,
        filter: &ContactFilter,
    ) -> Result<Vec<ListedContact>, StoreError> {
        let meant = page.into_iter().filter(|contact| filter.takes(contact)).collect();
        match &self.shared {
            Some(shared) => shared.keep(store, meant, self.at).await,
            None => Ok(meant),
        }
    }
}

/// Finds out who matches, page by page; with a notice only those who may be shared by it.
///
/// # Errors
/// When the store fails, there are too many attributes for a table, or nothing may be shared by the notice.
pub async fn export_plan(
    store: &Store,
    filter: &ContactFilter,
    notice: Option<SharingNoticeId>,
    at: Timestamp,
) -> Result<PlannedExport, ExportError> {
    let shared = SharedFile::read(store, notice).await?;
    let set = store.disclosure_set_make(at).await?;
    let mut plan = PlannedExport { names: BTreeSet::new(), set, contacts: 0, shared, at };
    let mut after = None;
    loop {
        let page = contacts_after(store, after).await?;
        let Some(last) = page.last() else { return Ok(plan) };
        after = Some(last.id);
        let mut ids = Vec::new();
        for contact in plan.matching(store, page, filter).await? {
            ids.push(contact.id);
            plan.names.extend(contact.attributes.into_keys());
        }
        if plan.names.len() > MAX_ATTRIBUTES {
            return Err(ExportError::TooManyAttributes);
        }
        plan.contacts += ids.len() as u64;
        store.disclosure_set_add(set, ids).await?;
    }
}

/// Writes the contacts who were planned and still match as a CSV file that an import can read: the address,
/// every attribute, and in `mail status` why they get no mail. Returns how many there were. `disclosed` is
/// the entry of the register: without it nothing leaves.
///
/// # Errors
/// When the store fails, or the file can't be written.
pub async fn export(
    store: &Store,
    (plan, disclosed): (&PlannedExport, &Disclosed),
    filter: &ContactFilter,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    let fields =
        plan.shared.as_ref().map_or(DisclosureKind::ContactsFile.fields(), |it| &it.fields);
    let lines = ContactLines { names: &plan.names, filter, fields };
    lines.header(out)?;
    let (mut written, mut after, mut members) = (0, None, DisclosedMembers::of(disclosed));
    loop {
        let page = contacts_after(store, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for contact in plan.matching(store, page, filter).await? {
            // Who came meanwhile is not in the entry.
            if members.has(store, contact.id).await? {
                lines.line(out, &contact)?;
                written += 1;
            }
        }
    }
    out.flush()?;
    Ok(written)
}
