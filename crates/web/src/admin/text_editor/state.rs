//! How a text is that was saved last.

use askama::Template;
use axum::http::StatusCode;
use model::Zone;
use store::CampaignText;

use crate::admin::page::form::FormProblem;
use crate::admin::page::problem::PageProblem;
use crate::admin::parts::AdminParts;
use crate::admin::text_editor::text_form::{Mistake, mistake};
use crate::admin::text_editor::{EditedText, clock};

/// A form that was refused, and why.
pub(crate) type RefusedText = (StatusCode, FormProblem);

/// How the text is that was saved last.
#[derive(Template)]
#[template(path = "admin/text_state.html")]
pub(crate) struct TextState {
    pub(crate) revision: i64,
    /// When it was saved, and by whom.
    pub(crate) saved: String,
    pub(crate) mistakes: Vec<Mistake>,
    /// What is good to know.
    pub(crate) notes: Vec<String>,
}

impl TextState {
    pub(crate) async fn of<T: EditedText>(
        edited: &T,
        parts: &AdminParts,
        text: &CampaignText,
        zone: &Zone,
    ) -> Result<Self, PageProblem> {
        let (mistakes, notes) = edited.findings(parts, text).await?;
        let saved = text.saved.as_ref();
        Ok(Self {
            revision: text.revision,
            saved: saved.map_or_else(String::new, |(at, by)| {
                format!("Saved {} by {}", clock(zone, *at), by.name)
            }),
            mistakes: mistakes.iter().map(|it| mistake(&text.source, it)).collect(),
            notes,
        })
    }
}
