//! One act with all contacts who match, as a job.
//!
//! Invariants: nobody is subscribed without a stated basis, nor over a withdrawal; a topic must be the actor's;
//! what is done is counted first where that is wanted, and logged when it is begun.

use access::Object;
use audience::{AttributeSchema, BULK_JOB, BulkSpec, BulkWhom, ExportSpec};
use model::{ConsentBasis, JobId, Right, SegmentName, TagName};
use serde_json::json;
use store::{AuditObject, BulkAct, ContactQuery, ImportBasis, Job, NewJob};

use crate::job_reach::of_job;
use crate::{Call, Refusal, Resources, exports, reach};

/// With whom an act is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkWhomWish {
    Found(ContactQuery),
    /// The segment with this name.
    Segment(String),
}

/// What is to be done with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkActWish {
    /// To the topic with this slug.
    Subscribe {
        topic: String,
        basis: ImportBasis,
    },
    Leave {
        topic: String,
    },
    /// An empty value removes it.
    Set {
        name: String,
        value: String,
    },
    /// Gives the tag with this name, which is made if there is none, or takes it away.
    Tag {
        name: String,
        is_given: bool,
    },
}

/// Lets a node do an act with all contacts who match, or count that; then `job_start` does it.
///
/// # Errors
/// When the topic is none of the actor's, the basis is not stated, the value is none of the attribute's kind, or
/// there is no such segment.
pub async fn contacts_bulk(
    resources: &Resources,
    call: &Call,
    whom: BulkWhomWish,
    act: BulkActWish,
    dry_run: bool,
) -> Result<JobId, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::OwnTopics)?;
    let slug = match &whom {
        BulkWhomWish::Found(query) => query.topic.as_deref(),
        BulkWhomWish::Segment(_) => None,
    };
    let (topic, topics) = exports::scope_of(store, &permit, slug).await?;
    let act = meant(resources, call, act).await?;
    let mut told = json!({ "act": BulkSpec::word(&act) });
    let whom = match whom {
        BulkWhomWish::Found(query) => {
            let found = ExportSpec { query, topics };
            told["whom"] = found.logged();
            BulkWhom::Found(found)
        }
        BulkWhomWish::Segment(name) => {
            let name = SegmentName::parse(&name)
                .map_err(|it| Refusal::of_field("/segment", "segment_name", it.to_string()))?;
            told["segment"] = name.as_str().into();
            let words = "There is no segment with this name.";
            let found = store.segment_find(name).await?;
            let found = found.ok_or_else(|| Refusal::not_found("segment_not_found", words))?;
            let rule = store.segment_resolve(found.rule).await?;
            BulkWhom::Segment { rule, topics }
        }
    };
    let title = title(&act);
    let spec = BulkSpec { whom, act, rehearsal: dry_run }.to_json();
    let actor = call.actor.record();
    let new = NewJob { kind: BULK_JOB, actor, topic, title, spec, of: None };
    let action = if dry_run { "contacts.rehearse_bulk" } else { "contacts.bulk" };
    let named = call.acting(&permit, store, action, AuditObject::of_kind("job"), Some(told));
    let total = store.contacts_count().await?;
    Ok(named.job_ask(new, total, call.at).await?)
}

/// Does what was counted.
pub(crate) async fn bulk_start(
    resources: &Resources,
    call: &Call,
    job: &Job,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (_, permit) = of_job(store, call, job.id, Right::ContactsWrite).await?;
    let words = "This release can’t tell what was meant.";
    let spec = BulkSpec::from_json(&job.spec)
        .ok_or_else(|| Refusal::of_field("/act", "bulk_act", words))?;
    let spec = BulkSpec { rehearsal: false, ..spec };
    let told = json!({ "act": BulkSpec::word(&spec.act) });
    let object = AuditObject::new("job", job.id);
    let named = call.acting(&permit, store, "contacts.bulk", object, Some(told));
    Ok(named.job_queue(job.id, spec.to_json(), job.topic, call.at).await?)
}

/// The act with what it names looked up and checked.
async fn meant(resources: &Resources, call: &Call, act: BulkActWish) -> Result<BulkAct, Refusal> {
    let store = &resources.store;
    let topic = async |slug: &str| {
        let missing = |_: Refusal| {
            let words = "There is no topic with this name.";
            Refusal::of_field("/subject", "topic_not_found", words)
        };
        let (topic, object) = reach::topic(store, slug).await.map_err(missing)?;
        call.permit(Right::ContactsWrite, object).map_err(missing)?;
        Ok::<_, Refusal>(topic.id)
    };
    match act {
        BulkActWish::Subscribe { topic: slug, basis } => {
            if basis.basis == ConsentBasis::NotStated {
                let words = "Say by what right they are subscribed: consent, contract, \
                    existing-customer or other.";
                return Err(Refusal::of_field("/basis", "basis", words));
            }
            let is_line = |text: &Option<String>| {
                let text = text.as_deref().unwrap_or_default();
                text.chars().count() <= audience::PROOF_CHARS && !text.chars().any(char::is_control)
            };
            if !is_line(&basis.notice) || !is_line(&basis.proof) {
                let words = format!("One line of at most {} characters.", audience::PROOF_CHARS);
                return Err(Refusal::of_field("/proof", "proof", words));
            }
            Ok(BulkAct::Subscribe { topic: topic(&slug).await?, basis })
        }
        BulkActWish::Tag { name, is_given } => {
            let tag = TagName::parse(&name)
                .map_err(|it| Refusal::of_field("/subject", "tag", it.to_string()))?;
            Ok(BulkAct::Tag { tag, is_given })
        }
        BulkActWish::Leave { topic: slug } => Ok(BulkAct::Leave { topic: topic(&slug).await? }),
        BulkActWish::Set { name, value } => {
            let wrong = |why: String| Refusal::of_field("/subject", "attribute", why);
            audience::attribute_name_check(&name).map_err(|it| wrong(it.to_string()))?;
            let schema = AttributeSchema::read(store).await?;
            let value = schema.canonical(&name, value.trim().to_owned());
            let value =
                value.map_err(|it| Refusal::of_field("/value", "attribute", it.to_string()))?;
            if value.len() > 10_000 || value.contains('\0') {
                let words = "A value has at most 10,000 bytes and no zero byte.";
                return Err(Refusal::of_field("/value", "attribute", words));
            }
            Ok(BulkAct::Set { name, value })
        }
    }
}

/// For people; names nobody.
fn title(act: &BulkAct) -> String {
    match act {
        BulkAct::Subscribe { .. } => "subscribing contacts to a topic".to_owned(),
        BulkAct::Leave { .. } => "unsubscribing contacts from a topic".to_owned(),
        BulkAct::Set { name, value } if value.is_empty() => format!("clearing {name}"),
        BulkAct::Set { name, .. } => format!("setting {name}"),
        BulkAct::Tag { tag, is_given: true } => format!("giving the tag {tag}"),
        BulkAct::Tag { tag, is_given: false } => format!("taking the tag {tag} away"),
    }
}
