//! `pharos restore`.
//!
//! Invariants: nothing that exists is overwritten. The store gets its name last, and by then it
//! mails nobody until a person says so. The node gets a fresh name, so that no hit recorded by the
//! first installation since then takes the place of another one.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use media::{FileKey, FileStoreLocation};
use serde_json::json;
use store::{HeldCampaign, Hold, Location, StoreOptions};

use super::backup::manifest::{BackupFile, CONFIG, JOURNALS, KEYS, MEDIA, Manifest, NODE, STORE};
use super::backup::{copy_private, sync_folder};
use super::store_log;
use crate::cli::RestoreArgs;
use crate::config::{self, Config};
use crate::hit_lanes::hit_lanes;
use crate::installation::{keys_path, now, open_store, random_name, replace_private};
use crate::telemetry::say;

/// The suffix of the store's name until everything else is in place.
const UNNAMED: &str = ".restoring";

pub(crate) async fn run(config_path: &Path, args: RestoreArgs) -> anyhow::Result<()> {
    let backup = args.folder;
    let manifest = Manifest::read(&backup)?;
    let has_config = config_path.exists();
    let config = match has_config {
        true => config::load(config_path)?,
        false => config::parse(config_path, &fs::read_to_string(backup.join(CONFIG))?)?,
    };
    let Location::Sqlite(store) = config.store.clone() else {
        bail!(
            "the store in {} is on a server; set `store` to a SQLite file, restore, and then move \
             it to the server with `pharos migrate`",
            config_path.display()
        );
    };
    nothing_in_the_way(&config, &store)?;
    check(&backup, &manifest)?;
    let mut placed = Placed::new(&config.data)?;
    let unnamed = with_ending(&store, UNNAMED);
    placed.folder(&config.data)?;
    if let Some(parent) = store.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        placed.folder(parent)?;
    }
    placed.file(&backup.join(STORE), &unnamed)?;
    // Created and removed by the database.
    placed.made.extend(["-wal", "-shm"].map(|ending| with_ending(&unnamed, ending)));
    let fresh = random_name()?;
    let held = hold(&unnamed, &backup, &manifest, &fresh).await?;
    placed.file(&backup.join(KEYS), &keys_path(&config))?;
    place_journals(&mut placed, &backup, &manifest, &config.data)?;
    let unplaced = place_media(&mut placed, &backup, &manifest, &config)?;
    if !has_config {
        placed.file(&backup.join(CONFIG), config_path)?;
    }
    let node = config.data.join(NODE);
    replace_private(&node, fresh.as_bytes())
        .with_context(|| format!("can't write {}", node.display()))?;
    placed.note(node)?;
    sync_folder(&config.data)?;
    fs::rename(&unnamed, &store).with_context(|| format!("can't name {}", store.display()))?;
    sync_folder(store.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    placed.keep();
    conclude(&manifest, &config, &held);
    if unplaced > 0 {
        say(format_args!(
            "The configuration keeps media files in {}; the backup's {unplaced} are left in {}.",
            config.media.place(),
            backup.join(MEDIA).display()
        ));
    }
    if has_config {
        say(format_args!(
            "{} was left unchanged; the backup's configuration is {}.",
            config_path.display(),
            backup.join(CONFIG).display()
        ));
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Refuses to mix two installations.
fn nothing_in_the_way(config: &Config, store: &Path) -> anyhow::Result<()> {
    let data = |name: &str| config.data.join(name);
    let mut found = vec![store.to_owned(), with_ending(store, "-wal"), with_ending(store, "-shm")];
    found.extend([with_ending(store, UNNAMED), keys_path(config)]);
    found.extend([NODE, "checkpoint", "beacon", "links", "journal"].map(data));
    found.retain(|path| path.symlink_metadata().is_ok());
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    bail!(
        "parts of an installation are already here: {}. Nothing was changed. Move them somewhere \
         safe, then run this again",
        named.join(", ")
    )
}

/// Reads every file through before anything is written.
fn check(backup: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let bar = ProgressBar::new(manifest.bytes());
    let template = "Checking the backup {bar:30} {percent:>3} %  about {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let checked = manifest.files.iter().try_for_each(|file| file.check(backup, |it| bar.inc(it)));
    bar.finish_and_clear();
    checked
}

/// Pauses what was being sent, in the store that has no name yet.
async fn hold(
    store: &Path,
    backup: &Path,
    manifest: &Manifest,
    fresh: &str,
) -> anyhow::Result<Vec<HeldCampaign>> {
    let options = StoreOptions { upgrade: true, ..StoreOptions::default() };
    let opened = open_store(Location::Sqlite(store.to_owned()), options).await?;
    let standing = opened.standing(fresh.to_owned()).await?;
    let why = format!("The installation was restored from a backup of {}", manifest.made_at);
    let hold = Hold { why, seen: standing.put_back, name: random_name()?, keep: None };
    let held = opened.campaigns_hold(hold, now()).await?;
    let after = json!({
        "backup_of": manifest.made_at,
        "held_campaigns": held.as_ref().map_or(0, Vec::len),
    });
    store_log::log(&opened, "store.restore", after).await?;
    if manifest.file(NODE).is_some() {
        let old = fs::read_to_string(backup.join(NODE))?;
        opened.node_succeed(old.trim().to_owned(), fresh.to_owned()).await?;
    }
    // It waits for its threads, which a thread of the runtime must not.
    tokio::task::spawn_blocking(move || drop(opened)).await?;
    let log = with_ending(store, "-wal");
    ensure!(!log.exists(), "{} was not emptied", log.display());
    held.context("the store changed while it was restored")
}

fn place_journals(
    placed: &mut Placed,
    backup: &Path,
    manifest: &Manifest,
    data: &Path,
) -> anyhow::Result<()> {
    let of_journal = |file: &&BackupFile| JOURNALS.iter().any(|it| file.path.starts_with(it));
    for file in manifest.files.iter().filter(of_journal) {
        let place = data.join(&file.path);
        if let Some(folder) = place.parent() {
            placed.folder(folder)?;
        }
        placed.file(&backup.join(&file.path), &place)?;
    }
    let lanes = hit_lanes(data, 0).into_iter().map(|lane| lane.dir);
    let journals = lanes.chain(JOURNALS.map(|it| data.join(it)));
    journals.filter(|it| it.exists()).try_for_each(|it| sync_folder(&it))?;
    Ok(())
}

/// Places the media files where the configuration has them, if that is a folder; says how many are left.
/// One that is there already has the same content: its name says so.
fn place_media(
    placed: &mut Placed,
    backup: &Path,
    manifest: &Manifest,
    config: &Config,
) -> anyhow::Result<usize> {
    let in_media = |file: &BackupFile| {
        let name = file.path.strip_prefix(MEDIA)?.strip_prefix('/')?;
        FileKey::parse(name).map(|key| key.to_string())
    };
    let names: Vec<String> = manifest.files.iter().filter_map(in_media).collect();
    let FileStoreLocation::Folder(folder) = &config.media else { return Ok(names.len()) };
    if names.is_empty() {
        return Ok(0);
    }
    placed.folder(folder)?;
    for name in names {
        let place = folder.join(&name);
        if !place.exists() {
            placed.file(&backup.join(MEDIA).join(&name), &place)?;
        }
    }
    sync_folder(folder)?;
    Ok(0)
}

/// What this command has created; removed again if it fails.
struct Placed {
    made: Vec<PathBuf>,
    /// The user and group to own it, when root restores for somebody else.
    owner: Option<(u32, u32)>,
    kept: bool,
}

impl Placed {
    fn new(data: &Path) -> anyhow::Result<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0);
        let absolute = std::path::absolute(data)?;
        let nearest = absolute.ancestors().find_map(|folder| fs::metadata(folder).ok());
        let owner = nearest.map(|about| (about.uid(), about.gid())).filter(|_| is_root);
        Ok(Self { made: Vec::new(), owner, kept: false })
    }

    /// Creates the missing folders, closed to everybody else.
    fn folder(&mut self, path: &Path) -> anyhow::Result<()> {
        let missing: Vec<&Path> =
            path.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists()).collect();
        for folder in missing.into_iter().rev() {
            DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("can't create the folder {}", folder.display()))?;
            self.note(folder.to_owned())?;
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> anyhow::Result<()> {
        copy_private(from, to)?;
        self.note(to.to_owned())
    }

    fn note(&mut self, path: PathBuf) -> anyhow::Result<()> {
        if let Some((user, group)) = self.owner {
            chown(&path, Some(user), Some(group))
                .with_context(|| format!("can't change the owner of {}", path.display()))?;
        }
        self.made.push(path);
        Ok(())
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for path in self.made.iter().rev().filter(|_| !self.kept) {
            let removed = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
            if removed.is_err() && path.exists() {
                say(format_args!("{} is left over from a restore that failed", path.display()));
            }
        }
    }
}

fn conclude(manifest: &Manifest, config: &Config, held: &[HeldCampaign]) {
    let (made_at, data) = (&manifest.made_at, config.data.display());
    say(format_args!("Restored the backup of {made_at} into {data}."));
    for campaign in held {
        say(format_args!("Campaign {} ({}) is paused: {campaign}.", campaign.id, campaign.name));
    }
    if held.is_empty() {
        say("Nothing was being sent, so starting the server mails nobody.");
    } else {
        say("People in doubt get no second copy unless you run `pharos campaign retry`.");
    }
    say(format_args!(
        "It does not contain what happened after {made_at}: people who have left since are \
         subscribed again. Unsubscribe them (`pharos contacts unsubscribe`, `suppress`) before \
         you send."
    ));
    say("Next: pharos check, then pharos serve. Let only one of the two installations send mail.");
}
