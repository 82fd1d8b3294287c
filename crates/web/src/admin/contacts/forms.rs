//! What is done on a contact's page: subscribing, unsubscribing, suppressing and lifting that.

use actions::Call;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, Removal};
use store::{Contact, Lifted};

use crate::admin::contacts::page;
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// The contact that an address names, as they are now.
pub(crate) async fn contact_of(parts: &AdminParts, id: &str) -> Result<Contact, PageProblem> {
    let id: ContactId = id.parse().map_err(|_| PageProblem::no_contact())?;
    let found = audience::contact(&parts.resources.store, id).await;
    found.map_err(PageProblem::failed("looking a contact up"))?.ok_or_else(PageProblem::no_contact)
}

/// The frame of a page below a contact's.
pub(crate) fn frame_below(admitted: &Admitted, contact: &Contact) -> AdminFrame {
    let path = format!("/admin/contacts/{}", contact.id);
    let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
    frame.below(path, contact.email.as_str())
}

#[derive(Clone, Copy)]
enum ContactAct {
    Subscribe,
    Unsubscribe,
    LeaveEverything,
    Lift,
}

impl ContactAct {
    async fn of(
        self,
        parts: &AdminParts,
        call: &Call,
        contact: &Contact,
        form: &Form,
    ) -> Result<Message, Refused> {
        let (resources, id) = (&parts.resources, contact.id);
        Ok(match self {
            Self::Subscribe => {
                let (topic, proof) = (topic(form)?, form.text("proof"));
                match actions::contact_subscribe(resources, call, id, topic, proof).await? {
                    true => Message::ContactSubscribed,
                    false => Message::NothingChanged,
                }
            }
            Self::Unsubscribe => {
                let topic = Some(topic(form)?);
                left(actions::contact_unsubscribe(resources, call, id, topic).await?)
            }
            Self::LeaveEverything => {
                left(actions::contact_unsubscribe(resources, call, id, None).await?)
            }
            Self::Lift => {
                let email = contact.email.as_str();
                match actions::address_unsuppress(resources, call, email, false).await? {
                    Lifted::Lifted => Message::SuppressionLifted,
                    Lifted::LeftByOwnWish | Lifted::Other(_) => Message::SuppressionStays,
                    Lifted::NotSuppressed => Message::NothingChanged,
                }
            }
        })
    }
}

fn topic(form: &Form) -> Result<&str, Refused> {
    match form.text("topic") {
        "" => Err(wrong("topic", "choose a topic")),
        slug => Ok(slug),
    }
}

const fn left(left: store::Left) -> Message {
    if left.changed { Message::ContactUnsubscribed } else { Message::NothingChanged }
}

async fn act(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
    act: ContactAct,
) -> Response {
    let path = format!("/admin/contacts/{}", id.parse().unwrap_or(ContactId(0)));
    let done = async {
        let contact = contact_of(parts, id).await?;
        act.of(parts, &call(admitted, form)?, &contact, form).await
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            let typed = (form.text("topic"), form.text("proof"));
            page(admitted, parts, id, typed, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

macro_rules! acts {
    ($($name:ident $act:expr;)+) => {
        $(pub(crate) async fn $name(
            admitted: Admitted,
            State(parts): State<AdminParts>,
            Path(id): Path<String>,
            form: Form,
        ) -> Response {
            act(&admitted, &parts, &id, &form, $act).await
        })+
    };
}

acts! {
    subscribe ContactAct::Subscribe;
    unsubscribe ContactAct::Unsubscribe;
    leave_everything ContactAct::LeaveEverything;
    lift ContactAct::Lift;
}

/// Why an operator may see to it that an address is never mailed: word and name.
const REASONS: [(&str, &str, Removal); 3] = [
    ("operator", "another reason of ours", Removal::Operator),
    ("hard bounce", "mail to it comes back for good", Removal::HardBounce),
    ("complaint", "they called a message spam", Removal::Complaint),
];

#[derive(Template)]
#[template(path = "admin/contact_suppress.html")]
struct SuppressPage {
    frame: AdminFrame,
    key: String,
    contact: Contact,
    reason: String,
    problem: Option<FormProblem>,
}

pub(crate) async fn show_suppress(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    suppress_page(&admitted, &parts, &id, "operator", StatusCode::OK, None).await
}

async fn suppress_page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    reason: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let made = async {
        let contact = contact_of(parts, id).await?;
        let (frame, key) = (frame_below(admitted, &contact), new_key()?);
        Ok(SuppressPage { frame, key, contact, reason: reason.to_owned(), problem })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn suppress(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let reason = REASONS.iter().find(|(word, ..)| *word == form.text("reason"));
        let (.., removal) = reason.ok_or_else(|| wrong("reason", "choose one of the reasons"))?;
        let (email, call) = (contact.email.as_str(), call(&admitted, &form)?);
        let left = actions::address_suppress(&parts.resources, &call, email, *removal).await?;
        let message = match left.changed {
            true => Message::ContactSuppressed,
            false => Message::NothingChanged,
        };
        Ok((contact.id, message))
    };
    match done.await {
        Ok((id, message)) => admitted.visitor.done(&format!("/admin/contacts/{id}"), message),
        Err(Refused::DoneBefore) => {
            let id: ContactId = id.parse().unwrap_or(ContactId(0));
            admitted.visitor.done(&format!("/admin/contacts/{id}"), Message::DoneBefore)
        }
        Err(Refused::Form(status, problem)) => {
            let reason = form.text("reason");
            suppress_page(&admitted, &parts, &id, reason, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
