//! All events that there are, for a file.
//!
//! Invariant: memory holds two pages: while one is written, the next one is read.

use model::RuleSet;
use store::{
    EventCursor, EventScan, FeedQuery, FeedRefusal, ScannedEvents, Store, StoreError, Undisclosed,
};
use tokio::task::JoinHandle;

use crate::ReportError;
use crate::events::{Event, undisclosed};

/// Events in the order of their times, page by page.
pub struct EventExport {
    store: Store,
    rules: &'static RuleSet,
    cursor: EventCursor,
    ahead: Option<JoinHandle<Result<ReadEvents, StoreError>>>,
}

/// A page, and where the scan goes on behind it.
type ReadEvents = (Undisclosed<Vec<Event>>, Option<EventScan>);

impl EventExport {
    /// Those of a query that there are now, as these rules judge them.
    ///
    /// # Errors
    /// When the store can't be read; inside, why no cursor can stand behind them.
    pub async fn begin(
        store: &Store,
        query: FeedQuery,
        rules: &'static RuleSet,
    ) -> Result<Result<Self, FeedRefusal>, ReportError> {
        let scan = match store.event_scan(query).await? {
            Ok(scan) => scan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let cursor = scan.cursor().clone();
        let mut export = Self { store: store.clone(), rules, cursor, ahead: None };
        export.read_ahead(scan);
        Ok(Ok(export))
    }

    fn read_ahead(&mut self, scan: EventScan) {
        let (store, rules) = (self.store.clone(), self.rules);
        self.ahead = Some(tokio::spawn(async move {
            let ScannedEvents { events, rest } = store.event_scan_page(scan).await?;
            let events = events.into_iter().map(|event| Event::new(event, rules));
            Ok((undisclosed(events.collect()), rest))
        }));
    }

    /// The next events, which may be none and nobody has got yet; nothing behind the last ones.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn next(&mut self) -> Result<Option<Undisclosed<Vec<Event>>>, ReportError> {
        let Some(ahead) = self.ahead.as_mut() else { return Ok(None) };
        let page = ahead.await.map_err(|_| StoreError::Closed)?;
        self.ahead = None;
        let (events, rest) = page?;
        if let Some(rest) = rest {
            self.read_ahead(rest);
        }
        Ok(Some(events))
    }

    /// Behind all of them, for who follows the feed from there.
    #[must_use]
    pub const fn cursor(&self) -> &EventCursor {
        &self.cursor
    }
}

impl Drop for EventExport {
    fn drop(&mut self) {
        if let Some(ahead) = &self.ahead {
            ahead.abort();
        }
    }
}
