//! `pharos disclosures`.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use actions::DisclosureWish;
use anyhow::Context as _;
use model::{DisclosedField, DisclosureBasis, DisclosureKind, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{ChainPoint, DisclosureEntry, Store};

use super::sharing_notices;
use crate::backend::Backend;
use crate::cli::{DisclosureArgs, DisclosuresCommand};
use crate::remote::{RemoteClient, number};
use crate::telemetry::{counted, say};

/// The most entries that a page of a server's register holds.
const PAGE: u16 = 500;

impl DisclosureArgs {
    /// What is said there.
    pub(super) fn wish(&self) -> DisclosureWish {
        DisclosureWish::said(self.recipient.as_deref(), self.purpose.as_deref())
    }
}

/// An entry as it is shown, from here or from a server.
struct ShownEntry {
    seq: i64,
    at: Timestamp,
    line: String,
    facts: Value,
}

/// An entry as a server tells it.
#[derive(Deserialize)]
struct ToldDisclosure {
    #[serde(deserialize_with = "number")]
    id: i64,
    at_us: i64,
    asked_by: ToldDisclosureActor,
    kind: String,
    recipient: String,
    country: String,
    basis: String,
    purpose: String,
    fields: Vec<String>,
    about: Value,
    persons: Option<i64>,
    set: i64,
    closes: Option<String>,
    previous_hash: String,
    hash: String,
}

#[derive(Deserialize)]
struct ToldDisclosureActor {
    kind: String,
    id: Option<String>,
    name: String,
}

impl ShownEntry {
    fn new(told: &ToldDisclosure) -> Self {
        let at = Timestamp(told.at_us);
        let who = match (told.asked_by.kind.as_str(), &told.asked_by.id) {
            ("token", Some(id)) => format!("{} (token {id})", told.asked_by.name),
            _ => told.asked_by.name.clone(),
        };
        let persons = told.persons.map_or_else(
            || "goes on".to_owned(),
            |count| counted(u64::try_from(count).unwrap_or(0), "person", "persons"),
        );
        let closes = told.closes.as_ref().map(|seq| format!(", closes {seq}")).unwrap_or_default();
        let line = format!(
            "{:>6}  {:<22} {:<24} {:<16} {:<24} {:<16} {}; {}{closes}",
            told.id,
            at.readable(),
            who,
            told.kind,
            told.recipient,
            told.basis,
            told.purpose,
            persons
        );
        let facts = json!({
            "seq": told.id,
            "at": at.rfc3339(),
            "at_us": told.at_us,
            "asked_by": {
                "kind": told.asked_by.kind, "id": told.asked_by.id, "name": told.asked_by.name,
            },
            "kind": told.kind,
            "recipient": told.recipient,
            "country": told.country,
            "basis": told.basis,
            "purpose": told.purpose,
            "fields": told.fields,
            "about": told.about,
            "persons": told.persons,
            "set": told.set,
            "closes": told.closes,
            "previous_hash": told.previous_hash,
            "hash": told.hash,
        });
        Self { seq: told.id, at, line, facts }
    }
}

impl From<DisclosureEntry> for ToldDisclosure {
    fn from(it: DisclosureEntry) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: it.seq,
            at_us: it.at.0,
            kind: DisclosureKind::as_str(it.kind).to_owned(),
            basis: DisclosureBasis::as_str(it.basis).to_owned(),
            fields: it
                .fields
                .iter()
                .map(|field| DisclosedField::as_str(*field).to_owned())
                .collect(),
            about: serde_json::from_str(&it.about).unwrap_or_default(),
            persons: it.persons,
            set: it.set(),
            closes: it.closes.map(|seq| seq.to_string()),
            previous_hash: hex(&it.previous_hash),
            hash: hex(&it.hash),
            asked_by: ToldDisclosureActor {
                kind: it.actor_kind,
                id: it.actor_id.map(|id| id.to_string()),
                name: it.actor_name,
            },
            recipient: it.recipient,
            country: it.country,
            purpose: it.purpose,
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: DisclosuresCommand) -> anyhow::Result<()> {
    match command {
        DisclosuresCommand::List { recipient, last, json } => {
            let mut entries = entries(backend, recipient, last).await?;
            if entries.is_empty() && !json {
                say("The register has no such entry.");
            }
            entries.sort_by_key(|it| (it.seq, it.at));
            for entry in entries {
                match json {
                    true => say(entry.facts),
                    false => say(entry.line),
                }
            }
            Ok(())
        }
        DisclosuresCommand::Show { entry } => show(backend, entry).await,
        DisclosuresCommand::Notices(command) => sharing_notices::run(backend, command).await,
        DisclosuresCommand::Verify { noted } => {
            verify(&backend.here("disclosures verify")?.store, noted).await
        }
        DisclosuresCommand::Export { to } => {
            export(&backend.here("disclosures export")?.store, to.as_deref()).await
        }
    }
}

/// The newest first.
async fn entries(
    backend: &Backend,
    recipient: Option<String>,
    last: u16,
) -> anyhow::Result<Vec<ShownEntry>> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let found = actions::disclosures(&resources, &call, recipient, (None, last)).await?;
            Ok(found.into_iter().map(|it| ShownEntry::new(&it.into())).collect())
        }
        Backend::Remote(server) => entries_there(server, recipient.as_deref(), last).await,
    }
}

async fn entries_there(
    server: &RemoteClient,
    recipient: Option<&str>,
    last: u16,
) -> anyhow::Result<Vec<ShownEntry>> {
    let filter: Vec<(&str, &str)> = recipient.map(|name| ("recipient", name)).into_iter().collect();
    let limit = last.min(PAGE).to_string();
    let mut list = server.list("/api/v1/disclosures", &filter).by(&limit);
    let (mut entries, last) = (Vec::new(), usize::from(last));
    while let Some(page) = list.page::<ToldDisclosure>().await? {
        entries.extend(page.iter().map(ShownEntry::new));
        if entries.len() >= last {
            break;
        }
    }
    entries.truncate(last);
    Ok(entries)
}

async fn show(backend: &Backend, seq: i64) -> anyhow::Result<()> {
    let told: ToldDisclosure = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::disclosure(&resources, &call, seq).await?.into()
        }
        Backend::Remote(server) => server.get(&format!("/api/v1/disclosures/{seq}")).await?,
    };
    say(format_args!("{:#}", ShownEntry::new(&told).facts));
    Ok(())
}

async fn verify(store: &Store, noted: Option<ChainPoint>) -> anyhow::Result<()> {
    let verified = store.disclosures_verify(noted).await?;
    if let Some(broken) = verified.broken {
        anyhow::bail!(
            "the disclosure register is broken: {broken}; it is good up to entry {}",
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
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|it| it.kind() == ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn write(store: &Store, out: &mut dyn Write) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(out);
    let (mut after, mut count) = (i64::MIN, 0);
    loop {
        let page = store.disclosures_after(after).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for entry in page {
            writeln!(out, "{}", ShownEntry::new(&entry.into()).facts)?;
            count += 1;
        }
    }
    out.flush()?;
    Ok(count)
}
