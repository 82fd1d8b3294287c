//! One act with all contacts who match, as a job on whichever node has time.
//!
//! Invariant: a job that is interrupted at any moment and resumed ends the same: with whom a step has done it,
//! what that counts and where the next one begins are stored together.

use model::{
    ConsentBasis, ContactId, RuleSet, SegmentRule, TagName, Timestamp, TopicId, TopicScope,
};
use serde_json::{Value, json};
use store::{
    BulkAct, BulkCounts, BulkStep, ImportBasis, Job, JobState, JobStep, SegmentQuery, Store,
    StoreError,
};
use tokio_util::sync::CancellationToken;

use crate::contact_walk::{end_unknown, walk_contacts};
use crate::export_spec::ExportSpec;

/// What such a job is called.
pub const BULK_JOB: &str = "bulk";
/// Contacts of a step.
const STEP: usize = 1_000;

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkWhom {
    /// As for an export.
    Found(ExportSpec),
    /// Who is in a segment, as its rule was when the job was asked for, and has to do with these topics.
    Segment { rule: SegmentRule, topics: TopicScope },
}

/// What is to be done with whom, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkSpec {
    pub whom: BulkWhom,
    pub act: BulkAct,
    /// Count what would be done, and do nothing.
    pub rehearsal: bool,
}

impl BulkSpec {
    #[must_use]
    pub fn to_json(&self) -> String {
        let whom = match &self.whom {
            BulkWhom::Found(found) => json!({ "found": found.to_json() }),
            BulkWhom::Segment { rule, topics } => {
                let topics = match topics {
                    TopicScope::All => Value::Null,
                    TopicScope::These(ids) => ids.iter().map(|id| id.0).collect(),
                };
                json!({ "segment": rule.to_string(), "topics": topics })
            }
        };
        let act = match &self.act {
            BulkAct::Subscribe { topic, basis } => json!({
                "act": "subscribe", "topic": topic.0, "basis": basis.basis.as_str(),
                "notice": basis.notice, "proof": basis.proof,
            }),
            BulkAct::Leave { topic } => json!({ "act": "leave", "topic": topic.0 }),
            BulkAct::Set { name, value } => json!({ "act": "set", "name": name, "value": value }),
            BulkAct::Tag { tag, is_given } => {
                json!({ "act": "tag", "tag": tag.as_str(), "given": is_given })
            }
        };
        json!({ "whom": whom, "act": act, "rehearsal": self.rehearsal }).to_string()
    }

    /// What [`Self::to_json`] wrote; None for anything else.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let rehearsal = value.get("rehearsal")?.as_bool()?;
        Some(Self {
            whom: whom_from(value.get("whom")?)?,
            act: act_from(value.get("act")?)?,
            rehearsal,
        })
    }

    /// The topic to which it subscribes people, for undoing that.
    #[must_use]
    pub const fn subscribes_to(&self) -> Option<TopicId> {
        match self.act {
            BulkAct::Subscribe { topic, .. } => Some(topic),
            BulkAct::Leave { .. } | BulkAct::Set { .. } | BulkAct::Tag { .. } => None,
        }
    }

    /// What is done, in a word.
    #[must_use]
    pub const fn word(act: &BulkAct) -> &'static str {
        match act {
            BulkAct::Subscribe { .. } => "subscribe",
            BulkAct::Leave { .. } => "leave",
            BulkAct::Set { .. } => "set",
            BulkAct::Tag { is_given: true, .. } => "tag",
            BulkAct::Tag { is_given: false, .. } => "untag",
        }
    }
}

fn whom_from(value: &Value) -> Option<BulkWhom> {
    if let Some(found) = value.get("found") {
        return ExportSpec::from_json(found.as_str()?).map(BulkWhom::Found);
    }
    let rule = SegmentRule::parse(value.get("segment")?.as_str()?).ok()?;
    let topics = match value.get("topics")? {
        Value::Null => TopicScope::All,
        listed => {
            let ids = listed.as_array()?.iter().map(|id| id.as_i64().map(TopicId));
            TopicScope::These(ids.collect::<Option<Vec<_>>>()?)
        }
    };
    Some(BulkWhom::Segment { rule, topics })
}

fn act_from(value: &Value) -> Option<BulkAct> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let topic = || value.get("topic").and_then(Value::as_i64).map(TopicId);
    Some(match text("act")?.as_str() {
        "subscribe" => {
            let basis = ConsentBasis::from_word(&text("basis")?)?;
            let basis = ImportBasis { basis, notice: text("notice"), proof: text("proof") };
            BulkAct::Subscribe { topic: topic()?, basis }
        }
        "leave" => BulkAct::Leave { topic: topic()? },
        "set" => BulkAct::Set { name: text("name")?, value: text("value")? },
        "tag" => BulkAct::Tag {
            tag: TagName::parse(&text("tag")?).ok()?,
            is_given: value.get("given")?.as_bool()?,
        },
        _ => return None,
    })
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time; `rules` say who is a person, for a segment that asks it.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_bulk_job(
    store: &Store,
    job: Job,
    rules: &RuleSet,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    run_by(STEP, store, (job, rules), clock, shutdown).await
}

async fn run_by(
    at_once: usize,
    store: &Store,
    (job, rules): (Job, &RuleSet),
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let Some(spec) = BulkSpec::from_json(&job.spec) else {
        return end_unknown(store, &job, "contacts", clock()).await;
    };
    let first = match spec.whom {
        BulkWhom::Found(_) => i64::MAX,
        BulkWhom::Segment { .. } => 0,
    };
    let ended = if spec.rehearsal { JobState::Waiting } else { JobState::Done };
    let walk = |from, step| {
        let run = BulkRun {
            at_once,
            store,
            spec: spec.clone(),
            rules: rules.clone(),
            at: job.created_at,
        };
        run.step(from, step)
    };
    walk_contacts(store, &job, clock, &shutdown, (first, ended), walk).await
}

/// One step of a run.
struct BulkRun<'r> {
    at_once: usize,
    store: &'r Store,
    spec: BulkSpec,
    rules: RuleSet,
    /// When the job was asked for.
    at: Timestamp,
}

impl BulkRun<'_> {
    /// Does it with the next contacts who match, and says where those after them begin.
    async fn step(self, from: i64, step: JobStep) -> Result<Option<i64>, StoreError> {
        let Self { at_once, store, spec, rules, at } = self;
        let from = ContactId(from);
        // Behind the last one there is nobody, in either order.
        let (contacts, next, last) = match spec.whom {
            BulkWhom::Found(ExportSpec { query, topics }) => {
                let found = store.contacts_find(query, topics, from, at_once).await?;
                (found.contacts.iter().map(|it| it.id).collect(), found.next, i64::MIN)
            }
            BulkWhom::Segment { rule, topics } => {
                let query = SegmentQuery { rule, at, rules, topics };
                let found = store.segment_page(query, from, at_once).await?;
                (found.contacts, found.next, i64::MAX)
            }
        };
        let next = next.map(|id| id.0);
        let position = next.unwrap_or(last).to_string();
        let step = JobStep { position, ..step };
        let rehearsal = spec.rehearsal;
        store.contacts_bulk_step(BulkStep { contacts, act: spec.act, at, rehearsal, step }).await?;
        Ok(next)
    }
}

/// What such a job has counted.
pub(crate) fn bulk_figures(job: &Job) -> Result<Vec<(&'static str, u64)>, StoreError> {
    Ok(BulkCounts::from_text(&job.counts)?.fields())
}

#[cfg(test)]
#[path = "bulk_job/tests.rs"]
mod tests;
