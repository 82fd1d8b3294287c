//! Ensures that a store has this release's schema.
//!
//! Invariants: forward only, in order, each step once; the whole migration is one transaction under
//! the write lock, so of two processes that start together one migrates and the other finds it
//! done. Only an empty store gets its tables unasked. One of an older release is refused unless the
//! caller upgrades, one of a newer release always, before anything is touched. A store that is up
//! to date is only read. Whatever a step removes was no longer used by the previous release: its
//! servers may be running while this one upgrades (`tests/released.rs`).

use std::time::SystemTime;

use model::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::value::SqlValue;

/// A step: its version, its name, its statements.
type Migration = (i64, &'static str, &'static str);

/// Every step, in order. A released step is never edited.
const SQLITE: &[Migration] = &[
    (1, "schema", include_str!("../../migrations/sqlite/0001_schema.sql")),
    (2, "media", include_str!("../../migrations/sqlite/0002_media.sql")),
    (3, "accepted_warnings", include_str!("../../migrations/sqlite/0003_accepted_warnings.sql")),
    (4, "archive", include_str!("../../migrations/sqlite/0004_archive.sql")),
    (5, "access", include_str!("../../migrations/sqlite/0005_access.sql")),
    (6, "test_messages", include_str!("../../migrations/sqlite/0006_test_messages.sql")),
    (7, "address_pages", include_str!("../../migrations/sqlite/0007_address_pages.sql")),
    (8, "campaign_schedules", include_str!("../../migrations/sqlite/0008_campaign_schedules.sql")),
    (9, "jobs", include_str!("../../migrations/sqlite/0009_jobs.sql")),
    (10, "campaigns_by_topic", include_str!("../../migrations/sqlite/0010_campaigns_by_topic.sql")),
    (11, "campaign_drafts", include_str!("../../migrations/sqlite/0011_campaign_drafts.sql")),
    (12, "jobs_about_jobs", include_str!("../../migrations/sqlite/0012_jobs_about_jobs.sql")),
    (13, "messages", include_str!("../../migrations/sqlite/0013_messages.sql")),
    (14, "passkeys", include_str!("../../migrations/sqlite/0014_passkeys.sql")),
    (15, "single_tests", include_str!("../../migrations/sqlite/0015_single_tests.sql")),
    (16, "erased_lists", include_str!("../../migrations/sqlite/0016_erased_lists.sql")),
    (17, "announcement_texts", include_str!("../../migrations/sqlite/0017_announcement_texts.sql")),
    (18, "small_pages", include_str!("../../migrations/sqlite/0018_small_pages.sql")),
    (19, "visitors", include_str!("../../migrations/sqlite/0019_visitors.sql")),
    (20, "rules_seen", include_str!("../../migrations/sqlite/0020_rules_seen.sql")),
    (21, "tracking", include_str!("../../migrations/sqlite/0021_tracking.sql")),
    (22, "event_feed", include_str!("../../migrations/sqlite/0022_event_feed.sql")),
    (23, "origins", include_str!("../../migrations/sqlite/0023_origins.sql")),
    (24, "visitor_links", include_str!("../../migrations/sqlite/0024_visitor_links.sql")),
    (25, "report_sharing", include_str!("../../migrations/sqlite/0025_report_sharing.sql")),
    (26, "client_addresses", include_str!("../../migrations/sqlite/0026_client_addresses.sql")),
    (
        27,
        "retention_and_report_mail",
        include_str!("../../migrations/sqlite/0027_retention_and_report_mail.sql"),
    ),
    (28, "quick_networks", include_str!("../../migrations/sqlite/0028_quick_networks.sql")),
    (29, "quick_domains", include_str!("../../migrations/sqlite/0029_quick_domains.sql")),
    (30, "contact_schema", include_str!("../../migrations/sqlite/0030_contact_schema.sql")),
    (31, "consent_statements", include_str!("../../migrations/sqlite/0031_consent_statements.sql")),
    (32, "account", include_str!("../../migrations/sqlite/0032_account.sql")),
    (
        33,
        "engagement_retention",
        include_str!("../../migrations/sqlite/0033_engagement_retention.sql"),
    ),
    (
        34,
        "disclosures_and_requests",
        include_str!("../../migrations/sqlite/0034_disclosures_and_requests.sql"),
    ),
    (35, "forms", include_str!("../../migrations/sqlite/0035_forms.sql")),
    (36, "segments", include_str!("../../migrations/sqlite/0036_segments.sql")),
    (37, "attribute_indexes", include_str!("../../migrations/sqlite/0037_attribute_indexes.sql")),
    (38, "pauses_and_cap", include_str!("../../migrations/sqlite/0038_pauses_and_cap.sql")),
    (39, "contact_merges", include_str!("../../migrations/sqlite/0039_contact_merges.sql")),
    (40, "sharing_notices", include_str!("../../migrations/sqlite/0040_sharing_notices.sql")),
];

/// The same versions.
const POSTGRES: &[Migration] = &[
    (1, "schema", include_str!("../../migrations/postgres/0001_schema.sql")),
    (2, "media", include_str!("../../migrations/postgres/0002_media.sql")),
    (3, "accepted_warnings", include_str!("../../migrations/postgres/0003_accepted_warnings.sql")),
    (4, "archive", include_str!("../../migrations/postgres/0004_archive.sql")),
    (5, "access", include_str!("../../migrations/postgres/0005_access.sql")),
    (6, "test_messages", include_str!("../../migrations/postgres/0006_test_messages.sql")),
    (7, "address_pages", include_str!("../../migrations/postgres/0007_address_pages.sql")),
    (
        8,
        "campaign_schedules",
        include_str!("../../migrations/postgres/0008_campaign_schedules.sql"),
    ),
    (9, "jobs", include_str!("../../migrations/postgres/0009_jobs.sql")),
    (
        10,
        "campaigns_by_topic",
        include_str!("../../migrations/postgres/0010_campaigns_by_topic.sql"),
    ),
    (11, "campaign_drafts", include_str!("../../migrations/postgres/0011_campaign_drafts.sql")),
    (12, "jobs_about_jobs", include_str!("../../migrations/postgres/0012_jobs_about_jobs.sql")),
    (13, "messages", include_str!("../../migrations/postgres/0013_messages.sql")),
    (14, "passkeys", include_str!("../../migrations/postgres/0014_passkeys.sql")),
    (15, "single_tests", include_str!("../../migrations/postgres/0015_single_tests.sql")),
    (16, "erased_lists", include_str!("../../migrations/postgres/0016_erased_lists.sql")),
    (
        17,
        "announcement_texts",
        include_str!("../../migrations/postgres/0017_announcement_texts.sql"),
    ),
    (18, "small_pages", include_str!("../../migrations/postgres/0018_small_pages.sql")),
    (19, "visitors", include_str!("../../migrations/postgres/0019_visitors.sql")),
    (20, "rules_seen", include_str!("../../migrations/postgres/0020_rules_seen.sql")),
    (21, "tracking", include_str!("../../migrations/postgres/0021_tracking.sql")),
    (22, "event_feed", include_str!("../../migrations/postgres/0022_event_feed.sql")),
    (23, "origins", include_str!("../../migrations/postgres/0023_origins.sql")),
    (24, "visitor_links", include_str!("../../migrations/postgres/0024_visitor_links.sql")),
    (25, "report_sharing", include_str!("../../migrations/postgres/0025_report_sharing.sql")),
    (26, "client_addresses", include_str!("../../migrations/postgres/0026_client_addresses.sql")),
    (
        27,
        "retention_and_report_mail",
        include_str!("../../migrations/postgres/0027_retention_and_report_mail.sql"),
    ),
    (28, "quick_networks", include_str!("../../migrations/postgres/0028_quick_networks.sql")),
    (29, "quick_domains", include_str!("../../migrations/postgres/0029_quick_domains.sql")),
    (30, "contact_schema", include_str!("../../migrations/postgres/0030_contact_schema.sql")),
    (
        31,
        "consent_statements",
        include_str!("../../migrations/postgres/0031_consent_statements.sql"),
    ),
    (32, "account", include_str!("../../migrations/postgres/0032_account.sql")),
    (
        33,
        "engagement_retention",
        include_str!("../../migrations/postgres/0033_engagement_retention.sql"),
    ),
    (
        34,
        "disclosures_and_requests",
        include_str!("../../migrations/postgres/0034_disclosures_and_requests.sql"),
    ),
    (35, "forms", include_str!("../../migrations/postgres/0035_forms.sql")),
    (36, "segments", include_str!("../../migrations/postgres/0036_segments.sql")),
    (37, "attribute_indexes", include_str!("../../migrations/postgres/0037_attribute_indexes.sql")),
    (38, "pauses_and_cap", include_str!("../../migrations/postgres/0038_pauses_and_cap.sql")),
    (39, "contact_merges", include_str!("../../migrations/postgres/0039_contact_merges.sql")),
    (40, "sharing_notices", include_str!("../../migrations/postgres/0040_sharing_notices.sql")),
];

/// The schema version of this release.
pub(crate) const KNOWN: i64 = 40;

/// The lock by which two nodes that start together migrate one after the other. Any number, but
/// always the same.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7409112025)";
/// What the schema needs: `FOR UPDATE SKIP LOCKED`, partitions with primary keys.
const OLDEST_POSTGRES: i64 = 130_000;

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_versions (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    applied_at BIGINT  NOT NULL
)";
const VERSIONED_SQLITE: &str =
    "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'schema_versions'";
const VERSIONED_POSTGRES: &str = "SELECT CAST(count(to_regclass('schema_versions')) AS BIGINT)";
pub(crate) const LATEST: &str =
    "SELECT CAST(coalesce(max(version), 0) AS BIGINT) FROM schema_versions";

/// Applies the steps that the file has not seen, if it is empty or to be upgraded.
///
/// # Errors
/// [`StoreError::Newer`] and [`StoreError::Older`] for a store of another release; whatever the
/// database says otherwise.
pub(crate) fn sqlite(connection: &mut Connection, upgrade: bool) -> Result<(), StoreError> {
    let versioned: bool = connection.query_row(VERSIONED_SQLITE, [], |row| row.get(0))?;
    let found = match versioned {
        true => connection.query_row(LATEST, [], |row| row.get(0))?,
        false => 0,
    };
    if needs_steps(found, upgrade)? { apply(connection, SQLITE) } else { Ok(()) }
}

/// Whether a store of version `found` must be upgraded to this release's.
fn needs_steps(found: i64, upgrade: bool) -> Result<bool, StoreError> {
    match found {
        _ if found > KNOWN => Err(StoreError::Newer { found, known: KNOWN }),
        KNOWN => Ok(false),
        0 => Ok(true),
        _ if upgrade => {
            tracing::info!(found, known = KNOWN, "upgrading the store to this release's schema");
            Ok(true)
        }
        _ => Err(StoreError::Older { found, known: KNOWN }),
    }
}

/// A store as the release of that version left it. Before the first step there was nothing but the
/// table of versions: that is what stands for an older release as long as there is one step.
#[cfg(test)]
pub(crate) fn sqlite_of(connection: &mut Connection, version: i64) {
    let steps = SQLITE.iter().position(|step| step.0 > version).unwrap_or(SQLITE.len());
    apply(connection, &SQLITE[..steps]).unwrap();
    if steps == 0 {
        connection.execute("INSERT INTO schema_versions VALUES (-1, 'none', 0)", []).unwrap();
    }
}

/// The statements of PostgreSQL's steps after `version`.
#[cfg(test)]
pub(crate) fn steps_after(version: i64) -> Vec<&'static str> {
    let all = SQLITE.iter().chain(POSTGRES);
    all.filter(|step| step.0 > version).map(|step| step.2).collect()
}

fn apply(connection: &mut Connection, steps: &[Migration]) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(VERSIONS)?;
    let found: i64 = tx.query_row(LATEST, [], |row| row.get(0))?;
    for (version, name, step) in unseen(steps, found)? {
        tx.execute_batch(step)?;
        tx.execute(
            "INSERT INTO schema_versions (version, name, applied_at) VALUES (?1, ?2, ?3)",
            (version, name, Timestamp::from_system(SystemTime::now()).0),
        )?;
    }
    tx.commit()?;
    Ok(())
}

/// Applies the steps that the database has not seen, if it is empty or to be upgraded.
///
/// # Errors
/// As [`sqlite`]; and when the server is too old, or keeps texts in another form than UTF-8.
pub(crate) fn postgres(
    conversation: &PostgresConnection<'_>,
    upgrade: bool,
) -> Result<(), StoreError> {
    suits(conversation)?;
    let versioned = number(conversation, VERSIONED_POSTGRES)? == 1;
    let found = if versioned { number(conversation, LATEST)? } else { 0 };
    if !needs_steps(found, upgrade)? {
        return Ok(());
    }
    conversation.batch("BEGIN")?;
    let applied = apply_postgres(conversation);
    let ended = conversation.batch(if applied.is_ok() { "COMMIT" } else { "ROLLBACK" });
    applied.and(ended)
}

fn apply_postgres(conversation: &PostgresConnection<'_>) -> Result<(), StoreError> {
    conversation.be_patient()?;
    conversation.batch("SET LOCAL lock_timeout = 0")?;
    conversation.batch(LOCK)?;
    conversation.batch(VERSIONS)?;
    let found = number(conversation, LATEST)?;
    for (version, name, step) in unseen(POSTGRES, found)? {
        conversation.batch(step)?;
        let enter = conversation.prepare(
            "INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)",
        )?;
        let at = Timestamp::from_system(SystemTime::now()).0;
        conversation.execute(
            &enter,
            &[SqlValue::Integer(*version), SqlValue::Text(name), SqlValue::Integer(at)],
        )?;
    }
    Ok(())
}

/// Whether the server can keep what we keep.
fn suits(conversation: &PostgresConnection<'_>) -> Result<(), StoreError> {
    let version =
        number(conversation, "SELECT CAST(current_setting('server_version_num') AS BIGINT)")?;
    if version < OLDEST_POSTGRES {
        let why =
            format!("its version is {}; Pharos needs PostgreSQL 13 or newer", version / 10_000);
        return Err(StoreError::Database(why.into()));
    }
    let utf8 = number(
        conversation,
        "SELECT CAST(count(*) AS BIGINT) FROM pg_database
        WHERE datname = current_database() AND pg_encoding_to_char(encoding) = 'UTF8'",
    )?;
    if utf8 == 0 {
        let why = "the database's encoding is not UTF8; create it with ENCODING 'UTF8'";
        return Err(StoreError::Database(why.into()));
    }
    Ok(())
}

fn number(conversation: &PostgresConnection<'_>, text: &'static str) -> Result<i64, StoreError> {
    let rows = conversation.rows(text, &[])?;
    let row = rows.first().ok_or_else(|| StoreError::Corrupt("no answer".to_owned()))?;
    Ok(row.try_get(0)?)
}

fn unseen(steps: &[Migration], found: i64) -> Result<impl Iterator<Item = &Migration>, StoreError> {
    let known = steps.last().map_or(0, |step| step.0);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(steps.iter().filter(move |step| step.0 > found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(connection: &Connection) -> Vec<i64> {
        let mut all = connection.prepare("SELECT version FROM schema_versions ORDER BY 1").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_step_is_applied_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        sqlite(&mut connection, false).unwrap();
        sqlite(&mut connection, false).unwrap();
        assert_eq!(versions(&connection), SQLITE.iter().map(|step| step.0).collect::<Vec<_>>());
    }

    #[test]
    fn both_databases_are_brought_to_the_same_version() {
        assert_eq!(SQLITE.last().map(|step| step.0), Some(KNOWN));
        assert_eq!(POSTGRES.last().map(|step| step.0), Some(KNOWN));
    }

    #[test]
    fn a_newer_release_goes_on_from_where_the_older_one_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        let one = (1, "one", "CREATE TABLE a (x INTEGER)");
        let two = (2, "two", "ALTER TABLE a ADD COLUMN y INTEGER");
        apply(&mut connection, &[one]).unwrap();
        apply(&mut connection, &[one, two]).unwrap();
        assert_eq!(versions(&connection), [1, 2]);
        connection.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_the_store_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        let one = (1, "one", "CREATE TABLE a (x INTEGER)");
        let broken = (2, "broken", "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)");
        apply(&mut connection, &[one]).unwrap();
        assert!(apply(&mut connection, &[one, broken]).is_err());
        assert_eq!(versions(&connection), [1]);
        assert!(connection.prepare("SELECT x FROM b").is_err());
    }

    #[test]
    fn a_store_of_a_newer_release_is_refused_with_both_versions() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = [(1, "one", "SELECT 1"), (2, "two", "SELECT 1")];
        apply(&mut connection, &steps).unwrap();
        let refused = apply(&mut connection, &steps[..1]).unwrap_err().to_string();
        assert!(refused.contains("version 2") && refused.contains("up to 1"), "{refused}");
        assert_eq!(versions(&connection), [1, 2]);
    }
}
