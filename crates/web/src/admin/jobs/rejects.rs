//! What a job could not use, as a file.

use actions::{Refusal, RefusalKind};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use store::Job;

use crate::admin::page::calls::looking;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::listen::file_parts;

/// Part by part.
pub(crate) async fn rejects_of(admitted: &Admitted, parts: &AdminParts, job: &Job) -> Response {
    let (resources, call, id) = (parts.resources.clone(), looking(admitted), job.id);
    let first = match actions::job_rejects(&resources, &call, id, 0).await {
        Ok(first) => first,
        Err(Refusal { kind: RefusalKind::Conflict, .. }) => {
            return PageProblem::file_erased().page(&admitted.visitor);
        }
        Err(refusal) => {
            return PageProblem::failed("reading what was rejected")(refusal)
                .page(&admitted.visitor);
        }
    };
    let body = file_parts::body(first, move |number| {
        let (resources, call) = (resources.clone(), call.clone());
        async move { actions::job_rejects(&resources, &call, id, number).await }
    });
    let named = format!("attachment; filename=\"{}-{id}-rejects.csv\"", job.kind);
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, named)];
    (headers, body).into_response()
}
