//! Segments by their names: rules that say whom they mean, whoever that is at the moment.
//!
//! Invariants: the rule of a stored segment can be resolved: what it names was there when it was stored, it
//! names no circle of segments, and no segment is removed while another one or a campaign that has not
//! started names it.

pub(crate) mod compile;
pub(crate) mod count;
pub(crate) mod estimate;
pub(crate) mod evidence;
pub(crate) mod needed;
pub(crate) mod query;
pub(crate) mod resolve;
pub(crate) mod source;
mod statement;
pub(crate) mod walk;

use model::{SegmentName, SegmentRefused, SegmentRule, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::segments::resolve::resolved;
use crate::{Store, StoreError};

texts! {
    SEGMENTS_LIST = "SELECT name, rule, revision, created_at, changed_at, changed_by FROM segments
        ORDER BY name_key LIMIT 1000";
    SEGMENT_FIND = "SELECT name, rule, revision, created_at, changed_at, changed_by FROM segments
        WHERE name_key = $1";
    SEGMENTS_COUNT = "SELECT count(*) FROM segments WHERE name_key <> $1";
    SEGMENT_INSERT = "INSERT INTO segments (name, name_key, rule, revision, created_at, changed_at,
            changed_by) VALUES ($1, $2, $3, 1, $4, $4, $5) ON CONFLICT (name_key) DO NOTHING";
    SEGMENT_CHANGE = "UPDATE segments SET name = $1, rule = $3, revision = revision + 1,
            changed_at = $4, changed_by = $5 WHERE name_key = $2 AND revision = $6";
    SEGMENT_REMOVE = "DELETE FROM segments WHERE name_key = $1";
}

/// Segments that there can be.
pub const MOST_SEGMENTS: i64 = 1_000;

/// A segment as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSegment {
    pub name: String,
    pub rule: SegmentRule,
    /// Grows with each change, from 1.
    pub revision: i64,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// Who has changed it last.
    pub changed_by: String,
}

/// A segment that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSegment {
    pub name: SegmentName,
    pub rule: SegmentRule,
    /// The revision that the writer has seen; 0: there is none; None: whatever there is.
    pub over: Option<i64>,
}

impl Store {
    /// The segments by their names.
    pub async fn segments_list(&self) -> Result<Vec<StoredSegment>, StoreError> {
        self.read(|tx| tx.all(SEGMENTS_LIST, (), segment_row)).await
    }

    /// The segment with this name, regardless of case.
    pub async fn segment_find(
        &self,
        name: SegmentName,
    ) -> Result<Option<StoredSegment>, StoreError> {
        self.read(move |tx| find(tx, &name)).await
    }

    /// Stores a segment, or what it is from now on. Returns its revision.
    ///
    /// # Errors
    /// [`StoreError::Segment`] when it names what there is not, or itself; [`StoreError::Changed`] when it is
    /// not the one that the writer has seen; [`StoreError::OutOfRange`] when there are too many.
    pub async fn segment_set(&self, new: NewSegment, at: Timestamp) -> Result<i64, StoreError> {
        self.write(move |tx| {
            let NewSegment { name, rule, over } = &new;
            resolved(tx, rule, Some(name))?;
            if tx.one(SEGMENTS_COUNT, [name.key()], |row| row.get::<i64>(0))? >= MOST_SEGMENTS {
                return Err(StoreError::OutOfRange("the number of segments"));
            }
            let revision = find(tx, name)?.map_or(0, |before| before.revision);
            if over.is_some_and(|seen| seen != revision) {
                return Err(StoreError::Changed("segment"));
            }
            let (text, by) = (rule.to_string(), tx.actor());
            let changed = if revision == 0 {
                tx.execute(SEGMENT_INSERT, (name.as_str(), name.key(), text, at.0, by))?
            } else {
                let values = (name.as_str(), name.key(), text, at.0, by, revision);
                tx.execute(SEGMENT_CHANGE, values)?
            };
            if changed == 0 { Err(StoreError::Changed("segment")) } else { Ok(revision + 1) }
        })
        .await
    }

    /// Removes a segment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Segment`] while something needs it.
    pub async fn segment_remove(&self, name: SegmentName) -> Result<(), StoreError> {
        self.write(move |tx| {
            let others = tx.all(SEGMENTS_LIST, (), segment_row)?;
            let names_it = |it: &&StoredSegment| {
                it.rule.segments().iter().any(|named| named.key() == name.key())
            };
            if let Some(other) = others.iter().find(names_it) {
                let by = format!("the segment {:?}", other.name);
                return Err(SegmentRefused::Needed { name: name.to_string(), by }.into());
            }
            if let Some(campaign) = needed::waiting_for(tx, &name)? {
                let by = format!("campaign {campaign}, which has not started");
                return Err(SegmentRefused::Needed { name: name.to_string(), by }.into());
            }
            match tx.execute(SEGMENT_REMOVE, [name.key()])? {
                0 => Err(StoreError::NotFound("segment")),
                _ => Ok(()),
            }
        })
        .await
    }
}

pub(crate) fn find(tx: &Tx<'_>, name: &SegmentName) -> Result<Option<StoredSegment>, StoreError> {
    tx.first(SEGMENT_FIND, [name.key()], segment_row)
}

fn segment_row(row: &SqlRow<'_>) -> Result<StoredSegment, StoreError> {
    let rule = SegmentRule::parse(row.text(1)?);
    Ok(StoredSegment {
        name: row.get(0)?,
        rule: rule.map_err(|problem| StoreError::Corrupt(format!("a segment: {problem}")))?,
        revision: row.get(2)?,
        created_at: Timestamp(row.get(3)?),
        changed_at: Timestamp(row.get(4)?),
        changed_by: row.get(5)?,
    })
}
