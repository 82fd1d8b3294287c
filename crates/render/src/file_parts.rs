//! The end of a message that carries files: pictures inside it (RFC 2387, RFC 2392) and attachments
//! (RFC 2183), the same for everybody.
//!
//! Invariants: lines end in CRLF and have at most 76 characters where they are base64; none begins with
//! a dot; no boundary can occur in what it bounds, for base64 has no `_`. A name can't break out of
//! its field.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::header::FOLD_AT;
use crate::media::attach::AttachedFile;

/// Bytes that make a line of 76 characters.
const LINE_BYTES: usize = 57;

/// The files of a message, and what parts them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FileParts {
    /// Those with a content id first.
    pub(crate) files: Vec<AttachedFile>,
    /// What the boundaries are made from.
    pub(crate) seed: String,
}

/// The content of a file that a message carries is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the content of `{0}` is not there")]
pub struct NoContent(pub String);

impl FileParts {
    pub(crate) fn new(mut files: Vec<AttachedFile>, seed: &str) -> Self {
        files.sort_by_key(|file| file.content_id.is_none());
        Self { files, seed: seed.to_owned() }
    }

    fn has_inline(&self) -> bool {
        self.files.iter().any(|file| file.content_id.is_some())
    }

    fn has_attachments(&self) -> bool {
        self.files.iter().any(|file| file.content_id.is_none())
    }

    /// From the message's header to the header of its two texts; nothing without files.
    pub(crate) fn opening(&self) -> String {
        let mut opening = String::new();
        if self.has_attachments() {
            let boundary = self.boundary("m");
            opening.push_str(&format!(
                "Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
            ));
        }
        if self.has_inline() {
            let boundary = self.boundary("r");
            opening.push_str(&format!(
                "Content-Type: multipart/related; type=\"multipart/alternative\";\r\n \
                 boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n"
            ));
        }
        opening
    }

    /// What follows the two texts, to the end of the message.
    ///
    /// # Errors
    /// When `contents` lacks a file.
    pub(crate) fn ending(
        &self,
        contents: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Vec<u8>, NoContent> {
        let mut ending = Vec::new();
        for (boundary, is_inline) in [(self.boundary("r"), true), (self.boundary("m"), false)] {
            let files = self.files.iter().filter(|file| file.content_id.is_some() == is_inline);
            let mut is_open = false;
            for file in files {
                is_open = true;
                let content = contents.get(&file.file);
                let content = content.ok_or_else(|| NoContent(file.file.clone()))?;
                ending.extend(format!("--{boundary}\r\n{}\r\n", fields(file)).bytes());
                push_base64(content, &mut ending);
            }
            if is_open {
                ending.extend(format!("--{boundary}--\r\n").bytes());
            }
        }
        Ok(ending)
    }

    /// None begins like another.
    fn boundary(&self, letter: &str) -> String {
        format!("=_pharos{letter}-{}", self.seed)
    }
}

fn push_base64(content: &[u8], to: &mut Vec<u8>) {
    to.reserve(content.len().div_ceil(LINE_BYTES) * 78);
    let mut line = String::with_capacity(76);
    for bytes in content.chunks(LINE_BYTES) {
        line.clear();
        STANDARD.encode_string(bytes, &mut line);
        to.extend_from_slice(line.as_bytes());
        to.extend_from_slice(b"\r\n");
    }
}

/// The header of a part.
fn fields(file: &AttachedFile) -> String {
    // What programs that know nothing of RFC 2231 show, Outlook among them.
    let plain = plain_name(&file.file_name);
    let mut fields = format!("Content-Type: {}", folded_at_semicolons(&file.content_type));
    fields.push_str(&format!(";\r\n name=\"{plain}\"\r\nContent-Transfer-Encoding: base64\r\n"));
    let disposition = match &file.content_id {
        // Without it Apple Mail lists the picture among the attachments.
        Some(id) => {
            fields.push_str(&format!("Content-ID: <{id}>\r\n"));
            "inline"
        }
        None => "attachment",
    };
    fields.push_str(&format!("Content-Disposition: {disposition}"));
    fields.push_str(&file_name_parameter(&file.file_name));
    fields.push_str("\r\n");
    fields
}

fn folded_at_semicolons(value: &str) -> String {
    let clean: String = value.chars().filter(|c| matches!(c, ' '..='~')).collect();
    clean.split("; ").collect::<Vec<_>>().join(";\r\n ")
}

/// The name in ASCII, without what would end a quoted string.
fn plain_name(name: &str) -> String {
    let safe = |c: char| match c {
        '"' | '\\' => '_',
        ' '..='~' => c,
        _ => '_',
    };
    name.chars().map(safe).take(60).collect()
}

/// The parameter with the file's name: as it is, or in pieces by RFC 2231 when it is not ASCII or long.
fn file_name_parameter(name: &str) -> String {
    if plain_name(name) == name {
        return format!(";\r\n filename=\"{name}\"");
    }
    let mut pieces: Vec<String> = vec![String::new()];
    for c in name.chars() {
        let mut bytes = [0; 4];
        let encoded: String = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => c.to_string(),
            c => c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect(),
        };
        match pieces.last_mut() {
            Some(piece) if piece.len() + encoded.len() <= FOLD_AT - 24 => piece.push_str(&encoded),
            _ => pieces.push(encoded),
        }
    }
    let is_one = pieces.len() == 1;
    let parameter = |(number, piece): (usize, String)| {
        let number_of = if is_one { String::new() } else { format!("*{number}") };
        let charset = if number == 0 { "UTF-8''" } else { "" };
        format!(";\r\n filename{number_of}*={charset}{piece}")
    };
    pieces.into_iter().enumerate().map(parameter).collect()
}
