//! Announcements: their names, and one version of one with its text.

use access::{Object, TopicScope};
use actions::reach;
use model::{AnnouncementId, Right};
use serde::Serialize;
use store::{AnnouncementUse, ListedAnnouncement};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    AnnouncementsParams {}
}

/// A name by its newest version, or one version.
#[derive(Serialize, ToSchema)]
pub(crate) struct Announcement {
    /// The id of this version.
    #[schema(example = "12")]
    id: String,
    /// What its versions have in common.
    name: String,
    /// Counted from 1 within the name.
    version: i64,
    subject: String,
    #[schema(format = "date-time")]
    saved_at: String,
}

/// One version with its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnnouncementDetail {
    #[serde(flatten)]
    announcement: Announcement,
    /// The whole text, front matter included.
    source: String,
    /// Every version of the name, the newest first, at most 500.
    versions: Vec<Announcement>,
    /// The campaigns that use one of them, the newest first, at most 200; those of the token's topics.
    campaigns: Vec<CampaignUse>,
}

/// A campaign and the version that it uses.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignUse {
    /// The campaign's number.
    id: String,
    name: String,
    state: &'static str,
    version: i64,
}

impl From<ListedAnnouncement> for Announcement {
    fn from(listed: ListedAnnouncement) -> Self {
        Self {
            id: listed.id.to_string(),
            name: listed.name,
            version: listed.version,
            subject: listed.subject,
            saved_at: listed.created_at.rfc3339(),
        }
    }
}

/// Those of the uses that are the actor's to know.
pub(crate) async fn own_uses(
    asked: &Asked,
    uses: Vec<AnnouncementUse>,
) -> Result<Vec<CampaignUse>, Problem> {
    let mut own = Vec::with_capacity(uses.len());
    for used in uses {
        let is_own = match asked.topics() {
            TopicScope::All => true,
            TopicScope::These(topics) => {
                let found = reach::campaign_with_id(asked.store(), used.campaign).await;
                found.is_ok_and(
                    |(_, object)| matches!(object, Object::Topic(topic) if topics.contains(&topic)),
                )
            }
        };
        if is_own && asked.actor.can(Right::CampaignsRead) {
            own.push(CampaignUse {
                id: used.campaign.to_string(),
                name: used.name,
                state: used.state.as_str(),
                version: used.version,
            });
        }
    }
    Ok(own)
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: AnnouncementsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/announcements", &[], params.limit, params.after.as_deref())?;
    let store = asked.store();
    let own = &asked.topics();
    let batch = |after: Option<i64>| async move {
        let after = after.map(AnnouncementId);
        let mut rows = campaign::announcement_page(store, own.clone(), after).await?;
        let has_more = rows.len() > campaign::RECORDS_PAGE;
        rows.truncate(campaign::RECORDS_PAGE);
        let next = rows.last().filter(|_| has_more).map(|last| last.id.0);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.id.0).await?;
    let rows: Vec<Announcement> = rows.into_iter().map(Announcement::from).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let missing = || {
        let words = "There is no announcement with this id.";
        Problem::not_found("announcement_not_found", words)
    };
    let id: AnnouncementId = asked.path("id").parse().map_err(|_| missing())?;
    let history = campaign::announcement_history(asked.store(), asked.topics(), id).await?;
    let history = history.ok_or_else(missing)?;
    let shown = history.shown;
    Reply::tagged(&AnnouncementDetail {
        announcement: Announcement {
            id: shown.id.to_string(),
            name: shown.name,
            version: shown.version,
            subject: shown.subject,
            saved_at: shown.created_at.rfc3339(),
        },
        source: shown.source,
        versions: history.versions.into_iter().map(Announcement::from).collect(),
        campaigns: own_uses(&asked, history.uses).await?,
    })
}
