//! A text's message, for the frame beside it.
//!
//! Invariant: no message can run a script or act as part of our origin.

use askama::Template;
use axum::http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use campaign::{CampaignError, Preview};
use serde::Deserialize;

use crate::admin::inbox_pages::with_links_in_new_tabs;
use crate::admin::page::form::sentence;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::text_editor::preview_page::{in_scheme, without_images};
use crate::listen::{headers, respond};

#[derive(Deserialize)]
pub(crate) struct FrameQuery {
    pub(crate) show: Option<String>,
}

/// Words, or the text part, in the place of a message.
#[derive(Template)]
#[template(path = "admin/text_frame.html")]
struct PlainFrame<'a> {
    note: &'a str,
    text: &'a str,
}

/// As light or dark screens show it, without images, or its text part.
pub(crate) fn framed(
    preview: Result<Preview, CampaignError>,
    show: Option<&str>,
    visitor: &Visitor,
) -> Response {
    framed_as(preview, |preview| looked_at(preview, show), visitor)
}

/// As the caller shows it, or why there is nothing to show.
pub(crate) fn framed_as(
    preview: Result<Preview, CampaignError>,
    shown: impl FnOnce(&Preview) -> Response,
    visitor: &Visitor,
) -> Response {
    let preview = match preview {
        Ok(preview) => shown(&preview),
        Err(error @ CampaignError::Store(_)) => {
            return PageProblem::failed("previewing")(error).page(visitor);
        }
        Err(CampaignError::Announcement(_)) => {
            plain("The message shows here as soon as the text has no mistakes.", "")
        }
        Err(error) => plain(&sentence(&error.to_string()), ""),
    };
    let policy = [(CONTENT_SECURITY_POLICY, headers::MESSAGE_FRAME)];
    let framing = [(X_FRAME_OPTIONS, "SAMEORIGIN")];
    (policy, framing, preview).into_response()
}

fn looked_at(preview: &Preview, show: Option<&str>) -> Response {
    let html = match show {
        Some("text") => return plain("", &preview.text),
        Some("dark") => in_scheme(&preview.html, "dark"),
        Some("bare") => without_images(&in_scheme(&preview.html, "light")),
        _ => in_scheme(&preview.html, "light"),
    };
    respond::html(with_links_in_new_tabs(&html))
}

fn plain(note: &str, text: &str) -> Response {
    match (PlainFrame { note, text }).render() {
        Ok(html) => respond::html(html),
        Err(problem) => respond::failed("rendering a page", &problem),
    }
}
