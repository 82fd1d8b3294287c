//! What people ask of the organisation about their data, with the time by which it must be answered.
//!
//! Invariants: a request is extended once at most, and closed once; who is erased vanishes from theirs,
//! which stay with their times and their state. Personal data otherwise.

use model::{ContactId, EmailAddress, RequestKind, RequestState, Timestamp, request_due};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    REQUEST_INSERT = "INSERT INTO person_requests (kind, contact_id, email, email_key, channel, text,
            received_at, due_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open') RETURNING id";
    REQUEST_FIND = "SELECT id, kind, contact_id, email, channel, text, received_at, due_at,
            extension, state, handled_by, outcome, closed_at FROM person_requests WHERE id = $1";
    /// Those that are due first come first.
    REQUESTS_OPEN = "SELECT id, kind, contact_id, email, channel, text, received_at, due_at,
            extension, state, handled_by, outcome, closed_at FROM person_requests
        WHERE state = 'open' AND (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3";
    REQUESTS_PAGE = "SELECT id, kind, contact_id, email, channel, text, received_at, due_at,
            extension, state, handled_by, outcome, closed_at FROM person_requests
        WHERE id < $1 ORDER BY id DESC LIMIT $2";
    REQUESTS_OF_CONTACT = "SELECT id, kind, contact_id, email, channel, text, received_at, due_at,
            extension, state, handled_by, outcome, closed_at FROM person_requests
        WHERE contact_id = $1 ORDER BY id DESC LIMIT 100";
    REQUESTS_OPEN_OF = "SELECT count(*) FROM (SELECT 1 FROM person_requests
        WHERE email_key = $1 AND state = 'open' LIMIT 20) waiting";
    REQUEST_EXTEND = "UPDATE person_requests SET due_at = $2, extension = $3, handled_by = $4
        WHERE id = $1 AND state = 'open' AND extension IS NULL";
    REQUEST_CLOSE = "UPDATE person_requests SET state = $2, outcome = $3, handled_by = $4,
            closed_at = $5
        WHERE id = $1 AND state = 'open'";
    REQUESTS_COUNT_OPEN = "SELECT count(*) FROM (SELECT 1 FROM person_requests
        WHERE state = 'open' LIMIT 10000) waiting";
    REQUESTS_COUNT_OVERDUE = "SELECT count(*) FROM (SELECT 1 FROM person_requests
        WHERE state = 'open' AND due_at < $1 LIMIT 10000) late";
    REQUESTS_ERASE = "UPDATE person_requests SET email = NULL, email_key = NULL, contact_id = NULL,
            text = '', outcome = NULL, extension = CASE WHEN extension IS NULL THEN NULL ELSE '' END
        WHERE email_key = $1 OR contact_id = $2";
}

/// Characters of what is asked and of what is answered.
pub const REQUEST_CHARS: usize = 4_000;
/// Open requests that one address can have.
const OPEN_OF_ONE: i64 = 5;

/// A request that has come.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRequest {
    pub kind: RequestKind,
    pub contact: Option<ContactId>,
    pub email: EmailAddress,
    /// account, staff or api.
    pub channel: &'static str,
    /// At most [`REQUEST_CHARS`].
    pub text: String,
    pub received_at: Timestamp,
}

impl std::fmt::Debug for NewRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewRequest").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A request. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRequest {
    pub id: i64,
    pub kind: RequestKind,
    pub contact: Option<ContactId>,
    /// None: they were erased.
    pub email: Option<String>,
    pub channel: String,
    pub text: String,
    pub received_at: Timestamp,
    pub due_at: Timestamp,
    /// Why it takes longer than a month.
    pub extension: Option<String>,
    pub state: RequestState,
    /// Who answered or extended it, by name.
    pub handled_by: Option<String>,
    /// What was answered, or why it was refused.
    pub outcome: Option<String>,
    pub closed_at: Option<Timestamp>,
}

impl PersonRequest {
    /// Days until it is due; negative ones since then. None when it is closed.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        (self.state == RequestState::Open).then(|| self.due_at.day_number() - now.day_number())
    }
}

/// How a request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestClosing {
    /// Not `Open`.
    pub state: RequestState,
    pub outcome: String,
    pub by: String,
    pub at: Timestamp,
}

impl Store {
    /// Keeps a request; it is due after a month.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when as many of this address are open as there can be.
    pub async fn request_add(&self, new: NewRequest) -> Result<i64, StoreError> {
        self.write(move |tx| {
            let NewRequest { kind, contact, email, channel, text, received_at } = &new;
            let key = email.key();
            if tx.one(REQUESTS_OPEN_OF, [&key], |row| row.get::<i64>(0))? >= OPEN_OF_ONE {
                return Err(StoreError::Exists("request"));
            }
            let due = request_due(*received_at, false);
            let (kind, contact) = (kind.as_str(), contact.map(|id| id.0));
            let values = (kind, contact, email.as_str(), key, *channel, text, received_at.0, due.0);
            let id = tx.one(REQUEST_INSERT, values, |row| row.get(0))?;
            tx.announce_made(id);
            Ok(id)
        })
        .await
    }

    /// The request with this number.
    pub async fn request_find(&self, id: i64) -> Result<Option<PersonRequest>, StoreError> {
        self.read(move |tx| tx.first(REQUEST_FIND, [id], request)).await
    }

    /// Open requests behind one that is due then, those that are due first come first.
    pub async fn requests_open(
        &self,
        (due, id): (Timestamp, i64),
        limit: u16,
    ) -> Result<Vec<PersonRequest>, StoreError> {
        self.read(move |tx| tx.all(REQUESTS_OPEN, (due.0, id, limit), request)).await
    }

    /// Requests before one, the newest first.
    pub async fn requests_page(
        &self,
        before: i64,
        limit: u16,
    ) -> Result<Vec<PersonRequest>, StoreError> {
        self.read(move |tx| tx.all(REQUESTS_PAGE, (before, limit), request)).await
    }

    /// A contact's requests, the newest first, at most 100.
    pub async fn requests_of(&self, contact: ContactId) -> Result<Vec<PersonRequest>, StoreError> {
        self.read(move |tx| tx.all(REQUESTS_OF_CONTACT, [contact.0], request)).await
    }

    /// Gives an open request two months more, once, with the reason that the person is told.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is closed or was extended before; [`StoreError::NotFound`].
    pub async fn request_extend(
        &self,
        id: i64,
        reason: String,
        by: String,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let found = tx.first(REQUEST_FIND, [id], request)?;
            let found = found.ok_or(StoreError::NotFound("request"))?;
            let due = request_due(found.received_at, true);
            match tx.execute(REQUEST_EXTEND, (id, due.0, &reason, &by))? {
                0 => Err(StoreError::Changed("request")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Closes an open request.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is closed; [`StoreError::NotFound`].
    pub async fn request_close(&self, id: i64, closing: RequestClosing) -> Result<(), StoreError> {
        self.write(move |tx| {
            let RequestClosing { state, outcome, by, at } = &closing;
            if tx.first(REQUEST_FIND, [id], |_| Ok(()))?.is_none() {
                return Err(StoreError::NotFound("request"));
            }
            match tx.execute(REQUEST_CLOSE, (id, state.as_str(), outcome, by, at.0))? {
                0 => Err(StoreError::Changed("request")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// How many requests are open, and how many of them should have been answered; each up to 10,000.
    pub async fn requests_waiting(&self, now: Timestamp) -> Result<(i64, i64), StoreError> {
        self.read(move |tx| {
            let open = tx.one(REQUESTS_COUNT_OPEN, (), |row| row.get(0))?;
            Ok((open, tx.one(REQUESTS_COUNT_OVERDUE, [now.0], |row| row.get(0))?))
        })
        .await
    }
}

fn request(row: &SqlRow<'_>) -> Result<PersonRequest, StoreError> {
    Ok(PersonRequest {
        id: row.get(0)?,
        kind: known(RequestKind::from_word(row.text(1)?), "kind of a request")?,
        contact: row.get::<Option<i64>>(2)?.map(ContactId),
        email: row.get(3)?,
        channel: row.get(4)?,
        text: row.get(5)?,
        received_at: Timestamp(row.get(6)?),
        due_at: Timestamp(row.get(7)?),
        extension: row.get(8)?,
        state: known(RequestState::from_word(row.text(9)?), "state of a request")?,
        handled_by: row.get(10)?,
        outcome: row.get(11)?,
        closed_at: row.get::<Option<i64>>(12)?.map(Timestamp),
    })
}
