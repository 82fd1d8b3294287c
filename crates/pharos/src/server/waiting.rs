//! The start of a server whose store may be unreachable.
//!
//! Invariant: what needs no store is served at once. A beacon that was registered before answers
//! from its data folder and keeps every hit in its journal; pages ask visitors to come back, and
//! keep unsubscribes in a journal. The rest starts as soon as the store can be opened.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use store::{StoreError, StoreOptions};
use token::Keyring;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use super::beacon::{BeaconState, RunningBeacon};
use super::pages::browser_cookie;
use super::{Listeners, Prepared, Server, page_limits};
use crate::config::Config;
use crate::installation::{Installation, read_keys};
use crate::roles::Roles;

/// A store that answers within this time is waited for, so that nothing is served from a folder
/// that the store would refuse.
const SOON: Duration = Duration::from_secs(1);
/// Between two attempts to open the store.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Between two looks whether the beacon still runs.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Starts a server, however long its store is away. None when `stop` came before it was up.
pub(crate) async fn start_when_possible(
    config: Config,
    roles: &Roles,
    listeners: Listeners,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(Installation, Server)>> {
    let keys = Arc::new(read_keys(&config)?);
    let mut prepared = Prepared::new(&config, &keys)?;
    let mut waiting = Waiting::default();
    let mut listeners = listeners;
    let opened = {
        let mut opening = pin!(open(&config, &keys));
        tokio::select! {
            opened = &mut opening => Some(opened?),
            () = tokio::time::sleep(SOON) => {
                waiting = Waiting::start(&config, &listeners, &keys, &prepared)?;
                prepared.beacon = early_beacon(&config, &keys, &mut listeners, &prepared)?;
                tokio::select! {
                    opened = &mut opening => Some(opened?),
                    () = stop.cancelled() => None,
                    () = ended(prepared.beacon.as_ref()) => {
                        anyhow::bail!("the beacon stopped by itself; see the log")
                    }
                }
            }
            () = stop.cancelled() => None,
        }
    };
    waiting.stop().await?;
    match opened {
        Some(installation) => {
            let server = Server::start(&installation, roles, listeners, None, prepared).await?;
            Ok(Some((installation, server)))
        }
        None => {
            prepared.stop().await?;
            Ok(None)
        }
    }
}

/// Tries until the store can be reached.
async fn open(config: &Config, keys: &Arc<Keyring>) -> anyhow::Result<Installation> {
    let mut told = false;
    let options = StoreOptions { upgrade: true, ..StoreOptions::default() };
    loop {
        match Installation::with_keys(config.clone(), Arc::clone(keys), options).await {
            Err(error) if is_away(&error) => {
                if !told {
                    tracing::error!("can't reach the store, trying again every second: {error:#}");
                }
                told = true;
                tokio::time::sleep(TRY_AGAIN).await;
            }
            opened => {
                if told && opened.is_ok() {
                    tracing::info!("the store is reachable");
                }
                return opened;
            }
        }
    }
}

fn is_away(error: &anyhow::Error) -> bool {
    let problem = error.chain().find_map(|cause| cause.downcast_ref::<StoreError>());
    matches!(problem, Some(StoreError::Unreachable(_) | StoreError::Busy))
}

/// The beacon, if this node has one and the store once gave it a number.
fn early_beacon(
    config: &Config,
    keys: &Arc<Keyring>,
    listeners: &mut Listeners,
    prepared: &Prepared,
) -> anyhow::Result<Option<RunningBeacon>> {
    if listeners.beacon.is_empty() {
        return Ok(None);
    }
    let Some(BeaconState { node, segments }) = BeaconState::read(&config.data) else {
        tracing::warn!(
            "this node is not registered in the store yet, so its beacon can't answer until the \
             store is reachable; later starts won't need the store"
        );
        return Ok(None);
    };
    let listeners = std::mem::take(&mut listeners.beacon);
    let beacon = RunningBeacon::start(config, keys, listeners, &segments, &prepared.serving)?;
    tracing::warn!(node, "the beacon is answering without the store; hits wait in the journal");
    Ok(Some(beacon))
}

async fn ended(beacon: Option<&RunningBeacon>) {
    while !beacon.is_some_and(RunningBeacon::has_ended_thread) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Pages that say to come back.
#[derive(Default)]
struct Waiting {
    pages: Vec<Task<()>>,
    stop: CancellationToken,
}

impl Waiting {
    /// On copies of the listeners, which the real pages get afterwards.
    fn start(
        config: &Config,
        listeners: &Listeners,
        keys: &Arc<Keyring>,
        prepared: &Prepared,
    ) -> anyhow::Result<Self> {
        let mut waiting = Self::default();
        let limits = page_limits(config.shutdown_timeout / 8);
        // What the store keeps of who sends is not known.
        let sender = Arc::new(config.sender.clone());
        let public = web::public_router(web::PublicParts {
            store: None,
            keys: Arc::clone(keys),
            removals: prepared.removals.clone(),
            sender: Arc::new(move || Arc::clone(&sender)),
            files: media::FileStore::open(&config.media)?,
            counters: Arc::default(),
            cookie: browser_cookie(config, keys),
            account: None,
            joins: None,
            trusted_proxies: config.trusted_proxies.as_slice().into(),
        });
        let pages = [
            (&listeners.web, public),
            (&listeners.admin, web::outage_router()),
            (&listeners.ops, web::outage_router()),
        ];
        for (listener, router) in pages {
            let Some(listener) = listener else { continue };
            let listener = listener.try_clone().context("can't share a listener")?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let stop = waiting.stop.clone();
            let pages = web::serve(listener, router, limits, Arc::default(), stop);
            waiting.pages.push(tokio::spawn(pages));
        }
        Ok(waiting)
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        for page in self.pages {
            page.await?;
        }
        Ok(())
    }
}
