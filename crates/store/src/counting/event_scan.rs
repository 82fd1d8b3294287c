//! All events there are, in the order of their times: for who takes them away once.
//!
//! Invariants: what is read is what a reader of the feed would have had at the moment of the beginning, each event
//! once, and the cursor behind it goes on with exactly those that come later. It follows the primary key, so it is
//! several times as fast as the feed, and reads no event from before `since` or after `until`. A page reads a
//! bounded number of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::counting::event_cursor::{EventCursor, MOST_NODES};
use crate::counting::feed::{
    self, FEED_PAGE, FeedEvent, FeedFilter, FeedQuery, FeedRefusal, INSTALLATION_FIND,
};
use crate::counting::{carried_runs, expired_events};
use crate::engine::error::{count, integer};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    EVENTS_BY_TIME = "SELECT at, segment, byte_offset, campaign_id, contact_id, slot, signs, class, rules,
            visitor IS NOT NULL, mail_client, device, country, node
        FROM events WHERE at >= $1 AND at < $5 AND (at, node, segment, byte_offset) > ($1, $2, $3, $4)
        ORDER BY at, node, segment, byte_offset LIMIT $6";
}

/// Where a scan is: it goes on behind the last event that was read.
#[derive(Debug, Clone)]
pub struct EventScan {
    query: Arc<FeedQuery>,
    /// Behind each node's last event.
    ends: Arc<BTreeMap<u16, (u64, u32)>>,
    next: EventCursor,
    /// The primary key of the last event that was read.
    after: (i64, i64, i64, i64),
}

/// Some of the events of a scan.
#[derive(Debug)]
pub struct ScannedEvents {
    /// May be fewer than were read, or none.
    pub events: Vec<FeedEvent>,
    /// Where it goes on; None: these were the last.
    pub rest: Option<EventScan>,
}

impl EventScan {
    /// Behind all events of the scan, for who follows the feed from here.
    #[must_use]
    pub const fn cursor(&self) -> &EventCursor {
        &self.next
    }
}

impl Store {
    /// Begins a scan of all events of a query that there are now; its cursor is not looked at.
    ///
    /// # Errors
    /// When the store can't be read; inside, why no cursor can stand behind it.
    pub async fn event_scan(
        &self,
        query: FeedQuery,
    ) -> Result<Result<EventScan, FeedRefusal>, StoreError> {
        let query = Arc::new(query);
        self.read(move |tx| begin(tx, &query)).await
    }

    /// The next events of a scan.
    pub async fn event_scan_page(&self, scan: EventScan) -> Result<ScannedEvents, StoreError> {
        self.read(move |tx| page(tx, scan.clone())).await
    }
}

fn begin(
    tx: &Tx<'_>,
    query: &Arc<FeedQuery>,
) -> Result<Result<EventScan, FeedRefusal>, StoreError> {
    let installation: Option<String> = tx.first(INSTALLATION_FIND, (), |row| row.get(0))?;
    let removal = expired_events::last_removal(tx)?;
    let mut next = EventCursor::beginning(&installation.unwrap_or_default(), removal);
    let ends = carried_runs::horizons(tx)?;
    for (node, end) in &ends {
        next.set(*node, *end);
    }
    if next.len() > MOST_NODES {
        return Ok(Err(FeedRefusal::TooManyNodes));
    }
    let since = query.since.map_or(i64::MIN, |at| at.0);
    // Before every event of that moment.
    let after = (since, -1, -1, -1);
    Ok(Ok(EventScan { query: Arc::clone(query), ends: Arc::new(ends), next, after }))
}

fn page(tx: &Tx<'_>, mut scan: EventScan) -> Result<ScannedEvents, StoreError> {
    let until = scan.query.until.map_or(i64::MAX, |at| at.0);
    let limit = scan.query.limit.clamp(1, FEED_PAGE);
    let (at, node, segment, offset) = scan.after;
    let asked = (at, node, segment, offset, until, count(limit)?);
    let found = tx.all(EVENTS_BY_TIME, asked, |row| feed::event(row.get(13)?, row))?;
    let is_last = found.len() < limit;
    if let Some(last) = found.last() {
        let place = last.position;
        let segment = integer(place.segment, "an event's segment")?;
        scan.after = (last.at.0, place.node.into(), segment, place.offset.into());
    }
    let query = Arc::clone(&scan.query);
    let mut filter = FeedFilter::new(tx, &query)?;
    let mut events = Vec::with_capacity(found.len());
    for event in found {
        let place = (event.position.segment, event.position.offset);
        if scan.ends.get(&event.position.node).is_some_and(|end| place < *end) {
            events.extend(filter.shown(event)?);
        }
    }
    Ok(ScannedEvents { events, rest: (!is_last).then_some(scan) })
}
