//! `pharos backup`.
//!
//! Invariants: journals are copied before the store, so that a hit or a removal that was answered
//! before the backup began is in one of the two. A folder that has the requested name is complete
//! and on disk.

pub(super) mod manifest;

use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use media::FileStoreLocation;
use serde_json::json;
use store::{Location, StoreError, StoreOptions};
use tokio_util::sync::CancellationToken;

use self::manifest::{BackupFile, CONFIG, JOURNALS, KEYS, MANIFEST, MEDIA, Manifest, NODE, STORE};
use super::store_log;
use crate::cli::BackupArgs;
use crate::config::{self, Config};
use crate::hit_lanes::{HitLane, hit_lanes};
use crate::installation::{keys_path, now, open_store, random_name};
use crate::shutdown;
use crate::telemetry::{note, say};

pub(crate) async fn run(config_path: &Path, args: BackupArgs) -> anyhow::Result<()> {
    let config = config::load(config_path)?;
    let Location::Sqlite(store) = &config.store else {
        bail!(on_postgres(&config));
    };
    ensure!(store.exists(), "there is no store at {}", store.display());
    let target = args.folder;
    must_be_free(&target)?;
    let unfinished = UnfinishedBackup::create(&target)?;
    log(&config, &target).await?;
    let stop = shutdown::on_signal()?;
    let (sources, folder) = (Sources::new(config_path, &config, store), unfinished.path.clone());
    let written = tokio::task::spawn_blocking(move || sources.write(&folder, &stop));
    let manifest = written.await??;
    unfinished.finish(&target)?;
    say(format_args!(
        "Backed up {} files, {} in all, as of {}, into {}.",
        manifest.files.len(),
        HumanBytes(manifest.bytes()),
        manifest.made_at,
        target.display()
    ));
    say("It contains the keys and everybody's address: keep it where only you can read it.");
    if let FileStoreLocation::Bucket(_) = &config.media {
        say(format_args!(
            "It does not contain the media files: they are in {}.",
            config.media.place()
        ));
    }
    if fs::read_to_string(config_path)?.lines().any(names_a_file) {
        say("It does not contain the password and certificate files that the configuration names.");
    }
    say(format_args!(
        "To restore it where there is no installation: pharos restore {}",
        target.display()
    ));
    Ok(())
}

/// Before anything is copied, so that nobody has a copy of which the log says nothing, and the copy
/// itself says where it comes from.
async fn log(config: &Config, target: &Path) -> anyhow::Result<()> {
    let facts = config.store.probe().await.with_context(|| config.store.to_string())?;
    if facts.schema.is_none_or(|found| found < facts.known_schema) {
        note("The store is of an older release: the audit log gets no entry about this backup.");
        return Ok(());
    }
    let store = open_store(config.store.clone(), StoreOptions::default()).await?;
    let folder = target.file_name().unwrap_or_default().to_string_lossy();
    let noted = store_log::log(&store, "store.backup", json!({ "folder": folder })).await;
    // It waits for its threads, which a thread of the runtime must not.
    tokio::task::spawn_blocking(move || drop(store)).await?;
    noted.context("can't note the backup in the audit log")
}

fn names_a_file(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    !key.starts_with('#') && (key.ends_with("password_file") || key.ends_with("ca_file"))
}

fn on_postgres(config: &Config) -> String {
    let (store, data) = (&config.store, config.data.display());
    let media = match &config.media {
        FileStoreLocation::Folder(folder) => {
            format!("the folder {} of the media files (the same on all)", folder.display())
        }
        FileStoreLocation::Bucket(_) => format!("the media files in {}", config.media.place()),
    };
    format!(
        "the store is on a server, {store}; use its own tools to copy it. Nothing was written. To \
         make a backup, copy in this order:\n  from every node: {data}/keys (the same on all), \
         {data}/node, {data}/journal/hits (with its folders) and {data}/journal/removals\n  then the database: \
         pg_dump --format=custom --file=pharos.dump {store}\n  then {media}\n  \
         and the configuration. After \
         pg_restore, the first server that starts pauses what was being sent and says how many \
         people may get it twice"
    )
}

fn must_be_free(target: &Path) -> anyhow::Result<()> {
    match fs::read_dir(target) {
        Ok(mut entries) => {
            ensure!(
                entries.next().is_none(),
                "{} is not empty; choose a new folder",
                target.display()
            );
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| target.display().to_string()),
    }
    Ok(())
}

/// A folder beside the requested one; removed when the backup fails.
struct UnfinishedBackup {
    path: PathBuf,
    finished: bool,
}

impl UnfinishedBackup {
    fn create(target: &Path) -> anyhow::Result<Self> {
        let name = target.file_name().context("the backup needs a folder that has a name")?;
        let random: String = random_name()?.chars().take(8).collect();
        let mut beside = name.to_owned();
        beside.push(format!(".unfinished-{random}"));
        let path = target.with_file_name(beside);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("can't create the folder {}", path.display()))?;
        Ok(Self { path, finished: false })
    }

    /// Gives it its name, durably. An empty folder of that name is replaced.
    fn finish(mut self, target: &Path) -> anyhow::Result<()> {
        fs::rename(&self.path, target)
            .with_context(|| format!("can't name the backup {}", target.display()))?;
        self.finished = true;
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_folder(parent.unwrap_or(Path::new(".")))
    }
}

impl Drop for UnfinishedBackup {
    fn drop(&mut self) {
        if !self.finished && fs::remove_dir_all(&self.path).is_err() {
            note(format_args!("{} is left over from a backup that failed", self.path.display()));
        }
    }
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(path: &Path) -> anyhow::Result<()> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("can't sync {}", path.display()))
}

struct Sources {
    config: PathBuf,
    data: PathBuf,
    keys: PathBuf,
    store: PathBuf,
    /// The folder of the media files, if they are in one.
    media: Option<PathBuf>,
}

impl Sources {
    fn new(config_path: &Path, config: &Config, store: &Path) -> Self {
        Self {
            config: config_path.to_owned(),
            data: config.data.clone(),
            keys: keys_path(config),
            store: store.to_owned(),
            media: match &config.media {
                FileStoreLocation::Folder(folder) => Some(folder.clone()),
                FileStoreLocation::Bucket(_) => None,
            },
        }
    }

    fn write(&self, to: &Path, stop: &CancellationToken) -> anyhow::Result<Manifest> {
        let made_at = now().rfc3339();
        let mut names = Vec::new();
        let lanes = hit_lanes(&self.data, 0).into_iter().filter(|lane| lane.index > 0);
        let lanes = lanes.map(|lane| HitLane::path(lane.index));
        for journal in JOURNALS.map(str::to_owned).into_iter().chain(lanes) {
            let copy = to.join(&journal);
            DirBuilder::new().recursive(true).mode(0o700).create(&copy)?;
            journal::copy_journal(&self.data.join(&journal), &copy)?;
            for entry in fs::read_dir(&copy)? {
                names.push(format!("{journal}/{}", entry?.file_name().to_string_lossy()));
            }
        }
        let schema = self.copy_store(&to.join(STORE), stop)?;
        copy_private(&self.keys, &to.join(KEYS))?;
        copy_private(&self.config, &to.join(CONFIG))?;
        names.extend([STORE, KEYS, CONFIG].map(str::to_owned));
        // Exists once a server has run.
        let node = self.data.join(NODE);
        if node.exists() {
            copy_private(&node, &to.join(NODE))?;
            names.push(NODE.to_owned());
        }
        names.extend(self.copy_media(to, stop)?);
        names.sort_unstable();
        let files: anyhow::Result<Vec<_>> =
            names.iter().map(|name| BackupFile::of(to, name)).collect();
        let manifest = Manifest::new(schema, made_at, files?);
        let mut file =
            File::options().write(true).create_new(true).mode(0o600).open(to.join(MANIFEST))?;
        file.write_all(manifest.text()?.as_bytes())?;
        file.sync_all()?;
        for folder in ["journal/hits", "journal", ""] {
            sync_folder(&to.join(folder))?;
        }
        ensure!(!stop.is_cancelled(), "the backup was interrupted; it left nothing behind");
        Ok(manifest)
    }

    /// After the store: a file is there before its record is. Files never change, so nothing is held up.
    fn copy_media(&self, to: &Path, stop: &CancellationToken) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        let Some(media) = self.media.as_ref().filter(|folder| folder.exists()) else {
            return Ok(names);
        };
        DirBuilder::new().mode(0o700).create(to.join(MEDIA))?;
        for entry in fs::read_dir(media).with_context(|| media.display().to_string())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            ensure!(!stop.is_cancelled(), "the backup was interrupted; it left nothing behind");
            // What is being written has another name until it is complete.
            if media::FileKey::parse(&name).is_some() {
                copy_private(&media.join(&name), &to.join(MEDIA).join(&name))?;
                names.push(format!("{MEDIA}/{name}"));
            }
        }
        sync_folder(&to.join(MEDIA))?;
        Ok(names)
    }

    fn copy_store(&self, to: &Path, stop: &CancellationToken) -> anyhow::Result<i64> {
        let bar = ProgressBar::new(0);
        let template = "Copying the store {bar:30} {percent:>3} %  about {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let copied = store::copy_file(&self.store, to, |progress| {
            bar.set_length(progress.pages);
            bar.set_position(progress.done);
            !stop.is_cancelled()
        });
        bar.finish_and_clear();
        ensure!(!stop.is_cancelled(), "the backup was interrupted; it left nothing behind");
        copied.map_err(|error| match error {
            StoreError::DiskFull => {
                anyhow::anyhow!("the backup's disk is full; the backup left nothing behind")
            }
            other => anyhow::Error::new(other).context(format!(
                "can't copy the store {}; are you running this as the server's user?",
                self.store.display()
            )),
        })
    }
}

/// Copies a file so that only its owner can read it, durably; it must be new.
pub(super) fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copy = || {
        let mut source = File::open(from)?;
        let mut copy = File::options().write(true).create_new(true).mode(0o600).open(to)?;
        std::io::copy(&mut source, &mut copy)?;
        copy.sync_all()
    };
    copy().with_context(|| format!("can't copy {} to {}", from.display(), to.display()))
}
