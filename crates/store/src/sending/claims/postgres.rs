//! Claims on PostgreSQL, where several nodes claim at the same time.

use std::collections::BTreeSet;

use model::{CampaignId, ContactId};

use super::{Claim, Claimed, Due, tracking_column};
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::{Sql, postgres_texts};
use crate::sending::mail_caps::{CapWindow, counting};

/// As on SQLite, but skips what another node is just claiming. Never run on SQLite, which has no
/// such clause.
pub(super) const DELIVERIES_DUE: Sql = Sql {
    #[cfg(test)]
    name: "DELIVERIES_DUE",
    postgres: TEXT_DUE,
    sqlite: "",
};

postgres_texts! {
    /// Who of some contacts has had as many mails as the cap allows.
    CONTACTS_CAPPED = concat!("SELECT e.contact_id
        FROM campaigns k JOIN deliveries e ON e.campaign_id = k.id
        WHERE e.contact_id = ANY($5) AND ", counting!(), "
        GROUP BY e.contact_id HAVING count(*) >= $4");
    /// Looks the subscription up by its whole key: as a plain join, on newly filled tables without
    /// statistics, each row scanned all subscriptions of the topic.
    TEXT_DUE =
        "SELECT d.contact_id, d.epoch, d.attempts, d.first_attempt_at, c.email, c.attributes,
            CASE WHEN s.state = 'subscribed' AND x.reason IS NULL
                THEN CASE WHEN c.paused_until > $5 THEN 2 ELSE 1 END ELSE 0 END,
            d.code, c.tracking
        FROM (SELECT campaign_id, contact_id, epoch, attempts, first_attempt_at, next_attempt_at,
                code
            FROM deliveries
            WHERE campaign_id = $1 AND state = 0
            AND next_attempt_at > $2 AND next_attempt_at <= $3
            ORDER BY next_attempt_at, contact_id LIMIT $4
            FOR UPDATE SKIP LOCKED) d
        JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN LATERAL (SELECT state FROM subscriptions
            WHERE topic_id = k.topic_id AND contact_id = d.contact_id LIMIT 1) s ON true
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        ORDER BY d.next_attempt_at, d.contact_id";
    /// Looks each row up by its whole key, as `DELIVERIES_SETTLE` does and for the same reason.
    DELIVERIES_LEASE = "UPDATE deliveries d
        SET state = 1, epoch = epoch + 1, leased_until = $2, holder = $3, begun = 0,
            first_attempt_at = t.first_attempt_at, tracking = t.tracking
        FROM (SELECT CAST($1 AS BIGINT) AS campaign_id, u.*
            FROM unnest($4::bigint[], $5::bigint[], $6::smallint[])
                AS u (contact_id, first_attempt_at, tracking)
            OFFSET 0) t
        WHERE d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id AND d.state + 0 = 0";
}

/// Leases rows that this transaction has locked.
pub(super) fn lease(
    bulk: &PostgresConnection<'_>,
    claim: &Claim,
    due: &[Claimed],
) -> Result<(), StoreError> {
    if due.is_empty() {
        return Ok(());
    }
    let contacts: Vec<i64> = due.iter().map(|claimed| claimed.contact.0).collect();
    let firsts: Vec<i64> = due.iter().map(|claimed| claimed.first_attempt_at.0).collect();
    let tracking: Vec<Option<i16>> = due
        .iter()
        .map(|claimed| tracking_column(claimed.tracking).and_then(|code| code.try_into().ok()))
        .collect();
    let holder = i32::from(claim.holder);
    bulk.change(
        DELIVERIES_LEASE,
        &[&claim.campaign.0, &claim.leased_until.0, &holder, &contacts, &firsts, &tracking],
    )
    .map(drop)
}

/// Who of these has had as many mails as the cap allows.
pub(super) fn capped(
    bulk: &PostgresConnection<'_>,
    campaign: CampaignId,
    window: CapWindow,
    due: &[Due],
) -> Result<BTreeSet<ContactId>, StoreError> {
    let CapWindow { mails, since, ended_since } = window;
    let contacts: Vec<i64> = due
        .iter()
        .filter_map(|it| match it {
            Due::Claimed(claimed) => Some(claimed.contact.0),
            Due::LeftOut(..) | Due::Unreadable(..) => None,
        })
        .collect();
    if contacts.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows =
        bulk.rows(CONTACTS_CAPPED, &[&campaign.0, &since.0, &ended_since.0, &mails, &contacts])?;
    rows.iter().map(|row| Ok(ContactId(row.try_get(0)?))).collect()
}
