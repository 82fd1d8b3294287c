//! From a file to a record and the contents of its files. Waits for nothing but the processor.

use model::Timestamp;
use store::{MediaFile, MediaRecord, MediaSize};

use crate::error::MediaError;
use crate::file_key::FileKey;
use crate::name::{extension_of, library_name, shown_name};
use crate::picture::PictureFormat;
use crate::{FILE_BYTES, document, picture};

/// A picture beyond this is a burden for readers on the road.
const HEAVY_BYTES: u64 = 1_000_000;

/// What is to be added.
#[derive(Debug, Clone, Default)]
pub struct Add {
    /// What the file is called, with or without folders in front.
    pub file_name: String,
    pub content: Vec<u8>,
    /// What it is to be called instead, in the library and by recipients.
    pub name: Option<String>,
    pub alt: Option<String>,
    /// Whether it may take the place of other content of the same name.
    pub replace: bool,
}

pub(crate) struct Taken {
    pub(crate) record: MediaRecord,
    /// Each content once.
    pub(crate) contents: Vec<(FileKey, Vec<u8>)>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn take_in(add: Add, now: Timestamp) -> Result<Taken, MediaError> {
    let Add { file_name, content, name, alt, .. } = add;
    if content.len() > FILE_BYTES {
        return Err(MediaError::TooLarge { file: file_name });
    }
    let called = name.as_deref().unwrap_or(&file_name);
    let refused = |why| MediaError::Refused { file: file_name.clone(), why };
    let Made { extension, content_type, files, mut notes } = match PictureFormat::of(&content) {
        Some(format) => of_picture(&content, format, called).map_err(refused)?,
        None => of_document(content, &extension_of(&file_name)).map_err(refused)?,
    };
    let nameless = || MediaError::NoName(called.to_owned());
    let library_name = library_name(called, &extension).ok_or_else(nameless)?;
    let shown = shown_name(called, &extension).unwrap_or_else(|| library_name.clone());
    let stem = library_name.rsplit_once('.').map_or("", |(stem, _)| stem);
    let mut contents: Vec<(FileKey, Vec<u8>)> = Vec::with_capacity(files.len());
    let mut listed = Vec::with_capacity(files.len());
    for made in files {
        let key = FileKey::of(&made.bytes, stem, made.kind);
        let bytes = made.bytes.len() as u64;
        if made.size == MediaSize::Whole && made.kind.is_picture() && bytes > HEAVY_BYTES {
            notes.push(format!(
                "it weighs {:.1} MB, which takes long on the road; a photograph weighs less as JPEG",
                bytes as f64 / 1e6
            ));
        }
        let picture::MadeFile { size, width, height, .. } = made;
        listed.push(MediaFile { size, file: key.as_str().to_owned(), width, height, bytes });
        if !contents.iter().any(|(known, _)| *known == key) {
            contents.push((key, made.bytes));
        }
    }
    let record = MediaRecord {
        name: library_name,
        file_name: shown,
        content_type,
        alt: alt.as_deref().and_then(kept_alt),
        added_at: now,
        files: listed,
    };
    Ok(Taken { record, contents, notes })
}

struct Made {
    /// Of its names.
    extension: String,
    content_type: String,
    files: Vec<picture::MadeFile>,
    notes: Vec<String>,
}

fn of_picture(content: &[u8], format: PictureFormat, called: &str) -> Result<Made, String> {
    let made = picture::make(content, format)?;
    let kind = made.files.first().map(|file| file.kind).ok_or("has no pixels")?;
    // A name that its owner knows stays, if it is not a lie.
    let given = extension_of(called);
    let extension = match (kind.extension(), given.as_str()) {
        ("jpg", "jpeg") => given,
        (extension, _) => extension.to_owned(),
    };
    let content_type = kind.content_type().to_owned();
    Ok(Made { extension, content_type, files: made.files, notes: made.notes })
}

fn of_document(content: Vec<u8>, extension: &str) -> Result<Made, String> {
    let document::Document { kind, content_type, bytes, notes } =
        document::read(content, extension)?;
    let size = MediaSize::Whole;
    let file = picture::MadeFile { size, kind, width: 0, height: 0, bytes };
    Ok(Made { extension: kind.extension().to_owned(), content_type, files: vec![file], notes })
}

/// An alternative text as it is kept; none when nothing is left of it.
pub(crate) fn kept_alt(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|alt| !alt.is_empty())
}

/// An alternative text stands in an attribute: no line breaks, no control characters.
fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
