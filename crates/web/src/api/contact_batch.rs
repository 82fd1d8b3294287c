//! Many contacts in one request, a line each.
//!
//! Invariants: each line is done or refused by itself, in its order; repeated under the same key, what
//! was done before is told and not done again, also when the server was killed between two lines.

use std::collections::BTreeMap;

use actions::{Call, ContactEdit, ContactWish, RefusalKind, contact_add, contact_edit};
use axum::http::StatusCode;
use model::{ContactId, EmailAddress};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{AuditObject, IdempotentRequest, Repeated};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::body;
use crate::api::problem::{Problem, ProblemBody};
use crate::api::reply::Reply;

/// Lines of a batch.
const MOST_LINES: usize = 1_000;

/// Somebody who is to be a contact: one line of a batch.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchLine {
    #[schema(example = "ada@example.org")]
    email: String,
    /// Named values.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Slugs of what they want to get.
    #[serde(default)]
    #[schema(max_items = 1000)]
    topics: Vec<String>,
    /// How you know that they want it: needed with topics, and kept in the ledger of consents.
    #[serde(default)]
    #[schema(max_length = 200)]
    proof: String,
    /// Month or day of birth: compared, and not kept. Of anybody under 13 nothing is.
    #[serde(default)]
    #[schema(example = "1984-07")]
    birth_month: Option<String>,
    /// What to do when there is a contact with this address.
    #[serde(default)]
    #[schema(inline)]
    if_exists: IfExists,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum IfExists {
    /// The line is refused (`contact_exists`).
    #[default]
    Refuse,
    /// Its attributes are changed to these, others stay; it is subscribed to these topics, too.
    Update,
}

/// What became of one line of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchAnswer {
    /// Which line, counted from 0; empty lines count and are not answered.
    index: usize,
    /// As the line alone would be answered: 201 added, 200 changed, 4xx refused.
    #[schema(minimum = 200, maximum = 499)]
    status: u16,
    /// The contact’s id.
    id: Option<String>,
    problem: Option<ProblemBody>,
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    // Takes the key, so that the answer can be kept under it.
    let lines = lines(&asked)?;
    let mut permit = asked.permit()?.clone();
    if let Some(request) = &asked.request {
        permit = permit.for_request(request.clone());
    }
    let (store, object) = (&asked.parts.resources.store, AuditObject::of_kind("contacts"));
    let about = serde_json::json!({ "lines": lines.len() }).to_string();
    permit.log(store, "contact.batch", object, Some(about), asked.at).await?;
    each(&asked, &lines).await
}

/// Goes on where it was interrupted.
pub(crate) async fn create_again(asked: Asked, _: Option<String>) -> Result<Reply, Problem> {
    each(&asked, &lines(&asked)?).await
}

/// The lines with something in them.
fn lines(asked: &Asked) -> Result<Vec<(usize, Vec<u8>)>, Problem> {
    let all = asked.body.split(|byte| *byte == b'\n').enumerate();
    let has_text = |line: &[u8]| line.iter().any(|byte| !byte.is_ascii_whitespace());
    let lines: Vec<_> =
        all.filter(|(_, line)| has_text(line)).map(|(at, line)| (at, line.to_vec())).collect();
    if lines.len() > MOST_LINES {
        let words = format!("A batch has at most {MOST_LINES} lines.");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_lines", words));
    }
    Ok(lines)
}

async fn each(asked: &Asked, lines: &[(usize, Vec<u8>)]) -> Result<Reply, Problem> {
    let mut answers = Vec::new();
    for (index, line) in lines {
        let answer = match one(asked, *index, line).await {
            Ok((status, id)) => BatchAnswer {
                index: *index,
                status: status.as_u16(),
                id: Some(id.to_string()),
                problem: None,
            },
            // The whole is asked for again then, and goes on from here.
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(problem) => BatchAnswer {
                index: *index,
                status: problem.status.as_u16(),
                id: None,
                problem: Some(problem.body("")),
            },
        };
        serde_json::to_writer(&mut answers, &answer).map_err(Problem::failed)?;
        answers.push(b'\n');
    }
    Ok(Reply::stored(StatusCode::OK, answers))
}

async fn one(asked: &Asked, index: usize, line: &[u8]) -> Result<(StatusCode, ContactId), Problem> {
    let BatchLine { email, attributes, topics, proof, birth_month, if_exists } = body::read(line)?;
    let resources = &asked.parts.resources;
    let call =
        Call { request: asked.request.as_ref().map(|it| of_line(it, index, line)), ..asked.call() };
    let wish = ContactWish {
        email: email.clone(),
        attributes: attributes.clone(),
        topics: topics.clone(),
        proof: proof.clone(),
        birth_month,
    };
    let refusal = match contact_add(resources, &call, wish).await {
        Ok(added) => return Ok((StatusCode::CREATED, added.id)),
        Err(refusal) => refusal,
    };
    if let RefusalKind::Repeated(Repeated::Unanswered { made: Some(made), .. }) = &refusal.kind
        && let Ok(id) = made.parse()
    {
        return Ok((StatusCode::CREATED, id));
    }
    if refusal.code != "contact_exists" || if_exists != IfExists::Update {
        return Err(refusal.into());
    }
    let Ok(address) = EmailAddress::parse(email.trim()) else { return Err(refusal.into()) };
    let found = resources.store.contact_by_email(address).await?;
    let Some(contact) = found.map(|found| found.id) else { return Err(refusal.into()) };
    // Doing that twice changes nothing more: it takes no key.
    let call = Call { request: None, ..call };
    let edit = ContactEdit { attributes, ..ContactEdit::default() };
    match contact_edit(resources, &call, contact, None, edit).await {
        Ok(_) => {}
        // Of a foreign topic: whoever adds it alone learns no more either.
        Err(hidden) if matches!(hidden.kind, RefusalKind::NotFound) => return Err(refusal.into()),
        Err(refusal) => return Err(refusal.into()),
    }
    for topic in &topics {
        actions::contact_subscribe(resources, &call, contact, topic, &proof).await?;
    }
    Ok((StatusCode::OK, contact))
}

/// A line as a request of its own. Its key can be nobody's: those of clients are printable.
fn of_line(whole: &IdempotentRequest, index: usize, line: &[u8]) -> IdempotentRequest {
    IdempotentRequest {
        key: format!("{}\u{1f}{index}", whole.key),
        request: format!("{} line {index}", whole.request),
        body_hash: Sha256::digest(line).into(),
    }
}
