//! Another address: proved by a link that is mailed to it.

use axum::http::StatusCode;
use axum::response::Response;

use crate::clock::now;
use crate::recipient::account::frame::AccountRequest;
use crate::recipient::parts::in_time;

/// Uses up the link that proves the address.
pub(super) async fn confirm(asked: &AccountRequest) -> Response {
    // Whose it is, and where it was mailed, before it is used up.
    let found = match in_time(asked.accounts.link(asked.link(), now())).await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding a link that proves an address", &problem),
    };
    let Some(link) = found.filter(|link| link.is_change) else {
        return asked.gone(asked.words(None));
    };
    let words = asked.words(Some(&link.attributes));
    let changed = in_time(asked.accounts.confirm_change(asked.link(), words, now())).await;
    let address = link.email.masked();
    let values = [("organisation", asked.sender.organisation.as_str()), ("address", &address)];
    let (status, title, text) = match changed {
        Ok(Some(true)) => (StatusCode::OK, "changed-title", "changed-text"),
        Ok(Some(false)) => (StatusCode::CONFLICT, "unchanged-title", "unchanged-text"),
        Ok(None) => return asked.gone(words),
        Err(problem) => return asked.not_now("changing an address", &problem),
    };
    let lines = vec![words.filled(text, &values)];
    asked.notice(status, words, words.text(title), lines)
}
