//! What every node tells the people who operate it: whether it is well, and its metrics. The admin
//! pages include it; a listener for operations, or on a node without pages, has nothing else.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use store::Store;
use tokio::time::timeout;

use crate::listen::respond;

/// How long the store may take to say that it is there.
const STORE_WAIT: Duration = Duration::from_secs(2);

/// What health and metrics are made from.
#[derive(Clone)]
pub struct HealthParts {
    /// Asked whether it answers.
    pub store: Store,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// The process's metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Why this node does not do what it is there for; empty when it does. The store is asked
    /// besides.
    pub readiness: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

pub(crate) fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    HealthParts: FromRef<S>,
{
    Router::new()
        .route("/healthz", get(live))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers requests. Nothing else is checked: restarting it would fix no database.
pub(crate) async fn live() -> Response {
    respond::text(StatusCode::OK, "ok\n")
}

/// Whether the node does its job, and if not, every reason on a line of its own.
async fn ready(State(parts): State<HealthParts>) -> Response {
    let mut reasons = (parts.readiness)();
    match timeout(STORE_WAIT, parts.store.setting_find("installation")).await {
        Ok(Ok(_)) => {}
        Ok(Err(problem)) => reasons.insert(0, format!("the store: {problem}")),
        Err(_) => reasons.insert(0, format!("the store did not answer within {STORE_WAIT:?}")),
    }
    if reasons.is_empty() {
        return respond::text(StatusCode::OK, "ready\n");
    }
    let reasons: String = reasons.iter().map(|reason| format!("{reason}\n")).collect();
    tracing::debug!(reasons, "not ready");
    respond::text(StatusCode::SERVICE_UNAVAILABLE, reasons)
}

async fn metrics(State(parts): State<HealthParts>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], (parts.metrics)()).into_response()
}
