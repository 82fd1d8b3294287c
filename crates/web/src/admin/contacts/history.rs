//! What was changed about a contact, and by whom; and their tags, which are changed beside it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ContactId, TagName};
use serde::Deserialize;
use store::{ContactHistoryEntry, Store};

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::contacts::page as contact_page;
use crate::admin::page::calls::call;
use crate::admin::page::form::Form;
use crate::admin::page::listing::{ListAddress, Pager};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// Changes of a page.
const PAGE: usize = 20;

/// A part of a contact's history.
#[derive(Default)]
pub(crate) struct HistoryPart {
    pub(crate) lines: Vec<HistoryLine>,
    pub(crate) pager: Pager,
}

pub(crate) struct HistoryLine {
    pub(crate) when: String,
    pub(crate) field: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) actor: String,
}

impl From<ContactHistoryEntry> for HistoryLine {
    fn from(it: ContactHistoryEntry) -> Self {
        Self {
            when: it.at.readable(),
            field: it.field,
            before: it.before.unwrap_or_default(),
            after: it.after.unwrap_or_default(),
            actor: it.actor,
        }
    }
}

impl HistoryPart {
    /// The newest changes, or those behind where the cursor points.
    pub(crate) async fn read(
        store: &Store,
        id: ContactId,
        cursor: Option<&str>,
    ) -> Result<Self, PageProblem> {
        let address = ListAddress::new(format!("/admin/contacts/{id}/history"), &[]);
        let after = address.read(cursor)?;
        let found = store.contact_history(id, after.unwrap_or(i64::MAX), PAGE + 1).await;
        let mut found = found.map_err(PageProblem::failed("reading a history"))?;
        let is_more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found.last().filter(|_| is_more).map(|last| last.id);
        let pager = Pager::new(&address, after, next);
        Ok(Self { lines: found.into_iter().map(HistoryLine::from).collect(), pager })
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct HistoryQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/contact_history.html")]
struct HistoryPage {
    frame: AdminFrame,
    address: String,
    history: HistoryPart,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<HistoryQuery>,
) -> Response {
    let made = async {
        let contact = contact_of(&parts, &id).await?;
        let store = &parts.resources.store;
        let history = HistoryPart::read(store, contact.id, asked.cursor.as_deref()).await?;
        let address = contact.email.as_str().to_owned();
        Ok(HistoryPage { frame: frame_below(&admitted, &contact), address, history })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Makes the tags of a contact those that were typed.
pub(crate) async fn set_tags(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let path = format!("/admin/contacts/{}", id.parse().unwrap_or(ContactId(0)));
    let done = async {
        let contact = contact_of(&parts, &id).await?;
        let list = |field: &str| {
            TagName::parse_list(form.text(field))
                .map_err(|problem| wrong("tags", problem.to_string()))
        };
        // What somebody else has done in the meantime stays.
        let (was, typed) = (list("were")?, list("tags")?);
        let missing = |all: &[TagName], of: &[TagName]| -> Vec<String> {
            let new = of.iter().filter(|tag| all.iter().all(|it| it.key() != tag.key()));
            new.map(|tag| tag.as_str().to_owned()).collect()
        };
        let (add, remove) = (missing(&was, &typed), missing(&typed, &was));
        let call = call(&admitted, &form)?;
        let changed =
            actions::contact_tag(&parts.resources, &call, contact.id, &add, &remove).await?;
        Ok(if changed { Message::ContactChanged } else { Message::NothingChanged })
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            contact_page(&admitted, &parts, &id, ("", ""), status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
