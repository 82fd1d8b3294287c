//! `pharos audit`.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;
use model::{CampaignId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AuditEntry, AuditFilter, ChainPoint, Store};

use crate::backend::Backend;
use crate::cli::{AuditCommand, AuditListArgs};
use crate::installation::Installation;
use crate::remote::{RemoteClient, number};
use crate::telemetry::{counted, say};

/// The most entries that a page of a server's log holds.
const PAGE: u16 = 500;

/// An entry as a server tells it.
#[derive(Deserialize)]
struct ToldEntry {
    #[serde(deserialize_with = "number")]
    id: i64,
    at_us: i64,
    actor: ToldActor,
    action: String,
    object: ToldObject,
    before: Option<Value>,
    after: Option<Value>,
    previous_hash: String,
    hash: String,
}

#[derive(Deserialize)]
struct ToldActor {
    kind: String,
    id: Option<String>,
    name: String,
}

#[derive(Deserialize)]
struct ToldObject {
    kind: String,
    whole_id: String,
}

impl From<ToldEntry> for AuditEntry {
    fn from(told: ToldEntry) -> Self {
        let state = |value: Option<Value>| {
            value.map(|value| match value {
                Value::String(text) => text,
                value => value.to_string(),
            })
        };
        Self {
            seq: told.id,
            at: Timestamp(told.at_us),
            actor_kind: told.actor.kind,
            actor_id: told.actor.id.and_then(|id| id.parse().ok()),
            actor_name: told.actor.name,
            action: told.action,
            object_kind: told.object.kind,
            object_id: told.object.whole_id,
            before: state(told.before),
            after: state(told.after),
            previous_hash: bytes(&told.previous_hash),
            hash: bytes(&told.hash),
        }
    }
}

/// Reads hex digits.
fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

pub(crate) async fn run(backend: &Backend, command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::List(args) => {
            let json = args.json;
            let entries = match backend {
                Backend::Local(installation) => entries_here(installation, args).await?,
                Backend::Remote(server) => entries_there(server, args).await?,
            };
            tell(&entries, json);
            Ok(())
        }
        AuditCommand::Verify { noted } => verify(&backend.here("audit verify")?.store, noted).await,
        AuditCommand::Export { to } => {
            export(&backend.here("audit export")?.store, to.as_deref()).await
        }
    }
}

/// The newest first.
async fn entries_here(
    installation: &Installation,
    args: AuditListArgs,
) -> anyhow::Result<Vec<AuditEntry>> {
    let filter = match (args.object, args.actor) {
        (Some(object), _) => of_object(installation, &object).await?,
        (None, Some(actor)) => AuditFilter::Actor(actor),
        (None, None) => AuditFilter::All,
    };
    Ok(installation.store.audit_page(filter, i64::MAX, args.last).await?)
}

async fn entries_there(
    server: &RemoteClient,
    args: AuditListArgs,
) -> anyhow::Result<Vec<AuditEntry>> {
    let given = [("object", args.object.as_deref()), ("actor", args.actor.as_deref())];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value?.trim())));
    let (filter, limit) = (given.collect::<Vec<_>>(), args.last.min(PAGE).to_string());
    let mut list = server.list("/api/v1/audit", &filter).by(&limit);
    let (mut entries, last) = (Vec::new(), usize::from(args.last));
    while let Some(page) = list.page::<ToldEntry>().await? {
        entries.extend(page.into_iter().map(AuditEntry::from));
        if entries.len() >= last {
            break;
        }
    }
    entries.truncate(last);
    Ok(entries)
}

/// The newest entry last.
fn tell(newest_first: &[AuditEntry], json: bool) {
    if newest_first.is_empty() && !json {
        say("The log has no such entry.");
    }
    for entry in newest_first.iter().rev() {
        if json {
            say(facts(entry));
        } else {
            say(line(entry));
        }
    }
}

/// Reads `campaign 3`.
async fn of_object(installation: &Installation, text: &str) -> anyhow::Result<AuditFilter> {
    let (kind, id) = text.trim().split_once([' ', ':']).unwrap_or((text.trim(), ""));
    let id = match kind {
        // The log keeps the whole id, which is not given out again after a restore.
        "campaign" => {
            let number = id.parse().with_context(|| format!("{id:?} is no campaign's number"))?;
            installation.campaign(number).await?.0.to_string()
        }
        _ => id.to_owned(),
    };
    Ok(AuditFilter::Object { kind: kind.to_owned(), id })
}

fn line(entry: &AuditEntry) -> String {
    let states = match (&entry.before, &entry.after) {
        (Some(before), Some(after)) => format!("{before} > {after}"),
        (Some(state), None) | (None, Some(state)) => state.clone(),
        (None, None) => String::new(),
    };
    let line = format!(
        "{:>6}  {:<22} {:<28} {:<22} {:<16} {states}",
        entry.seq,
        entry.at.readable(),
        entry.actor(),
        entry.action,
        object(entry)
    );
    line.trim_end().to_owned()
}

fn object(entry: &AuditEntry) -> String {
    let AuditEntry { object_kind, object_id, .. } = entry;
    match (object_kind.as_str(), object_id.parse::<i64>()) {
        ("campaign", Ok(id)) => format!("campaign {}", CampaignId(id)),
        _ => format!("{object_kind} {object_id}").trim_end().to_owned(),
    }
}

async fn verify(store: &Store, noted: Option<ChainPoint>) -> anyhow::Result<()> {
    let verified = store.audit_verify(noted).await?;
    if let Some(broken) = verified.broken {
        anyhow::bail!(
            "the audit log is broken: {broken}; it is good up to entry {}",
            verified.end.seq
        );
    }
    let entries = counted(u64::try_from(verified.end.seq).unwrap_or(0), "entry", "entries");
    say(format_args!("{entries}, none changed, missing or inserted."));
    say(format_args!("The last one is {}", verified.end));
    Ok(())
}

async fn export(store: &Store, to: Option<&Path>) -> anyhow::Result<()> {
    let mut out: Box<dyn Write> = match to {
        Some(path) => {
            let file = File::create_new(path);
            Box::new(file.with_context(|| format!("can't create {}", path.display()))?)
        }
        None => Box::new(io::stdout()),
    };
    match write(store, &mut out).await {
        Ok(count) if to.is_some() => {
            say(format_args!("{} written.", counted(count, "entry", "entries")));
            Ok(())
        }
        Ok(_) => Ok(()),
        // A reader such as `head` has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn write(store: &Store, out: &mut dyn Write) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(out);
    let (mut after, mut count) = (i64::MIN, 0);
    loop {
        let page = store.audit_after(after).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for entry in &page {
            writeln!(out, "{}", facts(entry))?;
            count += 1;
        }
    }
    out.flush()?;
    Ok(count)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == ErrorKind::BrokenPipe)
}

fn facts(entry: &AuditEntry) -> Value {
    let state = |text: &Option<String>| {
        let text = text.as_ref()?;
        // What is no JSON is shown as it is: the log must be readable when somebody has changed it.
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "seq": entry.seq,
        "at": entry.at.rfc3339(),
        "at_us": entry.at.0,
        "actor": { "kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name },
        "action": entry.action,
        "object": { "kind": entry.object_kind, "id": entry.object_id },
        "before": state(&entry.before),
        "after": state(&entry.after),
        "previous_hash": hex(&entry.previous_hash),
        "hash": hex(&entry.hash),
    })
}
