//! Sharing notices, and what contacts say about sharing.

use std::collections::BTreeMap;

use actions::{CountPatience, SharingPreview};
use model::{ContactId, SharingNoticeId, SharingObstacle, Timestamp};
use serde::{Deserialize, Serialize};
use store::SharingNotice;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    SharingNoticesParams {}
}

/// What people are told before their data is shared.
#[derive(Serialize, ToSchema)]
#[schema(as = SharingNotice)]
pub(crate) struct ListedSharingNotice {
    #[serde(skip)]
    number: i64,
    /// Its number.
    #[schema(example = "3")]
    id: String,
    #[schema(example = "Friends of the House")]
    recipient: String,
    #[schema(example = "calendars")]
    purpose: String,
    /// address, attributes or standing.
    #[schema(example = json!(["address"]))]
    fields: Vec<&'static str>,
    /// What people are told.
    text: String,
    /// The number of the campaign whose mail carries it.
    #[schema(example = "12")]
    campaign: String,
    /// Days that everybody has to say no.
    days: u16,
    #[schema(format = "date-time")]
    announced_at: String,
    announced_by: String,
    /// Nothing is shared before.
    #[schema(format = "date-time")]
    begins_at: String,
    /// From then on nothing is shared any more; null while it holds.
    #[schema(format = DateTime)]
    cancelled_at: Option<String>,
}

impl From<SharingNotice> for ListedSharingNotice {
    fn from(it: SharingNotice) -> Self {
        Self {
            number: it.id.0,
            id: it.id.to_string(),
            recipient: it.recipient,
            purpose: it.purpose,
            fields: it.fields.iter().map(|field| field.as_str()).collect(),
            text: it.text,
            campaign: it.campaign.number().to_string(),
            days: it.days,
            announced_at: it.announced_at.rfc3339(),
            announced_by: it.announced_by,
            begins_at: it.begins_at.rfc3339(),
            cancelled_at: it.cancelled_at.map(Timestamp::rfc3339),
        }
    }
}

/// How many contacts a notice would share.
#[derive(Serialize, ToSchema)]
pub(crate) struct SharingNoticePreview {
    #[schema(inline)]
    notice: ListedSharingNotice,
    /// Now, or when the notice begins, as long as nobody else says something.
    #[schema(format = "date-time")]
    at: String,
    /// False: there was no time to look at all contacts within a minute, and these are the first ones.
    is_complete: bool,
    shared: u64,
    /// How many are left out: suppressed, objected, not-told, told-too-recently and not-granted; there may be
    /// more.
    #[schema(example = json!({ "suppressed": 3, "objected": 12, "not-told": 40, "told-too-recently": 0, "not-granted": 0 }))]
    left_out: BTreeMap<&'static str, u64>,
}

/// A notice that was cancelled.
#[derive(Serialize, ToSchema)]
pub(crate) struct CancelledSharingNotice {
    #[schema(example = "3")]
    id: String,
    /// False when it was cancelled before.
    changed: bool,
}

/// What a contact says about sharing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContactSharing {
    /// True for yes.
    granted: bool,
    /// In which way they said it; kept in the ledger of consents.
    #[serde(default)]
    #[schema(max_length = 200, example = "a letter of 26 November")]
    source: Option<String>,
}

/// What a contact has said about sharing.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedContactSharing {
    /// False when they had said the same before.
    changed: bool,
    granted: bool,
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: SharingNoticesParams = asked.query()?;
    let (limit, after) = (params.limit, params.after.as_deref());
    let page = ListAsked::new("/api/v1/sharing-notices", &[], limit, after)?;
    let found = actions::sharing_notices(&asked.parts.resources, &asked.call()).await?;
    let all: Vec<_> = found.into_iter().map(ListedSharingNotice::from).collect();
    page.page_by_number(all, |it| it.number)
}

pub(crate) async fn preview(asked: Asked) -> Result<Reply, Problem> {
    let (resources, call) = (&asked.parts.resources, asked.call());
    let patience = CountPatience::Long;
    let found = actions::sharing_preview(resources, &call, number(&asked), patience).await?;
    let SharingPreview { notice, at, counts, is_complete } = found;
    let count = |why: SharingObstacle| counts.left_out.get(&why).copied().unwrap_or(0);
    Reply::of(&SharingNoticePreview {
        notice: notice.into(),
        at: at.rfc3339(),
        is_complete,
        shared: counts.shared,
        left_out: SharingObstacle::ALL.map(|why| (why.as_str(), count(why))).into(),
    })
}

pub(crate) async fn cancel(asked: Asked) -> Result<Reply, Problem> {
    let id = number(&asked);
    let changed = actions::sharing_cancel(&asked.parts.resources, &asked.call(), id).await?;
    Reply::of(&CancelledSharingNotice { id: id.to_string(), changed })
}

pub(crate) async fn contact(asked: Asked) -> Result<Reply, Problem> {
    let NewContactSharing { granted, source } = asked.body()?;
    // A number of nobody, so that who may not is told the same of all.
    let id = asked.path("id").parse().unwrap_or(ContactId(0));
    let (resources, call, word) = (&asked.parts.resources, asked.call(), (id, granted));
    let changed = actions::contact_sharing_say(resources, &call, word, source.as_deref()).await?;
    Reply::of(&ChangedContactSharing { changed, granted })
}

/// A number of none, so that who may not is told the same of all.
fn number(asked: &Asked) -> SharingNoticeId {
    asked.path("id").parse().unwrap_or(SharingNoticeId(0))
}
