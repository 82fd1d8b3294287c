//! `pharos requests`.

use actions::{RequestList, RequestWish};
use model::{RequestState, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::cli::RequestsCommand;
use crate::installation::now;
use crate::remote::{maybe_time, number, time};
use crate::telemetry::{note, say};

/// Requests that are listed at most.
const MOST: u16 = 1_000;

/// A request, as a server tells it as well.
#[derive(Deserialize)]
struct ToldRequest {
    #[serde(deserialize_with = "number")]
    id: i64,
    kind: String,
    email: Option<String>,
    channel: String,
    text: String,
    #[serde(deserialize_with = "time")]
    received_at: Timestamp,
    #[serde(deserialize_with = "time")]
    due_at: Timestamp,
    extension: Option<String>,
    state: String,
    handled_by: Option<String>,
    outcome: Option<String>,
    #[serde(deserialize_with = "maybe_time")]
    closed_at: Option<Timestamp>,
}

impl From<store::PersonRequest> for ToldRequest {
    fn from(it: store::PersonRequest) -> Self {
        Self {
            id: it.id,
            kind: it.kind.as_str().to_owned(),
            state: it.state.as_str().to_owned(),
            email: it.email,
            channel: it.channel,
            text: it.text,
            received_at: it.received_at,
            due_at: it.due_at,
            extension: it.extension,
            handled_by: it.handled_by,
            outcome: it.outcome,
            closed_at: it.closed_at,
        }
    }
}

impl ToldRequest {
    fn is_open(&self) -> bool {
        self.state == RequestState::Open.as_str()
    }

    fn who(&self) -> &str {
        self.email.as_deref().unwrap_or("(erased)")
    }

    /// `in 12 days`, `3 days late` or the state.
    fn standing(&self, now: Timestamp) -> String {
        if !self.is_open() {
            return self.state.clone();
        }
        match self.due_at.day_number() - now.day_number() {
            0 => "due today".to_owned(),
            1 => "in 1 day".to_owned(),
            days if days > 0 => format!("in {days} days"),
            -1 => "1 day late".to_owned(),
            days => format!("{} days late", -days),
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: RequestsCommand) -> anyhow::Result<()> {
    match command {
        RequestsCommand::List { all } => list(backend, all).await,
        RequestsCommand::Show { request } => {
            show(&find(backend, request).await?);
            Ok(())
        }
        RequestsCommand::Add { address, kind, text } => {
            let wish = RequestWish { kind, email: address, text };
            let told = add(backend, wish).await?;
            let due = told.due_at.day();
            say(format_args!("Request {} is entered. It must be answered by {due}.", told.id));
            Ok(())
        }
        RequestsCommand::Answer { request, outcome } => {
            close(backend, request, RequestState::Answered, &outcome).await
        }
        RequestsCommand::Refuse { request, reason } => {
            close(backend, request, RequestState::Refused, &reason).await
        }
        RequestsCommand::Withdraw { request, how } => {
            close(backend, request, RequestState::Withdrawn, &how).await
        }
        RequestsCommand::Extend { request, reason } => {
            extend(backend, request, &reason).await?;
            let due = find(backend, request).await?.due_at.day();
            say(format_args!(
                "Request {request} must be answered by {due}. Tell the person, and why."
            ));
            Ok(())
        }
    }
}

async fn list(backend: &Backend, all: bool) -> anyhow::Result<()> {
    let mut found: Vec<ToldRequest> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let list = match all {
                true => RequestList::All { before: None },
                false => RequestList::Open { after: None },
            };
            let found = actions::requests(&resources, &call, list, MOST).await?;
            found.into_iter().map(ToldRequest::from).collect()
        }
        Backend::Remote(server) => {
            let filter: &[(&str, &str)] = if all { &[] } else { &[("open", "true")] };
            let mut list = server.list("/api/v1/requests", filter).by("500");
            let mut found = Vec::new();
            while let Some(page) = list.page::<ToldRequest>().await? {
                found.extend(page);
                if found.len() >= usize::from(MOST) {
                    break;
                }
            }
            found.truncate(usize::from(MOST));
            found
        }
    };
    if !all {
        found.sort_by_key(|it| (it.due_at, it.id));
    }
    if found.is_empty() {
        note(if all { "No requests." } else { "No open requests." });
    }
    let now = now();
    for it in found {
        let standing = it.standing(now);
        say(format_args!("{:>6}  {standing:<14} {:<12} {}", it.id, it.kind, it.who()));
    }
    Ok(())
}

fn show(it: &ToldRequest) {
    say(format_args!("Request {}: {}, from {}", it.id, it.kind, it.who()));
    say(format_args!("Received {} by {}", it.received_at.readable(), it.channel));
    say(format_args!("To be answered by {} ({})", it.due_at.day(), it.standing(now())));
    if let Some(reason) = &it.extension {
        say(format_args!("Extended: {reason}"));
    }
    if let (Some(outcome), Some(at)) = (&it.outcome, it.closed_at) {
        let by = it.handled_by.as_deref().unwrap_or_default();
        say(format_args!("Closed {} by {by}: {outcome}", at.readable()));
    }
    say("");
    say(&it.text);
}

async fn find(backend: &Backend, id: i64) -> anyhow::Result<ToldRequest> {
    Ok(match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::request(&resources, &call, id).await?.into()
        }
        Backend::Remote(server) => server.get(&format!("/api/v1/requests/{id}")).await?,
    })
}

async fn add(backend: &Backend, wish: RequestWish) -> anyhow::Result<ToldRequest> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = actions::request_add(&resources, &call, wish, "staff").await?;
            find(backend, id).await
        }
        Backend::Remote(server) => {
            let RequestWish { kind, email, text } = wish;
            let body = json!({ "kind": kind, "email": email, "text": text });
            Ok(server.post("/api/v1/requests", &body).await?)
        }
    }
}

async fn close(
    backend: &Backend,
    id: i64,
    state: RequestState,
    outcome: &str,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::request_close(&resources, &call, id, (state, outcome)).await?;
        }
        Backend::Remote(server) => {
            let verb = match state {
                RequestState::Refused => "refuse",
                RequestState::Withdrawn => "withdraw",
                RequestState::Answered | RequestState::Open => "answer",
            };
            let path = format!("/api/v1/requests/{id}/{verb}");
            server.post::<Value>(&path, &json!({ "outcome": outcome })).await?;
        }
    }
    say(format_args!("Request {id} is closed: {}.", state.as_str()));
    Ok(())
}

async fn extend(backend: &Backend, id: i64, reason: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::request_extend(&resources, &call, id, reason).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/requests/{id}/extend");
            server.post::<Value>(&path, &json!({ "reason": reason })).await?;
        }
    }
    Ok(())
}
