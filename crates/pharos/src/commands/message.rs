//! `pharos message`: one announcement to one address.
//!
//! Personal data goes to standard output and nowhere else.

use std::collections::BTreeMap;

use actions::{FieldProblem, MessageOf, MessageTo, MessageWish, Refusal};
use anyhow::Context as _;
use model::{DeliveryState, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{IdempotentRequest, MessageQuery, MessageRow};

use crate::backend::Backend;
use crate::cli::{MessageCommand, MessageListArgs, MessageSendArgs};
use crate::commands::campaign_preview::named_values;
use crate::installation::{Installation, random_name};
use crate::telemetry::say;

/// Messages that are looked up at once.
const AT_ONCE: usize = 100;

/// A message as the API tells it.
#[derive(Serialize, Deserialize)]
struct ToldSingleMessage {
    /// Nothing: it was only checked.
    id: Option<String>,
    state: String,
    test: bool,
    announcement_id: String,
    announcement: String,
    contact: Option<String>,
    email: Option<String>,
    accepted_at: Option<String>,
    attempts: i64,
    code: Option<u16>,
    reply: Option<String>,
    due_at: Option<String>,
    ended_at: Option<String>,
}

impl From<MessageRow> for ToldSingleMessage {
    fn from(row: MessageRow) -> Self {
        let due_at = row.next_attempt_at.filter(|_| row.state.is_open());
        Self {
            id: Some(row.id.to_string()),
            state: word(row.state),
            test: !row.live,
            announcement_id: row.announcement.to_string(),
            announcement: row.announcement_name,
            contact: row.contact.map(|id| id.to_string()),
            email: row.email.map(|email| email.to_string()),
            accepted_at: Some(row.accepted_at.rfc3339()),
            attempts: row.attempts,
            code: row.code,
            reply: row.reply,
            due_at: due_at.map(Timestamp::rfc3339),
            ended_at: row.ended_at.map(Timestamp::rfc3339),
        }
    }
}

/// A state as the API writes it.
fn word(state: DeliveryState) -> String {
    state.as_str().replace(' ', "_")
}

pub(crate) async fn run(backend: &Backend, command: MessageCommand) -> anyhow::Result<()> {
    match command {
        MessageCommand::Send(args) => send(backend, args).await,
        MessageCommand::Show { message, json } => show(backend, message, json).await,
        MessageCommand::List(args) => list(backend, args).await,
    }
}

async fn send(backend: &Backend, args: MessageSendArgs) -> anyhow::Result<()> {
    let MessageSendArgs { announcement, address, values, key, dry_run, json } = args;
    let attributes = named_values(values)?;
    let key = match key {
        Some(key) => key,
        None => random_name()?,
    };
    let body = json!({
        "announcement": announcement,
        "to": address,
        "attributes": attributes,
        "dry_run": dry_run,
    });
    let told = match backend {
        Backend::Local(installation) => {
            let of = MessageOf::Name(announcement);
            let wish = MessageWish { of, to: MessageTo::Address(address), attributes };
            send_here(installation, &wish, (key, &body), dry_run).await?
        }
        Backend::Remote(server) => server.post_under(key, "/api/v1/messages", &body).await?,
    };
    if json {
        say(serde_json::to_string_pretty(&told)?);
        return Ok(());
    }
    let (name, email) = (&told.announcement, told.email.as_deref().unwrap_or_default());
    match &told.id {
        None => say(format_args!("{name} could be sent to {email}. Nothing was.")),
        Some(id) if told.state == "queued" => {
            say(format_args!(
                "Message {id}: {name} to {email} is queued; a running server sends it."
            ));
            say(format_args!("To see what becomes of it: pharos message show {id}"));
        }
        Some(id) => say(format_args!("Message {id}: {name} to {email} {}.", standing(&told))),
    }
    Ok(())
}

async fn send_here(
    installation: &Installation,
    wish: &MessageWish,
    (key, body): (String, &Value),
    dry_run: bool,
) -> anyhow::Result<ToldSingleMessage> {
    let (resources, mut call) = (installation.resources()?, installation.call());
    if dry_run {
        let checked = actions::message_check(&resources, &call, wish).await.map_err(with_fields)?;
        return Ok(ToldSingleMessage {
            id: None,
            state: word(DeliveryState::Queued),
            test: false,
            announcement_id: checked.announcement().to_string(),
            announcement: checked.announcement_name().to_owned(),
            contact: checked.contact().map(|id| id.to_string()),
            email: Some(checked.email.to_string()),
            accepted_at: None,
            attempts: 0,
            code: None,
            reply: None,
            due_at: None,
            ended_at: None,
        });
    }
    let body_hash = Sha256::digest(body.to_string()).into();
    call.request = Some(IdempotentRequest { key, request: "message send".to_owned(), body_hash });
    let accepted = actions::message_send(&resources, &call, wish).await.map_err(with_fields)?;
    Ok(accepted.message.into())
}

/// A refusal with the places that a server would name.
fn with_fields(refusal: Refusal) -> anyhow::Error {
    match refusal.fields.as_slice() {
        [] => refusal.into(),
        [one] if one.words == refusal.words => refusal.into(),
        several => {
            let each = |it: &FieldProblem| format!("\n  {}: {}", it.pointer, it.words);
            let fields = several.iter().map(each).collect::<String>();
            anyhow::anyhow!("{}{fields}", refusal.words)
        }
    }
}

async fn show(backend: &Backend, message: i64, json: bool) -> anyhow::Result<()> {
    let told: ToldSingleMessage = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::message(&resources, &call, MessageId(message)).await?.into()
        }
        Backend::Remote(server) => server.get(&format!("/api/v1/messages/{message}")).await?,
    };
    if json {
        say(serde_json::to_string_pretty(&told)?);
        return Ok(());
    }
    let accepted = told.accepted_at.as_deref().map(readable).transpose()?.unwrap_or_default();
    let email = told.email.as_deref().unwrap_or("somebody who is forgotten");
    say(format_args!("Message {message}: {} to {email}", told.announcement));
    say(format_args!("  accepted {accepted}, {}", standing(&told)));
    if let Some(at) = &told.ended_at {
        say(format_args!("  ended    {}", readable(at)?));
    }
    if let Some(at) = &told.due_at {
        say(format_args!("  next try {}", readable(at)?));
    }
    say(format_args!("  tries    {}", told.attempts));
    if let Some(reply) = reply(&told) {
        say(format_args!("  answer   {reply}"));
    }
    if told.state == "in_doubt" {
        say(
            "Nobody knows whether the relay has accepted it. Ask its log or the recipient; if it did not",
        );
        say("arrive, send it again with a new key.");
    }
    Ok(())
}

async fn list(backend: &Backend, args: MessageListArgs) -> anyhow::Result<()> {
    let most = usize::from(args.last);
    let state = args.state.map(|state| state.state());
    let address = args.address.unwrap_or_default();
    let told: Vec<ToldSingleMessage> = match backend {
        Backend::Local(installation) => list_here(installation, state, &address, most).await?,
        Backend::Remote(server) => {
            let word = state.map(word);
            let mut filter = BTreeMap::new();
            filter.extend(word.as_deref().map(|word| ("state", word)));
            filter.extend((!address.is_empty()).then_some(("q", address.as_str())));
            let (filter, limit): (Vec<_>, _) = (filter.into_iter().collect(), most.to_string());
            let mut pages = server.list("/api/v1/messages", &filter).by(&limit);
            let mut found = Vec::new();
            while found.len() < most
                && let Some(page) = pages.page().await?
            {
                found.extend(page);
            }
            found
        }
    };
    if told.is_empty() && !args.json {
        say("No single message matches.");
    }
    for message in told.iter().take(most) {
        match args.json {
            true => say(serde_json::to_string(message)?),
            false => say(line(message)?),
        }
    }
    Ok(())
}

async fn list_here(
    installation: &Installation,
    state: Option<DeliveryState>,
    address: &str,
    most: usize,
) -> anyhow::Result<Vec<ToldSingleMessage>> {
    let (resources, call) = (installation.resources()?, installation.call());
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let query = MessageQuery { state, address: address.to_owned(), before };
        let page = actions::messages(&resources, &call, query, AT_ONCE).await?;
        found.extend(page.messages.into_iter().map(ToldSingleMessage::from));
        before = page.next;
        if before.is_none() || found.len() >= most {
            return Ok(found);
        }
    }
}

fn line(told: &ToldSingleMessage) -> anyhow::Result<String> {
    let id = told.id.as_deref().unwrap_or_default();
    let at = told.accepted_at.as_deref().map(readable).transpose()?.unwrap_or_default();
    let email = told.email.as_deref().unwrap_or("forgotten");
    let reply = reply(told).map(|reply| format!("  {reply}")).unwrap_or_default();
    let state = if told.test { "test".to_owned() } else { told.state.replace('_', " ") };
    Ok(format!("{id:>6}  {at}  {state:<10}  {email}  {}{reply}", told.announcement))
}

/// What has become of it, in a word or two.
fn standing(told: &ToldSingleMessage) -> String {
    match told.state.as_str() {
        "leased" => "is being sent".to_owned(),
        "sent" if told.test => "is in the inbox, as a test".to_owned(),
        "in_doubt" => "is in doubt".to_owned(),
        state @ ("queued" | "sent" | "suppressed") => format!("is {state}"),
        state => state.to_owned(),
    }
}

/// The relay's answer with its code, or our own reason.
fn reply(told: &ToldSingleMessage) -> Option<String> {
    match (told.code, told.reply.as_deref()) {
        (Some(code), Some(text)) if code > 0 => Some(format!("{code} {text}")),
        (_, text) => text.map(str::to_owned),
    }
}

fn readable(text: &str) -> anyhow::Result<String> {
    let at = Timestamp::parse_rfc3339(text).with_context(|| format!("{text:?} is not a time"))?;
    Ok(at.readable())
}
