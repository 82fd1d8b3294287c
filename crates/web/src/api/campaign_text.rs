//! What a campaign says, read and written.

use actions::{TextWish, campaign_write};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What a campaign says, as it was saved last.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignAnnouncement {
    /// Grows with each change of the text.
    #[schema(minimum = 0, example = 14)]
    revision: i64,
    /// The whole text, front matter included. A draft’s may be unfinished.
    #[schema(example = "---\nsubject: Pharos 0.2\nfrom: news@aurora.example\n---\nIt is here.\n")]
    text: String,
    /// When it was saved, if it was since the campaign was made.
    #[schema(format = "date-time")]
    saved_at: Option<String>,
    /// Who has saved it.
    #[schema(example = "Ann Lee")]
    saved_by: Option<String>,
}

/// What a draft is to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewText {
    /// The whole text: front matter, then Markdown, HTML or MJML. It may be unfinished.
    #[schema(example = "---\nsubject: Pharos 0.2\nfrom: news@aurora.example\n---\nIt is here.\n")]
    pub(crate) text: String,
}

async fn there(asked: &Asked) -> Result<CampaignAnnouncement, Problem> {
    let id = asked.campaign()?.id;
    // As it is now: what was just written must show.
    let text = campaign::text(&asked.parts.resources.store, id).await?;
    let (at, by) = text.saved.unzip();
    Ok(CampaignAnnouncement {
        revision: text.revision,
        text: text.source,
        saved_at: at.map(model::Timestamp::rfc3339),
        saved_by: by.map(|by| by.name),
    })
}

pub(crate) async fn get(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&there(&asked).await?)
}

pub(crate) async fn put(asked: Asked) -> Result<Reply, Problem> {
    let NewText { text } = asked.body()?;
    let seen = there(&asked).await?;
    asked.is_for(&Reply::tag_of(&seen)?)?;
    let number = asked.campaign()?.id.number();
    let wish = TextWish { source: text, over: Some(seen.revision), keep_replaced: false };
    campaign_write(&asked.parts.resources, &asked.call(), number, wish).await?;
    Reply::tagged(&there(&asked).await?)
}
