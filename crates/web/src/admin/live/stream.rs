//! One stream of events: the parts of a page, each sent when it has changed.
//!
//! Events: `ready` at the beginning; the name of a part, with its HTML and the page's revisions as id;
//! `end` when the page has to be loaded again; `again` when this stream has lasted long enough. What
//! the reader has (`Last-Event-ID`, or `since`) is not sent.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::select_all;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use crate::admin::entry::gate::Admission;
use crate::admin::page::form::new_key;
use crate::admin::streams::{LivePart, LiveStreams, Maker, StreamPlace};
use crate::listen::respond;

/// When a browser asks again after the end of a stream.
const RETRY: &str = "retry: 3000\nevent: ready\ndata: 1\n\n";
const BEAT: &str = ": beat\n\n";
const AGAIN: &str = "event: again\ndata: 1\n\n";
const END: &str = "event: end\ndata: reload\n\n";
/// Seconds after which there may be a place.
const PLACE_AFTER: &str = "30";

/// A part of a page that is to be shown in a stream.
pub(crate) struct Shown {
    /// The element, and the name of its events.
    pub(crate) part: &'static str,
    /// Whoever may see a part of this name sees the same.
    pub(crate) name: String,
    pub(crate) make: Maker,
}

struct FollowedPart {
    part: &'static str,
    /// The revision that the reader has.
    known: String,
    latest: Receiver<Option<Arc<LivePart>>>,
}

/// What the reader has: of the last event that came, or of the page.
pub(crate) fn since(headers: &HeaderMap, page: Option<&str>) -> Option<String> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    last.or(page).map(str::to_owned)
}

/// Streams the parts of a page to who was admitted to it.
pub(crate) fn stream(
    streams: &LiveStreams,
    admission: Admission,
    since: Option<&str>,
    shown: Vec<Shown>,
) -> Response {
    let Some(place) = admission.session().and_then(|session| streams.enter(session)) else {
        let text = "There are too many open streams; close some pages.\n";
        let answer = respond::text(StatusCode::SERVICE_UNAVAILABLE, text);
        return ([(RETRY_AFTER, PLACE_AFTER)], answer).into_response();
    };
    let mut known = since.unwrap_or_default().split('.').map(str::to_owned);
    let followed = shown.into_iter().map(|Shown { part, name, make }| FollowedPart {
        part,
        known: known.next().unwrap_or_default(),
        latest: streams.follow(name, make),
    });
    let stream = LiveStream {
        followed: followed.collect(),
        admission,
        beat: beats(streams.limits.beat),
        ends: Instant::now() + streams.limits.lasts,
        streams: streams.clone(),
        is_over: false,
        _place: place,
    };
    let begin = futures_util::stream::iter([Ok(Bytes::from_static(RETRY.as_bytes()))]);
    let events = futures_util::stream::unfold(stream, LiveStream::next);
    let body = Body::from_stream(futures_util::StreamExt::chain(begin, events));
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // A proxy that collects answers would hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (CONNECTION, "close"),
    ];
    (headers, body).into_response()
}

fn beats(every: Duration) -> Interval {
    let mut beats = interval_at(Instant::now() + every, every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

struct LiveStream {
    followed: Vec<FollowedPart>,
    admission: Admission,
    beat: Interval,
    ends: Instant,
    streams: LiveStreams,
    is_over: bool,
    _place: StreamPlace,
}

impl LiveStream {
    /// The next piece of the stream; nothing at its end.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.is_over {
            return None;
        }
        let stop = self.streams.stop.clone();
        let piece = stop.run_until_cancelled_owned(self.piece()).await??;
        Some((Ok(piece), self))
    }

    async fn piece(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.news()? {
                return Some(Bytes::from(event));
            }
            let changed =
                self.followed.iter_mut().map(|followed| Box::pin(followed.latest.changed()));
            tokio::select! {
                biased;
                () = sleep_until(self.ends) => {
                    self.is_over = true;
                    return Some(Bytes::from_static(AGAIN.as_bytes()));
                }
                _ = self.beat.tick() => {
                    return self.admission.holds().await.then(|| Bytes::from_static(BEAT.as_bytes()));
                }
                // What is followed is gone.
                (changed, ..) = select_all(changed) => changed.ok()?,
            }
        }
    }

    /// The first part that is not what the reader has; None at the end.
    fn news(&mut self) -> Option<Option<String>> {
        for index in 0..self.followed.len() {
            let followed = self.followed.get_mut(index)?;
            let Some(latest) = followed.latest.borrow_and_update().clone() else { continue };
            if latest.is_over {
                self.is_over = true;
                return Some(Some(END.to_owned()));
            }
            if latest.revision == followed.known {
                continue;
            }
            followed.known.clone_from(&latest.revision);
            let part = followed.part;
            let html = latest.html(&new_key().ok()?);
            let known: Vec<&str> = self.followed.iter().map(|it| it.known.as_str()).collect();
            return Some(Some(event(part, &known.join("."), &html)));
        }
        Some(None)
    }
}

/// As the standard writes it: a line break of any kind begins another line of data.
fn event(name: &str, id: &str, data: &str) -> String {
    let mut event = format!("id: {id}\nevent: {name}\n");
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_an_event() {
        let hostile = "<p>\r\rid: 9\r\n\r\nevent: end\ndata: reload\n\n</p>";
        let event = event("live", "a.b", hostile);
        let lines: Vec<&str> = event.trim_end().split('\n').collect();
        assert_eq!(lines.first(), Some(&"id: a.b"));
        assert_eq!(lines.get(1), Some(&"event: live"));
        assert!(lines.iter().skip(2).all(|line| line.starts_with("data: ")), "{event:?}");
        assert!(event.ends_with("\n\n") && !event.contains('\r'));
    }

    #[test]
    fn the_last_event_counts_before_the_page() {
        let mut headers = HeaderMap::new();
        assert_eq!(since(&headers, Some("a")).as_deref(), Some("a"));
        headers.insert("last-event-id", "b".parse().unwrap());
        assert_eq!(since(&headers, Some("a")).as_deref(), Some("b"));
    }
}
