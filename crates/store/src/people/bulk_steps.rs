//! One act with many contacts, as the steps of a job.
//!
//! Invariants: a subscription is never begun over a withdrawal or a suppression, and has its entry in the ledger
//! with the basis that was stated; whom a step has changed, what that counts, what undoing it needs and where
//! the next one begins are stored together. A rehearsal counts the same and changes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use model::{ConsentKind, ContactId, Removal, SuppressionReason, TagName, Timestamp, TopicId};

use crate::engine::tx::Tx;
use crate::job_state::JobFile;
use crate::jobs::{self, JobStep, parts};
use crate::people::bulk_counts::BulkCounts;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{CONTACT_LOCK, Contact, attributes_text, contact};
use crate::people::editing::SUBSCRIPTION_BEGIN;
use crate::people::import::basis::ImportBasis;
use crate::people::import::{CONTACT_UPDATE, IMPORT_CONSENT_INSERT};
use crate::people::import_changes::{ImportChanges, ValueChange};
use crate::people::leaving::{Act, SUPPRESSION_REASON, Scope, Suppressed, let_go};
use crate::people::tag_steps::CONTACT_TOUCH_LATER;
use crate::people::tags::{self, CONTACT_TAG_DROP, CONTACT_TAG_HAS, CONTACT_TAG_PUT};
use crate::people::topics::SUBSCRIPTION_STATE;
use crate::{Store, StoreError};

/// Attributes that a contact can have, as where somebody types them.
const ATTRIBUTES: usize = 100;

/// What is done with each contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAct {
    /// By what right it is done goes into the ledger of each.
    Subscribe {
        topic: TopicId,
        basis: ImportBasis,
    },
    Leave {
        topic: TopicId,
    },
    /// An empty value removes it.
    Set {
        name: String,
        value: String,
    },
    /// Gives a tag, or takes it away.
    Tag {
        tag: TagName,
        is_given: bool,
    },
}

/// A step of such a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkStep {
    pub contacts: Vec<ContactId>,
    pub act: BulkAct,
    /// The time that the job writes everywhere, by which undoing knows what is its.
    pub at: Timestamp,
    pub rehearsal: bool,
    pub step: JobStep,
}

impl Store {
    /// Does an act with these contacts; returns what all steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn contacts_bulk_step(&self, bulk: BulkStep) -> Result<BulkCounts, StoreError> {
        if bulk.rehearsal {
            return self.bulk_rehearse(bulk).await;
        }
        self.write(move |tx| {
            let step = &bulk.step;
            let mut counts = BulkCounts::from_text(&jobs::hold(tx, step)?)?;
            let (more, changes) = act(tx, &bulk)?;
            counts.add(&more);
            if let Some(bytes) = changes.to_bytes() {
                let number = parts::count(tx, step.job, JobFile::Changes)?;
                parts::put(tx, step.job, JobFile::Changes, number, &bytes)?;
            }
            put(tx, step, &counts)?;
            if more.changed > 0 {
                tx.bump_removals()?;
            }
            Ok(counts)
        })
        .await
    }

    async fn bulk_rehearse(&self, bulk: BulkStep) -> Result<BulkCounts, StoreError> {
        let counted = Arc::new(Mutex::new(BulkCounts::default()));
        let (result, step) = (Arc::clone(&counted), bulk.step.clone());
        let rehearsed = self.write(move |tx| {
            let (counts, _) = act(tx, &bulk)?;
            *counted.lock().unwrap_or_else(PoisonError::into_inner) = counts;
            // The transaction is rolled back.
            Err::<(), _>(StoreError::Rehearsed)
        });
        if let Err(error) = rehearsed.await
            && !matches!(error, StoreError::Rehearsed)
        {
            return Err(error);
        }
        let more = *result.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(move |tx| {
            let mut counts = BulkCounts::from_text(&jobs::hold(tx, &step)?)?;
            counts.add(&more);
            put(tx, &step, &counts)?;
            Ok(counts)
        })
        .await
    }
}

fn put(tx: &Tx<'_>, step: &JobStep, counts: &BulkCounts) -> Result<(), StoreError> {
    let done = i64::try_from(counts.contacts).unwrap_or(i64::MAX);
    jobs::put_step(tx, &JobStep { done, ..step.clone() }, &counts.to_text())
}

fn act(tx: &Tx<'_>, bulk: &BulkStep) -> Result<(BulkCounts, ImportChanges), StoreError> {
    let (mut counts, mut changes) = (BulkCounts::default(), ImportChanges::default());
    let mut noted = Vec::new();
    // None: nobody has it.
    let known_tag = match &bulk.act {
        BulkAct::Tag { tag, is_given: true } => Some(tags::ensure(tx, tag, bulk.step.at)?),
        BulkAct::Tag { tag, is_given: false } => tags::find(tx, tag)?,
        _ => None,
    };
    let mut ids = bulk.contacts.clone();
    ids.sort_unstable();
    for id in ids {
        // Who was erased meanwhile is nobody's any more.
        let Some(found) = tx.first(CONTACT_LOCK, [id.0], contact)? else { continue };
        counts.contacts += 1;
        match &bulk.act {
            BulkAct::Subscribe { topic, basis } => {
                subscribe(tx, &found, (*topic, basis), bulk, (&mut counts, &mut changes))?;
            }
            BulkAct::Leave { topic } => {
                let source = Removal::Operator.as_str();
                let leaves = Act { contact: id, source, campaign: None, at: bulk.at };
                // Of a topic alone no address is suppressed.
                let reason = SuppressionReason::Unsubscribed;
                let address = Suppressed { key: "", hash: [0; 32], reason };
                let is_news = let_go(tx, &leaves, Scope::Topic(*topic), address)?;
                counts.changed += u64::from(is_news);
            }
            BulkAct::Set { name, value } => {
                let change = set(tx, found, (name, value), bulk, &mut counts)?;
                let Some((noticed, value)) = change else { continue };
                noted.push(noticed);
                changes.change(id.0, vec![value]);
            }
            BulkAct::Tag { is_given, .. } => {
                let Some((tag, name)) = &known_tag else { continue };
                if give_or_take(tx, id, (*tag, *is_given), bulk, (&mut counts, &mut changes))? {
                    noted.push(NotedChange::of_tag(id.0, name, *is_given));
                }
            }
        }
    }
    note(tx, &format!("job {}", bulk.step.job), &noted, bulk.step.at)?;
    Ok((counts, changes))
}

/// Whether something is different.
fn give_or_take(
    tx: &Tx<'_>,
    contact: ContactId,
    (tag, is_given): (i64, bool),
    bulk: &BulkStep,
    (counts, changes): (&mut BulkCounts, &mut ImportChanges),
) -> Result<bool, StoreError> {
    let values = (contact.0, tag);
    let statement = if is_given { CONTACT_TAG_PUT } else { CONTACT_TAG_DROP };
    if tx.execute(statement, values)? == 0 {
        // Who had it before, or has as many as somebody can have.
        let is_full = is_given && tx.first(CONTACT_TAG_HAS, values, |_| Ok(()))?.is_none();
        counts.full += u64::from(is_full);
        return Ok(false);
    }
    tx.execute(CONTACT_TOUCH_LATER, (contact.0, bulk.step.at.0))?;
    if is_given {
        changes.tag(contact.0, tag);
    }
    counts.changed += 1;
    Ok(true)
}

fn subscribe(
    tx: &Tx<'_>,
    found: &Contact,
    (topic, basis): (TopicId, &ImportBasis),
    bulk: &BulkStep,
    (counts, changes): (&mut BulkCounts, &mut ImportChanges),
) -> Result<(), StoreError> {
    let reason = tx.first(SUPPRESSION_REASON, [&found.email.key()], |_| Ok(()))?;
    if reason.is_some() {
        counts.suppressed += 1;
        return Ok(());
    }
    let (id, at) = (found.id.0, bulk.at.0);
    if tx.execute(SUBSCRIPTION_BEGIN, (topic.0, id, at))? == 0 {
        let state: Option<String> =
            tx.first(SUBSCRIPTION_STATE, (topic.0, id), |row| row.get(0))?;
        counts.kept_unsubscribed += u64::from(state.as_deref() == Some("unsubscribed"));
        return Ok(());
    }
    let (kind, source) = (ConsentKind::Mail.as_str(), format!("job {}", bulk.step.job));
    let ImportBasis { basis, notice, proof } = basis;
    let nothing = None::<&str>;
    let values = (
        id,
        kind,
        topic.0,
        source,
        at,
        basis.as_str(),
        notice.as_deref(),
        proof.as_deref(),
        None::<i64>,
        nothing,
        nothing,
    );
    tx.execute(IMPORT_CONSENT_INSERT, values)?;
    changes.subscribe(id);
    counts.changed += 1;
    Ok(())
}

/// What is different, for the history and for undoing it; None when nothing is.
fn set(
    tx: &Tx<'_>,
    mut found: Contact,
    (name, value): (&str, &str),
    bulk: &BulkStep,
    counts: &mut BulkCounts,
) -> Result<Option<(NotedChange, ValueChange)>, StoreError> {
    let before = found.attributes.get(name).cloned();
    if before.as_deref().unwrap_or_default() == value {
        return Ok(None);
    }
    if before.is_none() && found.attributes.len() >= ATTRIBUTES {
        counts.full += 1;
        return Ok(None);
    }
    match value {
        "" => found.attributes.remove(name),
        value => found.attributes.insert(name.to_owned(), value.to_owned()),
    };
    let at = bulk.step.at.0.max(found.updated_at.0 + 1);
    tx.execute(CONTACT_UPDATE, (found.id.0, attributes_text(&found.attributes)?, at))?;
    counts.changed += 1;
    let after = Some(value).filter(|it| !it.is_empty());
    let noticed = NotedChange::of_attribute(found.id.0, name, before.as_deref(), after);
    let (name, after) = (name.to_owned(), value.to_owned());
    Ok(Some((noticed, ValueChange { name, before, after })))
}
