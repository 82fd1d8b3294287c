//! Changing a contact's address and attributes.
//!
//! Invariant: nobody's change is overwritten unseen. A form says what it began with, and only what
//! was changed in it is written; when somebody else was faster it comes back with both, and what
//! will come of them.

use std::collections::BTreeSet;

use actions::{ContactEdit, RefusalKind};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{EmailAddress, Timestamp, TopicScope};
use store::Contact;

use crate::admin::contacts::attribute_fields::{self, AttributeField};
use crate::admin::contacts::attribute_lines::{self, Attributes, changed, difference, print};
use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::contacts::new::at_its_field;
use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

#[derive(Template)]
#[template(path = "admin/contact_edit.html")]
struct EditPage {
    frame: AdminFrame,
    key: String,
    contact: Contact,
    /// The address can be changed, too.
    beyond_topics: bool,
    fields: Fields,
    /// The attributes that are not declared.
    lines: String,
    /// What is declared, field by field; the form's text has the others.
    declared: Vec<AttributeField>,
    conflict: Vec<Both>,
    problem: Option<FormProblem>,
}

/// What the form's fields hold.
struct Fields {
    /// The revision that it is about.
    seen: i64,
    /// The address and the attributes that it began with.
    email_was: String,
    was: String,
    email: String,
    attributes: Attributes,
    /// Lines as they were typed that can't be read.
    unread: Option<String>,
}

/// The attributes that a form holds, in its fields and lines.
fn typed_attributes(form: &Form) -> Result<Attributes, Refused> {
    let lines = attribute_lines::parse("attributes", form.text("attributes"))?;
    Ok(attribute_fields::typed(form, lines))
}

/// Something that two people have different ideas of.
struct Both {
    name: String,
    typed: String,
    now: String,
}

/// What somebody has typed, and what they had before them when they did.
struct TypedEdit {
    seen: Timestamp,
    email_was: String,
    was: Attributes,
    /// Nothing when it is not theirs to change.
    email: Option<String>,
    attributes: Attributes,
}

impl TypedEdit {
    fn read(form: &Form, beyond_topics: bool) -> Result<Self, Refused> {
        let seen = form.text("seen").parse().map(Timestamp);
        let not_ours = |_| wrong("", "this form was not one of ours");
        Ok(Self {
            seen: seen.map_err(not_ours)?,
            email_was: form.text("email_was").to_owned(),
            was: attribute_lines::parse("attributes", form.text("was"))?,
            email: beyond_topics.then(|| form.trimmed("email").to_owned()),
            attributes: typed_attributes(form)?,
        })
    }

    /// What is to be different.
    fn edit(&self) -> ContactEdit {
        ContactEdit {
            email: self.email.clone().filter(|email| *email != self.email_was),
            attributes: difference(&self.was, &self.attributes),
            birth_month: None,
        }
    }

    /// Where it differs from what there is now.
    fn beside(&self, now: &Contact) -> Vec<Both> {
        let shown = attribute_lines::parse("attributes", &print(&now.attributes));
        let there = shown.unwrap_or_default();
        let names: BTreeSet<&String> = self.attributes.keys().chain(there.keys()).collect();
        let value = |of: &Attributes, name: &str| of.get(name).cloned().unwrap_or_default();
        let both = |name: &String| Both {
            name: name.clone(),
            typed: value(&self.attributes, name),
            now: value(&there, name),
        };
        let email = self.email.iter().map(|typed| Both {
            name: "address".to_owned(),
            typed: typed.clone(),
            now: now.email.as_str().to_owned(),
        });
        let all = email.chain(names.into_iter().map(both));
        all.filter(|both| both.typed != both.now).collect()
    }

    /// The form anew, over what there is now: their changes stay, and everybody else's.
    fn over(&self, now: &Contact) -> Fields {
        let edit = self.edit();
        let attributes = changed(now.attributes.clone(), &edit.attributes);
        let email = edit.email.unwrap_or_else(|| now.email.as_str().to_owned());
        Fields { email, attributes, ..Fields::of(now) }
    }
}

impl Fields {
    fn of(contact: &Contact) -> Self {
        let email = contact.email.as_str();
        Self {
            seen: contact.updated_at.0,
            email_was: email.to_owned(),
            was: print(&contact.attributes),
            email: email.to_owned(),
            attributes: contact.attributes.clone(),
            unread: None,
        }
    }

    /// As it was sent.
    fn again(form: &Form, contact: &Contact) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            seen: form.text("seen").parse().unwrap_or(contact.updated_at.0),
            email_was: text("email_was"),
            was: text("was"),
            email: text("email"),
            unread: typed_attributes(form).is_err().then(|| text("attributes")),
            attributes: typed_attributes(form)
                .unwrap_or_else(|_| attribute_fields::typed(form, Attributes::new())),
        }
    }
}

fn beyond_topics(admitted: &Admitted) -> bool {
    admitted.topics() == TopicScope::All
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let contact = match contact_of(&parts, &id).await {
        Ok(contact) => contact,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let fields = Fields::of(&contact);
    page((&admitted, &parts), contact, fields, Vec::new(), (StatusCode::OK, None)).await
}

async fn page(
    (admitted, parts): (&Admitted, &AdminParts),
    contact: Contact,
    mut fields: Fields,
    conflict: Vec<Both>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let key = match new_key() {
        Ok(key) => key,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let known = match parts.resources.store.attributes_list().await {
        Ok(known) => known,
        Err(error) => {
            let problem = PageProblem::failed("reading what is declared")(error);
            return problem.page(&admitted.visitor);
        }
    };
    let has = std::mem::take(&mut fields.attributes);
    let (declared, others) = attribute_fields::split(&known, has);
    let lines = fields.unread.take().unwrap_or_else(|| print(&others));
    let (frame, beyond_topics) = (frame_below(admitted, &contact), beyond_topics(admitted));
    let page =
        EditPage { frame, key, contact, beyond_topics, fields, lines, declared, conflict, problem };
    respond::page(status, &page)
}

pub(crate) async fn edit(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let typed = TypedEdit::read(&form, beyond_topics(&admitted))?;
        let edited = written(&admitted, &parts, &id, &form, &typed).await?;
        Ok((typed, edited))
    };
    // A refused form is shown over what there is now.
    let refused = match done.await {
        Ok((_, Edited::Written(message))) => {
            return match contact_of(&parts, &id).await {
                Ok(contact) => {
                    admitted.visitor.done(&format!("/admin/contacts/{}", contact.id), message)
                }
                Err(problem) => problem.page(&admitted.visitor),
            };
        }
        Ok((typed, Edited::Stale(problem))) => Ok((typed, problem)),
        Err(Refused::Page(problem)) => return problem.page(&admitted.visitor),
        Err(Refused::DoneBefore) => {
            return admitted.visitor.done("/admin/contacts", Message::DoneBefore);
        }
        Err(Refused::Form(status, problem)) => Err((status, problem)),
    };
    let contact = match contact_of(&parts, &id).await {
        Ok(contact) => contact,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    match refused {
        Ok((typed, problem)) => {
            let (both, fields) = (typed.beside(&contact), typed.over(&contact));
            let status = StatusCode::PRECONDITION_FAILED;
            page((&admitted, &parts), contact, fields, both, (status, Some(problem))).await
        }
        Err((status, problem)) => {
            let fields = Fields::again(&form, &contact);
            page((&admitted, &parts), contact, fields, Vec::new(), (status, Some(problem))).await
        }
    }
}

/// What became of an edit.
enum Edited {
    Written(Message),
    /// Somebody else was faster.
    Stale(FormProblem),
}

async fn written(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
    typed: &TypedEdit,
) -> Result<Edited, Refused> {
    let contact = contact_of(parts, id).await?;
    let mut edit = typed.edit();
    // The same address, written like before.
    let same = |typed: &String| {
        EmailAddress::parse(typed).is_ok_and(|typed| typed.as_str() == contact.email.as_str())
    };
    edit.email = edit.email.filter(|typed| !same(typed));
    if edit == ContactEdit::default() {
        return Ok(Edited::Written(Message::NothingChanged));
    }
    let call = call(admitted, form)?;
    let seen = Some(typed.seen);
    match actions::contact_edit(&parts.resources, &call, contact.id, seen, edit).await {
        Ok(_) => Ok(Edited::Written(Message::ContactChanged)),
        Err(refusal) => match refusal.kind {
            RefusalKind::Stale => {
                let words = "somebody else has changed this contact in the meantime, and nothing of \
                    yours is written yet; below is both, and what comes of it when you save again";
                Ok(Edited::Stale(FormProblem::new("", words)))
            }
            RefusalKind::Repeated(store::Repeated::Answered { .. })
            | RefusalKind::Repeated(store::Repeated::Unanswered { .. }) => {
                Ok(Edited::Written(Message::DoneBefore))
            }
            _ => Err(at_its_field(refusal)),
        },
    }
}
