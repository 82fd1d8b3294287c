//! A hit: one request to the beacon, and the compact form in which the journal keeps it.
//!
//! Invariants: what [`Hit::encode`] writes, [`Hit::decode`] reads back unchanged (the writer
//! truncates over-long user agents); no byte sequence makes `decode` panic. At most [`MAX_BYTES`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::agent_code;
use crate::{CampaignId, ContactId, LinkSlot, Timestamp, VisitorId};

/// A user agent is truncated to this many bytes; real ones are shorter.
pub const MAX_AGENT_BYTES: usize = 255;
/// No encoded hit is longer, those of earlier releases with their longer visitors included.
pub const MAX_BYTES: usize = 1 + 8 + 8 + 8 + 2 + 2 + 16 + 16 + 1 + MAX_AGENT_BYTES;

/// What a record says in the place of a contact when there is none. No contact has this number.
const NOBODY: ContactId = ContactId(0);

const HIT: u8 = 1;
const GAP: u8 = 2;
/// First bytes that no release has used yet. Anything with another first byte will never be a
/// record.
const LATER_KINDS: std::ops::RangeInclusive<u8> = 3..=63;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HitKind {
    View,
    /// A tracked link of a message.
    Click(LinkSlot),
}

/// Where the request came from, as far as known.
pub type ClientAddr = Option<IpAddr>;

/// What the request's headers said, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HitSigns {
    pub head: bool,
    /// `Sec-Purpose`, `Purpose`, `X-Purpose` or `X-Moz` announced a prefetch or preview.
    pub prefetch: bool,
    /// `Sec-GPC: 1` or `DNT: 1`: no cookie was read or set. Or the browser's cookie says that it
    /// wants none, and it was given none.
    pub opted_out: bool,
    /// A cookie was offered with the answer, but has not come back yet.
    pub cookie_offered: bool,
    /// `Sec-Fetch-Dest` was present, which browsers send and programs rarely do.
    pub fetch_metadata: bool,
    /// The link told whose hit it is, and that is not recorded: they, or their browser, do not want it.
    pub withheld: bool,
}

/// One request to the beacon with an authentic token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub at: Timestamp,
    pub campaign: CampaignId,
    /// Whose it is; nothing for one of nobody.
    pub contact: Option<ContactId>,
    pub kind: HitKind,
    /// The visitor whose cookie came with the request; never one that was only offered.
    pub visitor: Option<VisitorId>,
    pub client: ClientAddr,
    pub signs: HitSigns,
    /// The `User-Agent`, raw, at most [`MAX_AGENT_BYTES`]; empty when there was none.
    pub agent: Vec<u8>,
}

/// Why bytes are not a record that this release can read. The two cases call for opposite
/// reactions: what a later release wrote is kept for it, anything else is reported as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRecord {
    /// Of an unknown kind, or with unknown signs.
    #[error("a later release wrote this record (its kind is {kind})")]
    Newer {
        /// The record's first byte.
        kind: u8,
    },
    #[error("not a record of a hit or a gap")]
    Rubbish,
}

const HEAD: u16 = 1;
const PREFETCH: u16 = 1 << 1;
const OPTED_OUT: u16 = 1 << 2;
const COOKIE_OFFERED: u16 = 1 << 3;
const FETCH_METADATA: u16 = 1 << 4;
const WITHHELD: u16 = 1 << 5;
const CLICK: u16 = 1 << 8;
/// A visitor of 128 bits, as earlier releases wrote it.
const LONG_VISITOR: u16 = 1 << 9;
const IPV4: u16 = 1 << 10;
const IPV6: u16 = 1 << 11;
const VISITOR: u16 = 1 << 12;
/// The agent as [`agent_code`] packs it; earlier releases wrote it as it came.
const PACKED_AGENT: u16 = 1 << 13;
const KNOWN_FLAGS: u16 = HEAD
    | PREFETCH
    | OPTED_OUT
    | COOKIE_OFFERED
    | FETCH_METADATA
    | WITHHELD
    | CLICK
    | LONG_VISITOR
    | IPV4
    | IPV6
    | VISITOR
    | PACKED_AGENT;

impl Hit {
    /// Appends the compact form to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(HIT);
        let flags_at = out.len();
        let flags = self.flags();
        out.extend_from_slice(&flags.to_le_bytes());
        out.extend_from_slice(&self.at.0.to_le_bytes());
        out.extend_from_slice(&self.campaign.0.to_le_bytes());
        let contact = self.contact.unwrap_or(NOBODY);
        out.extend_from_slice(&contact.0.to_le_bytes());
        if let HitKind::Click(LinkSlot(slot)) = self.kind {
            out.extend_from_slice(&slot.to_le_bytes());
        }
        if let Some(VisitorId(bytes)) = self.visitor {
            out.extend_from_slice(&bytes);
        }
        match self.client {
            Some(IpAddr::V4(v4)) => out.extend_from_slice(&v4.octets()),
            Some(IpAddr::V6(v6)) => out.extend_from_slice(&v6.octets()),
            None => {}
        }
        let agent = &self.agent[..self.agent.len().min(MAX_AGENT_BYTES)];
        if agent_code::pack(agent, out) {
            let flags = (flags | PACKED_AGENT).to_le_bytes();
            if let Some(written) = out.get_mut(flags_at..flags_at + flags.len()) {
                written.copy_from_slice(&flags);
            }
        } else {
            out.extend_from_slice(agent);
        }
    }

    fn flags(&self) -> u16 {
        let bit = |set: bool, bit: u16| if set { bit } else { 0 };
        bit(self.signs.head, HEAD)
            | bit(self.signs.prefetch, PREFETCH)
            | bit(self.signs.opted_out, OPTED_OUT)
            | bit(self.signs.cookie_offered, COOKIE_OFFERED)
            | bit(self.signs.fetch_metadata, FETCH_METADATA)
            | bit(self.signs.withheld, WITHHELD)
            | bit(matches!(self.kind, HitKind::Click(_)), CLICK)
            | bit(self.visitor.is_some(), VISITOR)
            | bit(matches!(self.client, Some(IpAddr::V4(_))), IPV4)
            | bit(matches!(self.client, Some(IpAddr::V6(_))), IPV6)
    }

    /// Reads the compact form.
    ///
    /// # Errors
    /// When the bytes are not a hit, or one from a later release.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        let mut rest = HitFields(bytes);
        match rest.take()? {
            [HIT] => {}
            [kind] if LATER_KINDS.contains(&kind) => return Err(UnreadableRecord::Newer { kind }),
            _ => return Err(UnreadableRecord::Rubbish),
        }
        let flags = u16::from_le_bytes(rest.take()?);
        if flags & !KNOWN_FLAGS != 0 {
            return Err(UnreadableRecord::Newer { kind: HIT });
        }
        let has = |bit: u16| flags & bit != 0;
        let at = Timestamp(i64::from_le_bytes(rest.take()?));
        let campaign = CampaignId(i64::from_le_bytes(rest.take()?));
        let contact = ContactId(i64::from_le_bytes(rest.take()?));
        let contact = (contact != NOBODY).then_some(contact);
        let kind = if has(CLICK) {
            HitKind::Click(LinkSlot(u16::from_le_bytes(rest.take()?)))
        } else {
            HitKind::View
        };
        let visitor = match (has(VISITOR), has(LONG_VISITOR)) {
            (true, false) => Some(VisitorId(rest.take()?)),
            (false, true) => Some(VisitorId::of_long(rest.take()?)),
            (false, false) => None,
            (true, true) => return Err(UnreadableRecord::Rubbish),
        };
        let client = match (has(IPV4), has(IPV6)) {
            (true, false) => Some(IpAddr::V4(Ipv4Addr::from(rest.take::<4>()?))),
            (false, true) => Some(IpAddr::V6(Ipv6Addr::from(rest.take::<16>()?))),
            (false, false) => None,
            (true, true) => return Err(UnreadableRecord::Rubbish),
        };
        let signs = HitSigns {
            head: has(HEAD),
            prefetch: has(PREFETCH),
            opted_out: has(OPTED_OUT),
            cookie_offered: has(COOKIE_OFFERED),
            fetch_metadata: has(FETCH_METADATA),
            withheld: has(WITHHELD),
        };
        let agent = match has(PACKED_AGENT) {
            true => agent_code::unpack(rest.0, MAX_AGENT_BYTES),
            false => Some(rest.0.to_vec()).filter(|agent| agent.len() <= MAX_AGENT_BYTES),
        };
        let agent = agent.ok_or(UnreadableRecord::Rubbish)?;
        Ok(Self { at, campaign, contact, kind, visitor, client, signs, agent })
    }
}

/// Hits that were answered while the disk could not take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When the first unrecorded hit was answered.
    pub from: Timestamp,
    /// When the last one was.
    pub to: Timestamp,
    /// How many there were.
    pub hits: u64,
}

/// One record of the journal of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HitRecord {
    /// A request that was answered.
    Hit(Hit),
    /// Requests that were answered and not recorded.
    Gap(Gap),
}

impl Gap {
    /// Appends the compact form to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(GAP);
        out.extend_from_slice(&self.from.0.to_le_bytes());
        out.extend_from_slice(&self.to.0.to_le_bytes());
        out.extend_from_slice(&self.hits.to_le_bytes());
    }

    /// One gap for this one and another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: self.to.max(other.to),
            hits: self.hits.saturating_add(other.hits),
        }
    }
}

impl HitRecord {
    /// Reads either compact form; the first byte says which it is.
    ///
    /// # Errors
    /// When the bytes are neither, or come from a later release.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadableRecord> {
        let Some((&GAP, rest)) = bytes.split_first() else {
            return Hit::decode(bytes).map(Self::Hit);
        };
        let mut rest = HitFields(rest);
        let from = Timestamp(i64::from_le_bytes(rest.take()?));
        let to = Timestamp(i64::from_le_bytes(rest.take()?));
        let hits = u64::from_le_bytes(rest.take()?);
        match rest.0 {
            [] => Ok(Self::Gap(Gap { from, to, hits })),
            _ => Err(UnreadableRecord::Rubbish),
        }
    }
}

/// Takes fixed-size fields off the front of a record.
struct HitFields<'a>(&'a [u8]);

impl HitFields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], UnreadableRecord> {
        let first = self.0.split_first_chunk::<N>();
        let (field, rest) = first.ok_or(UnreadableRecord::Rubbish)?;
        self.0 = rest;
        Ok(*field)
    }
}

#[cfg(test)]
#[path = "hit/tests.rs"]
mod tests;
