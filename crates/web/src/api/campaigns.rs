//! Campaigns: the list, and one of them.

use std::time::Duration;

use actions::campaign_schedule_of;
use model::{CampaignId, Timestamp, TrackingMode};
use report::{CampaignHeadline, campaign_headlines};
use serde::{Deserialize, Serialize};
use store::CampaignTab;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::report::{Clicks, DeliveryCounts, Evidence, Tracking};
use crate::api::topic_slugs::TopicSlugs;

/// What failed longer ago needs nobody any more.
const NEEDS_SINCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Campaigns looked up at once.
const BATCH: usize = 51;

/// What campaigns need.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CampaignsTab {
    /// Paused by trouble, or with deliveries of the last 30 days that failed or are in doubt.
    NeedsYou,
    /// On their way, paused ones included.
    Running,
    /// Start by themselves at a time to come.
    Scheduled,
    Drafts,
    Done,
}

list_params! {
    CampaignsParams {
        /// Only those that need this.
        #[param(inline)]
        tab: Option<CampaignsTab>,
    }
}

/// A campaign with its large figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Campaign {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    name: String,
    /// draft, scheduled, starting, sending, paused or finished; there may be more.
    #[schema(example = "sending")]
    state: &'static str,
    /// The slug of its topic.
    topic: String,
    topic_name: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    started_at: Option<String>,
    /// When the last delivery had ended.
    #[schema(format = "date-time")]
    finished_at: Option<String>,
    /// Contacts that it is for.
    audience: i64,
    deliveries: DeliveryCounts,
    /// What sent messages tell of their readers.
    tracking: Tracking,
    evidence: Evidence,
    clicks: Clicks,
    /// Contacts who unsubscribed through a message of it.
    unsubscribes: i64,
}

/// A campaign with what it was made from and how it gets on.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignDetail {
    #[serde(flatten)]
    campaign: Campaign,
    announcement: CampaignText,
    /// When it starts by itself, if it does.
    #[schema(format = "date-time")]
    starts_at: Option<String>,
    /// It does not start by itself for more people than this, if somebody has said so.
    audience_at_most: Option<i64>,
    /// The page on which everybody may read it, if it is published.
    public_page: Option<PublicPage>,
    /// What happens to deliveries whose outcome a crash has hidden.
    #[schema(example = "never_resend")]
    in_doubt: &'static str,
    /// The most that it records (off, anonymous or identified); null for all that may be.
    tracking_at_most: Option<&'static str>,
    /// Warnings of the check that somebody has accepted, the oldest first.
    accepted_warnings: Vec<AcceptedWarning>,
    /// How sending gets on.
    progress: Progress,
}

/// Where everybody may read a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicPage {
    #[schema(format = "uri")]
    url: String,
    /// Whether its topic’s list and feed name it, as soon as they are open.
    listed: bool,
    /// The slug of that topic.
    topic: String,
    /// Whether they are open.
    archive_open: bool,
}

impl From<campaign::Published> for PublicPage {
    fn from(page: campaign::Published) -> Self {
        let campaign::Published { url, listed, topic } = page;
        Self { url, listed, topic: topic.slug, archive_open: topic.archive_open }
    }
}

/// The version of the announcement that a campaign was made from.
#[derive(Serialize, ToSchema)]
struct CampaignText {
    id: String,
    name: String,
    version: i64,
    subject: String,
}

#[derive(Serialize, ToSchema)]
struct AcceptedWarning {
    code: String,
    text: String,
    /// How many people it was about.
    contacts: i64,
    #[schema(format = "date-time")]
    at: String,
}

#[derive(Serialize, ToSchema)]
struct Progress {
    /// About how large the audience will be, while it is incomplete.
    expected_audience: Option<i64>,
    /// Deliveries that ended per minute, over the last minutes.
    rate_per_minute: i64,
    limit_per_minute: Option<i64>,
    /// When the last one will have ended, at that rate.
    #[schema(format = "date-time")]
    expected_end: Option<String>,
    /// What sending waits for, if nothing is wrong.
    waits_for: Option<String>,
    /// What holds up sending or has stopped it.
    trouble: Option<String>,
}

impl Campaign {
    pub(crate) fn new(headline: &CampaignHeadline, slugs: &TopicSlugs) -> Self {
        let facts = &headline.campaign;
        Self {
            id: facts.id.to_string(),
            name: facts.name.clone(),
            state: facts.state,
            topic: slugs.of(&[facts.topic_id]).pop().unwrap_or_default(),
            topic_name: facts.topic.clone(),
            created_at: facts.created_at.rfc3339(),
            started_at: facts.started_at.map(Timestamp::rfc3339),
            finished_at: facts.finished_at.map(Timestamp::rfc3339),
            audience: headline.audience,
            deliveries: headline.deliveries.into(),
            tracking: headline.tracking.into(),
            evidence: headline.evidence.into(),
            clicks: headline.clicks.into(),
            unsubscribes: headline.unsubscribes,
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: CampaignsParams = asked.query()?;
    let (tab, word) = match params.tab {
        None => (CampaignTab::All, None),
        Some(CampaignsTab::NeedsYou) => {
            (CampaignTab::NeedsYou { since: asked.at.before(NEEDS_SINCE) }, Some("needs_you"))
        }
        Some(CampaignsTab::Running) => (CampaignTab::Running, Some("running")),
        Some(CampaignsTab::Scheduled) => (CampaignTab::Scheduled, Some("scheduled")),
        Some(CampaignsTab::Drafts) => (CampaignTab::Drafts, Some("drafts")),
        Some(CampaignsTab::Done) => (CampaignTab::Done, Some("done")),
    };
    let filter = [("tab", word)];
    let page = ListAsked::new("/api/v1/campaigns", &filter, params.limit, params.after.as_deref())?;
    let (slugs, own) = (TopicSlugs::read(asked.store()).await?, asked.topics());
    let (store, scope) = (asked.store(), &own);
    let batch = |after: Option<i64>| async move {
        let after = after.map(CampaignId);
        let mut rows = campaign_headlines(store, tab, scope.clone(), after, BATCH).await?;
        let has_more = rows.len() == BATCH;
        rows.truncate(BATCH - 1);
        let next = rows.last().filter(|_| has_more).map(|last| last.campaign.id.0);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let is_own = |it: &CampaignHeadline| own.contains(it.campaign.topic_id);
    let (rows, next) = page.fill(batch, is_own, |it| it.campaign.id.0).await?;
    let rows: Vec<Campaign> = rows.iter().map(|it| Campaign::new(it, &slugs)).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    Reply::tagged(&detail(&asked).await?)
}

/// The campaign that the path names.
pub(crate) async fn detail(asked: &Asked) -> Result<CampaignDetail, Problem> {
    let id = asked.campaign()?.id;
    let missing =
        || Problem::not_found("campaign_not_found", "There is no campaign with this number.");
    let report = report::campaign_report(asked.store(), id, asked.at).await?;
    let report = report.ok_or_else(missing)?;
    let record = campaign::record(asked.store(), id.number()).await?.ok_or_else(missing)?;
    let status = campaign::status(asked.store(), id, asked.at).await?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let schedule = campaign_schedule_of(asked.store(), id).await?;
    let sender = &asked.parts.resources.sender();
    let public = campaign::published(asked.store(), sender, &record.campaign).await?;
    let text = record.announcement;
    let accepted = record.accepted.into_iter().map(|it| AcceptedWarning {
        code: it.warning.code,
        text: it.warning.text,
        contacts: it.warning.contacts,
        at: it.at.rfc3339(),
    });
    Ok(CampaignDetail {
        campaign: Campaign::new(&report.headline(), &slugs),
        announcement: CampaignText {
            id: text.id.to_string(),
            name: text.name,
            version: text.version,
            subject: text.subject,
        },
        audience_at_most: schedule.as_ref().and_then(|it| it.audience_at_most),
        starts_at: schedule.map(|it| it.starts_at.rfc3339()),
        public_page: public.map(PublicPage::from),
        in_doubt: record.campaign.policy.as_str(),
        tracking_at_most: record.tracking.campaign.map(TrackingMode::as_str),
        accepted_warnings: accepted.collect(),
        progress: Progress {
            expected_audience: status.expected,
            rate_per_minute: status.rate_per_minute,
            limit_per_minute: status.limit_per_minute,
            expected_end: status.expected_end.map(Timestamp::rfc3339),
            waits_for: status.waits_for.map(|it| it.to_string()),
            trouble: status.trouble,
        },
    })
}
