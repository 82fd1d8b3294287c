//! This node among the others: its name in the data folder, its number in the store.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use model::{CampaignId, ContactId, LinkSlot};
use store::{NODE_INTERVAL, Store};
use token::{Claims, Keyring, Purpose};
use tokio_util::sync::CancellationToken;

use crate::installation::{Installation, now, random_name, write_private};

/// Where the store keeps a token that every node's keys must open.
const KEYS_PROBE: &str = "keys_probe";
/// Between two rounds of removing old events; a round ends when nothing old is left.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Enters this machine into the store and gives its number.
///
/// # Errors
/// When another machine works with a copy of the data folder, or the keys are not those of the
/// other nodes.
pub(crate) async fn enter(installation: &Installation) -> anyhow::Result<u16> {
    let Installation { store, keys, config, .. } = installation;
    same_keys(store, keys).await?;
    let name = name(&config.data.join("node"))?;
    Ok(store.node_enter(name, place(&config.data), now()).await?)
}

/// The random name of the data folder, made at the first start.
fn name(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let name = text.trim();
            let known = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            ensure!(
                known,
                "{} does not hold a node's name; remove it, and a new one is made",
                path.display()
            );
            Ok(name.to_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let name = random_name()?;
            write_private(path, name.as_bytes(), true)
                .with_context(|| format!("can't write {}", path.display()))?;
            Ok(name)
        }
        Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
    }
}

/// What the machine calls itself, and the data folder there: a copy lies elsewhere.
fn place(data: &Path) -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = if name.trim().is_empty() { "unknown" } else { name.trim() };
    let folder = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    format!("{name}:{}", folder.display())
}

/// Links made by one node are opened by others.
async fn same_keys(store: &Store, keys: &Keyring) -> anyhow::Result<()> {
    if let Some(probe) = store.setting_find(KEYS_PROBE).await? {
        ensure!(
            keys.open(Purpose::View, &probe).is_ok(),
            "the keys of this node can't open links that other nodes have made; copy the file \
             `keys` from the data folder of a node that works"
        );
    }
    let nobody = Claims { campaign: CampaignId(0), contact: ContactId(0), slot: LinkSlot(0) };
    let probe = keys.seal(Purpose::View, nobody)?;
    store.setting_put(KEYS_PROBE, probe.as_str()).await?;
    Ok(())
}

/// Shows that the node is at work, until `shutdown`; then that it is not.
pub(crate) async fn show_alive(store: Store, number: u16, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(NODE_INTERVAL)).await.is_some() {
        if let Err(error) = store.node_seen(number, now()).await {
            tracing::warn!(%error, "the store does not know that this node is at work");
        }
    }
    if let Err(error) = store.node_leave(number).await {
        tracing::warn!(%error, "the store takes this node to be at work for some seconds more");
    }
}

/// Removes events older than `keep`, now and then, until `shutdown`.
pub(crate) async fn forget_events(store: Store, keep: Duration, shutdown: CancellationToken) {
    loop {
        let before = now().before(keep);
        match store.events_expire(before).await {
            Ok(expired) if expired.more && !shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old events stay for now"),
        }
        let next = tokio::time::sleep(RETENTION_INTERVAL);
        if shutdown.run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}
