//! An entry of the disclosure register, and what its hash covers.
//!
//! Invariants: each entry is hashed with the hash of the one before, from 32 zero bytes on, and every field
//! with its length. The hash is a plain SHA-256, as the audit log's: whoever gets an export of the register
//! can follow it without a secret, and against somebody who makes the whole chain anew a key that lies on
//! the same machine would not help; a point that was noted elsewhere does. Whose data it was is not covered:
//! who is erased vanishes from the members, while the entry and its number of persons stay.

use model::{DisclosedField, DisclosureBasis, DisclosureKind, SharingNoticeId, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::access::actor_record::ActorRecord;
use crate::engine::error::known;
use crate::engine::value::SqlRow;

/// The purpose of what is read without one.
pub const OWN_USE: &str = "own use";
/// Separates these hashes from any others, and from those of a later form.
const FORM: &[u8] = b"pharos disclosures 1";

/// Personal data that is about to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDisclosure {
    /// Who asks for it.
    pub actor: ActorRecord,
    pub kind: DisclosureKind,
    /// The name of a recipient that is registered; None: the actor's own use.
    pub recipient: Option<String>,
    pub purpose: String,
    /// What it is, as a JSON object that names nobody: a filter, a job.
    pub about: String,
    /// The notice by which it is shared; the recipient and the purpose are the notice's then.
    pub notice: Option<SharingNoticeId>,
    pub at: Timestamp,
}

/// Somebody reads personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalRead {
    pub actor: ActorRecord,
    pub kind: DisclosureKind,
    pub at: Timestamp,
}

impl PersonalRead {
    /// What its set is found by.
    pub(super) fn key(&self) -> String {
        let id = self.actor.id.map_or_else(|| self.actor.name.clone(), |id| id.to_string());
        let (who, day) = (self.actor.kind.as_str(), self.at.day_number());
        format!("{day} {} {who} {id}", self.kind.as_str())
    }
}

/// An entry of the register. Names nobody whose data it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureEntry {
    /// Counted from 1, without a gap.
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub kind: DisclosureKind,
    /// Whoever got it; with [`DisclosureBasis::OwnUse`] the actor.
    pub recipient: String,
    /// Where the recipient is; empty for the actor.
    pub country: String,
    pub basis: DisclosureBasis,
    pub purpose: String,
    pub fields: Vec<DisclosedField>,
    /// JSON.
    pub about: String,
    /// How many people's it was; None while it goes on: the entry that closes it has the number.
    pub persons: Option<i64>,
    /// The members, shared by entries about the same data.
    pub(crate) set: i64,
    /// The entry that this one closes.
    pub closes: Option<i64>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

impl DisclosureEntry {
    /// Who asked, for people: a token may be called like a user.
    #[must_use]
    pub fn actor(&self) -> String {
        match (self.actor_kind.as_str(), self.actor_id) {
            ("token", Some(id)) => format!("{} (token {id})", self.actor_name),
            _ => self.actor_name.clone(),
        }
    }

    /// The number of the set of people, as the hash has it.
    #[must_use]
    pub const fn set(&self) -> i64 {
        self.set
    }

    /// The fields with commas between them.
    #[must_use]
    pub fn fields_text(&self) -> String {
        fields_text(&self.fields)
    }

    /// The hash that an entry of this content has.
    #[must_use]
    pub fn computed_hash(&self) -> [u8; 32] {
        let mut hasher = Sha256::new_with_prefix(FORM);
        let text = |number: i64| Some(number.to_string());
        let (fields, persons) = (self.fields_text(), self.persons.and_then(text));
        let (id, closes) = (self.actor_id.and_then(text), self.closes.and_then(text));
        let (seq, at, set) = (self.seq.to_string(), self.at.0.to_string(), self.set.to_string());
        let covered: [Option<&[u8]>; 16] = [
            Some(&self.previous_hash),
            Some(seq.as_bytes()),
            Some(at.as_bytes()),
            Some(self.actor_kind.as_bytes()),
            id.as_ref().map(String::as_bytes),
            Some(self.actor_name.as_bytes()),
            Some(self.kind.as_str().as_bytes()),
            Some(self.recipient.as_bytes()),
            Some(self.country.as_bytes()),
            Some(self.basis.as_str().as_bytes()),
            Some(self.purpose.as_bytes()),
            Some(fields.as_bytes()),
            Some(self.about.as_bytes()),
            persons.as_ref().map(String::as_bytes),
            Some(set.as_bytes()),
            closes.as_ref().map(String::as_bytes),
        ];
        for field in covered {
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
}

/// Fields as they are kept: their words, with commas between them.
pub(crate) fn fields_text(fields: &[DisclosedField]) -> String {
    fields.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(",")
}

/// Reads [`fields_text`].
pub(crate) fn fields_of(text: &str) -> Result<Vec<DisclosedField>, StoreError> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(|word| known(DisclosedField::from_word(word), "field of a disclosure")).collect()
}

pub(crate) fn entry(row: &SqlRow<'_>) -> Result<DisclosureEntry, StoreError> {
    Ok(DisclosureEntry {
        seq: row.get(0)?,
        at: Timestamp(row.get(1)?),
        actor_kind: row.get(2)?,
        actor_id: row.get(3)?,
        actor_name: row.get(4)?,
        kind: known(DisclosureKind::from_word(row.text(5)?), "kind of a disclosure")?,
        recipient: row.get(6)?,
        country: row.get(7)?,
        basis: known(DisclosureBasis::from_word(row.text(8)?), "basis of a disclosure")?,
        purpose: row.get(9)?,
        fields: fields_of(row.text(10)?)?,
        about: row.get(11)?,
        persons: row.get(12)?,
        set: row.get(13)?,
        closes: row.get(14)?,
        previous_hash: row.get(15)?,
        hash: row.get(16)?,
    })
}
