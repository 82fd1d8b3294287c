//! Sending a single message of an announcement by hand.

use std::collections::BTreeMap;

use actions::{MessageOf, MessageTo, MessageWish};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::AnnouncementId;

use crate::admin::announcements::{LIST, find_text, no_announcement, path};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Before the name of a value's field.
const VALUE: &str = "value-";

#[derive(Template)]
#[template(path = "admin/announcement_message.html")]
struct SendMessagePage {
    frame: AdminFrame,
    id: AnnouncementId,
    name: String,
    version: i64,
    key: String,
    to: String,
    values: Vec<Value>,
    problem: Option<FormProblem>,
    /// Why it can't be sent as a single message.
    unfit: Option<String>,
}

/// What a message asks for.
struct Value {
    name: String,
    typed: String,
    is_needed: bool,
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
    form: Option<&Form>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    match made(admitted, parts, id, form, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: Option<&Form>,
    problem: Option<FormProblem>,
) -> Result<SendMessagePage, PageProblem> {
    let id = id.parse().map_err(|_| no_announcement())?;
    let found = find_text(parts, id).await?;
    let resources = &parts.resources;
    let asked = resources.messages.form(found.version_id, &resources.sender(), now()).await;
    let (values, unfit) = match asked {
        Ok(form_of) => {
            let asked = form_of.map(|it| it.asked()).unwrap_or_default();
            let value = |(name, is_needed): (String, bool)| Value {
                typed: form.map_or("", |form| form.text(&format!("{VALUE}{name}"))).to_owned(),
                name,
                is_needed,
            };
            (asked.into_iter().map(value).collect(), None)
        }
        Err(campaign::CampaignError::Announcement(problems)) => {
            (Vec::new(), Some(problems.to_string()))
        }
        Err(error) => return Err(PageProblem::failed("reading an announcement")(error)),
    };
    let all = admitted.frame("announcements").below(LIST, "Announcements");
    Ok(SendMessagePage {
        frame: all.below(path(id), found.name.clone()),
        id,
        name: found.name,
        version: found.version,
        key: new_key()?,
        to: form.map_or("", |form| form.text("to")).to_owned(),
        values,
        problem,
        unfit,
    })
}

/// Sends it, once.
pub(crate) async fn send(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let sent = async {
        let call = call(&admitted, &form)?;
        let id: AnnouncementId = id.parse().map_err(|_| no_announcement())?;
        let version = find_text(&parts, id).await?.version_id;
        let wish = MessageWish {
            of: MessageOf::Version(version),
            to: MessageTo::Address(form.trimmed("to").to_owned()),
            attributes: values(&form),
        };
        let sent = actions::message_send(&parts.resources, &call, &wish).await?;
        Ok(sent.message.id)
    };
    match sent.await {
        Ok(message) => admitted
            .visitor
            .done(&format!("/admin/messages/{message}"), Message::SingleMessageQueued),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/messages", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, Some(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// What was typed; a field that was left empty says nothing, so that a contact's value is used.
fn values(form: &Form) -> BTreeMap<String, String> {
    let typed = form.pairs().filter_map(|(name, value)| {
        let name = name.strip_prefix(VALUE)?;
        (!value.trim().is_empty()).then(|| (name.to_owned(), value.trim().to_owned()))
    });
    typed.collect()
}
