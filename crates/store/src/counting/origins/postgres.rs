//! The origins of a batch on PostgreSQL: one statement over arrays for each campaign.

use model::{CampaignId, OriginKind, RulesSeen};

use super::OriginCount;
use crate::StoreError;
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    ORIGINS_ADD = "INSERT INTO campaign_origins (campaign_id, kind, origin, rules, shard, views, clicks,
            viewers, clickers)
        SELECT $1, t.kind, t.origin, t.rules, $2, t.views, t.clicks, t.viewers, t.clickers
        FROM unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bigint[])
            AS t (kind, origin, rules, views, clicks, viewers, clickers)
        ON CONFLICT (campaign_id, kind, origin, rules, shard) DO UPDATE
        SET views = campaign_origins.views + excluded.views,
            clicks = campaign_origins.clicks + excluded.clicks,
            viewers = campaign_origins.viewers + excluded.viewers,
            clickers = campaign_origins.clickers + excluded.clickers";
}

pub(super) fn add<'c>(
    bulk: &PostgresConnection<'_>,
    campaign: CampaignId,
    shard: u16,
    changed: impl Iterator<Item = (&'c (OriginKind, i64, RulesSeen), &'c OriginCount)>,
) -> Result<(), StoreError> {
    let (mut kinds, mut origins, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers: [Vec<i64>; 4] = Default::default();
    for ((kind, origin, seen), count) in changed {
        kinds.push(narrow::<i16>(kind.code(), "a kind of origin")?);
        origins.push(*origin);
        rules.push(seen.bits());
        let OriginCount { views, clicks, viewers, clickers } = *count;
        for (column, number) in numbers.iter_mut().zip([views, clicks, viewers, clickers]) {
            column.push(number);
        }
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let [views, clicks, viewers, clickers] = &numbers;
    let shard = i32::from(shard);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] =
        [&campaign.0, &shard, &kinds, &origins, &rules, views, clicks, viewers, clickers];
    bulk.change(ORIGINS_ADD, &values).map(drop)
}
