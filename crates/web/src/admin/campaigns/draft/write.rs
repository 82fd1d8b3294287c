//! Saving what somebody writes: as they type, by a button, and when somebody else was faster.

use actions::{Refusal, RefusalKind, TextWish};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{CampaignNumber, Zone};
use store::CampaignText;

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::draft::page::{self, DraftState};
use crate::admin::campaigns::draft::text_form::typed;
use crate::admin::campaigns::draft::{clock, path, repeatable};
use crate::admin::page::form::{Form, sentence};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// Two texts of one draft, for whoever has written the second.
#[derive(Template)]
#[template(path = "admin/draft_conflict.html")]
struct ConflictPage {
    frame: AdminFrame,
    path: String,
    /// Who was faster, and when.
    who: String,
    when: String,
    theirs: String,
    mine: String,
    /// Of theirs.
    revision: i64,
    lines: Vec<DifferenceLine>,
}

struct DifferenceLine {
    class: &'static str,
    text: String,
}

enum Saved {
    /// As what the campaign says.
    Text,
    /// Kept as a version; the campaign says what it said.
    Aside,
    /// Somebody else was faster; what was typed.
    Stale(String),
}

pub(crate) async fn save(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let zone = zone_of(&headers);
    let Ok(number) = number.parse::<CampaignNumber>() else {
        return PageProblem::no_campaign().page(&admitted.visitor);
    };
    let saved = saved(&admitted, &parts, number, &form).await;
    let by_script = form.text("by") == "script";
    match saved {
        Ok(Saved::Text) if by_script => state(&admitted, &parts, number, &zone).await,
        Ok(Saved::Text) => to_text(number),
        Ok(Saved::Aside) => admitted.visitor.done(&path(number), Message::TextKept),
        Ok(Saved::Stale(mine)) => {
            conflict(&admitted, &parts, number, mine, (&zone, by_script)).await
        }
        Err(Refused::Form(status, problem)) if by_script => respond::text(status, problem.words),
        Err(Refused::Form(status, problem)) => {
            page::again(&admitted, &parts, number, &zone, (status, problem)).await
        }
        Err(Refused::DoneBefore) => to_text(number),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn to_text(number: CampaignNumber) -> Response {
    Redirect::to(&format!("{}#write", path(number))).into_response()
}

async fn saved(
    admitted: &Admitted,
    parts: &AdminParts,
    number: CampaignNumber,
    form: &Form,
) -> Result<Saved, Refused> {
    let (resources, call) = (&parts.resources, repeatable(admitted));
    let over: i64 =
        form.text("revision").parse().map_err(|_| wrong("", "this form was not one of ours"))?;
    let there = record_text(parts, number).await?;
    let source = typed(form, &there.source);
    if form.text("do") == "theirs" {
        actions::campaign_text_keep(resources, &call, number, &source).await?;
        return Ok(Saved::Aside);
    }
    let keep_replaced = form.text("do") == "mine";
    let wish = TextWish { source: source.clone(), over: Some(over), keep_replaced };
    match actions::campaign_write(resources, &call, number, wish).await {
        Ok(_) => Ok(Saved::Text),
        Err(Refusal { kind: RefusalKind::Stale, .. }) => Ok(Saved::Stale(source)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// What the campaign says now.
async fn record_text(
    parts: &AdminParts,
    number: CampaignNumber,
) -> Result<CampaignText, PageProblem> {
    let record = record_of(parts, &number.to_string()).await?;
    let text = campaign::text(&parts.resources.store, record.campaign.id).await;
    text.map_err(PageProblem::failed("reading a draft"))
}

/// The part of the page that says how the text is, for the script.
async fn state(
    admitted: &Admitted,
    parts: &AdminParts,
    number: CampaignNumber,
    zone: &Zone,
) -> Response {
    let made = async {
        let record = record_of(parts, &number.to_string()).await?;
        let text = record_text(parts, number).await?;
        DraftState::of(parts, record.campaign.id, &text, zone).await
    };
    match made.await {
        Ok(state) => respond::page(StatusCode::OK, &state),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn conflict(
    admitted: &Admitted,
    parts: &AdminParts,
    number: CampaignNumber,
    mine: String,
    (zone, by_script): (&Zone, bool),
) -> Response {
    let there = match record_text(parts, number).await {
        Ok(there) => there,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let (who, when) = match &there.saved {
        Some((at, by)) => (by.name.clone(), clock(zone, *at)),
        None => ("Somebody else".to_owned(), "a moment ago".to_owned()),
    };
    if by_script {
        let words = format!("{who} has changed this text meanwhile. Nothing of yours is lost");
        return respond::text(StatusCode::CONFLICT, sentence(&words));
    }
    let difference = campaign::difference(("theirs", &there.source), ("yours", &mine));
    let page = ConflictPage {
        frame: admitted
            .frame("campaigns")
            .below("/admin/campaigns", "Campaigns")
            .below(path(number), "The draft"),
        path: path(number),
        who,
        when,
        theirs: there.source,
        mine,
        revision: there.revision,
        lines: difference.lines().skip(2).map(DifferenceLine::of).collect(),
    };
    respond::page(StatusCode::CONFLICT, &page)
}

impl DifferenceLine {
    fn of(line: &str) -> Self {
        let class = match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            Some(b'@') => "place",
            _ => "same",
        };
        Self { class, text: line.to_owned() }
    }
}
