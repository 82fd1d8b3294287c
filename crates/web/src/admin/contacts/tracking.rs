//! What a contact says about tracking, noted by hand.

use actions::TrackingWish;
use askama::Template;
use audience::ContactTracking;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, TrackingMode};
use store::Contact;

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::tracking_choice::{MODES, chosen_mode};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/contact_tracking.html")]
struct ContactTrackingPage {
    frame: AdminFrame,
    key: String,
    contact: Contact,
    /// What holds now, in words.
    now: String,
    /// What is ticked, if anything is.
    mode: String,
    source: String,
    forget: bool,
    problem: Option<FormProblem>,
}

/// What may be recorded of a contact, in words.
pub(super) fn told(known: ContactTracking) -> String {
    let ContactTracking { said, mode } = known;
    match said {
        None => format!("They have said nothing: {}.", mode.as_str()),
        Some(said) if said == mode => format!("They have said: {}.", said.as_str()),
        Some(said) => format!(
            "They have said: {}; of nobody more is recorded than: {}.",
            said.as_str(),
            mode.as_str()
        ),
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
        let known = audience::contact_tracking(&parts.resources.store, contact.id).await;
        let known = known.map_err(PageProblem::failed("looking at what may be recorded"))?;
        Ok(ContactTrackingPage {
            frame: frame_below(admitted, &contact),
            key: new_key()?,
            contact,
            now: told(known),
            mode: match typed {
                Some(form) => form.text("mode").to_owned(),
                None => known.said.map(TrackingMode::as_str).unwrap_or_default().to_owned(),
            },
            source: typed.map(|form| form.text("source").to_owned()).unwrap_or_default(),
            forget: typed.is_some_and(|form| form.text("forget") == "yes"),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn say(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let path = format!("/admin/contacts/{}", id.parse().unwrap_or(ContactId(0)));
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let mode = chosen_mode(&form, "mode")?;
        let forget = form.text("forget") == "yes";
        if forget && form.text("sure") != "yes" {
            let words = "nothing was changed: tick that what is forgotten does not come back";
            return Err(wrong("sure", words));
        }
        let source = Some(form.text("source").to_owned());
        let (call, wish) = (call(&admitted, &form)?, TrackingWish { mode, forget, source });
        let changed =
            actions::contact_tracking_say(&parts.resources, &call, contact.id, wish).await?;
        Ok(match (forget, changed) {
            (true, _) => Message::TrackingForgotten,
            (false, true) => Message::TrackingSaid,
            (false, false) => Message::NothingChanged,
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
