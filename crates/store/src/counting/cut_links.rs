//! Cutting a browser from a contact: what was recorded of the one with the other is taken apart.
//!
//! Invariants: from the cut on, no row has both; hits of the contact in that browser, from before or
//! after, are recorded without the browser. Counts stay. The links go in the transaction of the cut, and
//! events a bounded number at a time, again and on after a restart, until everything that was being
//! recorded during the cut is in the store. Whom it was about is kept for [`CUT_FOR`], for this and for
//! nothing else.

pub(crate) mod postgres;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use model::{ContactId, Timestamp, VisitorId};

use crate::counting::recorded_hit::RecordedHit;
use crate::counting::visitors::visitor_at;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::{Store, StoreError};

texts! {
    PAIR_DROP = "DELETE FROM visitor_links WHERE visitor = $1 AND contact_id = $2";
    CUT_PUT = "INSERT INTO cut_visitor_links (visitor, contact_id, cut_at, settled)
        VALUES ($1, $2, $3, 0)
        ON CONFLICT (visitor, contact_id) DO UPDATE SET cut_at = excluded.cut_at, settled = 0";
    CUT_FIND = "SELECT 1 FROM cut_visitor_links WHERE visitor = $1 AND contact_id = $2";
    CUT_ANY = "SELECT 1 FROM cut_visitor_links LIMIT 1";
    PAIR_EVENTS_UNNAME = "UPDATE events SET visitor = NULL, client = NULL
        WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE visitor >= $1 AND visitor <= $2 AND contact_id = $3 LIMIT $4)";
    CUT_OPEN = "SELECT 1 FROM cut_visitor_links WHERE settled = 0 LIMIT 1";
    /// Changes nothing, but keeps other nodes from the same row.
    CUT_TAKE = "UPDATE cut_visitor_links SET settled = 0
        WHERE (visitor, contact_id) IN (SELECT visitor, contact_id FROM cut_visitor_links
            WHERE settled = 0 ORDER BY cut_at, visitor, contact_id LIMIT 1)
        RETURNING visitor, contact_id, cut_at";
    CUT_SETTLE = "UPDATE cut_visitor_links SET settled = 1 WHERE visitor = $1 AND contact_id = $2";
    /// A browser that was seen since may have a younger cookie.
    CUT_EXPIRE = "DELETE FROM cut_visitor_links WHERE cut_at < $1 AND settled = 1
        AND NOT EXISTS (SELECT 1 FROM visitors v
            WHERE v.visitor = cut_visitor_links.visitor AND v.last_at >= $1)";
}

/// How long a cut is kept at least: no cookie lives longer.
pub const CUT_FOR: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Events from which one transaction takes the browser.
const EVENTS_AT_ONCE: i64 = 5_000;
/// Longer than recording a batch takes: one that began before the cut has ended by then.
const SETTLED_AFTER: Duration = Duration::from_secs(60);

/// What a cut has taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VisitorCut {
    /// Whether the browser was tied to the contact; otherwise nothing was changed.
    pub was_tied: bool,
    /// Views and clicks that have lost the browser at once; more may follow.
    pub hits: u64,
}

impl Store {
    /// Cuts the browser from the contact, if it is tied to them. What is left is done by
    /// [`Self::visitor_cuts_settle`].
    pub async fn visitor_cut(
        &self,
        visitor: VisitorId,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<VisitorCut, StoreError> {
        self.write(move |tx| {
            let mut cut = VisitorCut::default();
            for number in merged_numbers::numbers(tx, contact)? {
                if tx.execute(PAIR_DROP, (visitor.0, number.0))? == 0 {
                    continue;
                }
                tx.execute(CUT_PUT, (visitor.0, number.0, at.0))?;
                cut.was_tied = true;
                cut.hits += unname(tx, visitor, number)?;
            }
            Ok(cut)
        })
        .await
    }

    /// Goes on with one of the cuts that are not settled. Whether there is more to do at once.
    ///
    /// # Errors
    /// When the store can't do it; what was done by earlier calls stays done.
    pub async fn visitor_cuts_settle(&self, now: Timestamp) -> Result<bool, StoreError> {
        let is_open = self.read(|tx| tx.first(CUT_OPEN, (), |_| Ok(())));
        if is_open.await?.is_none() {
            return Ok(false);
        }
        self.write(move |tx| settle(tx, now)).await
    }

    /// Forgets cuts from before `before` whose browsers have not been seen since; returns how many.
    pub async fn visitor_cuts_expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |tx| tx.execute(CUT_EXPIRE, [before.0]).map(rows)).await
    }
}

fn settle(tx: &Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let taken = tx.first(CUT_TAKE, (), |row| {
        Ok((visitor_at(row, 0)?, ContactId(row.get(1)?), Timestamp(row.get(2)?)))
    })?;
    let Some((visitor, contact, cut_at)) = taken else { return Ok(false) };
    tx.execute(PAIR_DROP, (visitor.0, contact.0))?;
    if unname(tx, visitor, contact)? >= EVENTS_AT_ONCE.unsigned_abs() {
        return Ok(true);
    }
    if now < cut_at.after(SETTLED_AFTER) {
        return Ok(false);
    }
    tx.execute(CUT_SETTLE, (visitor.0, contact.0))?;
    Ok(true)
}

fn unname(tx: &Tx<'_>, visitor: VisitorId, contact: ContactId) -> Result<u64, StoreError> {
    let values = (visitor.0, visitor.last_long(), contact.0, EVENTS_AT_ONCE);
    tx.execute(PAIR_EVENTS_UNNAME, values).map(rows)
}

fn rows(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The hits of a batch as they are to be recorded: without browsers that were cut from their contacts.
pub(crate) fn without_cut<'h>(
    tx: &Tx<'_>,
    hits: &'h [RecordedHit],
) -> Result<Cow<'h, [RecordedHit]>, StoreError> {
    let pairs: BTreeSet<(VisitorId, ContactId)> = hits.iter().filter_map(pair_of).collect();
    if pairs.is_empty() || tx.first(CUT_ANY, (), |_| Ok(()))?.is_none() {
        return Ok(Cow::Borrowed(hits));
    }
    let cut = cut_among(tx, &pairs)?;
    if cut.is_empty() {
        return Ok(Cow::Borrowed(hits));
    }
    let mut hits = hits.to_vec();
    for recorded in &mut hits {
        if pair_of(recorded).is_some_and(|pair| cut.contains(&pair)) {
            // The address would be that of whoever uses the browser.
            (recorded.hit.visitor, recorded.hit.client) = (None, None);
        }
    }
    Ok(Cow::Owned(hits))
}

fn pair_of(recorded: &RecordedHit) -> Option<(VisitorId, ContactId)> {
    recorded.hit.visitor.zip(recorded.hit.contact)
}

fn cut_among(
    tx: &Tx<'_>,
    pairs: &BTreeSet<(VisitorId, ContactId)>,
) -> Result<BTreeSet<(VisitorId, ContactId)>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::cut_among(bulk, pairs);
    }
    let mut find = tx.prepare(CUT_FIND)?;
    let mut cut = BTreeSet::new();
    for pair in pairs {
        if find.exists((pair.0.0, pair.1.0))? {
            cut.insert(*pair);
        }
    }
    Ok(cut)
}
