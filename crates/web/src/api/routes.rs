//! Every route of the API as data.
//!
//! Invariants: the router, the document and the tests are made from this table and from nothing else,
//! and the table in `docs/api.md` equals it (a test compares them).

mod campaigns;
mod people;
mod privacy;
mod system;

use std::sync::LazyLock;

use axum::response::Response;

use crate::api::asked::Names;
use crate::api::parts::ApiParts;
use crate::api::route::{Answer, ApiNeeds, ApiRoute, Handler, Shape};
use crate::api::route_macros::known;
use crate::api::{problem_codes, tokens};
use crate::listen::respond;

const fn open(
    path: &'static str,
    operation: &'static str,
    handler: fn(&ApiParts, &str) -> Response,
    about: &'static str,
) -> ApiRoute {
    let handler = Handler::Open(handler);
    ApiRoute::get(path, operation, ApiNeeds::Nothing, Names::Nothing, handler, about)
}

/// Every route, in the order of the manual's table.
pub static API_ROUTES: LazyLock<Vec<ApiRoute>> = LazyLock::new(|| {
    [OPEN, campaigns::ROUTES, people::ROUTES, system::ROUTES, privacy::ROUTES].concat()
});

const OPEN: &[ApiRoute] = &[
    open(
        "/api/v1",
        "api_reader",
        |parts, _| respond::html(parts.document.page.clone()),
        "This API for readers",
    ),
    open(
        "/api/v1/openapi.json",
        "api_document",
        |parts, _| respond::json(parts.document.json.clone()),
        "This API for programs: its OpenAPI document",
    )
    .answering(Answer::Other("application/json")),
    open(
        "/api/v1/problems/{code}",
        "problem_page",
        |_, code| problem_codes::page(code),
        "What a kind of problem means",
    ),
    ApiRoute::get(
        "/api/v1/me",
        "me",
        ApiNeeds::Token,
        Names::Nothing,
        known!(tokens::me),
        "Whose token this is, and what it may do",
    )
    .answering(Answer::One(Shape::of::<tokens::Me>())),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the table in the manual.
    fn told() -> Vec<String> {
        let text = include_str!("../../../../docs/api.md");
        let map = text.split("<!-- routes -->").nth(1).unwrap();
        map.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
    }

    #[test]
    fn the_table_of_the_manual_is_the_table() {
        let ours: Vec<String> = API_ROUTES
            .iter()
            .map(|it| {
                let (verb, log) = (it.verb.as_str(), it.audit.map(|it| format!("`{it}`")));
                let log = log.unwrap_or_default();
                format!("| `{verb} {}` | {} | {} | {log} |", it.path, it.needs, it.about)
            })
            .collect();
        assert_eq!(told(), ours, "docs/api.md should hold:\n{}", ours.join("\n"));
    }
}
