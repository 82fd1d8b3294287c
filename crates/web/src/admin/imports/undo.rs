//! Taking an import back, from its page.
//!
//! Invariant: what it would do, and to how many people, is counted and shown before anybody can do it.

use axum::extract::{Path, State};
use axum::response::Response;
use model::JobId;

use crate::admin::page::calls::call;
use crate::admin::page::form::Form;
use crate::admin::page::message::Message;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

use super::reading::TypedReading;
use super::{PATH, job_id, page};

/// Counts what undoing would do, or does it.
pub(crate) async fn undo(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    match asked(&admitted, &parts, &id, &form).await {
        Ok((job, message)) => admitted.visitor.done(&format!("{PATH}/{job}"), message),
        Err(Refused::DoneBefore) => {
            admitted.visitor.done(&format!("{PATH}/{id}"), Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => {
            page::page(&admitted, &parts, &id, TypedReading::Nothing, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn asked(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
) -> Result<(JobId, Message), Refused> {
    let id = job_id(id)?;
    let dry_run = form.text("do") != "undo";
    let call = call(admitted, form)?;
    let job = actions::import_undo(&parts.resources, &call, id, dry_run).await?;
    Ok((job, if dry_run { Message::UndoCounted } else { Message::UndoStarted }))
}
