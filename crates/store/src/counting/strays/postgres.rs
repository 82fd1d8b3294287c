//! The strays of a batch on PostgreSQL: one statement over arrays.

use std::collections::HashMap;

use model::Timestamp;

use crate::StoreError;
use crate::counting::clients::ClientKeys;
use crate::counting::hit_columns::HitColumns;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    STRAYS_INSERT = "INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id,
            contact_id, slot, signs, class, rule)
        SELECT t.at, t.node, t.segment, t.byte_offset, t.campaign_id,
            CASE WHEN d.contact_id IS NULL THEN t.contact_id ELSE 0 END, t.slot, t.signs,
            t.class, ''
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::smallint[], $9::smallint[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, signs, class)
        LEFT JOIN deliveries d
            ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE CASE WHEN t.contact_id = 0 THEN NOT EXISTS (SELECT 1 FROM campaigns k
                WHERE k.id = t.campaign_id AND k.state NOT IN ('draft', 'scheduled'))
            ELSE d.contact_id IS NULL
                OR NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id) END
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING RETURNING at";
}

/// See [`super::keep`]; when each of the new ones was.
pub(super) fn insert(
    bulk: &PostgresConnection<'_>,
    hits: &[&RecordedHit],
) -> Result<Vec<Timestamp>, StoreError> {
    let mut columns = HitColumns::default();
    for recorded in hits {
        columns.push(recorded, &HashMap::new(), &ClientKeys::default())?;
    }
    let HitColumns { at, node, segment, offset, campaign, contact, slot, .. } = &columns;
    let HitColumns { signs, class, .. } = &columns;
    let new = bulk
        .rows(STRAYS_INSERT, &[at, node, segment, offset, campaign, contact, slot, signs, class])?;
    new.iter().map(|row| Ok(Timestamp(row.try_get(0)?))).collect()
}
