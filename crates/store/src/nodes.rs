//! Nodes: the machines that work on a store, by the random name in their data folder.
//!
//! Invariant: a number belongs to one name for ever, so a position in a node's journal identifies
//! one hit and no other, even when a data folder was lost and created again.
//!
//! A number stands for one journal of hits. The first one of a node bears the node's number; each
//! further one, of another thread of its beacon, has a row and a number of its own, under the
//! node's name, a slash and which one it is. Such a row is never at work and is not listed: for all
//! that has to do with hits it is a node, for everything else there is no such node.

use std::time::Duration;

use model::Timestamp;

use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    NODE_FIND = "SELECT number, host, seen_at FROM nodes WHERE name = $1";
    NODE_INSERT = "INSERT INTO nodes (name, host, seen_at) VALUES ($1, $2, $3) RETURNING number";
    NODE_ENTER = "UPDATE nodes SET host = $2, seen_at = $3 WHERE number = $1";
    /// Changes no row when the node has been registered elsewhere since.
    NODE_SEEN = "UPDATE nodes SET seen_at = $3 WHERE number = $1 AND host = $2";
    NODE_HITS_WAITING = "UPDATE nodes SET hits_waiting = $2 WHERE number = $1";
    NODES_HITS_WAITING = "SELECT number, hits_waiting FROM nodes WHERE hits_waiting > 0";
    NODE_HOST = "SELECT host FROM nodes WHERE number = $1";
    NODES_LIST = "SELECT number, host, seen_at FROM nodes WHERE name NOT LIKE '%/%'
        ORDER BY number LIMIT 1000";
}

/// A node that was seen within this time counts as running. Nodes report every [`NODE_INTERVAL`].
pub const NODE_ALIVE: Duration = Duration::from_secs(20);
/// How often a running node calls [`Store::node_seen`].
pub const NODE_INTERVAL: Duration = Duration::from_secs(5);

/// A machine that uses, or has used, the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Part of every hit's identity, and the holder of leases.
    pub number: u16,
    /// The machine, its start, and the data folder on it.
    pub host: String,
    /// Whether it was seen lately.
    pub alive: bool,
}

impl Store {
    /// Registers the node of this name and returns its number; a new name gets a new one. `host` is
    /// the location of its data folder: a name that is seen elsewhere is that of a copy.
    ///
    /// # Errors
    /// [`StoreError::NodeTaken`] when another machine is running under that name.
    pub async fn node_enter(
        &self,
        name: String,
        host: String,
        now: Timestamp,
    ) -> Result<u16, StoreError> {
        self.write(move |tx| {
            let now = tx.clock(now)?;
            let found = tx.first(NODE_FIND, [&name], |row| {
                Ok((row.get::<i64>(0)?, row.get::<String>(1)?, Timestamp(row.get(2)?)))
            })?;
            let Some((number, last_host, seen_at)) = found else {
                let number = tx.one(NODE_INSERT, (&name, &host, now.0), |row| row.get(0))?;
                return narrow(number, "a node's number");
            };
            let node = narrow(number, "a node's number")?;
            // At one place the lock of the data folder sees to it.
            if last_host != host && seen_at.after(NODE_ALIVE) > now {
                return Err(StoreError::NodeTaken { node, host: last_host });
            }
            tx.execute(NODE_ENTER, (number, &host, now.0))?;
            Ok(node)
        })
        .await
    }

    /// The number of a further journal of hits of the node with this name, which is its own for
    /// ever. `journal` counts from 1: the node's first one has the node's number.
    pub async fn node_journal(&self, name: &str, journal: u8) -> Result<u16, StoreError> {
        let name = journal_name(name, journal);
        self.write(move |tx| {
            let number = match tx.first(NODE_FIND, [&name], |row| row.get::<i64>(0))? {
                Some(number) => number,
                None => tx.one(NODE_INSERT, (&name, "", 0), |row| row.get(0))?,
            };
            narrow(number, "a journal's number")
        })
        .await
    }

    /// Reports that the node is still running.
    ///
    /// # Errors
    /// [`StoreError::NodeTaken`] when it has been registered elsewhere in the meantime: then this
    /// process must end. Otherwise when the store fails.
    pub async fn node_seen(
        &self,
        number: u16,
        host: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let now = tx.clock(now)?;
            if tx.execute(NODE_SEEN, (number, &host, now.0))? > 0 {
                return Ok(());
            }
            let host = tx.first(NODE_HOST, [number], |row| row.get(0))?.unwrap_or_default();
            Err(StoreError::NodeTaken { node: number, host })
        })
        .await
    }

    /// Reports how many hits the node has answered that are not counted yet. Takes effect in this
    /// process at once, whether the store can save it or not.
    pub async fn hits_waiting_put(&self, node: u16, hits: u64) -> Result<(), StoreError> {
        self.note_hits_waiting(node, hits);
        let hits = integer(hits, "a number of hits")?;
        self.write(move |tx| tx.execute(NODE_HITS_WAITING, (node, hits)).map(drop)).await
    }

    /// Reports that the node is no longer running.
    pub async fn node_leave(&self, number: u16, host: String) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(NODE_SEEN, (number, &host, 0)).map(drop)).await
    }

    /// The nodes, at most 1,000.
    pub async fn nodes_list(&self, now: Timestamp) -> Result<Vec<NodeRow>, StoreError> {
        self.read(move |tx| {
            let now = tx.clock(now)?;
            tx.all(NODES_LIST, (), |row| {
                let seen_at = Timestamp(row.get(2)?);
                let (number, host) = (row.get(0)?, row.get(1)?);
                Ok(NodeRow { number, host, alive: seen_at.after(NODE_ALIVE) > now })
            })
        })
        .await
    }

    /// Hits of all nodes that were answered and are not counted yet.
    pub async fn hits_waiting(&self) -> Result<u64, StoreError> {
        let own = self.own_hits_waiting();
        self.read(move |tx| hits_waiting(tx, own)).await
    }

    /// The time for everybody who uses the store: the database's clock on PostgreSQL, `now` on
    /// SQLite.
    pub async fn clock(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.read(move |tx| tx.clock(now)).await
    }
}

/// Under which a further journal of a node stands among the nodes.
fn journal_name(node: &str, journal: u8) -> String {
    format!("{node}/{journal}")
}

/// What lies between the first and the second of these in the order of names are the further
/// journals of a node.
pub(crate) fn journal_names(node: &str) -> (String, String) {
    // Behind a slash comes a zero.
    (format!("{node}/"), format!("{node}0"))
}

/// Hits that nodes, including unreachable ones, have answered but that are not counted yet. `own`
/// is what this process knows better: a node and its hits.
pub(crate) fn hits_waiting(tx: &Tx<'_>, own: Option<(u16, u64)>) -> Result<u64, StoreError> {
    let told = tx.all(NODES_HITS_WAITING, (), |row| {
        Ok((row.get::<u16>(0)?, narrow::<u64>(row.get(1)?, "a number of hits")?))
    })?;
    let others = told.into_iter().filter(|(node, _)| own.is_none_or(|own| own.0 != *node));
    let others = others.fold(0_u64, |sum, (_, hits)| sum.saturating_add(hits));
    Ok(others.saturating_add(own.map_or(0, |own| own.1)))
}
