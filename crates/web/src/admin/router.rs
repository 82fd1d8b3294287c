//! The table of admin pages as a router, with the gate in front of each, and how much each takes in.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, any, get};

use crate::admin::entry::gate::{self, Gate};
use crate::admin::entry_routes::EVERYBODY;
use crate::admin::media;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::parts::AdminParts;
use crate::admin::routes::ROUTES;

/// Where files are taken in, and how many bytes a form there may have; one without a number is bounded
/// where its file is read.
const UPLOADS: &[(&str, Option<usize>)] = &[
    ("/admin/erasures", None),
    ("/admin/imports", None),
    ("/admin/media", Some(media::upload::FORM_BYTES)),
];

/// Where whole texts are taken in.
const TEXTS: &[&str] = &["/admin/announcements/{id}/write", "/admin/campaigns/{number}/write"];
/// A text of the largest size, as a form writes it.
const TEXT_FORM_BYTES: usize = 4 << 20;

/// The router of the table, with the gate in front of each handler.
pub(crate) fn router(parts: &AdminParts) -> Router<AdminParts> {
    let gate = |access| Gate { parts: parts.clone(), access };
    let router = ROUTES.iter().fold(Router::new(), |router, route| {
        let gate = from_fn_with_state(gate(route.access), gate::pass);
        let mut handler = (route.handler)();
        let upload = UPLOADS.iter().find(|(path, _)| *path == route.path);
        if let Some((_, bytes)) = upload.filter(|_| route.method == Method::POST) {
            let limit = bytes.map_or_else(DefaultBodyLimit::disable, DefaultBodyLimit::max);
            handler = handler.route_layer(limit);
        }
        if TEXTS.contains(&route.path) {
            handler = handler.route_layer(DefaultBodyLimit::max(TEXT_FORM_BYTES));
        }
        router.route(route.path, handler.route_layer(gate))
    });
    // Addresses of releases before the prefix; links to them have been sent around.
    let router = ["/campaigns", "/campaigns/{*rest}", "/inbox", "/inbox/{*rest}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, get(to_new_address)));
    // An address that leads nowhere shows the way to who is signed in.
    let nowhere = any(nothing_here).layer(from_fn_with_state(gate(EVERYBODY), gate::pass));
    let nowhere: MethodRouter = nowhere.with_state(parts.clone());
    router.route("/", get(async || Redirect::temporary("/admin"))).fallback_service(nowhere)
}

async fn to_new_address(asked: Uri) -> Response {
    let rest = asked.path_and_query().map_or("", |rest| rest.as_str());
    Redirect::permanent(&format!("/admin{rest}")).into_response()
}

async fn nothing_here(visitor: Visitor) -> Response {
    let text = "The address may be mistyped or from an older version.";
    PageProblem::Missing("No such page", text).page(&visitor)
}
