//! Quoted-printable (RFC 2045 section 6.7), written in runs that can stop for holes.
//!
//! Invariants of the output: lines end in CRLF and have at most 76 characters; no line begins with
//! a dot (so SMTP dot-stuffing has nothing to do) or with `From ` (mbox writers would put a `>` in
//! front and break the signature); white space never ends a line. Line feeds are line breaks;
//! carriage returns must have been removed before.

/// A line's characters without the `=` of a soft break.
const LINE: usize = 75;
const HEX: &[u8; 16] = b"0123456789ABCDEF";
/// `true` for characters that never need encoding.
const LITERAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 33;
    while byte <= 126 {
        table[byte] = byte != b'=' as usize;
        byte += 1;
    }
    table[b' ' as usize] = true;
    table[b'\t' as usize] = true;
    table
};

/// Appends quoted-printable to a buffer and keeps track of the column.
pub(crate) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
}

impl<'a> Encoder<'a> {
    /// Begins at the start of a line.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, column: 0 }
    }

    /// Goes on at a column.
    pub(crate) fn at(out: &'a mut Vec<u8>, column: usize) -> Self {
        Self { out, column }
    }

    /// Characters on the line so far.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    pub(crate) fn text(&mut self, text: &str) {
        let mut lines = text.split('\n');
        if let Some(first) = lines.next() {
            self.line(first.as_bytes());
        }
        for line in lines {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
            self.line(line.as_bytes());
        }
    }

    /// Makes room for `width` characters that are inserted later and need no encoding.
    pub(crate) fn room(&mut self, width: usize) {
        if self.column + width > LINE {
            self.soft_break();
        }
        self.column += width;
    }

    /// Ends the line without ending the text's line, unless nothing is on it.
    pub(crate) fn soft_break(&mut self) {
        if self.column > 0 {
            self.out.extend_from_slice(b"=\r\n");
            self.column = 0;
        }
    }

    fn line(&mut self, line: &[u8]) {
        let (line, white_end) = match line.split_last() {
            Some((last @ (b' ' | b'\t'), rest)) => (rest, Some(*last)),
            _ => (line, None),
        };
        let mut rest = line;
        while !rest.is_empty() {
            if self.column >= LINE {
                self.soft_break();
            }
            if self.column == 0 && (rest.starts_with(b".") || rest.starts_with(b"From ")) {
                rest = self.escape_first(rest);
                continue;
            }
            let room = rest.len().min(LINE - self.column);
            let run = rest.iter().take(room).take_while(|b| LITERAL[usize::from(**b)]).count();
            if run == 0 {
                rest = self.escape_first(rest);
                continue;
            }
            let (literal, after) = rest.split_at(run);
            self.out.extend_from_slice(literal);
            self.column += run;
            rest = after;
        }
        if let Some(white) = white_end {
            self.escape(white);
        }
    }

    fn escape_first<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some((first, rest)) = bytes.split_first() else { return bytes };
        self.escape(*first);
        rest
    }

    fn escape(&mut self, byte: u8) {
        if self.column + 3 > LINE {
            self.soft_break();
        }
        let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
        self.out.extend_from_slice(&[b'=', HEX[high], HEX[low]]);
        self.column += 3;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        Encoder::new(&mut out).text(text);
        String::from_utf8(out).unwrap()
    }

    fn check(text: &str, expect: &str) {
        assert_eq!(encoded(text), expect);
    }

    #[test]
    fn what_mail_servers_would_change_is_encoded() {
        check("a=b", "a=3Db");
        check("ü", "=C3=BC");
        check("end \nnext\t", "end=20\r\nnext=09");
        check(".\n..x\na.b", "=2E\r\n=2E.x\r\na.b");
        check("From me\nFrom", "=46rom me\r\nFrom");
        check(&"x".repeat(80), &format!("{}=\r\n{}", "x".repeat(75), "x".repeat(5)));
        check(&format!("{}.", "x".repeat(75)), &format!("{}=\r\n=2E", "x".repeat(75)));
        check(&format!("{}ü", "x".repeat(74)), &format!("{}=\r\n=C3=BC", "x".repeat(74)));
    }

    proptest! {
        #[test]
        fn another_decoder_reads_what_was_meant(
            text in "([a-zA-Z .=\\t\\nü€😀<>]|\\PC|From |[\\x00-\\x09]){0,400}"
        ) {
            let encoded = encoded(&text);
            let mode = quoted_printable::ParseMode::Strict;
            let decoded = quoted_printable::decode(&encoded, mode).unwrap();
            prop_assert_eq!(String::from_utf8(decoded).unwrap(), text.replace('\n', "\r\n"));
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= 76 && !line.starts_with('.') && !line.starts_with("From "));
                prop_assert!(!line.ends_with([' ', '\t']) && line.is_ascii() && !line.contains(['\r', '\n', '\0']));
            }
        }
    }
}
