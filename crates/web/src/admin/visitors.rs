//! Browsers whose identifier somebody has quoted: what is kept of one, cutting it from a contact, removing
//! it.
//!
//! Invariants: a browser belongs to no topic, so these pages are for who is trusted with all; nothing is
//! cut or removed before its own page has said what that does.

use actions::Refusal;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, Right, VisitorId};
use serde::Deserialize;
use store::{LinkedContact, VisitorLink, VisitorRecord};

use crate::admin::page::calls::{call, looking};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::listing::typed;
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/visitors";

/// Which browser is looked for.
#[derive(Default, Deserialize)]
pub(crate) struct VisitorsQuery {
    visitor: Option<String>,
}

/// From which contact a browser is to be cut.
#[derive(Default, Deserialize)]
pub(crate) struct CutQuery {
    contact: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/visitors.html")]
struct VisitorsPage {
    frame: AdminFrame,
    /// What was typed.
    typed: String,
    found: Option<FoundVisitor>,
    may_change: bool,
    problem: Option<FormProblem>,
}

/// A browser whose identifier was typed.
struct FoundVisitor {
    id: VisitorId,
    record: Option<VisitorRecord>,
    contacts: Vec<LinkedContact>,
}

#[derive(Template)]
#[template(path = "admin/visitor_cut.html")]
struct VisitorCutPage {
    frame: AdminFrame,
    key: String,
    id: VisitorId,
    /// None when it is not tied to that contact, or not any more.
    contact: Option<LinkedContact>,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/visitor_remove.html")]
struct VisitorRemovePage {
    frame: AdminFrame,
    key: String,
    found: FoundVisitor,
    problem: Option<FormProblem>,
}

/// `3 clicks on 2 days, of 2 campaigns`; of what repeats or is apart by chance, it says how many there are
/// at least.
pub(super) fn clicks_told(link: &VisitorLink) -> String {
    let counted = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    };
    format!(
        "{} on {}, of {}",
        counted(link.hits, "click", "clicks"),
        counted(u64::from(link.days), "day", "days"),
        counted(u64::from(link.campaigns), "campaign", "campaigns")
    )
}

pub(crate) async fn visitors(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<VisitorsQuery>,
) -> Response {
    let text = typed(asked.visitor.as_deref()).unwrap_or_default();
    let (mut status, mut problem, mut found) = (StatusCode::OK, None, None);
    match text.parse() {
        _ if text.is_empty() => {}
        Ok(id) => match find(&admitted, &parts, id).await {
            Ok(visitor) => found = Some(visitor),
            Err(problem) => return problem.page(&admitted.visitor),
        },
        Err(why) => {
            let why: model::NotAVisitor = why;
            status = StatusCode::UNPROCESSABLE_ENTITY;
            problem = Some(FormProblem::new("visitor", format!("This {why}")));
        }
    }
    let page = VisitorsPage {
        frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
        typed: text.to_owned(),
        found,
        may_change: admitted.can(Right::ContactsWrite),
        problem,
    };
    respond::page(status, &page)
}

async fn find(
    admitted: &Admitted,
    parts: &AdminParts,
    id: VisitorId,
) -> Result<FoundVisitor, PageProblem> {
    let failed = || PageProblem::failed::<Refusal>("looking a browser up");
    let (resources, call) = (&parts.resources, looking(admitted));
    let record = actions::visitor(resources, &call, id).await.map_err(failed())?;
    let contacts = actions::visitor_contacts(resources, &call, id).await.map_err(failed())?;
    Ok(FoundVisitor { id, record, contacts })
}

/// The browser that a path names.
async fn named(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
) -> Result<FoundVisitor, PageProblem> {
    let text = "Its identifier has 24 hexadecimal digits.";
    let id = id.parse().map_err(|_| PageProblem::Missing("No such browser", text))?;
    find(admitted, parts, id).await
}

fn frame_below(admitted: &Admitted, id: VisitorId) -> AdminFrame {
    let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
    frame.below(path_of(id), "Browser")
}

fn path_of(id: VisitorId) -> String {
    format!("{PATH}?visitor={id}")
}

pub(crate) async fn show_cut(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<CutQuery>,
) -> Response {
    let contact = asked.contact.unwrap_or_default();
    cut_page(&admitted, &parts, &id, &contact, (StatusCode::OK, None)).await
}

async fn cut_page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    contact: &str,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let found = named(admitted, parts, id).await?;
        let contact = contact.parse().unwrap_or(ContactId(0));
        let contact = found.contacts.into_iter().find(|it| it.contact == contact);
        let (frame, key) = (frame_below(admitted, found.id), new_key()?);
        Ok(VisitorCutPage { frame, key, id: found.id, contact, problem })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn cut(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let id = named(&admitted, &parts, &id).await?.id;
        let contact = form.trimmed("contact").parse::<ContactId>();
        let contact = contact.map_err(|_| wrong("", "say from which contact"))?;
        let call = call(&admitted, &form)?;
        let cut = actions::visitor_cut(&parts.resources, &call, id, contact).await?;
        Ok((id, if cut.was_tied { Message::VisitorCut } else { Message::NothingChanged }))
    };
    answer(&admitted, &id, done.await, async |refused| {
        cut_page(&admitted, &parts, &id, form.trimmed("contact"), refused).await
    })
    .await
}

pub(crate) async fn show_remove(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    remove_page(&admitted, &parts, &id, (StatusCode::OK, None)).await
}

async fn remove_page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let found = named(admitted, parts, id).await?;
        let (frame, key) = (frame_below(admitted, found.id), new_key()?);
        Ok(VisitorRemovePage { frame, key, found, problem })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn remove(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let id = named(&admitted, &parts, &id).await?.id;
        actions::visitor_remove(&parts.resources, &call(&admitted, &form)?, id).await?;
        Ok((id, Message::VisitorRemoved))
    };
    answer(&admitted, &id, done.await, async |refused| {
        remove_page(&admitted, &parts, &id, refused).await
    })
    .await
}

/// Leads back to the browser, or shows the form again.
async fn answer(
    admitted: &Admitted,
    id: &str,
    done: Result<(VisitorId, Message), Refused>,
    again: impl AsyncFnOnce((StatusCode, Option<FormProblem>)) -> Response,
) -> Response {
    match done {
        Ok((id, message)) => admitted.visitor.done(&path_of(id), message),
        Err(Refused::DoneBefore) => {
            let back = id.parse().map_or_else(|_| PATH.to_owned(), path_of);
            admitted.visitor.done(&back, Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => again((status, Some(problem))).await,
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
