//! Archives and encodings, whatever is wrong with them.

use std::io::{Cursor, Write as _};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use proptest::prelude::*;

use super::*;

/// A file to pack into an archive.
pub(crate) struct Member {
    path: String,
    method: u16,
    flags: u16,
    packed: Vec<u8>,
    bytes: u32,
    crc: u32,
}

impl Member {
    pub(crate) fn stored(path: &str, text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        let mut crc = Crc::new();
        crc.update(text);
        Self {
            path: path.to_owned(),
            method: 0,
            flags: 0,
            packed: text.to_vec(),
            bytes: u32::try_from(text.len()).unwrap(),
            crc: crc.sum(),
        }
    }

    pub(crate) fn deflated(path: &str, text: impl AsRef<[u8]>) -> Self {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text.as_ref()).unwrap();
        let packed = packed.finish().unwrap();
        Self { method: 8, packed, ..Self::stored(path, text) }
    }

    fn header(&self) -> Vec<u8> {
        let mut header = vec![20, 0];
        header.extend(self.flags.to_le_bytes());
        header.extend(self.method.to_le_bytes());
        header.extend([0; 4]);
        header.extend(self.crc.to_le_bytes());
        header.extend(u32::try_from(self.packed.len()).unwrap().to_le_bytes());
        header.extend(self.bytes.to_le_bytes());
        header.extend(u16::try_from(self.path.len()).unwrap().to_le_bytes());
        header
    }
}

/// An archive with a comment at its end.
pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(member.header());
        directory.extend([0; 12]);
        directory.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
        directory.extend(member.path.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(member.header());
        // An extra field that the directory does not have.
        file.extend([4, 0]);
        file.extend(member.path.as_bytes());
        file.extend([9, 9, 0, 0]);
        file.extend(&member.packed);
    }
    let (at, count) = (file.len(), u16::try_from(members.len()).unwrap());
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    file.extend(u32::try_from(at).unwrap().to_le_bytes());
    file.extend([3, 0]);
    file.extend(b"PK!");
    file
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// The records of every part, or why there are none.
fn read(file: impl Read + Seek, reading: &ImportReading) -> Result<Vec<String>, ImportError> {
    let mut source = ImportSource::open(file, reading)?;
    let mut all = Vec::new();
    for part in 0..source.parts() {
        let (mut records, _) = source.records(part)?;
        loop {
            let line = records.line();
            let record = records.next().map_err(|source| ImportError::of_read(line, source))?;
            let Some(record) = record else { break };
            all.push(String::from_utf8_lossy(record.raw).into_owned());
        }
    }
    Ok(all)
}

fn plainly(file: &[u8]) -> Result<Vec<String>, String> {
    let read = read(Cursor::new(file), &ImportReading::default());
    read.map_err(|error| error.to_string())
}

const TEXT: &str = "email\nann@x.org\nbob@x.org\n";

#[test]
fn what_a_file_is_is_seen_in_its_first_bytes() {
    let lines = ["email", "ann@x.org", "bob@x.org"];
    let bits: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xff\xfe".as_slice(), &bits].concat();
    let two = [gzip(b"email\nann@x"), gzip(b".org\nbob@x.org\n")].concat();
    let hidden = Member::stored("__MACOSX/._a.csv", "x");
    let (folder, readme) = (Member::stored("lists/", ""), Member::stored("READ.me", "x"));
    for file in [
        TEXT.as_bytes().to_vec(),
        gzip(TEXT.as_bytes()),
        gzip(&marked),
        two,
        marked,
        zip(&[Member::deflated("../../etc/a.CSV", TEXT)]),
        zip(&[hidden, folder, readme, Member::stored("lists\\a.txt", TEXT)]),
    ] {
        assert_eq!(plainly(&file).unwrap(), lines, "{file:02x?}");
    }
}

#[test]
fn a_member_is_chosen_by_name_and_never_guessed() {
    let file = zip(&[Member::stored("a/one.csv", "1\n"), Member::stored("two.csv", "2\n")]);
    let refused = plainly(&file).unwrap_err();
    assert!(refused.contains("a/one.csv, two.csv") && refused.contains("--member"), "{refused}");
    let of = |member: &str| {
        let member = Some(member.to_owned());
        read(Cursor::new(&file), &ImportReading { member, ..ImportReading::default() })
    };
    assert_eq!(of("one.csv").unwrap(), ["1"]);
    assert_eq!(of("a/one.csv").unwrap(), ["1"]);
    assert!(matches!(of("three.csv"), Err(ImportError::NoMember { .. })));
    let member = Some("one.csv".to_owned());
    let plain = read(Cursor::new(TEXT), &ImportReading { member, ..ImportReading::default() });
    assert!(matches!(plain, Err(ImportError::NoArchive)));
    let telling = zip(&[Member::stored("unsubscribed.csv", TEXT)]);
    let refused = plainly(&telling).unwrap_err();
    assert!(refused.contains("--everyone-is unsubscribed"), "{refused}");
    let said = ImportReading { any_name: true, ..ImportReading::default() };
    assert_eq!(read(Cursor::new(&telling), &said).unwrap().len(), 3);
}

#[test]
fn what_is_wrong_with_an_archive_is_told() {
    let one = || Member::deflated("a.csv", TEXT);
    let whole = zip(&[one()]);
    let at = |file: &[u8], at: usize, byte: u8| {
        let mut file = file.to_vec();
        file[at] = byte;
        file
    };
    let end = whole.len() - 25;
    let many: Vec<Member> = (0..1_001).map(|n| Member::stored(&format!("{n}.csv"), "")).collect();
    for (file, words) in [
        (zip(&[]), "holds no file"),
        (zip(&[Member::stored("a.json", TEXT)]), "holds no file"),
        (zip(&[Member::stored("[Content_Types].xml", ""), one()]), "save the sheet"),
        (zip(&[Member { flags: 1, ..one() }]), "encrypted"),
        (zip(&[Member { method: 99, ..one() }]), "encrypted"),
        (zip(&[Member { method: 12, ..one() }]), "method 12"),
        (zip(&[Member { crc: 7, ..one() }]), "checksum"),
        (zip(&[Member { bytes: 9, ..one() }]), "longer than its directory"),
        (zip(&[Member { bytes: 90, ..one() }]), "checksum"),
        (zip(&[Member { bytes: u32::MAX, ..one() }]), "Zip64"),
        (zip(&[Member { bytes: u32::MAX - 1, ..one() }]), "more than 1 GiB"),
        (zip(&many), "more than 1000 files"),
        (at(&whole, end + 4, 1), "one part of several"),
        (at(&whole, end + 10, 2), "directory is broken"),
        (at(&at(&whole, end + 10, 0xff), end + 11, 0xff), "Zip64"),
        (whole[..whole.len() - 1].to_vec(), "directory is missing"),
        (gzip(TEXT.as_bytes())[..20].to_vec(), "damaged or incomplete"),
        ([gzip(TEXT.as_bytes()), b"and more".to_vec()].concat(), "damaged or incomplete"),
    ] {
        let refused = plainly(&file).unwrap_err();
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

#[test]
fn a_bomb_ends_early() {
    let rows = "a@x.org,".repeat(1 << 20) + "\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    for _ in 0..6 {
        packed.write_all(rows.as_bytes()).unwrap();
    }
    let bomb = packed.finish().unwrap();
    let mut source = ImportSource::open(Cursor::new(&bomb), &ImportReading::default()).unwrap();
    let mut text = source.text(0).unwrap().0;
    let read = io::copy(&mut text, &mut io::sink());
    let problem = ImportError::of_read(1, read.unwrap_err());
    assert!(matches!(problem, ImportError::Packed(PackedProblem::Ratio)), "{problem}");
    // Noise is no bomb, and yet too large.
    let mut seed = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_le_bytes()[3]
    })
    .take(MOST_UNPACKED as usize + 1)
    .collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    packed.write_all(&noise).unwrap();
    let packed = packed.finish().unwrap();
    let mut source = ImportSource::open(Cursor::new(&packed), &ImportReading::default()).unwrap();
    let mut text = source.text(0).unwrap().0;
    let problem = ImportError::of_read(1, io::copy(&mut text, &mut io::sink()).unwrap_err());
    assert!(matches!(problem, ImportError::Packed(PackedProblem::TooLarge)), "{problem}");
}

/// Hands out a few bytes at a time, as a slow network does.
struct Slowly<'f> {
    file: Cursor<&'f [u8]>,
    sizes: &'f [usize],
    turn: usize,
}

impl Read for Slowly<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes.get(self.turn % self.sizes.len()).copied().unwrap_or(1);
        self.turn += 1;
        let most = size.min(into.len());
        self.file.read(&mut into[..most])
    }
}

impl Seek for Slowly<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn packings(text: &str) -> Vec<(Vec<u8>, &'static str)> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = text.as_bytes();
    vec![
        (text.to_vec(), "auto"),
        (wide.clone(), "utf-16"),
        (gzip(text), "auto"),
        (gzip(&wide), "utf-16"),
        (zip(&[Member::stored("a.csv", text)]), "auto"),
        (zip(&[Member::deflated("a.csv", &wide)]), "utf-16"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn however_a_file_is_packed_and_comes_its_records_are_the_same(
        text in "[a-z\u{e9}\u{1f600},\n]{1,200}",
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let text = format!("email,{text}");
        let expected = plainly(text.as_bytes()).unwrap();
        for (file, label) in packings(&text) {
            let encoding = TextEncoding::parse(label).unwrap();
            let reading = ImportReading { encoding, ..ImportReading::default() };
            let slowly = Slowly { file: Cursor::new(&file), sizes: &sizes, turn: 0 };
            prop_assert_eq!(&read(slowly, &reading).unwrap(), &expected, "{}", label);
        }
    }

    #[test]
    fn a_text_is_resumed_behind_any_record(text in "[a-z\u{e9},\n]{1,120}") {
        let text = format!("email,{text}");
        let expected = plainly(text.as_bytes()).unwrap();
        for (file, label) in packings(&text) {
            let encoding = TextEncoding::parse(label).unwrap();
            let reading = ImportReading { encoding, ..ImportReading::default() };
            for taken in 0..expected.len() {
                let mut source = ImportSource::open(Cursor::new(&file), &reading).unwrap();
                let (mut records, _) = source.records(0).unwrap();
                for _ in 0..taken {
                    records.next().unwrap();
                }
                let place = records.place();
                drop(records);
                let (mut records, _) = source.resumed(place, b',').unwrap();
                let mut rest = Vec::new();
                while let Some(record) = records.next().unwrap() {
                    rest.push(String::from_utf8_lossy(record.raw).into_owned());
                }
                prop_assert_eq!(&rest[..], &expected[taken..], "{} after {}", label, taken);
            }
        }
    }

    #[test]
    fn no_file_brings_it_down(
        beginning in prop_oneof![Just(&b"PK\x03\x04"[..]), Just(&b"\x1f\x8b\x08"[..]), Just(&b""[..])],
        rest in prop::collection::vec(any::<u8>(), 0..300),
        end in prop::collection::vec(any::<u8>(), 18..19),
    ) {
        let file = [beginning, &rest, b"PK\x05\x06", &end].concat();
        let _ = plainly(&file);
    }
}
