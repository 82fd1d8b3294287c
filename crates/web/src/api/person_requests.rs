//! What people ask about their data, with the time by which it must be answered. Personal data.

use actions::{RequestList, RequestWish, request_add, request_close, request_extend};
use model::{DisclosureKind, RequestState, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Requests looked up at once.
const BATCH: u16 = 501;

list_params! {
    RequestsParams {
        /// Only those that are open, or only those that are closed.
        open: Option<bool>,
    }
}

/// What somebody asks about their data.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonRequest {
    #[schema(example = "7")]
    id: String,
    /// access, correction, erasure, objection or question.
    #[schema(example = "access")]
    kind: &'static str,
    /// Null: they were erased.
    email: Option<String>,
    /// The contact’s id; null when they are none.
    contact: Option<String>,
    /// By which way it came: account, staff or api; there may be more.
    channel: String,
    text: String,
    #[schema(format = "date-time")]
    received_at: String,
    /// By when it must be answered.
    #[schema(format = "date-time")]
    due_at: String,
    /// Days until then, negative ones since then; null when it is closed.
    days_left: Option<i64>,
    /// Why it takes longer than a month.
    extension: Option<String>,
    /// open, answered, refused or withdrawn.
    state: &'static str,
    handled_by: Option<String>,
    /// What was answered, or why it was refused.
    outcome: Option<String>,
    #[schema(format = "date-time")]
    closed_at: Option<String>,
}

impl PersonRequest {
    fn new(it: store::PersonRequest, now: Timestamp) -> Self {
        Self {
            id: it.id.to_string(),
            kind: it.kind.as_str(),
            contact: it.contact.map(|id| id.to_string()),
            received_at: it.received_at.rfc3339(),
            due_at: it.due_at.rfc3339(),
            days_left: it.days_left(now),
            state: it.state.as_str(),
            closed_at: it.closed_at.map(Timestamp::rfc3339),
            email: it.email,
            channel: it.channel,
            text: it.text,
            extension: it.extension,
            handled_by: it.handled_by,
            outcome: it.outcome,
        }
    }
}

/// A request that came by another way.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPersonRequest {
    /// access, correction, erasure, objection or question.
    #[schema(example = "access")]
    kind: String,
    #[schema(example = "ann@example.org")]
    email: String,
    #[schema(max_length = 4000, example = "Asks by letter for a copy of her data.")]
    text: String,
}

/// Why a request takes longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestExtension {
    /// The person has to be told it within the first month.
    #[schema(max_length = 4000, example = "The data of three systems has to be put together.")]
    reason: String,
}

/// How a request ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestOutcome {
    /// What was answered, why it was refused, or how it was withdrawn.
    #[schema(max_length = 4000, example = "Sent the copy by post.")]
    outcome: String,
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: RequestsParams = asked.query()?;
    let open = params.open.map(|open| if open { "true" } else { "false" });
    let filter = [("open", open)];
    let page = ListAsked::new("/api/v1/requests", &filter, params.limit, params.after.as_deref())?;
    let (resources, call) = (&asked.parts.resources, &asked.call());
    let batch = |before: Option<i64>| async move {
        let list = RequestList::All { before };
        let mut rows = actions::requests(resources, call, list, BATCH).await?;
        let has_more = rows.len() == usize::from(BATCH);
        rows.truncate(usize::from(BATCH) - 1);
        let next = rows.last().filter(|_| has_more).map(|last| last.id);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let takes = |it: &store::PersonRequest| {
        params.open.is_none_or(|open| (it.state == RequestState::Open) == open)
    };
    let (rows, next) = page.fill(batch, takes, |it| it.id).await?;
    if !rows.is_empty() {
        let contacts = rows.iter().filter_map(|it| it.contact);
        asked.disclose(DisclosureKind::ContactsRead, contacts).await?;
    }
    let rows: Vec<PersonRequest> =
        rows.into_iter().map(|it| PersonRequest::new(it, asked.at)).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&found(&asked, id(&asked)).await?)
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let NewPersonRequest { kind, email, text } = asked.body()?;
    let wish = RequestWish { kind, email, text };
    let id = request_add(&asked.parts.resources, &asked.call(), wish, "api").await?;
    made(&asked, id).await
}

pub(crate) async fn created_again(asked: Asked, made_id: Option<String>) -> Result<Reply, Problem> {
    let id = made_id.and_then(|id| id.parse().ok()).unwrap_or(0);
    made(&asked, id).await
}

pub(crate) async fn extend(asked: Asked) -> Result<Reply, Problem> {
    let RequestExtension { reason } = asked.body()?;
    request_extend(&asked.parts.resources, &asked.call(), id(&asked), &reason).await?;
    state_again(asked).await
}

pub(crate) async fn answer(asked: Asked) -> Result<Reply, Problem> {
    close(asked, RequestState::Answered).await
}

pub(crate) async fn refuse(asked: Asked) -> Result<Reply, Problem> {
    close(asked, RequestState::Refused).await
}

pub(crate) async fn withdraw(asked: Asked) -> Result<Reply, Problem> {
    close(asked, RequestState::Withdrawn).await
}

async fn close(asked: Asked, state: RequestState) -> Result<Reply, Problem> {
    let RequestOutcome { outcome } = asked.body()?;
    let (resources, call) = (&asked.parts.resources, asked.call());
    request_close(resources, &call, id(&asked), (state, &outcome)).await?;
    state_again(asked).await
}

async fn state_again(asked: Asked) -> Result<Reply, Problem> {
    Reply::of(&found(&asked, id(&asked)).await?)
}

/// A number of nobody where it is none, so that who may not is told the same of all.
fn id(asked: &Asked) -> i64 {
    asked.path("id").parse().unwrap_or(0)
}

async fn found(asked: &Asked, id: i64) -> Result<PersonRequest, Problem> {
    let found = actions::request(&asked.parts.resources, &asked.call(), id).await?;
    asked.disclose(DisclosureKind::ContactsRead, found.contact).await?;
    Ok(PersonRequest::new(found, asked.at))
}

async fn made(asked: &Asked, id: i64) -> Result<Reply, Problem> {
    Reply::created(&format!("/api/v1/requests/{id}"), &found(asked, id).await?)
}
