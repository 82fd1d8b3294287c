//! This node among the others: its name in the data folder, its number in the store.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use model::{CampaignId, LinkSlot};
use store::{NODE_INTERVAL, Store, StoreError};
use token::{Addressee, Claims, Keyring, Purpose};
use tokio_util::sync::CancellationToken;

use crate::installation::{Installation, now, random_name};

/// Where the store keeps a token that every node's keys must open.
const KEYS_PROBE: &str = "keys_probe";

/// This process as the node of its data folder, which is locked for as long as this lives.
pub(crate) struct Node {
    /// Part of every hit's identity, and the holder of leases.
    pub number: u16,
    /// In the data folder, and in the store for good.
    pub name: String,
    place: String,
    _lock: File,
}

/// A data folder in which no other process works for as long as this lives.
pub(crate) struct NodeFolder {
    name: String,
    lock: File,
}

/// Takes the data folder.
///
/// # Errors
/// When another process works in it.
pub(crate) fn claim(data: &Path) -> anyhow::Result<NodeFolder> {
    let (name, lock) = name(&data.join("node"))?;
    Ok(NodeFolder { name, lock })
}

/// Enters this machine into the store.
///
/// # Errors
/// When another machine works with a copy of the data folder, or the keys are not those of the
/// other nodes.
pub(crate) async fn enter(installation: &Installation, folder: NodeFolder) -> anyhow::Result<Node> {
    let Installation { store, keys, config, .. } = installation;
    same_keys(store, keys).await?;
    let place = place(&config.data);
    let NodeFolder { name, lock } = folder;
    let number = store.node_enter(name.clone(), place.clone(), now()).await?;
    Ok(Node { number, name, place, _lock: lock })
}

/// The random name of the data folder, made at the first start, and the lock on it.
fn name(path: &Path) -> anyhow::Result<(String, File)> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("can't open {}", path.display()))?;
    file.try_lock().with_context(|| {
        format!(
            "another server is using this data folder; give each server its own ({})",
            path.display()
        )
    })?;
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(|| format!("can't read {}", path.display()))?;
    if text.trim().is_empty() {
        text = random_name()?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    let known = text.trim().bytes().all(|byte| byte.is_ascii_alphanumeric());
    ensure!(
        known,
        "{} does not contain a node's name; restore its content, or rename the file to let this \
         machine start under a new name",
        path.display()
    );
    Ok((text.trim().to_owned(), file))
}

/// What the machine calls itself, which of its starts this is, and the data folder there: a copy
/// lies elsewhere, if only on a machine that was copied whole.
fn place(data: &Path) -> String {
    let read = |name: &str| fs::read_to_string(name).unwrap_or_default().trim().to_owned();
    let (host, boot) = (read("/proc/sys/kernel/hostname"), read("/proc/sys/kernel/random/boot_id"));
    let folder = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    format!("{host}:{} (start {})", folder.display(), boot.get(..8).unwrap_or("unknown"))
}

/// Links made by one node are opened by others.
async fn same_keys(store: &Store, keys: &Keyring) -> anyhow::Result<()> {
    if let Some(probe) = store.setting_find(KEYS_PROBE).await? {
        ensure!(
            keys.open(Purpose::View, &probe).is_ok(),
            "the keys of this node can't open links made by other nodes; copy the file `keys` \
             from the data folder of a working node"
        );
    }
    let nobody = Claims { campaign: CampaignId(0), addressee: Addressee::Test, slot: LinkSlot(0) };
    let probe = keys.seal(Purpose::View, nobody)?;
    store.setting_put(KEYS_PROBE, probe.as_str()).await?;
    Ok(())
}

/// Shows that the node is at work, until `shutdown`; then that it is not. Ends early when another
/// process has become this node: then the server must end.
pub(crate) async fn show_alive(
    installation: (Store, Arc<Keyring>),
    node: Node,
    shutdown: CancellationToken,
) {
    let (store, keys) = installation;
    while shutdown.run_until_cancelled(tokio::time::sleep(NODE_INTERVAL)).await.is_some() {
        match store.node_seen(node.number, node.place.clone(), now()).await {
            Ok(()) => {}
            Err(error @ StoreError::NodeTaken { .. }) => {
                tracing::error!(%error, "this server is stopping");
                return;
            }
            Err(error) => tracing::warn!(%error, "can't tell the store that this node is running"),
        }
        if let Ok(Some(probe)) = store.setting_find(KEYS_PROBE).await
            && keys.open(Purpose::View, &probe).is_err()
        {
            tracing::error!(
                "another node signs links with a key that this one does not have: copy the file \
                 `keys` here and restart"
            );
        }
    }
    if let Err(error) = store.node_leave(node.number, node.place).await {
        tracing::warn!(%error, "the store will consider this node running for a few more seconds");
    }
}
