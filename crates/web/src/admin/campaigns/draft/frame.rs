//! A draft's message, for the frame beside its text.
//!
//! Invariant: no message can run a script or act as part of our origin.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use campaign::{CampaignError, MessageSources, Preview, ShownValues};
use serde::Deserialize;

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::preview_page::{in_scheme, without_images};
use crate::admin::inbox_pages::with_links_in_new_tabs;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::clock::now;
use crate::listen::{headers, respond};

#[derive(Deserialize)]
pub(crate) struct FrameQuery {
    show: Option<String>,
}

/// Words, or the text part, in the place of a message.
#[derive(Template)]
#[template(path = "admin/draft_frame.html")]
struct PlainFrame<'a> {
    note: &'a str,
    text: &'a str,
}

/// With made-up values, as light or dark screens show it, without images, or its text part.
pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<FrameQuery>,
) -> Response {
    let resources = &parts.resources;
    let record = match record_of(&parts, &number).await {
        Ok(record) => record,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let sources = MessageSources {
        store: &resources.store,
        sender: &resources.sender(),
        keys: &resources.keys,
        files: &resources.files,
    };
    let shown = ShownValues::default();
    let preview = match campaign::preview(&sources, record.campaign.id, &shown, now()).await {
        Ok(preview) => looked_at(&preview, asked.show.as_deref()),
        Err(error @ CampaignError::Store(_)) => {
            return PageProblem::failed("previewing")(error).page(&admitted.visitor);
        }
        Err(CampaignError::Announcement(_)) => {
            plain("The message shows here as soon as the text has no mistakes.", "")
        }
        Err(error) => plain(&crate::admin::page::form::sentence(&error.to_string()), ""),
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
