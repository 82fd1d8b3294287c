//! What is done with campaigns.

use access::{Object, TopicScope};
use campaign::{
    Allow, CampaignError, Checked, Create, Created, Preflight, Publish, Published, RetryScope,
    ScheduleWish,
};
use model::{CampaignId, CampaignNumber, CampaignState, Right, Timestamp};
use serde_json::{Value, json};
use store::{AuditObject, CheckedText, Schedule, Store};

use crate::campaign_texts::no_such_topic;
use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// When and under which conditions a campaign is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartWish {
    /// May be now.
    pub at: Timestamp,
    /// What the caller believes: it does not start for a larger audience.
    pub audience_at_most: Option<i64>,
    /// The text and the topic that the caller has seen checked; it starts with no others.
    pub checked: Option<CheckedText>,
    /// Accept the warnings there are.
    pub accept_warnings: bool,
    /// Mail links that lead to the reader's own machine.
    pub links_to_this_machine: bool,
    /// Check everything, and change nothing.
    pub dry_run: bool,
}

/// A campaign that will start by itself, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    pub id: CampaignId,
    pub starts_at: Timestamp,
    /// What its audience has and lacks now, and what was accepted.
    pub ready: Preflight,
}

/// Makes a draft from an announcement's text.
///
/// # Errors
/// When the text has a mistake, or its topic is unknown, foreign or not named.
pub async fn campaign_create(
    resources: &Resources,
    call: &Call,
    text: &str,
    wish: Create,
    file: Option<&str>,
) -> Result<Created, Refusal> {
    let (store, sender) = (&resources.store, &resources.sender());
    let topic = campaign::topic_of(store, text, wish.topic.as_deref()).await;
    let topic = topic.map_err(|error| hide_topics(call, error))?;
    let permit = call.permit(Right::CampaignsWrite, Object::Topic(topic.id));
    let permit = permit.map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => no_such_topic(),
        _ => refusal,
    })?;
    let after = json!({ "file": file, "topic": topic.slug, "in_doubt": wish.policy.as_str() });
    let object = AuditObject::of_kind("campaign");
    let store = call.acting(&permit, store, "campaign.create", object, Some(after));
    Ok(campaign::create(&store, sender, text, wish, call.at).await?)
}

/// Checks a draft as a start does, and lets it start at a time; for one that is scheduled, another
/// time. A server starts it, within a second or so of its time; until then it can be taken back.
///
/// # Errors
/// When it could not be started now, or the time is none to come.
pub async fn campaign_schedule(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    wish: StartWish,
) -> Result<Scheduled, Refusal> {
    let Resources { store, files, .. } = resources;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    resources.can_send()?;
    let sender = &resources.sender();
    let StartWish { at: starts_at, audience_at_most, links_to_this_machine, .. } = wish;
    let allow = Allow { links_to_this_machine, warnings: wish.accept_warnings };
    if !wish.dry_run {
        campaign::settle(store, sender, campaign.id, call.at).await?;
    }
    let ready = campaign::preflight(store, sender, files, campaign.id, allow).await?;
    if wish.checked.is_some() && wish.checked != ready.checked {
        return Err(CampaignError::TextChanged(campaign.id).into());
    }
    let wished = ScheduleWish { starts_at, audience_at_most, allow };
    if wish.dry_run {
        campaign::may_schedule(&ready, wished, call.at)?;
    } else {
        let after = json!({
            "starts_at": starts_at.rfc3339(),
            "audience": ready.survey.contacts,
            "text": ready.checked.map(|it| it.revision),
            "audience_at_most": audience_at_most,
            "accepted_warnings": ready.accepts.len(),
        });
        let named = AuditObject::new("campaign", campaign.id.0);
        let store = call.acting(&permit, store, "campaign.schedule", named, Some(after));
        campaign::schedule(&store, &ready, wished, call.at).await?;
    }
    Ok(Scheduled { id: campaign.id, starts_at, ready })
}

/// When the campaign starts by itself, if it does.
pub async fn campaign_schedule_of(
    store: &Store,
    id: CampaignId,
) -> Result<Option<Schedule>, Refusal> {
    Ok(store.campaign_schedule_find(id).await?)
}

/// Makes a scheduled campaign a draft again.
///
/// # Errors
/// When it is not scheduled, or has started in the meantime.
pub async fn campaign_take_back(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<(), Refusal> {
    let (store, id) = sending(resources, call, number, "campaign.take_back", None).await?;
    Ok(campaign::take_back(&store, id).await?)
}

/// Stops before the next message.
///
/// # Errors
/// When it is neither starting nor being sent.
pub async fn campaign_pause(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<CampaignState, Refusal> {
    let (store, id) = sending(resources, call, number, "campaign.pause", None).await?;
    Ok(campaign::pause(&store, id, call.at).await?)
}

/// Goes on after a pause: `sending`, or `starting` when the audience is incomplete; a server completes
/// it, or whoever calls [`campaign::expand`].
///
/// # Errors
/// When it is not paused.
pub async fn campaign_resume(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<CampaignState, Refusal> {
    let (store, id) = sending(resources, call, number, "campaign.resume", None).await?;
    Ok(campaign::resume(&store, id, call.at).await?)
}

/// How many people [`campaign_retry`] would send to.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_retry_count(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    whom: RetryScope,
) -> Result<i64, Refusal> {
    let (campaign, object) = reach::campaign(&resources.store, number).await?;
    call.permit(Right::CampaignsSend, object)?;
    Ok(campaign::retry_count(&resources.store, campaign.id, whom).await?)
}

/// Sends again to people whose delivery has ended. Returns how many are queued now.
///
/// # Errors
/// When it has not been started.
pub async fn campaign_retry(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    whom: RetryScope,
) -> Result<i64, Refusal> {
    let after = match whom {
        RetryScope::Failed(code) => json!({ "state": "failed", "code": code }),
        RetryScope::Skipped => json!({ "state": "skipped" }),
        RetryScope::InDoubt => json!({ "state": "in doubt" }),
    };
    let (store, id) = sending(resources, call, number, "campaign.retry", Some(after)).await?;
    Ok(campaign::retry(&store, id, whom).await?)
}

/// Whoever is trusted with some topics learns nothing of the others, not even their names.
fn hide_topics(call: &Call, error: CampaignError) -> Refusal {
    match (&error, call.actor.topics()) {
        (CampaignError::UnknownTopic { .. }, TopicScope::These(_)) => no_such_topic(),
        (CampaignError::NoTopic { .. }, TopicScope::These(_)) => {
            let words = "The campaign has no topic; name one of yours.";
            Refusal::of_field("/topic", "topic_missing", words)
        }
        _ => error.into(),
    }
}

/// Publishes a campaign on a page that everybody may read, or makes that page anew.
///
/// # Errors
/// When it has not been started, or something in it needs a recipient's value.
pub async fn campaign_publish(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    wish: Publish,
) -> Result<Published, Refusal> {
    let after = Some(json!({ "unlisted": wish.unlisted }));
    let (store, id) = sending(resources, call, number, "campaign.publish", after).await?;
    resources.settings.now().sender_is_set()?;
    Ok(campaign::publish(&store, &resources.sender(), id, wish, call.at).await?)
}

/// Takes a campaign's public page back; false when there was none.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_withdraw(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<bool, Refusal> {
    let (store, id) = sending(resources, call, number, "campaign.withdraw", None).await?;
    Ok(campaign::withdraw(&store, id).await?)
}

/// Keeps that the open warnings of a draft's check were accepted.
///
/// # Errors
/// When it has been started.
pub async fn campaign_accept(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    checked: &mut Checked,
) -> Result<(), Refusal> {
    let warnings = json!({ "warnings": checked.open().count() });
    let (campaign, object) = reach::campaign(&resources.store, number).await?;
    call.permit(Right::CampaignsSend, object)?;
    // What is accepted is accepted for a version.
    if !campaign.state.has_started() {
        campaign::settle(&resources.store, &resources.sender(), campaign.id, call.at).await?;
    }
    let (store, id) = sending(resources, call, number, "campaign.accept", Some(warnings)).await?;
    if id != checked.id {
        return Err(reach::no_campaign());
    }
    Ok(campaign::accept(&store, checked, call.at).await?)
}

/// Makes the messages that are still to be sent with today's settings and release.
///
/// # Errors
/// When it is not paused, or its links would differ.
pub async fn campaign_recompile(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<(), Refusal> {
    let (store, id) = sending(resources, call, number, "campaign.recompile", None).await?;
    resources.settings.now().sender_is_set()?;
    Ok(campaign::recompile(&store, &resources.sender(), id).await?)
}

/// The store, whose next write is logged as this action on what the campaign sends.
async fn sending(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    action: &'static str,
    after: Option<Value>,
) -> Result<(Store, CampaignId), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    let named = AuditObject::new("campaign", campaign.id.0);
    Ok((call.acting(&permit, store, action, named, after), campaign.id))
}
