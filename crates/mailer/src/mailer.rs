//! The mailer's thread: recovers, starts workers, feeder and settler, ends them in order.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use journal::{GroupCommit, Journal, JournalError, Options};
use render::Sender;
use store::Store;
use token::Keyring;
use tokio::task::{JoinHandle, JoinSet, LocalSet};
use tokio_util::sync::CancellationToken;

use crate::beginner::Beginner;
use crate::deliver::Desk;
use crate::feeder::Feeder;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::recovery::recover;
use crate::relay_health::RelayHealth;
use crate::settings::MailerSettings;
use crate::settler::Settler;
use crate::supervision::keep_working;
use crate::tls::{TlsClient, TlsProblem};
use crate::trouble::{TroubleKind, Troubles, clock};
use crate::worker::Shared;

/// An intent has 33 bytes and an outcome at most 244: room for millions between two settlements.
const JOURNAL: Options = Options { segment_bytes: 16 << 20, max_bytes: 1 << 30 };
/// Between two tries to recover.
const AGAIN: Duration = Duration::from_secs(2);

/// Why the mailer could not be started.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// Another mailer has the journal, or the folder is unusable.
    #[error("the mailer's journal: {0}")]
    Journal(#[from] JournalError),
    /// The TLS settings of the relay.
    #[error("the relay's TLS: {0}")]
    Tls(#[from] TlsProblem),
    /// No thread or no runtime.
    #[error("can't start the mailer's thread: {0}")]
    Thread(#[from] std::io::Error),
}

struct Parts {
    store: Store,
    keys: Arc<Keyring>,
    sender: Arc<Sender>,
    settings: MailerSettings,
    tls: Option<TlsClient>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
}

/// Starts the mailer on a thread of its own. It replays its journal, then sends every campaign
/// that is being sent, until `shutdown`; then it finishes the messages under way (bounded by the
/// relay's time-outs), gives the others back, and ends.
///
/// # Errors
/// When its journal, its TLS settings or its thread can't be had.
pub fn spawn(
    store: Store,
    keys: Arc<Keyring>,
    sender: Arc<Sender>,
    settings: MailerSettings,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Result<std::thread::JoinHandle<()>, MailerError> {
    let seen = settings.after_segment;
    let journal = Journal::open_after(&settings.journal_dir, JOURNAL, seen)?;
    let tls = TlsClient::for_relay(&settings.relay)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let parts = Parts { store, keys, sender, settings, tls, metrics, shutdown };
    let thread = std::thread::Builder::new()
        .name("mailer".to_owned())
        .spawn(move || LocalSet::new().block_on(&runtime, run(parts, journal)))?;
    Ok(thread)
}

async fn run(parts: Parts, journal: Journal) {
    if !recovered(&parts, &journal).await {
        return;
    }
    let (commit, driver) = GroupCommit::new(journal);
    let mut driver = tokio::task::spawn_local(driver);
    tokio::select! {
        () = send(parts, commit) => {}
        ended = &mut driver => {
            tracing::error!(?ended, "the mailer's journal ended by itself; the next start goes on");
            return;
        }
    }
    // Every handle is gone: the driver commits what is left and ends.
    let _ = driver.await;
}

/// False when a shutdown came first.
async fn recovered(parts: &Parts, journal: &Journal) -> bool {
    let settings = &parts.settings;
    let mut told = String::new();
    loop {
        match recover(&parts.store, settings, journal).await {
            Ok(found) => {
                tracing::info!(
                    outcomes = found.outcomes,
                    in_doubt = found.in_doubt,
                    released = found.released,
                    "the mailer knows where it stopped"
                );
                return true;
            }
            Err(error) if error.to_string() != told => {
                told = error.to_string();
                tracing::error!(%error, "nothing is sent before this is solved");
                tell(parts, error.kind(), &told).await;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = parts.shutdown.cancelled() => return false,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// Says what keeps the mailer from starting, in the metrics and, if it takes it, in the store.
async fn tell(parts: &Parts, kind: TroubleKind, what: &str) {
    for other in TroubleKind::ALL {
        parts.metrics.set_trouble(other, (other == kind).then(|| (clock(), what.to_owned())));
    }
    let (key, text) = (format!("{}/{}", kind.key(), parts.settings.node), what.to_owned());
    let text = format!("{text} (since {})", clock().readable());
    if let Err(error) = parts.store.setting_put(key, text).await {
        tracing::debug!(%error, "what keeps the mailer from starting can't be put into the store");
    }
}

async fn send(parts: Parts, journal: GroupCommit) {
    let Parts { store, keys, sender, settings, tls, metrics, shutdown } = parts;
    for kind in TroubleKind::ALL {
        metrics.set_trouble(kind, None);
    }
    let settings = Rc::new(settings);
    let ledger = Rc::new(Ledger::new(journal, &settings.journal_dir, settings.node));
    let troubles = Rc::new(Troubles::new(Arc::clone(&metrics)));
    let settler = Rc::new(Settler::new(store.clone(), Rc::clone(&ledger), Rc::clone(&troubles)));
    let beginner = Rc::new(Beginner::new(store.clone(), &settings));
    let relay = Arc::new(settings.relay.clone());
    let connections = relay.connections.max(1);
    let pool = Rc::new(Pool::new(relay, tls, Arc::clone(&metrics)));
    let health = RelayHealth::new(connections, Rc::clone(&troubles), Arc::clone(&metrics));
    let shared = Rc::new(Shared {
        desk: Desk {
            store: store.clone(),
            keys,
            settings: Rc::clone(&settings),
            ledger,
            beginner: Rc::clone(&beginner),
            evidence: Rc::default(),
        },
        pool: Rc::clone(&pool),
        queue: Rc::new(Queue::default()),
        health: Rc::new(health),
        troubles,
        settler: Rc::clone(&settler),
        metrics,
        turn: tokio::sync::Mutex::new(()),
        refusals: RefCell::default(),
        shutdown: shutdown.clone(),
    });
    let workers: Vec<_> = (0..connections)
        .map(|_| tokio::task::spawn_local(keep_working(Rc::clone(&shared))))
        .collect();
    let done = CancellationToken::new();
    let mut carriers = JoinSet::new();
    carriers.spawn_local({
        let (settler, done) = (Rc::clone(&settler), done.clone());
        async move { settler.run(done).await }
    });
    carriers.spawn_local({
        let done = done.clone();
        async move { beginner.run(done).await }
    });
    carriers.spawn_local(pool.run(done.clone()));
    let feeder = Feeder::new(store, sender, settings, Rc::clone(&shared));
    tokio::select! {
        () = feeder.run(shutdown) => {}
        ended = carriers.join_next() => {
            // Without them nothing more can be sent; ending the thread ends the process, and the
            // next start finds in the journal what the store does not know.
            tracing::error!(?ended, "a part of the mailer ended by itself");
            return;
        }
    }
    end(workers, shared, carriers, done).await;
}

/// Lets workers finish what is under way, gives back the rest, and then lets the carriers bring
/// what both have left.
async fn end(
    workers: Vec<JoinHandle<()>>,
    shared: Rc<Shared>,
    mut carriers: JoinSet<()>,
    done: CancellationToken,
) {
    for worker in workers {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker ended early; its delivery stays leased until the next start");
        }
    }
    for job in shared.queue.drain() {
        shared.release(&job);
    }
    drop(shared);
    done.cancel();
    while let Some(ended) = carriers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a part of the mailer ended early; the journal has the rest");
        }
    }
}
