//! The running server: every part wired to the next, and stopped in the order of their
//! dependencies.

mod beacon;
mod hit_pipeline;
mod listeners;
mod mailing;
mod pages;
pub(crate) mod signals;
mod waiting;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use audience::{RemovalJournal, RemovalReplay};
use journal::IdleJournal;
use token::Keyring;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use crate::address_sources::ImportChecks;
use crate::backlog::{self, HitJournals};
use crate::cli::Role;
use crate::config::Config;
use crate::expiry;
use crate::installation::{Installation, removals_journal};
use crate::jobs;
use crate::links::StoredLinks;
use crate::message_backlog;
use crate::node::{self, Node, NodeFolder};
use crate::put_back;
use crate::roles::Roles;
use crate::scheduled_starts::ScheduledStarts;
use crate::server::beacon::{RunningBeacon, start_beacon};
use crate::server::hit_pipeline::HitPipeline;
use crate::server::mailing::MailerParts;
use crate::server::pages::{PageListeners, page_limits, start_pages};
use crate::{reconfirming, report_mailing};

use crate::unfinished_starts;
use crate::{register_figures, storage};
pub(crate) use listeners::Listeners;
pub(crate) use pages::DemoPages;

pub(crate) use waiting::start_when_possible;

/// How soon the end of a part is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
        let threads = self.beacon.map_or_else(Vec::new, |beacon| beacon.threads);
        joined(tokio::task::spawn_blocking(|| join(threads)).await)
    }
}

pub(crate) struct Server {
    /// Its threads.
    beacon: Vec<JoinHandle<()>>,
    /// Journals of threads that it once had.
    idle: Vec<IdleJournal>,
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
        let beacon =
            start_beacon(installation, &entered, listeners.beacon, beacon, &serving).await?;
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
        let figures = Arc::clone(&metrics.register);
        upkeep.push(tokio::spawn(register_figures::follow(
            figures,
            store.clone(),
            resting.clone(),
        )));
        upkeep.extend(beacon.as_ref().map(|beacon| {
            let journals = beacon.journals.clone();
            let journals = HitJournals { store: installation.store.clone(), node, journals };
            let backlog = Arc::clone(&metrics.backlog);
            tokio::spawn(backlog::follow(backlog, journals, resting.clone()))
        }));
        let (beacon, idle) = beacon.map_or_else(Default::default, |it| (it.threads, it.idle));
        Ok(Self { beacon, idle, mailer, pages, hit_pipeline, upkeep, serving, resting })
    }

    /// Comes back when a part has ended that should run for as long as the server does.
    pub(crate) async fn broken(&self) {
        while !self.has_ended_part() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn has_ended_part(&self) -> bool {
        self.beacon.iter().any(JoinHandle::is_finished)
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
            let beacon = tokio::task::spawn_blocking(|| join(self.beacon));
            // One part's trouble must not cut another one short.
            let mut ended: Vec<anyhow::Result<()>> = Vec::new();
            for page in self.pages {
                ended.push(page.await.map_err(anyhow::Error::from));
            }
            ended.push(joined(beacon.await));
            ended.push(self.hit_pipeline.stop().await);
            drop(self.idle);
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

fn join(threads: Vec<JoinHandle<()>>) -> std::thread::Result<()> {
    // One's trouble must not cut another one short.
    let ended: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
    ended.into_iter().collect()
}

/// How a part's threads have ended.
fn joined<E: std::error::Error + Send + Sync + 'static>(
    threads: Result<std::thread::Result<()>, E>,
) -> anyhow::Result<()> {
    anyhow::ensure!(threads?.is_ok(), "a part of the server panicked; see above");
    Ok(())
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
        let by = (keys, ImportChecks::of(&installation.config));
        tasks.push(tokio::spawn(jobs::work(store.clone(), by, number, shutdown.clone())));
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
        let settings = installation.settings.clone();
        let asking = actions::Reconfirming { store: store.clone(), settings };
        tasks.push(tokio::spawn(reconfirming::run(asking, shutdown.clone())));
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests;
