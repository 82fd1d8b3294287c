//! Until when a contact pauses, noted by hand.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, Timestamp};
use store::Contact;

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/contact_pause.html")]
struct ContactPausePage {
    frame: AdminFrame,
    key: String,
    contact: Contact,
    /// Whether they pause, in words.
    now: String,
    is_paused: bool,
    until: String,
    problem: Option<FormProblem>,
}

/// Whether a contact pauses, in words.
pub(super) fn told(until: Option<Timestamp>) -> String {
    match until {
        Some(until) => format!("They get no campaign until {}.", until.readable()),
        None => "They do not pause.".to_owned(),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, None, (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: Option<&Form>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let contact = contact_of(parts, id).await?;
        let until = parts.resources.store.contact_paused_until(contact.id, now()).await;
        let until = until.map_err(PageProblem::failed("looking whether a contact pauses"))?;
        Ok(ContactPausePage {
            frame: frame_below(admitted, &contact),
            key: new_key()?,
            contact,
            now: told(until),
            is_paused: until.is_some(),
            until: typed.map(|form| form.text("until").to_owned()).unwrap_or_default(),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn set(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let path = format!("/admin/contacts/{}", id.parse().unwrap_or(ContactId(0)));
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let until = match form.text("act") {
            "pause" => Some(form.text("until")),
            "end" => None,
            _ => return Err(wrong("until", "say by a button what they want")),
        };
        let call = call(&admitted, &form)?;
        let noted = actions::contact_pause(&parts.resources, &call, contact.id, until).await?;
        Ok(match (noted.changed, noted.until) {
            (false, _) => Message::NothingChanged,
            (true, Some(_)) => Message::ContactPaused,
            (true, None) => Message::PauseEnded,
        })
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, Some(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
