//! The link by which a subscriber confirms that they still want a topic.

use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use store::{AskedAgainLink, ConfirmedAgain};

use crate::clock::now;
use crate::recipient::join::request::JoinRequest;
use crate::recipient::parts::in_time;

fn words_of(asked: &JoinRequest, found: &AskedAgainLink) -> RecipientWords {
    actions::own_words(&found.attributes).unwrap_or_else(|| asked.words(None))
}

/// What the link of a form does not know, this may. Uses nothing up.
pub(super) async fn show(asked: &JoinRequest) -> Response {
    let found = match in_time(asked.joins.find_again(asked.link())).await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding what a link confirms", &problem),
    };
    let Some(found) = found else { return asked.gone(asked.words(None)) };
    let words = words_of(asked, &found);
    let address = found.email.masked();
    let values = [
        ("organisation", asked.sender.organisation.as_str()),
        ("address", &*address),
        ("topics", &*found.topic),
    ];
    let text = words.filled("reconfirm-text", &values);
    asked.button(words, ["reconfirm-title", "reconfirm-button"], text)
}

/// Uses it up.
pub(super) async fn confirm(asked: &JoinRequest) -> Response {
    let found = match in_time(asked.joins.find_again(asked.link())).await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding what a link confirms", &problem),
    };
    let Some(found) = found else { return asked.gone(asked.words(None)) };
    let words = words_of(asked, &found);
    let address = found.email.masked();
    let values = [
        ("organisation", asked.sender.organisation.as_str()),
        ("address", &*address),
        ("topics", &*found.topic),
    ];
    match in_time(asked.joins.confirm_again(asked.link(), now())).await {
        Ok(Some(ConfirmedAgain::Confirmed)) => {
            let lines = vec![words.filled("join-done-text", &values)];
            asked.notice(StatusCode::OK, words, words.text("reconfirm-done-title"), lines)
        }
        Ok(Some(ConfirmedAgain::Blocked(_))) => {
            let lines = vec![words.filled("join-blocked-text", &values)];
            asked.notice(StatusCode::OK, words, words.text("returned-blocked"), lines)
        }
        Ok(None) => asked.gone(words),
        Err(problem) => asked.not_now("confirming a subscription again", &problem),
    }
}
