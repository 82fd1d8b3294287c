//! `pharos contacts tag`, `untag` and `history`.

use serde::Deserialize;
use serde_json::json;
use store::ContactHistoryEntry;

use super::by_hand::contact;
use crate::backend::Backend;
use crate::remote::time;
use crate::telemetry::{note, say};

#[derive(Deserialize)]
struct ToldTags {
    tags: Vec<String>,
}

/// A change of a contact as a server tells it.
#[derive(Deserialize)]
struct ToldChange {
    #[serde(deserialize_with = "time")]
    at: model::Timestamp,
    actor: String,
    field: String,
    from: Option<String>,
    to: Option<String>,
}

impl From<ContactHistoryEntry> for ToldChange {
    fn from(it: ContactHistoryEntry) -> Self {
        let ContactHistoryEntry { at, actor, field, before, after, .. } = it;
        Self { at, actor, field, from: before, to: after }
    }
}

/// Gives a contact the first of these tags, and takes the others.
pub(super) async fn change(
    backend: &Backend,
    address: &str,
    (add, remove): (&[String], &[String]),
) -> anyhow::Result<()> {
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

/// Prints what was changed about a contact.
pub(super) async fn history(backend: &Backend, address: &str, limit: u16) -> anyhow::Result<()> {
    let id = contact(backend, address).await?;
    let most = usize::from(limit);
    let changes: Vec<ToldChange> = match backend {
        Backend::Local(installation) => {
            let found = installation.store.contact_history(id, i64::MAX, most).await?;
            found.into_iter().map(ToldChange::from).collect()
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
    for ToldChange { at, actor, field, from, to } in changes {
        let value = |it: Option<String>| it.unwrap_or_else(|| "nothing".to_owned());
        let what = format!("{field}: {} became {}", value(from), value(to));
        say(format_args!("{}  {what}, saved by {actor}", at.readable()));
    }
    Ok(())
}
