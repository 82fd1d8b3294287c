//! The link that confirms what was typed into a form.

use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use model::TopicId;
use store::{Join, JoinConfirmed, JoinForm, StoreError};

use crate::clock::now;
use crate::listen::{respond, same_origin};
use crate::recipient::account::frame::ConfirmPage;
use crate::recipient::join::again;
use crate::recipient::join::request::JoinRequest;
use crate::recipient::parts::in_time;

/// What a link is about.
struct Found {
    join: Join,
    form: Option<JoinForm>,
    /// The names of the topics.
    topics: String,
}

impl JoinRequest {
    /// The secret of the link, without what was glued to it on its way.
    pub(super) fn link(&self) -> &str {
        let is_own = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let end = self.segment.find(|c| !is_own(c)).unwrap_or(self.segment.len());
        self.segment.get(..end).unwrap_or_default()
    }

    async fn found(&self) -> Result<Option<Found>, StoreError> {
        in_time(async {
            let Some(join) = self.joins.find(self.link(), now()).await? else { return Ok(None) };
            let store = self.joins.store();
            let form = store.form_find(join.form.clone()).await?;
            let all = store.topics_list().await?;
            let named = |id: &TopicId| all.iter().find(|it| it.id == *id).map(|it| &*it.name);
            let topics: Vec<&str> = join.topics.iter().filter_map(named).collect();
            Ok(Some(Found { topics: topics.join(", "), join, form }))
        })
        .await
    }

    /// A page with a button that confirms.
    pub(super) fn button(
        &self,
        words: RecipientWords,
        [title, button]: [&str; 2],
        text: String,
    ) -> Response {
        let page = ConfirmPage {
            brand: self.brand(words),
            frame: self.frame(words),
            title: words.text(title),
            text,
            action: "",
            act: "confirm",
            button: words.text(button),
            is_grave: false,
            back: None,
        };
        respond::page(StatusCode::OK, &page)
    }

    pub(super) fn gone(&self, words: RecipientWords) -> Response {
        let lines = vec![words.text("join-gone-text")];
        self.notice(StatusCode::NOT_FOUND, words, words.text("gone-title"), lines)
    }
}

/// Shows a button and uses nothing up: programs follow links in mails.
pub(crate) async fn show(asked: JoinRequest) -> Response {
    let found = match asked.found().await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding what a link confirms", &problem),
    };
    let Some(found) = found else { return again::show(&asked).await };
    let words = asked.words(found.form.as_ref());
    let address = found.join.email.masked();
    let values = [
        ("organisation", asked.sender.organisation.as_str()),
        ("address", &address),
        ("topics", &found.topics),
    ];
    let text = words.filled("join-confirm-text", &values);
    asked.button(words, ["join-confirm-title", "join-confirm-button"], text)
}

/// Uses the link up.
pub(crate) async fn confirm(asked: JoinRequest) -> Response {
    let words = asked.words(None);
    if !same_origin::is_own(&asked.headers) {
        let lines = vec![words.text("foreign-form")];
        return asked.notice(StatusCode::FORBIDDEN, words, words.text("said-nothing"), lines);
    }
    // Their removal may be among those that wait, and would be applied after their return.
    if asked.joins.store().removals_waiting() > 0 {
        return asked.later(words);
    }
    let found = match asked.found().await {
        Ok(found) => found,
        Err(problem) => return asked.not_now("finding what a link confirms", &problem),
    };
    let Some(found) = found else { return again::confirm(&asked).await };
    let words = asked.words(found.form.as_ref());
    let organisation = asked.sender.organisation.as_str();
    let address = found.join.email.masked();
    let values =
        [("organisation", organisation), ("address", &*address), ("topics", &*found.topics)];
    match in_time(asked.joins.confirm(asked.link(), now())).await {
        Ok(Some(JoinConfirmed::Joined { .. })) => {
            let lines = vec![words.filled("join-done-text", &values)];
            asked.notice(StatusCode::OK, words, words.text("join-done-title"), lines)
        }
        Ok(Some(JoinConfirmed::Blocked(_))) => {
            let lines = vec![words.filled("join-blocked-text", &values)];
            asked.notice(StatusCode::OK, words, words.text("returned-blocked"), lines)
        }
        Ok(None) => asked.gone(words),
        Err(problem) => asked.not_now("confirming what was typed into a form", &problem),
    }
}
