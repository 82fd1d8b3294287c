//! How the characters of an imported file are written as bytes, and its text as UTF-8.
//!
//! Invariants: nothing is guessed beyond a byte order mark; what can't be decoded becomes the byte
//! [`MALFORMED`], which no UTF-8 text contains, so that its row is rejected instead of spoilt.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, REPLACEMENT, UTF_8, X_USER_DEFINED};

/// Stands where something could not be decoded.
const MALFORMED: u8 = 0xff;
const RAW_BYTES: usize = 16 << 10;
/// A byte becomes three at most.
const TEXT_BYTES: usize = 3 * RAW_BYTES;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextEncoding {
    /// UTF-8, or what a byte order mark says.
    #[default]
    Auto,
    /// This one, unless a byte order mark says otherwise.
    Named(&'static Encoding),
}

/// A name that no encoding has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an encoding: use auto, utf-8, utf-16, windows-1252, iso-8859-2 or another label of \
     the WHATWG Encoding Standard"
)]
pub struct UnknownEncoding(String);

impl TextEncoding {
    /// `auto`, or a label of the WHATWG Encoding Standard.
    ///
    /// # Errors
    /// When it is neither, or a label of an encoding that is only there to be refused.
    pub fn parse(label: &str) -> Result<Self, UnknownEncoding> {
        if matches!(label.trim().to_lowercase().as_str(), "" | "auto") {
            return Ok(Self::Auto);
        }
        let known = Encoding::for_label(label.as_bytes());
        let known = known.filter(|it| *it != REPLACEMENT && *it != X_USER_DEFINED);
        known.map(Self::Named).ok_or_else(|| UnknownEncoding(label.chars().take(40).collect()))
    }

    /// What [`Self::parse`] understands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Named(encoding) => encoding.name(),
        }
    }

    /// What a text that begins with these bytes has to be decoded from; None: it is UTF-8.
    pub(crate) fn of_text(self, start: &[u8]) -> Option<&'static Encoding> {
        let marked = Encoding::for_bom(start).map(|(encoding, _)| encoding);
        let named = match self {
            Self::Auto => None,
            Self::Named(encoding) => Some(encoding),
        };
        marked.or(named).filter(|encoding| *encoding != UTF_8)
    }
}

/// A text as UTF-8, decoded as it is read.
pub(crate) struct DecodedText<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// The part of `raw` that is not decoded.
    start: usize,
    end: usize,
    input_ended: bool,
    text: Vec<u8>,
    /// The part of `text` that is not handed out.
    at: usize,
    filled: usize,
    ended: bool,
}

impl<R: Read> DecodedText<R> {
    pub(crate) fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; RAW_BYTES],
            start: 0,
            end: 0,
            input_ended: false,
            text: vec![0; TEXT_BYTES],
            at: 0,
            filled: 0,
            ended: false,
        }
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.start == self.end && !self.input_ended {
            let read = self.input.read(&mut self.raw)?;
            (self.start, self.end) = (0, read);
            self.input_ended = read == 0;
        }
        let raw = self.raw.get(self.start..self.end).unwrap_or_default();
        // Room for what stands for something malformed.
        let room = self.text.len() - 1;
        let text = self.text.get_mut(..room).unwrap_or_default();
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, text, self.input_ended);
        self.start += read;
        (self.at, self.filled) = (0, written);
        match result {
            DecoderResult::InputEmpty => self.ended = self.input_ended,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                if let Some(byte) = self.text.get_mut(written) {
                    *byte = MALFORMED;
                }
                self.filled += 1;
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for DecodedText<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.filled {
            if self.ended {
                return Ok(0);
            }
            self.decode()?;
        }
        let text = self.text.get(self.at..self.filled).unwrap_or_default();
        let bytes = text.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..bytes), text.get(..bytes)) {
            into.copy_from_slice(from);
        }
        self.at += bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], label: &str) -> Vec<u8> {
        let encoding = TextEncoding::parse(label).unwrap().of_text(bytes).unwrap();
        let mut text = Vec::new();
        DecodedText::new(bytes, encoding).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn a_mark_says_more_than_a_name() {
        for label in ["auto", "windows-1252", "utf-8"] {
            assert_eq!(decoded(b"\xff\xfea\0\xe9\0", label), "a\u{e9}".as_bytes(), "{label}");
            assert_eq!(decoded(b"\xfe\xff\0a\0\xe9", label), "a\u{e9}".as_bytes(), "{label}");
            let named = TextEncoding::parse(label).unwrap();
            assert_eq!(named.of_text(b"\xef\xbb\xbfa"), None, "{label}");
        }
        assert_eq!(TextEncoding::Auto.of_text(b"a\xe9"), None, "nothing is guessed");
        assert_eq!(decoded(b"a\xe9\x80", "latin1"), "a\u{e9}\u{20ac}".as_bytes());
    }

    #[test]
    fn what_can_not_be_decoded_is_marked_and_the_rest_goes_on() {
        // Half of a surrogate pair, and half of a character at the end.
        assert_eq!(decoded(b"a\0\x00\xd8b\0c", "utf-16le"), b"a\xffb\xff");
        assert_eq!(decoded(b"a\x81\x20b", "shift_jis"), b"a\xff b");
    }

    #[test]
    fn only_encodings_are_encodings() {
        for label in ["utf-9", "replacement", "hz-gb-2312", "x-user-defined", "windows"] {
            let refused = TextEncoding::parse(label).unwrap_err().to_string();
            assert!(refused.contains("windows-1252"), "{refused}");
        }
        for label in ["auto", "utf-8", "utf-16", "UTF-16BE", "Windows-1252", "iso-8859-15"] {
            let encoding = TextEncoding::parse(label).unwrap();
            assert_eq!(TextEncoding::parse(encoding.name()).unwrap(), encoding);
        }
    }

    #[test]
    fn a_long_text_is_decoded_however_it_comes() {
        let text: String =
            (0..40_000_u32).map(|n| if n % 3 == 0 { '\u{e9}' } else { 'x' }).collect();
        let bytes: Vec<u8> = text.chars().map(|it| if it == 'x' { b'x' } else { 0xe9 }).collect();
        assert_eq!(decoded(&bytes, "windows-1252"), text.as_bytes());
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&wide, "utf-16le"), text.as_bytes());
    }
}
