//! `pharos visitor`.

use anyhow::Context as _;
use indicatif::HumanCount;
use model::{ContactId, EmailAddress, Timestamp, VisitorId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::VisitorLink;

use super::confirm::confirm;
use crate::backend::Backend;
use crate::cli::{VisitorCommand, VisitorCutArgs, VisitorRemoveArgs};
use crate::telemetry::say;

/// What is kept of a visitor, from here or from a server.
#[derive(Deserialize)]
struct ShownVisitor {
    id: String,
    known: bool,
    first_at: Option<String>,
    last_at: Option<String>,
    campaigns: u64,
    hits: u64,
    /// An earlier release tells none.
    #[serde(default)]
    contacts: Vec<ShownContact>,
}

/// A contact to whom a visitor is tied.
#[derive(Deserialize, Serialize)]
struct ShownContact {
    contact: String,
    email: String,
    #[serde(flatten)]
    link: ShownLink,
}

/// What ties a visitor to a contact.
#[derive(Deserialize, Serialize)]
pub(crate) struct ShownLink {
    reason: String,
    strength: String,
    first_at: String,
    last_at: String,
    hits: u64,
    days: u32,
    campaigns: u32,
    campaign: String,
}

impl From<VisitorLink> for ShownLink {
    fn from(link: VisitorLink) -> Self {
        Self {
            reason: link.reason.as_str().to_owned(),
            strength: link.strength().as_str().to_owned(),
            first_at: link.first_at.rfc3339(),
            last_at: link.last_at.rfc3339(),
            hits: link.hits,
            days: link.days,
            campaigns: link.campaigns,
            campaign: link.campaign.to_string(),
        }
    }
}

impl ShownLink {
    /// `likely: 3 clicks on 2 days, of 2 campaigns, first on ..., last on ...`
    pub(crate) fn told(&self) -> String {
        let Self { strength, hits, days, campaigns, .. } = self;
        format!(
            "{strength}: {} on {}, of {}, first on {}, last on {}",
            counted(*hits, "click", "clicks"),
            counted(u64::from(*days), "day", "days"),
            counted(u64::from(*campaigns), "campaign", "campaigns"),
            readable(&self.first_at),
            readable(&self.last_at),
        )
    }
}

#[derive(Deserialize)]
struct ToldRemoval {
    known: bool,
    campaigns: u64,
    hits: u64,
}

#[derive(Deserialize)]
struct ToldCut {
    hits: u64,
}

pub(crate) async fn run(backend: &Backend, command: VisitorCommand) -> anyhow::Result<()> {
    match command {
        VisitorCommand::Show { id, json } => show(backend, parse(&id)?, json).await,
        VisitorCommand::Remove(args) => remove(backend, args).await,
        VisitorCommand::Cut(args) => cut(backend, args).await,
    }
}

fn parse(id: &str) -> anyhow::Result<VisitorId> {
    id.parse().map_err(|problem| anyhow::anyhow!("{id:?} {problem}"))
}

async fn find(backend: &Backend, id: VisitorId) -> anyhow::Result<ShownVisitor> {
    Ok(match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let record = actions::visitor(&resources, &call, id).await?;
            let contacts = actions::visitor_contacts(&resources, &call, id).await?;
            ShownVisitor {
                id: id.to_string(),
                known: record.is_some(),
                first_at: record.map(|it| it.first_at.rfc3339()),
                last_at: record.map(|it| it.last_at.rfc3339()),
                campaigns: record.map_or(0, |it| it.campaigns),
                hits: record.map_or(0, |it| it.hits),
                contacts: contacts.into_iter().map(ShownContact::from).collect(),
            }
        }
        Backend::Remote(server) => server.get(&format!("/api/v1/visitors/{id}")).await?,
    })
}

impl From<store::LinkedContact> for ShownContact {
    fn from(found: store::LinkedContact) -> Self {
        let (contact, email) = (found.contact.to_string(), found.email.as_str().to_owned());
        Self { contact, email, link: found.link.into() }
    }
}

async fn show(backend: &Backend, id: VisitorId, as_json: bool) -> anyhow::Result<()> {
    let shown = find(backend, id).await?;
    let ShownVisitor { id, known, first_at, last_at, campaigns, hits, contacts } = shown;
    if as_json {
        let told = json!({
            "id": id, "known": known, "first_at": first_at, "last_at": last_at,
            "campaigns": campaigns, "hits": hits, "contacts": contacts,
        });
        say(format_args!("{told:#}"));
        return Ok(());
    }
    let (true, Some(first), Some(last)) = (known, first_at, last_at) else {
        say(format_args!("Nothing is kept of the visitor {id}."));
        return Ok(());
    };
    say(format_args!("Visitor {id}"));
    say(format_args!("  first seen              {}", readable(&first)));
    say(format_args!("  last seen               {}", readable(&last)));
    say(format_args!("  counted with campaigns  {}", HumanCount(campaigns)));
    let most = if hits >= store::MOST_COUNTED { " or more" } else { "" };
    say(format_args!("  views and clicks kept   {}{most}", HumanCount(hits)));
    for contact in contacts {
        say(format_args!("  tied to                 {}: {}", contact.email, contact.link.told()));
    }
    Ok(())
}

fn readable(at: &str) -> String {
    Timestamp::parse_rfc3339(at).map_or_else(|| at.to_owned(), Timestamp::readable)
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
}

async fn cut(backend: &Backend, args: VisitorCutArgs) -> anyhow::Result<()> {
    let (id, email) = (parse(&args.id)?, EmailAddress::parse(&args.address)?);
    let shown = find(backend, id).await?;
    let mut contacts = shown.contacts.into_iter();
    let found = contacts.find(|it| it.email.eq_ignore_ascii_case(email.as_str()));
    let found = found.context("this browser is not tied to a contact with this address")?;
    let what = format!(
        "This cuts the visitor {id} from {}. What they did in that browser stays theirs, and is no \
         browser's any more; nothing of theirs will be recorded with it again. Counts stay. It can't \
         be undone.",
        found.email
    );
    confirm(&what, args.yes)?;
    let hits = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let contact: ContactId = found.contact.parse()?;
            actions::visitor_cut(&resources, &call, id, contact).await?.hits
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/visitors/{id}/contacts/{}/cut", found.contact);
            let cut: ToldCut = server.post(&path, &json!({})).await?;
            cut.hits
        }
    };
    say(format_args!("Cut, in {}.", counted(hits, "view or click", "views and clicks")));
    Ok(())
}

async fn remove(backend: &Backend, args: VisitorRemoveArgs) -> anyhow::Result<()> {
    let id = parse(&args.id)?;
    let what = format!(
        "This removes the visitor {id}: its times, its place among the browsers of campaigns, and \
         its identifier in every view and click. Counts stay. It can't be undone."
    );
    confirm(&what, args.yes)?;
    let removed = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let removed = actions::visitor_remove(&resources, &call, id).await?;
            ToldRemoval { known: removed.known, campaigns: removed.campaigns, hits: removed.hits }
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/visitors/{id}/remove");
            server.post(&path, &json!({})).await?
        }
    };
    if !removed.known && removed.hits == 0 {
        say(format_args!("Nothing was kept of the visitor {id}."));
        return Ok(());
    }
    say(format_args!(
        "Removed from {} and {}. The browser is counted again if it comes back with its cookie.",
        counted(removed.campaigns, "campaign", "campaigns"),
        counted(removed.hits, "view or click", "views and clicks"),
    ));
    Ok(())
}
