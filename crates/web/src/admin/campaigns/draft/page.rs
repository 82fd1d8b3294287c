//! The page of a draft: its text beside its message, to whom it goes, what the check says, and the
//! button that sends it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use campaign::CampaignRecord;
use model::{CampaignNumber, Right, Zone};

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::draft::draft_text::DraftText;
use crate::admin::campaigns::draft::path;
use crate::admin::page::choice::all_topics;
use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::state::{RefusedText, TextState};
use crate::admin::text_editor::text_form::TextForm;
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/draft.html")]
struct DraftPage {
    frame: AdminFrame,
    number: CampaignNumber,
    name: String,
    topic: String,
    path: String,
    /// Why it did not start at its time.
    trouble: Option<String>,
    problem: Option<FormProblem>,
    state: TextState,
    text: TextForm,
    may_write: bool,
    may_send: bool,
    /// What is sent is chosen below.
    may_use: bool,
    /// Of the form that deletes it; nothing for who may not.
    delete_key: Option<String>,
}

/// The page of a campaign that is a draft.
pub(crate) async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    record: &CampaignRecord,
    zone: &Zone,
    refused: Option<RefusedText>,
) -> Response {
    let (status, problem) = refused.map_or((StatusCode::OK, None), |it| (it.0, Some(it.1)));
    match made(admitted, parts, record, zone, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

/// The same after a form was refused.
pub(crate) async fn again(
    admitted: &Admitted,
    parts: &AdminParts,
    number: CampaignNumber,
    zone: &Zone,
    refused: RefusedText,
) -> Response {
    match record_of(parts, &number.to_string()).await {
        Ok(record) => page(admitted, parts, &record, zone, Some(refused)).await,
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    record: &CampaignRecord,
    zone: &Zone,
    problem: Option<FormProblem>,
) -> Result<DraftPage, PageProblem> {
    let campaign = &record.campaign;
    let store = &parts.resources.store;
    let failed = || PageProblem::failed("showing a draft");
    let text = campaign::text(store, campaign.id).await.map_err(failed())?;
    let status = campaign::status(store, campaign.id, now()).await.map_err(failed())?;
    let topics = all_topics(parts).await?;
    let topic = topics.into_iter().find(|topic| topic.id == campaign.topic);
    let number = campaign.id.number();
    Ok(DraftPage {
        frame: admitted.frame("campaigns").below("/admin/campaigns", "Campaigns"),
        number,
        name: campaign.name.clone(),
        topic: topic.map(|topic| topic.name).unwrap_or_default(),
        path: path(number),
        trouble: status.trouble,
        problem,
        state: TextState::of(&DraftText(number), parts, &text, zone).await?,
        text: TextForm::of(&text.source),
        may_write: admitted.can(Right::AnnouncementsWrite),
        may_send: admitted.can(Right::CampaignsSend),
        may_use: false,
        delete_key: match admitted.can(Right::CampaignsWrite) {
            true => Some(new_key()?),
            false => None,
        },
    })
}
