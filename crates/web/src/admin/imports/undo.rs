//! Taking an import back, from its page.
//!
//! Invariant: what it would do, and to how many people, is counted and shown before anybody can do it.

use actions::UndoState;
use axum::extract::{Path, State};
use axum::response::Response;
use model::JobId;
use store::{Job, JobState};

use crate::admin::calls::call;
use crate::admin::form::Form;
use crate::admin::message::Message;
use crate::admin::parts::AdminParts;
use crate::admin::problem::PageProblem;
use crate::admin::refused::Refused;
use crate::admin::visitor::Admitted;

use super::{PATH, figures, looking, page};

/// What can be undone, or was.
pub(crate) struct UndoPart {
    /// The import.
    pub(crate) import: String,
    /// The page of a job that has undone it, or is at it, with words.
    pub(crate) job: Option<(String, &'static str)>,
    /// What was counted can be done now.
    pub(crate) is_counted: bool,
}

impl UndoPart {
    /// For the page of this job; nothing where there is nothing to undo.
    pub(crate) async fn of(
        admitted: &Admitted,
        parts: &AdminParts,
        job: &Job,
    ) -> Result<Option<Self>, PageProblem> {
        if let Some(import) = job.of {
            let is_counted = job.state == JobState::Waiting;
            return Ok(Some(Self { import: import.to_string(), job: None, is_counted }));
        }
        let state = actions::import_undo_state(&parts.resources, &looking(admitted), job.id).await;
        let undo = match state.map_err(PageProblem::failed("looking for what undoes an import"))? {
            UndoState::NothingToUndo => return Ok(None),
            UndoState::CanBeUndone => None,
            UndoState::Undone(undo) => {
                let words = match undo.state {
                    JobState::Done => "It was undone",
                    JobState::Waiting => "What undoing it would do was counted",
                    _ => "It is being undone",
                };
                Some((figures::path(&undo), words))
            }
        };
        Ok(Some(Self { import: job.id.to_string(), job: undo, is_counted: false }))
    }
}

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
            page::page(&admitted, &parts, &id, None, status, Some(problem)).await
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
    let id = page::job_id(id)?;
    let dry_run = form.text("do") != "undo";
    let call = call(admitted, form)?;
    let job = actions::import_undo(&parts.resources, &call, id, dry_run).await?;
    Ok((job, if dry_run { Message::UndoCounted } else { Message::UndoStarted }))
}
