//! The engagements of a batch on PostgreSQL: one statement over arrays for each of reading and
//! writing.

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId, Engagement};
use tokio_postgres::types::ToSql;

use super::{CampaignContact, EngagementRow, engagement, origins, stored_evidence};
use crate::StoreError;
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    /// Waits for another recorder that is creating the same row.
    ENGAGEMENTS_MAKE =
        "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked)
        SELECT campaign_id, contact_id, 0, 0, 0
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        ON CONFLICT (campaign_id, contact_id) DO NOTHING";
    ENGAGEMENTS_LOCK = "SELECT e.campaign_id, e.contact_id, e.best_class, e.viewed, e.clicked,
            e.click_class, e.hits, e.origins, e.last_view_at, e.last_click_at
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        JOIN engagements e ON e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id
        ORDER BY e.campaign_id, e.contact_id FOR UPDATE OF e";
    ENGAGEMENTS_WRITE = "UPDATE engagements e
        SET best_class = t.best_class, viewed = t.viewed, clicked = t.clicked,
            click_class = t.click_class, hits = t.hits, origins = t.origins, evidence = t.evidence,
            click_evidence = t.click_evidence, last_view_at = t.last_view_at,
            last_click_at = t.last_click_at
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::smallint[],
            $6::smallint[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bigint[],
            $12::bigint[])
            AS t (campaign_id, contact_id, best_class, viewed, clicked, click_class, hits, origins,
                evidence, click_evidence, last_view_at, last_click_at)
        WHERE e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id";
}

fn halves(keys: &BTreeSet<CampaignContact>) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|(campaign, contact)| (campaign.0, contact.0)).unzip()
}

/// Creates the missing rows, locks them all, and returns their content.
pub(super) fn lock(
    bulk: &PostgresConnection<'_>,
    keys: &BTreeSet<CampaignContact>,
) -> Result<BTreeMap<CampaignContact, EngagementRow>, StoreError> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (campaigns, contacts) = halves(keys);
    bulk.change(ENGAGEMENTS_MAKE, &[&campaigns, &contacts])?;
    let rows = bulk.rows(ENGAGEMENTS_LOCK, &[&campaigns, &contacts])?;
    rows.iter()
        .map(|row| {
            let key = (CampaignId(row.try_get(0)?), ContactId(row.try_get(1)?));
            let flag = |column: usize| row.try_get::<_, i16>(column).map(|flag| flag != 0);
            let class = |column: usize| row.try_get::<_, i16>(column).map(i64::from);
            let (best_class, click_class) = (class(2)?, class(5)?);
            let (viewed, clicked) = (flag(3)?, flag(4)?);
            let hits: Option<&[u8]> = row.try_get(6)?;
            let hits = hits.map(engagement).transpose()?;
            let origins = origins(row.try_get(7)?)?;
            let (last_view_at, last_click_at) = (row.try_get(8)?, row.try_get(9)?);
            let row = EngagementRow {
                best_class,
                viewed,
                clicked,
                click_class,
                hits,
                origins,
                last_view_at,
                last_click_at,
            };
            Ok((key, row))
        })
        .collect()
}

pub(super) fn write(
    bulk: &PostgresConnection<'_>,
    changed: &[(CampaignContact, EngagementRow)],
) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    let campaigns: Vec<i64> = changed.iter().map(|(key, _)| key.0.0).collect();
    let contacts: Vec<i64> = changed.iter().map(|(key, _)| key.1.0).collect();
    let classes = |class: fn(&EngagementRow) -> i64| {
        let all = changed.iter().map(|(_, now)| narrow(class(now), "a class"));
        all.collect::<Result<Vec<i16>, _>>()
    };
    let (best, of_clicks) = (classes(|it| it.best_class)?, classes(|it| it.click_class)?);
    let viewed: Vec<i16> = changed.iter().map(|(_, now)| now.viewed.into()).collect();
    let clicked: Vec<i16> = changed.iter().map(|(_, now)| now.clicked.into()).collect();
    let hits = changed.iter().map(|(_, now)| now.hits.as_ref().map(Engagement::to_bytes));
    let hits: Vec<Option<Vec<u8>>> = hits.collect();
    let origins: Vec<Vec<u8>> = changed.iter().map(|(_, now)| now.origins.to_bytes()).collect();
    let evidence = changed.iter().map(|(_, now)| stored_evidence(now.hits.as_ref()));
    let (evidence, click_evidence): (Vec<_>, Vec<_>) =
        evidence.map(|[of_hits, of_clicks]| (of_hits, of_clicks)).unzip();
    let last_views: Vec<Option<i64>> = changed.iter().map(|(_, now)| now.last_view_at).collect();
    let last_clicks: Vec<Option<i64>> = changed.iter().map(|(_, now)| now.last_click_at).collect();
    let values: [&(dyn ToSql + Sync); 12] = [
        &campaigns,
        &contacts,
        &best,
        &viewed,
        &clicked,
        &of_clicks,
        &hits,
        &origins,
        &evidence,
        &click_evidence,
        &last_views,
        &last_clicks,
    ];
    bulk.change(ENGAGEMENTS_WRITE, &values).map(drop)
}
