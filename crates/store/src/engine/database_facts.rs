//! What an open store tells about its database, for people who run it.

use crate::engine::migrate;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

const POSTGRES_VERSION: &str = "SELECT current_setting('server_version')";
const POSTGRES_BYTES: &str = "SELECT pg_database_size(current_database())";

/// An open store's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// Such as `PostgreSQL 15.18` or `SQLite 3.50.4`.
    pub product: String,
    /// The version of its schema, which is this release's.
    pub schema: i64,
    /// What it takes on disk; None on SQLite, where it is the size of its file.
    pub bytes: Option<i64>,
}

impl Store {
    /// What the database tells about itself.
    pub async fn database_facts(&self) -> Result<DatabaseFacts, StoreError> {
        self.read(|tx| {
            let (product, bytes) = product(tx)?;
            Ok(DatabaseFacts { product, schema: migrate::KNOWN, bytes })
        })
        .await
    }
}

fn product(tx: &Tx<'_>) -> Result<(String, Option<i64>), StoreError> {
    let Some(bulk) = tx.bulk() else {
        return Ok((format!("SQLite {}", rusqlite::version()), None));
    };
    let missing = || StoreError::Corrupt("the server tells nothing about itself".to_owned());
    let version = bulk.rows(POSTGRES_VERSION, &[])?;
    let version: &str = version.first().ok_or_else(missing)?.try_get(0)?;
    let bytes = bulk.rows(POSTGRES_BYTES, &[])?;
    let version = version.split(' ').next().unwrap_or_default();
    let product = format!("PostgreSQL {version}");
    Ok((product, Some(bytes.first().ok_or_else(missing)?.try_get(0)?)))
}
