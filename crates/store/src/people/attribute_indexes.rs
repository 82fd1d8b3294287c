//! Contacts by the values of attributes, for segments: which attributes have an index, and the steps that fill
//! it and remove it.
//!
//! Invariants: an index that is filled has every contact with a value of up to 100 characters, as triggers of the
//! database change it with each contact; its values go with the contact. A step writes a bounded number of
//! rows. Several nodes may take steps at once.

use std::collections::BTreeSet;

use model::{AttributeTest, SegmentCondition, SegmentRule, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    ATTRIBUTE_INDEXES = "SELECT id, name, state, filled_to, added_at, unused_since
        FROM attribute_indexes ORDER BY id LIMIT 64";
    ATTRIBUTE_INDEX_FIND = "SELECT id FROM attribute_indexes WHERE name = $1 AND state = 1";
    ATTRIBUTE_INDEX_ADD = "INSERT INTO attribute_indexes (name, state, filled_to, added_at)
        VALUES ($1, 0, 0, $2) ON CONFLICT (name) DO NOTHING";
    ATTRIBUTE_INDEX_MARK = "UPDATE attribute_indexes SET state = $2, unused_since = $3 WHERE id = $1";
    ATTRIBUTE_INDEX_FILLED = "UPDATE attribute_indexes SET state = $3, filled_to = $4
        WHERE id = $1 AND filled_to = $2 AND state = 0";
    ATTRIBUTE_INDEX_DROP = "DELETE FROM attribute_indexes WHERE id = $1 AND state = 2";
    SEGMENT_RULES = "SELECT rule FROM segments ORDER BY id LIMIT 1000";
    FILL_END = "SELECT count(*), max(t.id) FROM
        (SELECT c.id FROM contacts c WHERE c.id > $1 ORDER BY c.id LIMIT $2) t";
    REMOVAL_END = "SELECT value, contact_id FROM attribute_values WHERE index_id = $1
        ORDER BY value, contact_id LIMIT 1 OFFSET $2";
    REMOVE_SOME = "DELETE FROM attribute_values
        WHERE index_id = $1 AND (value, contact_id) <= ($2, $3)";
    REMOVE_REST = "DELETE FROM attribute_values WHERE index_id = $1";
}

const FILL_SQLITE: &str = "INSERT INTO attribute_values (index_id, value, contact_id)
    SELECT $1, lower(json_extract(c.attributes, $2)), c.id FROM contacts c
    WHERE c.id > $3 AND c.id <= $4 AND length(json_extract(c.attributes, $2)) BETWEEN 1 AND 100
    ON CONFLICT (index_id, value, contact_id) DO NOTHING";
/// The lock keeps a change of a contact out until what is written here can be seen by it.
const FILL_POSTGRES: &str = "INSERT INTO attribute_values (index_id, value, contact_id)
    SELECT CAST($1 AS BIGINT), v.value, v.id FROM (SELECT c.id,
            lower((CAST(c.attributes AS json) ->> CAST($2 AS TEXT)) COLLATE \"C\") AS value
        FROM contacts c WHERE c.id > $3 AND c.id <= $4 FOR SHARE) v
    WHERE length(v.value) BETWEEN 1 AND 100
    ON CONFLICT (index_id, value, contact_id) DO NOTHING";

/// Indexes that there can be.
const MOST: usize = 32;
/// Characters of a value that is in an index.
const VALUE_CHARS: usize = 100;
/// Rows of a step.
const STEP: i64 = 5_000;
/// Before it is filled: a change that began before the index was there, and has not put its values in, has ended.
const SETTLED: i64 = Timestamp::HOUR / 60;
/// How long an index is kept that no segment asks.
const KEPT: i64 = 24 * Timestamp::HOUR;

const FILLING: i64 = 0;
const FILLED: i64 = 1;
const REMOVING: i64 = 2;

struct AttributeIndex {
    id: i64,
    name: String,
    state: i64,
    filled_to: i64,
    added_at: i64,
    unused_since: Option<i64>,
}

/// What is to be done next.
enum IndexStep {
    Add { name: String, at: i64 },
    Mark { id: i64, state: i64, unused_since: Option<i64> },
    Fill(AttributeIndex),
    Remove(i64),
}

impl Store {
    /// Brings the indexes of attributes a step nearer to what segments ask. Whether there may be more to do.
    pub async fn attribute_indexes_step(&self, at: Timestamp) -> Result<bool, StoreError> {
        let Some(step) = self.read(move |tx| next_step(tx, at)).await? else { return Ok(false) };
        self.write(move |tx| take(tx, &step)).await?;
        Ok(true)
    }
}

/// The index of an attribute in which every contact is, if these values can be looked up in it.
pub(crate) fn filled(
    tx: &Tx<'_>,
    name: &str,
    values: &[String],
) -> Result<Option<i64>, StoreError> {
    if !values.iter().all(|value| can_be_found(value)) {
        return Ok(None);
    }
    tx.first(ATTRIBUTE_INDEX_FIND, [name], |row| row.get(0))
}

fn can_be_found(value: &str) -> bool {
    (1..=VALUE_CHARS).contains(&value.chars().count())
}

fn next_step(tx: &Tx<'_>, at: Timestamp) -> Result<Option<IndexStep>, StoreError> {
    let indexes: Vec<AttributeIndex> = tx.all(ATTRIBUTE_INDEXES, (), |row| {
        Ok(AttributeIndex {
            id: row.get(0)?,
            name: row.text(1)?.to_owned(),
            state: row.get(2)?,
            filled_to: row.get(3)?,
            added_at: row.get(4)?,
            unused_since: row.get(5)?,
        })
    })?;
    let asked = asked(tx)?;
    for index in indexes {
        let AttributeIndex { id, state, unused_since, .. } = index;
        let step = match (asked.contains(&index.name), unused_since) {
            _ if state == REMOVING => IndexStep::Remove(id),
            (true, Some(_)) => IndexStep::Mark { id, state, unused_since: None },
            (false, None) => IndexStep::Mark { id, state, unused_since: Some(at.0) },
            (false, Some(since)) if since + KEPT < at.0 => {
                IndexStep::Mark { id, state: REMOVING, unused_since }
            }
            (true, None) if state == FILLING && index.added_at + SETTLED <= at.0 => {
                IndexStep::Fill(index)
            }
            _ => continue,
        };
        return Ok(Some(step));
    }
    let known: Vec<String> = tx.all(ATTRIBUTE_INDEXES, (), |row| Ok(row.text(1)?.to_owned()))?;
    let new = asked.into_iter().find(|name| !known.contains(name));
    let new = new.filter(|_| known.len() < MOST);
    Ok(new.map(|name| IndexStep::Add { name, at: at.0 }))
}

/// The attributes that segments compare with values.
fn asked(tx: &Tx<'_>) -> Result<BTreeSet<String>, StoreError> {
    let rules: Vec<String> = tx.all(SEGMENT_RULES, (), |row| Ok(row.text(0)?.to_owned()))?;
    let mut names = BTreeSet::new();
    for rule in rules {
        // What an earlier release has kept and this one can't read asks nothing.
        let Ok(rule) = SegmentRule::parse(&rule) else { continue };
        rule.each_condition(&mut |condition| {
            if let SegmentCondition::Attribute { name, test: AttributeTest::Is(values) } = condition
                && values.iter().all(|value| can_be_found(value))
                && !name.contains(['"', '\\'])
            {
                names.insert(name.to_string());
            }
        });
    }
    Ok(names)
}

fn take(tx: &Tx<'_>, step: &IndexStep) -> Result<(), StoreError> {
    match step {
        IndexStep::Add { name, at } => {
            tx.execute(ATTRIBUTE_INDEX_ADD, (name.as_str(), *at))?;
        }
        IndexStep::Mark { id, state, unused_since } => {
            tx.execute(ATTRIBUTE_INDEX_MARK, (*id, *state, *unused_since))?;
        }
        IndexStep::Fill(index) => fill(tx, index)?,
        IndexStep::Remove(id) => remove(tx, *id)?,
    }
    Ok(())
}

fn fill(tx: &Tx<'_>, index: &AttributeIndex) -> Result<(), StoreError> {
    let AttributeIndex { id, name, filled_to, .. } = index;
    let (rows, end): (i64, Option<i64>) =
        tx.one(FILL_END, (*filled_to, STEP), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let end = end.unwrap_or(*filled_to);
    // As a path, in which a name can't mean anything else: it has no quotes.
    let (text, name) = match tx.bulk() {
        Some(_) => (FILL_POSTGRES, name.clone()),
        None => (FILL_SQLITE, format!("$.\"{name}\"")),
    };
    tx.prepare_made(text)?.execute((*id, name.as_str(), *filled_to, end))?;
    // Who is added from now on comes with the values.
    let state = if rows < STEP { FILLED } else { FILLING };
    tx.execute(ATTRIBUTE_INDEX_FILLED, (*id, *filled_to, state, end))?;
    Ok(())
}

fn remove(tx: &Tx<'_>, id: i64) -> Result<(), StoreError> {
    let end: Option<(String, i64)> =
        tx.first(REMOVAL_END, (id, STEP), |row| Ok((row.text(0)?.to_owned(), row.get(1)?)))?;
    match end {
        Some((value, contact)) => tx.execute(REMOVE_SOME, (id, value.as_str(), contact))?,
        None => {
            tx.execute(REMOVE_REST, [id])?;
            tx.execute(ATTRIBUTE_INDEX_DROP, [id])?
        }
    };
    Ok(())
}
