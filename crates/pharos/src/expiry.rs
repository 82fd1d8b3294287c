//! Removes what is kept for a limited time: old events, the last part of network addresses, browsers and hours,
//! sessions and invitations that have ended, whom
//! single messages were for; and whose hits were those of contacts who want that forgotten, or of browsers
//! that were cut from them. Also brings the indexes of attributes to what segments ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::SESSION_IDLE;
use report::Retention;
use store::{CUT_FOR, Expired, REMOVED_FOR, Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::Role;
use crate::installation::{Installation, now};
use crate::roles::Roles;

/// Between two rounds of removing what was recorded of hits; a round ends when nothing old is left.
const RECORDS_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// Between two looks whether somebody wants forgotten what they did.
const CONTACTS_INTERVAL: Duration = Duration::from_secs(5);
/// Between two looks whether network addresses have been kept for long enough, or for fewer days than before.
const ADDRESSES_INTERVAL: Duration = Duration::from_secs(30);
/// Between two rounds of removing sessions and the like: attempts to sign in are many in a flood.
const ACCESS_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// How long whom an export is to hold is kept when it is not written.
const PLANS_KEPT: Duration = Duration::from_secs(8 * 24 * 60 * 60);

/// What was removed since the start because of its age.
#[derive(Debug, Default)]
pub(crate) struct RetentionCounters {
    /// On SQLite, events; on PostgreSQL, weeks of them.
    pub events: AtomicU64,
    /// Contacts of campaigns of whom it is not kept any more what they did.
    pub engagements: AtomicU64,
    pub visitors: AtomicU64,
    /// Rows of hours that were folded to days.
    pub hours: AtomicU64,
}

impl RetentionCounters {
    /// By kind.
    pub(crate) fn all(&self) -> [(&'static str, &AtomicU64); 4] {
        [
            ("events", &self.events),
            ("engagements", &self.engagements),
            ("visitors", &self.visitors),
            ("hours", &self.hours),
        ]
    }
}

/// Starts what this node's roles are responsible for, until `shutdown`.
pub(crate) fn start(
    installation: &Installation,
    roles: &Roles,
    counters: &Arc<RetentionCounters>,
    shutdown: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let (store, mut tasks) = (&installation.store, Vec::new());
    let retention = installation.config.retention;
    if roles.has(Role::Recorder) {
        let old = OldRecords { store: store.clone(), retention, counters: Arc::clone(counters) };
        tasks.push(tokio::spawn(old.remove(shutdown.clone())));
        let forget = (CONTACTS_INTERVAL, "can't forget what contacts did, for now");
        let cut = (CONTACTS_INTERVAL, "can't cut browsers from contacts, for now");
        let shorten = (ADDRESSES_INTERVAL, "can't shorten network addresses, for now");
        let networks =
            (ACCESS_INTERVAL, "can't forget which networks asked soon after deliveries, for now");
        tasks.push(tokio::spawn(do_steps(
            store.clone(),
            shutdown.clone(),
            forget,
            |it| async move { it.events_forget().await },
        )));
        tasks.push(tokio::spawn(do_steps(store.clone(), shutdown.clone(), cut, |it| async move {
            it.visitor_cuts_settle(now()).await
        })));
        tasks.push(tokio::spawn(do_steps(
            store.clone(),
            shutdown.clone(),
            shorten,
            |it| async move { it.clients_shorten(now()).await },
        )));
        let index = (ADDRESSES_INTERVAL, "can't index attributes, for now");
        tasks.push(tokio::spawn(do_steps(
            store.clone(),
            shutdown.clone(),
            index,
            |it| async move { it.attribute_indexes_step(now()).await },
        )));
        tasks.push(tokio::spawn(do_steps(
            store.clone(),
            shutdown.clone(),
            networks,
            |it| async move { it.quick_networks_expire(now()).await },
        )));
    }
    if roles.has(Role::Web) {
        let keep = retention.messages;
        tasks.push(tokio::spawn(expire_access(store.clone(), keep, shutdown.clone())));
    }
    tasks
}

/// What is removed because of its age.
#[derive(Debug, Clone, Copy)]
enum OldRecord {
    Events,
    Engagements,
    Visitors,
    Hours,
}

/// What was recorded of hits, and is kept for a set time.
struct OldRecords {
    store: Store,
    retention: Retention,
    counters: Arc<RetentionCounters>,
}

impl OldRecords {
    /// Removes what is older than it may be, now and then, until `shutdown`.
    async fn remove(self, shutdown: CancellationToken) {
        loop {
            self.round(&shutdown).await;
            let next = tokio::time::sleep(RECORDS_INTERVAL);
            if shutdown.run_until_cancelled(next).await.is_none() {
                return;
            }
        }
    }

    /// Until nothing old is left. Events come first: browsers are in them.
    async fn round(&self, shutdown: &CancellationToken) {
        let all =
            [OldRecord::Events, OldRecord::Engagements, OldRecord::Visitors, OldRecord::Hours];
        for of in all {
            while !shutdown.is_cancelled() {
                match self.step(of).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, what = ?of, "can't remove what is old, for now");
                        break;
                    }
                }
            }
        }
    }

    /// Removes some of these. Whether there may be more.
    async fn step(&self, of: OldRecord) -> Result<bool, StoreError> {
        let Self { store, retention, counters } = self;
        let (kept, counter) = match of {
            OldRecord::Events => (retention.events, &counters.events),
            OldRecord::Engagements => (retention.engagements, &counters.engagements),
            OldRecord::Visitors => (retention.visitors, &counters.visitors),
            OldRecord::Hours => (retention.hours, &counters.hours),
        };
        let Some(before) = kept.map(|kept| now().before(kept)) else { return Ok(false) };
        let Expired { removed, more } = match of {
            OldRecord::Events => store.events_expire(before).await?,
            OldRecord::Engagements => store.engagements_expire(before, now()).await?,
            OldRecord::Visitors => store.visitors_expire(before).await?,
            OldRecord::Hours => store.hours_fold(before).await?,
        };
        counter.fetch_add(removed, Ordering::Relaxed);
        Ok(more)
    }
}

/// Does what is done step by step, now and then, until `shutdown`; a step says whether there may be more.
async fn do_steps<S>(
    store: Store,
    shutdown: CancellationToken,
    (interval, trouble): (Duration, &'static str),
    step: impl Fn(Store) -> S,
) where
    S: Future<Output = Result<bool, StoreError>>,
{
    loop {
        match step(store.clone()).await {
            Ok(true) if !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "{trouble}"),
        }
        let next = tokio::time::sleep(interval);
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
        if let Err(error) = store.account_expire(now(), actions::ACCOUNT_IDLE).await {
            tracing::warn!(%error, "can't remove links into accounts that have ended for now");
        }
        if let Err(error) = expire_joins(&store).await {
            tracing::warn!(%error, "can't remove forms that nobody has confirmed, for now");
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
        if let Err(error) = store.visitor_cuts_expire(now().before(CUT_FOR)).await {
            tracing::warn!(%error, "can't forget which browsers were cut from contacts, for now");
        }
        if let Err(error) = forget_messages(&store, keep_messages).await {
            tracing::warn!(%error, "can't forget whom old messages were for, for now");
        }
        if let Err(error) = close_disclosures(&store).await {
            tracing::warn!(%error, "can't close disclosures of days that are over, for now");
        }
        let next = tokio::time::sleep(ACCESS_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

/// Closes entries of days that are over, and removes what was planned for exports that were never written.
async fn close_disclosures(store: &Store) -> Result<(), StoreError> {
    // Each round closes or removes some that are not found again, so the rounds end.
    while store.disclosures_close(now()).await? {}
    while store.disclosure_sets_tidy(now().before(PLANS_KEPT)).await? {}
    Ok(())
}

async fn expire_joins(store: &Store) -> Result<(), StoreError> {
    // Each round removes some, so the rounds end.
    while store.joins_expire(now()).await?.more {}
    store.merges_expire(now().before(store::MERGES_KEPT)).await?;
    Ok(())
}

async fn forget_messages(store: &Store, keep: Duration) -> Result<(), StoreError> {
    let before = now().before(keep);
    // Each round forgets some that are not asked for again, so the rounds end.
    while store.messages_forget(before).await? > 0 {}
    Ok(())
}
