//! Reads replies (RFC 5321 section 4.2) from bytes, as real servers send them.
//!
//! Tolerated: a code alone on its line, bare line feeds, text that is not UTF-8, blank lines before
//! a reply, lines without a code inside one, codes that differ within one, lines far longer than
//! the RFC's 512 bytes. Strictness here costs recipients: after the final dot, an unreadable reply
//! would put a message in doubt that the relay has accepted.
//!
//! Invariants: how the bytes are split into pieces makes no difference; memory is bounded whatever
//! arrives; an error quotes nothing the server said, because it may contain an address.

use crate::smtp::reply::Reply;

/// Most bytes read for one reply; a longer one never ends.
const MAX_REPLY: usize = 1 << 20;
/// Most bytes kept of one reply. EHLO lists fit; nobody reads more of anything else.
const MAX_KEPT: usize = 8 << 10;

/// Why what the server sent is not a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReply {
    /// A line at the beginning of a reply does not start with a code. Reading may continue after
    /// it.
    #[error("what is not an SMTP reply")]
    NotAReply,
    /// More than a mebibyte came without an end.
    #[error("a reply without end")]
    Endless,
}

/// One reply with its lines, without their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedReply {
    /// The three digits, from 100 to 599.
    pub code: u16,
    /// The text of each line, truncated when all together exceed 8 KiB.
    pub lines: Vec<String>,
}

impl From<ReceivedReply> for Reply {
    fn from(received: ReceivedReply) -> Self {
        Self::joined(received.code, received.lines)
    }
}

/// Holds the part of a reply that has come so far.
#[derive(Debug, Default)]
pub struct ReplyReader {
    code: Option<u16>,
    lines: Vec<String>,
    kept: usize,
    /// The unfinished line, as far as it is kept.
    line: Vec<u8>,
    read: usize,
}

/// What a line is.
enum ReplyLine<'a> {
    Coded { code: u16, is_last: bool, text: &'a [u8] },
    Text(&'a [u8]),
}

impl ReplyReader {
    /// Consumes bytes up to the end of one reply. Returns how many: all of them, unless a reply
    /// ended or an error occurred before.
    pub fn read(
        &mut self,
        bytes: &[u8],
    ) -> (usize, Option<Result<ReceivedReply, UnreadableReply>>) {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let rest = rest.get(..MAX_REPLY - self.read).unwrap_or(rest);
            let end = rest.iter().position(|byte| *byte == b'\n');
            let part = rest.get(..end.map_or(rest.len(), |end| end + 1)).unwrap_or(rest);
            taken += part.len();
            self.read += part.len();
            let room = (MAX_KEPT + 4).saturating_sub(self.kept + self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            if end.is_some()
                && let Some(ended) = self.end_of_line()
            {
                return (taken, Some(ended));
            }
            if self.read >= MAX_REPLY {
                return (taken, Some(Err(UnreadableReply::Endless)));
            }
        }
        (taken, None)
    }

    /// The reply of a server that fell silent or disconnected during it, if its code is known:
    /// every line of a reply has the same one.
    pub fn cut_off(&mut self) -> Option<ReceivedReply> {
        let line = std::mem::take(&mut self.line);
        if let ReplyLine::Coded { code, text, .. } = understood(line.trim_ascii_end(), self.code) {
            self.code = Some(code);
            self.keep(text);
        }
        let code = self.code?;
        Some(self.take(code))
    }

    fn end_of_line(&mut self) -> Option<Result<ReceivedReply, UnreadableReply>> {
        let line = std::mem::take(&mut self.line);
        let ended = match understood(line.trim_ascii_end(), self.code) {
            ReplyLine::Coded { code, is_last, text } => {
                self.keep(text);
                // Of different codes the last one counts, as it does for Postfix and Sendmail.
                self.code = Some(code);
                is_last.then(|| Ok(self.take(code)))
            }
            ReplyLine::Text([]) => None,
            ReplyLine::Text(_) if self.code.is_none() => Some(Err(UnreadableReply::NotAReply)),
            ReplyLine::Text(text) => {
                self.keep(text);
                None
            }
        };
        self.line = line;
        self.line.clear();
        ended
    }

    fn keep(&mut self, text: &[u8]) {
        let room = MAX_KEPT - self.kept;
        if room > 0 {
            let text = text.get(..room).unwrap_or(text);
            // One more for each line: empty ones take memory, too.
            self.kept += room.min(text.len() + 1);
            self.lines.push(String::from_utf8_lossy(text).into_owned());
        }
    }

    fn take(&mut self, code: u16) -> ReceivedReply {
        let lines = std::mem::take(&mut self.lines);
        (self.code, self.kept, self.read) = (None, 0, 0);
        ReceivedReply { code, lines }
    }
}

/// `within` is the code of the previous lines, if the reply has begun.
fn understood(line: &[u8], within: Option<u16>) -> ReplyLine<'_> {
    let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = line else {
        return ReplyLine::Text(line);
    };
    let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
    let code = a * 100 + b * 10 + c;
    match rest {
        [b'-', text @ ..] => ReplyLine::Coded { code, is_last: false, text },
        [] => ReplyLine::Coded { code, is_last: true, text: rest },
        [b' ' | b'\t', text @ ..] => ReplyLine::Coded { code, is_last: true, text },
        [b'0'..=b'9', ..] => ReplyLine::Text(line),
        // `250ok`. Within a reply it may be text that begins with a number.
        _ if within.is_none_or(|before| before == code) => {
            ReplyLine::Coded { code, is_last: true, text: rest }
        }
        _ => ReplyLine::Text(line),
    }
}

#[cfg(test)]
mod tests;
