//! Writing a campaign's announcement, and to whom it goes.
//!
//! A text that somebody is writing is saved every second or so. The log tells it once, when they begin
//! to, and again after a pause; what is sent of it is told by the entry of the start.

use std::time::Duration;

use access::Object;
use campaign::WrittenText;
use model::{CampaignId, CampaignNumber, Right, Timestamp};
use serde_json::json;
use store::{ActorRecord, AuditObject, CampaignText, Topic};

use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// Whoever saves again within so long is still writing.
const STILL_WRITING: Duration = Duration::from_secs(10 * 60);

/// A text to be saved for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWish {
    pub source: String,
    /// The revision that it was written over; nothing: whatever there is.
    pub over: Option<i64>,
    /// Keep what there was as a version of the announcement.
    pub keep_replaced: bool,
}

/// Makes a draft whose text is still to be written, for the topic with this slug; without one for the
/// topic of the actor's last campaign, or their first topic.
///
/// # Errors
/// When there is no such topic, or none at all.
pub async fn campaign_new(
    resources: &Resources,
    call: &Call,
    topic: Option<&str>,
) -> Result<CampaignId, Refusal> {
    let store = &resources.store;
    let scope = call.actor.topics();
    let topics: Vec<Topic> = store.topics_list().await?;
    let mut own = topics.iter().filter(|topic| scope.contains(topic.id));
    let campaigns = store.campaigns_list().await?;
    let last = campaigns.iter().find(|campaign| scope.contains(campaign.topic));
    let topic = match (topic, last) {
        (Some(slug), _) => own.find(|topic| topic.slug == slug).ok_or_else(no_such_topic)?,
        (None, Some(last)) => own.find(|topic| topic.id == last.topic).ok_or_else(no_topic_yet)?,
        (None, None) => own.next().ok_or_else(no_topic_yet)?,
    };
    let permit = call.permit(Right::CampaignsWrite, Object::Topic(topic.id))?;
    let of_topic = campaigns.iter().find(|campaign| campaign.topic == topic.id);
    let after = json!({ "topic": topic.slug });
    let object = AuditObject::of_kind("campaign");
    let store = call.acting(&permit, store, "campaign.create", object, Some(after));
    Ok(campaign::new_draft(&store, topic.id, of_topic.or(last), call.at).await?)
}

/// What a campaign says, as it was saved last.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_text(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<CampaignText, Refusal> {
    let (campaign, object) = reach::campaign(&resources.store, number).await?;
    call.permit(Right::CampaignsRead, object)?;
    Ok(campaign::text(&resources.store, campaign.id).await?)
}

/// Saves a draft's text, which may be unfinished; returns its revision.
///
/// # Errors
/// `announcement_changed` when somebody else has saved another text meanwhile, `state` when the campaign
/// is no draft.
pub async fn campaign_write(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    wish: TextWish,
) -> Result<i64, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::AnnouncementsWrite, object)?;
    let TextWish { source, over, keep_replaced } = wish;
    let by = call.actor.record();
    let before = campaign::text(store, campaign.id).await?.saved;
    let store = match goes_on(call, before) && !keep_replaced {
        true => store.clone(),
        false => {
            let object = AuditObject::new("campaign", campaign.id.0);
            let after = json!({ "bytes": source.len() });
            call.acting(&permit, store, "campaign.write", object, Some(after))
        }
    };
    let written = WrittenText { source, over, by, keep_replaced };
    Ok(campaign::write(&store, campaign.id, written, call.at).await?)
}

/// Whether whoever saves now is still writing what was saved before.
pub(crate) fn goes_on(call: &Call, before: Option<(Timestamp, ActorRecord)>) -> bool {
    let by = call.actor.record();
    before.is_some_and(|(at, who)| who == by && at.after(STILL_WRITING) > call.at)
}

/// Keeps a text that is not to be the campaign's as a version of its announcement.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_text_keep(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    source: &str,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::AnnouncementsWrite, object)?;
    let object = AuditObject::new("campaign", campaign.id.0);
    let after = json!({ "bytes": source.len() });
    let store = call.acting(&permit, store, "announcement.keep", object, Some(after));
    Ok(campaign::keep_text(&store, campaign.id, source.to_owned(), call.at).await?)
}

/// Sends a draft to the subscribers of another topic.
///
/// # Errors
/// When there is no such topic, or the campaign is no draft.
pub async fn campaign_set_topic(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    slug: &str,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsWrite, object)?;
    let found = reach::topic(store, slug).await;
    let (topic, object) = found.map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => no_such_topic(),
        _ => refusal,
    })?;
    call.permit(Right::CampaignsWrite, object).map_err(|_| no_such_topic())?;
    let object = AuditObject::new("campaign", campaign.id.0);
    let after = json!({ "topic": topic.slug });
    let store = call.acting(&permit, store, "campaign.set_topic", object, Some(after));
    Ok(store.campaign_topic_set(campaign.id, topic.id).await?)
}

/// Removes a draft; its text stays a version of the announcement whose name is returned, if it was none
/// yet.
///
/// # Errors
/// When there is no such campaign, or it is no draft.
pub async fn campaign_delete(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<Option<String>, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsWrite, object)?;
    let object = AuditObject::new("campaign", campaign.id.0);
    let before = json!({ "name": campaign.name }).to_string();
    let logged = permit.acting(store, "campaign.delete", object, (Some(before), None), call.at);
    Ok(campaign::remove_draft(&logged, campaign.id, call.at).await?)
}

pub(crate) fn no_such_topic() -> Refusal {
    Refusal::of_field("/topic", "topic_not_found", "There is no topic with this name.")
}

fn no_topic_yet() -> Refusal {
    let words = "There is no topic yet to send it to; name the first.";
    Refusal::of_field("/topic", "topic_missing", words)
}
