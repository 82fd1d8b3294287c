//! The records of the sender's domain: to be copied, and what stands there now. Looking changes nothing,
//! so *Check again* is a link.

use actions::{Call, SetUpStep};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::{DomainRecord, DomainRecords, RecordStanding};
use serde::Deserialize;

use super::{StepLink, way};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Deserialize)]
pub(crate) struct DomainQuery {
    selector: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/set_up_domain.html")]
struct DomainPage {
    frame: AdminFrame,
    way: Vec<StepLink>,
    key: String,
    selector: String,
    domain: String,
    trouble: Option<String>,
    records: Vec<ShownRecord>,
    problem: Option<FormProblem>,
}

struct ShownRecord {
    record: DomainRecord,
    /// In words, and the class of its mark.
    standing: (&'static str, &'static str),
}

impl ShownRecord {
    fn new(record: DomainRecord) -> Self {
        let standing = match record.standing {
            RecordStanding::Good => ("in place", "finished"),
            RecordStanding::Unclear => ("look at it", ""),
            RecordStanding::Missing => ("missing", "paused"),
            RecordStanding::Wrong => ("wrong", "paused"),
            RecordStanding::Unknown => ("not known", ""),
        };
        let words = super::plain(&record.words);
        Self { record: DomainRecord { words, ..record }, standing }
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<DomainQuery>,
) -> Response {
    if parts.resources.settings.now().domain_is_set().is_err() {
        return admitted.visitor.done(super::SENDER, Message::SetUpDomainNeeded);
    }
    let selector = asked.selector.unwrap_or_default().trim().to_owned();
    let call = Call::new(admitted.permit.actor().clone(), now());
    match actions::sender_domain(&parts.resources, &call, &selector).await {
        Ok(records) => page(&admitted, &parts, selector, records, (StatusCode::OK, None)).await,
        Err(refusal) => match Refused::from(refusal) {
            Refused::Form(status, problem) => {
                let looked = actions::sender_domain(&parts.resources, &call, "").await;
                match looked {
                    Ok(records) => {
                        let problem = (status, Some(problem));
                        page(&admitted, &parts, selector, records, problem).await
                    }
                    Err(refusal) => PageProblem::Refused(refusal.words).page(&admitted.visitor),
                }
            }
            Refused::Page(problem) => problem.page(&admitted.visitor),
            Refused::DoneBefore => admitted.visitor.done(super::DOMAIN, Message::DoneBefore),
        },
    }
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    selector: String,
    found: DomainRecords,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        Ok(DomainPage {
            frame: admitted.frame(""),
            way: way(parts, 3).await?,
            key: new_key()?,
            selector,
            domain: found.domain,
            trouble: found.trouble.as_deref().map(super::plain),
            records: found.records.into_iter().map(ShownRecord::new).collect(),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Somebody says that the records are in place.
pub(crate) async fn finish(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let lead = (super::START, Message::SetUpDomainDone);
    super::done(&admitted, &parts, &form, SetUpStep::Domain, lead).await
}
