//! The file of an import as text: unpacked, decoded, part by part.
//!
//! Invariants: what a file is, is seen in its first bytes, not in its name; a file whose encoding or
//! member has not been said is never guessed at; memory does not grow with the file.
//!
//! A packed or decoded text is resumed by reading it again up to the place, and not from a state of the
//! unpacking: a gigabyte takes seconds, states of decompressors can't be stored, and unpacking at the
//! upload would need room for what nobody has asked to import yet.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::Encoding;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use store::ImportStanding;

use crate::ImportError;
use crate::csv_records::Records;
use crate::everyone::told_by_name;
use crate::place::Place;
use crate::presets::ExportFrom;
use crate::text_encoding::{DecodedText, TextEncoding};
use crate::unpacked::{CountedRead, Expected, MOST_UNPACKED, PackedProblem, Unpacked};
use crate::zip_directory::{self, BEGINNINGS, ZipMember, ZipMethod};

const GZIP: &[u8] = b"\x1f\x8b";
/// Enough to tell what a file is.
const LOOKED_AT: u64 = 8;
/// Endings of names of tables.
const TABLES: [&str; 3] = [".csv", ".txt", ".tsv"];
/// Members that are named when somebody has to choose one.
const NAMED_MEMBERS: usize = 20;

/// What has to be said before the text of a file can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReading {
    pub encoding: TextEncoding,
    /// Of an archive, this file alone.
    pub member: Option<String>,
    /// The product whose archive it may be.
    pub from: ExportFrom,
    /// Names that say what everybody in a file is are no news.
    pub any_name: bool,
}

/// A text, and what it was decoded from if it is not UTF-8.
pub(crate) type PartRecords<'s> = (Records<Box<dyn Read + 's>>, Option<&'static str>);

/// A file that is imported.
pub(crate) struct ImportSource<R> {
    input: R,
    /// The first bytes, which have been read.
    start: Vec<u8>,
    /// Whether the input still stands behind them: one that can't go back can be read once.
    is_untouched: bool,
    encoding: TextEncoding,
    packing: Packing,
    /// How far the file has been read, about.
    read: Arc<AtomicU64>,
}

enum Packing {
    None,
    Gzip,
    Zip(Vec<SourceMember>),
}

struct SourceMember {
    file: ZipMember,
    /// What everybody in it is.
    standing: Option<ImportStanding>,
}

impl<R: Read + Seek> ImportSource<R> {
    pub(crate) fn open(mut input: R, reading: &ImportReading) -> Result<Self, ImportError> {
        let mut start = Vec::new();
        let looked = input.by_ref().take(LOOKED_AT).read_to_end(&mut start);
        looked.map_err(|source| ImportError::of_read(0, source))?;
        let is_zip = BEGINNINGS.iter().any(|beginning| start.starts_with(beginning));
        let packing = if is_zip {
            let members = zip_directory::members(&mut input);
            let members = members.map_err(|source| ImportError::of_read(0, source))?;
            Packing::Zip(chosen(members, reading)?)
        } else if start.starts_with(GZIP) {
            Packing::Gzip
        } else {
            Packing::None
        };
        if reading.member.is_some() && !is_zip {
            return Err(ImportError::NoArchive);
        }
        let (encoding, read) = (reading.encoding, Arc::default());
        Ok(Self { input, start, is_untouched: !is_zip, encoding, packing, read })
    }

    /// How many texts are in it.
    pub(crate) fn parts(&self) -> u32 {
        match &self.packing {
            Packing::Zip(members) => u32::try_from(members.len()).unwrap_or(u32::MAX),
            Packing::None | Packing::Gzip => 1,
        }
    }

    /// The name of a part that is one of several.
    pub(crate) fn part_name(&self, part: u32) -> Option<String> {
        let member = self.member(part).filter(|_| self.parts() > 1)?;
        Some(member.file.name().to_owned())
    }

    /// What everybody in a part is.
    pub(crate) fn standing(&self, part: u32) -> Option<ImportStanding> {
        self.member(part)?.standing
    }

    /// What counts how far the file has been read, where a place in the text does not say it.
    pub(crate) fn measure(&self) -> Option<Arc<AtomicU64>> {
        (!self.is_plain()).then(|| Arc::clone(&self.read))
    }

    /// A part from its beginning.
    pub(crate) fn records(&mut self, part: u32) -> Result<PartRecords<'_>, ImportError> {
        let text = self.text(part).map_err(|source| ImportError::of_read(0, source))?;
        let (text, encoding) = text;
        Ok((Records::of_part(text, part), encoding.map(Encoding::name)))
    }

    /// A part from a place on.
    pub(crate) fn resumed(
        &mut self,
        place: Place,
        separator: u8,
    ) -> Result<PartRecords<'_>, ImportError> {
        let failed = |source| ImportError::of_read(place.line, source);
        if self.is_plain() {
            self.is_untouched = false;
            self.input.seek(SeekFrom::Start(place.bytes)).map_err(failed)?;
            let rest: Box<dyn Read + '_> = Box::new(&mut self.input);
            return Ok((Records::resumed(rest, place, separator), None));
        }
        let (mut text, encoding) = self.text(place.part).map_err(failed)?;
        let passed = io::copy(&mut text.by_ref().take(place.bytes), &mut io::sink());
        if passed.map_err(failed)? < place.bytes {
            let why = PackedProblem::Damaged("it is shorter than it was".to_owned());
            return Err(failed(why.io()));
        }
        Ok((Records::resumed(text, place, separator), encoding.map(Encoding::name)))
    }

    fn member(&self, part: u32) -> Option<&SourceMember> {
        match &self.packing {
            Packing::Zip(members) => members.get(usize::try_from(part).ok()?),
            Packing::None | Packing::Gzip => None,
        }
    }

    /// Whether a place in the text is one in the file.
    fn is_plain(&self) -> bool {
        matches!(self.packing, Packing::None) && self.encoding.of_text(&self.start).is_none()
    }

    fn text(&mut self, part: u32) -> io::Result<(Box<dyn Read + '_>, Option<&'static Encoding>)> {
        let encoding = self.encoding;
        let mut unpacked = self.unpacked(part)?;
        let mut start = Vec::new();
        unpacked.by_ref().take(LOOKED_AT).read_to_end(&mut start)?;
        let found = encoding.of_text(&start);
        let text = Cursor::new(start).chain(unpacked);
        Ok(match found {
            Some(encoding) => (Box::new(DecodedText::new(text, encoding)), found),
            None => (Box::new(text), None),
        })
    }

    fn unpacked(&mut self, part: u32) -> io::Result<Box<dyn Read + '_>> {
        let bytes = Arc::clone(&self.read);
        if let Packing::Zip(members) = &self.packing {
            let member = members.get(usize::try_from(part).unwrap_or(usize::MAX));
            let Some(SourceMember { file, .. }) = member else { return Ok(Box::new(io::empty())) };
            let method = file.method().map_err(PackedProblem::io)?;
            bytes.store(file.seek(&mut self.input)?, Ordering::Relaxed);
            let counted = CountedRead { input: &mut self.input, bytes: Arc::clone(&bytes) };
            let packed = counted.take(file.packed_bytes);
            let expected = Some(Expected { bytes: file.bytes, crc: file.crc });
            return Ok(match method {
                ZipMethod::Stored => Box::new(Unpacked::new(packed, bytes, expected)),
                ZipMethod::Deflated => {
                    Box::new(Unpacked::new(DeflateDecoder::new(packed), bytes, expected))
                }
            });
        }
        let is_packed = matches!(self.packing, Packing::Gzip);
        let start = if std::mem::take(&mut self.is_untouched) {
            self.start.clone()
        } else {
            self.input.rewind()?;
            Vec::new()
        };
        bytes.store(0, Ordering::Relaxed);
        let whole = Cursor::new(start).chain(&mut self.input);
        let counted = CountedRead { input: whole, bytes: Arc::clone(&bytes) };
        Ok(match is_packed {
            true => Box::new(Unpacked::new(MultiGzDecoder::new(counted), bytes, None)),
            false => Box::new(counted),
        })
    }
}

/// The members to import, in the order of the archive.
fn chosen(
    members: Vec<ZipMember>,
    reading: &ImportReading,
) -> Result<Vec<SourceMember>, ImportError> {
    refuse_workbooks(&members)?;
    let tables: Vec<ZipMember> = members.into_iter().filter(is_table).collect();
    let bytes = tables.iter().fold(0_u64, |sum, it| sum.saturating_add(it.bytes));
    let alone = |file| SourceMember { file, standing: None };
    let chosen = match &reading.member {
        Some(asked) => {
            let is_asked = |it: &ZipMember| it.path == *asked || it.name() == asked;
            let found = tables.iter().find(|it| is_asked(it)).cloned();
            let found = found.ok_or_else(|| ImportError::NoMember {
                asked: asked.clone(),
                found: names(&tables),
            })?;
            vec![alone(found)]
        }
        None => match (whole_export(&tables, reading.from), tables.len()) {
            (Some(export), _) if bytes <= MOST_UNPACKED => export,
            (Some(_), _) => return Err(PackedProblem::TooLarge.into()),
            (None, 1) => tables.into_iter().map(alone).collect(),
            (None, 0) => return Err(ImportError::NoTable),
            (None, _) => return Err(ImportError::SeveralMembers(names(&tables))),
        },
    };
    for SourceMember { file, standing } in &chosen {
        file.method()?;
        if file.bytes > MOST_UNPACKED {
            return Err(PackedProblem::TooLarge.into());
        }
        if let Some(told) = told_by_name(file.name())
            && standing.is_none()
            && !reading.any_name
        {
            let name = file.name().to_owned();
            return Err(ImportError::TellingMember { name, told: told.as_str() });
        }
    }
    Ok(chosen)
}

/// All of them, when each is named as a product that may have made the archive names its files.
fn whole_export(tables: &[ZipMember], from: ExportFrom) -> Option<Vec<SourceMember>> {
    from.candidates().into_iter().find_map(|preset| {
        let member = |file: &ZipMember| {
            let standing = preset.standing_by_name(file.name())?;
            Some(SourceMember { file: file.clone(), standing: Some(standing) })
        };
        let members: Option<Vec<SourceMember>> = tables.iter().map(member).collect();
        members.filter(|it| !it.is_empty())
    })
}

fn is_table(member: &ZipMember) -> bool {
    let lower = member.name().to_lowercase();
    // What macOS packs beside each file is called like it.
    let is_hidden = lower.starts_with('.') || member.path.starts_with("__MACOSX/");
    !member.is_folder() && !is_hidden && TABLES.iter().any(|ending| lower.ends_with(ending))
}

/// Spreadsheets are archives, too.
fn refuse_workbooks(members: &[ZipMember]) -> Result<(), ImportError> {
    let marks = ["[Content_Types].xml", "content.xml"];
    match members.iter().any(|member| marks.contains(&member.path.as_str())) {
        true => Err(ImportError::Workbook(".xlsx or .ods")),
        false => Ok(()),
    }
}

fn names(members: &[ZipMember]) -> Vec<String> {
    members.iter().take(NAMED_MEMBERS).map(|member| member.path.clone()).collect()
}

#[cfg(test)]
#[path = "source/tests.rs"]
pub(crate) mod tests;
