//! Looking at contacts and topics, for people who run a list. Changes nothing that anybody sees.

use std::time::Duration;

use model::{ContactId, TopicScope};
use store::{
    Contact, ContactProfile, ContactQuery, ContactsFound, Store, StoreError, Topic, TopicCounts,
};
use tokio_util::sync::CancellationToken;

/// Contacts on a page.
pub const CONTACTS_PAGE: usize = 50;
/// Messages that a profile shows.
pub const PROFILE_MESSAGES: usize = 50;
/// Among so many of the newest hits of all contacts those of one are sought.
pub const PROFILE_EVENTS: usize = 20_000;
/// How often to see whether contacts have come that are not among the address pages.
const FILL_INTERVAL: Duration = Duration::from_secs(20);

/// The contacts of these topics that match, newest first: a page of those below `before`, or of the
/// newest.
pub async fn find_contacts(
    store: &Store,
    query: ContactQuery,
    topics: TopicScope,
    before: Option<ContactId>,
) -> Result<ContactsFound, StoreError> {
    let before = before.unwrap_or(ContactId(i64::MAX));
    store.contacts_find(query, topics, before, CONTACTS_PAGE).await
}

/// What is kept about a contact, of these topics only.
pub async fn contact_profile(
    store: &Store,
    topics: TopicScope,
    id: ContactId,
) -> Result<Option<ContactProfile>, StoreError> {
    store.contact_profile(id, topics, PROFILE_MESSAGES, PROFILE_EVENTS).await
}

/// A contact's record without messages and hits: cheap to read.
pub async fn contact_record(
    store: &Store,
    id: ContactId,
) -> Result<Option<ContactProfile>, StoreError> {
    store.contact_profile(id, TopicScope::All, 0, 0).await
}

/// The contact with this id.
pub async fn contact(store: &Store, id: ContactId) -> Result<Option<Contact>, StoreError> {
    store.contact_find(id).await
}

/// The topics by their slug.
pub async fn topics_by_slug(store: &Store) -> Result<Vec<Topic>, StoreError> {
    store.topics_list().await
}

/// The topics with their numbers. Counts rows; keep the answer for a while.
pub async fn topics(store: &Store) -> Result<Vec<TopicCounts>, StoreError> {
    store.topics_counted().await
}

/// Keeps what makes [`find_contacts`] fast up to date, until `shutdown`.
pub async fn keep_addresses_findable(store: Store, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match store.address_pages_fill().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "can't keep addresses quick to find"),
        }
        let pause = tokio::time::sleep(FILL_INTERVAL);
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}
