//! Contacts who are one person: proposals, both side by side, merging, and taking that back.
//!
//! Invariant: who is merged is seen beside the other one before, with what comes of both.

use askama::Template;
use audience::Likeness;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, EmailAddress, SubscriptionState, TrackingMode};
use serde::Deserialize;
use store::{ContactMerge, MergePlan, MergedValue, Topic};

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::all_topics;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::listing::{ListAddress, Pager};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

struct DuplicateLine {
    keep: ContactId,
    keep_email: String,
    other: ContactId,
    other_email: String,
    why: &'static str,
}

#[derive(Template)]
#[template(path = "admin/contact_duplicates.html")]
struct DuplicatesPage {
    frame: AdminFrame,
    lines: Vec<DuplicateLine>,
    pager: Pager,
}

/// A row of what both have.
struct SideRow {
    name: String,
    keep: String,
    other: String,
    result: String,
    /// The other's value can be taken, and is.
    can_take: bool,
    is_taken: bool,
}

#[derive(Template)]
#[template(path = "admin/contact_merge.html")]
struct MergePage {
    frame: AdminFrame,
    key: String,
    id: ContactId,
    address: String,
    /// Both side by side, once the other one is named.
    plan: Option<ShownPlan>,
    typed: String,
    merges: Vec<ContactMerge>,
    problem: Option<FormProblem>,
}

struct ShownPlan {
    other: ContactId,
    other_address: String,
    values: Vec<SideRow>,
    rows: Vec<SideRow>,
    campaigns: Vec<String>,
}

#[derive(Default, Deserialize)]
pub(crate) struct DuplicatesQuery {
    cursor: Option<String>,
}

#[derive(Default, Deserialize)]
pub(crate) struct MergeQuery {
    /// A number, or an address.
    other: Option<String>,
}

pub(crate) async fn duplicates(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<DuplicatesQuery>,
) -> Response {
    let made = async {
        let address = ListAddress::new("/admin/contacts/duplicates", &[]);
        let after = address.read(asked.cursor.as_deref())?;
        let (resources, call) = (&parts.resources, looking(&admitted));
        let found = actions::contact_duplicates(resources, &call, after.map(ContactId)).await;
        let found = found.map_err(PageProblem::failed("looking for duplicates"))?;
        let line = |it: audience::Duplicate| DuplicateLine {
            keep: it.keep,
            keep_email: it.keep_email,
            other: it.other,
            other_email: it.other_email,
            why: match it.likeness {
                Likeness::Address => "the same mailbox, by the address",
                Likeness::Name => "the same name and company",
            },
        };
        let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
        let pager = Pager::new(&address, after, found.next.map(|it| it.0));
        Ok(DuplicatesPage { frame, lines: found.pairs.into_iter().map(line).collect(), pager })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<MergeQuery>,
) -> Response {
    let other = asked.other.unwrap_or_default();
    page(&admitted, &parts, &id, (&other, &[]), (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    (other, take): (&str, &[String]),
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let contact = contact_of(parts, id).await?;
        let (resources, call) = (&parts.resources, looking(admitted));
        let (plan, refused) = match planned(admitted, parts, contact.id, other, take).await {
            Ok(plan) => (plan, None),
            Err(Refused::Form(_, problem)) => (None, Some(problem)),
            Err(Refused::Page(problem)) => return Err(problem),
            Err(Refused::DoneBefore) => (None, None),
        };
        let merges = actions::contact_merges(resources, &call, contact.id).await;
        Ok(MergePage {
            frame: frame_below(admitted, &contact),
            key: new_key()?,
            id: contact.id,
            address: contact.email.as_str().to_owned(),
            plan,
            typed: other.to_owned(),
            merges: merges.map_err(PageProblem::failed("looking at merges"))?,
            problem: problem.or(refused),
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Both side by side; nothing while nobody is named.
async fn planned(
    admitted: &Admitted,
    parts: &AdminParts,
    keep: ContactId,
    other: &str,
    take: &[String],
) -> Result<Option<ShownPlan>, Refused> {
    if other.trim().is_empty() {
        return Ok(None);
    }
    let other = named(parts, other).await?;
    let (resources, call) = (&parts.resources, looking(admitted));
    let plan = actions::contact_merge_plan(resources, &call, (keep, other), take).await?;
    Ok(Some(ShownPlan::new(plan, &all_topics(parts).await?)))
}

/// By their number or their address.
async fn named(parts: &AdminParts, text: &str) -> Result<ContactId, Refused> {
    if let Ok(id) = text.trim().parse() {
        let found = audience::contact(&parts.resources.store, id).await;
        let found = found.map_err(PageProblem::failed("looking a contact up"))?;
        return Ok(found.ok_or_else(|| wrong("other", "there is no contact with this number"))?.id);
    }
    let email = EmailAddress::parse(text.trim());
    let email = email.map_err(|problem| wrong("other", problem.to_string()))?;
    let found = parts.resources.store.contact_by_email(email).await;
    let found = found.map_err(PageProblem::failed("looking a contact up"))?;
    Ok(found.ok_or_else(|| wrong("other", "there is no contact with this address"))?.id)
}

impl ShownPlan {
    fn new(plan: MergePlan, topics: &[Topic]) -> Self {
        let value = |it: MergedValue| {
            let differs = it.keep.is_some() && it.other.is_some() && it.keep != it.other;
            SideRow {
                can_take: differs,
                is_taken: differs && it.other.as_ref() == Some(&it.result),
                name: it.name,
                keep: it.keep.unwrap_or_default(),
                other: it.other.unwrap_or_default(),
                result: it.result,
            }
        };
        let row = |name: String, [keep, other, result]: [String; 3]| SideRow {
            name,
            keep,
            other,
            result,
            can_take: false,
            is_taken: false,
        };
        let state = |it: Option<SubscriptionState>| {
            it.map_or_else(|| "no entry".to_owned(), |it| it.as_str().to_owned())
        };
        let mut rows: Vec<SideRow> = plan
            .topics
            .iter()
            .map(|it| {
                let topic = topics.iter().find(|topic| topic.id == it.topic);
                let name =
                    topic.map_or_else(|| format!("topic {}", it.topic), |it| it.name.clone());
                row(name, [state(it.keep), state(it.other), state(Some(it.result))])
            })
            .collect();
        let mode =
            |it: Option<TrackingMode>| it.map_or("nothing said", TrackingMode::as_str).into();
        rows.push(row("Tracking".to_owned(), plan.tracking.map(mode)));
        let reason = |it: Option<String>| it.unwrap_or_else(|| "may be mailed".to_owned());
        rows.push(row("Their address".to_owned(), plan.suppressions.map(reason)));
        let tags = [String::new(), String::new(), plan.tags.join(", ")];
        rows.push(row("Tags".to_owned(), tags));
        Self {
            other: plan.other.id,
            other_address: plan.other.email.as_str().to_owned(),
            values: plan.attributes.into_iter().map(value).collect(),
            rows,
            campaigns: plan.campaigns.into_iter().map(|(_, name)| name).collect(),
        }
    }
}

/// Merges them as both were shown.
pub(crate) async fn merge(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let take: Vec<String> = form.all("take").map(str::to_owned).collect();
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let other = named(&parts, form.text("other")).await?;
        let call = call(&admitted, &form)?;
        actions::contact_merge(&parts.resources, &call, (contact.id, other), &take).await?;
        Ok(Message::ContactsMerged)
    };
    answered(&admitted, &parts, &id, (&form, &take), done.await).await
}

/// Takes a merge back.
pub(crate) async fn unmerge(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let other = form.trimmed("undone").parse();
        let other: ContactId = other.map_err(|_| PageProblem::no_contact())?;
        let call = call(&admitted, &form)?;
        actions::contact_unmerge(&parts.resources, &call, contact.id, other).await?;
        Ok(Message::ContactsUnmerged)
    };
    answered(&admitted, &parts, &id, (&form, &[]), done.await).await
}

async fn answered(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    (form, take): (&Form, &[String]),
    done: Result<Message, Refused>,
) -> Response {
    let path = format!("/admin/contacts/{}", id.parse().unwrap_or(ContactId(0)));
    match done {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, id, (form.text("other"), take), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
