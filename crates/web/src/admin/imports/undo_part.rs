//! The part of an import's page about undoing it.

use actions::UndoState;
use store::{Job, JobState};

use crate::admin::jobs::figures;
use crate::admin::page::calls::looking;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

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
