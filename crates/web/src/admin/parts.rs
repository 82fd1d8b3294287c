//! What every admin page needs: what it is made from, the frame around it, and the page for unknown
//! addresses.

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::extract::{FromRef, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use media::FileStore;
use store::Store;

use crate::admin::inbox::Inbox;
use crate::admin::kept_topics::KeptTopics;
use crate::listen::respond;
use crate::ops::health::HealthParts;

/// What the admin pages are made from.
#[derive(Clone)]
pub struct AdminParts {
    pub store: Store,
    /// Where the media library's bytes are.
    pub files: FileStore,
    /// Caught mail to look at; otherwise the inbox shows test messages.
    pub inbox: Option<Arc<Inbox>>,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// The process's metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Why this node does not do what it is there for; empty when it does.
    pub readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// What this process is and where it works.
    pub process: Arc<dyn Fn() -> ProcessFacts + Send + Sync>,
    /// The topics' numbers as they were last counted.
    pub(crate) topics: Arc<Mutex<Option<KeptTopics>>>,
}

/// A process and the machine that it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProcessFacts {
    /// Of Pharos.
    pub version: String,
    /// Where the store is, without a password.
    pub store: String,
    /// The data folder.
    pub data_folder: String,
    /// Bytes that may still be written there; None when that is not known.
    pub free_bytes: Option<u64>,
    /// Bytes of the store's file, if it is one.
    pub store_bytes: Option<u64>,
}

impl AdminParts {
    /// Admin pages for the listener that `health` is for; `inbox` is the demo's.
    #[must_use]
    pub fn new(
        health: HealthParts,
        files: FileStore,
        inbox: Option<Arc<Inbox>>,
        process: Arc<dyn Fn() -> ProcessFacts + Send + Sync>,
    ) -> Self {
        let HealthParts { store, this_machine_only, metrics, readiness } = health;
        let topics = Arc::default();
        Self { store, files, inbox, this_machine_only, metrics, readiness, process, topics }
    }
}

/// A page above the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crumb {
    pub(crate) path: String,
    pub(crate) name: String,
}

/// The frame around every admin page.
#[derive(Debug, Clone)]
pub(crate) struct AdminFrame {
    /// Which entry of the navigation this is.
    pub(crate) here: &'static str,
    /// The pages above this one, from the outermost.
    pub(crate) above: Vec<Crumb>,
}

impl AdminFrame {
    /// The same frame around a page below another.
    pub(crate) fn below(mut self, path: impl Into<String>, name: impl Into<String>) -> Self {
        self.above.push(Crumb { path: path.into(), name: name.into() });
        self
    }
}

impl AdminParts {
    pub(crate) fn frame(&self, here: &'static str) -> AdminFrame {
        AdminFrame { here, above: Vec::new() }
    }
}

#[derive(Template)]
#[template(path = "admin/notice.html")]
struct AdminNoticePage<'a> {
    frame: AdminFrame,
    title: &'a str,
    text: &'a str,
}

/// A page that says one thing, in place of another.
pub(crate) fn notice(parts: &AdminParts, status: StatusCode, title: &str, text: &str) -> Response {
    respond::page(status, &AdminNoticePage { frame: parts.frame(""), title, text })
}

/// The page for an address that leads nowhere.
pub(crate) fn missing(parts: &AdminParts, title: &'static str, text: &'static str) -> Response {
    notice(parts, StatusCode::NOT_FOUND, title, text)
}

pub(crate) async fn nothing_here(State(parts): State<AdminParts>) -> Response {
    missing(&parts, "No such page", "The address may be mistyped or from an older version.")
}

/// Refuses addresses with a zero byte: PostgreSQL takes none in a text, and nothing that is kept
/// has one.
pub(crate) async fn no_nul(
    State(parts): State<AdminParts>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
    if asked.contains("%00") {
        let text = "It holds a zero byte, which no name and no address has.";
        return notice(&parts, StatusCode::BAD_REQUEST, "This address does not work", text);
    }
    next.run(request).await
}

impl FromRef<AdminParts> for HealthParts {
    fn from_ref(parts: &AdminParts) -> Self {
        Self {
            store: parts.store.clone(),
            this_machine_only: parts.this_machine_only,
            metrics: Arc::clone(&parts.metrics),
            readiness: Arc::clone(&parts.readiness),
        }
    }
}
