//! The parts of a message beside its two texts: pictures inside it, and attachments.

use crate::media::library::{AttachmentLimits, MediaEntry, MediaFacts, MediaLibrary};
use crate::problem::{Problem, Problems, SourcePosition};

/// Base64 makes 57 bytes a line of 76 characters and its end.
const LINE_BYTES: u64 = 57;
const LINE_CHARS: u64 = 78;
/// From this on a message is worth a word.
const HEAVY: u64 = 100_000;

/// A file that travels in every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// What it is called in the library; begins with a hash of its content.
    pub file: String,
    pub content_type: String,
    /// What recipients see.
    pub file_name: String,
    /// What the HTML calls it; nothing for an attachment.
    pub content_id: Option<String>,
    pub bytes: u64,
}

impl AttachedFile {
    pub(crate) fn inline(entry: &MediaEntry, facts: &MediaFacts, domain: &str) -> Self {
        let hash = facts.file.split('-').next().unwrap_or_default();
        Self {
            file: facts.file.clone(),
            content_type: facts.content_type.clone(),
            file_name: with_extension_of(&entry.file_name, &facts.file),
            content_id: Some(format!("{hash}@{domain}")),
            bytes: facts.bytes,
        }
    }

    /// How long it is in the message, about.
    fn encoded_bytes(&self) -> u64 {
        self.bytes.div_ceil(LINE_BYTES) * LINE_CHARS
    }
}

/// What a GIF that was made smaller is called: it has become a PNG.
fn with_extension_of(name: &str, file: &str) -> String {
    let extension = |name: &str| name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase());
    match (extension(name), extension(file)) {
        (Some(of_name), Some(of_file)) if of_name == of_file || of_name == "jpeg" => {
            name.to_owned()
        }
        (_, Some(of_file)) => {
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            format!("{stem}.{of_file}")
        }
        _ => name.to_owned(),
    }
}

/// The attachments that the front matter names.
///
/// # Errors
/// Those that are unknown.
pub(crate) fn attached(
    names: &[(String, SourcePosition)],
    library: &MediaLibrary,
) -> Result<Vec<AttachedFile>, Problems> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (name, place) in names {
        match library.find(name, *place) {
            Ok(entry) => files.extend(entry.widest().map(|facts| AttachedFile {
                file: facts.file.clone(),
                content_type: entry.content_type.clone(),
                file_name: entry.file_name.clone(),
                content_id: None,
                bytes: facts.bytes,
            })),
            Err(problem) => problems.push(problem),
        }
    }
    Problems::found(problems)?;
    Ok(files)
}

/// Checks how much every message would carry, and warns of what is allowed and yet a burden; `place` is
/// where its author can do something about it.
///
/// # Errors
/// What is too large.
pub(crate) fn weigh(
    place: SourcePosition,
    limits: AttachmentLimits,
    files: &[AttachedFile],
) -> Result<Option<Problem>, Problems> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.bytes > limits.one) {
        problems.push(place.problem(
            format!(
                "`{}` has {}, and a file in a message may have {}",
                file.file_name,
                megabytes(file.bytes),
                megabytes(limits.one)
            ),
            "link to it instead: [its name](media:...), or raise media.attachment_max_mib",
        ));
    }
    let all: u64 = files.iter().map(|file| file.bytes).sum();
    if all > limits.all {
        problems.push(place.problem(
            format!(
                "the files in a message have {} together, and may have {}",
                megabytes(all),
                megabytes(limits.all)
            ),
            "link to some of them instead, or raise media.attachments_max_mib",
        ));
    }
    Problems::found(problems)?;
    let encoded: u64 = files.iter().map(AttachedFile::encoded_bytes).sum();
    let attachments = files.iter().filter(|file| file.content_id.is_none()).count();
    if attachments == 0 && encoded <= HEAVY {
        return Ok(None);
    }
    let what = match attachments {
        0 => "pictures inside the message make".to_owned(),
        1 => "an attachment makes".to_owned(),
        count => format!("{count} attachments make"),
    };
    Ok(Some(place.problem(
        format!("{what} every message {} larger as it is sent", megabytes(encoded)),
        "link to the files where you can: many mailboxes delay or refuse large mail to many people, \
         and nobody sees who opened an attachment",
    )))
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
