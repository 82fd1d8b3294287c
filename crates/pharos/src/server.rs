//! The running server: every part wired to the next, and stopped in the order of their
//! dependencies.

mod beacon;
mod hit_pipeline;
mod mailing;
mod pages;
pub(crate) mod signals;
mod waiting;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use audience::{RemovalJournal, RemovalReplay};
use token::Keyring;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use crate::backlog::{self, FollowedJournal};
use crate::cli::Role;
use crate::config::{Config, Listen};
use crate::expiry;
use crate::installation::{Installation, removals_journal};
use crate::jobs;
use crate::links::StoredLinks;
use crate::message_backlog;
use crate::node::{self, Node, NodeFolder};
use crate::put_back;
use crate::report_mailing;
use crate::roles::Roles;
use crate::scheduled_starts::ScheduledStarts;
use crate::server::beacon::{BeaconState, RunningBeacon};
use crate::server::hit_pipeline::HitPipeline;
use crate::server::mailing::MailerParts;
use crate::server::pages::{PageListeners, page_limits, start_pages};

use crate::storage;
use crate::unfinished_starts;
pub(crate) use pages::DemoPages;

pub(crate) use waiting::start_when_possible;

/// How soon the end of a part is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The listeners, bound before anything else starts so that a port in use stops the start.
pub(crate) struct Listeners {
    pub beacon: Option<TcpListener>,
    pub web: Option<TcpListener>,
    /// Report pages, health and metrics.
    pub admin: Option<TcpListener>,
    /// Health and metrics alone.
    pub ops: Option<TcpListener>,
}

impl Listeners {
    pub(crate) fn bind(config: &Config, roles: &Roles) -> anyhow::Result<Self> {
        let with = |role, field, listen| roles.has(role).then(|| bind(field, listen)).transpose();
        Ok(Self {
            beacon: with(Role::Beacon, "beacon.listen", config.beacon)?,
            web: with(Role::Web, "web.listen", config.web)?,
            // A node without pages needs it only for want of a listener for operations.
            admin: (roles.has(Role::Web) || config.ops.is_none())
                .then(|| bind("admin.listen", config.admin))
                .transpose()?,
            ops: config.ops.map(|listen| bind("ops.listen", listen)).transpose()?,
        })
    }
}

fn bind(field: &str, Listen(address): Listen) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| {
        format!(
            "can't listen on {address} ({field}); is another Pharos or another program using it?"
        )
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What a server begins with: its data folder, and a beacon if one had to answer already.
pub(crate) struct Prepared {
    folder: NodeFolder,
    beacon: Option<RunningBeacon>,
    /// Takes removals from the first page that is served.
    removals: RemovalJournal,
    replay: RemovalReplay,
    serving: CancellationToken,
}

impl Prepared {
    pub(crate) fn new(config: &Config, keys: &Arc<Keyring>) -> anyhow::Result<Self> {
        let folder = node::claim(&config.data)?;
        let journal = removals_journal(config);
        let (removals, replay) = RemovalJournal::open(&journal, Arc::clone(keys))?;
        Ok(Self { folder, beacon: None, removals, replay, serving: CancellationToken::new() })
    }

    /// Ends it without a server.
    async fn stop(self) -> anyhow::Result<()> {
        self.serving.cancel();
        let beacon = self.beacon.map(|beacon| beacon.thread);
        joined(tokio::task::spawn_blocking(|| beacon.map(JoinHandle::join)).await)
    }
}

pub(crate) struct Server {
    beacon: Option<JoinHandle<()>>,
    mailer: Option<Task<anyhow::Result<()>>>,
    pages: Vec<Task<()>>,
    hit_pipeline: HitPipeline,
    upkeep: Vec<Task<()>>,
    serving: CancellationToken,
    resting: CancellationToken,
}

impl Server {
    /// Starts the parts that the roles ask for.
    pub(crate) async fn start(
        installation: &Installation,
        roles: &Roles,
        listeners: Listeners,
        demo: Option<DemoPages>,
        prepared: Prepared,
    ) -> anyhow::Result<Self> {
        let Prepared { folder, beacon, removals, replay, serving } = prepared;
        let resting = CancellationToken::new();
        let entered = node::enter(installation, folder).await?;
        let Installation { store, config, .. } = installation;
        // Before anything can be sent.
        let checkpoints = put_back::recognise(store, &config.data, &entered).await?;
        let node = entered.number;
        let beacon = start_beacon(installation, node, listeners.beacon, beacon, &serving).await?;
        let (hit_pipeline, metrics) =
            HitPipeline::start(installation, roles, node, beacon.as_ref())?;
        let metrics = Arc::new(metrics);
        // Before the mailer, so that this node does not mail people who left during a store outage.
        removals.use_store(installation.store.clone());
        let mailer = match roles.has(Role::Mailer) {
            true => {
                let was_put_back = checkpoints.store_was_put_back;
                let parts = MailerParts::new(installation, node, &metrics)?;
                Some(parts.start(was_put_back, serving.clone()).await?)
            }
            false => None,
        };
        let listeners =
            PageListeners { public: listeners.web, admin: listeners.admin, ops: listeners.ops };
        let pages = start_pages(installation, listeners, removals, demo, &metrics, &serving)?;
        let links = beacon.as_ref().map(|beacon| beacon.links.clone());
        let mut upkeep = start_upkeep(installation, roles, entered, links, &resting)?;
        upkeep.extend(expiry::start(installation, roles, &metrics.retention, &resting));
        upkeep.push(tokio::spawn(replay.run(resting.clone())));
        upkeep.push(tokio::spawn(checkpoints.keep(resting.clone())));
        let gauges = Arc::clone(&metrics.storage);
        let followed = (store.clone(), config.clone());
        upkeep.push(tokio::spawn(storage::follow(gauges, followed, resting.clone())));
        let waiting = Arc::clone(&metrics.message_backlog);
        upkeep.push(tokio::spawn(message_backlog::follow(waiting, store.clone(), resting.clone())));
        upkeep.extend(beacon.as_ref().map(|beacon| {
            let (store, dir) = (installation.store.clone(), installation.hits_journal());
            let journal = FollowedJournal { store, node, dir, durable: beacon.durable.clone() };
            let backlog = Arc::clone(&metrics.backlog);
            tokio::spawn(backlog::follow(backlog, journal, resting.clone()))
        }));
        let beacon = beacon.map(|beacon| beacon.thread);
        Ok(Self { beacon, mailer, pages, hit_pipeline, upkeep, serving, resting })
    }

    /// Comes back when a part has ended that should run for as long as the server does.
    pub(crate) async fn broken(&self) {
        while !self.has_ended_part() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn has_ended_part(&self) -> bool {
        self.beacon.as_ref().is_some_and(JoinHandle::is_finished)
            || self.mailer.as_ref().is_some_and(Task::is_finished)
            || self.hit_pipeline.has_ended()
            || self.upkeep.iter().any(Task::is_finished)
            || self.pages.iter().any(Task::is_finished)
    }

    /// Ends every part within `limit`: first what takes in hits, then what ships them, then what
    /// records them, so that each sees the last of them.
    pub(crate) async fn stop(self, limit: Duration) -> anyhow::Result<()> {
        self.serving.cancel();
        let end = async {
            let beacon = tokio::task::spawn_blocking(|| self.beacon.map(JoinHandle::join));
            // One part's trouble must not cut another one short.
            let mut ended: Vec<anyhow::Result<()>> = Vec::new();
            for page in self.pages {
                ended.push(page.await.map_err(anyhow::Error::from));
            }
            ended.push(joined(beacon.await));
            ended.push(self.hit_pipeline.stop().await);
            if let Some(mailer) = self.mailer {
                ended.push(mailer.await.map_err(anyhow::Error::from).flatten());
            }
            self.resting.cancel();
            for task in self.upkeep {
                ended.push(task.await.map_err(anyhow::Error::from));
            }
            ended.into_iter().collect()
        };
        match tokio::time::timeout(limit, end).await {
            Ok(ended) => ended,
            Err(_) => {
                tracing::warn!(?limit, "did not finish in time; the next start picks up the rest");
                Ok(())
            }
        }
    }
}

/// How a part's thread has ended.
fn joined<E: std::error::Error + Send + Sync + 'static>(
    thread: Result<Option<std::thread::Result<()>>, E>,
) -> anyhow::Result<()> {
    let well = thread?.is_none_or(|ended| ended.is_ok());
    anyhow::ensure!(well, "a part of the server panicked; see above");
    Ok(())
}

/// The beacon, unless it answers already, with the store behind it from now on. Its journal goes
/// on behind whatever the store has of it.
async fn start_beacon(
    installation: &Installation,
    node: u16,
    listener: Option<TcpListener>,
    early: Option<RunningBeacon>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<RunningBeacon>> {
    let Installation { config, keys, store, .. } = installation;
    let mark = store.mark_find(store::hits_reader(node)).await?;
    let seen = mark.map_or(0, |mark| mark.segment);
    let beacon = match (early, listener) {
        (Some(early), _) => early,
        (None, Some(listener)) => {
            RunningBeacon::start(config, Arc::clone(keys), listener, seen, shutdown.clone())?
        }
        (None, None) => return Ok(None),
    };
    anyhow::ensure!(
        beacon.segment > seen,
        "the hit journal and the file `beacon` in {} are older than what the store has from this \
         node; start again to continue the journal's numbering after that",
        config.data.display()
    );
    beacon.links.use_store(store.clone());
    // Before the server is ready: until then no browser gets a cookie.
    beacon.links.refresh_tracking(None).await;
    let state = BeaconState { node, segment: beacon.segment };
    if let Err(error) = state.write(&config.data) {
        tracing::warn!(%error, "the next start of the beacon will need the store");
    }
    Ok(Some(beacon))
}

fn start_upkeep(
    installation: &Installation,
    roles: &Roles,
    node: Node,
    links: Option<StoredLinks>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Vec<Task<()>>> {
    let store = &installation.store;
    let shown = (store.clone(), Arc::clone(&installation.keys));
    let number = node.number;
    let mut tasks = vec![tokio::spawn(node::show_alive(shown, node, shutdown.clone()))];
    tasks.extend(links.map(|links| tokio::spawn(links.follow(shutdown.clone()))));
    let (settings, keys) = (installation.settings.clone(), Arc::clone(&installation.keys));
    let (followed, stop) = (store.clone(), shutdown.clone());
    tasks.push(tokio::spawn(async move {
        stop.run_until_cancelled(settings.follow(followed, keys)).await;
    }));
    if roles.has(Role::Web) {
        let addresses = audience::keep_addresses_findable(store.clone(), shutdown.clone());
        tasks.push(tokio::spawn(addresses));
        let keys = Arc::clone(&installation.keys);
        tasks.push(tokio::spawn(jobs::work(store.clone(), keys, number, shutdown.clone())));
    }
    if roles.has(Role::Mailer) {
        tasks.push(tokio::spawn(unfinished_starts::finish_starts(store.clone(), shutdown.clone())));
        let settings = installation.settings.clone();
        let starts =
            ScheduledStarts { store: store.clone(), settings, files: installation.files()? };
        tasks.push(tokio::spawn(starts.run(shutdown.clone())));
        let settings = installation.settings.clone();
        let mailing = actions::ReportMailing { store: store.clone(), settings };
        tasks.push(tokio::spawn(report_mailing::run(mailing, shutdown.clone())));
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests;
