//! What every node tells those who watch over it: whether it is well, and its metrics. The admin
//! pages bring it along; a node without pages has it alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use store::Store;

use crate::desk::AdminParts;
use crate::{headers, respond};

/// What health and metrics are made from.
#[derive(Clone)]
pub struct HealthParts {
    /// Asked whether it answers.
    pub store: Store,
    /// Answer only requests whose `Host` is this machine: for a listener on loopback.
    pub this_machine_only: bool,
    /// The process's metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl FromRef<AdminParts> for HealthParts {
    fn from_ref(parts: &AdminParts) -> Self {
        Self {
            store: parts.store.clone(),
            this_machine_only: parts.this_machine_only,
            metrics: Arc::clone(&parts.metrics),
        }
    }
}

/// `/healthz` and `/metrics`, for a node without admin pages.
pub fn health_router(parts: HealthParts) -> Router {
    let this_machine_only = parts.this_machine_only;
    let router = routes::<HealthParts>().layer(from_fn(headers::secure));
    let router =
        if this_machine_only { router.layer(from_fn(headers::for_this_machine)) } else { router };
    router.with_state(parts)
}

pub(crate) fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    HealthParts: FromRef<S>,
{
    Router::new().route("/healthz", get(health)).route("/metrics", get(metrics))
}

async fn health(State(parts): State<HealthParts>) -> Response {
    match parts.store.setting_find("installation").await {
        Ok(_) => respond::text(StatusCode::OK, "ok\n"),
        Err(problem) => {
            tracing::warn!(%problem, "not healthy");
            respond::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

async fn metrics(State(parts): State<HealthParts>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], (parts.metrics)()).into_response()
}
