//! The path of hits from this node's journals into the store: recorded directly, or shipped to the
//! stream that recorders read.

use std::sync::Arc;

use bus::{
    Confirmations, FollowedJournal, HitSource, JournalHits, RedisServer, Shipper, ShipperSettings,
    StreamHits,
};
use journal::Position;
use report::Recorder;
use store::Store;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use crate::cli::Role;
use crate::config::Bus;
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::roles::Roles;
use crate::server::beacon::RunningBeacon;

/// What is under way; each part is absent where the roles do not ask for it.
pub(super) struct HitPipeline {
    /// One for each journal.
    shippers: Vec<Part>,
    recorder: Option<Part>,
}

struct Part {
    task: Task<anyhow::Result<()>>,
    shutdown: CancellationToken,
}

impl Part {
    fn start<E>(run: impl FnOnce(CancellationToken) -> Running<E>) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let shutdown = CancellationToken::new();
        let run = run(shutdown.clone());
        Self { task: tokio::spawn(async move { Ok(run.await?) }), shutdown }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.task.await?
    }
}

type Running<E> = std::pin::Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

impl HitPipeline {
    /// One whose recorder is this task.
    #[cfg(test)]
    pub(super) fn of(task: Task<anyhow::Result<()>>) -> Self {
        let recorder = Part { task, shutdown: CancellationToken::new() };
        Self { shippers: Vec::new(), recorder: Some(recorder) }
    }

    /// Starts what the roles ask for, with counters for all of it and for this node's beacon, if it
    /// has one.
    pub(super) fn start(
        installation: &Installation,
        roles: &Roles,
        node: u16,
        beacon: Option<&RunningBeacon>,
    ) -> anyhow::Result<(Self, Metrics)> {
        let journals = beacon.map_or(&[][..], |beacon| &beacon.journals);
        let store = &installation.store;
        let mut hit_source = None;
        let mut shippers = Vec::new();
        let mut counters: Vec<Arc<bus::Metrics>> = Vec::new();
        match &installation.config.bus {
            Bus::Local => {
                let hits = || HitSource::Journal(JournalHits::new(journals.iter().cloned()));
                hit_source = (!journals.is_empty()).then(hits);
            }
            Bus::Redis(server) => {
                let id = &installation.id;
                if roles.has(Role::Recorder) {
                    let name = format!("node-{node}");
                    counters.push(Arc::default());
                    let stream = StreamHits::new(server, id, &name, last(&counters))?;
                    hit_source = Some(HitSource::Stream(stream));
                }
                for journal in journals {
                    counters.push(Arc::default());
                    let to = (server, id);
                    shippers.push(shipper(to, store, journal, journals.len(), last(&counters)));
                }
            }
        }
        let mut by_class = Arc::default();
        let recorder = match hit_source {
            Some(hit_source) => {
                let signals = super::signals::read(&installation.config)?;
                by_class = signals.counters();
                let soon = installation.config.soon_after_delivery;
                Some(Recorder::new(store.clone(), hit_source, node, signals, soon))
            }
            None => None,
        };
        let recorded = recorder.as_ref().map(Recorder::metrics).unwrap_or_default();
        let hit_pipeline = Self {
            shippers: shippers
                .into_iter()
                .map(|it| Part::start(|stop| Box::pin(it.run(stop))))
                .collect(),
            recorder: recorder.map(|it| Part::start(|stop| Box::pin(it.run(stop)))),
        };
        let answered = beacon.map(|beacon| beacon.metrics.clone()).unwrap_or_default();
        let commits = beacon.map(|beacon| beacon.commits.clone()).unwrap_or_default();
        Ok((hit_pipeline, Metrics::with(answered, commits, (recorded, by_class), counters)))
    }

    pub(super) fn has_ended(&self) -> bool {
        self.shippers.iter().chain(&self.recorder).any(|part| part.task.is_finished())
    }

    /// To be called when the beacon has ended.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // All at once, so that they share the time that a stop may take.
        self.shippers.iter().for_each(|part| part.shutdown.cancel());
        let mut shipped = Vec::new();
        for part in self.shippers {
            shipped.push(part.stop().await);
        }
        if let Some(part) = self.recorder {
            part.stop().await?;
        }
        shipped.into_iter().collect()
    }
}

fn last(counters: &[Arc<bus::Metrics>]) -> Arc<bus::Metrics> {
    counters.last().cloned().unwrap_or_default()
}

/// Ships one of so many journals: together they have no more under way than one alone.
fn shipper(
    (server, id): (&RedisServer, &bus::InstallationId),
    store: &Store,
    journal: &FollowedJournal,
    journals: usize,
    counters: Arc<bus::Metrics>,
) -> Shipper<Recorded> {
    let FollowedJournal { number, dir, durable } = journal.clone();
    let recorded = Recorded { store: store.clone(), journal: number };
    let all = ShipperSettings::default();
    let settings = ShipperSettings { window: (all.window / journals.max(1)).max(1), ..all };
    Shipper::new(server, id, number, dir, durable, recorded, counters).settings(settings)
}

/// Tells a shipper how far the store has the hits of its journal.
struct Recorded {
    store: Store,
    /// Its number.
    journal: u16,
}

impl Confirmations for Recorded {
    async fn confirmed(&self) -> Result<Option<Position>, bus::ConfirmProblem> {
        let mark = self.store.hits_confirmed(self.journal).await?;
        Ok(mark.map(|mark| Position { segment: mark.segment, offset: mark.offset }))
    }
}
