//! The running server: every part wired to the next, and ended in the order in which they depend
//! on one another.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use journal::Journal;
use mailer::MailerSettings;
use report::{RecordProblem, Recorder};
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;

use crate::config::{Config, Listen};
use crate::installation::Installation;
use crate::links::StoredLinks;
use crate::metrics::Metrics;

/// This machine's number in hit ids; one node is number 1.
const NODE: u16 = 1;
/// A mailer that has not come back by then is taken for dead.
const LEASE: Duration = Duration::from_secs(15 * 60);
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
    pub beacon: TcpListener,
    pub web: TcpListener,
    pub admin: TcpListener,
}

impl Listeners {
    pub(crate) fn bind(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            beacon: bind("beacon.listen", config.beacon)?,
            web: bind("web.listen", config.web)?,
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
    beacon: JoinHandle<()>,
    mailer: JoinHandle<()>,
    pages: Vec<Task<io::Result<()>>>,
    recorder: Task<Result<(), RecordProblem>>,
    serving: CancellationToken,
    recording: CancellationToken,
}

impl Server {
    /// Starts every part. `inbox` is the demo's.
    pub(crate) fn start(
        installation: &Installation,
        listeners: Listeners,
        inbox: Option<Arc<Inbox>>,
    ) -> anyhow::Result<Self> {
        let serving = CancellationToken::new();
        let recording = CancellationToken::new();
        let hits = Journal::open(&installation.hits_journal(), installation.config.hits_journal)
            .context("can't open the journal of hits")?;
        let recorder = Recorder::new(
            installation.store.clone(),
            installation.hits_journal(),
            NODE,
            hits.durable(),
        );
        let metrics = Arc::new(Metrics::with(recorder.metrics()));
        let recorder = tokio::spawn(recorder.run(recording.clone()));
        let beacon = start_beacon(installation, listeners.beacon, hits, &metrics, &serving)?;
        let mailer = start_mailer(installation, &metrics, &serving)?;
        let pages =
            start_pages(installation, (listeners.web, listeners.admin), inbox, &metrics, &serving)?;
        Ok(Self { beacon, mailer, pages, recorder, serving, recording })
    }

    /// Comes back when a part has ended that should run for as long as the server does.
    pub(crate) async fn broken(&self) {
        while !self.has_ended_part() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn has_ended_part(&self) -> bool {
        self.beacon.is_finished()
            || self.mailer.is_finished()
            || self.recorder.is_finished()
            || self.pages.iter().any(Task::is_finished)
    }

    /// Ends every part within `limit`; the recorder last, so that it sees the last hit.
    pub(crate) async fn stop(self, limit: Duration) -> anyhow::Result<()> {
        self.serving.cancel();
        let end = async {
            let beacon = tokio::task::spawn_blocking(|| self.beacon.join());
            let mailer = tokio::task::spawn_blocking(|| self.mailer.join());
            for page in self.pages {
                page.await??;
            }
            let beacon = beacon.await?;
            self.recording.cancel();
            self.recorder.await??;
            let mailer = mailer.await?;
            anyhow::ensure!(beacon.is_ok() && mailer.is_ok(), "a part ended by a panic; see above");
            anyhow::Ok(())
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

fn start_mailer(
    installation: &Installation,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let config = &installation.config;
    let settings = MailerSettings {
        relay: config.relay.clone(),
        lease: LEASE,
        batch: CLAIM_BATCH,
        retry: config.retry.clone(),
        return_path: config.return_path.clone(),
        journal_dir: installation.mail_journal(),
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

fn start_pages(
    installation: &Installation,
    (public, admin): (TcpListener, TcpListener),
    inbox: Option<Arc<Inbox>>,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Vec<Task<io::Result<()>>>> {
    let sender = Arc::new(installation.config.sender.clone());
    let public_router = web::public_router(web::PublicParts {
        store: installation.store.clone(),
        keys: Arc::clone(&installation.keys),
        sender: Arc::clone(&sender),
    });
    let shown = Arc::clone(metrics);
    let admin_router = web::admin_router(web::AdminParts {
        store: installation.store.clone(),
        inbox,
        this_machine_only: installation.config.admin.0.ip().is_loopback(),
        metrics: Arc::new(move || shown.text()),
    });
    let limits = web::Limits {
        connections: PAGE_CONNECTIONS,
        header_timeout: HEADER,
        drain: installation.config.shutdown_timeout / 2,
    };
    let mut pages = Vec::with_capacity(2);
    for (listener, router) in [(public, public_router), (admin, admin_router)] {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        pages.push(tokio::spawn(web::serve(listener, router, limits, shutdown.clone())));
    }
    Ok(pages)
}
