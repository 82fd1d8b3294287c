//! What everybody may read of a campaign: whether it is published when it starts, published and
//! withdrawn afterwards, and read.
//!
//! Invariant: pages are finished when they are published, and made without anybody's values: no
//! later setting changes what the public reads, and nothing in it leads to a recipient.

use std::collections::BTreeMap;

use model::{CampaignId, CampaignNumber, Timestamp};
use render::{Announcement, ArchiveAddresses, ArchiveChoice, ArchivePage, Problems, Sender};
use store::{
    ArchiveEntry, ArchivePosition, Archived, ArchivedPage, Campaign, NewArchived, Store, Topic,
};

use crate::CampaignError;
use crate::error::no_public_page;
use crate::finding::{CheckFinding, Severity};
use crate::message::announcement_of;
use crate::pause::find;

/// Campaigns in one page of a topic's list.
const LISTED: usize = 50;
/// Campaigns in a topic's feed.
const IN_FEED: usize = 20;

/// What becomes of a campaign in the archive when it starts.
pub(crate) enum ArchivePlan {
    /// Neither its topic nor its text asks for it.
    Private,
    Publish(NewArchived),
    /// It would be in the list of its topic, but something in it needs a recipient.
    NotListed {
        topic: String,
        problems: Problems,
    },
    /// Its messages would lead their readers to a page that can't be made.
    Broken(Problems),
}

impl ArchivePlan {
    /// What its author should know of it.
    pub(crate) fn finding(&self, id: CampaignId) -> Option<CheckFinding> {
        match self {
            Self::Private | Self::Publish(_) => None,
            Self::NotListed { topic, problems } => {
                let text = format!(
                    "it will not be in the archive of {topic}: {problems}; to publish it later: \
                     pharos campaign publish {id} --value NAME=TEXT"
                );
                Some(CheckFinding::new(Severity::Warning, "archive", text).about("archive"))
            }
            Self::Broken(problems) => {
                let text = no_public_page(problems);
                Some(CheckFinding::new(Severity::Error, "archive", text).about("archive"))
            }
        }
    }
}

/// What starting a campaign publishes.
pub(crate) fn plan(
    announcement: &Announcement,
    sender: &Sender,
    topic: &Topic,
    id: CampaignId,
) -> ArchivePlan {
    let choice = announcement.archive();
    let is_led_to = announcement.leads_to_archive();
    if choice == Some(ArchiveChoice::No) || !(topic.archive_open || choice.is_some() || is_led_to) {
        return ArchivePlan::Private;
    }
    match pages(announcement, sender, topic, id, &BTreeMap::new()) {
        Ok(pages) => {
            let listed = topic.archive_open && choice.is_none();
            ArchivePlan::Publish(NewArchived { listed, pages })
        }
        Err(problems) if is_led_to => ArchivePlan::Broken(problems),
        Err(problems) => ArchivePlan::NotListed { topic: topic.slug.clone(), problems },
    }
}

fn pages(
    announcement: &Announcement,
    sender: &Sender,
    topic: &Topic,
    id: CampaignId,
    values: &BTreeMap<String, String>,
) -> Result<Vec<ArchivedPage>, Problems> {
    let addresses = ArchiveAddresses::new(&sender.web_url, &topic.slug, id);
    let name = render::TopicName { slug: &topic.slug, name: &topic.name };
    let pages = render::archive_pages(announcement, sender, &name, &addresses, values)?;
    let kept = |page: ArchivePage| {
        let ArchivePage { language, subject, summary, html } = page;
        ArchivedPage { language, subject, summary, html }
    };
    Ok(pages.into_iter().map(kept).collect())
}

/// How a campaign is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publish {
    /// What merge tags without a default say to everybody.
    pub values: BTreeMap<String, String>,
    /// In no list and no feed.
    pub unlisted: bool,
}

/// What has been published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The address of its page.
    pub url: String,
    /// Whether its topic's list and feed name it, as soon as they are open.
    pub listed: bool,
    pub topic: Topic,
}

/// Publishes a campaign that has started, as its announcement is now compiled, in place of what was
/// published of it.
///
/// # Errors
/// When it is a draft, or something in it needs a recipient's value that was not given.
pub async fn publish(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
    wish: Publish,
    now: Timestamp,
) -> Result<Published, CampaignError> {
    let campaign = find(store, id).await?;
    if !campaign.state.has_started() {
        return Err(CampaignError::PublishedDraft(id));
    }
    let (announcement, topic) = announcement_of(store, &campaign).await?;
    let pages = pages(&announcement, sender, &topic, id, &wish.values)?;
    let listed = !wish.unlisted && announcement.archive() != Some(ArchiveChoice::Unlisted);
    store.archive_publish(id, NewArchived { listed, pages }, now).await?;
    let url = ArchiveAddresses::new(&sender.web_url, &topic.slug, id).page;
    Ok(Published { url, listed, topic })
}

/// The page that publishing a campaign would make, in its first language.
///
/// # Errors
/// When something in it needs a recipient's value that was not given.
pub async fn public_page(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
    values: &BTreeMap<String, String>,
) -> Result<String, CampaignError> {
    let campaign = find(store, id).await?;
    let (announcement, topic) = announcement_of(store, &campaign).await?;
    let pages = pages(&announcement, sender, &topic, id, values)?;
    Ok(pages.into_iter().next().map(|page| page.html).unwrap_or_default())
}

/// Takes a campaign out of the archive; whether it was there.
///
/// # Errors
/// When there is no such campaign, or the store fails.
pub async fn withdraw(store: &Store, id: CampaignId) -> Result<bool, CampaignError> {
    find(store, id).await?;
    Ok(store.archive_withdraw(id).await?)
}

/// Where everybody may read a campaign; nothing when they may not.
///
/// # Errors
/// When the store fails.
pub async fn published(
    store: &Store,
    sender: &Sender,
    campaign: &Campaign,
) -> Result<Option<Published>, CampaignError> {
    let Some(archived) = store.archive_find(campaign.id).await? else { return Ok(None) };
    let Some(topic) = store.topic_find(archived.topic).await? else { return Ok(None) };
    let url = ArchiveAddresses::new(&sender.web_url, &topic.slug, campaign.id).page;
    Ok(Some(Published { url, listed: archived.listed, topic }))
}

/// What was sent to a topic, for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveList {
    pub topic: Topic,
    /// The latest first.
    pub entries: Vec<ArchiveEntry>,
    /// Where the next page begins; nothing when this is the last.
    pub next: Option<ArchivePosition>,
}

/// A page of the list of a topic; nothing when there is no such topic, or its archive is closed.
///
/// # Errors
/// When the store fails.
pub async fn archive_list(
    store: &Store,
    slug: &str,
    before: Option<ArchivePosition>,
) -> Result<Option<ArchiveList>, CampaignError> {
    list(store, slug, before, LISTED).await
}

/// What a topic's feed tells.
///
/// # Errors
/// When the store fails.
pub async fn archive_feed(store: &Store, slug: &str) -> Result<Option<ArchiveList>, CampaignError> {
    list(store, slug, None, IN_FEED).await
}

async fn list(
    store: &Store,
    slug: &str,
    before: Option<ArchivePosition>,
    most: usize,
) -> Result<Option<ArchiveList>, CampaignError> {
    let topic = store.topic_by_slug(slug.to_owned()).await?;
    let Some(topic) = topic.filter(|topic| topic.archive_open) else { return Ok(None) };
    let mut entries = store.archive_list(topic.id, before, most + 1).await?;
    let has_more = entries.len() > most;
    entries.truncate(most);
    let last = entries.last().filter(|_| has_more);
    let next =
        last.map(|it| ArchivePosition { published_at: it.published_at, campaign: it.campaign });
    Ok(Some(ArchiveList { topic, entries, next }))
}

/// A campaign's page, for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedMessage {
    pub archived: Archived,
    pub page: ArchivedPage,
}

/// The page of a campaign in the language that is asked for, or else its first; nothing when it is not
/// published, or belongs to another topic.
///
/// # Errors
/// When the store fails.
pub async fn archived_message(
    store: &Store,
    slug: &str,
    number: CampaignNumber,
    language: Option<&str>,
) -> Result<Option<ArchivedMessage>, CampaignError> {
    let Some(id) = store.campaign_by_number(number).await? else { return Ok(None) };
    let Some(archived) = store.archive_find(id).await? else { return Ok(None) };
    let topic = store.topic_find(archived.topic).await?;
    if topic.is_none_or(|topic| topic.slug != slug) {
        return Ok(None);
    }
    let is_wanted = |it: &Option<String>| match (it, language) {
        (Some(own), Some(wanted)) => own.eq_ignore_ascii_case(wanted),
        _ => false,
    };
    let at = archived.languages.iter().position(is_wanted).unwrap_or(0);
    let page = store.archive_page(id, at).await?;
    Ok(page.map(|page| ArchivedMessage { archived, page }))
}

#[cfg(test)]
mod tests;
