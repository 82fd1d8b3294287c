//! Removes what is kept for a limited time: old events, the last part of network addresses, sessions and invitations that have ended, whom
//! single messages were for; and whose hits were those of contacts who want that forgotten, or of browsers
//! that were cut from them.

use std::time::Duration;

use access::SESSION_IDLE;
use store::{CUT_FOR, REMOVED_FOR, Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::Role;
use crate::installation::{Installation, now};
use crate::roles::Roles;

/// Between two rounds of removing old events; a round ends when nothing old is left.
const EVENTS_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Between two looks whether somebody wants forgotten what they did.
const CONTACTS_INTERVAL: Duration = Duration::from_secs(5);
/// Between two looks whether network addresses have been kept for long enough, or for fewer days than before.
const ADDRESSES_INTERVAL: Duration = Duration::from_secs(30);
/// Between two rounds of removing sessions and the like: attempts to sign in are many in a flood.
const ACCESS_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Starts what this node's roles are responsible for, until `shutdown`.
pub(crate) fn start(
    installation: &Installation,
    roles: &Roles,
    shutdown: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let (store, mut tasks) = (&installation.store, Vec::new());
    if let Some(keep) = installation.config.keep_events.filter(|_| roles.has(Role::Recorder)) {
        tasks.push(tokio::spawn(forget_events(store.clone(), keep, shutdown.clone())));
    }
    if roles.has(Role::Recorder) {
        tasks.push(tokio::spawn(forget_contacts(store.clone(), shutdown.clone())));
        tasks.push(tokio::spawn(settle_cuts(store.clone(), shutdown.clone())));
        tasks.push(tokio::spawn(shorten_addresses(store.clone(), shutdown.clone())));
    }
    if roles.has(Role::Web) {
        let keep = installation.config.keep_messages;
        tasks.push(tokio::spawn(expire_access(store.clone(), keep, shutdown.clone())));
    }
    tasks
}

/// Removes events older than `keep`, now and then, until `shutdown`.
async fn forget_events(store: Store, keep: Duration, shutdown: CancellationToken) {
    loop {
        let before = now().before(keep);
        match store.events_expire(before).await {
            Ok(expired) if expired.more && !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "can't remove old events for now"),
        }
        let next = tokio::time::sleep(EVENTS_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

/// Makes nobody's what contacts did who want it forgotten, until `shutdown`.
async fn forget_contacts(store: Store, shutdown: CancellationToken) {
    loop {
        match store.events_forget().await {
            Ok(true) if !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "can't forget what contacts did, for now"),
        }
        let next = tokio::time::sleep(CONTACTS_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

/// Takes apart what was recorded of contacts in browsers that were cut from them, until `shutdown`.
async fn settle_cuts(store: Store, shutdown: CancellationToken) {
    loop {
        match store.visitor_cuts_settle(now()).await {
            Ok(true) if !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "can't cut browsers from contacts, for now"),
        }
        let next = tokio::time::sleep(CONTACTS_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

/// Shortens network addresses whose time is over, until `shutdown`.
async fn shorten_addresses(store: Store, shutdown: CancellationToken) {
    loop {
        match store.clients_shorten(now()).await {
            Ok(true) if !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "can't shorten network addresses, for now"),
        }
        let next = tokio::time::sleep(ADDRESSES_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

async fn expire_access(store: Store, keep_messages: Duration, shutdown: CancellationToken) {
    loop {
        if let Err(error) = store.access_expire(now(), SESSION_IDLE).await {
            tracing::warn!(%error, "can't remove sessions that have ended for now");
        }
        if let Err(error) = store.jobs_expire(now()).await {
            tracing::warn!(%error, "can't remove old jobs for now");
        }
        if let Err(error) = actions::uploads_drop(&store).await {
            tracing::warn!(%error, "can't remove files that were read for now");
        }
        if let Err(error) = store.removed_visitors_expire(now().before(REMOVED_FOR)).await {
            tracing::warn!(%error, "can't forget which visitors were removed, for now");
        }
        if let Err(error) = store.quick_networks_expire(now()).await {
            tracing::warn!(%error, "can't forget which networks asked soon after deliveries, for now");
        }
        if let Err(error) = store.visitor_cuts_expire(now().before(CUT_FOR)).await {
            tracing::warn!(%error, "can't forget which browsers were cut from contacts, for now");
        }
        if let Err(error) = forget_messages(&store, keep_messages).await {
            tracing::warn!(%error, "can't forget whom old messages were for, for now");
        }
        let next = tokio::time::sleep(ACCESS_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

async fn forget_messages(store: &Store, keep: Duration) -> Result<(), StoreError> {
    let before = now().before(keep);
    // Each round forgets some that are not asked for again, so the rounds end.
    while store.messages_forget(before).await? > 0 {}
    Ok(())
}
