//! The links of a batch on PostgreSQL: one statement over arrays. See [`super::VISITOR_LINK_PUT`].

use std::collections::BTreeMap;

use model::{ContactId, VisitorId, VisitorLinkReason};

use super::{LinkDelta, MOST_CONTACTS, MOST_VISITORS};
use crate::StoreError;
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    /// New pairs of the batch count as well, towards what a browser or a contact has at most.
    VISITOR_LINKS_PUT = "INSERT INTO visitor_links (visitor, contact_id, reason, first_at, last_at,
            hits, campaign_id, days, campaigns)
        SELECT visitor, contact_id, reason, first_at, last_at, hits, campaign_id, days, campaigns
        FROM (SELECT t.*,
                (SELECT count(*) FROM visitor_links l WHERE l.visitor = t.visitor)
                    + row_number() OVER (PARTITION BY t.visitor, t.known ORDER BY t.contact_id)
                    AS of_visitor,
                (SELECT count(*) FROM visitor_links l WHERE l.contact_id = t.contact_id)
                    + row_number() OVER (PARTITION BY t.contact_id, t.known ORDER BY t.visitor)
                    AS of_contact
            FROM (SELECT u.*, EXISTS (SELECT 1 FROM visitor_links l
                    WHERE l.visitor = u.visitor AND l.contact_id = u.contact_id) AS known
                FROM unnest($1::bytea[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[],
                    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
                    AS u (visitor, contact_id, reason, first_at, last_at, hits, campaign_id, days,
                        campaigns)) t) t
        WHERE (known OR (of_visitor <= $10 AND of_contact <= $11))
            AND NOT EXISTS (SELECT 1 FROM cut_visitor_links c
                WHERE c.visitor = t.visitor AND c.contact_id = t.contact_id)
        ORDER BY visitor, contact_id, reason
        ON CONFLICT (visitor, contact_id, reason) DO UPDATE SET
            campaign_id = CASE
                WHEN (excluded.first_at, excluded.campaign_id)
                    < (visitor_links.first_at, visitor_links.campaign_id)
                THEN excluded.campaign_id ELSE visitor_links.campaign_id END,
            first_at = least(visitor_links.first_at, excluded.first_at),
            last_at = greatest(visitor_links.last_at, excluded.last_at),
            hits = least(visitor_links.hits + excluded.hits, 1000),
            days = visitor_links.days | excluded.days,
            campaigns = visitor_links.campaigns | excluded.campaigns";
}

pub(super) fn put(
    bulk: &PostgresConnection<'_>,
    links: &BTreeMap<(VisitorId, ContactId, VisitorLinkReason), LinkDelta>,
) -> Result<(), StoreError> {
    let visitors: Vec<&[u8]> = links.keys().map(|key| key.0.0.as_slice()).collect();
    let contacts: Vec<i64> = links.keys().map(|key| key.1.0).collect();
    let reasons = links.keys().map(|key| narrow(key.2.code(), "a reason"));
    let reasons: Vec<i16> = reasons.collect::<Result<_, _>>()?;
    let column = |of: fn(&LinkDelta) -> i64| links.values().map(of).collect::<Vec<i64>>();
    bulk.change(
        VISITOR_LINKS_PUT,
        &[
            &visitors,
            &contacts,
            &reasons,
            &column(|link| link.first_at.0),
            &column(|link| link.last_at.0),
            &column(|link| link.hits),
            &column(|link| link.campaign.0),
            &column(|link| link.days.0),
            &column(|link| link.campaigns.0),
            &MOST_CONTACTS,
            &MOST_VISITORS,
        ],
    )
    .map(drop)
}
