//! One view or click: what was seen in it, and why it counts as what it counts as.
//!
//! Invariants: of the network address the page shows the network; the address itself only after somebody has asked
//! for it, which is in the log by then, and in no address of a page.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, TopicScope};
use report::{EventKind, ExplainedEvent};
use store::EventPosition;

use crate::admin::deliveries;
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/event.html")]
struct EventPage {
    frame: AdminFrame,
    key: String,
    told: ExplainedEvent,
    campaign: String,
    /// The contact’s address, for who may see it; nothing for nobody’s.
    contact: Option<String>,
    may_ask: bool,
    /// The full network address, when somebody has just asked for it.
    address: Option<AskedAddress>,
    problem: Option<FormProblem>,
}

/// What is told to who asks for the full network address.
enum AskedAddress {
    Kept(String),
    NotKept,
}

impl EventPage {
    fn title(&self) -> &'static str {
        match self.told.event.kind {
            EventKind::View => "A view",
            EventKind::Click => "A click",
            EventKind::Head => "A link checker’s question",
        }
    }

    /// As a sentence.
    fn words(&self) -> String {
        let mut letters = self.told.words.chars();
        let first = letters.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(letters).chain(['.']).collect()
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, None, (StatusCode::OK, None)).await
}

/// Tells the full network address, on the page that asks for it.
pub(crate) async fn tell_address(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let told = async {
        let position = position(&id)?;
        let call = call(&admitted, &form)?;
        let address = actions::event_address(&parts.resources, &call, position).await?;
        Ok(address.map_or(AskedAddress::NotKept, |it| AskedAddress::Kept(it.to_string())))
    };
    match told.await {
        Ok(address) => page(&admitted, &parts, &id, Some(address), (StatusCode::OK, None)).await,
        Err(Refused::DoneBefore) => {
            page(&admitted, &parts, &id, None, (StatusCode::OK, None)).await
        }
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, None, (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn missing() -> PageProblem {
    PageProblem::Missing(
        "No such event",
        "There is no such view or click, or it is not kept any more.",
    )
}

fn position(id: &str) -> Result<EventPosition, PageProblem> {
    id.parse().map_err(|_| missing())
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    address: Option<AskedAddress>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    match made(admitted, parts, id).await {
        Ok(page) => respond::page(status, &EventPage { address, problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(admitted: &Admitted, parts: &AdminParts, id: &str) -> Result<EventPage, PageProblem> {
    let failed = || PageProblem::failed("showing an event");
    let store = &parts.store;
    let rules = report::rules_in_use(store).await.map_err(failed())?;
    let told = report::event(store, position(id)?, admitted.topics(), rules).await;
    let told = told.map_err(failed())?.ok_or_else(missing)?;
    let number = told.event.campaign;
    let campaign = deliveries::find(parts, &number.to_string()).await?.campaign.name;
    let contact = match told.event.contact {
        Some(contact) if admitted.can(Right::ContactsRead) => {
            let found = audience::contact(store, contact).await;
            let found = found.map_err(PageProblem::failed("showing an event"))?;
            found.map(|it| it.email.to_string())
        }
        _ => None,
    };
    let frame = admitted
        .frame("campaigns")
        .below("/admin/campaigns", "Campaigns")
        .below(format!("/admin/campaigns/{number}"), campaign.clone());
    Ok(EventPage {
        frame,
        key: new_key()?,
        told,
        campaign,
        contact,
        may_ask: admitted.can(Right::AuditRead) && admitted.topics() == TopicScope::All,
        address: None,
        problem: None,
    })
}
