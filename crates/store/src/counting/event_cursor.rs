//! Where an event is in the feed, and how far somebody has read the feed.
//!
//! Invariants: a position names one event for ever, a cursor works after restarts and with nodes that
//! came later; both are texts that need no quoting in a URL. A cursor belongs to one installation. It
//! holds no secret and grants nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Most nodes that a cursor names.
pub(crate) const MOST_NODES: usize = 300;
/// What a cursor begins with; another form gets another number.
const VERSION: u8 = 1;
/// Bytes of the hash that stands for the installation, and of the one that shows a damaged copy.
const INSTALLATION: usize = 8;
const CHECK: usize = 4;
/// No cursor is longer: a node takes at most 3 + 10 + 5 bytes.
const MOST_CHARS: usize = (1 + INSTALLATION + 10 + MOST_NODES * 18 + CHECK).div_ceil(3) * 4;

/// Where a hit is in its node's journal: the identity of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPosition {
    pub node: u16,
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no event’s id: take it from the feed as it is")]
pub struct NotAPosition;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACursor {
    #[error("this is no cursor of the feed, or a part of one: take it as it was given")]
    Damaged,
    #[error("this cursor is of a later release than this one")]
    Newer,
}

/// How far somebody has read the feed: for each node, the position before which they have everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCursor {
    installation: [u8; INSTALLATION],
    /// Removals by age up to this one are known to the reader.
    pub(crate) removal: u64,
    nodes: BTreeMap<u16, (u64, u32)>,
}

impl EventCursor {
    /// At the very beginning.
    pub(crate) fn beginning(installation: &str, removal: u64) -> Self {
        let installation = hash(&[b"feed of events ", installation.as_bytes()]);
        Self { installation, removal, nodes: BTreeMap::new() }
    }

    /// The beginning of the feed, for who knows what this one knows.
    #[must_use]
    pub fn rewound(&self) -> Self {
        Self { nodes: BTreeMap::new(), ..*self }
    }

    pub(crate) fn is_of(&self, installation: &str) -> bool {
        self.installation == Self::beginning(installation, 0).installation
    }

    /// The position of a node before which everything was read.
    pub(crate) fn of(&self, node: u16) -> (u64, u32) {
        self.nodes.get(&node).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, node: u16, place: (u64, u32)) {
        self.nodes.insert(node, place);
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Moves past this event, for who takes a page one by one.
    pub fn pass(&mut self, event: EventPosition) {
        let place = self.nodes.entry(event.node).or_default();
        *place = event.end().max(*place);
    }
}

impl EventPosition {
    /// The first place behind it.
    pub(crate) fn end(self) -> (u64, u32) {
        match self.offset.checked_add(1) {
            Some(offset) => (self.segment, offset),
            None => (self.segment.saturating_add(1), 0),
        }
    }
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(16);
        put(&mut bytes, self.node.into());
        put(&mut bytes, self.segment);
        put(&mut bytes, self.offset.into());
        // A letter first: no spreadsheet takes it for a formula.
        write!(f, "e{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for EventPosition {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix('e')?).ok()?;
            let mut rest = bytes.as_slice();
            let node = take(&mut rest)?.try_into().ok()?;
            let segment = segment(take(&mut rest)?)?;
            let offset = take(&mut rest)?.try_into().ok()?;
            rest.is_empty().then_some(Self { node, segment, offset })
        };
        read().filter(|it| it.to_string() == text).ok_or(NotAPosition)
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend(self.installation);
        put(&mut bytes, self.removal);
        let mut before = 0;
        for (node, (segment, offset)) in &self.nodes {
            put(&mut bytes, u64::from(*node - before));
            put(&mut bytes, *segment);
            put(&mut bytes, (*offset).into());
            before = *node;
        }
        let check: [u8; CHECK] = hash(&[&bytes]);
        bytes.extend(check);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for EventCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        if text.len() > MOST_CHARS {
            return Err(NotACursor::Damaged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor::Damaged)?;
        let (rest, check) = bytes.split_last_chunk::<CHECK>().ok_or(NotACursor::Damaged)?;
        if *check != hash(&[rest]) {
            return Err(NotACursor::Damaged);
        }
        match rest.first() {
            Some(&VERSION) => {}
            Some(version) if *version > VERSION => return Err(NotACursor::Newer),
            _ => return Err(NotACursor::Damaged),
        }
        parse(rest.get(1..).unwrap_or_default()).ok_or(NotACursor::Damaged)
    }
}

fn parse(bytes: &[u8]) -> Option<EventCursor> {
    let (installation, mut rest) = bytes.split_first_chunk::<INSTALLATION>()?;
    let removal = take(&mut rest)?;
    let (mut nodes, mut node) = (BTreeMap::new(), 0_u16);
    while !rest.is_empty() {
        node = node.checked_add(take(&mut rest)?.try_into().ok()?)?;
        let place = (segment(take(&mut rest)?)?, take(&mut rest)?.try_into().ok()?);
        if nodes.len() == MOST_NODES || nodes.insert(node, place).is_some() {
            return None;
        }
    }
    Some(EventCursor { installation: *installation, removal, nodes })
}

/// A store keeps it with a sign.
fn segment(number: u64) -> Option<u64> {
    i64::try_from(number).is_ok().then_some(number)
}

fn hash<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    let mut first = [0; N];
    first.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
    first
}

/// Appends a number in groups of seven bits, the lowest first (LEB128).
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for group in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if group == 9 && bits > 1 {
            return None;
        }
        number |= bits << (7 * group);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor(nodes: &[(u16, u64, u32)]) -> EventCursor {
        let mut cursor = EventCursor::beginning("home", 3);
        nodes.iter().for_each(|(node, segment, offset)| cursor.set(*node, (*segment, *offset)));
        cursor
    }

    #[test]
    fn a_cursor_of_few_nodes_is_short_and_the_longest_is_bounded() {
        let two = cursor(&[(1, 1_795_428_245, 40_000_000), (2, 1_795_428_300, 17)]);
        assert!(two.to_string().len() <= 48, "{two}");
        let most: Vec<_> =
            (0..300).map(|it| (it * 64, i64::MAX.unsigned_abs(), u32::MAX)).collect();
        let most = cursor(&most);
        assert!(most.to_string().len() <= MOST_CHARS);
        assert_eq!(most.to_string().parse(), Ok(most));
    }

    #[test]
    fn what_is_no_cursor_is_refused_and_says_why() {
        let text = cursor(&[(1, 2, 3)]).to_string();
        assert_eq!(text.parse::<EventCursor>(), Ok(cursor(&[(1, 2, 3)])));
        let cut = &text[..text.len() - 1];
        for wrong in ["", "AQ", "é", cut, &format!("{text}A"), &"A".repeat(MOST_CHARS + 1)] {
            assert_eq!(wrong.parse::<EventCursor>(), Err(NotACursor::Damaged), "{wrong}");
        }
        let mut bytes = vec![2, 0, 0];
        let check: [u8; CHECK] = hash(&[&bytes]);
        bytes.extend(check);
        let later = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(later.parse::<EventCursor>(), Err(NotACursor::Newer));
        assert!(cursor(&[]).is_of("home") && !cursor(&[]).is_of("elsewhere"));
    }

    #[test]
    fn passing_an_event_never_goes_back() {
        let mut cursor = cursor(&[(1, 5, 10)]);
        cursor.pass(EventPosition { node: 1, segment: 4, offset: 90 });
        assert_eq!(cursor.of(1), (5, 10));
        cursor.pass(EventPosition { node: 1, segment: 5, offset: u32::MAX });
        assert_eq!(cursor.of(1), (6, 0));
    }

    proptest! {
        #[test]
        fn cursors_and_positions_are_read_as_they_were_written(
            removal in 0..u64::MAX,
            nodes in proptest::collection::btree_map(
                any::<u16>(), (0..i64::MAX.unsigned_abs(), any::<u32>()), 0..20),
            noise in ".{0,40}",
        ) {
            let mut cursor = EventCursor::beginning("home", removal);
            for (node, place) in &nodes {
                cursor.set(*node, *place);
                let position = EventPosition { node: *node, segment: place.0, offset: place.1 };
                prop_assert_eq!(position.to_string().parse(), Ok(position));
            }
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
            prop_assert!(noise.parse::<EventCursor>().is_err());
            let _ = noise.parse::<EventPosition>();
        }
    }
}
