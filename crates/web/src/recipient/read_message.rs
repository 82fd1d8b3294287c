//! The message as a page, for people who can't read it in their mail program.
//!
//! Invariants: shows what that recipient was sent, to anyone who holds the link and to no cache; no
//! script from an announcement runs. Its pixel and links are the message's own, so a reader here
//! counts as a reader there.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use campaign::{CampaignError, Messages};

use crate::listen::{headers, respond};
use crate::recipient::link_segment::LinkSegment;
use crate::recipient::parts::{Holder, NoHolder, PublicParts};

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    Extension(messages): Extension<Arc<Option<Messages>>>,
    LinkSegment(token): LinkSegment,
) -> Response {
    let holder = match parts.reader(&token).await {
        Ok(holder) => holder,
        Err(why) => return parts.without_holder(&why),
    };
    let Holder { contact, campaign, .. } = &holder;
    // A holder is found in a store, and with a store there are messages.
    let Some(messages) = &*messages else { return parts.without_holder(&NoHolder::Unknown) };
    match messages.page(&parts.keys, *campaign, contact).await {
        Ok(html) => {
            let policy = HeaderValue::from_static(headers::MESSAGE_PAGE);
            ([(CONTENT_SECURITY_POLICY, policy)], respond::html(html)).into_response()
        }
        // A message that could not be made was never sent, so its link is nobody's.
        Err(CampaignError::Message(problem)) => {
            tracing::debug!(%problem, "can't show a message as a page");
            parts.without_holder(&NoHolder::Unknown)
        }
        Err(problem) => respond::failed("making a message's page", &problem),
    }
}
