//! Pages that keep themselves up to date: by one stream of events per page, or by asking again.
//!
//! Invariants: what a stream sends is what the page's own address shows, with the same revision; who may
//! no longer see a page loses its stream; a page that many look at is made once for all of them; streams
//! are bounded, and end at once when the server stops.
//!
//! A handler says how a part of its page is made; who looks, and how often, it does not know.

pub(crate) mod part;
mod stream;

use askama::Template;

pub(crate) use stream::{Shown, since, stream};

use crate::clock::now;

/// How a page is kept up to date, as its script finds it; without script a link.
#[derive(Template)]
#[template(path = "admin/live_control.html")]
pub(crate) struct LiveControl {
    /// The page's own address.
    page: String,
    stream: String,
    /// The names of its parts; each is an element, and the last part of an address.
    parts: &'static str,
    /// What the page shows now.
    since: String,
    as_of: String,
}

impl LiveControl {
    /// For a page whose parts have these revisions.
    pub(crate) fn new(
        page: String,
        stream: String,
        parts: &'static str,
        revisions: &[&str],
    ) -> Self {
        let as_of = now().rfc3339().replace('T', " ").replace('Z', " UTC");
        Self { page, stream, parts, since: revisions.join("."), as_of }
    }
}
