//! The import of a batch on SQLite: row by row, with statements that are prepared once.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{AddressCode, ConsentKind, ContactId, TagName, Timestamp, TopicId};

use super::basis::RowEvidence;
use super::{
    CONTACT_BY_KEY, CONTACT_IDS_TAKE, CONTACT_INSERT, CONTACT_UPDATE, ContactRow, ERASED_ANY,
    ERASED_FIND, IMPORT_CONSENT_INSERT, ImportRun, ImportStanding, KEPT_ANY, KEPT_FIND, Keyed,
    SUBSCRIPTION_GRANT, clock_of_ids, noted, overwritten, tags_of, tracking,
};
use crate::StoreError;
use crate::engine::tx::{Statement, Tx};
use crate::engine::value::SqlRow;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::attributes_text;
use crate::people::import_changes::ImportChanges;
use crate::people::import_counts::ImportCounts;
use crate::people::kept_removals::let_go_kept;
use crate::people::leaving::SUPPRESSION_REASON;
use crate::people::tags::{self, CONTACT_TAG_PUT};
use crate::people::topics::SUBSCRIPTION_STATE;

/// Merges the rows, one after the other.
pub(super) fn import(
    tx: &Tx<'_>,
    rows: &[Keyed],
    run: ImportRun<'_>,
) -> Result<(ImportCounts, ImportChanges), StoreError> {
    let mut import = RowImport::new(tx, run)?;
    for (done, row) in rows.iter().enumerate() {
        import.row(row, rows.len() - done)?;
    }
    if import.bumps {
        tx.bump_removals()?;
    }
    note(tx, run.actor, &import.noted, run.at)?;
    Ok((import.counts, import.changes))
}

/// The prepared statements of an import.
struct RowImport<'t> {
    find: Statement<'t>,
    insert: Statement<'t>,
    update: Statement<'t>,
    suppression: Statement<'t>,
    grant: Statement<'t>,
    consent: Statement<'t>,
    state: Statement<'t>,
    take_ids: Statement<'t>,
    /// Nothing when nobody was ever erased.
    erased: Option<Statement<'t>>,
    /// None when no removal is kept for people to come.
    kept: Option<Statement<'t>>,
    tag: Statement<'t>,
    /// What everybody gets.
    tags: Vec<(i64, String)>,
    /// Tags that rows have named so far, by their keys.
    row_tags: BTreeMap<String, (i64, String)>,
    /// What was changed about contacts who were there.
    noted: Vec<NotedChange>,
    /// Ids that this transaction has taken and not given out.
    ids: Range<i64>,
    tx: &'t Tx<'t>,
    run: ImportRun<'t>,
    /// Whether messages under way must look again: somebody has left by a row, or may not be tracked.
    bumps: bool,
    counts: ImportCounts,
    changes: ImportChanges,
}

impl<'t> RowImport<'t> {
    fn new(tx: &'t Tx<'t>, run: ImportRun<'t>) -> Result<Self, StoreError> {
        let any_erased = tx.first(ERASED_ANY, (), |_| Ok(()))?.is_some();
        let any_kept = tx.first(KEPT_ANY, (), |_| Ok(()))?.is_some();
        Ok(Self {
            find: tx.prepare(CONTACT_BY_KEY)?,
            insert: tx.prepare(CONTACT_INSERT)?,
            update: tx.prepare(CONTACT_UPDATE)?,
            suppression: tx.prepare(SUPPRESSION_REASON)?,
            grant: tx.prepare(SUBSCRIPTION_GRANT)?,
            consent: tx.prepare(IMPORT_CONSENT_INSERT)?,
            state: tx.prepare(SUBSCRIPTION_STATE)?,
            take_ids: tx.prepare(CONTACT_IDS_TAKE)?,
            erased: any_erased.then(|| tx.prepare(ERASED_FIND)).transpose()?,
            kept: any_kept.then(|| tx.prepare(KEPT_FIND)).transpose()?,
            tag: tx.prepare(CONTACT_TAG_PUT)?,
            tags: tags_of(tx, run)?,
            row_tags: BTreeMap::new(),
            noted: Vec::new(),
            ids: 0..0,
            tx,
            run,
            bumps: false,
            counts: ImportCounts::default(),
            changes: ImportChanges::default(),
        })
    }

    /// Merges a row; `left` are still to come, including this one.
    fn row(&mut self, keyed: &Keyed, left: usize) -> Result<(), StoreError> {
        let (key, row) = keyed;
        if let Some(erased) = &mut self.erased
            && erased.exists([row.address_hash])?
        {
            self.counts.erased += 1;
            return Ok(());
        }
        let (contact, is_new) = self.keep(key, &row.contact, left)?;
        self.tag(contact.0, is_new)?;
        self.tag_by_row(contact.0, &row.tags, is_new)?;
        if let Some(kept) = &mut self.kept
            && kept.exists([&AddressCode::of(&row.address_hash).0[..]])?
        {
            self.bumps |= let_go_kept(self.tx, contact, key, row.address_hash)?;
        }
        if tracking::begin(self.tx, contact, self.run)? {
            self.bumps = true;
            self.counts.tracking_begun += 1;
            if self.run.keeps_changes {
                self.changes.begin_tracking(contact.0);
            }
        }
        if let ImportStanding::Left(removal) = row.standing {
            self.bumps |= self.run.let_go(self.tx, contact, keyed, removal)?;
            self.counts.left += 1;
        } else if self.suppression.exists([key])? {
            self.counts.suppressed += 1;
        } else if row.standing == ImportStanding::Unconfirmed {
            self.counts.unconfirmed += 1;
        } else if let Some(topic) = self.run.topic {
            self.subscribe(contact, topic, row.evidence.as_deref())?;
        }
        Ok(())
    }

    fn tag(&mut self, contact: i64, is_new: bool) -> Result<(), StoreError> {
        for (tag, name) in &self.tags {
            if self.tag.execute((contact, *tag))? == 0 || is_new {
                continue;
            }
            self.noted.push(NotedChange::of_tag(contact, name, true));
            if self.run.keeps_changes {
                self.changes.tag(contact, *tag);
            }
        }
        Ok(())
    }

    /// The tags that the row itself names.
    fn tag_by_row(
        &mut self,
        contact: i64,
        names: &[TagName],
        is_new: bool,
    ) -> Result<(), StoreError> {
        for name in names {
            let key = name.key();
            let known = match self.row_tags.get(&key) {
                Some(known) => known.clone(),
                None => tags::ensure(self.tx, name, self.run.at)?,
            };
            let (tag, name) = self.row_tags.entry(key).or_insert(known).clone();
            if self.tag.execute((contact, tag))? == 0 || is_new {
                continue;
            }
            self.noted.push(NotedChange::of_tag(contact, &name, true));
            if self.run.keeps_changes {
                self.changes.tag(contact, tag);
            }
        }
        Ok(())
    }

    /// The contact, and whether they are new.
    fn keep(
        &mut self,
        key: &str,
        row: &ContactRow,
        left: usize,
    ) -> Result<(ContactId, bool), StoreError> {
        let new = attributes_text(&row.attributes)?;
        let read = |row: &SqlRow<'_>| Ok((row.get(0)?, row.get::<String>(1)?, row.get(2)?));
        let Some((id, old, touched)) = self.find.first([key], read)? else {
            let id = self.next_id(left)?;
            self.insert.execute((id, row.email.as_str(), new, self.run.at.0))?;
            self.counts.added += 1;
            self.changes.add(id);
            return Ok((ContactId(id), true));
        };
        // The same attributes have the same text: a repeated import parses nothing.
        let changed = new != old && self.overwrite(id, &old, &row.attributes)?;
        self.counts.met(Timestamp(touched) == self.run.at, changed);
        Ok((ContactId(id), false))
    }

    /// A fresh id; takes `wanted` at once when none is at hand.
    fn next_id(&mut self, wanted: usize) -> Result<i64, StoreError> {
        if self.ids.is_empty() {
            let wanted = crate::engine::error::count(wanted)?;
            let last: i64 =
                self.take_ids.one((wanted, clock_of_ids(self.run.at)?), |row| row.get(0))?;
            self.ids = last - wanted + 1..last + 1;
        }
        self.ids.next().ok_or(StoreError::OutOfRange("the number of contacts"))
    }

    fn overwrite(
        &mut self,
        id: i64,
        old: &str,
        new: &BTreeMap<String, String>,
    ) -> Result<bool, StoreError> {
        let Some((text, values)) = overwritten(old, new)? else { return Ok(false) };
        self.update.execute((id, text, self.run.at.0))?;
        self.noted.extend(noted(id, &values));
        if self.run.keeps_changes {
            self.changes.change(id, values);
        }
        Ok(true)
    }

    fn subscribe(
        &mut self,
        contact: ContactId,
        topic: TopicId,
        evidence: Option<&RowEvidence>,
    ) -> Result<(), StoreError> {
        if self.grant.execute((topic.0, contact.0, self.run.at.0))? == 1 {
            let kind = ConsentKind::Mail.as_str();
            let said = self.run.basis;
            self.consent.execute((
                contact.0,
                kind,
                topic.0,
                self.run.source,
                self.run.at.0,
                said.map(|it| it.basis.as_str()),
                said.and_then(|it| it.notice.as_deref()),
                said.and_then(|it| it.proof.as_deref()),
                evidence.and_then(|it| it.given_at).map(|at| at.0),
                evidence.and_then(|it| it.ip.as_deref()),
                evidence.and_then(|it| it.form.as_deref()),
            ))?;
            self.counts.subscribed += 1;
            if self.run.keeps_changes {
                self.changes.subscribe(contact.0);
            }
            return Ok(());
        }
        let state: Option<String> = self.state.first((topic.0, contact.0), |row| row.get(0))?;
        if state.as_deref() == Some("unsubscribed") {
            self.counts.kept_unsubscribed += 1;
        }
        Ok(())
    }
}
