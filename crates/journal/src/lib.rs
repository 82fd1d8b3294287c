//! An append-only, checksummed log with group commit, for what must not be lost.
//!
//! A journal is a folder of segments `NNNNNNNNNNNNNNNNNNNN.seg`. A segment is a sequence of
//! records, each `[length u32][crc32c u32][bytes]`, little endian; the checksum covers the
//! segment's number, the record's offset, its length and its bytes, so that nothing left over from
//! elsewhere on the disk is taken for a record. A length of zero means that nothing has been
//! written there yet.
//!
//! Invariants:
//!
//! - What is before the durable end survives kill -9 and power loss, on disks that do what they promise;
//!   what is after it may survive, but only as a prefix, whole and in order.
//! - There is one writer: the folder is locked.
//! - Only the newest segment can be torn. Every older one ends exactly at its last record. A writer that
//!   opens a journal despite damage keeps what is intact after the damaged part, and readers encounter
//!   the damage.
//! - (segment, offset) identifies a durable record for ever: no segment number that held one is used
//!   again, not even after the folder was lost, because an empty one begins with the seconds since 1970.
//! - Bytes cut off a torn tail, and segments that a reader found damaged, are kept in quarantine files,
//!   a bounded number of them.
//! - Several journals may share a quota; a journal that has no writer any more counts in it as well.
//! - A full disk, or a quota that is reached, is an error of `append` or `commit`; records reported lost
//!   are cut off and never reappear.
//!
//! Knows nothing about the meaning of its records, and never removes a segment by itself.

mod copying;
mod counters;
mod durable;
mod error;
mod folder;
mod group;
mod idle;
mod open_segment;
mod position;
mod quarantine;
mod quota;
mod reader;
mod record;
mod reserved;
mod segment;
mod spare;
mod writer;

pub use copying::copy_journal;
pub use counters::JournalCounters;
pub use durable::Durable;
pub use error::JournalError;
pub use folder::{has_segment, identity, remove_before};
pub use group::{Append, GroupCommit};
pub use idle::IdleJournal;
pub use position::Position;
pub use quarantine::{is_torn_since, keep_segments};
pub use quota::{Options, Quota};
pub use reader::Reader;
pub use reserved::{Reserved, reserved_record};
pub use segment::Torn;
pub use writer::Journal;
