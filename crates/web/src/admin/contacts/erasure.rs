//! Erasing a person: what it will do to how much, and then doing it.
//!
//! Invariant: nobody is erased by a slip of the hand: the address has to be typed.

use actions::Call;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::EmailAddress;
use report::number_text::thousands;
use store::Contact;

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/contact_erase.html")]
struct ErasePage {
    frame: AdminFrame,
    key: String,
    contact: Contact,
    attributes: usize,
    /// What there is of them, and how many.
    counts: Vec<(&'static str, String)>,
    typed: String,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, "", StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match make(admitted, parts, id, typed, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
        // Only a form can be done before or be wrong.
        Err(Refused::DoneBefore | Refused::Form(..)) => {
            admitted.visitor.done("/admin/contacts", Message::DoneBefore)
        }
    }
}

async fn make(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: &str,
    problem: Option<FormProblem>,
) -> Result<ErasePage, Refused> {
    let contact = contact_of(parts, id).await?;
    let call = Call::new(admitted.permit.actor().clone(), now());
    let email = contact.email.as_str();
    let found = actions::address_erase_count(&parts.resources, &call, email).await?;
    let count = |name: &str| {
        let number = found.as_ref().and_then(|found| found[name].as_i64());
        thousands(number.unwrap_or_default())
    };
    Ok(ErasePage {
        frame: frame_below(admitted, &contact),
        key: new_key()?,
        attributes: contact.attributes.len(),
        counts: vec![
            ("topics they have an entry for", count("subscriptions")),
            ("entries of the consent ledger", count("consents")),
            ("messages they were sent", count("messages")),
        ],
        contact,
        typed: typed.to_owned(),
        problem,
    })
}

pub(crate) async fn erase(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        // Whoever sends it twice finds nobody the second time.
        let contact = contact_of(&parts, &id).await?;
        let typed = EmailAddress::parse(form.trimmed("email"));
        if typed.ok().map(|typed| typed.key()) != Some(contact.email.key()) {
            return Err(wrong("email", "nobody was erased: this is not their address"));
        }
        let (email, call) = (contact.email.as_str(), call(&admitted, &form)?);
        actions::address_erase(&parts.resources, &call, email, false).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => admitted.visitor.done("/admin/contacts", Message::ContactErased),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/contacts", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &id, form.text("email"), status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
