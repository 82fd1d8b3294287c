//! What is around the store, for a forecast of its size.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use report::{StorageReport, StorageSurroundings, storage_report};
use store::{Location, Store};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::installation::now;

/// Between two looks of the metrics: sizes change slowly.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// Folders within folders that are looked into: journals are not deeper.
const DEPTH: u32 = 3;
/// Days until the disk is full, when it is not within ten years.
const FAR: i64 = 3_650;

/// Looks at the store's file, its disk and the journals.
pub(crate) fn surroundings(config: &Config) -> StorageSurroundings {
    let file = match &config.store {
        Location::Sqlite(path) => Some(path.clone()),
        Location::Postgres(_) => None,
    };
    let beside = file.as_deref().and_then(Path::parent).unwrap_or(&config.data);
    let disk = rustix::fs::statvfs(beside).ok();
    StorageSurroundings {
        store_bytes: file.as_deref().and_then(sqlite_bytes),
        free_bytes: disk.map(|facts| facts.f_bavail.saturating_mul(facts.f_frsize)),
        journal_bytes: folder_bytes(&config.data.join("journal"), DEPTH),
        retention: config.retention,
    }
}

/// Bytes of a store's file and of its log, where what is new stands first.
fn sqlite_bytes(path: &Path) -> Option<u64> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let logged = std::fs::metadata(log).map_or(0, |facts| facts.len());
    Some(std::fs::metadata(path).ok()?.len().saturating_add(logged))
}

/// Bytes of all files in a folder; what can't be read counts nothing.
fn folder_bytes(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let bytes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(facts) if facts.is_dir() && depth > 0 => folder_bytes(&entry.path(), depth - 1),
        Ok(facts) if facts.is_file() => facts.len(),
        _ => 0,
    });
    bytes.fold(0, u64::saturating_add)
}

/// What the store takes, as it was seen last.
#[derive(Debug)]
pub(crate) struct StorageGauges {
    /// In the order of [`KINDS`].
    bytes: [AtomicI64; KINDS.len()],
    /// The most of what is looked ahead when it is longer or not known.
    pub full_in_days: AtomicI64,
}

const KINDS: [&str; 9] = [
    "events",
    "engagements",
    "visitors",
    "rollups",
    "deliveries",
    "messages",
    "contacts",
    "other",
    "journal",
];

impl Default for StorageGauges {
    fn default() -> Self {
        Self { bytes: Default::default(), full_in_days: AtomicI64::new(FAR) }
    }
}

impl StorageGauges {
    /// Bytes by kind.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = (&'static str, i64)> {
        KINDS.into_iter().zip(&self.bytes).map(|(kind, it)| (kind, it.load(Ordering::Relaxed)))
    }

    fn show(&self, report: &StorageReport) {
        for (kind, shown) in KINDS.into_iter().zip(&self.bytes) {
            let line = report.lines.iter().find(|line| line.kind == kind);
            shown.store(line.map_or(0, |line| line.bytes), Ordering::Relaxed);
        }
        self.full_in_days.store(report.full_in_days.unwrap_or(FAR), Ordering::Relaxed);
    }
}

/// Keeps the gauges up to date, until `shutdown`.
pub(crate) async fn follow(
    gauges: Arc<StorageGauges>,
    (store, config): (Store, Config),
    shutdown: CancellationToken,
) {
    loop {
        match storage_report(&store, &surroundings(&config), now()).await {
            Ok(report) => gauges.show(&report),
            Err(error) => tracing::debug!(%error, "can't see what the store takes for now"),
        }
        if shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}
