//! The media library: pictures and files that announcements show, attach or link to.
//!
//! A [`Library`] takes a file in once: a picture is decoded, turned upright, converted to sRGB and
//! written anew in the sizes that mail needs, so nothing of the original's metadata is left; other files
//! are looked at and kept as they are. Their records are in the store, their bytes in a folder or a
//! bucket ([`FileStore`]).
//!
//! Invariants: a file's name begins with a hash of its content and is never given to other content, so
//! it may be cached for ever and what a campaign was started with can't change; a record never stands
//! in the store before its bytes are on disk. Every size is bounded before anything is decoded.

mod add;
mod error;
mod file_key;
mod file_kind;
mod file_store;
mod library;
mod name;

mod document;
mod picture;

pub use add::Add;
pub use error::{FileStoreError, MediaError};
pub use file_key::FileKey;
pub use file_kind::FileKind;
pub use file_store::{Bucket, FileStore, FileStoreLocation, OpenedFile};
pub use library::{Added, LIBRARY_RECORDS, Library};

/// The largest file that is taken in, in bytes.
pub const FILE_BYTES: usize = 25 << 20;
