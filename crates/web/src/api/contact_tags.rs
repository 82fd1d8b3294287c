//! Tags, and what was changed about a contact.

use actions::{contact_tag, contacts_tag, tag_remove, tag_rename};
use model::DisclosureKind;
use serde::{Deserialize, Serialize};
use store::{ContactHistoryEntry, CountedTag};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::contacts::{ContactStateWord, id};
use crate::api::exports::query_of;
use crate::api::jobs;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Entries that are read at once.
const BATCH: usize = 500;

list_params! {
    TagsParams {}
}

list_params! {
    HistoryParams {}
}

/// A word by which contacts are found again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tag {
    #[schema(example = "early bird")]
    name: String,
    /// How many have it.
    contacts: i64,
}

impl From<CountedTag> for Tag {
    fn from(it: CountedTag) -> Self {
        Self { name: it.name, contacts: it.contacts }
    }
}

/// Tags that a contact gets and loses. Names are the same regardless of case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactTags {
    /// Those that are new are made.
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
}

/// Tags that everybody who matches gets and loses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaggedContacts {
    /// A part of the address, regardless of case.
    #[serde(default)]
    #[schema(max_length = 254)]
    q: Option<String>,
    /// Only those with an entry for the topic with this slug; a token for several topics names one.
    #[serde(default)]
    topic: Option<String>,
    /// Only those in this state, of the topic if one is given.
    #[serde(default)]
    #[schema(inline)]
    state: Option<ContactStateWord>,
    /// Only those who have this tag.
    #[serde(default)]
    #[schema(max_length = 64)]
    tag: Option<String>,
    /// Those that are new are made.
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
}

/// The tags of a contact after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaggedContact {
    /// False when it was so before.
    changed: bool,
    tags: Vec<String>,
}

/// Another name for a tag.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagRename {
    #[schema(min_length = 1, max_length = 64, example = "early bird")]
    name: String,
}

/// A tag with another name.
#[derive(Serialize, ToSchema)]
pub(crate) struct RenamedTag {
    name: String,
}

/// How a tag is removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagRemoval {
    /// Only count the contacts who have it.
    #[serde(default)]
    dry_run: bool,
}

/// A tag that was removed, or would be.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedTag {
    dry_run: bool,
    /// How many had it.
    contacts: i64,
}

/// A change of a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactChange {
    #[schema(format = "date-time")]
    at: String,
    /// As the audit log names them, `import 7` or `job 7`; there may be more.
    actor: String,
    /// `email`, `attribute NAME` or `tag NAME`; there may be more.
    #[schema(example = "attribute plan")]
    field: String,
    /// Null: there was nothing.
    from: Option<String>,
    /// Null: there is nothing.
    to: Option<String>,
}

impl From<ContactHistoryEntry> for ContactChange {
    fn from(it: ContactHistoryEntry) -> Self {
        let ContactHistoryEntry { at, actor, field, before, after, .. } = it;
        Self { at: at.rfc3339(), actor, field, from: before, to: after }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: TagsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/tags", &[], params.limit, params.after.as_deref())?;
    let tags = actions::tags(&asked.parts.resources, &asked.call()).await?;
    let mut tags: Vec<Tag> = tags.into_iter().map(Tag::from).collect();
    tags.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    page.page_of(&tags, |it| it.name.clone())
}

pub(crate) async fn rename(asked: Asked) -> Result<Reply, Problem> {
    let TagRename { name } = asked.body()?;
    let from = asked.path("name").to_owned();
    tag_rename(&asked.parts.resources, &asked.call(), &from, &name).await?;
    Reply::of(&RenamedTag { name: name.trim().to_owned() })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let TagRemoval { dry_run } = asked.body()?;
    let name = asked.path("name").to_owned();
    let contacts = tag_remove(&asked.parts.resources, &asked.call(), &name, dry_run).await?;
    Reply::of(&RemovedTag { dry_run, contacts })
}

pub(crate) async fn tag(asked: Asked) -> Result<Reply, Problem> {
    let ContactTags { add, remove } = asked.body()?;
    let (resources, id) = (&asked.parts.resources, id(&asked)?);
    let changed = contact_tag(resources, &asked.call(), id, &add, &remove).await?;
    let tags = asked.store().contact_tags(id).await?;
    Reply::of(&TaggedContact { changed, tags })
}

pub(crate) async fn tag_all(asked: Asked) -> Result<Reply, Problem> {
    let TaggedContacts { q, topic, state, tag, add, remove } = asked.body()?;
    let query = query_of((q.as_deref(), topic.as_deref(), tag.as_deref()), state)?;
    let id = contacts_tag(&asked.parts.resources, &asked.call(), query, &add, &remove).await?;
    jobs::accepted(&asked, id).await
}

pub(crate) async fn history(asked: Asked) -> Result<Reply, Problem> {
    let params: HistoryParams = asked.query()?;
    let id = id(&asked)?;
    let path = format!("/api/v1/contacts/{id}/history");
    let page = ListAsked::new(&path, &[], params.limit, params.after.as_deref())?;
    let store = asked.store();
    let batch = |after: Option<i64>| async move {
        let rows = store.contact_history(id, after.unwrap_or(i64::MAX), BATCH).await?;
        let next = rows.last().filter(|_| rows.len() == BATCH).map(|last| last.id);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.id).await?;
    if !rows.is_empty() {
        asked.disclose(DisclosureKind::ContactsRead, [id]).await?;
    }
    let rows: Vec<ContactChange> = rows.into_iter().map(ContactChange::from).collect();
    page.page(&rows, next)
}
