//! Why an admin page can't be shown, and the page that says so.

use std::error::Error;

use axum::http::StatusCode;
use axum::response::Response;

use crate::admin::page::visitor::Visitor;
use crate::admin::parts::notice;

#[derive(Debug)]
pub(crate) enum PageProblem {
    /// What is missing, and what it may be called instead.
    Missing(&'static str, &'static str),
    /// What is wrong with the address.
    Refused(String),
    /// What was being done, and what went wrong.
    Failed(&'static str, Box<dyn Error + Send + Sync>),
}

impl From<askama::Error> for PageProblem {
    fn from(problem: askama::Error) -> Self {
        Self::Failed("rendering a part of a page", Box::new(problem))
    }
}

impl PageProblem {
    /// Nobody knows the campaign's number.
    pub(crate) const fn no_campaign() -> Self {
        let text = "It may have a different number: the list shows them all.";
        Self::Missing("No such campaign", text)
    }

    /// Nobody has the contact's number, or it is not theirs to know.
    pub(crate) const fn no_contact() -> Self {
        let text = "They may have been erased, or the address may be mistyped.";
        Self::Missing("No such contact", text)
    }

    /// No topic has this slug, or it is not theirs to know.
    pub(crate) const fn no_topic() -> Self {
        Self::Missing("No such topic", "The list shows those that there are.")
    }

    /// No job has this number, or it is not theirs to know.
    pub(crate) const fn no_import() -> Self {
        Self::Missing("No such import", "Imports are kept for 30 days: the list shows them.")
    }

    /// Somebody who was in a job's file has been erased since.
    pub(crate) const fn file_erased() -> Self {
        let text =
            "It was removed because somebody in it has been erased. An export can be made anew.";
        Self::Missing("The file is not there any more", text)
    }

    /// The inbox has no message with this number.
    pub(crate) const fn no_message() -> Self {
        Self::Missing("No such message", "The inbox keeps only the newest messages.")
    }

    pub(crate) fn failed<E: Error + Send + Sync + 'static>(
        what: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |problem| Self::Failed(what, Box::new(problem))
    }

    /// The page that says so. What went wrong here goes to the log, once.
    pub(crate) fn page(self, visitor: &Visitor) -> Response {
        let frame = visitor.frame("");
        match self {
            Self::Missing(title, text) => notice(frame, StatusCode::NOT_FOUND, title, text),
            Self::Refused(text) => {
                notice(frame, StatusCode::BAD_REQUEST, "This address does not work", &text)
            }
            Self::Failed(what, problem) => {
                tracing::error!(what, %problem, "can't make a page");
                let text = "Nothing was changed. Please try again in a moment; the server’s log \
                    says what went wrong.";
                notice(frame, StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here", text)
            }
        }
    }
}
