//! What is packed with gzip or in a zip archive, unpacked as it is read.
//!
//! Invariants: memory does not grow with what is unpacked; more than an import may have, or a ratio
//! that no table has, ends the reading.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;

/// Bytes that a file may have when it is unpacked, all members of an archive together: what an upload
/// may have as it is.
pub(crate) const MOST_UNPACKED: u64 = if cfg!(test) { 40 << 20 } else { 1 << 30 };
/// Bytes below which the ratio is not looked at: a short file of equal rows is no attack.
const RATIO_FROM: u64 = 16 << 20;
/// A large table of people becomes about a tenth; deflate itself reaches a thousandth.
const MOST_RATIO: u64 = 200;

/// Why something packed can't be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackedProblem {
    #[error("unpacked, the file has more than 1 GiB: split it")]
    TooLarge,
    #[error(
        "the file unpacks to more than {MOST_RATIO} times its size, which no list of contacts does"
    )]
    Ratio,
    #[error("the packed file is damaged or incomplete: {0}")]
    Damaged(String),
    #[error("{0:?} in the archive is encrypted: unpack it first")]
    Encrypted(String),
    #[error(
        "{0:?} in the archive is packed in a way that is not understood (method {1}): pack it \
             anew, or unpack it first"
    )]
    Method(String, u16),
    #[error("the archive uses Zip64, which files of this size don't need: pack it anew")]
    Zip64,
    #[error("the archive is one part of several: put it together first")]
    Split,
    #[error("the archive holds more than {0} files: import one that holds the list alone")]
    ManyMembers(usize),
    #[error("a zip archive must be a file whose end can be read first, not a stream")]
    NoSeek,
}

impl PackedProblem {
    pub(crate) fn io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}

/// Counts what is read.
pub(crate) struct CountedRead<R> {
    pub(crate) input: R,
    pub(crate) bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for CountedRead<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.bytes.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}

/// What the directory of an archive says about a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) bytes: u64,
    pub(crate) crc: u32,
}

/// Unpacks within bounds.
pub(crate) struct Unpacked<R> {
    unpacking: R,
    /// Bytes that were read of what is packed.
    packed: Arc<AtomicU64>,
    packed_before: u64,
    unpacked: u64,
    /// Of a member of an archive; gzip checks itself.
    expected: Option<Expected>,
    crc: Crc,
}

impl<R: Read> Unpacked<R> {
    pub(crate) fn new(unpacking: R, packed: Arc<AtomicU64>, expected: Option<Expected>) -> Self {
        let packed_before = packed.load(Ordering::Relaxed);
        Self { unpacking, packed, packed_before, unpacked: 0, expected, crc: Crc::new() }
    }

    fn check(&self) -> Result<(), PackedProblem> {
        let packed = self.packed.load(Ordering::Relaxed).saturating_sub(self.packed_before);
        if self.expected.is_some_and(|it| self.unpacked > it.bytes) {
            return Err(PackedProblem::Damaged("it is longer than its directory says".to_owned()));
        }
        if self.unpacked > MOST_UNPACKED {
            return Err(PackedProblem::TooLarge);
        }
        if self.unpacked > RATIO_FROM && self.unpacked / MOST_RATIO > packed {
            return Err(PackedProblem::Ratio);
        }
        Ok(())
    }

    fn check_end(&self) -> Result<(), PackedProblem> {
        match self.expected {
            Some(it) if it.bytes != self.unpacked || it.crc != self.crc.sum() => {
                Err(PackedProblem::Damaged("its checksum is wrong".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacking.read(into).map_err(damaged)?;
        if read == 0 && !into.is_empty() {
            self.check_end().map_err(PackedProblem::io)?;
            return Ok(0);
        }
        if self.expected.is_some() {
            self.crc.update(into.get(..read).unwrap_or_default());
        }
        self.unpacked += u64::try_from(read).unwrap_or(0);
        self.check().map_err(PackedProblem::io)?;
        Ok(read)
    }
}

/// What the unpacking complains about; trouble in reading the file itself stays as it is.
fn damaged(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            PackedProblem::Damaged(error.to_string()).io()
        }
        _ => error,
    }
}
