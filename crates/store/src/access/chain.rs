//! The chain of the audit log: what an entry's hash covers, and where a chain is broken.
//!
//! Invariants: each entry is hashed with the hash of the one before, from 32 zero bytes on; every
//! field is covered, with its length, so that no two entries have the same form. Whoever can write
//! to the database can make a new chain: only a point that was noted elsewhere reveals that.

use std::fmt;

use model::Timestamp;
use sha2::{Digest as _, Sha256};

/// Separates these hashes from any others, and from those of a later form.
const FORM: &[u8] = b"pharos audit 1";

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counted from 1, without a gap.
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub action: String,
    pub object_kind: String,
    /// Empty for what has no id.
    pub object_id: String,
    /// JSON.
    pub before: Option<String>,
    pub after: Option<String>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

impl AuditEntry {
    /// Who did it, for people: a token may be called like a user.
    #[must_use]
    pub fn actor(&self) -> String {
        match (self.actor_kind.as_str(), self.actor_id) {
            ("token", Some(id)) => format!("{} (token {id})", self.actor_name),
            _ => self.actor_name.clone(),
        }
    }

    /// The hash that an entry of this content has.
    #[must_use]
    pub fn computed_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new_with_prefix(FORM);
        let id = self.actor_id.map(|id| id.to_string());
        let (seq, at) = (self.seq.to_string(), self.at.0.to_string());
        let fields: [Option<&[u8]>; 11] = [
            Some(&self.previous_hash),
            Some(seq.as_bytes()),
            Some(at.as_bytes()),
            Some(self.actor_kind.as_bytes()),
            id.as_ref().map(String::as_bytes),
            Some(self.actor_name.as_bytes()),
            Some(self.action.as_bytes()),
            Some(self.object_kind.as_bytes()),
            Some(self.object_id.as_bytes()),
            self.before.as_ref().map(String::as_bytes),
            self.after.as_ref().map(String::as_bytes),
        ];
        for field in fields {
            match field {
                None => hasher.update([0]),
                Some(bytes) => {
                    hasher.update([1]);
                    hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
                    hasher.update(bytes);
                }
            }
        }
        hasher.finalize().into()
    }

    /// The entry with its own hash.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.computed_hash().to_vec();
        self
    }
}

/// A point of the chain: the last entry before it. Written as `17:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPoint {
    pub seq: i64,
    pub hash: [u8; 32],
}

/// Where and how a chain is broken, the first place only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    #[error("entry {0} was changed: it does not have the hash of its content")]
    Changed(i64),
    #[error("{} missing", entries(*.from, *.to))]
    Missing { from: i64, to: i64 },
    #[error("entry {0} was inserted or replaced: it does not follow the one before it")]
    Inserted(i64),
    #[error("the end was cut off: {} missing", entries(*.from, *.to))]
    Cut { from: i64, to: i64 },
    #[error("entry {0} was appended by other means than Pharos")]
    BehindEnd(i64),
    #[error("the record of the last entry was changed: it does not have the hash of entry {0}")]
    End(i64),
    #[error("the record of the last entry is missing")]
    NoEnd,
    #[error("entry {0} is not the one that was noted: the chain was made anew since then")]
    NotAsNoted(i64),
}

fn entries(from: i64, to: i64) -> String {
    if from == to { format!("entry {from} is") } else { format!("entries {from} to {to} are") }
}

impl ChainPoint {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };

    /// Goes on to the next entry.
    pub fn follow(&mut self, entry: &AuditEntry) -> Result<(), ChainBreak> {
        let links = (&*entry.previous_hash, &*entry.hash);
        self.follow_link(entry.seq, links, entry.computed_hash())
    }

    /// The same for an entry of another chain: its number, the hash of the one before and its own as it has
    /// them, and the hash of its content.
    pub(crate) fn follow_link(
        &mut self,
        seq: i64,
        (previous_hash, hash): (&[u8], &[u8]),
        computed: [u8; 32],
    ) -> Result<(), ChainBreak> {
        if seq <= self.seq {
            return Err(ChainBreak::Inserted(seq));
        }
        if seq > self.seq + 1 {
            return Err(ChainBreak::Missing { from: self.seq + 1, to: seq - 1 });
        }
        if hash != computed {
            return Err(ChainBreak::Changed(seq));
        }
        if previous_hash != self.hash {
            return Err(ChainBreak::Inserted(seq));
        }
        *self = Self { seq, hash: computed };
        Ok(())
    }

    /// What must hold at the end of a chain, by the record of its end and by a point that was noted elsewhere.
    pub(crate) fn close(
        self,
        recorded: Option<(i64, Vec<u8>)>,
        noted: Option<Self>,
    ) -> Result<(), ChainBreak> {
        let (seq, hash) = recorded.ok_or(ChainBreak::NoEnd)?;
        // One that is not 32 bytes long is none.
        let hash = hash.try_into().unwrap_or([0xff; 32]);
        self.end(Self { seq, hash })?;
        match noted {
            Some(point) if point.seq > self.seq => {
                Err(ChainBreak::Cut { from: self.seq + 1, to: point.seq })
            }
            Some(point) if point.seq <= 0 && point != Self::START => {
                Err(ChainBreak::NotAsNoted(point.seq))
            }
            _ => Ok(()),
        }
    }

    /// Whether the chain ends here, by the record of its end.
    pub fn end(&self, recorded: Self) -> Result<(), ChainBreak> {
        match recorded.seq {
            end if end > self.seq => Err(ChainBreak::Cut { from: self.seq + 1, to: end }),
            end if end < self.seq => Err(ChainBreak::BehindEnd(end + 1)),
            _ if recorded.hash != self.hash => Err(ChainBreak::End(self.seq)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ChainPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for ChainPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (seq, hex) = text.split_once(':')?;
            let mut hash = [0; 32];
            if hex.len() != 64 || !hex.is_ascii() {
                return None;
            }
            for (at, byte) in hash.iter_mut().enumerate() {
                *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
            }
            Some(Self { seq: seq.parse().ok()?, hash })
        };
        read().ok_or_else(|| "should be as `pharos audit verify` writes it, NUMBER:HASH".to_owned())
    }
}

#[cfg(test)]
mod tests;
