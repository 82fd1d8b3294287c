//! Single messages: one announcement to one address, asked for by a program; accepted, found, listed.
//!
//! Invariants: a request of an actor is accepted once, for ever, because its key stays with the
//! message; a message that was accepted is queued, or is in one of the states in which it has ended.
//! The values are kept, not the finished message: some hundred bytes instead of a hundred thousand.
//! What it is made from is kept once for all that are made from it (`forms`), so what was checked when
//! a message was accepted is what is sent. `claims` and `outcomes` move messages; `forgetting` removes
//! the person from what has ended.

pub(crate) mod claims;
pub(crate) mod forgetting;
pub(crate) mod forms;
pub(crate) mod leases;
pub(crate) mod outcomes;

use std::collections::BTreeMap;

use model::{
    AnnouncementId, ContactId, DeliveryState, EmailAddress, MessageFormId, MessageId, Timestamp,
};

use crate::access::actor_record::ActorRecord;
use crate::engine::error::{count, known};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::contacts::{address, attributes_text};
use crate::sending::test_messages;
use crate::{Store, StoreError};

texts! {
    MESSAGE_INSERT = "INSERT INTO messages (actor, request_key, body_hash, announcement_id,
            form_id, contact_id, email, email_key, attributes, live, state, accepted_at,
            next_attempt_at, ended_at, attempts, epoch, begun)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, 0, 0, 0)
        ON CONFLICT (actor, request_key) DO NOTHING RETURNING id";
    MESSAGE_BY_KEY = "SELECT id, body_hash FROM messages WHERE actor = $1 AND request_key = $2";
    /// An erased address is known by its hash.
    MESSAGE_TURNED_AWAY = "SELECT 1 FROM suppressions
        WHERE (email_key = $1 OR address_hash = $2) AND reason <> 'unsubscribed' LIMIT 1";
    MESSAGE_FIND = "SELECT m.id, m.announcement_id, a.name, m.contact_id, m.email, m.live, m.state,
            m.accepted_at, m.next_attempt_at, m.first_attempt_at, m.ended_at, m.attempts, m.code,
            m.reply
        FROM messages m JOIN announcements a ON a.id = m.announcement_id WHERE m.id = $1";
    /// `$4` narrows to a state, unless it is negative; `$5` to a part of the address.
    MESSAGES_PAGE = "SELECT m.id, m.announcement_id, a.name, m.contact_id, m.email, m.live, m.state,
            m.accepted_at, m.next_attempt_at, m.first_attempt_at, m.ended_at, m.attempts, m.code,
            m.reply
        FROM messages m JOIN announcements a ON a.id = m.announcement_id
        WHERE m.id < $1 AND m.id >= $2 AND ($4 < 0 OR m.state = $4)
        AND ($5 = '' OR m.email_key LIKE $5 ESCAPE '!') ORDER BY m.id DESC LIMIT $3";
    /// The latest first, of a contact or to their address.
    MESSAGES_OF = "SELECT m.id, m.announcement_id, a.name, m.contact_id, m.email, m.live, m.state,
            m.accepted_at, m.next_attempt_at, m.first_attempt_at, m.ended_at, m.attempts, m.code,
            m.reply
        FROM messages m JOIN announcements a ON a.id = m.announcement_id
        WHERE m.contact_id = $1 OR m.email_key = $2 ORDER BY m.id DESC LIMIT $3";
    MESSAGES_IN_DOUBT = "SELECT count(*) FROM (SELECT 1 FROM messages
        WHERE state = 6 AND ended_at >= $1 LIMIT 1000) doubtful";
    MESSAGES_LAST = "SELECT max(id) FROM messages WHERE id < $1";
    MESSAGES_WAITING = "SELECT count(*), min(accepted_at) FROM (SELECT accepted_at FROM messages
        WHERE state = 0 ORDER BY next_attempt_at, id LIMIT 100000) waiting";
}

/// Messages that one page of the list looks through.
const LOOKED_THROUGH: i64 = 20_000;

/// A message that a program asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub actor: ActorRecord,
    /// The key of the request, as the client chose it.
    pub request_key: String,
    /// SHA-256 of the request's body.
    pub body_hash: [u8; 32],
    pub announcement: AnnouncementId,
    /// What it is made from, as [`Store::message_form_keep`] has kept it.
    pub form: MessageFormId,
    /// Whose values it shows, if it is a contact's.
    pub contact: Option<ContactId>,
    pub email: EmailAddress,
    /// The keyed hash of the address, by which an erased one is known.
    pub address_hash: [u8; 32],
    /// Every value that it needs.
    pub attributes: BTreeMap<String, String>,
    /// False for a test, which goes to no relay and has ended at once.
    pub live: bool,
    /// The finished message of a test, for the inbox.
    pub copy: Option<Vec<u8>>,
}

/// What became of a request for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageAccepted {
    New(MessageId),
    /// The same request was accepted before.
    Before(MessageId),
    /// The key belongs to another request.
    KeyUsed,
    /// The address must not be mailed. Its key is not used up.
    Suppressed,
}

/// A message as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub id: MessageId,
    pub announcement: AnnouncementId,
    pub announcement_name: String,
    pub contact: Option<ContactId>,
    /// None: forgotten.
    pub email: Option<EmailAddress>,
    pub live: bool,
    pub state: DeliveryState,
    pub accepted_at: Timestamp,
    /// When the next try is due, for one that was tried and is queued.
    pub next_attempt_at: Option<Timestamp>,
    pub first_attempt_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub attempts: i64,
    /// The relay's code, 0 for reasons of our own.
    pub code: Option<u16>,
    pub reply: Option<String>,
}

/// Which messages to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageQuery {
    pub state: Option<DeliveryState>,
    /// A part of the address; empty for all.
    pub address: String,
    /// Only those before this one.
    pub before: Option<MessageId>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagesFound {
    /// The latest first.
    pub messages: Vec<MessageRow>,
    /// Before which one to go on, if there may be more.
    pub next: Option<MessageId>,
}

/// What waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagesWaiting {
    /// At most 100,000 are counted.
    pub queued: i64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// Accepts messages, in one transaction; says of each what became of it, in their order.
    ///
    /// # Errors
    /// When the store fails; then none is accepted.
    pub async fn messages_accept(
        &self,
        new: Vec<NewMessage>,
        at: Timestamp,
    ) -> Result<Vec<MessageAccepted>, StoreError> {
        self.write(move |tx| {
            // In the order of their keys: transactions that share some wait for each other in a row.
            let mut order: Vec<usize> = (0..new.len()).collect();
            let key = |at: &usize| new.get(*at).map(|it| (it.actor.key(), it.request_key.clone()));
            order.sort_by_key(key);
            let mut accepted = vec![MessageAccepted::KeyUsed; new.len()];
            for place in order {
                if let (Some(new), Some(said)) = (new.get(place), accepted.get_mut(place)) {
                    *said = accept(tx, new, at)?;
                }
            }
            Ok(accepted)
        })
        .await
    }

    /// What became of a request for a message before: never [`MessageAccepted::New`].
    pub async fn message_by_key(
        &self,
        actor: ActorRecord,
        request_key: String,
        body_hash: [u8; 32],
    ) -> Result<Option<MessageAccepted>, StoreError> {
        self.read(move |tx| before(tx, &actor.key(), &request_key, &body_hash)).await
    }

    /// Messages of this contact or to this address, at most `limit`, the latest first.
    pub async fn messages_of(
        &self,
        contact: ContactId,
        email_key: String,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let limit = count(limit)?;
        self.read(move |tx| messages_of(tx, contact, &email_key, limit)).await
    }

    /// How many messages are in doubt since then; at most 1,000 are counted.
    pub async fn messages_in_doubt(&self, since: Timestamp) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(MESSAGES_IN_DOUBT, [since.0], |row| row.get(0))).await
    }

    /// The message with this id.
    pub async fn message_find(&self, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
        self.read(move |tx| tx.first(MESSAGE_FIND, [id.0], message)).await
    }

    /// A page of at most `limit` messages, the latest first. Looks through a bounded number, so a page
    /// may be short though there are more.
    pub async fn messages_page(
        &self,
        query: MessageQuery,
        limit: usize,
    ) -> Result<MessagesFound, StoreError> {
        self.read(move |tx| {
            let before = query.before.map_or(i64::MAX, |it| it.0);
            let Some(last) = tx.one(MESSAGES_LAST, [before], |row| row.get::<Option<i64>>(0))?
            else {
                return Ok(MessagesFound { messages: Vec::new(), next: None });
            };
            let from = (last + 1).saturating_sub(LOOKED_THROUGH);
            let state = query.state.map_or(-1, |state| state.code());
            let values = (last + 1, from, count(limit)?, state, like(&query.address));
            let messages = tx.all(MESSAGES_PAGE, values, message)?;
            let next = match messages.last() {
                Some(oldest) if messages.len() >= limit => Some(oldest.id),
                _ if from > 1 => Some(MessageId(from)),
                _ => None,
            };
            Ok(MessagesFound { messages, next })
        })
        .await
    }

    /// How many messages wait, and since when.
    pub async fn messages_waiting(&self) -> Result<MessagesWaiting, StoreError> {
        self.read(|tx| {
            tx.one(MESSAGES_WAITING, (), |row| {
                let oldest: Option<i64> = row.get(1)?;
                Ok(MessagesWaiting { queued: row.get(0)?, oldest: oldest.map(Timestamp) })
            })
        })
        .await
    }
}

/// The same within a transaction.
pub(crate) fn messages_of(
    tx: &Tx<'_>,
    contact: ContactId,
    email_key: &str,
    limit: i64,
) -> Result<Vec<MessageRow>, StoreError> {
    tx.all(MESSAGES_OF, (contact.0, email_key, limit), message)
}

fn accept(tx: &Tx<'_>, new: &NewMessage, at: Timestamp) -> Result<MessageAccepted, StoreError> {
    let actor = new.actor.key();
    let suppressed = (new.email.key(), new.address_hash);
    // In the transaction, so that no erasure and no complaint comes between the look and the message.
    if tx.first(MESSAGE_TURNED_AWAY, (&suppressed.0, suppressed.1), |_| Ok(()))?.is_some() {
        let known = before(tx, &actor, &new.request_key, &new.body_hash)?;
        return Ok(known.unwrap_or(MessageAccepted::Suppressed));
    }
    let (state, ended_at) = match new.live {
        true => (DeliveryState::Queued, None),
        false => (DeliveryState::Sent, Some(at.0)),
    };
    let values = (
        &actor,
        &new.request_key,
        new.body_hash,
        new.announcement.0,
        new.form.0,
        new.contact.map(|contact| contact.0),
        new.email.as_str(),
        &suppressed.0,
        attributes_text(&new.attributes)?,
        new.live,
        state.code(),
        at.0,
        ended_at,
    );
    let Some(id) = tx.first(MESSAGE_INSERT, values, |row| row.get::<i64>(0))? else {
        let known = before(tx, &actor, &new.request_key, &new.body_hash)?;
        return Ok(known.unwrap_or(MessageAccepted::KeyUsed));
    };
    if let Some(raw) = &new.copy {
        test_messages::keep(tx, (None, Some(id)), (&suppressed.0, new.contact), raw, at)?;
    }
    Ok(MessageAccepted::New(MessageId(id)))
}

/// What became of a request before.
fn before(
    tx: &Tx<'_>,
    actor: &str,
    request_key: &str,
    body_hash: &[u8; 32],
) -> Result<Option<MessageAccepted>, StoreError> {
    let known: Option<(i64, [u8; 32])> =
        tx.first(MESSAGE_BY_KEY, (actor, request_key), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(known.map(|(id, hash)| match hash == *body_hash {
        true => MessageAccepted::Before(MessageId(id)),
        false => MessageAccepted::KeyUsed,
    }))
}

/// A pattern for addresses with this part; empty for all.
fn like(part: &str) -> String {
    if part.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for letter in part.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn message(row: &SqlRow<'_>) -> Result<MessageRow, StoreError> {
    let time = |at: Option<i64>| at.map(Timestamp);
    let email: Option<String> = row.get(4)?;
    let next: i64 = row.get(8)?;
    Ok(MessageRow {
        id: MessageId(row.get(0)?),
        announcement: AnnouncementId(row.get(1)?),
        announcement_name: row.get(2)?,
        contact: row.get::<Option<i64>>(3)?.map(ContactId),
        email: email.as_deref().map(address).transpose()?,
        live: row.get(5)?,
        state: known(DeliveryState::from_code(row.get(6)?), "message state")?,
        accepted_at: Timestamp(row.get(7)?),
        next_attempt_at: (next > 0).then_some(Timestamp(next)),
        first_attempt_at: time(row.get(9)?),
        ended_at: time(row.get(10)?),
        attempts: row.get(11)?,
        code: row.get(12)?,
        reply: row.get(13)?,
    })
}
