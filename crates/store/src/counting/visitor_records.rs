//! What is kept of one visitor, and its removal.
//!
//! Invariants: what is removed is every row that bears the identifier, and the network address of its
//! hits; counts stay, they name nobody. Hits from before the removal that are recorded afterwards bear no visitor: their
//! identifiers are kept for [`REMOVED_FOR`] for that, and for nothing else. An identifier is also
//! found in the long form of earlier releases. One transaction takes the identifier from a bounded
//! number of events.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Timestamp, VisitorId};

use crate::counting::recorded_hit::RecordedHit;
use crate::counting::visitor_links;
use crate::counting::visitors::postgres;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    VISITOR_TIMES = "SELECT min(first_at), max(last_at) FROM visitors
        WHERE visitor >= $1 AND visitor <= $2";
    VISITOR_CAMPAIGNS = "SELECT count(DISTINCT campaign_id) FROM campaign_visitors
        WHERE campaign_id IN (SELECT id FROM campaigns) AND visitor >= $1 AND visitor <= $2";
    VISITOR_EVENTS = "SELECT count(*) FROM (SELECT 1 AS one FROM events
        WHERE visitor >= $1 AND visitor <= $2 LIMIT $3) AS found";
    EVENTS_UNNAME = "UPDATE events SET visitor = NULL, client = NULL
        WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE visitor >= $1 AND visitor <= $2 LIMIT $3)";
    VISITS_REMOVE = "DELETE FROM campaign_visitors
        WHERE campaign_id IN (SELECT id FROM campaigns) AND visitor >= $1 AND visitor <= $2";
    VISITOR_REMOVE = "DELETE FROM visitors WHERE visitor >= $1 AND visitor <= $2";
    REMOVED_PUT = "INSERT INTO removed_visitors (visitor, removed_at) VALUES ($1, $2)
        ON CONFLICT (visitor) DO UPDATE SET removed_at = excluded.removed_at";
    REMOVED_ANY = "SELECT 1 FROM removed_visitors LIMIT 1";
    REMOVED_FIND = "SELECT removed_at FROM removed_visitors WHERE visitor = $1";
    REMOVED_EXPIRE = "DELETE FROM removed_visitors WHERE removed_at < $1";
}

/// How long a removed identifier is kept, so that hits which wait in a journal don't bring it back.
pub const REMOVED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Events from which one transaction takes the identifier.
const EVENTS_AT_ONCE: i64 = 5_000;
/// Events are counted up to this number.
pub const MOST_COUNTED: u64 = 10_000;

/// What is kept of a visitor: times and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitorRecord {
    /// The first and the last hit with its cookie.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Campaigns in whose count of browsers it is.
    pub campaigns: u64,
    /// Views and clicks that are kept one by one, counted up to [`MOST_COUNTED`].
    pub hits: u64,
}

/// What a removal has taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VisitorRemoval {
    /// Whether the store knew the visitor.
    pub known: bool,
    /// Campaigns from whose list of browsers it went; their counts stay.
    pub campaigns: u64,
    /// Views and clicks that are now nobody's browser's.
    pub hits: u64,
}

impl Store {
    /// What is kept of the visitor; nothing when it is unknown.
    pub async fn visitor_find(&self, id: VisitorId) -> Result<Option<VisitorRecord>, StoreError> {
        self.read(move |tx| {
            let (first, last) = (id.0, id.last_long());
            let times =
                |row: &SqlRow<'_>| Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?));
            let (Some(first_at), Some(last_at)) = tx.one(VISITOR_TIMES, (first, last), times)?
            else {
                return Ok(None);
            };
            let count = |row: &SqlRow<'_>| row.get::<i64>(0);
            let campaigns = tx.one(VISITOR_CAMPAIGNS, (first, last), count)?;
            let most = i64::try_from(MOST_COUNTED).unwrap_or(i64::MAX);
            let hits = tx.one(VISITOR_EVENTS, (first, last, most), count)?;
            Ok(Some(VisitorRecord {
                first_at: Timestamp(first_at),
                last_at: Timestamp(last_at),
                campaigns: campaigns.unsigned_abs(),
                hits: hits.unsigned_abs(),
            }))
        })
        .await
    }

    /// Removes everything that bears the visitor's identifier. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the store can't do it; the identifier is then taken from some of its events only.
    pub async fn visitor_remove(
        &self,
        id: VisitorId,
        at: Timestamp,
    ) -> Result<VisitorRemoval, StoreError> {
        let preparing = self.preparing();
        // First of all: from now on no recorder brings it back.
        preparing.write(move |tx| tx.execute(REMOVED_PUT, (id.0, at.0)).map(drop)).await?;
        let mut hits = 0;
        loop {
            let unnamed = preparing.write(move |tx| unname(tx, id)).await?;
            hits += unnamed;
            if unnamed < EVENTS_AT_ONCE.unsigned_abs() {
                break;
            }
        }
        self.write(move |tx| {
            let (first, last) = (id.0, id.last_long());
            tx.execute(REMOVED_PUT, (first, at.0))?;
            let unnamed = unname(tx, id)?;
            let campaigns = rows(tx.execute(VISITS_REMOVE, (first, last))?);
            let known = tx.execute(VISITOR_REMOVE, (first, last))? > 0;
            visitor_links::drop_visitor(tx, id)?;
            Ok(VisitorRemoval { known, campaigns, hits: hits + unnamed })
        })
        .await
    }

    /// Forgets whom it was that was removed before `before`; returns how many.
    pub async fn removed_visitors_expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |tx| tx.execute(REMOVED_EXPIRE, [before.0]).map(rows)).await
    }
}

fn unname(tx: &Tx<'_>, id: VisitorId) -> Result<u64, StoreError> {
    tx.execute(EVENTS_UNNAME, (id.0, id.last_long(), EVENTS_AT_ONCE)).map(rows)
}

fn rows(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The hits of a batch as they are to be recorded: without the visitors who were removed after
/// them.
pub(crate) fn without_removed<'h>(
    tx: &Tx<'_>,
    hits: &'h [RecordedHit],
) -> Result<Cow<'h, [RecordedHit]>, StoreError> {
    let visitors: BTreeSet<VisitorId> = hits.iter().filter_map(|it| it.hit.visitor).collect();
    if visitors.is_empty() || tx.first(REMOVED_ANY, (), |row| row.get::<i64>(0))?.is_none() {
        return Ok(Cow::Borrowed(hits));
    }
    let removed = removed_among(tx, &visitors)?;
    if removed.is_empty() {
        return Ok(Cow::Borrowed(hits));
    }
    let mut hits = hits.to_vec();
    for RecordedHit { hit, .. } in &mut hits {
        let removed_at = hit.visitor.and_then(|visitor| removed.get(&visitor));
        if removed_at.is_some_and(|removed_at| hit.at.0 <= *removed_at) {
            (hit.visitor, hit.client) = (None, None);
        }
    }
    Ok(Cow::Owned(hits))
}

/// Those of the visitors who were removed, and when.
fn removed_among(
    tx: &Tx<'_>,
    visitors: &BTreeSet<VisitorId>,
) -> Result<BTreeMap<VisitorId, i64>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::removed_among(bulk, visitors);
    }
    let mut find = tx.prepare(REMOVED_FIND)?;
    let mut removed = BTreeMap::new();
    for visitor in visitors {
        if let Some(at) = find.first([visitor.0], |row| row.get(0))? {
            removed.insert(*visitor, at);
        }
    }
    Ok(removed)
}
