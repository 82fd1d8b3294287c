//! Where one message ends and the next begins, in the exchange between a PostgreSQL client and
//! server (PostgreSQL documentation, chapter "Frontend/Backend Protocol", "Message Formats").
//!
//! Knows lengths and the first byte, not the contents. Plain connections only: the servers here
//! offer no TLS, and encrypted data can't be framed.

use std::mem;

/// The longest message that is taken for one; anything longer is a client gone mad.
const LONGEST: usize = 64 * 1024 * 1024;

/// What one piece of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A packet without a type that asks whether the server can encrypt; answered by one byte.
    Encryption,
    /// A packet without a type that opens the conversation.
    Startup,
    /// A packet without a type that does something else (a cancel request).
    Other,
    /// A message with its type.
    Message(u8),
    /// What came in one piece on a stream that is not looked into.
    Chunk,
}

/// A whole piece of the stream, to be passed on as it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WirePiece {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Untyped,
    Typed,
    Anything,
}

/// Cuts a client's stream into pieces.
#[derive(Debug)]
pub(crate) struct Framing {
    expect: Expect,
    kept: Vec<u8>,
}

/// The stream holds what can't be a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Garbled;

impl Framing {
    /// What a PostgreSQL client says: packets without a type until it has introduced itself.
    pub(crate) fn postgres() -> Self {
        Self { expect: Expect::Untyped, kept: Vec::new() }
    }

    /// Every chunk is a piece.
    pub(crate) fn raw() -> Self {
        Self { expect: Expect::Anything, kept: Vec::new() }
    }

    /// Takes what was read; gives what is whole now and keeps the rest.
    pub(crate) fn take(&mut self, read: &[u8]) -> Result<Vec<WirePiece>, Garbled> {
        self.kept.extend_from_slice(read);
        let mut pieces = Vec::new();
        let mut rest = self.kept.as_slice();
        while let Some((kind, length)) = first(self.expect, rest)? {
            let (bytes, after) = rest.split_at(length);
            pieces.push(WirePiece { kind, bytes: bytes.to_owned() });
            rest = after;
            if kind == Kind::Startup {
                self.expect = Expect::Typed;
            }
        }
        let used = self.kept.len() - rest.len();
        self.kept.drain(..used);
        Ok(pieces)
    }
}

/// The kind and whole length of what `bytes` begin with, when all of it is there.
fn first(expect: Expect, bytes: &[u8]) -> Result<Option<(Kind, usize)>, Garbled> {
    let type_bytes = match expect {
        Expect::Anything if bytes.is_empty() => return Ok(None),
        Expect::Anything => return Ok(Some((Kind::Chunk, bytes.len()))),
        Expect::Untyped => 0,
        Expect::Typed => 1,
    };
    let Some(length) = number_at(bytes, type_bytes) else { return Ok(None) };
    // The length counts itself, and not the type.
    let length = length as usize;
    if !(4..=LONGEST).contains(&length) {
        return Err(Garbled);
    }
    if bytes.len() < type_bytes + length {
        return Ok(None);
    }
    let kind = match expect {
        Expect::Typed => Kind::Message(bytes[0]),
        _ => untyped(number_at(bytes, 4)),
    };
    Ok(Some((kind, type_bytes + length)))
}

fn untyped(code: Option<u32>) -> Kind {
    match code {
        Some(80_877_103 | 80_877_104) => Kind::Encryption,
        Some(code) if code >> 16 == 3 => Kind::Startup,
        _ => Kind::Other,
    }
}

fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// Watches what a server says, to know when it has answered. Passes nothing on and keeps no
/// contents.
#[derive(Debug, Default)]
pub(crate) struct AnswerWatch {
    /// Answers of one byte without a type that are still to come.
    single: usize,
    /// The head of a message of which not all five bytes have come.
    head: Vec<u8>,
    /// Bytes of the present message's body that are still to come.
    body: usize,
}

impl AnswerWatch {
    /// The next byte answers a question about encryption.
    pub(crate) fn expect_single(&mut self) {
        self.single += 1;
    }

    /// Takes what was read; gives the types of the messages that are whole now.
    pub(crate) fn take(&mut self, read: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        let mut rest = read;
        while !rest.is_empty() {
            if self.single > 0 {
                self.single -= 1;
                rest = &rest[1..];
                continue;
            }
            let head = rest.len().min(5 - self.head.len());
            self.head.extend_from_slice(&rest[..head]);
            rest = &rest[head..];
            if self.head.len() < 5 {
                break;
            }
            if head > 0 {
                let length = number_at(&self.head, 1).unwrap_or_default() as usize;
                self.body = length.saturating_sub(4);
            }
            let body = rest.len().min(self.body);
            self.body -= body;
            rest = &rest[body..];
            if self.body == 0 {
                whole.extend(mem::take(&mut self.head).first());
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What psql says first: may we encrypt, who I am, a query.
    fn conversation() -> Vec<u8> {
        let encryption = [0, 0, 0, 8, 4, 210, 22, 47];
        let startup = [0, 0, 0, 9, 0, 3, 0, 0, 0];
        let query = [b'Q', 0, 0, 0, 6, b';', 0];
        [encryption.as_slice(), &startup, &query].concat()
    }

    fn kinds(pieces: &[WirePiece]) -> Vec<Kind> {
        pieces.iter().map(|piece| piece.kind).collect()
    }

    #[test]
    fn a_client_introduces_itself_and_then_sends_messages() {
        let pieces = Framing::postgres().take(&conversation()).unwrap();
        assert_eq!(kinds(&pieces), [Kind::Encryption, Kind::Startup, Kind::Message(b'Q')]);
    }

    #[test]
    fn pieces_are_the_same_however_the_stream_is_cut() {
        let all = conversation();
        let whole = Framing::postgres().take(&all).unwrap();
        for size in 1..all.len() {
            let mut framing = Framing::postgres();
            let parts = all.chunks(size).flat_map(|part| framing.take(part).unwrap());
            assert_eq!(parts.collect::<Vec<_>>(), whole, "in chunks of {size}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_refused() {
        let mut framing = Framing::postgres();
        framing.take(&conversation()).unwrap();
        assert_eq!(framing.take(&[b'Q', 0, 0, 0, 3]), Err(Garbled));
        assert_eq!(Framing::postgres().take(&[255; 8]), Err(Garbled));
    }

    #[test]
    fn answers_are_told_apart_however_the_stream_is_cut() {
        let said = [b'N', b'C', 0, 0, 0, 6, b'x', 0, b'3', 0, 0, 0, 4, b'Z', 0, 0, 0, 5, b'I'];
        for size in 1..said.len() {
            let mut answers = AnswerWatch::default();
            answers.expect_single();
            let types: Vec<u8> = said.chunks(size).flat_map(|part| answers.take(part)).collect();
            assert_eq!(types, *b"C3Z", "in chunks of {size}");
        }
    }
}
