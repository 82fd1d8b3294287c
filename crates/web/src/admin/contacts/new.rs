//! Adding a contact by hand.

use actions::{ContactWish, RefusalKind};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::TopicScope;

use crate::admin::contacts::attribute_fields::{self, AttributeField};
use crate::admin::contacts::attribute_lines::{self, Attributes};
use crate::admin::page::calls::call;
use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/contact_new.html")]
struct NewContactPage {
    frame: AdminFrame,
    key: String,
    email: String,
    /// Those that are not declared.
    attributes: String,
    declared: Vec<AttributeField>,
    proof: String,
    topics: Vec<Choice>,
    /// Otherwise a topic has to be ticked.
    beyond_topics: bool,
    problem: Option<FormProblem>,
}

pub(crate) async fn show(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    page(&admitted, &parts, None, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: Option<&Form>,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let made = async {
        let scope = admitted.topics();
        let topics = all_topics(parts).await?;
        let text = |name| typed.map(|form| form.text(name).to_owned()).unwrap_or_default();
        let ticked =
            |slug: &str| typed.is_some_and(|form| form.all("topics").any(|ticked| ticked == slug));
        let known = parts.resources.store.attributes_list().await;
        let known = known.map_err(PageProblem::failed("reading what is declared"))?;
        let has = typed.map(|form| attribute_fields::typed(form, Attributes::new()));
        let (declared, _) = attribute_fields::split(&known, has.unwrap_or_default());
        let own = topics.iter().filter(|topic| scope.contains(topic.id));
        Ok(NewContactPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            key: new_key()?,
            email: text("email"),
            attributes: text("attributes"),
            declared,
            proof: text("proof"),
            topics: own.map(|topic| topic_choice(topic, ticked(&topic.slug))).collect(),
            beyond_topics: scope == TopicScope::All,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Where a form leads, and what is said there.
type Led = (String, Message);

pub(crate) async fn add(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    match added(&admitted, &parts, &form).await {
        Ok((path, message)) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/contacts", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, Some(&form), status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn added(admitted: &Admitted, parts: &AdminParts, form: &Form) -> Result<Led, Refused> {
    let wish = ContactWish {
        email: form.text("email").to_owned(),
        attributes: attribute_fields::typed(
            form,
            attribute_lines::parse("attributes", form.text("attributes"))?,
        )
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect(),
        topics: form.all("topics").map(str::to_owned).collect(),
        proof: form.text("proof").to_owned(),
        birth_month: None,
    };
    let path = |id: &dyn std::fmt::Display| format!("/admin/contacts/{id}");
    match actions::contact_add(&parts.resources, &call(admitted, form)?, wish).await {
        Ok(done) if done.suppressed.is_some() => {
            Ok((path(&done.id), Message::ContactAddedSuppressed))
        }
        Ok(done) => Ok((path(&done.id), Message::ContactAdded)),
        Err(refusal) => match &refusal.kind {
            RefusalKind::Repeated(store::Repeated::Unanswered { made: Some(id), .. }) => {
                Ok((path(id), Message::DoneBefore))
            }
            _ => Err(at_its_field(refusal)),
        },
    }
}

/// Topics and attributes are one field each of the form.
pub(crate) fn at_its_field(mut refusal: actions::Refusal) -> Refused {
    for field in &mut refusal.fields {
        for name in ["attributes", "topics"] {
            if field.pointer.starts_with(&format!("/{name}/")) {
                field.pointer = format!("/{name}");
            }
        }
    }
    refusal.into()
}
