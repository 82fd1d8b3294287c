//! The mailer's thread: recovers, starts workers, feeder and outcome writer, and stops them in
//! order.

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

use crate::clock::clock;
use crate::delivery::begin_fence::BeginFence;
use crate::delivery::deliverer::Deliverer;
use crate::delivery::feeder::Feeder;
use crate::delivery::queue::Queue;
use crate::delivery::supervision::keep_working;
use crate::delivery::worker::WorkerShared;
use crate::mail_journal::journal::MailJournal;
use crate::mail_journal::outcome_writer::OutcomeWriter;
use crate::mail_journal::recovery::recover;
use crate::metrics::Metrics;
use crate::relay::concurrency::RelayConcurrency;
use crate::relay::pool::ConnectionPool;
use crate::settings::MailerSettings;
use crate::smtp::tls::{TlsClient, TlsProblem};
use crate::trouble::Troubles;
use crate::trouble_kind::TroubleKind;

/// An intent has 33 bytes and an outcome at most 244: room for millions between two settlements.
const JOURNAL: Options = Options { segment_bytes: 16 << 20, max_bytes: 1 << 30 };
/// Pause between two attempts to recover.
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

struct MailerParts {
    store: Store,
    keys: Arc<Keyring>,
    sender: Arc<Sender>,
    settings: MailerSettings,
    tls: Option<TlsClient>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
}

/// Starts the mailer on its own thread. It replays its journal, then sends every campaign that is
/// being sent, until `shutdown`; then it finishes the messages under way (bounded by the relay's
/// timeouts), releases the others, and ends.
///
/// # Errors
/// When its journal, its TLS settings or its thread can't be set up.
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
    let parts = MailerParts { store, keys, sender, settings, tls, metrics, shutdown };
    let thread = std::thread::Builder::new()
        .name("mailer".to_owned())
        .spawn(move || LocalSet::new().block_on(&runtime, run(parts, journal)))?;
    Ok(thread)
}

async fn run(parts: MailerParts, journal: Journal) {
    let metrics = Arc::clone(&parts.metrics);
    work(parts, journal).await;
    // Where nobody sends, nothing is in the way.
    for kind in TroubleKind::ALL {
        metrics.set_trouble(kind, None);
    }
}

async fn work(parts: MailerParts, mut journal: Journal) {
    if !recovered(&parts, &mut journal).await {
        return;
    }
    let (commit, driver) = GroupCommit::new(journal);
    let mut driver = tokio::task::spawn_local(driver);
    tokio::select! {
        () = send(parts, commit) => {}
        ended = &mut driver => {
            tracing::error!(?ended, "the mailer's journal stopped by itself; the next start continues");
            return;
        }
    }
    // Every handle is gone: the driver commits what is left and ends.
    let _ = driver.await;
}

/// False when a shutdown came first.
async fn recovered(parts: &MailerParts, journal: &mut Journal) -> bool {
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
                tracing::error!(%error, "nothing is sent until this is solved");
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

/// Reports what keeps the mailer from starting, in the metrics and, if possible, in the store.
async fn tell(parts: &MailerParts, kind: TroubleKind, what: &str) {
    for other in TroubleKind::ALL {
        parts.metrics.set_trouble(other, (other == kind).then(|| (clock(), what.to_owned())));
    }
    let (key, text) = (format!("{}/{}", kind.key(), parts.settings.node), what.to_owned());
    let text = format!("{text} (since {})", clock().readable());
    if let Err(error) = parts.store.setting_put(key, text).await {
        tracing::debug!(%error, "can't write to the store what keeps the mailer from starting");
    }
}

async fn send(parts: MailerParts, journal: GroupCommit) {
    let MailerParts { store, keys, sender, settings, tls, metrics, shutdown } = parts;
    for kind in TroubleKind::ALL {
        metrics.set_trouble(kind, None);
    }
    let settings = Rc::new(settings);
    let mail_journal = Rc::new(MailJournal::new(journal, &settings.journal_dir, settings.node));
    let troubles = Rc::new(Troubles::new(Arc::clone(&metrics)));
    let outcome_writer =
        Rc::new(OutcomeWriter::new(store.clone(), Rc::clone(&mail_journal), Rc::clone(&troubles)));
    let begin_fence = Rc::new(BeginFence::new(store.clone(), &settings));
    let relay = Arc::new(settings.relay.clone());
    let connections = relay.connections.max(1);
    let pool = Rc::new(ConnectionPool::new(relay, tls, Arc::clone(&metrics)));
    let concurrency =
        RelayConcurrency::new(connections, Rc::clone(&troubles), Arc::clone(&metrics));
    let shared = Rc::new(WorkerShared {
        deliverer: Deliverer {
            store: store.clone(),
            keys,
            settings: Rc::clone(&settings),
            mail_journal,
            begin_fence: Rc::clone(&begin_fence),
            evidence: Rc::default(),
        },
        pool: Rc::clone(&pool),
        queue: Rc::new(Queue::default()),
        concurrency: Rc::new(concurrency),
        troubles,
        outcome_writer: Rc::clone(&outcome_writer),
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
        let (outcome_writer, done) = (Rc::clone(&outcome_writer), done.clone());
        async move { outcome_writer.run(done).await }
    });
    carriers.spawn_local({
        let done = done.clone();
        async move { begin_fence.run(done).await }
    });
    carriers.spawn_local(pool.run(done.clone()));
    let feeder = Feeder::new(store, sender, settings, Rc::clone(&shared));
    if while_carried(feeder.run(shutdown), &mut carriers).await {
        end(workers, shared, carriers, done).await;
    }
}

/// Feeds workers until it ends by itself; false when a writer task ended before it. Without those
/// nothing more can be sent; ending the thread ends the process, and the next start finds in the
/// journal what the store does not know.
async fn while_carried(feeding: impl Future<Output = ()>, carriers: &mut JoinSet<()>) -> bool {
    tokio::select! {
        () = feeding => true,
        ended = carriers.join_next() => {
            tracing::error!(?ended, "a part of the mailer stopped by itself");
            false
        }
    }
}

/// Lets workers finish what is under way, releases the rest, and then lets the writer tasks store
/// what both have left.
async fn end(
    workers: Vec<JoinHandle<()>>,
    shared: Rc<WorkerShared>,
    mut carriers: JoinSet<()>,
    done: CancellationToken,
) {
    for worker in workers {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker stopped early; its delivery stays leased until the next start");
        }
    }
    for delivery in shared.queue.drain() {
        shared.release(&delivery);
    }
    drop(shared);
    done.cancel();
    while let Some(ended) = carriers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a part of the mailer stopped early; the journal has the rest");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    async fn fed(
        feeding: impl Future<Output = ()>,
        carrier: impl Future<Output = ()> + 'static,
    ) -> bool {
        let tasks = LocalSet::new();
        let mut carriers = JoinSet::new();
        carriers.spawn_local_on(pending(), &tasks);
        carriers.spawn_local_on(carrier, &tasks);
        tasks.run_until(while_carried(feeding, &mut carriers)).await
    }

    #[tokio::test]
    async fn a_carrier_that_dies_ends_the_mailer_though_there_is_more_to_feed() {
        assert!(!fed(pending(), async { panic!("it dies") }).await);
        assert!(!fed(pending(), ready(())).await, "it has no business ending");
        assert!(fed(ready(()), pending()).await, "a shutdown waits for no carrier here");
    }
}
