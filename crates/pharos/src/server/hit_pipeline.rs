//! The path of hits from this node's journal into the store: recorded directly, or shipped to the
//! stream that recorders read.

use std::sync::Arc;

use bus::{Confirmations, HitSource, JournalHits, Shipper, StreamHits};
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
    shipper: Option<Part>,
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
        Self { shipper: None, recorder: Some(recorder) }
    }

    /// Starts what the roles ask for, with counters for all of it and for this node's beacon, if it
    /// has one.
    pub(super) fn start(
        installation: &Installation,
        roles: &Roles,
        node: u16,
        beacon: Option<&RunningBeacon>,
    ) -> anyhow::Result<(Self, Metrics)> {
        let durable = beacon.map(|beacon| beacon.durable.clone());
        let counters: Arc<bus::Metrics> = Arc::default();
        let store = &installation.store;
        let dir = installation.hits_journal();
        let mut hit_source = None;
        let mut shipper = None;
        match (&installation.config.bus, durable) {
            (Bus::Local, Some(durable)) => {
                let journal = JournalHits::new(dir, node, Position::START, durable);
                hit_source = Some(HitSource::Journal(journal));
            }
            (Bus::Local, None) => {}
            (Bus::Redis(server), durable) => {
                let id = &installation.id;
                if roles.has(Role::Recorder) {
                    let name = format!("node-{node}");
                    let stream = StreamHits::new(server, id, &name, Arc::clone(&counters))?;
                    hit_source = Some(HitSource::Stream(stream));
                }
                if let Some(durable) = durable {
                    let recorded = Recorded { store: store.clone(), node };
                    let counters = Arc::clone(&counters);
                    let made = Shipper::new(server, id, node, dir, durable, recorded, counters);
                    shipper = Some(made);
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
            shipper: shipper.map(|it| Part::start(|stop| Box::pin(it.run(stop)))),
            recorder: recorder.map(|it| Part::start(|stop| Box::pin(it.run(stop)))),
        };
        let answered = beacon.map(|beacon| Arc::clone(&beacon.metrics)).unwrap_or_default();
        let commits = beacon.map(|beacon| Arc::clone(&beacon.commits)).unwrap_or_default();
        Ok((hit_pipeline, Metrics::with(answered, commits, (recorded, by_class), counters)))
    }

    pub(super) fn has_ended(&self) -> bool {
        let parts = [&self.shipper, &self.recorder];
        parts.into_iter().flatten().any(|part| part.task.is_finished())
    }

    /// To be called when the beacon has ended.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let shipped = match self.shipper {
            Some(part) => part.stop().await,
            None => Ok(()),
        };
        if let Some(part) = self.recorder {
            part.stop().await?;
        }
        shipped
    }
}

/// Tells the shipper how far the store has this node's hits.
struct Recorded {
    store: Store,
    node: u16,
}

impl Confirmations for Recorded {
    async fn confirmed(&self) -> Result<Option<Position>, bus::ConfirmProblem> {
        let mark = self.store.hits_confirmed(self.node).await?;
        Ok(mark.map(|mark| Position { segment: mark.segment, offset: mark.offset }))
    }
}
