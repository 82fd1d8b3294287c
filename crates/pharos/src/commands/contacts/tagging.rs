//! `pharos contacts tag`, `untag` and `history`.

use audience::ExportSpec;
use serde::Deserialize;
use serde_json::json;
use store::{ContactHistoryEntry, ContactQuery};

use super::super::job::{self, JobLine};
use super::by_hand::contact;
use super::topic_by_slug;
use crate::backend::Backend;
use crate::cli::TagArgs;
use crate::remote::time;
use crate::telemetry::{note, say};

#[derive(Deserialize)]
struct ToldTags {
    tags: Vec<String>,
}

/// A change of a contact as a server tells it.
#[derive(Deserialize)]
struct ToldHistoryEntry {
    #[serde(deserialize_with = "time")]
    at: model::Timestamp,
    actor: String,
    field: String,
    from: Option<String>,
    to: Option<String>,
}

impl From<ContactHistoryEntry> for ToldHistoryEntry {
    fn from(it: ContactHistoryEntry) -> Self {
        let ContactHistoryEntry { at, actor, field, before, after, .. } = it;
        Self { at, actor, field, from: before, to: after }
    }
}

/// Gives a contact tags, or takes them; or all who match.
pub(super) async fn change(backend: &Backend, args: TagArgs, adds: bool) -> anyhow::Result<()> {
    if args.all {
        return change_all(backend, args, adds).await;
    }
    let [address, tags @ ..] = args.words.as_slice() else {
        anyhow::bail!("name the contact's address, then one tag or several");
    };
    anyhow::ensure!(!tags.is_empty(), "name one tag or several behind the address");
    let (add, remove) = if adds { (tags, &[][..]) } else { (&[][..], tags) };
    let id = contact(backend, address).await?;
    let tags = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contact_tag(&resources, &call, id, add, remove).await?;
            installation.store.contact_tags(id).await?
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/contacts/{id}/tags");
            let body = json!({ "add": add, "remove": remove });
            server.post::<ToldTags>(&path, &body).await?.tags
        }
    };
    match tags.is_empty() {
        true => say(format_args!("{address} has no tags.")),
        false => say(format_args!("{address} has the tags {}.", tags.join(", "))),
    }
    Ok(())
}

/// The same for all who match, as a job that is done here unless a server is to do it.
async fn change_all(backend: &Backend, args: TagArgs, adds: bool) -> anyhow::Result<()> {
    let TagArgs { words, topic, state, address_part, having, as_job, .. } = args;
    let state = state.as_deref().map(super::export::state_of).transpose()?;
    let (add, remove) = if adds { (words, Vec::new()) } else { (Vec::new(), words) };
    let id = match backend {
        Backend::Local(installation) => {
            if let Some(slug) = &topic {
                topic_by_slug(&installation.store, slug).await?;
            }
            let query = ContactQuery { address_part, topic, state, tag: having };
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contacts_tag(&resources, &call, query, &add, &remove).await?.0
        }
        Backend::Remote(server) => {
            let (state, tag) = (state.map(ExportSpec::word), having.map(|it| it.to_string()));
            let body = json!({
                "q": address_part, "topic": topic, "state": state, "tag": tag,
                "add": add, "remove": remove,
            });
            server.post::<JobLine>("/api/v1/contacts/tags", &body).await?.number()?
        }
    };
    if as_job {
        job::tell_queued(&id.to_string());
        return Ok(());
    }
    let done = job::gone_on(backend, id).await?;
    done.tell_figures();
    anyhow::ensure!(done.is_done(), "{}", done.why_it_ended());
    Ok(())
}

/// Prints what was changed about a contact.
pub(super) async fn history(backend: &Backend, address: &str, limit: u16) -> anyhow::Result<()> {
    let id = contact(backend, address).await?;
    let most = usize::from(limit);
    let changes: Vec<ToldHistoryEntry> = match backend {
        Backend::Local(installation) => {
            let found = installation.store.contact_history(id, i64::MAX, most).await?;
            found.into_iter().map(ToldHistoryEntry::from).collect()
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/contacts/{id}/history");
            let mut list = server.list(&path, &[]);
            let mut all = Vec::new();
            while all.len() < most
                && let Some(page) = list.page().await?
            {
                all.extend(page);
            }
            all.truncate(most);
            all
        }
    };
    if changes.is_empty() {
        note("Nothing was changed about this contact.");
    }
    for ToldHistoryEntry { at, actor, field, from, to } in changes {
        let value = |it: Option<String>| it.unwrap_or_else(|| "nothing".to_owned());
        let what = format!("{field}: {} became {}", value(from), value(to));
        say(format_args!("{}  {what}, saved by {actor}", at.readable()));
    }
    Ok(())
}
