//! Asking a topic's subscribers whether they still want it.
//!
//! Invariants: whoever was not mailed, or may still confirm, goes on getting the topic; whoever has not confirmed in
//! time gets it no more, as `pending`, with the entry `not confirmed` in the ledger, and gets it again by
//! confirming late. Who has left, or whose address is suppressed, is not brought back by a link. Of a link's
//! secret only its hash is stored. One node at a time is at a re-confirmation, and each transaction looks at
//! a bounded number of people, so it goes on where it was after any interruption: a mail whose fate a crash has
//! hidden is sent again, with another link. Rows of people go 90 days after the end.

pub(crate) mod asking;
pub(crate) mod links;

use model::{ConsentBasis, ContactId, Timestamp, TopicId};

use crate::engine::error::{count, known, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    /// Changes nothing; on PostgreSQL it makes others who begin one wait.
    TOPIC_LOCK = "UPDATE topics SET name = name WHERE id = $1";
    RECONFIRMATION_ADD = "INSERT INTO reconfirmations (topic_id, before_at, within_days, per_minute,
            begun_at, begun_by, state, after_id, held_until)
        VALUES ($1, $2, $3, $4, $5, $6, 'asking', 0, 0) RETURNING id";
    RECONFIRMATION_OPEN = "SELECT 1 FROM reconfirmations
        WHERE topic_id = $1 AND state IN ('asking', 'waiting') LIMIT 1";
    RECONFIRMATION_NEWEST = "SELECT id, topic_id, before_at, within_days, per_minute, begun_at,
            begun_by, state, after_id, ended_at
        FROM reconfirmations WHERE topic_id = $1 ORDER BY id DESC LIMIT 1";
    RECONFIRMATION_COUNTS = "SELECT state, count(*) FROM reconfirmation_links
        WHERE reconfirmation_id = $1 GROUP BY state ORDER BY state";
    /// Each with what they have agreed to last.
    RECONFIRMATION_SLICE = "SELECT s.contact_id, x.reason, q.at, q.basis, q.source
        FROM subscriptions s
        JOIN contacts c ON c.id = s.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        LEFT JOIN consents q ON q.id = (SELECT max(id) FROM consents
            WHERE contact_id = s.contact_id AND kind = 'mail' AND topic_id = $1 AND granted = 1)
        WHERE s.topic_id = $1 AND s.state = 'subscribed' AND s.contact_id > $2
        ORDER BY s.contact_id LIMIT $3";
    RECONFIRMATION_CANCEL = "UPDATE reconfirmations SET state = 'cancelled', ended_at = $2
        WHERE topic_id = $1 AND state IN ('asking', 'waiting')";
}

/// Subscribers looked at in one transaction.
const SLICE: usize = 1_000;

/// Where a re-confirmation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconfirmationState {
    /// People are being mailed.
    Asking,
    /// Everybody was mailed; some may still confirm in time.
    Waiting,
    Ended,
    Cancelled,
}

impl ReconfirmationState {
    const ALL: [Self; 4] = [Self::Asking, Self::Waiting, Self::Ended, Self::Cancelled];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether anybody is still to be asked or stopped.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asking | Self::Waiting)
    }
}

/// Whom to ask, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReconfirmation {
    pub topic: TopicId,
    /// Who has agreed before this, or of whom nothing proves that they have.
    pub before: Timestamp,
    pub within_days: u16,
    /// Mails.
    pub per_minute: u16,
    /// By name.
    pub by: String,
    pub at: Timestamp,
}

/// A re-confirmation and how far it is; people are counted until 90 days after its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconfirmation {
    pub id: i64,
    pub topic: TopicId,
    pub before: Timestamp,
    pub within_days: u16,
    pub per_minute: u16,
    pub begun_at: Timestamp,
    pub begun_by: String,
    pub state: ReconfirmationState,
    pub ended_at: Option<Timestamp>,
    /// Found and not mailed yet.
    pub to_mail: i64,
    /// Mailed, and still to confirm.
    pub asked: i64,
    pub confirmed: i64,
    /// Those who have not confirmed in time.
    pub stopped: i64,
    /// Those whose mail was refused, or who have left meanwhile.
    pub not_mailed: i64,
    after: i64,
}

impl Store {
    /// How many of the topic's subscribers after one contact would be asked, and where to go on; None behind
    /// the last.
    pub async fn reconfirmation_preview(
        &self,
        topic: TopicId,
        before: Timestamp,
        after: ContactId,
    ) -> Result<(i64, Option<ContactId>), StoreError> {
        self.read(move |tx| {
            let slice = slice(tx, topic, before, after.0)?;
            let asked = count(slice.asked.len())?;
            Ok((asked, slice.last.filter(|_| slice.is_full).map(ContactId)))
        })
        .await
    }

    /// Begins one; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Exists`] while another one of the topic is open.
    pub async fn reconfirmation_begin(&self, new: NewReconfirmation) -> Result<i64, StoreError> {
        self.write(move |tx| {
            // Of two that begin at once the second waits here, and sees the first.
            tx.execute(TOPIC_LOCK, [new.topic.0])?;
            if tx.first(RECONFIRMATION_OPEN, [new.topic.0], |_| Ok(()))?.is_some() {
                return Err(StoreError::Exists("re-confirmation"));
            }
            let NewReconfirmation { topic, before, within_days, per_minute, by, at } = &new;
            let values = (topic.0, before.0, *within_days, *per_minute, at.0, by);
            let id = tx.one(RECONFIRMATION_ADD, values, |row| row.get(0))?;
            tx.announce_made(id);
            Ok(id)
        })
        .await
    }

    /// The newest of a topic.
    pub async fn reconfirmation_of(
        &self,
        topic: TopicId,
    ) -> Result<Option<Reconfirmation>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(RECONFIRMATION_NEWEST, [topic.0], reconfirmation)?;
            found.map(|found| counted(tx, found)).transpose()
        })
        .await
    }

    /// Ends the topic's open one: nobody more is mailed or stopped. Whether there was one.
    pub async fn reconfirmation_cancel(
        &self,
        topic: TopicId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(RECONFIRMATION_CANCEL, (topic.0, at.0))? > 0)).await
    }
}

/// The next subscribers.
struct SubscriberSlice {
    /// Those of them who are to be asked.
    asked: Vec<i64>,
    /// The last of them all.
    last: Option<i64>,
    /// Whether there may be more behind it.
    is_full: bool,
}

fn slice(
    tx: &Tx<'_>,
    topic: TopicId,
    before: Timestamp,
    after: i64,
) -> Result<SubscriberSlice, StoreError> {
    let found = tx.all(RECONFIRMATION_SLICE, (topic.0, after, count(SLICE)?), |row| {
        subscriber(row, before)
    })?;
    Ok(SubscriberSlice {
        last: found.last().map(|(contact, _)| *contact),
        is_full: found.len() >= SLICE,
        asked: found.into_iter().filter(|(_, asked)| *asked).map(|(contact, _)| contact).collect(),
    })
}

/// A subscriber, and whether they are to be asked.
fn subscriber(row: &SqlRow<'_>, before: Timestamp) -> Result<(i64, bool), StoreError> {
    let suppressed: Option<String> = row.get(1)?;
    let (at, basis): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
    let source: Option<String> = row.get(4)?;
    let is_new = at.is_some_and(|at| at >= before.0) && is_proved(basis, source);
    Ok((row.get(0)?, suppressed.is_none() && !is_new))
}

/// Whether this contact is a subscriber who is to be asked.
fn is_to_be_asked(
    tx: &Tx<'_>,
    topic: TopicId,
    before: Timestamp,
    contact: ContactId,
) -> Result<bool, StoreError> {
    let values = (topic.0, contact.0 - 1, 1_i64);
    let found = tx.first(RECONFIRMATION_SLICE, values, |row| subscriber(row, before))?;
    Ok(found == Some((contact.0, true)))
}

/// Whether an entry says by what right, which an import without a statement does not.
fn is_proved(basis: Option<String>, source: Option<String>) -> bool {
    let is_stated = basis.is_some_and(|basis| basis != ConsentBasis::NotStated.as_str());
    is_stated || !source.unwrap_or_default().starts_with("import")
}

fn reconfirmation(row: &SqlRow<'_>) -> Result<Reconfirmation, StoreError> {
    let state = known(ReconfirmationState::from_word(row.text(7)?), "re-confirmation")?;
    Ok(Reconfirmation {
        id: row.get(0)?,
        topic: TopicId(row.get(1)?),
        before: Timestamp(row.get(2)?),
        within_days: narrow(row.get(3)?, "days")?,
        per_minute: narrow(row.get(4)?, "mails")?,
        begun_at: Timestamp(row.get(5)?),
        begun_by: row.get(6)?,
        state,
        ended_at: row.get::<Option<i64>>(9)?.map(Timestamp),
        to_mail: 0,
        asked: 0,
        confirmed: 0,
        stopped: 0,
        not_mailed: 0,
        after: row.get(8)?,
    })
}

fn counted(tx: &Tx<'_>, mut found: Reconfirmation) -> Result<Reconfirmation, StoreError> {
    let counts =
        tx.all(RECONFIRMATION_COUNTS, [found.id], |row| Ok((row.get::<i64>(0)?, row.get(1)?)))?;
    for (state, people) in counts {
        let field = match state {
            0 => &mut found.to_mail,
            1 => &mut found.asked,
            2 => &mut found.confirmed,
            3 => &mut found.stopped,
            _ => &mut found.not_mailed,
        };
        *field = people;
    }
    Ok(found)
}
