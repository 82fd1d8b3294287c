//! A form that comes when its session has ended: shown again with what was typed, to be sent once more
//! as soon as somebody is signed in.
//!
//! Invariants: bounded, because nobody is known here; nothing of it is kept by the server; a form with a
//! password is not shown.

use askama::Template;
use axum::extract::{FromRequest as _, Request};
use axum::http::header::{CONTENT_LENGTH, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use crate::admin::page::form::Form;
use crate::listen::respond;

/// Bytes of a form that is shown again.
const FORM_BYTES: usize = 256 << 10;
/// Fields that nobody has typed.
const UNTYPED: [&str; 3] = ["key", "revision", "do"];
/// Forms about one's own way in.
const ACCOUNT: &str = "/admin/me";

#[derive(Template)]
#[template(path = "admin/kept_form.html")]
struct KeptFormPage<'f> {
    path: &'f str,
    fields: Vec<(&'f str, &'f str)>,
}

/// The page with the form; None when there is nothing in it to be kept.
pub(crate) async fn page(request: Request) -> Option<Response> {
    let path = request.uri().path().to_owned();
    let is_kept = request.method() == Method::POST && !path.starts_with(ACCOUNT);
    let bytes = length(request.headers()).unwrap_or(0);
    if !is_kept || bytes == 0 || bytes > FORM_BYTES {
        return None;
    }
    let form = Form::from_request(request, &()).await.ok()?;
    let has = |which: fn(&str) -> bool| form.pairs().any(|(name, _)| which(name));
    if has(|name| name.contains("password")) || !has(|name| !UNTYPED.contains(&name)) {
        return None;
    }
    let page = KeptFormPage { path: &path, fields: form.pairs().collect() };
    Some(respond::page(StatusCode::UNAUTHORIZED, &page))
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
