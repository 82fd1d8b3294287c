//! The page of a draft: its text beside its message, to whom it goes, what the check says, and the
//! button that sends it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use campaign::CampaignRecord;
use model::{CampaignId, CampaignNumber, Right, Zone};
use store::CampaignText;

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::draft::text_form::{Mistake, TextForm, mistake};
use crate::admin::campaigns::draft::{clock, path};
use crate::admin::page::choice::all_topics;
use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
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
    state: DraftState,
    text: TextForm,
    may_write: bool,
    may_send: bool,
    /// Of the form that deletes it; nothing for who may not.
    delete_key: Option<String>,
}

/// How the text is that was saved last.
#[derive(Template)]
#[template(path = "admin/draft_state.html")]
pub(crate) struct DraftState {
    revision: i64,
    /// When it was saved, and by whom.
    saved: String,
    mistakes: Vec<Mistake>,
}

impl DraftState {
    pub(crate) async fn of(
        parts: &AdminParts,
        id: CampaignId,
        text: &CampaignText,
        zone: &Zone,
    ) -> Result<Self, PageProblem> {
        let resources = &parts.resources;
        let mistakes = campaign::mistakes(&resources.store, &resources.sender(), id).await;
        let mistakes = mistakes.map_err(PageProblem::failed("reading a draft"))?;
        let saved = text.saved.as_ref();
        Ok(Self {
            revision: text.revision,
            saved: saved.map_or_else(String::new, |(at, by)| {
                format!("Saved {} by {}", clock(zone, *at), by.name)
            }),
            mistakes: mistakes.iter().map(|it| mistake(&text.source, it)).collect(),
        })
    }
}

/// A form that was refused, and why.
pub(crate) type RefusedText = (StatusCode, FormProblem);

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
        state: DraftState::of(parts, campaign.id, &text, zone).await?,
        text: TextForm::of(&text.source),
        may_write: admitted.can(Right::AnnouncementsWrite),
        may_send: admitted.can(Right::CampaignsSend),
        delete_key: match admitted.can(Right::CampaignsWrite) {
            true => Some(new_key()?),
            false => None,
        },
    })
}
