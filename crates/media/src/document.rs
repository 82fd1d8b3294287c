//! Files that are no pictures: which can be mailed, and whether they are what their name says.
//!
//! They are kept byte for byte, but for calendars, whose lines are put in order.

mod calendar;

use crate::file_kind::FileKind;

/// A file that can be attached.
pub(crate) struct Document {
    pub(crate) kind: FileKind,
    /// Of the attachment; the web server says less.
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) notes: Vec<String>,
}

/// What mail servers refuse whatever is in it.
const PROGRAMS: [&str; 30] = [
    "exe", "com", "bat", "cmd", "scr", "pif", "msi", "msp", "jar", "js", "jse", "vbs", "vbe",
    "wsf", "wsh", "ps1", "psm1", "hta", "cpl", "dll", "lnk", "reg", "iso", "img", "vhd", "apk",
    "app", "dmg", "sh", "chm",
];
const WITH_MACROS: [&str; 9] =
    ["docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "ppam"];
const OLD_OFFICE: [(&str, &str); 3] = [("doc", "docx"), ("xls", "xlsx"), ("ppt", "pptx")];
const ARCHIVES: [&str; 7] = ["zip", "rar", "7z", "gz", "tar", "cab", "arj"];
const PAGES: [&str; 4] = ["htm", "html", "xhtml", "shtml"];

/// Looks at a file that is no picture.
///
/// # Errors
/// Why it can't be used, as the end of a sentence that begins with the file's name.
pub(crate) fn read(content: Vec<u8>, extension: &str) -> Result<Document, String> {
    if let Some(what) = picture_of_another_kind(&content, extension) {
        return Err(what.to_owned());
    }
    if content.starts_with(b"MZ")
        || content.starts_with(b"\x7fELF")
        || PROGRAMS.contains(&extension)
    {
        return Err("is a program, which mail servers refuse; link to where it can be downloaded"
            .to_owned());
    }
    if WITH_MACROS.contains(&extension) {
        return Err(MACROS.to_owned());
    }
    if let Some((_, new)) = OLD_OFFICE.iter().find(|(old, _)| *old == extension) {
        return Err(format!(
            "may have macros, and mail servers refuse those; save it as .{new} or as PDF"
        ));
    }
    if ARCHIVES.contains(&extension) {
        return Err(
            "is an archive, which mail servers refuse or take apart; attach what is in it, or \
                    link to it"
                .to_owned(),
        );
    }
    if PAGES.contains(&extension) {
        return Err(
            "is a web page, which mail servers take for phishing when it is attached; link to \
                    it"
            .to_owned(),
        );
    }
    let kind = FileKind::of_extension(extension).filter(|kind| !kind.is_picture());
    let kind = kind.ok_or_else(|| match extension {
        "png" | "jpg" | "jpeg" | "gif" | "webp" => {
            "is no picture, whatever it is called".to_owned()
        }
        _ => format!("is of a kind that can't be mailed; use {}", usable()),
    })?;
    if kind == FileKind::Calendar {
        return calendar::read(&content);
    }
    check(kind, &content)?;
    let content_type = kind.content_type().to_owned();
    Ok(Document { kind, content_type, bytes: content, notes: Vec::new() })
}

const MACROS: &str = "has macros, which mail servers refuse; save it without them or as PDF";

fn usable() -> String {
    let kinds = FileKind::ALL.into_iter().map(FileKind::extension);
    format!("one of {}", kinds.collect::<Vec<_>>().join(", "))
}

/// What browsers show and mail programs don't.
fn picture_of_another_kind(content: &[u8], extension: &str) -> Option<&'static str> {
    let start = content.get(..1_024.min(content.len())).unwrap_or_default();
    let has = |what: &[u8]| start.windows(what.len()).any(|it| it.eq_ignore_ascii_case(what));
    let brand = content.get(4..12).unwrap_or_default();
    if extension == "svg" || extension == "svgz" || has(b"<svg") {
        return Some(
            "is SVG, which hardly any mail program shows; export it as PNG, twice as wide as it is \
             to be shown",
        );
    }
    if brand.starts_with(b"ftyphei") || brand.starts_with(b"ftyphev") || brand == b"ftypmif1" {
        return Some("is HEIC, which mail programs don't show; export it as JPEG");
    }
    if brand.starts_with(b"ftypavi") {
        return Some("is AVIF, which mail programs don't show; export it as JPEG or PNG");
    }
    if start.starts_with(b"II*\0") || start.starts_with(b"MM\0*") {
        return Some("is TIFF, which mail programs don't show; export it as JPEG or PNG");
    }
    if start.starts_with(b"BM") && extension == "bmp" {
        return Some("is BMP, which mail programs don't show; export it as PNG");
    }
    None
}

fn check(kind: FileKind, content: &[u8]) -> Result<(), String> {
    if content.is_empty() {
        return Err("is empty".to_owned());
    }
    match kind {
        FileKind::Pdf => pdf(content),
        FileKind::Docx | FileKind::Xlsx | FileKind::Pptx | FileKind::Odt | FileKind::Ods => {
            office(kind, content)
        }
        _ => match std::str::from_utf8(content) {
            Ok(text) if text.contains('\0') => Err("is no text".to_owned()),
            Ok(text) if kind == FileKind::Contact && !begins(text, "BEGIN:VCARD") => {
                Err("is no contact card: it does not begin with BEGIN:VCARD".to_owned())
            }
            Ok(_) => Ok(()),
            Err(problem) => {
                let before = content.get(..problem.valid_up_to()).unwrap_or_default();
                let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
                Err(format!("is no UTF-8 in line {line}; save it as UTF-8"))
            }
        },
    }
}

fn begins(text: &str, with: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

fn pdf(content: &[u8]) -> Result<(), String> {
    if !content.get(..1_024.min(content.len())).is_some_and(|it| has(it, b"%PDF-")) {
        return Err("is no PDF, whatever it is called".to_owned());
    }
    let end = content.len().saturating_sub(2_048);
    match has(content.get(end..).unwrap_or_default(), b"%%EOF") {
        true => Ok(()),
        false => Err("is cut off: the end of a PDF is missing; export or copy it again".to_owned()),
    }
}

/// Zip archives in which the names of members stand as they are.
fn office(kind: FileKind, content: &[u8]) -> Result<(), String> {
    let is_open_document = matches!(kind, FileKind::Odt | FileKind::Ods);
    let (marker, macros): (&[u8], &[u8]) = match is_open_document {
        true => (b"mimetypeapplication/vnd.oasis.opendocument", b"Basic/"),
        false => (b"[Content_Types].xml", b"vbaProject"),
    };
    if !content.starts_with(b"PK\x03\x04") || !has(content, marker) {
        return Err(format!("is no .{}, whatever it is called", kind.extension()));
    }
    // The end of the central directory, before a comment of at most 64 KiB.
    let end = content.len().saturating_sub(22 + 65_536);
    if !has(content.get(end..).unwrap_or_default(), b"PK\x05\x06") {
        return Err("is cut off: its end is missing; save or copy it again".to_owned());
    }
    if has(content, macros) { Err(MACROS.to_owned()) } else { Ok(()) }
}

fn has(content: &[u8], what: &[u8]) -> bool {
    content.windows(what.len()).any(|it| it == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(content: &[u8], extension: &str) -> Result<String, String> {
        read(content.to_vec(), extension).map(|document| document.content_type)
    }

    #[test]
    fn what_can_be_mailed_is_taken_as_it_is() {
        let docx = b"PK\x03\x04..[Content_Types].xml..PK\x05\x06..................";
        for (content, extension, expect) in [
            (&b"%PDF-1.7\n...\n%%EOF\n"[..], "pdf", "application/pdf"),
            (b"a;b\n1;2\n", "csv", "text/csv; charset=utf-8"),
            ("Grüße".as_bytes(), "txt", "text/plain; charset=utf-8"),
            (b"\xef\xbb\xbfbegin:vcard\n", "vcf", "text/vcard; charset=utf-8"),
            (docx, "docx", FileKind::Docx.content_type()),
        ] {
            assert_eq!(read_as(content, extension).as_deref(), Ok(expect), "{extension}");
            assert_eq!(read(content.to_vec(), extension).unwrap().bytes, content);
        }
    }

    #[test]
    fn what_mail_servers_or_programs_refuse_is_refused_with_a_reason() {
        let zip = b"PK\x03\x04..[Content_Types].xml..word/vbaProject.bin..PK\x05\x06";
        for (content, extension, expect) in [
            (&b"MZ\x90"[..], "pdf", "is a program"),
            (b"x", "exe", "is a program"),
            (b"alert()", "js", "is a program"),
            (b"x", "docm", "has macros"),
            (zip, "docx", "has macros"),
            (b"\xd0\xcf\x11\xe0", "doc", "save it as .docx"),
            (b"PK\x03\x04", "zip", "is an archive"),
            (b"<p>", "html", "is a web page"),
            (b"<?xml version='1.0'?><SVG>", "png", "is SVG"),
            (b"....ftypheic....", "jpg", "is HEIC"),
            (b"....ftypavif....", "avif", "is AVIF"),
            (b"hello", "png", "is no picture"),
            (b"hello", "mp4", "use one of png, jpg, gif, pdf, ics"),
            (b"hello", "", "can't be mailed"),
            (b"hello", "pdf", "is no PDF"),
            (b"%PDF-1.7\n...", "pdf", "is cut off"),
            (b"PK\x03\x04[Content_Types].xml", "docx", "is cut off"),
            (b"PK\x03\x04", "docx", "is no .docx"),
            (b"", "txt", "is empty"),
            (b"a\n\xff", "csv", "is no UTF-8 in line 2"),
            (b"a\0", "txt", "is no text"),
            (b"hello", "vcf", "is no contact card"),
        ] {
            let refused = read_as(content, extension).unwrap_err();
            assert!(refused.contains(expect), "{extension}: {refused}");
        }
    }
}
