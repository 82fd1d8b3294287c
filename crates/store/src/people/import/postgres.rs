//! The import of a batch on PostgreSQL: sets over arrays, a handful of statements per batch.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use model::{AddressCode, ConsentKind, ContactId, TagName, Timestamp, TopicId, TrackingMode};

use super::basis::RowEvidence;
use super::tracking::ImportTracking;
use super::{ImportRun, ImportStanding, Keyed, noted, overwritten, tags_of};
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;
use crate::engine::tx::Tx;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::attributes_text;
use crate::people::import_changes::ImportChanges;
use crate::people::import_counts::ImportCounts;
use crate::people::kept_removals;
use crate::people::tags;

postgres_texts! {
    /// Looked up one by one: as a plain join, it scanned all contacts for every batch.
    CONTACTS_BY_KEY = "SELECT t.email_key, c.id, c.attributes, c.updated_at
        FROM unnest($1::text[]) AS t (email_key)
        CROSS JOIN LATERAL (SELECT id, attributes, updated_at FROM contacts
            WHERE lower(email) = t.email_key LIMIT 1) c";
    /// As on SQLite, which has no `greatest`.
    CONTACT_IDS_TAKE = "UPDATE contact_ids SET last = greatest(last, $2) + $1
        WHERE id = 1 RETURNING last";
    /// Fails when another import has just inserted the same address; the batch then starts again.
    CONTACTS_INSERT = "INSERT INTO contacts (id, email, attributes, created_at, updated_at)
        SELECT t.id, t.email, t.attributes, $4, $4
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t (id, email, attributes)";
    CONTACTS_UPDATE = "UPDATE contacts c SET attributes = t.attributes, updated_at = $3
        FROM unnest($1::bigint[], $2::text[]) AS t (id, attributes) WHERE c.id = t.id";
    ERASED_HASHES = "SELECT address_hash FROM suppressions
        WHERE email_key IS NULL AND address_hash = ANY($1)";
    KEPT_CODES = "SELECT DISTINCT address_code FROM kept_removals WHERE address_code = ANY($1)";
    SUPPRESSED_KEYS = "SELECT email_key FROM suppressions WHERE email_key = ANY($1)";
    SUBSCRIPTIONS_GRANT = "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        SELECT $1, t.contact_id, 'subscribed', $3 FROM unnest($2::bigint[]) AS t (contact_id)
        ON CONFLICT (topic_id, contact_id) DO NOTHING RETURNING contact_id";
    CONSENTS_INSERT = "INSERT INTO consents (contact_id, kind, topic_id, granted, source, at, basis,
            notice, proof, given_at, given_ip, given_form)
        SELECT t.contact_id, $3, $2, 1, $4, $5, $6, $7, $8, t.given_at, t.given_ip, t.given_form
        FROM unnest($1::bigint[], $9::bigint[], $10::text[], $11::text[])
            AS t (contact_id, given_at, given_ip, given_form)";
    CONTACTS_TRACKING_BEGIN = "UPDATE contacts SET tracking = $2
        WHERE id = ANY($1) AND tracking IS NULL RETURNING id";
    TRACKING_CONSENTS_INSERT =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, at, mode, notice)
        SELECT t.contact_id, $2, NULL, $3, $4, $5, $6, $7 FROM unnest($1::bigint[]) AS t (contact_id)";
    UNSUBSCRIBED_COUNT = "SELECT count(*) FROM subscriptions
        WHERE topic_id = $1 AND contact_id = ANY($2) AND state = 'unsubscribed'";
}

/// Merges the rows, which are ordered by their keys.
pub(super) fn import(
    tx: &Tx<'_>,
    bulk: &PostgresConnection<'_>,
    rows: &[Keyed],
    run: ImportRun<'_>,
) -> Result<(ImportCounts, ImportChanges), StoreError> {
    let mut counts = ImportCounts::default();
    let mut changes = ImportChanges::default();
    let rows = not_erased(bulk, rows, &mut counts)?;
    let keys: Vec<&str> = rows.iter().map(|(key, _)| key.as_str()).collect();
    let mut changed = Vec::new();
    let ids = keep(bulk, &rows, &keys, run, (&mut counts, &mut changes, &mut changed))?;
    tag(tx, bulk, &ids, run, (&mut changes, &mut changed))?;
    tag_by_rows(tx, bulk, (&rows, &ids), run, (&mut changes, &mut changed))?;
    note(tx, run.actor, &changed, run.at)?;
    let mut bumps = let_go_kept(tx, bulk, &rows, &ids)?;
    let begun = begin_tracking(bulk, &ids, run)?;
    bumps |= !begun.is_empty();
    counts.tracking_begun = number(begun.len());
    if run.keeps_changes {
        begun.into_iter().for_each(|id| changes.begin_tracking(id));
    }
    let suppressed = bulk.rows(SUPPRESSED_KEYS, &[&keys])?;
    let suppressed: HashSet<&str> =
        suppressed.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, StoreError>>()?;
    let (mut to_subscribe, mut evidence) = (Vec::new(), HashMap::new());
    for (keyed, id) in rows.iter().zip(ids) {
        let (key, row) = keyed;
        match row.standing {
            ImportStanding::Left(removal) => {
                bumps |= run.let_go(tx, ContactId(id), keyed, removal)?;
                counts.left += 1;
            }
            _ if suppressed.contains(key.as_str()) => counts.suppressed += 1,
            ImportStanding::Unconfirmed => counts.unconfirmed += 1,
            // They are not among these.
            ImportStanding::Child => {}
            ImportStanding::Subscribed => {
                to_subscribe.push(id);
                if let Some(how) = &row.evidence {
                    evidence.insert(id, &**how);
                }
            }
        }
    }
    if let Some(topic) = run.topic {
        to_subscribe.sort_unstable();
        subscribe(bulk, topic, (&to_subscribe, &evidence), run, (&mut counts, &mut changes))?;
    }
    if bumps {
        tx.bump_removals()?;
    }
    Ok((counts, changes))
}

/// The rows about people who were not erased.
fn not_erased<'r>(
    bulk: &PostgresConnection<'_>,
    rows: &'r [Keyed],
    counts: &mut ImportCounts,
) -> Result<Vec<&'r Keyed>, StoreError> {
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, row)| row.address_hash.as_slice()).collect();
    let erased = bulk.rows(ERASED_HASHES, &[&hashes])?;
    let erased: HashSet<&[u8]> =
        erased.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, StoreError>>()?;
    let kept = rows.iter().filter(|(_, row)| !erased.contains(row.address_hash.as_slice()));
    let kept: Vec<&Keyed> = kept.collect();
    counts.erased = number(rows.len() - kept.len());
    Ok(kept)
}

/// Removes people who have left while the store did not know them. Checked after the new contacts
/// are stored, when no further removal can be kept until this transaction ends.
fn let_go_kept(
    tx: &Tx<'_>,
    bulk: &PostgresConnection<'_>,
    rows: &[&Keyed],
    ids: &[i64],
) -> Result<bool, StoreError> {
    let codes: Vec<AddressCode> =
        rows.iter().map(|(_, row)| AddressCode::of(&row.address_hash)).collect();
    let asked: Vec<&[u8]> = codes.iter().map(|code| code.0.as_slice()).collect();
    let kept = bulk.rows(KEPT_CODES, &[&asked])?;
    let kept: HashSet<&[u8]> =
        kept.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, StoreError>>()?;
    let mut removed = false;
    for (((key, row), id), code) in rows.iter().zip(ids).zip(&codes) {
        if kept.contains(code.0.as_slice()) {
            removed |= kept_removals::let_go_kept(tx, ContactId(*id), key, row.address_hash)?;
        }
    }
    Ok(removed)
}

/// Stores every row's contact; returns their ids in the order of the rows.
fn keep(
    bulk: &PostgresConnection<'_>,
    rows: &[&Keyed],
    keys: &[&str],
    ImportRun { at, keeps_changes, .. }: ImportRun<'_>,
    (counts, changes, history): (&mut ImportCounts, &mut ImportChanges, &mut Vec<NotedChange>),
) -> Result<Vec<i64>, StoreError> {
    let found = bulk.rows(CONTACTS_BY_KEY, &[&keys])?;
    let mut known: HashMap<&str, (i64, &str, i64)> = HashMap::with_capacity(found.len());
    for row in &found {
        known.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    }
    let mut fresh = take_ids(bulk, rows.len() - known.len(), at)?;
    let mut new = (Vec::new(), Vec::new(), Vec::new());
    let mut changed = (Vec::new(), Vec::new());
    let mut ids = Vec::with_capacity(rows.len());
    for (key, row) in rows {
        let text = attributes_text(&row.contact.attributes)?;
        let Some((id, old, touched)) = known.get(key.as_str()) else {
            let id = fresh.next().ok_or(StoreError::OutOfRange("the number of contacts"))?;
            ids.push(id);
            changes.add(id);
            new.0.push(id);
            new.1.push(row.contact.email.as_str());
            new.2.push(text);
            continue;
        };
        ids.push(*id);
        // The same attributes have the same text: a repeated import parses nothing.
        let same = text == *old;
        let other = if same { None } else { overwritten(old, &row.contact.attributes)? };
        counts.met(Timestamp(*touched) == at, other.is_some());
        if let Some((text, values)) = other {
            changed.0.push(*id);
            changed.1.push(text);
            history.extend(noted(*id, &values));
            if keeps_changes {
                changes.change(*id, values);
            }
        }
    }
    counts.added = number(new.0.len());
    if !new.0.is_empty() {
        bulk.change(CONTACTS_INSERT, &[&new.0, &new.1, &new.2, &at.0])?;
    }
    if !changed.0.is_empty() {
        bulk.change(CONTACTS_UPDATE, &[&changed.0, &changed.1, &at.0])?;
    }
    Ok(ids)
}

/// Gives everybody the tags of the import, and notes it of those who were there.
fn tag(
    tx: &Tx<'_>,
    bulk: &PostgresConnection<'_>,
    contacts: &[i64],
    run: ImportRun<'_>,
    (changes, history): (&mut ImportChanges, &mut Vec<NotedChange>),
) -> Result<(), StoreError> {
    if run.tags.is_empty() {
        return Ok(());
    }
    let mut contacts = contacts.to_vec();
    contacts.sort_unstable();
    for (id, name) in tags_of(tx, run)? {
        for contact in tags::postgres::tag(bulk, &contacts, id)? {
            if changes.has_added(contact) {
                continue;
            }
            history.push(NotedChange::of_tag(contact, &name, true));
            if run.keeps_changes {
                changes.tag(contact, id);
            }
        }
    }
    Ok(())
}

/// Gives each the tags that their row names.
fn tag_by_rows(
    tx: &Tx<'_>,
    bulk: &PostgresConnection<'_>,
    (rows, ids): (&[&Keyed], &[i64]),
    run: ImportRun<'_>,
    (changes, history): (&mut ImportChanges, &mut Vec<NotedChange>),
) -> Result<(), StoreError> {
    let mut named: BTreeMap<String, (&TagName, Vec<i64>)> = BTreeMap::new();
    for ((_, row), id) in rows.iter().zip(ids) {
        for name in &row.tags {
            named.entry(name.key()).or_insert_with(|| (name, Vec::new())).1.push(*id);
        }
    }
    for (name, mut contacts) in named.into_values() {
        let (tag, known) = tags::ensure(tx, name, run.at)?;
        contacts.sort_unstable();
        contacts.dedup();
        for contact in tags::postgres::tag(bulk, &contacts, tag)? {
            if changes.has_added(contact) {
                continue;
            }
            history.push(NotedChange::of_tag(contact, &known, true));
            if run.keeps_changes {
                changes.tag(contact, tag);
            }
        }
    }
    Ok(())
}

fn take_ids(
    bulk: &PostgresConnection<'_>,
    wanted: usize,
    at: Timestamp,
) -> Result<Range<i64>, StoreError> {
    if wanted == 0 {
        return Ok(0..0);
    }
    let wanted = crate::engine::error::count(wanted)?;
    let rows = bulk.rows(CONTACT_IDS_TAKE, &[&wanted, &super::clock_of_ids(at)?])?;
    let row = rows.first().ok_or_else(|| StoreError::Corrupt("no contact ids".to_owned()))?;
    let last: i64 = row.try_get(0)?;
    Ok(last - wanted + 1..last + 1)
}

/// Notes what the import says about tracking; the contacts who had said nothing.
fn begin_tracking(
    bulk: &PostgresConnection<'_>,
    contacts: &[i64],
    run: ImportRun<'_>,
) -> Result<Vec<i64>, StoreError> {
    let Some(ImportTracking { mode, notice }) = run.tracking else { return Ok(Vec::new()) };
    let mut contacts = contacts.to_vec();
    contacts.sort_unstable();
    let code = i16::try_from(mode.code()).map_err(|_| StoreError::OutOfRange("a mode"))?;
    let begun = bulk.rows(CONTACTS_TRACKING_BEGIN, &[&contacts, &code])?;
    let begun: Vec<i64> =
        begun.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, StoreError>>()?;
    if !begun.is_empty() {
        let granted = i16::from(*mode == TrackingMode::Identified);
        let (kind, notice) = (ConsentKind::Tracking.as_str(), notice.as_deref());
        bulk.change(
            TRACKING_CONSENTS_INSERT,
            &[&begun, &kind, &granted, &run.source, &run.at.0, &code, &notice],
        )?;
    }
    Ok(begun)
}

fn subscribe(
    bulk: &PostgresConnection<'_>,
    topic: TopicId,
    (contacts, evidence): (&[i64], &HashMap<i64, &RowEvidence>),
    run: ImportRun<'_>,
    (counts, changes): (&mut ImportCounts, &mut ImportChanges),
) -> Result<(), StoreError> {
    let granted = bulk.rows(SUBSCRIPTIONS_GRANT, &[&topic.0, &contacts, &run.at.0])?;
    let granted: Vec<i64> =
        granted.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_, StoreError>>()?;
    counts.subscribed = number(granted.len());
    if run.keeps_changes {
        granted.iter().for_each(|id| changes.subscribe(*id));
    }
    if !granted.is_empty() {
        consent(bulk, topic, &granted, evidence, run)?;
    }
    if granted.len() < contacts.len() {
        let rows = bulk.rows(UNSUBSCRIBED_COUNT, &[&topic.0, &contacts])?;
        let left: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        counts.kept_unsubscribed = u64::try_from(left).unwrap_or_default();
    }
    Ok(())
}

/// Enters into the ledger by what right they are written to now, and how they agreed.
fn consent(
    bulk: &PostgresConnection<'_>,
    topic: TopicId,
    granted: &[i64],
    evidence: &HashMap<i64, &RowEvidence>,
    run: ImportRun<'_>,
) -> Result<(), StoreError> {
    let kind = ConsentKind::Mail.as_str();
    let basis = run.basis.map(|it| it.basis.as_str());
    let notice = run.basis.and_then(|it| it.notice.as_deref());
    let proof = run.basis.and_then(|it| it.proof.as_deref());
    let (mut times, mut ips, mut forms) = (Vec::new(), Vec::new(), Vec::new());
    for id in granted {
        let how = evidence.get(id);
        times.push(how.and_then(|it| it.given_at).map(|at| at.0));
        ips.push(how.and_then(|it| it.ip.as_deref()));
        forms.push(how.and_then(|it| it.form.as_deref()));
    }
    bulk.change(
        CONSENTS_INSERT,
        &[
            &granted,
            &topic.0,
            &kind,
            &run.source,
            &run.at.0,
            &basis,
            &notice,
            &proof,
            &times,
            &ips,
            &forms,
        ],
    )?;
    Ok(())
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
