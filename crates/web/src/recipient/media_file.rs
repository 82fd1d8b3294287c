//! Files of the media library: the pictures in messages, and what they link to.
//!
//! Invariants: public, and the same for everybody for ever, so any cache may keep them; only what the
//! library has made is served, under the type that its name says, and nothing in it runs. A file goes
//! out piece by piece. Asks no database.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use media::{FileKey, FileStoreError};

use crate::listen::respond;
use crate::public_counters::MediaCounters;
use crate::recipient::parts::PublicParts;

/// A name is never given to other content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Whatever it is, it loads and runs nothing.
const ALONE: &str = "default-src 'none'; sandbox";
/// Web mail shows pictures from elsewhere.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let counters = &parts.counters.media;
    let Some((key, kind)) = FileKey::parse(&name).and_then(|key| key.kind().map(|it| (key, it)))
    else {
        return nothing(counters);
    };
    let tag = format!("\"{key}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.contains(&tag)) {
        counters.served.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, FOR_EVER.to_owned())])
            .into_response();
    }
    let file = match parts.files.get(&key).await {
        Ok(file) => file,
        Err(FileStoreError::Missing(_) | FileStoreError::Damaged(_)) => return nothing(counters),
        Err(problem) => {
            counters.failed.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%problem, "can't serve a media file");
            let sorry = "This file can't be had right now. Please try again in a moment.\n";
            let answer = respond::text(StatusCode::SERVICE_UNAVAILABLE, sorry);
            return ([(RETRY_AFTER, "30")], answer).into_response();
        }
    };
    counters.served.fetch_add(1, Ordering::Relaxed);
    let headers = [
        (CONTENT_TYPE, kind.content_type().to_owned()),
        (CONTENT_LENGTH, file.bytes.to_string()),
        (CACHE_CONTROL, FOR_EVER.to_owned()),
        (ETAG, tag),
        (CONTENT_SECURITY_POLICY, ALONE.to_owned()),
        (RESOURCE_POLICY, "cross-origin".to_owned()),
    ];
    let body = Body::from_stream(file.stream);
    if kind.is_picture() {
        return (headers, body).into_response();
    }
    // A key has no character that could end the quoted string.
    let disposition = format!("attachment; filename=\"{}\"", key.saved_as());
    (headers, [(CONTENT_DISPOSITION, disposition)], body).into_response()
}

/// Not to be kept: the file may be on its way to this node.
fn nothing(counters: &MediaCounters) -> Response {
    counters.missing.fetch_add(1, Ordering::Relaxed);
    respond::text(StatusCode::NOT_FOUND, "There is no such file.\n")
}
