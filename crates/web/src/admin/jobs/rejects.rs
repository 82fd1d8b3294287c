//! What a job could not use, as a file.

use actions::{Refusal, RefusalKind};
use axum::response::Response;
use store::Job;

use crate::admin::page::calls::looking;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::spreadsheet_file::spreadsheet_parts;
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
    spreadsheet_parts(&format!("{}-{id}-rejects.csv", job.kind), first, |first| {
        file_parts::body(first, move |number| {
            let (resources, call) = (resources.clone(), call.clone());
            async move { actions::job_rejects(&resources, &call, id, number).await }
        })
    })
}
