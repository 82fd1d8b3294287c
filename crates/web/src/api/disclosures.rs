//! The disclosure register, and who may get personal data.

use actions::{ProcessorWish, processor_remove, processor_set};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{DisclosureEntry, Processor};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, given, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Entries looked up at once.
const BATCH: u16 = 501;
/// Characters of a name.
const LONGEST: usize = 200;

list_params! {
    DisclosuresParams {
        /// Only what this recipient got, by the name that they had then.
        #[param(max_length = 200)]
        recipient: Option<String>,
    }
}

list_params! {
    ProcessorsParams {}
}

/// Personal data that has left. Names nobody whose it was.
#[derive(Serialize, ToSchema)]
pub(crate) struct Disclosure {
    /// Its number, counted from 1 without a gap.
    #[schema(example = "43")]
    id: String,
    #[schema(format = "date-time")]
    at: String,
    /// The same in microseconds, as the hash has it.
    at_us: i64,
    asked_by: DisclosureActor,
    /// contacts-file, report-file, events-file, event-feed, contacts-read, deliveries-read, report-read or
    /// messages-read; there may be more.
    #[schema(example = "contacts-file")]
    kind: &'static str,
    /// Who got it; with the basis own-use whoever asked.
    recipient: String,
    /// Where the recipient is, as two letters of ISO 3166-1; empty for own use.
    country: String,
    /// own-use, law, service-provider, sale, export-bureau, own-request or sharing.
    #[schema(example = "own-use")]
    basis: &'static str,
    #[schema(example = "own use")]
    purpose: String,
    /// address, attributes, standing, consents, deliveries, activity, browsers or history; there may be more.
    fields: Vec<&'static str>,
    /// What it is: a filter, a job. Names nobody.
    about: Value,
    /// How many people’s it was; null while it goes on: the entry that closes it has the number.
    persons: Option<i64>,
    /// The set of people, as the hash has it.
    set: i64,
    /// The id of the entry that this one closes.
    closes: Option<String>,
    /// The hash of the entry before.
    previous_hash: String,
    /// SHA-256, in hex, over this entry and the hash of the one before.
    hash: String,
}

#[derive(Serialize, ToSchema)]
struct DisclosureActor {
    /// user, token or system; there may be more.
    kind: String,
    id: Option<String>,
    name: String,
}

impl From<DisclosureEntry> for Disclosure {
    fn from(it: DisclosureEntry) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: it.seq.to_string(),
            at: it.at.rfc3339(),
            at_us: it.at.0,
            kind: it.kind.as_str(),
            basis: it.basis.as_str(),
            fields: it.fields.iter().map(|field| field.as_str()).collect(),
            about: serde_json::from_str(&it.about).unwrap_or_default(),
            persons: it.persons,
            set: it.set(),
            closes: it.closes.map(|seq| seq.to_string()),
            previous_hash: hex(&it.previous_hash),
            hash: hex(&it.hash),
            asked_by: DisclosureActor {
                kind: it.actor_kind,
                id: it.actor_id.map(|id| id.to_string()),
                name: it.actor_name,
            },
            recipient: it.recipient,
            country: it.country,
            purpose: it.purpose,
        }
    }
}

/// Whether the register’s chain holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisclosuresVerified {
    /// Good entries, from the first on.
    entries: i64,
    /// The last good one: note it elsewhere, so that a chain that was made anew is recognised.
    #[schema(example = "43:5f0c1d…")]
    end: String,
    /// The first place where it is broken; null when it holds.
    broken: Option<String>,
}

/// Who may get personal data, and for what.
#[derive(Serialize, ToSchema)]
#[schema(as = Processor)]
pub(crate) struct ListedProcessor {
    #[schema(example = "Post House")]
    name: String,
    /// Where the data goes: two letters of ISO 3166-1.
    #[schema(example = "DE")]
    country: String,
    /// law, service-provider, sale, export-bureau, own-request or sharing.
    #[schema(example = "service-provider")]
    basis: &'static str,
    /// No other purpose is allowed.
    #[schema(example = json!(["printing"]))]
    purposes: Vec<String>,
    /// No other field is allowed.
    #[schema(example = json!(["address", "attributes"]))]
    fields: Vec<&'static str>,
    #[schema(format = "date-time")]
    changed_at: String,
}

impl From<Processor> for ListedProcessor {
    fn from(it: Processor) -> Self {
        Self {
            basis: it.basis.as_str(),
            fields: it.fields.iter().map(|field| field.as_str()).collect(),
            changed_at: it.changed_at.rfc3339(),
            name: it.name,
            country: it.country,
            purposes: it.purposes,
        }
    }
}

/// What a recipient may get from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProcessor {
    /// Two letters of ISO 3166-1.
    #[schema(example = "DE")]
    country: String,
    /// law, service-provider, sale, export-bureau, own-request or sharing.
    #[schema(example = "service-provider")]
    basis: String,
    /// In lower or upper case; 1 to 20 of them.
    #[schema(example = json!(["printing"]), max_items = 20)]
    purposes: Vec<String>,
    /// address, attributes, standing, consents, deliveries, activity, browsers or history.
    #[schema(example = json!(["address", "attributes", "standing"]))]
    fields: Vec<String>,
}

/// A recipient who was taken out.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedProcessor {
    name: String,
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: DisclosuresParams = asked.query()?;
    let recipient = given(params.recipient.as_deref());
    if recipient.is_some_and(|text| text.chars().count() > LONGEST) {
        let words = format!("“recipient” has at most {LONGEST} characters.");
        return Err(Problem::bad_request("query", words));
    }
    let named = [("recipient", recipient)];
    let page =
        ListAsked::new("/api/v1/disclosures", &named, params.limit, params.after.as_deref())?;
    let (resources, call) = (&asked.parts.resources, &asked.call());
    let batch = |before: Option<i64>| async move {
        let recipient = recipient.map(str::to_owned);
        let mut rows = actions::disclosures(resources, call, recipient, (before, BATCH)).await?;
        let has_more = rows.len() == usize::from(BATCH);
        rows.truncate(usize::from(BATCH) - 1);
        let next = rows.last().filter(|_| has_more).map(|last| last.seq);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.seq).await?;
    let rows: Vec<Disclosure> = rows.into_iter().map(Disclosure::from).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    // A number of nobody, so that who may not is told the same of all.
    let seq = asked.path("id").parse().unwrap_or(0);
    let found = actions::disclosure(&asked.parts.resources, &asked.call(), seq).await?;
    Reply::tagged(&Disclosure::from(found))
}

pub(crate) async fn verify(asked: Asked) -> Result<Reply, Problem> {
    let (resources, call) = (&asked.parts.resources, asked.call());
    let verified = actions::disclosures_verify(resources, &call, None).await?;
    Reply::of(&DisclosuresVerified {
        entries: verified.end.seq,
        end: verified.end.to_string(),
        broken: verified.broken.map(|broken| broken.to_string()),
    })
}

pub(crate) async fn processors(asked: Asked) -> Result<Reply, Problem> {
    let params: ProcessorsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/processors", &[], params.limit, params.after.as_deref())?;
    let found = actions::processors(&asked.parts.resources, &asked.call()).await?;
    let mut all: Vec<ListedProcessor> = found.into_iter().map(ListedProcessor::from).collect();
    // The order of a cursor that goes on behind a name.
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    page.page_of(&all, |it| it.name.clone())
}

pub(crate) async fn set_processor(asked: Asked) -> Result<Reply, Problem> {
    let NewProcessor { country, basis, purposes, fields } = asked.body()?;
    let name = asked.path("name").to_owned();
    let wish = ProcessorWish { name: name.clone(), country, basis, purposes, fields };
    let (resources, call) = (&asked.parts.resources, asked.call());
    processor_set(resources, &call, wish).await?;
    let key = name.trim().to_lowercase();
    let found = asked.store().processors_list().await?;
    let found = found.into_iter().find(|it| it.name.to_lowercase() == key);
    let missing = || Problem::not_found("recipient_not_found", "There is no such recipient.");
    Reply::of(&ListedProcessor::from(found.ok_or_else(missing)?))
}

pub(crate) async fn remove_processor(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    processor_remove(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&RemovedProcessor { name })
}
