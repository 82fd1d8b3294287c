//! Saving a draft's text, and its message beside it.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use campaign::{MessageSources, ShownValues};
use model::CampaignNumber;

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::draft::draft_text::DraftText;
use crate::admin::campaigns::draft::page;
use crate::admin::page::form::Form;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::admin::text_editor::frame::{FrameQuery, framed};
use crate::admin::text_editor::save;
use crate::clock::now;

pub(crate) async fn save(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let Ok(number) = number.parse::<CampaignNumber>() else {
        return PageProblem::no_campaign().page(&admitted.visitor);
    };
    let zone = zone_of(&headers);
    match save::save(&DraftText(number), &admitted, &parts, &zone, &form).await {
        Ok(answer) => answer,
        Err(refused) => page::again(&admitted, &parts, number, &zone, refused).await,
    }
}

/// Its message, for the frame beside the text.
pub(crate) async fn preview(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<FrameQuery>,
) -> Response {
    let resources = &parts.resources;
    let record = match record_of(&parts, &number).await {
        Ok(record) => record,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let sources = MessageSources {
        store: &resources.store,
        sender: &resources.sender(),
        keys: &resources.keys,
        files: &resources.files,
    };
    let shown = ShownValues::default();
    let preview = campaign::preview(&sources, record.campaign.id, &shown, now()).await;
    framed(preview, asked.show.as_deref(), &admitted.visitor)
}
