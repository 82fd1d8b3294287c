//! How much is stored of what, for a forecast.
//!
//! Invariant: cheap however much there is: roll-ups and the database's own statistics, no table of hits,
//! deliveries or contacts is counted.

use std::collections::BTreeMap;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    HITS_BY_DAY = "SELECT hour / 24, CAST(sum(views + clicks) AS BIGINT) FROM campaign_hours
        GROUP BY hour / 24 ORDER BY hour / 24 DESC LIMIT 4000";
    DELIVERIES_BY_DAY = "SELECT minute / 1440, CAST(sum(ended) AS BIGINT) FROM campaign_minutes
        GROUP BY minute / 1440 ORDER BY minute / 1440 DESC LIMIT 4000";
    ROWS_ABOUT = "SELECT
            (SELECT CAST(coalesce(sum(contacts), 0) AS BIGINT) FROM campaign_evidence WHERE kind = 0),
            (SELECT CAST(coalesce(sum(visitors), 0) AS BIGINT) FROM campaign_rollups),
            (SELECT count(*) FROM campaign_hours) + (SELECT count(*) FROM campaign_evidence)
                + (SELECT count(*) FROM campaign_origins),
            (SELECT CAST(coalesce(sum(deliveries), 0) AS BIGINT) FROM delivery_counts),
            (SELECT coalesce(max(id), 0) FROM messages),
            400 * (SELECT count(*) FROM address_pages)";
}

/// Partitions are told as the table that they belong to.
const POSTGRES_SIZES: &str = "SELECT CAST(coalesce(p.relname, c.relname) AS TEXT),
        CAST(sum(pg_total_relation_size(c.oid)) AS BIGINT)
    FROM pg_class c
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace)
    GROUP BY 1 LIMIT 1000";

/// What is stored, as a forecast tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredKind {
    /// Views and clicks one by one.
    Events,
    /// What is kept of contacts by campaign.
    Engagements,
    /// Browsers, and what they are tied to.
    Visitors,
    /// Counts.
    Rollups,
    Deliveries,
    /// Single messages.
    Messages,
    Contacts,
    /// Everything else.
    Other,
}

impl StoredKind {
    pub const ALL: [Self; 8] = [
        Self::Events,
        Self::Engagements,
        Self::Visitors,
        Self::Rollups,
        Self::Deliveries,
        Self::Messages,
        Self::Contacts,
        Self::Other,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Engagements => "engagements",
            Self::Visitors => "visitors",
            Self::Rollups => "rollups",
            Self::Deliveries => "deliveries",
            Self::Messages => "messages",
            Self::Contacts => "contacts",
            Self::Other => "other",
        }
    }

    /// What a table's rows are.
    fn of_table(name: &str) -> Self {
        match name {
            "events" | "agents" | "stray_hits" => Self::Events,
            "engagements" | "link_clickers" => Self::Engagements,
            "visitors" | "campaign_visitors" | "visitor_links" | "cut_visitor_links"
            | "removed_visitors" => Self::Visitors,
            "campaign_hours"
            | "campaign_rollups"
            | "campaign_classes"
            | "campaign_evidence"
            | "campaign_rules_seen"
            | "campaign_origins"
            | "link_counts"
            | "stray_hours" => Self::Rollups,
            "deliveries" | "campaign_minutes" | "delivery_counts" | "reason_counts" => {
                Self::Deliveries
            }
            "messages" | "message_forms" => Self::Messages,
            "contacts" | "subscriptions" | "consents" | "suppressions" | "address_pages"
            | "tags" | "contact_tags" | "contact_changes" => Self::Contacts,
            _ => Self::Other,
        }
    }
}

/// How much is stored of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAmounts {
    /// On PostgreSQL, what each takes on disk, with its indexes.
    pub bytes: Option<BTreeMap<StoredKind, i64>>,
    /// About how many rows there are, where counts tell it; of events those that were ever recorded.
    pub rows: BTreeMap<StoredKind, i64>,
    /// Views and clicks by day (since 1970, UTC), the latest first; days without any are left out.
    pub hits_by_day: Vec<(i64, i64)>,
    /// Deliveries that have ended, likewise.
    pub deliveries_by_day: Vec<(i64, i64)>,
}

impl Store {
    /// How much is stored of what.
    pub async fn stored_amounts(&self) -> Result<StoredAmounts, StoreError> {
        self.read(amounts).await
    }
}

fn amounts(tx: &Tx<'_>) -> Result<StoredAmounts, StoreError> {
    let by_day = |sql| tx.all(sql, (), |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)));
    let (hits_by_day, deliveries_by_day) = (by_day(HITS_BY_DAY)?, by_day(DELIVERIES_BY_DAY)?);
    let counted: [i64; 6] = tx.one(ROWS_ABOUT, (), |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
    })?;
    let hits = hits_by_day.iter().map(|(_, hits)| hits).sum();
    let kinds = [
        StoredKind::Engagements,
        StoredKind::Visitors,
        StoredKind::Rollups,
        StoredKind::Deliveries,
        StoredKind::Messages,
        StoredKind::Contacts,
    ];
    let mut rows: BTreeMap<StoredKind, i64> = kinds.into_iter().zip(counted).collect();
    rows.insert(StoredKind::Events, hits);
    Ok(StoredAmounts { bytes: sizes(tx)?, rows, hits_by_day, deliveries_by_day })
}

fn sizes(tx: &Tx<'_>) -> Result<Option<BTreeMap<StoredKind, i64>>, StoreError> {
    let Some(bulk) = tx.bulk() else { return Ok(None) };
    let mut bytes: BTreeMap<StoredKind, i64> =
        StoredKind::ALL.into_iter().map(|kind| (kind, 0)).collect();
    for row in bulk.rows(POSTGRES_SIZES, &[])? {
        let (table, size): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
        *bytes.entry(StoredKind::of_table(table)).or_default() += size;
    }
    Ok(Some(bytes))
}
