//! Finds contacts who unsubscribed by a link that names another contact id: they were imported
//! again after an older copy of the store was restored.
//!
//! Contacts have no index on the code of their address, so this scans all of them, page by page:
//! once for all removals kept in the meantime, and using at most a tenth of the time. People who
//! are imported later are matched by the import itself.

use std::collections::HashSet;
use std::time::Duration;

use model::{AddressCode, ContactId};
use store::{Store, StoreError};
use token::Keyring;
use tokio::time::{Instant, sleep, timeout};

use super::RemovalJournal;

/// Codes that one search looks for.
const CODES: usize = 100_000;
/// Contacts that are held at once.
const PAGE: usize = 1_000;
/// After a search, this many times its duration must pass before the next one.
const REST: u32 = 9;
/// Between two attempts while the store is unreachable.
const AGAIN: Duration = Duration::from_secs(1);
/// How often to look for what other nodes have kept: the one that kept it may have died.
const LOOK: Duration = Duration::from_secs(60);

/// Searches whenever there is something to search for, for as long as it runs.
pub(super) async fn run(removals: &RemovalJournal) {
    loop {
        let began = Instant::now();
        let searched = match removals.waiting.store() {
            Some(store) => Some(search(&store, &removals.keys).await),
            None => None,
        };
        match searched {
            Some(Ok(())) => {
                sleep(began.elapsed() * REST).await;
                // Either way it is time to look again.
                let _ = timeout(LOOK, removals.kept.notified()).await;
            }
            Some(Err(problem)) => {
                tracing::warn!(%problem, "can't search for people who unsubscribed by an older link");
                sleep(AGAIN).await;
            }
            None => sleep(AGAIN).await,
        }
    }
}

/// Scans the contacts once, if there is somebody to look for.
pub(super) async fn search(store: &Store, keys: &Keyring) -> Result<(), StoreError> {
    let wanted: HashSet<AddressCode> =
        store.kept_removals_to_seek(CODES).await?.into_iter().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let looking = store.for_reports();
    let mut after = ContactId(i64::MIN);
    loop {
        let page = looking.contact_keys_page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (contact, key) in page {
            let hash = keys.address_hash(&key);
            if wanted.contains(&AddressCode::of(&hash)) {
                store.kept_removals_apply(contact, key, hash).await?;
            }
        }
    }
    store.kept_removals_sought(wanted.into_iter().collect()).await
}
