//! The router of the table.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};

use crate::api::parts::{ApiDocument, ApiParts};
use crate::api::problem::Problem;
use crate::api::route::{ApiRoute, Verb};
use crate::api::routes::API_ROUTES;
use crate::api::{gate, openapi, reader};

/// Every address below `/api`.
pub(crate) fn router(mut parts: ApiParts) -> Router {
    let document = openapi::document(&API_ROUTES);
    let page = reader::page(&document);
    parts.document = Arc::new(ApiDocument { json: document.to_string(), page });
    let mut paths: Vec<&'static str> = API_ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut router = Router::new();
    for path in paths {
        let routes = API_ROUTES.iter().filter(|route| route.path == path);
        let methods = routes.fold(MethodRouter::new(), with);
        router = router.route(path, methods.fallback(wrong_method));
    }
    router
        .route("/api", axum::routing::any(nothing_here))
        .route("/api/{*rest}", axum::routing::any(nothing_here))
        .with_state(parts)
}

fn with(methods: MethodRouter<ApiParts>, route: &'static ApiRoute) -> MethodRouter<ApiParts> {
    let filter = match route.verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Put => MethodFilter::PUT,
        Verb::Patch => MethodFilter::PATCH,
    };
    methods.on(
        filter,
        move |State(parts): State<ApiParts>,
              path: Result<RawPathParams, RawPathParamsRejection>,
              request: Request| async move {
            let counters = Arc::clone(&parts.counters);
            match path {
                Ok(path) => {
                    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                    gate::answer(route, parts, path.iter().map(owned).collect(), request).await
                }
                Err(_) => {
                    let words = "The address is not UTF-8.";
                    gate::refuse(Problem::bad_request("query", words), &counters)
                }
            }
        },
    )
}

async fn wrong_method(State(parts): State<ApiParts>) -> Response {
    let words = "The header Allow says with which methods this address can be asked.";
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", words);
    gate::refuse(problem, &parts.counters)
}

async fn nothing_here(State(parts): State<ApiParts>) -> Response {
    let words = "There is nothing at this address; GET /api/v1 shows what there is.";
    gate::refuse(Problem::not_found("route", words), &parts.counters)
}
