//! Settings: small texts by key that one process leaves for another.

use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    SETTING_FIND = "SELECT value FROM settings WHERE key = $1";
    SETTINGS_BEGINNING = "SELECT key, value FROM settings
        WHERE key >= $1 AND key < $2 ORDER BY key LIMIT 1000";
    SETTING_PUT = "INSERT INTO settings (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    SETTING_ADD = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    SETTING_CHANGE = "UPDATE settings SET value = $3 WHERE key = $1 AND value = $2";
}

impl Store {
    pub async fn setting_find(&self, key: impl Into<String>) -> Result<Option<String>, StoreError> {
        let key = key.into();
        self.read(move |tx| tx.first(SETTING_FIND, [&key], |row| row.get(0))).await
    }

    /// The settings whose keys begin with this prefix, with their values, at most 1,000.
    pub async fn settings_beginning(
        &self,
        beginning: String,
    ) -> Result<Vec<(String, String)>, StoreError> {
        // Behind every key that begins so: keys are ASCII.
        let behind = format!("{beginning}\u{7f}");
        self.read(move |tx| {
            tx.all(SETTINGS_BEGINNING, (&beginning, &behind), |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .await
    }

    /// Stores a value in place of the previous one.
    pub async fn setting_put(
        &self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), StoreError> {
        let (key, value) = (key.into(), value.into());
        self.write(move |tx| tx.execute(SETTING_PUT, (&key, &value)).map(drop)).await
    }

    /// Stores a value in place of `known`, or where there was none.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when there is another one.
    pub async fn setting_replace(
        &self,
        key: impl Into<String>,
        known: Option<String>,
        value: impl Into<String>,
    ) -> Result<(), StoreError> {
        let (key, value) = (key.into(), value.into());
        self.write(move |tx| {
            let rows = match &known {
                Some(known) => tx.execute(SETTING_CHANGE, (&key, known, &value))?,
                None => tx.execute(SETTING_ADD, (&key, &value))?,
            };
            if rows == 1 { Ok(()) } else { Err(StoreError::Changed("settings")) }
        })
        .await
    }
}
