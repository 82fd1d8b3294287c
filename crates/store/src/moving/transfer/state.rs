//! What a store says about itself: which installation it holds, whether it is being filled.
//!
//! Invariant: these settings are never copied from one store to another, except for the name of the
//! installation. A transfer's progress changes in the transaction of its rows, and only from where
//! it was: of two transfers into one store, one notices the other and stops.

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::settings::SETTING_FIND;
use crate::{Store, StoreError};

use super::batch::Batch;
use super::catalogue::{CATALOGUE, Table};
use super::closing::{MovedTo, SETTING_DROP, moved_to};

texts! {
    SETTING_KEEP = "INSERT INTO settings (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO NOTHING";
    PLACE_MOVE = "UPDATE settings SET value = $3 WHERE key = $1 AND value = $2";
}

/// The random name of an installation.
const INSTALLATION: &str = "installation";
/// In a store that is being filled: the installation it will hold.
const SOURCE: &str = "transfer/source";
/// In a store that is being filled: how far it is.
const PLACE: &str = "transfer/place";
impl Store {
    /// The random name of the installation in this store; set to `fresh` if there is none yet.
    pub async fn installation(&self, fresh: String) -> Result<String, StoreError> {
        if let Some(known) = self.setting_find(INSTALLATION).await? {
            return Ok(known);
        }
        self.write(move |tx| {
            tx.execute(SETTING_KEEP, (INSTALLATION, &fresh))?;
            tx.one(SETTING_FIND, [INSTALLATION], |row| row.get(0))
        })
        .await
    }

    /// Whether the store is being filled and is incomplete: then it must not be used.
    pub async fn transfer_under_way(&self) -> Result<bool, StoreError> {
        self.read(|tx| Ok(find(tx, SOURCE)?.is_some())).await
    }
}

fn find(tx: &Tx<'_>, key: &str) -> Result<Option<String>, StoreError> {
    tx.first(SETTING_FIND, [key], |row| row.get(0))
}

/// What a store says about itself that is to be moved.
pub(super) struct SourceState {
    pub(super) installation: Option<String>,
    pub(super) moved_to: Option<MovedTo>,
    pub(super) half: bool,
}

impl SourceState {
    pub(super) async fn look(store: &Store) -> Result<Self, StoreError> {
        store
            .read(|tx| {
                let installation = find(tx, INSTALLATION)?;
                let (moved_to, half) = (moved_to(tx)?, find(tx, SOURCE)?.is_some());
                Ok(Self { installation, moved_to, half })
            })
            .await
    }
}

/// What a store that is to be filled holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// As the migrations made it.
    Empty,
    /// An installation has begun to be moved here.
    Half {
        /// The id of that installation.
        source: String,
        place: TransferPlace,
    },
    /// Something else; a table that has rows.
    InUse(&'static str),
}

impl Target {
    pub(super) async fn look(store: &Store) -> Result<Self, StoreError> {
        store.read(Self::look_in).await
    }

    fn look_in(tx: &Tx<'_>) -> Result<Self, StoreError> {
        if let Some(source) = find(tx, SOURCE)? {
            return Ok(Self::Half {
                source,
                place: TransferPlace::read(find(tx, PLACE)?.as_deref())?,
            });
        }
        for table in CATALOGUE.iter() {
            let first = Batch::read_in(tx, table, &[], 1)?;
            let as_made = if table.fixed { first.is_untouched() } else { first.rows == 0 };
            if !as_made {
                return Ok(Self::InUse(table.name));
            }
        }
        Ok(Self::Empty)
    }

    /// Marks an empty store as being filled with `installation`; what it holds afterwards.
    pub(super) async fn begin(store: &Store, installation: &str) -> Result<Self, StoreError> {
        let installation = installation.to_owned();
        store
            .write(move |tx| {
                let found = Self::look_in(tx)?;
                if found == Self::Empty {
                    tx.execute(SETTING_KEEP, (SOURCE, &installation))?;
                    tx.execute(SETTING_KEEP, (PLACE, TransferPlace::default().to_text()))?;
                    return Self::look_in(tx);
                }
                Ok(found)
            })
            .await
    }
}

/// How far a transfer has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TransferPlace {
    /// The table, counted in the catalogue.
    pub(super) table: usize,
    /// How many of its rows have been carried.
    pub(super) rows: u64,
    /// The key of the last one; empty before the first.
    pub(super) after: Vec<u8>,
}

impl TransferPlace {
    fn to_text(&self) -> String {
        let name = CATALOGUE.get(self.table).map_or("", |table| table.name);
        let after: String = self.after.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name} {} {after}", self.rows)
    }

    fn read(text: Option<&str>) -> Result<Self, StoreError> {
        let text = text.unwrap_or_default();
        let read = || {
            let mut words = text.split(' ');
            let (name, rows, after) = (words.next()?, words.next()?, words.next()?);
            let table = CATALOGUE.iter().position(|table| table.name == name)?;
            let byte = |at| u8::from_str_radix(after.get(at..at + 2)?, 16).ok();
            let after = (0..after.len()).step_by(2).map(byte).collect::<Option<_>>()?;
            Some(Self { table, rows: rows.parse().ok()?, after })
        };
        read().ok_or_else(|| StoreError::Corrupt(format!("the setting {PLACE} is {text:?}")))
    }

    /// The place after this one's table.
    pub(super) fn next_table(&self) -> Self {
        Self { table: self.table + 1, ..Self::default() }
    }
}

/// A step of a transfer: rows, and the place that they move.
pub(super) struct TransferStep {
    pub(super) table: &'static Table,
    pub(super) batch: Batch,
    /// The place that was last kept.
    pub(super) from: TransferPlace,
    pub(super) to: TransferPlace,
}

impl TransferStep {
    /// Stores the rows and the position together; false, and nothing stored, if the position is not
    /// where it was left.
    pub(super) async fn take(self, store: &Store) -> Result<bool, StoreError> {
        let (from, to) = (self.from.to_text(), self.to.to_text());
        store
            .write(move |tx| {
                if tx.execute(PLACE_MOVE, (PLACE, &from, &to))? == 0 {
                    return Ok(false);
                }
                self.batch.write_in(tx, self.table)?;
                Ok(true)
            })
            .await
    }
}

/// Removes the marks of a transfer: the store is complete.
pub(super) async fn conclude(store: &Store) -> Result<(), StoreError> {
    store
        .write(|tx| {
            tx.execute(SETTING_DROP, [PLACE])?;
            tx.execute(SETTING_DROP, [SOURCE]).map(drop)
        })
        .await
}
