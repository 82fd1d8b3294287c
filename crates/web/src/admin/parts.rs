//! What every admin page needs: what it is made from, the frame around it, and the page for unknown
//! addresses.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::Response;
use store::Store;

use crate::admin::inbox::Inbox;
use crate::listen::respond;
use crate::ops::health::HealthParts;

/// What the admin pages are made from.
#[derive(Clone)]
pub struct AdminParts {
    pub store: Store,
    /// Caught mail to look at, where there is any.
    pub inbox: Option<Arc<Inbox>>,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// The process's metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Why this node does not do what it is there for; empty when it does.
    pub readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl AdminParts {
    /// Admin pages for the listener that `health` is for; `inbox` is the demo's.
    #[must_use]
    pub fn new(health: HealthParts, inbox: Option<Arc<Inbox>>) -> Self {
        let HealthParts { store, this_machine_only, metrics, readiness } = health;
        Self { store, inbox, this_machine_only, metrics, readiness }
    }
}

/// The frame around every admin page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdminFrame {
    /// Which entry of the navigation this is.
    pub(crate) here: &'static str,
    pub(crate) has_inbox: bool,
}

impl AdminParts {
    pub(crate) fn frame(&self, here: &'static str) -> AdminFrame {
        AdminFrame { here, has_inbox: self.inbox.is_some() }
    }
}

#[derive(Template)]
#[template(path = "admin_notice.html")]
struct AdminNoticePage {
    frame: AdminFrame,
    title: &'static str,
    text: &'static str,
}

/// The page for an address that leads nowhere.
pub(crate) fn missing(parts: &AdminParts, title: &'static str, text: &'static str) -> Response {
    let page = AdminNoticePage { frame: parts.frame(""), title, text };
    respond::page(StatusCode::NOT_FOUND, &page)
}

pub(crate) async fn nothing_here(State(parts): State<AdminParts>) -> Response {
    missing(&parts, "No such page", "The address may be mistyped or from an older version.")
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
