//! Why something was not done, as the form that it came by shows it.

use access::AccessError;
use actions::{Refusal, RefusalKind};
use axum::http::StatusCode;

use crate::admin::page::form::FormProblem;
use crate::admin::page::problem::PageProblem;

/// What to answer when something was not done.
pub(crate) enum Refused {
    /// The form again, with what is wrong.
    Form(StatusCode, FormProblem),
    /// It was done before, by the same form.
    DoneBefore,
    /// Another page.
    Page(PageProblem),
}

impl From<AccessError> for Refused {
    fn from(error: AccessError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<PageProblem> for Refused {
    fn from(problem: PageProblem) -> Self {
        Self::Page(problem)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let pointer = refusal.fields.first().map(|field| field.pointer.as_str());
        let field = pointer.and_then(|it| it.rsplit('/').next()).unwrap_or_default();
        let status = match &refusal.kind {
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::NotAllowed(_) => StatusCode::FORBIDDEN,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Stale => StatusCode::PRECONDITION_FAILED,
            RefusalKind::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            RefusalKind::NotFound => {
                let text = "It may have been removed, or the address may be mistyped.";
                return Self::Page(PageProblem::Missing("No such thing here", text));
            }
            RefusalKind::Repeated(store::Repeated::Different) => StatusCode::CONFLICT,
            RefusalKind::Repeated(_) => return Self::DoneBefore,
            RefusalKind::Failed(_) => {
                return Self::Page(PageProblem::Failed(
                    "doing what a form asks",
                    Box::new(refusal),
                ));
            }
        };
        Self::Form(status, FormProblem::new(field, refusal.words))
    }
}

/// One field can't be meant.
pub(crate) fn wrong(field: &str, words: impl Into<String>) -> Refused {
    Refused::Form(StatusCode::UNPROCESSABLE_ENTITY, FormProblem::new(field, words))
}
