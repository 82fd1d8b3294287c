//! Looking at campaigns, their deliveries and their announcements. Changes nothing.

use model::{AnnouncementId, CampaignId, CampaignNumber, ContactId, TopicScope, TrackingChoices};
use render::Announcement;
use store::{
    AcceptedWarning, AnnouncementHistory, AnnouncementUse, AnnouncementVersion, Campaign,
    DeliveriesFound, DeliveryFacts, DeliveryQuery, ListedAnnouncement, Store,
};

use crate::CampaignError;

/// Rows on a page of deliveries or announcements.
pub const RECORDS_PAGE: usize = 50;
/// Campaigns looked through for uses of a name of the media library.
const MENTIONS: usize = 200;

/// A campaign with what it was made from.
#[derive(Debug, Clone)]
pub struct CampaignRecord {
    pub campaign: Campaign,
    pub announcement: AnnouncementVersion,
    /// Warnings that somebody has accepted, the oldest first.
    pub accepted: Vec<AcceptedWarning>,
    /// What its topic and itself record at most.
    pub tracking: TrackingChoices,
}

/// The campaign that people call by this number.
pub async fn record(
    store: &Store,
    number: CampaignNumber,
) -> Result<Option<CampaignRecord>, CampaignError> {
    let Some(id) = store.campaign_by_number(number).await? else { return Ok(None) };
    let Some(campaign) = store.campaign_find(id).await? else { return Ok(None) };
    let Some(announcement) = store.announcement_find(campaign.announcement).await? else {
        return Ok(None);
    };
    let accepted = store.accepted_warnings(id).await?;
    let tracking = store.tracking_choices(id).await?;
    Ok(Some(CampaignRecord { campaign, announcement, accepted, tracking }))
}

/// The campaign's deliveries that match, in falling order of contacts: a page of those below
/// `before`, or of the highest.
pub async fn deliveries(
    store: &Store,
    campaign: CampaignId,
    query: DeliveryQuery,
    before: Option<ContactId>,
) -> Result<DeliveriesFound, CampaignError> {
    let before = before.unwrap_or(ContactId(i64::MAX));
    Ok(store.deliveries_find(campaign, query, before, RECORDS_PAGE).await?)
}

/// One delivery with what followed.
pub async fn delivery(
    store: &Store,
    campaign: CampaignId,
    contact: ContactId,
) -> Result<Option<DeliveryFacts>, CampaignError> {
    Ok(store.delivery_find(campaign, contact).await?)
}

/// Announcements by name, those saved last first: a page and one more, below `before`. Campaigns are
/// counted that belong to these topics.
pub async fn announcement_page(
    store: &Store,
    topics: TopicScope,
    before: Option<AnnouncementId>,
) -> Result<Vec<ListedAnnouncement>, CampaignError> {
    let before = before.unwrap_or(AnnouncementId(i64::MAX));
    Ok(store.announcements_page(before, topics, RECORDS_PAGE + 1).await?)
}

/// A version of an announcement with the other versions of its name, and the campaigns of these
/// topics that use them.
pub async fn announcement_history(
    store: &Store,
    topics: TopicScope,
    id: AnnouncementId,
) -> Result<Option<AnnouncementHistory>, CampaignError> {
    Ok(store.announcement_history(id, topics).await?)
}

/// The newest campaigns of these topics whose announcement refers to this name of the media library,
/// whatever their state.
pub async fn media_users(
    store: &Store,
    topics: TopicScope,
    name: &str,
) -> Result<Vec<AnnouncementUse>, CampaignError> {
    let mentioned = store.campaigns_mentioning(name.to_owned(), topics, MENTIONS).await?;
    let refers =
        |source: &str| Announcement::parse(source).is_ok_and(|it| it.media_names().contains(name));
    Ok(mentioned.into_iter().filter(|(_, source)| refers(source)).map(|(used, _)| used).collect())
}
