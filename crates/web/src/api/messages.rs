//! Single messages: asked for one by one, each under a key that stays its own for ever.
//!
//! Invariant: addresses are shown whole, and sought, only with `contacts:read`; otherwise masked.

use std::collections::BTreeMap;

use access::{Actor, Object};
use actions::{AcceptedMessage, CheckedMessage, MessageOf, MessageTo, MessageWish, Refusal};
use model::{ContactId, DisclosureKind, EmailAddress, MessageId, Right, Timestamp};
use serde::{Deserialize, Serialize};
use store::{MessageQuery, MessageRow};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::deliveries::DeliveryStateWord;
use crate::api::idempotency::mark_replayed;
use crate::api::list::{Batch, ListAsked, given, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::test_tokens::is_live;

/// Messages looked up at once.
const BATCH: usize = 50;
/// Characters of a part of an address.
const LONGEST_PART: usize = 254;

list_params! {
    MessagesParams {
        /// A part of the address, regardless of case. Needs `contacts:read`.
        #[param(max_length = 254)]
        q: Option<String>,
        /// Only those in this state.
        #[param(inline)]
        state: Option<DeliveryStateWord>,
    }
}

/// A message that is to be sent: one of `announcement` and `announcement_id`, one of `to` and `contact`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// The name of an announcement: its newest version.
    #[serde(default)]
    #[schema(example = "Your code")]
    announcement: Option<String>,
    /// The id of a version, which is sent whatever comes after it.
    #[serde(default)]
    #[schema(example = "12")]
    announcement_id: Option<String>,
    /// An address. A contact who has it lends their attributes.
    #[serde(default)]
    #[schema(example = "ada@example.org")]
    to: Option<String>,
    /// The id of a contact, who is sent it and lends their attributes.
    #[serde(default)]
    contact: Option<String>,
    /// Values by name, before those of the contact. An empty one says that there is none.
    #[serde(default)]
    #[schema(example = json!({"code": "48213"}))]
    attributes: BTreeMap<String, String>,
    /// Only check: nothing is kept or sent, the key is not used up, and the answer is 200 without an id.
    #[serde(default)]
    dry_run: bool,
}

/// A single message and what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    /// Null: it was only checked.
    #[schema(example = "17")]
    id: Option<String>,
    /// queued, leased, sent, failed, suppressed or `in_doubt`; there may be more.
    #[schema(example = "queued")]
    state: &'static str,
    /// Asked for with a test token: no relay gets it, and it is in the inbox.
    test: bool,
    /// The id of the version that it is of.
    #[schema(example = "12")]
    announcement_id: String,
    /// The name of that.
    #[schema(example = "Your code")]
    announcement: String,
    /// The id of the contact whose attributes it shows.
    contact: Option<String>,
    /// Masked without `contacts:read`; null: forgotten, some time after it has ended.
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    #[schema(format = "date-time")]
    accepted_at: Option<String>,
    attempts: i64,
    /// The relay’s last code; 0 for reasons of our own.
    code: Option<u16>,
    /// What the relay has said last, or why it was not sent.
    reply: Option<String>,
    /// When the next try is due, if one was made.
    #[schema(format = "date-time")]
    due_at: Option<String>,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
}

impl Message {
    pub(crate) fn of(row: MessageRow, actor: &Actor) -> Self {
        let due_at = row.next_attempt_at.filter(|_| row.state.is_open());
        Self {
            id: Some(row.id.to_string()),
            state: row.state.as_str(),
            test: !row.live,
            announcement_id: row.announcement.to_string(),
            announcement: row.announcement_name,
            contact: row.contact.map(|id| id.to_string()),
            email: row.email.map(|email| shown(&email, actor)),
            accepted_at: Some(row.accepted_at.rfc3339()),
            attempts: row.attempts,
            code: row.code,
            reply: row.reply,
            due_at: due_at.map(Timestamp::rfc3339),
            ended_at: row.ended_at.map(Timestamp::rfc3339),
        }
    }

    fn checked(checked: &CheckedMessage, asked: &Asked) -> Self {
        Self {
            id: None,
            state: "queued",
            test: !is_live(asked),
            announcement_id: checked.announcement().to_string(),
            announcement: checked.announcement_name().to_owned(),
            contact: checked.contact().map(|id| id.to_string()),
            email: Some(shown(&checked.email, &asked.actor)),
            accepted_at: None,
            attempts: 0,
            code: None,
            reply: None,
            due_at: None,
            ended_at: None,
        }
    }
}

fn shown(email: &EmailAddress, actor: &Actor) -> String {
    match actor.can(Right::ContactsRead) {
        true => email.to_string(),
        false => email.masked(),
    }
}

fn wish(new: NewMessage) -> Result<MessageWish, Problem> {
    let NewMessage { announcement, announcement_id, to, contact, attributes, .. } = new;
    let of = match (announcement, announcement_id) {
        (Some(name), None) => MessageOf::Name(name),
        (None, Some(id)) => {
            let words = "There is no such announcement.";
            let unknown = |_| {
                Problem::of_field("/announcement_id".to_owned(), "announcement_not_found", words)
            };
            MessageOf::Version(id.parse().map_err(unknown)?)
        }
        _ => {
            let words = "Say either `announcement` or `announcement_id`.";
            return Err(Problem::of_field("/announcement".to_owned(), "field", words));
        }
    };
    let to = match (to, contact) {
        (Some(address), None) => MessageTo::Address(address),
        (None, Some(id)) => {
            let words = "There is no contact with this id.";
            let unknown = |_| Problem::of_field("/contact".to_owned(), "contact_not_found", words);
            MessageTo::Contact(id.parse::<ContactId>().map_err(unknown)?)
        }
        _ => {
            let words = "Say either `to` or `contact`.";
            return Err(Problem::of_field("/to".to_owned(), "field", words));
        }
    };
    Ok(MessageWish { of, to, attributes })
}

pub(crate) async fn send(asked: Asked) -> Result<Reply, Problem> {
    let new: NewMessage = asked.body()?;
    let (dry_run, wish) = (new.dry_run, wish(new)?);
    let (resources, call) = (&asked.parts.resources, asked.call());
    if dry_run {
        let checked = actions::message_check(resources, &call, &wish).await?;
        return Reply::of(&Message::checked(&checked, &asked));
    }
    let AcceptedMessage { message, is_replayed } =
        actions::message_send(resources, &call, &wish).await?;
    let path = format!("/api/v1/messages/{}", message.id);
    let mut reply = Reply::accepted(&path, &Message::of(message, &asked.actor))?;
    if is_replayed {
        mark_replayed(&asked, &mut reply);
    }
    Ok(reply)
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: MessagesParams = asked.query()?;
    let part = given(params.q.as_deref());
    if part.is_some_and(|part| part.chars().count() > LONGEST_PART) {
        let words = format!("“q” has at most {LONGEST_PART} characters, as an address has.");
        return Err(Problem::bad_request("query", words));
    }
    let state = params.state.map(DeliveryStateWord::state);
    let filter = [("q", part), ("state", state.map(|state| state.as_str()))];
    let page = ListAsked::new("/api/v1/messages", &filter, params.limit, params.after.as_deref())?;
    let (resources, call) = (&asked.parts.resources, &asked.call());
    let batch = |before: Option<i64>| async move {
        let address = part.unwrap_or_default().to_owned();
        let query = MessageQuery { state, address, before: before.map(MessageId) };
        let found = actions::messages(resources, call, query, BATCH).await?;
        let next = found.next.map(|next| next.0);
        Ok(Batch { rows: found.messages, next, is_last_for_now: false })
    };
    let (rows, next) = page.fill(batch, |_| true, |it| it.id.0).await?;
    if !rows.is_empty() {
        let contacts = rows.iter().filter_map(|it| it.contact);
        asked.disclose(DisclosureKind::MessagesRead, contacts).await?;
    }
    let rows: Vec<Message> = rows.into_iter().map(|it| Message::of(it, &asked.actor)).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    // Before the number is read: whoever is trusted with some topics learns nothing of any.
    asked.actor.may(Right::DeliveriesRead, Object::Installation).map_err(Refusal::from)?;
    let missing =
        || Problem::not_found("message_not_found", "There is no message with this number.");
    let id: MessageId = asked.path("id").parse().map_err(|_| missing())?;
    let found = actions::message(&asked.parts.resources, &asked.call(), id).await?;
    asked.disclose(DisclosureKind::MessagesRead, found.contact).await?;
    Reply::tagged(&Message::of(found, &asked.actor))
}
