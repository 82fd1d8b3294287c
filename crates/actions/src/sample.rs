//! Sample data for a first look: two topics, a dozen contacts whose addresses lead nowhere, an
//! announcement and a draft.
//!
//! Invariants: sample data is what has the names that stand here, so a half-made one is made whole by
//! adding it again, and nothing else is removed with it. No address of it is anybody's (RFC 2606).

use std::collections::BTreeMap;

use access::Object;
use campaign::Create;
use model::{CampaignNumber, EmailAddress, Right};
use serde_json::json;
use store::{AuditObject, SampleData, SampleNames, StoreError};

use crate::{Call, ContactWish, Refusal, RefusalKind, Resources};

const ANNOUNCEMENT: &str = include_str!("../sample/announcement.md");
const ANNOUNCEMENT_NAME: &str = "Sample announcement";
const NEWS: &str = "sample-news";
const OFFERS: &str = "sample-offers";
const TOPICS: [(&str, &str); 2] = [(NEWS, "Sample: product news"), (OFFERS, "Sample: offers")];
/// Address, first name, company, plan.
const CONTACTS: [[&str; 4]; 12] = [
    ["ada@harbour-analytics.test", "Ada", "Harbour Analytics", "business"],
    ["bjorn@nordlicht.test", "Björn", "Nordlicht GmbH", "team"],
    ["chloe@blue-kite.test", "Chloé", "Blue Kite", "free"],
    ["dmitri@tessellate.test", "Dmitri", "Tessellate", "business"],
    ["elif@au-coin.test", "Elif", "Papeterie “Au Coin”", "team"],
    ["fatima@fjord.test", "Fatima", "Fjord & Sons", "free"],
    ["reader1@sample.example.com", "", "Quill, Ink and Co", "team"],
    ["hugo@mountain-rail.test", "Hugo", "Mountain Rail", "business"],
    ["ines@lumen-labs.test", "Ines", "Lumen Labs", "free"],
    ["jurgen@nordlicht.test", "Jürgen", "Nordlicht GmbH", "team"],
    ["keiko@blue-kite.test", "Keiko", "Blue Kite", "business"],
    ["reader2@sample.example.com", "", "", "free"],
];

/// What was added, or was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleAdded {
    pub contacts: usize,
    /// The draft, unless it has been removed in the meantime.
    pub campaign: Option<CampaignNumber>,
}

/// The sample data that is there.
///
/// # Errors
/// When the store can't answer.
pub async fn sample_find(resources: &Resources) -> Result<SampleData, Refusal> {
    Ok(resources.store.sample_find(names()?).await?)
}

/// Adds the sample data, or what is missing of it.
///
/// # Errors
/// When a campaign was started: by then this is no new installation any more.
pub async fn sample_add(resources: &Resources, call: &Call) -> Result<SampleAdded, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    if store.campaigns_started().await? {
        let words =
            "A campaign was started here already, so sample data would stand among real data.";
        return Err(Refusal::new(RefusalKind::Conflict, "sample_too_late", words));
    }
    let object = AuditObject::of_kind("sample data");
    let named = call.acting(&permit, store, "sample.add", object, None);
    named.setting_put("sample_data_added", call.at.rfc3339()).await?;
    // What follows is logged for itself, and can be repeated.
    let each = Call::new(call.actor.clone(), call.at);
    for (slug, name) in TOPICS {
        crate::topic_set(resources, &each, slug, name).await?;
    }
    for (number, contact) in CONTACTS.iter().enumerate() {
        add_contact(resources, &each, number, contact).await?;
    }
    if sample_find(resources).await?.campaigns.is_empty() {
        let text = ANNOUNCEMENT.replace("{domain}", &resources.sender().domain);
        crate::campaign_create(resources, &each, &text, Create::default(), None).await?;
    }
    let found = sample_find(resources).await?;
    let campaign = found.campaigns.first().map(|id| id.number());
    Ok(SampleAdded { contacts: found.contacts, campaign })
}

async fn add_contact(
    resources: &Resources,
    call: &Call,
    number: usize,
    [email, first_name, company, plan]: &[&str; 4],
) -> Result<(), Refusal> {
    let values = [("first_name", first_name), ("company", company), ("plan", plan)];
    let attributes: BTreeMap<String, String> = values
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), (*value).to_owned()))
        .chain([("sample".to_owned(), "yes".to_owned())])
        .collect();
    // Everybody gets news, every third offers as well.
    let topics = if number.is_multiple_of(3) { vec![NEWS, OFFERS] } else { vec![NEWS] };
    let wish = ContactWish {
        email: (*email).to_owned(),
        attributes,
        topics: topics.into_iter().map(ToOwned::to_owned).collect(),
        proof: "sample data".to_owned(),
        birth_month: None,
    };
    match crate::contact_add(resources, call, wish).await {
        // There already, or somebody has tried out erasing.
        Err(Refusal { kind: RefusalKind::Conflict, .. }) | Ok(_) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Removes the sample data; a topic on which something else hangs stays.
///
/// # Errors
/// When its campaign was started or scheduled, or one of its contacts was mailed.
pub async fn sample_remove(resources: &Resources, call: &Call) -> Result<SampleData, Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let found = sample_find(resources).await?;
    let after = json!({ "contacts": found.contacts, "campaigns": found.campaigns.len() });
    let object = AuditObject::of_kind("sample data");
    let in_use = || {
        let words = "The sample campaign was started or scheduled, or one of the sample contacts was \
            mailed, and what was sent stays accounted for. Take back what is scheduled; contacts can \
            be erased one by one.";
        Refusal::new(RefusalKind::Conflict, "sample_in_use", words)
    };
    let named = call.acting(&permit, &resources.store, "sample.remove", object, Some(after));
    match named.sample_remove(names()?).await {
        Err(StoreError::Changed(_)) => Err(in_use()),
        done => Ok(done?),
    }
}

fn names() -> Result<SampleNames, Refusal> {
    let keys = CONTACTS.iter().map(|contact| EmailAddress::parse(contact[0]).map(|it| it.key()));
    let keys: Result<Vec<String>, _> = keys.collect();
    Ok(SampleNames {
        email_keys: keys.map_err(|problem| {
            Refusal::of_field("/email", "address_syntax", problem.to_string())
        })?,
        slugs: TOPICS.iter().map(|(slug, _)| (*slug).to_owned()).collect(),
        announcement: ANNOUNCEMENT_NAME.to_owned(),
    })
}
