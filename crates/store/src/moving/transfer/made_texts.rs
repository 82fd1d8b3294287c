//! Statements that are made once per process, and those about ids that the database gives out.

use crate::engine::sql::Sql;

/// Statements about the last id that was given out, even if its row is gone.
pub(super) struct Numbers {
    pub(super) last: Text,
    /// Goes on after the id `$1`.
    pub(super) go_on: Text,
}

/// A statement that is built when it is first used, once per process.
pub(super) struct Text {
    sqlite: String,
    postgres: String,
}

impl Text {
    pub(super) fn both(text: String) -> Self {
        Self { sqlite: text.replace('$', "?"), postgres: text }
    }

    pub(super) fn each(sqlite: String, postgres: String) -> Self {
        Self { sqlite, postgres }
    }

    pub(super) fn sql(&'static self) -> Sql {
        Sql {
            #[cfg(test)]
            name: "transfer",
            sqlite: &self.sqlite,
            postgres: &self.postgres,
        }
    }
}

impl Numbers {
    pub(super) fn new(table: &str, id: &str) -> Self {
        let sequence = format!("CAST(pg_get_serial_sequence('{table}', '{id}') AS regclass)");
        let given = format!("coalesce(pg_sequence_last_value({sequence}), 0)");
        let largest = format!("coalesce((SELECT max({id}) FROM {table}), 0)");
        // A table that is append only has no row there: its largest id is the last one.
        let kept = format!("coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0)");
        Self {
            last: Text {
                sqlite: format!("SELECT max({kept}, {largest})"),
                postgres: format!("SELECT greatest({given}, {largest})"),
            },
            go_on: Text {
                // A table into which nothing was carried has no row there either.
                sqlite: format!(
                    "REPLACE INTO sqlite_sequence (rowid, name, seq) VALUES (
                        (SELECT rowid FROM sqlite_sequence WHERE name = '{table}'), '{table}',
                        max(?1, {kept}))"
                ),
                postgres: format!("SELECT setval({sequence}, $1) WHERE $1 > {given}"),
            },
        }
    }
}
