//! Rows about contacts who belong to other people's topics alone.
//!
//! Invariant: whoever is trusted with some topics neither sees nor changes such a contact by importing
//! the address; nothing of the row is kept.

use std::borrow::Cow;
use std::collections::HashSet;

use model::{TagName, TopicId};

use super::Keyed;
use super::basis::ImportBasis;
use super::tracking::ImportTracking;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;
use crate::engine::tx::Tx;
use crate::people::contacts::CONTACT_ID_BY_KEY;
use crate::people::topics::SUBSCRIPTION_STATE;

postgres_texts! {
    /// Looked up one by one, as in the import itself.
    FOREIGN_KEYS = "SELECT t.email_key FROM unnest($1::text[]) AS t (email_key)
        CROSS JOIN LATERAL (SELECT id FROM contacts
            WHERE lower(email) = t.email_key LIMIT 1) c
        WHERE NOT EXISTS (SELECT 1 FROM subscriptions s
            WHERE s.topic_id = ANY($2) AND s.contact_id = c.id)";
}

/// Whom an import may touch, where they are subscribed, and what may be recorded of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReach {
    /// None: they are only kept.
    pub topic: Option<TopicId>,
    /// Rows about contacts of none of these topics are left out, and counted; empty: all contacts.
    pub within: Vec<TopicId>,
    /// What contacts begin with who have said nothing about tracking; None: they go on saying nothing.
    pub tracking: Option<ImportTracking>,
    /// What everybody gets; tags that are new are made.
    pub tags: Vec<TagName>,
    /// By what right they are subscribed.
    pub basis: Option<ImportBasis>,
}

/// The rows that are about somebody new, or about a contact of one of these topics; all of them when
/// there is no topic.
pub(super) fn own_rows<'r>(
    tx: &Tx<'_>,
    rows: &'r [Keyed],
    within: &[TopicId],
) -> Result<Cow<'r, [Keyed]>, StoreError> {
    if within.is_empty() {
        return Ok(Cow::Borrowed(rows));
    }
    if let Some(bulk) = tx.bulk() {
        let foreign = foreign_keys(bulk, rows, within)?;
        let own = rows.iter().filter(|(key, _)| !foreign.contains(key));
        return Ok(own.cloned().collect());
    }
    let (mut find, mut state) = (tx.prepare(CONTACT_ID_BY_KEY)?, tx.prepare(SUBSCRIPTION_STATE)?);
    let mut own = Vec::with_capacity(rows.len());
    for keyed in rows {
        let found: Option<i64> = find.first([&keyed.0], |row| row.get(0))?;
        let is_own = match found {
            Some(contact) => {
                let mut shared = false;
                for topic in within {
                    shared |= state.exists((topic.0, contact))?;
                }
                shared
            }
            None => true,
        };
        if is_own {
            own.push(keyed.clone());
        }
    }
    Ok(Cow::Owned(own))
}

fn foreign_keys(
    bulk: &PostgresConnection<'_>,
    rows: &[Keyed],
    within: &[TopicId],
) -> Result<HashSet<String>, StoreError> {
    let keys: Vec<&str> = rows.iter().map(|(key, _)| key.as_str()).collect();
    let topics: Vec<i64> = within.iter().map(|topic| topic.0).collect();
    let found = bulk.rows(FOREIGN_KEYS, &[&keys, &topics])?;
    found.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
