//! The mailer's thread: recovers, starts couriers, feeder and settler, ends them in order.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use journal::{GroupCommit, Journal, JournalError, Options};
use render::Sender;
use store::Store;
use token::Keyring;
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;

use crate::beginner::Beginner;
use crate::courier::{self, Office};
use crate::deliver::Desk;
use crate::feeder::Feeder;
use crate::health::{Health, clock};
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::recovery::recover;
use crate::settings::MailerSettings;
use crate::settler::Settler;
use crate::tls::{TlsClient, TlsProblem};

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
) -> Result<JoinHandle<()>, MailerError> {
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
    let driver = tokio::task::spawn_local(driver);
    send(parts, commit).await;
    // Every handle is gone: the driver commits what is left and ends.
    let _ = driver.await;
}

/// False when a shutdown came first.
async fn recovered(parts: &Parts, journal: &Journal) -> bool {
    let end = journal.durable().end();
    loop {
        match recover(&parts.store, parts.settings.node, &parts.settings.journal_dir, end).await {
            Ok(found) => {
                tracing::info!(
                    outcomes = found.outcomes,
                    in_doubt = found.in_doubt,
                    released = found.released,
                    "the mailer knows where it stopped"
                );
                return true;
            }
            Err(error) => {
                tracing::error!(%error, "nothing is sent before this is solved");
                parts.metrics.set_relay_trouble(Some((clock(), error.to_string())));
            }
        }
        tokio::select! {
            () = parts.shutdown.cancelled() => return false,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn send(parts: Parts, journal: GroupCommit) {
    let Parts { store, keys, sender, settings, tls, metrics, shutdown } = parts;
    metrics.set_relay_trouble(None);
    let settings = Rc::new(settings);
    let ledger = Rc::new(Ledger::new(journal, &settings.journal_dir, settings.node));
    let health = Rc::new(Health::new(Arc::clone(&metrics)));
    let settler = Rc::new(Settler::new(store.clone(), Rc::clone(&ledger), Rc::clone(&health)));
    let queue = Rc::new(Queue::default());
    let beginner = Rc::new(Beginner::new(store.clone(), &settings));
    let office = Rc::new(Office {
        desk: Desk {
            store: store.clone(),
            keys,
            settings: Rc::clone(&settings),
            ledger,
            beginner: Rc::clone(&beginner),
        },
        relay: Arc::new(settings.relay.clone()),
        tls,
        queue: Rc::clone(&queue),
        health: Rc::clone(&health),
        settler: Rc::clone(&settler),
        metrics,
        shutdown: shutdown.clone(),
    });
    let couriers: Vec<_> = (0..settings.relay.connections.max(1))
        .map(|_| tokio::task::spawn_local(courier::run(Rc::clone(&office))))
        .collect();
    drop(office);
    let done = CancellationToken::new();
    let settling = {
        let (settler, done) = (Rc::clone(&settler), done.clone());
        tokio::task::spawn_local(async move { settler.run(done).await })
    };
    let beginning = {
        let done = done.clone();
        tokio::task::spawn_local(async move { beginner.run(done).await })
    };
    let (campaigns, expired) = (BTreeMap::new(), None);
    let feeder = Feeder { store, sender, settings, queue, settler, health, campaigns, expired };
    feeder.run(shutdown).await;
    for courier in couriers {
        if let Err(error) = courier.await {
            tracing::error!(%error, "a courier ended early; its delivery stays leased until the next start");
        }
    }
    done.cancel();
    if let Err(error) = beginning.await {
        tracing::error!(%error, "the beginner ended early; what it held was not sent");
    }
    if let Err(error) = settling.await {
        tracing::error!(%error, "the settler ended early; the journal has the rest");
    }
}
