//! An append-only checked log with group commit: what must not be lost.
//!
//! A journal is a folder of segments `NNNNNNNNNNNNNNNNNNNN.seg`. A segment is a row of records,
//! each `[length u32][crc32c u32][bytes]`, little endian; the checksum covers the segment's
//! number, the record's offset, its length and its bytes, so that nothing left over from another
//! place on the disk is taken for a record. A length of zero is where nothing was written yet.
//!
//! Invariants:
//! - What lies before the durable end survives kill -9 and power loss, on disks that keep their
//!   word; what lies behind it may survive, but only as a prefix, whole and in order.
//! - There is one writer: the folder is locked.
//! - Only the newest segment can be torn. Every older one ends exactly at its last record. Whoever
//!   opens it past damage keeps what is whole behind a damaged place, and readers meet the damage.
//! - (segment, offset) names a durable record for ever: no segment number that held one is used
//!   again, not even after the folder was lost, for an empty one begins with the seconds since
//!   1970.
//! - Bytes that are cut off a torn tail, and segments that a reader found damaged, are kept aside
//!   under names of their own, a bounded number of them.
//! - A disk that takes no more, or a quota reached, is an error of `append` or `commit`; records
//!   reported lost are cut off and never turn up again.
//!
//! Knows nothing of what its records mean, and never removes a segment by itself.

mod copying;
mod counters;
mod durable;
mod error;
mod folder;
mod group;
mod open_segment;
mod position;
mod quarantine;
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
pub use position::Position;
pub use quarantine::keep_segments;
pub use reader::Reader;
pub use reserved::Reserved;
pub use segment::Torn;
pub use writer::{Journal, Options};
