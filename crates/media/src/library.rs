//! The library: records in the store, bytes in the file store.

use model::Timestamp;
use store::{MediaRecord, Store};
use tokio::sync::Semaphore;

use crate::add::{Add, Taken, kept_alt, take_in};
use crate::error::MediaError;
use crate::file_key::FileKey;
use crate::file_store::FileStore;

/// The most records: all are in memory when an announcement is compiled.
pub const LIBRARY_RECORDS: usize = 10_000;

/// Pictures that are decoded at once: each may take some 600 MB.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Pictures and files for announcements.
#[derive(Debug, Clone)]
pub struct Library {
    store: Store,
    files: FileStore,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    pub record: MediaRecord,
    /// Whether it was there before, with the same content.
    pub was_there: bool,
    /// What its owner should know.
    pub notes: Vec<String>,
}

impl Library {
    #[must_use]
    pub fn new(store: Store, files: FileStore) -> Self {
        Self { store, files }
    }

    #[must_use]
    pub fn files(&self) -> &FileStore {
        &self.files
    }

    /// Takes a file in. The same content under the same name again changes nothing but the
    /// alternative text, if one is given.
    ///
    /// # Errors
    /// When it can't be used, its name has other content, or it can't be stored.
    pub async fn add(&self, add: Add, now: Timestamp) -> Result<Added, MediaError> {
        let (replace, alt) = (add.replace, add.alt.as_deref().and_then(kept_alt));
        // Never closed. Others wait for as long as their request may take.
        let _turn = DECODING.acquire().await;
        // Decoding takes seconds; a thread of the runtime must not.
        let taken = tokio::task::spawn_blocking(move || take_in(add, now)).await;
        let Taken { mut record, contents, notes } = match taken {
            Ok(taken) => taken?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let known = self.store.media_find(record.name.clone()).await?;
        let was_there = known.as_ref().is_some_and(|known| known.files == record.files);
        match known {
            Some(known) if was_there => {
                record.alt = alt.or(known.alt);
                record.added_at = known.added_at;
            }
            Some(_) if !replace => return Err(MediaError::NameTaken(record.name)),
            Some(known) => record.alt = alt.or(known.alt),
            None if self.store.media_count().await? >= LIBRARY_RECORDS as i64 => {
                return Err(MediaError::Full(LIBRARY_RECORDS));
            }
            None => {}
        }
        // Also what was there: a file that was lost comes back.
        for (key, content) in contents {
            self.files.put(&key, content).await?;
        }
        self.store.media_put(record.clone()).await?;
        Ok(Added { record, was_there, notes })
    }

    /// Every record, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<MediaRecord>, MediaError> {
        Ok(self.store.media_list().await?)
    }

    /// The record of this name.
    ///
    /// # Errors
    /// When there is none; names the one that is most like it.
    pub async fn find(&self, name: &str) -> Result<MediaRecord, MediaError> {
        if let Some(found) = self.store.media_find(name.to_owned()).await? {
            return Ok(found);
        }
        let all = self.store.media_list().await?;
        let likeness = |record: &MediaRecord| strsim::jaro_winkler(&record.name, name);
        let nearest = all.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|record| likeness(record) > 0.8);
        let nearest = nearest.map(|record| record.name.clone());
        Err(MediaError::Unknown { name: name.to_owned(), nearest })
    }

    /// Says what readers without pictures get; nothing when nothing is left of the text.
    ///
    /// # Errors
    /// When there is no such record, or the store fails.
    pub async fn describe(&self, name: &str, alt: &str) -> Result<(), MediaError> {
        match self.store.media_describe(name.to_owned(), kept_alt(alt)).await? {
            true => Ok(()),
            false => self.find(name).await.map(drop),
        }
    }

    /// Removes a record. Its files stay, because messages that were sent show them.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn remove(&self, name: &str) -> Result<MediaRecord, MediaError> {
        let record = self.find(name).await?;
        self.store.media_remove(record.name.clone()).await?;
        Ok(record)
    }

    /// Removes a record and its files for good. Messages that show them show nothing there.
    ///
    /// # Errors
    /// When there is none, or the store or the file store fails.
    pub async fn erase(&self, name: &str) -> Result<MediaRecord, MediaError> {
        let record = self.remove(name).await?;
        for file in &record.files {
            if let Some(key) = FileKey::parse(&file.file) {
                self.files.delete(&key).await?;
            }
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
