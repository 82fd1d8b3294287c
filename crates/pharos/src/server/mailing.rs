//! The mailer of a node, made anew whenever somebody changes who sends or over which relay.
//!
//! Invariant: there is at most one, and the next one begins when the one before has ended, as after a
//! restart: what was under way is brought to its end, the rest is released, and the journal says what
//! became of it. So a change loses nobody and mails nobody twice.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actions::{LiveSettings, SettingsInUse};
use anyhow::{Context as _, ensure};
use bus::{InstallationId, Throttle};
use mailer::{MailerSettings, Relay};
use media::FileStore;
use model::EmailAddress;
use render::Sender;
use store::Store;
use token::Keyring;
use tokio::sync::watch;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use super::LOOK_AGAIN;
use crate::config::{Bus, Config};
use crate::installation::{Installation, now};
use crate::metrics::Metrics;

/// Deliveries claimed at a time: a second's work or less.
const CLAIM_BATCH: usize = 500;
/// Between two attempts to start after a change.
const AGAIN: Duration = Duration::from_secs(2);

/// What mailers of this node have in common.
pub(super) struct MailerParts {
    store: Store,
    keys: Arc<Keyring>,
    id: InstallationId,
    config: Config,
    settings: LiveSettings,
    files: FileStore,
    journal_dir: PathBuf,
    metrics: Arc<mailer::Metrics>,
    node: u16,
}

/// What a mailer is made with: with another one of these it is another mailer.
#[derive(PartialEq, Eq)]
struct Mailing {
    relay: Relay,
    return_path: Option<EmailAddress>,
    messages_per_minute: Option<NonZeroU32>,
    sender: Sender,
}

struct RunningMailer {
    mailing: Mailing,
    thread: JoinHandle<()>,
    stop: CancellationToken,
}

impl RunningMailer {
    /// Lets it finish what is under way.
    async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let ended = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        ensure!(ended.is_ok(), "the mailer panicked; see above");
        Ok(())
    }
}

impl MailerParts {
    pub(super) fn new(
        installation: &Installation,
        node: u16,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            store: installation.store.clone(),
            keys: Arc::clone(&installation.keys),
            id: installation.id.clone(),
            config: installation.config.clone(),
            settings: installation.settings.clone(),
            files: installation.files()?,
            journal_dir: installation.mail_journal(),
            metrics: Arc::clone(&metrics.mailer),
            node,
        })
    }

    /// Starts a mailer, unless it is not said yet who sends and over which relay, and keeps to what is
    /// said about that until `shutdown`.
    pub(super) async fn start(
        self,
        store_was_put_back: bool,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Task<anyhow::Result<()>>> {
        let mut changes = self.settings.changes();
        let wanted = self.wanted(&changes.borrow_and_update());
        let mut running = None;
        if let Some(mailing) = wanted {
            running = Some(self.spawn(mailing, store_was_put_back, &shutdown).await?);
        } else {
            tracing::info!("nothing is sent until it is set who sends, and over which relay");
        }
        Ok(tokio::spawn(self.keep(running, changes, shutdown)))
    }

    async fn keep(
        self,
        mut running: Option<RunningMailer>,
        mut changes: watch::Receiver<Arc<SettingsInUse>>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = ended(running.as_ref()) => break,
                changed = changes.changed() => changed?,
            }
            let wanted = self.wanted(&changes.borrow_and_update());
            if running.as_ref().map(|it| &it.mailing) == wanted.as_ref() {
                continue;
            }
            if let Some(running) = running.take() {
                running.stop().await?;
            }
            let Some(mailing) = wanted else {
                tracing::info!("nothing is sent any more: sender or relay is not set");
                continue;
            };
            match self.spawn(mailing, false, &shutdown).await {
                Ok(fresh) => {
                    tracing::info!("sending goes on with the new settings");
                    running = Some(fresh);
                }
                Err(error) => {
                    tracing::error!("can't send with the new settings: {error:#}");
                    changes.mark_changed();
                    let _ = shutdown.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
                }
            }
        }
        match running {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    /// None while nothing can be sent.
    fn wanted(&self, in_use: &SettingsInUse) -> Option<Mailing> {
        let Config { sender, relay, return_path, messages_per_minute, lacks, trouble, .. } =
            self.config.in_use(&in_use.kept);
        let relay = relay.filter(|_| lacks.is_empty() && trouble.is_none())?;
        Some(Mailing { relay, return_path, messages_per_minute, sender })
    }

    async fn spawn(
        &self,
        mailing: Mailing,
        store_was_put_back: bool,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<RunningMailer> {
        let mark = self.store.mark_find(mailer::mark_reader(self.node)).await?;
        let settings = MailerSettings {
            relay: mailing.relay.clone(),
            lease: self.config.lease,
            batch: CLAIM_BATCH,
            retry: self.config.retry.clone(),
            return_path: mailing.return_path.clone(),
            journal_dir: self.journal_dir.clone(),
            node: self.node,
            files: self.files.clone(),
            throttle: self.throttle(mailing.messages_per_minute).await?,
            after_segment: mark.map_or(0, |mark| mark.segment),
            store_was_put_back,
        };
        let stop = shutdown.child_token();
        let thread = mailer::spawn(
            self.store.clone(),
            Arc::clone(&self.keys),
            Arc::new(mailing.sender.clone()),
            settings,
            Arc::clone(&self.metrics),
            stop.clone(),
        );
        Ok(RunningMailer { mailing, thread: thread.context("can't start the mailer")?, stop })
    }

    /// The limit on messages, if there is one: shared by all nodes where they share a Redis.
    async fn throttle(&self, rate: Option<NonZeroU32>) -> anyhow::Result<Option<Throttle>> {
        let Some(rate) = rate else { return Ok(None) };
        let Bus::Redis(server) = &self.config.bus else {
            if self.store.is_shared() {
                tracing::warn!(
                    "without Redis the limit `relay.messages_per_minute` applies to each mailer \
                     node separately"
                );
            }
            return Ok(Some(Throttle::local(rate)));
        };
        let nodes = self.store.nodes_list(now()).await?;
        let alive = nodes.iter().filter(|node| node.alive).count();
        let alive = u32::try_from(alive).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        let name = format!("node-{}", self.node);
        Ok(Some(Throttle::shared(server, &self.id, "relay", rate, &name, alive)?))
    }
}

/// Comes back when it has ended by itself.
async fn ended(running: Option<&RunningMailer>) {
    while !running.is_some_and(|running| running.thread.is_finished()) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
