//! `pharos tags`.

use indicatif::HumanCount;
use serde::Deserialize;
use serde_json::{Value, json};

use super::confirm::confirm;
use crate::backend::Backend;
use crate::cli::TagsCommand;
use crate::remote::segment;
use crate::telemetry::{counted, note, say};

#[derive(Deserialize)]
struct ToldTag {
    name: String,
    contacts: i64,
}

#[derive(Deserialize)]
struct ToldTagRemoval {
    contacts: i64,
}

pub(crate) async fn run(backend: &Backend, command: TagsCommand) -> anyhow::Result<()> {
    match command {
        TagsCommand::List => list(backend).await,
        TagsCommand::Rename { tag, name } => {
            rename(backend, &tag, &name).await?;
            say(format_args!("The tag {tag} is called {} now.", name.trim()));
            Ok(())
        }
        TagsCommand::Remove { tag, yes } => {
            let contacts = told(remove(backend, &tag, true).await?);
            confirm(&format!("This takes the tag {tag} from {contacts}."), yes)?;
            let had = told(remove(backend, &tag, false).await?);
            say(format_args!("The tag {tag} is removed; {had} had it."));
            Ok(())
        }
    }
}

fn told(contacts: i64) -> String {
    counted(u64::try_from(contacts).unwrap_or(0), "contact", "contacts")
}

async fn list(backend: &Backend) -> anyhow::Result<()> {
    let mut tags: Vec<ToldTag> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let tags = actions::tags(&resources, &call).await?;
            tags.into_iter().map(|it| ToldTag { name: it.name, contacts: it.contacts }).collect()
        }
        Backend::Remote(server) => server.all("/api/v1/tags").await?,
    };
    tags.sort_by(|one, other| one.name.cmp(&other.name));
    if tags.is_empty() {
        note("No tags yet. To give somebody one: pharos contacts tag ADDRESS TAG");
    }
    for ToldTag { name, contacts } in tags {
        let contacts = HumanCount(u64::try_from(contacts).unwrap_or(0)).to_string();
        say(format_args!("{contacts:>12}  {name}"));
    }
    Ok(())
}

async fn rename(backend: &Backend, tag: &str, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::tag_rename(&resources, &call, tag, name).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/tags/{}", segment(tag));
            server.put::<Value>(&path, &json!({ "name": name })).await?;
        }
    }
    Ok(())
}

/// How many contacts have the tag, or had it.
async fn remove(backend: &Backend, tag: &str, rehearsal: bool) -> anyhow::Result<i64> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            Ok(actions::tag_remove(&resources, &call, tag, rehearsal).await?)
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/tags/{}/remove", segment(tag));
            let body = json!({ "dry_run": rehearsal });
            Ok(server.post::<ToldTagRemoval>(&path, &body).await?.contacts)
        }
    }
}
