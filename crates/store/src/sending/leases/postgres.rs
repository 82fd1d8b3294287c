//! Beginning on PostgreSQL: one statement for everything that is waiting, by the server's clock.

use std::time::Duration;

use model::{CampaignId, ContactId};

use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    /// Looks each row up by its whole key, as `DELIVERIES_SETTLE` does and for the same reason.
    DELIVERIES_BEGIN = "WITH clock AS (
            SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now)
        UPDATE deliveries d SET begun = 1, leased_until = clock.now + $3
        FROM clock, (SELECT CAST($1 AS BIGINT) AS campaign_id, u.*
            FROM unnest($4::bigint[], $5::bigint[]) AS u (contact_id, epoch)
            OFFSET 0) t
        WHERE d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id AND d.epoch = t.epoch
        AND d.state + 0 = 1 AND d.holder = $2 AND d.leased_until > clock.now
        AND EXISTS (SELECT 1 FROM campaigns k
            JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = d.contact_id
            JOIN contacts c ON c.id = s.contact_id
            WHERE k.id = d.campaign_id AND k.state = 'sending' AND s.state = 'subscribed'
            AND (c.paused_until IS NULL OR c.paused_until <= clock.now)
            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))
            OFFSET 0)
        RETURNING d.contact_id";
}

pub(super) fn begin(
    bulk: &PostgresConnection<'_>,
    campaign: CampaignId,
    holder: u16,
    deliveries: &[(ContactId, i64)],
    lease: Duration,
) -> Result<Vec<ContactId>, StoreError> {
    let (contacts, epochs): (Vec<i64>, Vec<i64>) =
        deliveries.iter().map(|(contact, epoch)| (contact.0, *epoch)).unzip();
    let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX / 4);
    let rows = bulk
        .rows(DELIVERIES_BEGIN, &[&campaign.0, &i32::from(holder), &lease, &contacts, &epochs])?;
    rows.iter().map(|row| Ok(ContactId(row.try_get(0)?))).collect()
}
