//! Announcements that are written on their own: adding, reading, writing and deleting them.

use actions::{TextWish, announcement_add, announcement_delete, announcement_write};
use campaign::Sendable;
use model::AnnouncementId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::campaign_text::NewText;
use crate::api::previews::{MessagePreview, PreviewAsked, shown};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// An announcement that is to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnouncement {
    /// What it is called from now on, in one line: programs name it when they ask for a message.
    #[schema(example = "password-reset", max_length = 120)]
    name: String,
    /// The whole text: front matter, then Markdown, HTML or MJML.
    #[schema(
        example = "---\nsubject: Your code\nfrom: news@aurora.example\n---\nIt is {{ code }}.\n"
    )]
    text: String,
}

/// What an announcement says, as it was saved last.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnnouncementText {
    /// The id of the version in use.
    #[schema(example = "12")]
    id: String,
    #[schema(example = "password-reset")]
    name: String,
    /// The number of the version in use: what single messages of this name are made from.
    #[schema(example = 3)]
    version: i64,
    /// Grows with each change of the text; 0 when nobody has written it on its own.
    #[schema(minimum = 0, example = 14)]
    revision: i64,
    /// The whole text, front matter included. What somebody is writing may be unfinished.
    #[schema(
        example = "---\nsubject: Your code\nfrom: news@aurora.example\n---\nIt is {{ code }}.\n"
    )]
    text: String,
    /// Whether the version in use says this text.
    in_use: bool,
    /// Why this text can’t be sent as a single message; null when it can.
    single_message_problem: Option<String>,
    #[schema(format = "date-time")]
    saved_at: Option<String>,
    /// Who has saved it.
    #[schema(example = "Ann Lee")]
    saved_by: Option<String>,
}

/// An announcement that is gone; null when the request was done before.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedAnnouncement {
    #[schema(example = "password-reset")]
    name: Option<String>,
    /// How many versions it had.
    versions: Option<usize>,
}

fn id(asked: &Asked) -> Result<AnnouncementId, Problem> {
    asked.path("id").parse().map_err(|_| missing())
}

fn missing() -> Problem {
    Problem::not_found("announcement_not_found", "There is no announcement with this id.")
}

async fn there(asked: &Asked, id: AnnouncementId) -> Result<AnnouncementText, Problem> {
    // As it is now: what was just written must show.
    let (store, sender) = (&asked.parts.resources.store, asked.parts.resources.sender());
    let name = store.announcement_find(id).await?.ok_or_else(missing)?.name;
    let found = campaign::announcement_text(store, &name).await?;
    let sendable = campaign::sendable(store, &sender, &found.text.source).await?;
    let (at, by) = found.text.saved.unzip();
    Ok(AnnouncementText {
        id: found.version_id.to_string(),
        name: found.name,
        version: found.version,
        revision: found.text.revision,
        text: found.text.source,
        in_use: found.text.is_settled,
        single_message_problem: problem(&sendable),
        saved_at: at.map(model::Timestamp::rfc3339),
        saved_by: by.map(|by| by.name),
    })
}

fn problem(sendable: &Sendable) -> Option<String> {
    let lines: Vec<String> = sendable.single.iter().map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

pub(crate) async fn add(asked: Asked) -> Result<Reply, Problem> {
    let NewAnnouncement { name, text } = asked.body()?;
    let id = announcement_add(&asked.parts.resources, &asked.call(), &name, text).await?;
    made(&asked, id).await
}

pub(crate) async fn added_again(asked: Asked, id: Option<String>) -> Result<Reply, Problem> {
    let id = id.and_then(|id| id.parse().ok()).ok_or_else(missing)?;
    made(&asked, id).await
}

async fn made(asked: &Asked, id: AnnouncementId) -> Result<Reply, Problem> {
    Reply::created(&format!("/api/v1/announcements/{id}"), &there(asked, id).await?)
}

pub(crate) async fn get(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&there(&asked, id(&asked)?).await?)
}

pub(crate) async fn put(asked: Asked) -> Result<Reply, Problem> {
    let NewText { text } = asked.body()?;
    let id = id(&asked)?;
    let seen = there(&asked, id).await?;
    asked.is_for(&Reply::tag_of(&seen)?)?;
    let wish = TextWish { source: text, over: Some(seen.revision), keep_replaced: false };
    announcement_write(&asked.parts.resources, &asked.call(), id, wish).await?;
    Reply::tagged(&there(&asked, id).await?)
}

pub(crate) async fn delete(asked: Asked) -> Result<Reply, Problem> {
    // Not looked up before: a request that is repeated finds nothing any more.
    let (name, versions) =
        announcement_delete(&asked.parts.resources, &asked.call(), id(&asked)?).await?;
    Reply::of(&DeletedAnnouncement { name: Some(name), versions: Some(versions) })
}

/// It is gone: there is nothing to tell of it.
pub(crate) async fn deleted_again(_: Asked) -> Result<Reply, Problem> {
    Reply::of(&DeletedAnnouncement { name: None, versions: None })
}

pub(crate) async fn preview(asked: Asked) -> Result<Reply, Problem> {
    let PreviewAsked { contact, layout, values } = PreviewAsked::read(&asked, true)?;
    let shown = shown(contact.as_deref(), layout.as_deref(), values)?;
    let (resources, call) = (&asked.parts.resources, asked.call());
    let preview = actions::announcement_preview(resources, &call, id(&asked)?, &shown).await?;
    Reply::of(&MessagePreview::of(preview))
}
