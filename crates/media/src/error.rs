//! What can go wrong with the library, for the person who typed the command.

use store::StoreError;

use crate::FILE_BYTES;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file can't be used in mail, or not as it is.
    #[error("{file} {why}")]
    Refused { file: String, why: String },
    #[error("{file} has more than {} MiB; {}", FILE_BYTES >> 20, "make it smaller, or link to it")]
    TooLarge { file: String },
    /// No name can be made from what the file is called.
    #[error(
        "`{0}` has nothing that a name can be made from; give one of letters a-z, digits and hyphens, \
         such as agenda.pdf"
    )]
    NoName(String),
    /// Other content has the name.
    #[error(
        "there is already another `{0}` in the library; use another name, or let this one take its \
         place (campaigns that have started keep the old one)"
    )]
    NameTaken(String),
    #[error("there is no `{name}` in the library{}", nearest.as_deref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
    Unknown { name: String, nearest: Option<String> },
    #[error("the library has {0} entries, which is the most; remove some that nothing uses")]
    Full(usize),
    #[error(transparent)]
    Files(#[from] FileStoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the bytes of a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileStoreError {
    /// It is not where it should be.
    #[error("the media file {0} is missing")]
    Missing(String),
    /// Its content is not what its name says.
    #[error("the media file {0} is damaged: its content does not match its name")]
    Damaged(String),
    /// The folder or the bucket does not answer as it should; it may later.
    #[error("the media files in {place} can't be used: {why}")]
    Away { place: String, why: String },
}

impl FileStoreError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}
