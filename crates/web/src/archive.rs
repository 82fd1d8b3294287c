//! What everybody may read: the list and the feed of a topic, and its campaigns.
//!
//! Invariants: nothing here belongs to a recipient or tells of one, so any cache may keep it for a
//! minute; no script from an announcement runs.

mod feed;
mod freshness;
mod language;
mod list;
mod message;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use campaign::CampaignError;
use store::{Store, StoreError};

use crate::listen::respond;
use crate::recipient::parts::{PublicParts, in_time};

pub(crate) fn routes() -> Router<PublicParts> {
    Router::new()
        .route("/archive/{topic}", get(list::show))
        .route("/archive/{topic}/feed.atom", get(feed::show))
        .route("/archive/{topic}/latest", get(list::latest))
        .route("/archive/{topic}/{campaign}", get(message::show))
}

impl PublicParts {
    /// What is read from the archive; or the answer, when there is nothing or it can't be had.
    async fn archived<T>(
        &self,
        read: impl AsyncFnOnce(Store) -> Result<Option<T>, CampaignError>,
    ) -> Result<T, Response> {
        let Some(store) = self.store.clone() else { return Err(self.try_later()) };
        let found = in_time(async move {
            match read(store).await {
                Err(CampaignError::Store(error)) => Err(error),
                other => Ok(other),
            }
        });
        match found.await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Ok(None)) => Err(self.nothing_published()),
            Ok(Err(problem)) => Err(respond::failed("reading the archive", &problem)),
            Err(problem @ StoreError::Unreachable(_)) => {
                tracing::warn!(%problem, "can't read the archive");
                Err(self.try_later())
            }
            Err(problem) => Err(respond::failed("reading the archive", &problem)),
        }
    }

    fn nothing_published(&self) -> Response {
        self.counted(|it| &it.missing);
        let text = "Nothing is published at this address, or it has been taken back.";
        self.notice(StatusCode::NOT_FOUND, "Nothing to read here", text)
    }

    fn counted(&self, which: impl Fn(&crate::ArchiveCounters) -> &AtomicU64) {
        which(&self.counters.archive).fetch_add(1, Ordering::Relaxed);
    }
}
