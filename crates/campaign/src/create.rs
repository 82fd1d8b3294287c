//! Turns an announcement's text into a draft campaign.

use model::{CampaignId, InDoubtPolicy, Timestamp};
use render::{Announcement, Sender};
use store::{CampaignLink, NewAnnouncement, NewCampaign, Store, Topic};

use crate::archive;
use crate::audience_survey::{Survey, SurveyedAudience, survey};
use crate::check::findings;
use crate::media_uses::with_media;
use crate::{CampaignError, CheckFinding};

/// Longer names are truncated; they are for lists.
pub(crate) const NAME_CHARS: usize = 120;

/// What the caller asks for in addition to the text. What is left out comes from the front matter.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// The campaign's name; otherwise the front matter's `name`, or the subject.
    pub name: Option<String>,
    /// The slug of the topic; otherwise the front matter's `topic`.
    pub topic: Option<String>,
    /// What to do with deliveries whose outcome a crash hides.
    pub policy: InDoubtPolicy,
}

/// A campaign that has just been created as a draft, and what its author should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub id: CampaignId,
    /// Its tracked links, in reading order.
    pub links: Vec<CampaignLink>,
    pub tags: Vec<String>,
    /// What its sender should know before sending: warnings and hints of the check.
    pub findings: Vec<CheckFinding>,
    /// What the people who are subscribed now have and lack for it.
    pub survey: Survey,
}

/// Makes a draft from an announcement's text.
///
/// # Errors
/// When the text has a mistake (with its line), its topic is unknown or not named, or the store
/// fails.
pub async fn create(
    store: &Store,
    sender: &Sender,
    text: &str,
    wish: Create,
    now: Timestamp,
) -> Result<Created, CampaignError> {
    let announcement = with_media(store, Announcement::parse(text)?).await?;
    let topic = topic(store, wish.topic.as_deref().or(announcement.topic())).await?;
    let shown = render::TopicName { slug: &topic.slug, name: &topic.name };
    let compiled = render::compile(&announcement, sender, &shown)?;
    let name = wish.name.as_deref().or(announcement.name()).unwrap_or(announcement.subject());
    let name: String = name.trim().chars().take(NAME_CHARS).collect();
    let kept = NewAnnouncement {
        name: name.clone(),
        subject: announcement.subject().to_owned(),
        source: text.to_owned(),
    };
    let links: Vec<CampaignLink> = compiled.links().into_iter().map(link).collect();
    let campaign = NewCampaign {
        name,
        // An entry of the audit log belongs beside the campaign.
        announcement: store.preparing().announcement_save(kept, now).await?,
        topic: topic.id,
        policy: wish.policy,
        links: links.clone(),
    };
    let id = store.campaign_create(campaign, now).await?;
    let tags = compiled.tags().to_vec();
    let audience = SurveyedAudience { campaign: None, topic: topic.id, within: None };
    let survey = survey(store, audience, &compiled).await?;
    let mut findings = findings(&compiled, &survey);
    findings.extend(archive::plan(&announcement, sender, &topic, id).finding(id));
    Ok(Created { id, links, tags, findings, survey })
}

pub(crate) fn link(link: &render::TrackedLink) -> CampaignLink {
    CampaignLink { slot: link.slot, url: link.url.clone(), label: link.label.clone() }
}

/// The topic that a campaign made from this text would have.
///
/// # Errors
/// When the text has a mistake, or its topic is unknown or not named.
pub async fn topic_of(
    store: &Store,
    text: &str,
    wish: Option<&str>,
) -> Result<Topic, CampaignError> {
    let announcement = Announcement::parse(text)?;
    topic(store, wish.or(announcement.topic())).await
}

async fn topic(store: &Store, slug: Option<&str>) -> Result<Topic, CampaignError> {
    if let Some(slug) = slug
        && let Some(topic) = store.topic_by_slug(slug.to_owned()).await?
    {
        return Ok(topic);
    }
    let topics = store.topics_list().await?;
    let slugs: Vec<String> = topics.into_iter().map(|topic| topic.slug).collect();
    let known = if slugs.is_empty() { "none".to_owned() } else { slugs.join(", ") };
    Err(match slug {
        Some(slug) => CampaignError::UnknownTopic { slug: slug.to_owned(), known },
        None => CampaignError::NoTopic { known },
    })
}
