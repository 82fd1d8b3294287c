//! What the contacts of a batch have said on PostgreSQL: one statement over an array.

use std::collections::{BTreeMap, BTreeSet};

use model::{ContactId, TrackingMode};

use crate::StoreError;
use crate::engine::error::known;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CONTACTS_TRACKING_SAID = "SELECT id, tracking FROM contacts
        WHERE id = ANY($1) AND tracking IS NOT NULL
        UNION ALL SELECT m.other_id, c.tracking FROM contact_merges m
        JOIN contacts c ON c.id = m.kept_id
        WHERE m.other_id = ANY($1) AND c.tracking IS NOT NULL";
}

pub(super) fn said(
    bulk: &PostgresConnection<'_>,
    contacts: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, TrackingMode>, StoreError> {
    let contacts: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
    let rows = bulk.rows(CONTACTS_TRACKING_SAID, &[&contacts])?;
    rows.iter()
        .map(|row| {
            let code: i16 = row.try_get(1)?;
            let mode = known(TrackingMode::from_code(code.into()), "tracking")?;
            Ok((ContactId(row.try_get(0)?), mode))
        })
        .collect()
}
