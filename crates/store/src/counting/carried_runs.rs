//! Runs of a node's journal that recorders have written to the store, in any order, and the mark
//! that follows them.
//!
//! Invariant: everything before the mark is in the store; only the node itself moves it, so
//! recorders that share its hits never wait for one another.

use std::collections::BTreeMap;

use crate::counting::marks::{self, Mark};
use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    CARRIED_PUT = "INSERT INTO carried (node, from_segment, from_offset, to_segment, to_offset)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (node, from_segment, from_offset, to_segment, to_offset) DO NOTHING";
    CARRIED_OF = "SELECT from_segment, from_offset, to_segment, to_offset FROM carried
        WHERE node = $1 ORDER BY from_segment, from_offset, to_segment, to_offset LIMIT 10000";
    CARRIED_ALL = "SELECT node, from_segment, from_offset, to_segment, to_offset FROM carried
        ORDER BY node, from_segment, from_offset, to_segment, to_offset LIMIT 100000";
    HITS_MARKS = "SELECT reader, segment, byte_offset FROM marks
        WHERE reader >= 'hits/' AND reader < 'hits0' ORDER BY reader LIMIT 65536";
    CARRIED_DROP = "DELETE FROM carried
        WHERE node = $1 AND (to_segment, to_offset) <= ($2, $3)";
}

/// A run of a node's journal: everything from one place up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The node whose journal it is.
    pub node: u16,
    /// Segment and bytes into it where the run begins: where the one before it ended.
    pub from: (u64, u32),
    pub to: (u64, u32),
}

/// What the names of those readers begin with.
const HITS: &str = "hits/";

/// The reader's name under which the mark of a node's hits is kept.
#[must_use]
pub fn hits_reader(node: u16) -> String {
    format!("{HITS}{node}")
}

impl Store {
    /// Moves the mark of a node's hits past the contiguous runs that follow it, and returns where
    /// it is; None when nothing has been recorded yet.
    pub async fn hits_confirmed(&self, node: u16) -> Result<Option<Mark>, StoreError> {
        let mark = self.mark_find(hits_reader(node)).await?;
        let runs = self.read(move |tx| runs_of(tx, node)).await?;
        let old = mark.as_ref().map_or((0, 0), |mark| (mark.segment, mark.offset));
        let new = follow(old, &runs);
        if new == old {
            return Ok(mark);
        }
        let moved = Mark { reader: hits_reader(node), segment: new.0, offset: new.1 };
        let kept = moved.clone();
        self.write(move |tx| {
            marks::put(tx, &kept)?;
            let segment = integer(kept.segment, "a mark's segment")?;
            tx.execute(CARRIED_DROP, (node, segment, kept.offset)).map(drop)
        })
        .await?;
        Ok(Some(moved))
    }
}

/// How far the runs lead from `mark` without a hole. They may overlap: a lost chunk is cut again.
fn follow(mark: (u64, u32), runs: &[Run]) -> (u64, u32) {
    runs.iter().fold(mark, |mark, run| if run.from <= mark { run.to.max(mark) } else { mark })
}

fn runs_of(tx: &Tx<'_>, node: u16) -> Result<Vec<Run>, StoreError> {
    tx.all(CARRIED_OF, [node], |row| {
        let segment = |number| narrow(number, "a run's segment");
        let from = (segment(row.get(0)?)?, row.get(1)?);
        let to = (segment(row.get(2)?)?, row.get(3)?);
        Ok(Run { node, from, to })
    })
}

/// For each node, the place before which the store has all of its hits: its mark, and the runs that
/// follow it without a hole.
pub(crate) fn horizons(tx: &Tx<'_>) -> Result<BTreeMap<u16, (u64, u32)>, StoreError> {
    let marks = tx.all(HITS_MARKS, (), |row| {
        let node = row.text(0)?.strip_prefix(HITS).and_then(|node| node.parse().ok());
        let place = (narrow(row.get(1)?, "a mark's segment")?, row.get(2)?);
        Ok(node.map(|node: u16| (node, place)))
    })?;
    let mut ends: BTreeMap<u16, (u64, u32)> = marks.into_iter().flatten().collect();
    let runs = tx.all(CARRIED_ALL, (), |row| {
        let segment = |number| narrow(number, "a run's segment");
        let from = (segment(row.get(1)?)?, row.get(2)?);
        let to = (segment(row.get(3)?)?, row.get(4)?);
        Ok(Run { node: row.get(0)?, from, to })
    })?;
    for run in runs.chunk_by(|one, other| one.node == other.node) {
        let Some(first) = run.first() else { continue };
        let end = ends.entry(first.node).or_default();
        *end = follow(*end, run);
    }
    Ok(ends)
}

/// Stores a run, in the transaction of its hits.
pub(crate) fn put(tx: &Tx<'_>, run: &Run) -> Result<(), StoreError> {
    let segment = |number| integer(number, "a run's segment");
    let (from, to) = (segment(run.from.0)?, segment(run.to.0)?);
    tx.execute(CARRIED_PUT, (run.node, from, run.from.1, to, run.to.1)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(from: u32, to: u32) -> Run {
        Run { node: 1, from: (1, from), to: (1, to) }
    }

    #[test]
    fn a_mark_stops_at_a_hole_and_goes_over_what_overlaps() {
        assert_eq!(follow((0, 0), &[]), (0, 0));
        assert_eq!(follow((1, 10), &[run(20, 30)]), (1, 10));
        assert_eq!(follow((1, 10), &[run(5, 12), run(10, 20), run(15, 18), run(20, 30)]), (1, 30));
        assert_eq!(follow((1, 10), &[run(2, 4)]), (1, 10), "never back");
        let beyond = Run { node: 1, from: (1, 30), to: (2, 7) };
        assert_eq!(follow((1, 10), &[run(10, 30), beyond]), (2, 7));
    }
}
