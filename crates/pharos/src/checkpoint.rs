//! The checkpoints of this node in its data folder: by which it knows, at its start and while it
//! runs, that neither store nor folder is a copy that was put back.
//!
//! The file `checkpoint` holds the one that the store has and, while it gets a fresh one, that as
//! well: a process may end between the two. It also holds its own inode and time of birth, and is made
//! anew with each checkpoint. So whoever copies it, or copies an older one over it, can't make it
//! look like the original; `chown`, `chmod` and another name for the folder change nothing.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use model::Timestamp;
use store::{Store, checkpoint_made_at};
use tokio_util::sync::CancellationToken;

use crate::installation::{now, random_name};

const INTERVAL: Duration = Duration::from_secs(60);
/// Interval between two checks whether the store is still the same. Shorter than the time for which
/// nobody is mailed after a database outage, as there is while it is being restored.
const LOOK: Duration = Duration::from_secs(1);
const FIRST_LINE: &str = "pharos-checkpoint 1";
const NONE: &str = "-";

/// What the data folder knows of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FolderCheckpoints {
    /// The last one or two; the store has one of them.
    pub(crate) last: Vec<String>,
    /// As [`store::StoreStanding`] said then.
    pub(crate) put_back: Option<String>,
}

/// What lies in a data folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FolderState {
    /// No server of this or a later release has used it yet.
    Nothing,
    /// What was left here.
    Original(FolderCheckpoints),
    /// Checkpoints that were left elsewhere: the folder is a copy, or was restored from one.
    Copy(FolderCheckpoints),
    /// Content that no release has written, or a later one.
    Unreadable,
}

impl FolderCheckpoints {
    /// With the name of the node and the location of the file.
    fn parse(text: &str) -> Option<(Self, &str, &str)> {
        let mut lines = text.lines();
        lines.next().filter(|line| *line == FIRST_LINE)?;
        let node = lines.next()?.strip_prefix("node ")?;
        let file = lines.next()?.strip_prefix("file ")?;
        let put_back = lines.next()?.strip_prefix("put-back ")?;
        let put_back = Some(put_back.to_owned()).filter(|it| it != NONE);
        let store = |line: &str| Some(line.strip_prefix("store ")?.to_owned());
        let last: Vec<String> = lines.map(store).collect::<Option<_>>()?;
        (1..=2).contains(&last.len()).then_some((Self { last, put_back }, node, file))
    }

    fn text(&self, node: &str, file: &str) -> String {
        let put_back = self.put_back.as_deref().unwrap_or(NONE);
        let last: String = self.last.iter().map(|it| format!("store {it}\n")).collect();
        format!("{FIRST_LINE}\nnode {node}\nfile {file}\nput-back {put_back}\n{last}")
    }

    /// Writes them to the folder, durably and atomically.
    fn write(&self, data: &Path, node: &str) -> io::Result<()> {
        let (path, fresh) = (path(data), data.join("checkpoint.new"));
        // Left by a process that was killed.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let text = self.text(node, &place(&file)?);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(data)?.sync_all()
    }

    /// When the newest of them was made.
    pub(crate) fn made_at(&self) -> Option<Timestamp> {
        self.last.last().and_then(|checkpoint| checkpoint_made_at(checkpoint))
    }
}

/// Reads what the node of this name has left in the data folder. Ignores other names: a folder
/// whose name was lost is that of a new node.
///
/// # Errors
/// When there is a file that can't be read at all.
pub(crate) fn find(data: &Path, node: &str) -> anyhow::Result<FolderState> {
    let path = path(data);
    let read = || {
        let mut file = File::open(&path)?;
        let (mut text, place) = (Vec::new(), place(&file)?);
        file.read_to_end(&mut text)?;
        Ok::<_, io::Error>((text, place))
    };
    let (text, place) = match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FolderState::Nothing),
        found => found.with_context(|| format!("can't read {}", path.display()))?,
    };
    let text = String::from_utf8_lossy(&text);
    Ok(match FolderCheckpoints::parse(&text) {
        Some((_, named, _)) if named != node => FolderState::Nothing,
        Some((known, _, file)) if file == place => FolderState::Original(known),
        Some((known, _, _)) => FolderState::Copy(known),
        None => FolderState::Unreadable,
    })
}

fn path(data: &Path) -> PathBuf {
    data.join("checkpoint")
}

/// Inode and creation time; on a file system without creation times only the inode.
fn place(file: &File) -> io::Result<String> {
    let about = file.metadata()?;
    let born = about.created().ok().and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
    Ok(format!("{} {}", about.ino(), born.unwrap_or_default().as_nanos()))
}

/// When a checkpoint was made, for people.
fn fresh() -> anyhow::Result<String> {
    Ok(format!("{}-{}", now().0, random_name()?))
}

/// Makes checkpoints for as long as the node runs.
pub(crate) struct Checkpoints {
    store: Store,
    data: PathBuf,
    node: String,
    /// The one that the store is known to have.
    current: Option<String>,
    /// The one that it is about to get, or has.
    next: Option<String>,
    /// At this start the store was known to be a restored copy.
    pub(crate) store_was_put_back: bool,
}

impl Checkpoints {
    /// For a store that is known to belong to this folder, and that has the checkpoint `current` of
    /// this node.
    pub(crate) fn new(
        store: Store,
        data: &Path,
        node: &str,
        current: Option<String>,
        store_was_put_back: bool,
    ) -> Self {
        let (data, node) = (data.to_owned(), node.to_owned());
        Self { store, data, node, current, next: None, store_was_put_back }
    }

    /// Makes one, first in the folder. False when the store is a different one than before.
    ///
    /// # Errors
    /// When the folder or the store fails; the next attempt uses the same checkpoint.
    pub(crate) async fn make(&mut self) -> anyhow::Result<bool> {
        let next = self.next.take().map_or_else(fresh, Ok)?;
        self.next = Some(next.clone());
        let put_back = self.store.standing(self.node.clone()).await?.put_back;
        self.put_into_folder(put_back.clone())?;
        let (node, current) = (self.node.clone(), self.current.clone());
        let moved = self.store.checkpoint_move(node, current, next).await?;
        if moved {
            self.current = self.next.take();
            // A store that has the one before is an older one from now on.
            self.put_into_folder(put_back)?;
        }
        Ok(moved)
    }

    fn put_into_folder(&self, put_back: Option<String>) -> anyhow::Result<()> {
        let last = self.current.iter().chain(&self.next).cloned().collect();
        FolderCheckpoints { last, put_back }
            .write(&self.data, &self.node)
            .with_context(|| format!("can't write {}", path(&self.data).display()))
    }

    /// Whether the store is still the same. Unknown counts as the same.
    async fn is_same(&self) -> bool {
        match self.store.standing(self.node.clone()).await {
            Ok(standing) => {
                let kept = &standing.checkpoint;
                standing.in_place && (*kept == self.current || *kept == self.next)
            }
            Err(_) => true,
        }
    }

    /// Makes one every minute, until `shutdown`. Ends early when the store was restored or replaced
    /// under the running server: then the server must end.
    pub(crate) async fn keep(mut self, shutdown: CancellationToken) {
        let mut due = Instant::now() + INTERVAL;
        let mut told = false;
        while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            let mut same = self.is_same().await;
            if same && Instant::now() >= due {
                due = Instant::now() + INTERVAL;
                match self.make().await {
                    Ok(moved) => (same, told) = (moved, false),
                    Err(error) => {
                        if !told {
                            tracing::warn!("can't make a checkpoint: {error:#}");
                        }
                        told = true;
                    }
                }
            }
            if !same {
                tracing::error!(
                    "the store is not the one that this server has been using: it was restored or \
                     replaced meanwhile; the server ends, and its next start says what that means"
                );
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn known() -> FolderCheckpoints {
        let last = vec!["1795428245000000-aa".to_owned(), "1795428305000000-bb".to_owned()];
        FolderCheckpoints { last, put_back: None }
    }

    #[test]
    fn what_was_left_is_found_whatever_happens_to_owner_mode_and_name_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (data, renamed) = (dir.path().join("data"), dir.path().join("renamed"));
        fs::create_dir(&data).unwrap();
        assert_eq!(find(&data, "a").unwrap(), FolderState::Nothing);
        known().write(&data, "a").unwrap();
        fs::set_permissions(data.join("checkpoint"), PermissionsExt::from_mode(0o640)).unwrap();
        fs::rename(&data, &renamed).unwrap();
        assert_eq!(find(&renamed, "a").unwrap(), FolderState::Original(known()));
        assert_eq!(find(&renamed, "b").unwrap(), FolderState::Nothing, "of another node");
        assert_eq!(known().made_at(), Some(Timestamp(1_795_428_305_000_000)));
    }

    #[test]
    fn a_copy_is_told_from_the_original_also_when_it_is_written_over_it() {
        let dir = tempfile::tempdir().unwrap();
        let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
        fs::create_dir(&data).unwrap();
        fs::create_dir(&copy).unwrap();
        known().write(&data, "a").unwrap();
        fs::copy(path(&data), path(&copy)).unwrap();
        assert_eq!(find(&copy, "a").unwrap(), FolderState::Copy(known()));
        // The original goes on, and the copy is put back over it, into the file that is there.
        known().write(&data, "a").unwrap();
        fs::copy(path(&copy), path(&data)).unwrap();
        assert_eq!(find(&data, "a").unwrap(), FolderState::Copy(known()));
    }

    #[test]
    fn what_is_cut_or_of_a_later_release_is_not_taken_for_anything() {
        let dir = tempfile::tempdir().unwrap();
        known().write(dir.path(), "a").unwrap();
        let text = fs::read_to_string(path(dir.path())).unwrap();
        let later = text.replace("checkpoint 1", "checkpoint 2");
        for text in ["", &text[..30], later.as_str()] {
            fs::write(path(dir.path()), text).unwrap();
            assert_eq!(find(dir.path(), "a").unwrap(), FolderState::Unreadable, "{text:?}");
        }
    }
}
