//! What may be recorded of whom: for everybody, for a topic, for a campaign, and by a contact's word.
//!
//! Invariant: a contact's word holds for all topics, so noting it needs the right on the whole
//! installation.

use access::Object;
use audience::PROOF_CHARS;
use model::{CampaignNumber, ContactId, Right, TrackingMode, TrackingPolicy};
use serde_json::{Map, Value, json};
use store::{AuditObject, TrackingPolicyChange};

use crate::contacts::of_contact;
use crate::{Call, Refusal, Resources, reach};

/// In which way somebody said it, unless that is told.
const REQUEST: &str = "request";
/// Characters of the version of what people are told.
const NOTICE_CHARS: usize = 64;

/// What a contact says about tracking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingWish {
    pub mode: TrackingMode,
    /// Whether they also want forgotten what they did until now. Can't be undone.
    pub forget: bool,
    /// In which way they said it; a request to the operator when left out.
    pub source: Option<String>,
}

/// Notes what a contact has said about tracking; false when they had said the same before, though what
/// is to be forgotten is forgotten then as well.
///
/// # Errors
/// When there is no such contact, or the way in which they said it can't be kept.
pub async fn contact_tracking_say(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    wish: TrackingWish,
) -> Result<bool, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if store.contact_find(id).await?.is_none() {
        return Err(reach::no_contact());
    }
    let TrackingWish { mode, forget, source } = wish;
    let source = source.as_deref().map(str::trim).filter(|it| !it.is_empty()).unwrap_or(REQUEST);
    if !is_line(source, PROOF_CHARS) {
        let words =
            format!("Say where they said it in one line of at most {PROOF_CHARS} characters.");
        return Err(Refusal::of_field("/source", "tracking_source", words));
    }
    let after = json!({ "mode": mode.as_str(), "forget": forget });
    let named = call.acting(&permit, store, "contact.tracking", of_contact(Some(id)), Some(after));
    Ok(audience::say_tracking(&named, (id, mode), source, None, forget, call.at).await?)
}

/// Changes what holds for everybody, from the next message and the next hit on.
///
/// # Errors
/// When nothing is to change, or the version of what people are told can't be kept, or addresses for so
/// long.
pub async fn tracking_policy_set(
    resources: &Resources,
    call: &Call,
    change: TrackingPolicyChange,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let notice = change.notice.map(|text| text.trim().to_owned());
    if notice.as_deref().is_some_and(|it| !it.is_empty() && !is_line(it, NOTICE_CHARS)) {
        let words = format!("A version is one line of at most {NOTICE_CHARS} characters.");
        return Err(Refusal::of_field("/notice", "tracking_notice", words));
    }
    let most = TrackingPolicy::MOST_ADDRESS_DAYS;
    if change.address_days.is_some_and(|days| days > most) {
        let words = format!(
            "Network addresses are kept in full for 0 (never) to {most} days, and then shortened."
        );
        return Err(Refusal::of_field("/address_days", "tracking_address_days", words));
    }
    let change = TrackingPolicyChange { notice, ..change };
    if change == TrackingPolicyChange::default() {
        let words = "Say what is to hold: at_most, without_consent, address_days or notice.";
        return Err(Refusal::of_field("/at_most", "tracking_nothing", words));
    }
    let rules = audience::tracking_rules(store).await?;
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut log = |name: &str, was: Value, is: Option<Value>| {
        if let Some(is) = is {
            before.insert(name.to_owned(), was);
            after.insert(name.to_owned(), is);
        }
    };
    let word = |mode: TrackingMode| Value::from(mode.as_str());
    log("at_most", word(rules.policy.at_most), change.at_most.map(word));
    log("without_consent", word(rules.policy.without_consent), change.without_consent.map(word));
    log("address_days", rules.policy.address_days.into(), change.address_days.map(Value::from));
    log("notice", rules.notice.into(), change.notice.clone().map(Value::from));
    let states = (Some(Value::from(before).to_string()), Some(Value::from(after).to_string()));
    let object = AuditObject::new("settings", "tracking");
    let named = permit.acting(store, "tracking.set", object, states, call.at);
    Ok(named.tracking_policy_set(change).await?)
}

/// Sets what those begin with in a topic who have said nothing; None stands for what holds for
/// everybody.
///
/// # Errors
/// When there is no such topic.
pub async fn topic_tracking_set(
    resources: &Resources,
    call: &Call,
    slug: &str,
    mode: Option<TrackingMode>,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    let permit = call.permit(Right::TopicsWrite, object)?;
    let (object, after) = (AuditObject::new("topic", slug), json!({ "tracking": word(mode) }));
    let named = call.acting(&permit, store, "topic.tracking", object, Some(after));
    Ok(named.topic_tracking_set(topic.id, mode).await?)
}

/// Sets the most that a campaign records, whatever its state: it holds from the next message and the
/// next hit on. None stands for all that may be.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_tracking_set(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    mode: Option<TrackingMode>,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsWrite, object)?;
    let object = AuditObject::new("campaign", campaign.id.0);
    let after = json!({ "tracking": word(mode) });
    let named = call.acting(&permit, store, "campaign.tracking", object, Some(after));
    Ok(named.campaign_tracking_set(campaign.id, mode).await?)
}

/// As the log says it.
fn word(mode: Option<TrackingMode>) -> &'static str {
    mode.map_or("default", TrackingMode::as_str)
}

fn is_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
