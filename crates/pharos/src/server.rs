//! The running server: every part wired to the next, and ended in the order in which they depend
//! on one another.

mod carriage;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use audience::RemovalJournal;
use bus::Throttle;
use journal::Journal;
use mailer::MailerSettings;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;

use crate::backlog::{self, FollowedJournal};
use crate::cli::Role;
use crate::config::{Bus, Config, Listen};
use crate::installation::{Installation, now};
use crate::links::StoredLinks;
use crate::metrics::Metrics;
use crate::node::{self, Node};
use crate::readiness::Readiness;
use crate::roles::Roles;
use crate::server::carriage::Carriage;
use crate::starts;

/// Deliveries claimed at a time: a second's work or less.
const CLAIM_BATCH: usize = 500;
/// How soon the end of a part is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Connections for recipient pages, and for report pages.
const PAGE_CONNECTIONS: usize = 512;
/// Keep-alive connections with nothing to say are closed.
const IDLE: Duration = Duration::from_secs(60);
/// A client gets this long to say what it wants.
const HEADER: Duration = Duration::from_secs(10);

/// The listeners, bound before anything else starts so that a port in use stops the start.
pub(crate) struct Listeners {
    pub beacon: Option<TcpListener>,
    pub web: Option<TcpListener>,
    /// Every node has one: health and metrics are there.
    pub admin: TcpListener,
}

impl Listeners {
    pub(crate) fn bind(config: &Config, roles: &Roles) -> anyhow::Result<Self> {
        let with = |role, field, listen| roles.has(role).then(|| bind(field, listen)).transpose();
        Ok(Self {
            beacon: with(Role::Beacon, "beacon.listen", config.beacon)?,
            web: with(Role::Web, "web.listen", config.web)?,
            admin: bind("admin.listen", config.admin)?,
        })
    }
}

fn bind(field: &str, Listen(address): Listen) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| {
        format!("can't listen on {address} ({field}); is another Pharos or another program there?")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A server that is up.
pub(crate) struct Server {
    beacon: Option<JoinHandle<()>>,
    mailer: Option<JoinHandle<()>>,
    pages: Vec<Task<io::Result<()>>>,
    carriage: Carriage,
    upkeep: Vec<Task<()>>,
    serving: CancellationToken,
    resting: CancellationToken,
}

impl Server {
    /// Starts the parts that the roles ask for. `inbox` is the demo's.
    pub(crate) async fn start(
        installation: &Installation,
        roles: &Roles,
        listeners: Listeners,
        inbox: Option<Arc<Inbox>>,
    ) -> anyhow::Result<Self> {
        let (serving, resting) = (CancellationToken::new(), CancellationToken::new());
        let entered = node::enter(installation).await?;
        let node = entered.number;
        let hits = match roles.has(Role::Beacon) {
            true => Some(open_hits(installation, node).await?),
            false => None,
        };
        let durable = hits.as_ref().map(Journal::durable);
        let (carriage, metrics) = Carriage::start(installation, roles, node, durable.clone())?;
        let metrics = Arc::new(metrics);
        let beacon = match (listeners.beacon, hits) {
            (Some(listener), Some(hits)) => {
                Some(start_beacon(installation, listener, hits, &metrics, &serving)?)
            }
            _ => None,
        };
        // Before the mailer: whoever left while the store was away is not mailed by this node.
        let keys = Arc::clone(&installation.keys);
        let folder = installation.removals_journal();
        let (removals, replay) = RemovalJournal::open(&folder, installation.store.clone(), keys)?;
        let mailer = match roles.has(Role::Mailer) {
            true => Some(start_mailer(installation, node, &metrics, &serving).await?),
            false => None,
        };
        let listeners = (listeners.web, listeners.admin);
        let pages = start_pages(installation, listeners, removals, inbox, &metrics, &serving)?;
        let mut upkeep = start_upkeep(installation, roles, entered, &resting);
        upkeep.push(tokio::spawn(replay.run(resting.clone())));
        upkeep.extend(durable.map(|durable| {
            let (store, dir) = (installation.store.clone(), installation.hits_journal());
            let journal = FollowedJournal { store, node, dir, durable };
            let backlog = Arc::clone(&metrics.backlog);
            tokio::spawn(backlog::follow(backlog, journal, resting.clone()))
        }));
        Ok(Self { beacon, mailer, pages, carriage, upkeep, serving, resting })
    }

    /// Comes back when a part has ended that should run for as long as the server does.
    pub(crate) async fn broken(&self) {
        while !self.has_ended_part() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn has_ended_part(&self) -> bool {
        let threads = [&self.beacon, &self.mailer];
        threads.into_iter().flatten().any(JoinHandle::is_finished)
            || self.carriage.has_ended()
            || self.upkeep.iter().any(Task::is_finished)
            || self.pages.iter().any(Task::is_finished)
    }

    /// Ends every part within `limit`: first what takes in hits, then what ships them, then what
    /// records them, so that each sees the last of them.
    pub(crate) async fn stop(self, limit: Duration) -> anyhow::Result<()> {
        self.serving.cancel();
        let end = async {
            let mailer = tokio::task::spawn_blocking(|| self.mailer.map(JoinHandle::join));
            let beacon = tokio::task::spawn_blocking(|| self.beacon.map(JoinHandle::join));
            // One part's trouble must not cut another one short.
            let mut ended: Vec<anyhow::Result<()>> = Vec::new();
            for page in self.pages {
                ended.push(page.await.map_err(anyhow::Error::from).and_then(|it| Ok(it?)));
            }
            ended.push(joined(beacon.await));
            ended.push(self.carriage.stop().await);
            ended.push(joined(mailer.await));
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
    anyhow::ensure!(well, "a part ended by a panic; see above");
    Ok(())
}

/// The journal of hits, which goes on behind whatever the store has of it.
async fn open_hits(installation: &Installation, node: u16) -> anyhow::Result<Journal> {
    let mark = installation.store.mark_find(store::hits_reader(node)).await?;
    let seen = mark.map_or(0, |mark| mark.segment);
    let options = installation.config.hits_journal;
    Journal::open_after(&installation.hits_journal(), options, seen)
        .context("can't open the journal of hits")
}

fn start_upkeep(
    installation: &Installation,
    roles: &Roles,
    node: Node,
    shutdown: &CancellationToken,
) -> Vec<Task<()>> {
    let store = &installation.store;
    let shown = (store.clone(), Arc::clone(&installation.keys));
    let mut tasks = vec![tokio::spawn(node::show_alive(shown, node, shutdown.clone()))];
    if let Some(keep) = installation.config.keep_events.filter(|_| roles.has(Role::Recorder)) {
        tasks.push(tokio::spawn(node::forget_events(store.clone(), keep, shutdown.clone())));
    }
    if roles.has(Role::Mailer) {
        tasks.push(tokio::spawn(starts::finish_starts(store.clone(), shutdown.clone())));
    }
    tasks
}

fn start_beacon(
    installation: &Installation,
    listener: TcpListener,
    journal: Journal,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let config = &installation.config;
    let settings = beacon::Settings {
        cookie: config.cookie,
        secure_cookie: config.sender.beacon_url.starts_with("https://"),
        trusted_proxies: config.trusted_proxies.clone(),
        max_connections: config.beacon_connections,
        header_timeout: HEADER,
        idle_timeout: IDLE,
        drain_timeout: config.shutdown_timeout / 2,
    };
    let links = StoredLinks::new(installation.store.clone());
    beacon::spawn(
        listener,
        Arc::clone(&installation.keys),
        links,
        journal,
        settings,
        Arc::clone(&metrics.beacon),
        shutdown.clone(),
    )
    .context("can't start the beacon")
}

async fn start_mailer(
    installation: &Installation,
    node: u16,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let config = &installation.config;
    let settings = MailerSettings {
        relay: config.relay.clone(),
        lease: config.lease,
        batch: CLAIM_BATCH,
        retry: config.retry.clone(),
        return_path: config.return_path.clone(),
        journal_dir: installation.mail_journal(),
        node,
        throttle: throttle(installation, node).await?,
        after_segment: installation
            .store
            .mark_find(mailer::mark_reader(node))
            .await?
            .map_or(0, |mark| mark.segment),
    };
    mailer::spawn(
        installation.store.clone(),
        Arc::clone(&installation.keys),
        Arc::new(config.sender.clone()),
        settings,
        Arc::clone(&metrics.mailer),
        shutdown.clone(),
    )
    .context("can't start the mailer")
}

/// The limit on messages, if there is one: shared by all nodes where they share a Redis.
async fn throttle(installation: &Installation, node: u16) -> anyhow::Result<Option<Throttle>> {
    let config = &installation.config;
    let Some(rate) = config.messages_per_minute else { return Ok(None) };
    let Bus::Redis(server) = &config.bus else {
        if installation.store.is_shared() {
            tracing::warn!(
                "without Redis each mailer node has the limit `relay.messages_per_minute` for itself"
            );
        }
        return Ok(Some(Throttle::local(rate)));
    };
    let nodes = installation.store.nodes_list(now()).await?;
    let alive = nodes.iter().filter(|node| node.alive).count();
    let alive = u32::try_from(alive).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    let name = format!("node-{node}");
    Ok(Some(Throttle::shared(server, &installation.id, "relay", rate, &name, alive)?))
}

fn start_pages(
    installation: &Installation,
    (public, admin): (Option<TcpListener>, TcpListener),
    removals: RemovalJournal,
    inbox: Option<Arc<Inbox>>,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Vec<Task<io::Result<()>>>> {
    let sender = Arc::new(installation.config.sender.clone());
    let this_machine_only = installation.config.admin.0.ip().is_loopback();
    let shown = Arc::clone(metrics);
    let readiness = Readiness { metrics: Arc::clone(metrics), removals: removals.clone() };
    let readiness = Arc::new(move || readiness.reasons());
    let metrics = Arc::new(move || shown.text());
    let store = installation.store.clone();
    let mut routers = Vec::with_capacity(2);
    match public {
        Some(public) => {
            let keys = Arc::clone(&installation.keys);
            let parts = web::PublicParts { store: store.clone(), keys, removals, sender };
            routers.push((public, web::public_router(parts)));
            let store = store.for_reports();
            let parts = web::AdminParts { store, inbox, this_machine_only, metrics, readiness };
            routers.push((admin, web::admin_router(parts)));
        }
        None => {
            let parts = web::HealthParts { store, this_machine_only, metrics, readiness };
            routers.push((admin, web::health_router(parts)));
        }
    }
    let limits = web::Limits {
        connections: PAGE_CONNECTIONS,
        header_timeout: HEADER,
        drain: installation.config.shutdown_timeout / 2,
    };
    let mut pages = Vec::with_capacity(2);
    for (listener, router) in routers {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        pages.push(tokio::spawn(web::serve(listener, router, limits, shutdown.clone())));
    }
    Ok(pages)
}
