//! The compact form in which the store keeps engagements and sets of rules.
//!
//! Invariants: what is written is read back unchanged; no bytes make reading panic.

use std::collections::BTreeSet;

use super::{Engagement, EngagementHit, LOG};
use crate::{LinkSlot, RulesSeen, Timestamp};

/// Numbers of seven bits a byte, the lowest first (LEB128).
fn put(number: u64, out: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The form in the store; the first byte says which.
const FORM: u8 = 1;

impl Engagement {
    /// The form in which the store keeps it: the hits in order, each by what it came after the one
    /// before, then the others.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORM];
        put(self.log.len() as u64, &mut out);
        let mut before = 0_i64;
        for hit in &self.log {
            put(hit.at.0.wrapping_sub(before).cast_unsigned(), &mut out);
            before = hit.at.0;
            put(hit.slot.map_or(0, |slot| u64::from(slot.0) + 1), &mut out);
            put(hit.rules.bits().cast_unsigned(), &mut out);
        }
        for (click, rules) in &self.others {
            put(u64::from(*click), &mut out);
            put(rules.bits().cast_unsigned(), &mut out);
        }
        out
    }

    /// Reads it back; None for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&FORM, mut rest) = bytes.split_first()? else { return None };
        let hits = take(&mut rest).filter(|hits| *hits <= LOG as u64)?;
        let (mut log, mut before) = (Vec::new(), 0_i64);
        for _ in 0..hits {
            before = before.wrapping_add(take(&mut rest)?.cast_signed());
            let slot = match take(&mut rest)? {
                0 => None,
                slot => Some(LinkSlot(u16::try_from(slot - 1).ok()?)),
            };
            let rules = RulesSeen::from_bits(take(&mut rest)?.cast_signed());
            log.push(EngagementHit { at: Timestamp(before), slot, rules });
        }
        let mut others = BTreeSet::new();
        while !rest.is_empty() {
            let click = take(&mut rest)? != 0;
            others.insert((click, RulesSeen::from_bits(take(&mut rest)?.cast_signed())));
        }
        Some(Self { log, others })
    }
}

/// The form in which the store keeps sets of rules, to count by: the same sets, the same bytes.
#[must_use]
pub fn sets_to_bytes(sets: &BTreeSet<RulesSeen>) -> Vec<u8> {
    let mut out = Vec::new();
    for rules in sets {
        put(rules.bits().cast_unsigned(), &mut out);
    }
    out
}

/// Reads them back; None for anything else.
#[must_use]
pub fn sets_from_bytes(mut bytes: &[u8]) -> Option<BTreeSet<RulesSeen>> {
    let mut sets = BTreeSet::new();
    while !bytes.is_empty() {
        sets.insert(RulesSeen::from_bits(take(&mut bytes)?.cast_signed()));
    }
    Some(sets)
}
