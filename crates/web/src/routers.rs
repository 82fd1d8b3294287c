//! Which address leads to which page, one router per listener.

use std::future::ready;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::get;
use axum::{Extension, Router};
use campaign::Messages;

use crate::admin;
use crate::admin::parts::AdminParts;
use crate::api;
use crate::api::parts::ApiParts;
use crate::archive;
use crate::listen::{assets, headers, same_origin};
use crate::ops::health::{self, HealthParts};
use crate::ops::outage;
use crate::recipient::account::{acts, data, download, way_in};
use crate::recipient::parts::PublicParts;
use crate::recipient::{
    self, brand, browser, browser_cookie, join, media_file, preferences, read_message, tracking,
    unsubscribe,
};
use crate::shared_report::{self, SharedReports};

/// Our form has one short field, a one-click body 26 bytes; multipart adds a few hundred.
const MAX_FORM_BYTES: usize = 8 * 1024;

/// In an account each attribute has a field.
const MAX_ACCOUNT_FORM_BYTES: usize = 64 * 1024;

/// A name, an address, a password of 1,000 bytes, and a tick for each right and topic.
const MAX_ADMIN_FORM_BYTES: usize = 64 * 1024;

/// The pages that links in messages lead to.
pub fn public_router(parts: PublicParts) -> Router {
    let sender = parts.sender();
    let sheet = brand::sheet(&sender.brand);
    let policy = brand::policy(&sender.brand);
    let in_account = DefaultBodyLimit::max(MAX_ACCOUNT_FORM_BYTES);
    let messages = parts.store.clone().map(|store| Messages::new(store, sender));
    Router::new()
        .route("/u/{*token}", get(unsubscribe::show).post(unsubscribe::act))
        .route("/p/{*token}", get(preferences::show).post(preferences::act).layer(in_account))
        .route("/t/{*token}", get(tracking::show).post(tracking::act))
        .route("/v/{*token}", get(read_message::show))
        .route(browser_cookie::PATH, get(browser::show).post(browser::act))
        .route("/account", get(way_in::show).post(way_in::ask))
        .route("/account/data", get(data::show).post(acts::act).layer(in_account))
        .route("/account/files/{file}", get(download::file))
        .route("/account/{token}", get(way_in::show_link).post(way_in::use_link))
        .route("/join.js", get(join::send::script))
        .route("/join/{name}", get(join::send::show).post(join::send::send).layer(in_account))
        .route("/join/{name}/stamp", get(join::send::stamp))
        .route("/confirm/{token}", get(join::confirm::show).post(join::confirm::confirm))
        .route(brand::SHEET, get(async move || brand::show_sheet(sheet)))
        .route(recipient::HONEYPOT_PATH, get(async || recipient::FOR_PROGRAMS))
        .route("/m/{file}", get(media_file::show))
        .route("/r/{token}", get(shared_report::show))
        .merge(archive::routes())
        .route("/healthz", get(health::live))
        .route("/robots.txt", get(async || "User-agent: *\nAllow: /archive/\nDisallow: /\n"))
        .fallback(recipient::parts::nothing_here)
        .merge(assets::routes(&[&assets::CSS, &assets::ICON]))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(map_response(move |page| ready(brand::with_policy(page, policy.as_ref()))))
        .layer(from_fn(headers::secure))
        .layer(Extension(Arc::new(messages)))
        .layer(Extension(SharedReports::default()))
        .with_state(parts)
}

/// The admin pages, with health and metrics among them.
pub fn admin_router(parts: AdminParts) -> Router {
    let router = admin::router::router(&parts)
        .layer(from_fn_with_state(parts.accounts.clone(), admin::entry::closed::until_owner))
        .layer(from_fn(same_origin::only_own_pages))
        .layer(DefaultBodyLimit::max(MAX_ADMIN_FORM_BYTES))
        .merge(health::routes())
        .merge(assets::routes(&[
            &assets::CSS,
            &assets::HTMX,
            &assets::ZONE,
            &assets::DRAFT,
            &assets::LIVE,
            &assets::PASSKEY,
            &assets::ICON,
        ]))
        .layer(from_fn(admin::parts::no_nul));
    guarded(router, parts.this_machine_only).with_state(parts)
}

/// The API for programs, to be merged with the admin pages.
pub fn api_router(parts: ApiParts) -> Router {
    let this_machine_only = parts.this_machine_only;
    guarded(api::router::router(parts), this_machine_only)
}

/// `/healthz`, `/readyz` and `/metrics` and nothing that tells of a person: for a listener of their
/// own.
pub fn health_router(parts: HealthParts) -> Router {
    guarded(health::routes::<HealthParts>(), parts.this_machine_only).with_state(parts)
}

/// Pages without a store behind them.
pub fn outage_router() -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .fallback(outage::come_back)
        .layer(from_fn(headers::secure))
}

fn guarded<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    this_machine_only: bool,
) -> Router<S> {
    let router = router.layer(from_fn(headers::secure));
    if this_machine_only { router.layer(from_fn(headers::for_this_machine)) } else { router }
}
