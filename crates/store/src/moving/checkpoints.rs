//! Checkpoints: how a node knows that the store is the one it left, and not an older copy of it.
//!
//! A checkpoint is a time and a random text that a node puts into the store and into its data
//! folder, at every start and repeatedly while it runs. A store restored from a backup has an older
//! one, or none. The store also remembers where it is: a copy is somewhere else.
//!
//! Invariant: a checkpoint is replaced only if it is one that the node knows, so a store that is
//! restored under a running server is noticed, too.

use model::Timestamp;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::moving::transfer::before_and_after::FILE;
use crate::settings::{SETTING_FIND, SETTING_PUT};
use crate::{Store, StoreError};

texts! {
    /// Each begins with the time it was made.
    CHECKPOINT_NEWEST = "SELECT max(value) FROM settings
        WHERE key >= 'checkpoint/' AND key < 'checkpoint0'";
    CHECKPOINTS_DROP = "DELETE FROM settings WHERE key >= 'checkpoint/' AND key < 'checkpoint0'
        AND key <> coalesce((SELECT 'checkpoint/' || name FROM nodes WHERE number = $1), '')";
}

/// Restoring a dump creates the table again, under another number.
const DATABASE: &str = "SELECT CAST(d.oid AS BIGINT), CAST(c.oid AS BIGINT)
    FROM pg_database d, pg_class c
    WHERE d.datname = current_database() AND c.oid = to_regclass('settings')";
const MAY_ASK_CLUSTER: &str = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')";
/// Fixed by `initdb`, and the same on standbys.
const CLUSTER: &str = "SELECT system_identifier FROM pg_control_system()";

/// When the store was last recognised as restored.
pub(crate) const PUT_BACK: &str = "put_back";
/// Where the store says it is. Never copied to another store.
pub(crate) const STORE_PLACE: &str = "store_place";

/// What the store says to a returning node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStanding {
    /// The last checkpoint that it has of the node.
    pub checkpoint: Option<String>,
    /// When the newest checkpoint of any node was made: the store is from that time or later.
    pub newest: Option<Timestamp>,
    /// The name of the last occasion on which it was recognised as restored; see
    /// [`Store::campaigns_hold`].
    pub put_back: Option<String>,
    /// Whether it is where it says it is. False for a copy of a file, and for a restored dump.
    pub in_place: bool,
}

impl Store {
    /// What the store says to the node of this name. A store that no server has used since
    /// checkpoints exist raises no objection.
    pub async fn standing(&self, node_name: String) -> Result<StoreStanding, StoreError> {
        self.read(move |tx| {
            let find = |key: &str| tx.first(SETTING_FIND, [key], |row| row.get(0));
            let (told, found): (Option<String>, _) = (find(STORE_PLACE)?, place(tx)?);
            let newest: Option<String> = tx.one(CHECKPOINT_NEWEST, (), |row| row.get(0))?;
            Ok(StoreStanding {
                checkpoint: find(&key(&node_name))?,
                newest: newest.as_deref().and_then(checkpoint_made_at),
                put_back: find(PUT_BACK)?,
                in_place: told.is_none() || found.is_none() || told == found,
            })
        })
        .await
    }

    /// Replaces the node's checkpoint with `fresh`, if it is `current` (none, if the node knows of
    /// none) or already `fresh`. False, and nothing changed, if it is another: then this is not the
    /// store that the node has been using.
    pub async fn checkpoint_move(
        &self,
        node_name: String,
        current: Option<String>,
        fresh: String,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let key = key(&node_name);
            let kept: Option<String> = tx.first(SETTING_FIND, [&key], |row| row.get(0))?;
            if kept != current && kept.as_ref() != Some(&fresh) {
                return Ok(false);
            }
            tx.execute(SETTING_PUT, (&key, &fresh))?;
            remember_place(tx)?;
            Ok(true)
        })
        .await
    }
}

impl StoreStanding {
    /// The time that the store is from, to be appended to a sentence; empty if unknown.
    #[must_use]
    pub fn as_of(&self) -> String {
        let Some(moment) = self.newest else { return String::new() };
        format!(", as it was at {} or shortly after", moment.readable())
    }
}

/// When a checkpoint was made, by the clock of its node: it begins with the microseconds since 1970
/// and a hyphen.
#[must_use]
pub fn checkpoint_made_at(checkpoint: &str) -> Option<Timestamp> {
    checkpoint.split_once('-').and_then(|(at, _)| at.parse().ok()).map(Timestamp)
}

fn key(node_name: &str) -> String {
    format!("checkpoint/{node_name}")
}

/// Removes the checkpoints of every node but `keep`.
pub(crate) fn drop_others(tx: &Tx<'_>, keep: Option<u16>) -> Result<(), StoreError> {
    tx.execute(CHECKPOINTS_DROP, [keep.map_or(-1, i64::from)]).map(drop)
}

/// Records that the store is where it is now.
pub(crate) fn remember_place(tx: &Tx<'_>) -> Result<(), StoreError> {
    match place(tx)? {
        Some(place) => tx.execute(SETTING_PUT, (STORE_PLACE, &place)).map(drop),
        None => Ok(()),
    }
}

/// What distinguishes the store from every copy of it, if anything does: inode and creation time of
/// a file, the numbers that a cluster gave to a database and its table.
fn place(tx: &Tx<'_>) -> Result<Option<String>, StoreError> {
    let Some(bulk) = tx.bulk() else { return tx.one(FILE, (), |row| Ok(file(row.text(0)?))) };
    let first = |text| Ok::<_, StoreError>(bulk.rows(text, &[])?.into_iter().next());
    let Some(row) = first(DATABASE)? else { return Ok(None) };
    let (database, table): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let may_ask = first(MAY_ASK_CLUSTER)?.map(|row| row.try_get::<_, bool>(0)).transpose()?;
    let cluster = match may_ask {
        Some(true) => first(CLUSTER)?.map(|row| row.try_get::<_, i64>(0)).transpose()?,
        _ => None,
    };
    Ok(Some(format!("{}:{database}:{table}", cluster.unwrap_or_default())))
}

/// None when the file is missing, as while the folder of a running server is being renamed. On a
/// file system without creation times only the inode is left.
fn file(path: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).ok()?;
    let born = about.created().ok().and_then(|it| it.duration_since(std::time::UNIX_EPOCH).ok());
    Some(format!("{}:{}", about.ino(), born.unwrap_or_default().as_nanos()))
}
