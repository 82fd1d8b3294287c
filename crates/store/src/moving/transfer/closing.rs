//! Closes a store to changes while its installation is being moved away, and permanently
//! afterwards.
//!
//! Invariant: from the first copied row until somebody reopens the store, no statement changes it,
//! whichever process or release sends it: triggers refuse. Whatever was under way when the store
//! was closed has ended by then, because creating a trigger waits for it. Only the transfer's own
//! records may still be written.

use std::sync::LazyLock;

use model::Timestamp;

use crate::engine::error::CLOSED;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::settings::{SETTING_FIND, SETTING_PUT};
use crate::{Store, StoreError};

use super::before_and_after::at_work;
use super::catalogue::CATALOGUE;
use super::made_texts::Text;
use super::{Side, TransferProblem, at_source, before_and_after};

texts! {
    SETTING_DROP = "DELETE FROM settings WHERE key = $1";
}

/// In a store that is being left or was left: since when, and where to.
const MOVING_TO: &str = "moving_to";
const MOVED_TO: &str = "moved_to";
/// The triggers' message, for programs that do not know the code.
const REFUSAL: &str = "the installation is being moved to another store";

/// Where an installation is going, or has gone, that was in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTo {
    /// The other store, without a password.
    pub store: String,
    pub at: Timestamp,
    /// Whether the move was completed.
    pub complete: bool,
}

impl MovedTo {
    fn to_text(&self) -> String {
        format!("{} {}", self.at.0, self.store)
    }
}

impl Store {
    /// Where the installation is now, or is being moved to: then this store must not be used.
    pub async fn moved_to(&self) -> Result<Option<MovedTo>, StoreError> {
        self.read(moved_to).await
    }

    /// Lets the store be used again although its installation was moved away, or is being moved.
    /// Returns where to; if that move was complete there are now two installations, and only one
    /// may ever send.
    pub async fn reopen(&self) -> Result<Option<MovedTo>, StoreError> {
        self.write(|tx| {
            let moved = moved_to(tx)?;
            open(tx)?;
            tx.execute(SETTING_DROP, [MOVING_TO])?;
            tx.execute(SETTING_DROP, [MOVED_TO])?;
            Ok(moved)
        })
        .await
    }
}

pub(super) fn moved_to(tx: &Tx<'_>) -> Result<Option<MovedTo>, StoreError> {
    for (key, complete) in [(MOVED_TO, true), (MOVING_TO, false)] {
        let text: Option<String> = tx.first(SETTING_FIND, [key], |row| row.get(0))?;
        let Some(text) = text else { continue };
        let read = text.split_once(' ').and_then(|(at, store)| {
            Some(MovedTo { store: store.to_owned(), at: Timestamp(at.parse().ok()?), complete })
        });
        let damaged = || StoreError::Corrupt(format!("the setting {key} is {text}"));
        return read.map(Some).ok_or_else(damaged);
    }
    Ok(None)
}

/// Closes the store to all changes, unless a node is using it.
pub(super) async fn close(from: &Store, moving: MovedTo) -> Result<(), TransferProblem> {
    let closed = from.write(move |tx| {
        if let Some(bulk) = tx.bulk() {
            bulk.batch(&refuse_change())?;
        }
        open(tx)?;
        for text in &TRIGGERS.close {
            tx.execute(text.sql(), ())?;
        }
        // Only now can none begin any more.
        let found = at_work(tx, moving.at)?;
        match found {
            None => tx.execute(SETTING_PUT, (MOVING_TO, moving.to_text())).map(drop)?,
            Some(_) => open(tx)?,
        }
        Ok(found)
    });
    before_and_after::refuse(Side::Source, closed.await.map_err(at_source)?)
}

/// Marks the source as left, unless somebody has reopened it in the meantime.
pub(super) async fn leave(from: &Store, moving: MovedTo) -> Result<(), TransferProblem> {
    let marked = from.write(move |tx| {
        let found: Option<String> = tx.first(SETTING_FIND, [MOVING_TO], |row| row.get(0))?;
        let is_ours = found == Some(moving.to_text());
        if is_ours {
            tx.execute(SETTING_PUT, (MOVED_TO, moving.to_text()))?;
            tx.execute(SETTING_DROP, [MOVING_TO])?;
        }
        Ok(is_ours)
    });
    match marked.await.map_err(at_source)? {
        true => Ok(()),
        false => Err(TransferProblem::Reopened),
    }
}

fn open(tx: &Tx<'_>) -> Result<(), StoreError> {
    for text in &TRIGGERS.open {
        tx.execute(text.sql(), ())?;
    }
    Ok(())
}

/// The statements that create and drop the triggers: three per table.
struct Triggers {
    close: Vec<Text>,
    open: Vec<Text>,
}

static TRIGGERS: LazyLock<Triggers> = LazyLock::new(|| {
    let mut triggers = Triggers { close: Vec::new(), open: Vec::new() };
    for table in CATALOGUE.iter().map(|table| table.name) {
        for (verb, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
            let name = format!("closed_{table}_{}", verb.to_lowercase());
            let (only, each) = match table {
                "settings" => (
                    format!("WHEN ({row}.key NOT IN ('{MOVING_TO}', '{MOVED_TO}'))"),
                    "FOR EACH ROW",
                ),
                _ => (String::new(), "FOR EACH STATEMENT"),
            };
            triggers.close.push(Text::each(
                format!(
                    "CREATE TRIGGER {name} BEFORE {verb} ON {table} {only}
                    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                ),
                format!(
                    "CREATE TRIGGER {name} BEFORE {verb} ON {table} {each} {only}
                    EXECUTE FUNCTION refuse_change()"
                ),
            ));
            triggers.open.push(Text::each(
                format!("DROP TRIGGER IF EXISTS {name}"),
                format!("DROP TRIGGER IF EXISTS {name} ON {table}"),
            ));
        }
    }
    triggers
});

fn refuse_change() -> String {
    format!(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = '{CLOSED}'; END$$"
    )
}
