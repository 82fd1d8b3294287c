//! The directory at the end of a zip archive (PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16), and where
//! its members begin.
//!
//! Invariants: memory is bounded by [`MOST_MEMBERS`] and [`DIRECTORY_BYTES`], whatever the archive says;
//! names are only names, nothing is ever written to a path. Not the `zip` crate: it keeps every entry of
//! the directory, of which an archive of the permitted size has millions.

use std::io::{self, Read, Seek, SeekFrom};

use crate::unpacked::PackedProblem;

/// What an archive begins with, and one that holds nothing.
pub(crate) const BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const MOST_MEMBERS: usize = 1_000;
const DIRECTORY_BYTES: u64 = 1 << 20;
/// The record at the end, without the comment behind it.
const END_BYTES: usize = 22;
/// With the longest comment.
const TAIL_BYTES: u64 = 22 + 0xffff;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Stands where Zip64 has the value elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// How a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZipMethod {
    Stored,
    Deflated,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZipMember {
    /// With the folders before it.
    pub(crate) path: String,
    /// Where its local header begins.
    at: u64,
    pub(crate) packed_bytes: u64,
    pub(crate) bytes: u64,
    pub(crate) crc: u32,
    method: u16,
    is_encrypted: bool,
    /// A size stands elsewhere, or it is a part of an archive that was split.
    is_zip64: bool,
}

impl ZipMember {
    /// The last part of its path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.path.ends_with('/')
    }

    /// How it is packed, if it can be read.
    pub(crate) fn method(&self) -> Result<ZipMethod, PackedProblem> {
        let name = || self.name().to_owned();
        match self.method {
            // Strong encryption of some tools is a method of its own.
            _ if self.is_encrypted => Err(PackedProblem::Encrypted(name())),
            99 => Err(PackedProblem::Encrypted(name())),
            _ if self.is_zip64 => Err(PackedProblem::Zip64),
            0 => Ok(ZipMethod::Stored),
            8 => Ok(ZipMethod::Deflated),
            other => Err(PackedProblem::Method(name(), other)),
        }
    }

    /// Goes to where its bytes begin.
    pub(crate) fn seek(&self, archive: &mut (impl Read + Seek)) -> io::Result<u64> {
        archive.seek(SeekFrom::Start(self.at))?;
        let mut local = [0; LOCAL_BYTES];
        archive.read_exact(&mut local)?;
        if !local.starts_with(b"PK\x03\x04") {
            return Err(damaged("a file in it does not begin where its directory says").io());
        }
        let behind = u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
        let begins = self.at + u64::try_from(LOCAL_BYTES).unwrap_or(0) + behind;
        archive.seek(SeekFrom::Start(begins))
    }
}

/// The members of an archive, in the order of its directory.
pub(crate) fn members(archive: &mut (impl Read + Seek)) -> io::Result<Vec<ZipMember>> {
    let length = archive.seek(SeekFrom::End(0)).map_err(|error| match error.kind() {
        // A pipe.
        io::ErrorKind::NotSeekable => PackedProblem::NoSeek.io(),
        _ => error,
    })?;
    let from = length.saturating_sub(TAIL_BYTES);
    archive.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    archive.by_ref().take(TAIL_BYTES).read_to_end(&mut tail)?;
    let end_at = end_of(&tail).ok_or_else(|| damaged("its directory is missing").io())?;
    let end = tail.get(end_at..end_at + END_BYTES).unwrap_or_default();
    let (bytes, at) = (u32_at(end, 12), u32_at(end, 16));
    let count = usize::from(u16_at(end, 10));
    if at == ELSEWHERE || bytes == ELSEWHERE || count == usize::from(u16::MAX) {
        return Err(PackedProblem::Zip64.io());
    }
    if u16_at(end, 4) != 0 || u16_at(end, 6) != 0 {
        return Err(PackedProblem::Split.io());
    }
    if count > MOST_MEMBERS || u64::from(bytes) > DIRECTORY_BYTES {
        return Err(PackedProblem::ManyMembers(MOST_MEMBERS).io());
    }
    archive.seek(SeekFrom::Start(u64::from(at)))?;
    let mut directory = Vec::new();
    archive.by_ref().take(u64::from(bytes)).read_to_end(&mut directory)?;
    entries(&directory, count).map_err(PackedProblem::io)
}

/// The last record of an end whose comment reaches to the end of the file.
fn end_of(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_BYTES)?;
    (0..=last).rev().find(|at| {
        let end = tail.get(*at..).unwrap_or_default();
        let comment = usize::from(u16_at(end, 20));
        end.starts_with(b"PK\x05\x06") && end.len() == END_BYTES + comment
    })
}

fn entries(mut directory: &[u8], count: usize) -> Result<Vec<ZipMember>, PackedProblem> {
    let mut members = Vec::with_capacity(count);
    for _ in 0..count {
        let broken = || damaged("its directory is broken");
        let entry = directory.get(..ENTRY_BYTES).filter(|it| it.starts_with(b"PK\x01\x02"));
        let entry = entry.ok_or_else(broken)?;
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(entry, at)));
        let path = directory.get(ENTRY_BYTES..ENTRY_BYTES + name).ok_or_else(broken)?;
        let flags = u16_at(entry, 8);
        let (packed, bytes, at) = (u32_at(entry, 20), u32_at(entry, 24), u32_at(entry, 42));
        members.push(ZipMember {
            path: String::from_utf8_lossy(path).into_owned(),
            at: u64::from(at),
            packed_bytes: u64::from(packed),
            bytes: u64::from(bytes),
            crc: u32_at(entry, 16),
            method: u16_at(entry, 10),
            is_encrypted: flags & 0x2041 != 0,
            is_zip64: [packed, bytes, at].contains(&ELSEWHERE) || u16_at(entry, 34) != 0,
        });
        let next = ENTRY_BYTES + name + extra + comment;
        directory = directory.get(next..).ok_or_else(broken)?;
    }
    Ok(members)
}

fn damaged(why: &str) -> PackedProblem {
    PackedProblem::Damaged(why.to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let found = bytes.get(at..at + 2).and_then(|it| <[u8; 2]>::try_from(it).ok());
    found.map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..at + 4).and_then(|it| <[u8; 4]>::try_from(it).ok());
    found.map_or(0, u32::from_le_bytes)
}
