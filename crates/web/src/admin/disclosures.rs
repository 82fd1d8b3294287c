//! The disclosure register: to whom personal data has left, and whether its chain holds; and who may get it.

mod processors;
pub(crate) mod sharing;

use actions::Refusal;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use report::number_text::thousands;
use serde::Deserialize;
use store::DisclosureEntry;

use crate::admin::page::calls::looking;
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

pub(crate) use processors::{change as change_processor, show as show_processors};

const PAGE: u16 = 50;
const PATH: &str = "/admin/disclosures";

#[derive(Deserialize)]
pub(crate) struct DisclosuresQuery {
    recipient: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/disclosures.html")]
struct DisclosuresPage {
    frame: AdminFrame,
    recipient: String,
    lines: Vec<DisclosureLine>,
    pager: Pager,
}

struct DisclosureLine {
    seq: String,
    when: String,
    actor: String,
    kind: &'static str,
    recipient: String,
    country: String,
    basis: &'static str,
    purpose: String,
    fields: String,
    about: String,
    persons: String,
    closes: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/disclosures_verified.html")]
struct RegisterVerifiedPage {
    frame: AdminFrame,
    entries: String,
    /// The last good entry, to be noted elsewhere.
    end: String,
    broken: Option<String>,
}

impl DisclosureLine {
    fn new(it: DisclosureEntry) -> Self {
        Self {
            seq: thousands(it.seq),
            when: it.at.readable(),
            actor: it.actor(),
            kind: it.kind.as_str(),
            basis: it.basis.as_str(),
            fields: it.fields_text().replace(',', ", "),
            persons: it.persons.map_or_else(|| "goes on".to_owned(), thousands),
            closes: it.closes.map(thousands),
            recipient: it.recipient,
            country: it.country,
            purpose: it.purpose,
            about: if it.about == "{}" { String::new() } else { it.about },
        }
    }
}

fn failed(refusal: Refusal) -> PageProblem {
    PageProblem::failed("reading the disclosure register")(refusal)
}

pub(crate) async fn list(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<DisclosuresQuery>,
) -> Response {
    match make(&admitted, &parts, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn make(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &DisclosuresQuery,
) -> Result<DisclosuresPage, PageProblem> {
    let recipient = typed(asked.recipient.as_deref());
    let address = ListAddress::new(PATH, &[("recipient", recipient)]);
    let after = address.read(asked.cursor.as_deref())?;
    let (named, page) = (recipient.map(str::to_owned), (after, PAGE + 1));
    let found = actions::disclosures(&parts.resources, &looking(admitted), named, page).await;
    let mut found = found.map_err(failed)?;
    let has_more = found.len() > usize::from(PAGE);
    found.truncate(usize::from(PAGE));
    let next = found.last().filter(|_| has_more).map(|last| last.seq);
    Ok(DisclosuresPage {
        frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
        recipient: recipient.unwrap_or_default().to_owned(),
        lines: found.into_iter().map(DisclosureLine::new).collect(),
        pager: Pager::new(&address, after, next),
    })
}

pub(crate) async fn verified(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    match actions::disclosures_verify(&parts.resources, &looking(&admitted), None).await {
        Ok(verified) => {
            let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
            let page = RegisterVerifiedPage {
                frame: frame.below(PATH, "Disclosures"),
                entries: thousands(verified.end.seq),
                end: verified.end.to_string(),
                broken: verified.broken.map(|broken| broken.to_string()),
            };
            respond::page(StatusCode::OK, &page)
        }
        Err(refusal) => failed(refusal).page(&admitted.visitor),
    }
}
