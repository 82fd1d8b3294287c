//! The media library's records: what announcements can refer to, and in which files each thing is.
//!
//! Invariant: a record and its files are written and removed together. The bytes of the files are
//! elsewhere (`crates/media`); here is what they are called.

use model::Timestamp;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    MEDIA_LIST = "SELECT name, file_name, content_type, alt, added_at FROM media ORDER BY name";
    MEDIA_FIND = "SELECT name, file_name, content_type, alt, added_at FROM media WHERE name = $1";
    MEDIA_COUNT = "SELECT count(*) FROM media";
    MEDIA_INSERT = "INSERT INTO media (name, file_name, content_type, alt, added_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) DO UPDATE SET file_name = excluded.file_name,
            content_type = excluded.content_type, alt = excluded.alt,
            added_at = excluded.added_at";
    MEDIA_DESCRIBE = "UPDATE media SET alt = $2 WHERE name = $1";
    MEDIA_REMOVE = "DELETE FROM media WHERE name = $1";
    MEDIA_FILES_ALL =
        "SELECT name, size, file, width, height, bytes FROM media_files ORDER BY name, size";
    MEDIA_FILES_OF = "SELECT name, size, file, width, height, bytes FROM media_files
        WHERE name = $1 ORDER BY size";
    MEDIA_FILE_INSERT = "INSERT INTO media_files (name, size, file, width, height, bytes)
        VALUES ($1, $2, $3, $4, $5, $6)";
    MEDIA_FILES_REMOVE = "DELETE FROM media_files WHERE name = $1";
}

/// Something that announcements can show, attach or link to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRecord {
    /// What announcements call it; each name once.
    pub name: String,
    /// What recipients see when it is attached.
    pub file_name: String,
    /// The whole Content-Type.
    pub content_type: String,
    /// What readers without pictures get.
    pub alt: Option<String>,
    pub added_at: Timestamp,
    /// At least one; each size once.
    pub files: Vec<MediaFile>,
}

/// One file of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    pub size: MediaSize,
    /// What the file is called where the bytes are.
    pub file: String,
    /// In pixels; 0 for what is no picture.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaSize {
    /// The thing itself, if it is no picture; else for screens with two pixels per point.
    Whole,
    /// For screens with one pixel per point.
    Single,
    /// For lists.
    Thumbnail,
}

impl MediaSize {
    const ALL: [Self; 3] = [Self::Whole, Self::Single, Self::Thumbnail];

    const fn code(self) -> i64 {
        match self {
            Self::Whole => 0,
            Self::Single => 1,
            Self::Thumbnail => 2,
        }
    }
}

impl Store {
    /// Every record, by name.
    pub async fn media_list(&self) -> Result<Vec<MediaRecord>, StoreError> {
        self.read(|tx| {
            let mut records = tx.all(MEDIA_LIST, (), record)?;
            let mut files = tx.all(MEDIA_FILES_ALL, (), file)?.into_iter().peekable();
            for record in &mut records {
                while let Some((_, file)) = files.next_if(|(name, _)| *name == record.name) {
                    record.files.push(file);
                }
            }
            Ok(records)
        })
        .await
    }

    /// The record of this name.
    pub async fn media_find(&self, name: String) -> Result<Option<MediaRecord>, StoreError> {
        self.read(move |tx| {
            let Some(mut record) = tx.all(MEDIA_FIND, [&name], record)?.pop() else {
                return Ok(None);
            };
            record.files.extend(tx.all(MEDIA_FILES_OF, [&name], file)?.into_iter().map(|it| it.1));
            Ok(Some(record))
        })
        .await
    }

    /// How many records there are.
    pub async fn media_count(&self) -> Result<i64, StoreError> {
        self.read(|tx| tx.one(MEDIA_COUNT, (), |row| row.get(0))).await
    }

    /// Stores a record, in place of one of the same name.
    pub async fn media_put(&self, record: MediaRecord) -> Result<(), StoreError> {
        self.write(move |tx| {
            let MediaRecord { name, file_name, content_type, alt, added_at, files } = &record;
            let values = (name, file_name, content_type, alt.as_deref(), added_at.0);
            tx.execute(MEDIA_INSERT, values)?;
            tx.execute(MEDIA_FILES_REMOVE, [name])?;
            for file in files {
                insert(tx, name, file)?;
            }
            Ok(())
        })
        .await
    }

    /// Says what readers without pictures get; false when there is no such record.
    pub async fn media_describe(
        &self,
        name: String,
        alt: Option<String>,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(MEDIA_DESCRIBE, (&name, alt.as_deref()))? > 0)).await
    }

    /// Removes a record; false when there was none. Its files' bytes stay where they are.
    pub async fn media_remove(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |tx| {
            tx.execute(MEDIA_FILES_REMOVE, [&name])?;
            Ok(tx.execute(MEDIA_REMOVE, [&name])? > 0)
        })
        .await
    }
}

fn insert(tx: &Tx<'_>, name: &str, of: &MediaFile) -> Result<(), StoreError> {
    let (width, height) = (i64::from(of.width), i64::from(of.height));
    let bytes = i64::try_from(of.bytes).unwrap_or(i64::MAX);
    let values = (name, of.size.code(), of.file.as_str(), width, height, bytes);
    tx.execute(MEDIA_FILE_INSERT, values).map(drop)
}

fn record(row: &SqlRow<'_>) -> Result<MediaRecord, StoreError> {
    Ok(MediaRecord {
        name: row.get(0)?,
        file_name: row.get(1)?,
        content_type: row.get(2)?,
        alt: row.get(3)?,
        added_at: Timestamp(row.get(4)?),
        files: Vec::new(),
    })
}

fn file(row: &SqlRow<'_>) -> Result<(String, MediaFile), StoreError> {
    let code: i64 = row.get(1)?;
    let size = MediaSize::ALL.into_iter().find(|size| size.code() == code);
    let size = size.ok_or_else(|| StoreError::Corrupt(format!("there is no media size {code}")))?;
    let number = |column| -> Result<u32, StoreError> {
        crate::engine::error::narrow(row.get::<i64>(column)?, "the size of a picture")
    };
    let file = MediaFile {
        size,
        file: row.get(2)?,
        width: number(3)?,
        height: number(4)?,
        bytes: crate::engine::error::narrow(row.get::<i64>(5)?, "the length of a file")?,
    };
    Ok((row.get(0)?, file))
}
