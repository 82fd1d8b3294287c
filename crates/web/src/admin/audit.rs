//! The audit log: who did what, what was before and after, and whether the chain holds.

use access::{audit_entries, audit_verified};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use report::number_text::thousands;
use serde::Deserialize;
use store::{AuditEntry, AuditFilter};

use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PAGE: u16 = 50;
const PATH: &str = "/admin/audit";

#[derive(Deserialize)]
pub(crate) struct AuditQuery {
    actor: Option<String>,
    object: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    frame: AdminFrame,
    actor: String,
    object: String,
    is_filtered: bool,
    lines: Vec<EntryLine>,
    pager: Pager,
}

struct EntryLine {
    seq: String,
    when: String,
    actor: String,
    action: String,
    object: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/audit_verified.html")]
struct VerifiedPage {
    frame: AdminFrame,
    entries: String,
    /// The last good entry, to be noted elsewhere.
    end: String,
    broken: Option<String>,
}

impl EntryLine {
    fn new(entry: AuditEntry) -> Self {
        Self {
            seq: thousands(entry.seq),
            when: entry.at.readable(),
            actor: entry.actor(),
            action: entry.action,
            object: format!("{} {}", entry.object_kind, entry.object_id).trim().to_owned(),
            before: entry.before,
            after: entry.after,
        }
    }
}

pub(crate) async fn list(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<AuditQuery>,
) -> Response {
    match make(&admitted, &parts, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn make(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &AuditQuery,
) -> Result<AuditPage, PageProblem> {
    let (actor, object) = (typed(asked.actor.as_deref()), typed(asked.object.as_deref()));
    let filter = filter(actor, object)?;
    let address = ListAddress::new(PATH, &[("actor", actor), ("object", object)]);
    let after = address.read(asked.cursor.as_deref())?;
    let found = audit_entries(&parts.store, &admitted.permit, filter, after, PAGE + 1).await;
    let mut found = found.map_err(PageProblem::failed("reading the audit log"))?;
    let has_more = found.len() > usize::from(PAGE);
    found.truncate(usize::from(PAGE));
    let next = found.last().filter(|_| has_more).map(|last| last.seq);
    Ok(AuditPage {
        frame: admitted.frame("audit"),
        actor: actor.unwrap_or_default().to_owned(),
        object: object.unwrap_or_default().to_owned(),
        is_filtered: actor.is_some() || object.is_some(),
        lines: found.into_iter().map(EntryLine::new).collect(),
        pager: Pager::new(&address, after, next),
    })
}

fn filter(actor: Option<&str>, object: Option<&str>) -> Result<AuditFilter, PageProblem> {
    match (actor, object) {
        (None, None) => Ok(AuditFilter::All),
        (Some(actor), None) => Ok(AuditFilter::Actor(actor.to_owned())),
        (None, Some(object)) => match object.split_once(' ') {
            Some((kind, id)) => {
                Ok(AuditFilter::Object { kind: kind.to_owned(), id: id.trim().to_owned() })
            }
            None => {
                let text = "Its “object” must be a kind and a number, such as “campaign 3”.";
                Err(PageProblem::Refused(text.to_owned()))
            }
        },
        (Some(_), Some(_)) => {
            let text = "Look for an actor or for an object, not for both.";
            Err(PageProblem::Refused(text.to_owned()))
        }
    }
}

pub(crate) async fn verified(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    match audit_verified(&parts.store, &admitted.permit).await {
        Ok(verified) => {
            let page = VerifiedPage {
                frame: admitted.frame("audit").below(PATH, "Audit log"),
                entries: thousands(verified.end.seq),
                end: verified.end.to_string(),
                broken: verified.broken.map(|broken| broken.to_string()),
            };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => {
            PageProblem::failed("verifying the audit log")(problem).page(&admitted.visitor)
        }
    }
}
