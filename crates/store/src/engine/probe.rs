//! What kind of store is at a location, for `pharos check`, which changes nothing.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::engine::migrate;
use crate::engine::postgres_facts::{self, PostgresFacts};
use crate::{Location, StoreError};

/// What is known about a store without opening it for work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFacts {
    /// Such as `PostgreSQL 15.18` or `SQLite 3.50.4`.
    pub product: String,
    /// The version of its schema; None when it is empty or does not exist yet.
    pub schema: Option<i64>,
    /// The newest schema that this release knows and would upgrade the store to.
    pub known_schema: i64,
    /// What a server tells besides.
    pub server: Option<PostgresFacts>,
}

impl Location {
    /// Examines the store without changing it. Does not block the runtime.
    ///
    /// # Errors
    /// When it exists but can't be read, or the server can't be reached or logged in to.
    pub async fn probe(&self) -> Result<StoreFacts, StoreError> {
        let (answer, answered) = oneshot::channel();
        let location = self.clone();
        std::thread::spawn(move || {
            let _ = answer.send(match &location {
                Self::Sqlite(path) => probe_sqlite(path),
                Self::Postgres(database) => {
                    postgres_facts::probe(database).map(|(schema, facts)| {
                        let product = format!("PostgreSQL {}", facts.version);
                        let known_schema = migrate::KNOWN;
                        StoreFacts { product, schema, known_schema, server: Some(facts) }
                    })
                }
            });
        });
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

fn probe_sqlite(path: &Path) -> Result<StoreFacts, StoreError> {
    let product = format!("SQLite {}", rusqlite::version());
    let known_schema = migrate::KNOWN;
    let mut facts = StoreFacts { product, schema: None, known_schema, server: None };
    if path.exists() {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        let tables: i64 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_versions'",
            [],
            |row| row.get(0),
        )?;
        if tables > 0 {
            facts.schema = Some(connection.query_row(migrate::LATEST, [], |row| row.get(0))?);
        }
    } else if let Some(folder) = path.parent() {
        // The first start makes the file and not the folder.
        std::fs::metadata(Path::new(".").join(folder).join(".")).map_err(|error| {
            StoreError::Open { store: path.display().to_string(), why: error.to_string() }
        })?;
    }
    Ok(facts)
}
