//! The register: appended to before personal data leaves, read in pages, verified.
//!
//! Invariants: entries are appended one after another and never changed or removed; whether the recipient
//! may get it for that purpose is decided in the transaction that appends the entry.

use model::{
    ContactId, DisclosedField, DisclosureBasis, DisclosureKind, DisclosureRefused, JobId,
    SharingNoticeId,
};
use serde_json::{Map, Value};

use crate::access::audit::Verified;
use crate::access::chain::{ChainBreak, ChainPoint};
use crate::disclosing::disclosed::Disclosed;
use crate::disclosing::entry::{DisclosureEntry, NewDisclosure, OWN_USE, entry, fields_text};
use crate::disclosing::members::{self, DisclosureSet};
use crate::disclosing::processors::{self, Processor};
use crate::disclosing::sharing_notices::{self, SharingNotice};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{AsValue, SqlRow, SqlValue};
use crate::job_state::JobFile;
use crate::{Store, StoreError};

texts! {
    /// On PostgreSQL others wait here until this transaction ends.
    DISCLOSURE_ADVANCE = "UPDATE disclosure_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash";
    DISCLOSURE_INSERT = "INSERT INTO disclosures (seq, at, actor_kind, actor_id, actor_name, kind,
            recipient, country, basis, purpose, fields, about, persons, set_id, closes,
            previous_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    DISCLOSURE_HEAD_SET = "UPDATE disclosure_head SET hash = $1 WHERE id = 1";
    DISCLOSURE_HEAD = "SELECT seq, hash FROM disclosure_head WHERE id = 1";
    DISCLOSURES_AFTER = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE seq > $1 ORDER BY seq LIMIT $2";
    DISCLOSURES_BEFORE = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    DISCLOSURES_TO = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE recipient = $3 AND seq < $1 ORDER BY seq DESC LIMIT $2";
    DISCLOSURE_FIND = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE seq = $1";
    DISCLOSURES_BY_BASIS = "SELECT basis, count(*) FROM disclosures WHERE seq > $1 AND seq <= $2
        GROUP BY basis ORDER BY basis";
}

/// Entries read at once.
const PAGE: i64 = 1_000;
/// Characters of a purpose.
pub const PURPOSE_CHARS: usize = 200;
/// Bytes of what an entry says about a filter.
const ABOUT_BYTES: usize = 4 << 10;

/// Whose data, and whether that is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Persons {
    pub(crate) set: i64,
    /// None: it goes on.
    pub(crate) count: Option<i64>,
}

impl Store {
    /// Enters a file whose people are in a set, all of them.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when the recipient may not get it. Nothing may leave then.
    pub async fn disclosure_enter(
        &self,
        new: NewDisclosure,
        set: DisclosureSet,
    ) -> Result<Disclosed, StoreError> {
        if let Some(notice) = new.notice {
            self.sharing_hold(notice, set, new.at).await?;
        }
        self.write(move |tx| {
            let count = Some(members::hold(tx, set.0)?);
            append(tx, &new, Persons { set: set.0, count })
        })
        .await
    }

    /// Enters the file that an export job has written.
    ///
    /// # Errors
    /// As [`Self::disclosure_enter`].
    pub async fn job_file_disclose(
        &self,
        job: JobId,
        new: NewDisclosure,
    ) -> Result<Disclosed, StoreError> {
        if let Some(notice) = new.notice {
            let at = new.at;
            let set = self.write(move |tx| Ok(members::of_job(tx, job, at)?.0)).await?;
            self.sharing_hold(notice, DisclosureSet(set), at).await?;
        }
        self.write(move |tx| {
            let (set, count) = members::of_job(tx, job, new.at)?;
            append(tx, &new, Persons { set, count: Some(count) })
        })
        .await
    }

    /// A part of the file that an export job has written, for whom it was disclosed to; None behind the
    /// last one.
    pub async fn job_file_part(
        &self,
        _disclosed: &Disclosed,
        job: JobId,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.job_part(job, JobFile::Result, number).await
    }

    /// Whether a recipient may get this, before anybody works for it.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when not.
    pub async fn disclosure_check(&self, new: NewDisclosure) -> Result<(), StoreError> {
        self.read(move |tx| lawful(tx, &new).map(drop)).await
    }

    /// Enters more people whose data leaves under an entry.
    pub async fn disclosure_grow(
        &self,
        disclosed: &Disclosed,
        contacts: Vec<ContactId>,
    ) -> Result<(), StoreError> {
        let set = disclosed.set();
        self.write(move |tx| members::add(tx, set, &contacts).map(drop)).await
    }

    /// The newest entries before `before`, newest first, at most 1,000: all, or those of a recipient.
    pub async fn disclosures_page(
        &self,
        recipient: Option<String>,
        before: i64,
        limit: u16,
    ) -> Result<Vec<DisclosureEntry>, StoreError> {
        let limit = i64::from(limit).min(PAGE);
        self.read(move |tx| match &recipient {
            None => tx.all(DISCLOSURES_BEFORE, (before, limit), entry),
            Some(name) => tx.all(DISCLOSURES_TO, (before, limit, name), entry),
        })
        .await
    }

    /// The entry with this number.
    pub async fn disclosure_find(&self, seq: i64) -> Result<Option<DisclosureEntry>, StoreError> {
        self.read(move |tx| tx.first(DISCLOSURE_FIND, [seq], entry)).await
    }

    /// The entries after `after`, oldest first, at most 1,000.
    pub async fn disclosures_after(&self, after: i64) -> Result<Vec<DisclosureEntry>, StoreError> {
        self.read(move |tx| tx.all(DISCLOSURES_AFTER, (after, PAGE), entry)).await
    }

    /// How many entries there are by basis, among the next 1,000 after `after`; and the last one of them.
    pub async fn disclosures_count(
        &self,
        after: i64,
    ) -> Result<(Vec<(String, i64)>, i64), StoreError> {
        self.read(move |tx| {
            let head: i64 = tx.one(DISCLOSURE_HEAD, (), |row| row.get(0))?;
            let last = head.min(after.saturating_add(PAGE));
            let counted =
                tx.all(DISCLOSURES_BY_BASIS, (after, last), |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((counted, last))
        })
        .await
    }

    /// Follows the chain from its first entry to its last, in pages, while others append to it. `noted` is a
    /// point that somebody has kept elsewhere: it must be on the chain.
    pub async fn disclosures_verify(
        &self,
        noted: Option<ChainPoint>,
    ) -> Result<Verified, StoreError> {
        let (mut end, mut after) = (ChainPoint::START, i64::MIN);
        loop {
            // The page and the record of the end are of one moment.
            let (page, recorded) = self
                .read(move |tx| {
                    let page = tx.all(DISCLOSURES_AFTER, (after, PAGE), checked)?;
                    let head = tx.first(DISCLOSURE_HEAD, (), |row| {
                        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
                    });
                    Ok((page, head?))
                })
                .await?;
            let followed = page.iter().try_for_each(|link| {
                let Some(entry) = &link.entry else { return Err(ChainBreak::Changed(link.seq)) };
                let (previous, hash) = (&*entry.previous_hash, &*entry.hash);
                end.follow_link(entry.seq, (previous, hash), entry.computed_hash())?;
                match noted {
                    Some(point) if point.seq == end.seq && point != end => {
                        Err(ChainBreak::NotAsNoted(end.seq))
                    }
                    _ => Ok(()),
                }
            });
            let is_last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
            let broken = match followed {
                Ok(()) if is_last => end.close(recorded, noted).err(),
                Ok(()) => None,
                Err(broken) => Some(broken),
            };
            match page.last() {
                Some(last) if broken.is_none() && !is_last => after = last.seq,
                _ => return Ok(Verified { end, broken }),
            }
        }
    }
}

/// A row of the register; without an entry where it holds what no release writes.
struct ReadLink {
    seq: i64,
    entry: Option<DisclosureEntry>,
}

fn checked(row: &SqlRow<'_>) -> Result<ReadLink, StoreError> {
    let seq = row.get(0)?;
    match entry(row) {
        Ok(entry) => Ok(ReadLink { seq, entry: Some(entry) }),
        Err(StoreError::Corrupt(_)) => Ok(ReadLink { seq, entry: None }),
        Err(error) => Err(error),
    }
}

/// How something may leave.
struct Lawful {
    basis: DisclosureBasis,
    recipient: String,
    /// Where they are.
    country: String,
    purpose: String,
    fields: Vec<DisclosedField>,
}

/// By what right this may leave, and to whom.
fn lawful(tx: &Tx<'_>, new: &NewDisclosure) -> Result<Lawful, StoreError> {
    let NewDisclosure { actor, kind, recipient, purpose, notice, .. } = new;
    let chars = purpose.chars().count();
    if !(1..=PURPOSE_CHARS).contains(&chars) || purpose.chars().any(char::is_control) {
        let should = format!("1 to {PURPOSE_CHARS} characters in one line");
        return Err(DisclosureRefused::Wrong { what: "the purpose", should }.into());
    }
    if let Some(notice) = notice {
        return shared(tx, new, *notice);
    }
    let mut lawful = Lawful {
        basis: DisclosureBasis::OwnUse,
        recipient: actor.name.clone(),
        country: String::new(),
        purpose: purpose.clone(),
        fields: kind.fields().to_vec(),
    };
    if let Some(name) = recipient {
        let found = processors::permitted(tx, name, purpose, kind.fields())?;
        if found.basis == DisclosureBasis::Sharing {
            return Err(DisclosureRefused::SharingByNotice(found.name).into());
        }
        (lawful.basis, lawful.recipient, lawful.country) = (found.basis, found.name, found.country);
    }
    Ok(lawful)
}

/// What may be shared by a notice: a file of contacts with the notice's fields.
fn shared(tx: &Tx<'_>, new: &NewDisclosure, id: SharingNoticeId) -> Result<Lawful, StoreError> {
    let notice = sharing_notices::find(tx, id)?;
    if new.kind != DisclosureKind::ContactsFile {
        return Err(DisclosureRefused::SharingByNotice(notice.recipient).into());
    }
    let same = |said: &str, is: &str| said.to_lowercase() == is.to_lowercase();
    let wrong = |what, is: &str| {
        let should = format!("{is:?}, as in sharing notice {id}, or left out");
        Err(DisclosureRefused::Wrong { what, should }.into())
    };
    if new.recipient.as_ref().is_some_and(|said| !same(said, &notice.recipient)) {
        return wrong("the recipient", &notice.recipient);
    }
    if new.purpose != OWN_USE && !same(&new.purpose, &notice.purpose) {
        return wrong("the purpose", &notice.purpose);
    }
    let Processor { name, country, basis, .. } = notice.open(tx, new.at)?;
    let SharingNotice { purpose, fields, .. } = notice;
    Ok(Lawful { basis, recipient: name, country, purpose, fields })
}

/// What an entry is about, with the notice by which it was shared.
fn about_of(new: &NewDisclosure) -> Result<String, StoreError> {
    let Some(notice) = new.notice else { return Ok(new.about.clone()) };
    let mut about: Map<String, Value> = serde_json::from_str(&new.about)
        .map_err(|_| StoreError::OutOfRange("what the register is to keep"))?;
    about.insert("notice".to_owned(), notice.0.into());
    Ok(Value::Object(about).to_string())
}

/// Appends an entry, if the recipient may get it.
pub(crate) fn append(
    tx: &Tx<'_>,
    new: &NewDisclosure,
    persons: Persons,
) -> Result<Disclosed, StoreError> {
    if new.about.len() > ABOUT_BYTES {
        return Err(StoreError::OutOfRange("what the register is to keep"));
    }
    let Lawful { basis, recipient, country, purpose, fields } = lawful(tx, new)?;
    let about = about_of(new)?;
    append_as(tx, |to| DisclosureEntry {
        seq: to.seq + 1,
        at: new.at,
        actor_kind: new.actor.kind.as_str().to_owned(),
        actor_id: new.actor.id,
        actor_name: new.actor.name.clone(),
        kind: new.kind,
        recipient,
        country,
        basis,
        purpose,
        fields,
        about,
        persons: persons.count,
        set: persons.set,
        closes: None,
        previous_hash: to.hash.to_vec(),
        hash: Vec::new(),
    })
}

/// Appends the entry that `make` makes to follow the last one.
pub(crate) fn append_as(
    tx: &Tx<'_>,
    make: impl FnOnce(ChainPoint) -> DisclosureEntry,
) -> Result<Disclosed, StoreError> {
    let last = tx.one(DISCLOSURE_ADVANCE, (), |row| {
        Ok(ChainPoint { seq: row.get::<i64>(0)? - 1, hash: row.get(1)? })
    })?;
    let mut entry = make(last);
    entry.hash = entry.computed_hash().to_vec();
    insert(tx, &entry)?;
    tx.execute(DISCLOSURE_HEAD_SET, [&entry.hash])?;
    members::mark_used(tx, entry.set)?;
    Ok(Disclosed::new(entry.seq, entry.set))
}

fn insert(tx: &Tx<'_>, it: &DisclosureEntry) -> Result<(), StoreError> {
    let fields = fields_text(&it.fields);
    let values: [SqlValue<'_>; 17] = [
        it.seq.as_value(),
        it.at.0.as_value(),
        it.actor_kind.as_value(),
        it.actor_id.as_value(),
        it.actor_name.as_value(),
        it.kind.as_str().as_value(),
        it.recipient.as_value(),
        it.country.as_value(),
        it.basis.as_str().as_value(),
        it.purpose.as_value(),
        fields.as_value(),
        it.about.as_value(),
        it.persons.as_value(),
        it.set.as_value(),
        it.closes.as_value(),
        it.previous_hash.as_value(),
        it.hash.as_value(),
    ];
    tx.execute(DISCLOSURE_INSERT, values).map(drop)
}
