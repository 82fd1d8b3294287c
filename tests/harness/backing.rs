//! What an installation of the stories stands on: SQLite alone, or PostgreSQL and Redis. Most
//! are told on both, and the environment chooses; a story of the target `once` says which it needs.

use std::path::Path;
use std::process::Command;

use testkit::{Postgres, Redis};

use super::wait;

/// Of the test target `stories`: SQLite, unless it says `cluster`.
const CHOICE: &str = "PHAROS_STORIES";

/// Where records and hits of one installation go.
pub enum Backing {
    Sqlite,
    Cluster { database: String, redis: String },
}

impl Backing {
    /// A fresh one of the kind that was chosen.
    pub fn chosen() -> Self {
        match std::env::var_os(CHOICE) {
            Some(word) if word == "cluster" => Self::cluster(),
            Some(word) if word != "sqlite" => panic!("{CHOICE} is sqlite or cluster: {word:?}"),
            _ => Self::Sqlite,
        }
    }

    /// A database of its own on servers that all stories share.
    pub fn cluster() -> Self {
        Self::Cluster { database: Postgres::shared().database(), redis: Redis::shared().url() }
    }

    /// Puts it into a configuration.
    pub fn settle(&self, config: &str) -> String {
        match self {
            Self::Sqlite => config.to_owned(),
            Self::Cluster { database, redis } => config
                .replace(
                    "store = \"sqlite:pharos-data/pharos.sqlite\"",
                    &format!("store = \"{database}\""),
                )
                .replace("bus = \"local\"", &format!("bus = \"{redis}\"")),
        }
    }

    /// Makes a copy of the database, at which nobody is at work.
    pub fn keep_database(&self) {
        let Self::Cluster { database, .. } = self else { return };
        let (server, name) = database.rsplit_once('/').expect("a database");
        let copy = format!("CREATE DATABASE {name}_kept TEMPLATE {name}");
        wait::until("the connections to end", || {
            Postgres::shared().try_query(&format!("{server}/postgres"), &copy)
        });
    }

    /// Puts that copy in place of the database.
    pub fn put_database_back(&self) {
        let Self::Cluster { database, .. } = self else { return };
        let (server, name) = database.rsplit_once('/').expect("a database");
        for (from, to) in [("", "_left"), ("_kept", "")] {
            let rename = format!("ALTER DATABASE {name}{from} RENAME TO {name}{to}");
            wait::until("the connections to end", || {
                Postgres::shared().try_query(&format!("{server}/postgres"), &rename)
            });
        }
    }

    /// Puts that copy in its place while servers are at work on it.
    pub fn replace_database(&self) {
        let Self::Cluster { database, .. } = self else { return };
        let (server, name) = database.rsplit_once('/').expect("a database");
        let ask = |sql: String| Postgres::shared().query(&format!("{server}/postgres"), &sql);
        ask(format!("DROP DATABASE {name} WITH (FORCE)"));
        ask(format!("ALTER DATABASE {name}_kept RENAME TO {name}"));
    }

    /// Asks the store with another program than ours.
    pub fn query(&self, data: &Path, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Cluster { database, .. } => Postgres::shared().query(database, sql),
            Self::Sqlite => {
                let output =
                    Command::new("sqlite3").arg(data.join("pharos.sqlite")).arg(sql).output();
                let output = output.expect("sqlite3; scripts/test installs it");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let row = |line: &str| line.split('|').map(str::to_owned).collect();
                String::from_utf8_lossy(&output.stdout).lines().map(row).collect()
            }
        }
    }
}
