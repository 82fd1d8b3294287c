//! `pharos visitor`.

use indicatif::HumanCount;
use model::{Timestamp, VisitorId};
use serde::Deserialize;
use serde_json::json;

use super::confirm::confirm;
use crate::backend::Backend;
use crate::cli::{VisitorCommand, VisitorRemoveArgs};
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
}

#[derive(Deserialize)]
struct ToldRemoval {
    known: bool,
    campaigns: u64,
    hits: u64,
}

pub(crate) async fn run(backend: &Backend, command: VisitorCommand) -> anyhow::Result<()> {
    match command {
        VisitorCommand::Show { id, json } => show(backend, parse(&id)?, json).await,
        VisitorCommand::Remove(args) => remove(backend, args).await,
    }
}

fn parse(id: &str) -> anyhow::Result<VisitorId> {
    id.parse().map_err(|problem| anyhow::anyhow!("{id:?} {problem}"))
}

async fn show(backend: &Backend, id: VisitorId, as_json: bool) -> anyhow::Result<()> {
    let shown = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let record = actions::visitor(&resources, &call, id).await?;
            ShownVisitor {
                id: id.to_string(),
                known: record.is_some(),
                first_at: record.map(|it| it.first_at.rfc3339()),
                last_at: record.map(|it| it.last_at.rfc3339()),
                campaigns: record.map_or(0, |it| it.campaigns),
                hits: record.map_or(0, |it| it.hits),
            }
        }
        Backend::Remote(server) => server.get(&format!("/api/v1/visitors/{id}")).await?,
    };
    let ShownVisitor { id, known, first_at, last_at, campaigns, hits } = shown;
    if as_json {
        let told = json!({
            "id": id, "known": known, "first_at": first_at, "last_at": last_at,
            "campaigns": campaigns, "hits": hits,
        });
        say(format_args!("{told:#}"));
        return Ok(());
    }
    let (true, Some(first), Some(last)) = (known, first_at, last_at) else {
        say(format_args!("Nothing is kept of the visitor {id}."));
        return Ok(());
    };
    let readable = |at: String| Timestamp::parse_rfc3339(&at).map_or(at, Timestamp::readable);
    say(format_args!("Visitor {id}"));
    say(format_args!("  first seen              {}", readable(first)));
    say(format_args!("  last seen               {}", readable(last)));
    say(format_args!("  counted with campaigns  {}", HumanCount(campaigns)));
    let most = if hits >= store::MOST_COUNTED { " or more" } else { "" };
    say(format_args!("  views and clicks kept   {}{most}", HumanCount(hits)));
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
    let counted = |count: u64, one: &str, many: &str| {
        format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
    };
    say(format_args!(
        "Removed from {} and {}. The browser is counted again if it comes back with its cookie.",
        counted(removed.campaigns, "campaign", "campaigns"),
        counted(removed.hits, "view or click", "views and clicks"),
    ));
    Ok(())
}
