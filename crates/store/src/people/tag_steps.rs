//! Tagging many contacts, as the steps of a job.

use model::ContactId;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::jobs::{self, JobStep};
use crate::people::contact_changes::{NotedChange, note};
use crate::people::tag_counts::TagCounts;
use crate::people::tags::{self, CONTACT_TAG_DROP, CONTACT_TAG_PUT, TagChange};
use crate::{Store, StoreError};

texts! {
    CONTACT_TOUCH_LATER = "UPDATE contacts
        SET updated_at = CASE WHEN updated_at < $2 THEN $2 ELSE updated_at + 1 END WHERE id = $1";
}

impl Store {
    /// Gives these contacts tags and takes others away, as a step of a job; returns what all steps have
    /// counted. Who has 100 tags gets no more.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more, [`StoreError::Contact`] when
    /// there would be too many tags in all.
    pub async fn contacts_tag_step(
        &self,
        contacts: Vec<ContactId>,
        change: TagChange,
        step: JobStep,
    ) -> Result<TagCounts, StoreError> {
        self.write(move |tx| {
            let mut counts = TagCounts::from_text(&jobs::hold(tx, &step)?)?;
            let mut ids: Vec<i64> = contacts.iter().map(|id| id.0).collect();
            ids.sort_unstable();
            let lost = untag(tx, &ids, &change)?;
            let got = tag(tx, &ids, &change, &step)?;
            counts.add(&TagCounts {
                contacts: number(ids.len()),
                tagged: number(got.len()),
                untagged: number(lost.len()),
            });
            let changes = [lost, got].concat();
            let mut touch = tx.prepare(CONTACT_TOUCH_LATER)?;
            for change in &changes {
                touch.execute((change.contact, step.at.0))?;
            }
            note(tx, &format!("job {}", step.job), &changes, step.at)?;
            let done = i64::try_from(counts.contacts).unwrap_or(i64::MAX);
            jobs::put_step(tx, &JobStep { done, ..step.clone() }, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }
}

fn untag(tx: &Tx<'_>, ids: &[i64], change: &TagChange) -> Result<Vec<NotedChange>, StoreError> {
    let mut drop = tx.prepare(CONTACT_TAG_DROP)?;
    let mut lost = Vec::new();
    for name in &change.remove {
        let Some((tag, known)) = tags::find(tx, name)? else { continue };
        for id in ids {
            if drop.execute((*id, tag))? > 0 {
                lost.push(NotedChange::of_tag(*id, &known, false));
            }
        }
    }
    Ok(lost)
}

fn tag(
    tx: &Tx<'_>,
    ids: &[i64],
    change: &TagChange,
    step: &JobStep,
) -> Result<Vec<NotedChange>, StoreError> {
    let mut got = Vec::new();
    for name in &change.add {
        let (tag, known) = tags::ensure(tx, name, step.at)?;
        let changed = match tx.bulk() {
            Some(bulk) => tags::postgres::tag(bulk, ids, tag)?,
            None => {
                let mut put = tx.prepare(CONTACT_TAG_PUT)?;
                let mut changed = Vec::new();
                for id in ids {
                    if put.execute((*id, tag))? > 0 {
                        changed.push(*id);
                    }
                }
                changed
            }
        };
        got.extend(changed.into_iter().map(|id| NotedChange::of_tag(id, &known, true)));
    }
    Ok(got)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
