//! What people ask about their data, with the time by which it must be answered.
//!
//! Invariant: a request is personal data of the whole installation: who looks after it may see and change
//! contacts of all topics. What becomes of one is mailed to whoever has asked, if they can be mailed.

use access::Object;
use model::{EmailAddress, RequestKind, RequestState, Right};
use serde_json::json;
use store::{
    AuditObject, NewRequest, PersonRequest, REQUEST_CHARS, RequestClosing, Store, StoreError,
};

use crate::request_mails::{RequestMailer, RequestNews};
use crate::{Call, Refusal, RefusalKind, Resources};

/// A request that somebody of the house enters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestWish {
    /// The word of a [`RequestKind`].
    pub kind: String,
    pub email: String,
    pub text: String,
}

/// Requests as lists show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestList {
    /// Open ones behind one with this time and number, those that are due first come first.
    Open { after: Option<(model::Timestamp, i64)> },
    /// All before this one, the newest first.
    All { before: Option<i64> },
}

/// Requests, at most 1,000.
///
/// # Errors
/// Without the right.
pub async fn requests(
    resources: &Resources,
    call: &Call,
    list: RequestList,
    limit: u16,
) -> Result<Vec<PersonRequest>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    let (store, limit) = (&resources.store, limit.min(1_000));
    Ok(match list {
        RequestList::Open { after } => {
            let after = after.unwrap_or((model::Timestamp(i64::MIN), 0));
            store.requests_open(after, limit).await?
        }
        RequestList::All { before } => {
            store.requests_page(before.unwrap_or(i64::MAX), limit).await?
        }
    })
}

/// One request.
///
/// # Errors
/// When there is none.
pub async fn request(
    resources: &Resources,
    call: &Call,
    id: i64,
) -> Result<PersonRequest, Refusal> {
    // Whoever has just changed one is told what it is now.
    if let Err(refused) = call.permit(Right::ContactsRead, Object::Installation) {
        call.permit(Right::ContactsWrite, Object::Installation).map_err(|_| refused)?;
    }
    resources.store.request_find(id).await?.ok_or_else(no_request)
}

/// Enters a request that came by post, phone or mail. Its number.
///
/// # Errors
/// When it can't be meant.
pub async fn request_add(
    resources: &Resources,
    call: &Call,
    wish: RequestWish,
    channel: &'static str,
) -> Result<i64, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let email = EmailAddress::parse(wish.email.trim())
        .map_err(|why| Refusal::of_field("/email", "address_syntax", why.to_string()))?;
    let kind = RequestKind::from_word(wish.kind.trim()).ok_or_else(|| {
        let words = RequestKind::ALL.map(RequestKind::as_str).join(", ");
        Refusal::of_field("/kind", "field", format!("The kind is one of {words}."))
    })?;
    let text = words("/text", &wish.text)?;
    let contact = store.contact_by_email(email.clone()).await?.map(|it| it.id);
    let new = NewRequest { kind, contact, email, channel, text, received_at: call.at };
    let after = json!({ "kind": kind.as_str() });
    let object = AuditObject::of_kind("request");
    let named = call.acting(&permit, store, "request.add", object, Some(after));
    let added = named.request_add(new).await;
    if let Ok(id) = &added {
        RequestMailer::of(resources).tell(*id, RequestNews::Received, call.at).await;
    }
    match added {
        Err(StoreError::Exists(_)) => {
            let words = "This address has several open requests. Answer one of them first.";
            Err(Refusal::new(RefusalKind::Conflict, "exists", words))
        }
        added => Ok(added?),
    }
}

/// Gives a request two months more, once, with the reason that the person has to be told.
///
/// # Errors
/// When it is closed, or was extended before.
pub async fn request_extend(
    resources: &Resources,
    call: &Call,
    id: i64,
    reason: &str,
) -> Result<(), Refusal> {
    let reason = words("/reason", reason)?;
    let named = named(resources, call, id, "request.extend")?;
    done(named.request_extend(id, reason, call.actor.record().name).await)?;
    RequestMailer::of(resources).tell(id, RequestNews::Extended, call.at).await;
    Ok(())
}

/// Closes a request: answered, refused with a reason, or withdrawn by whoever has asked.
///
/// # Errors
/// When it is closed already.
pub async fn request_close(
    resources: &Resources,
    call: &Call,
    id: i64,
    (state, outcome): (RequestState, &str),
) -> Result<(), Refusal> {
    let action = match state {
        RequestState::Answered => "request.answer",
        RequestState::Refused => "request.refuse",
        RequestState::Withdrawn => "request.withdraw",
        RequestState::Open => return Err(not_open()),
    };
    let outcome = words("/outcome", outcome)?;
    let by = call.actor.record().name;
    let named = named(resources, call, id, action)?;
    done(named.request_close(id, RequestClosing { state, outcome, by, at: call.at }).await)?;
    RequestMailer::of(resources).tell(id, RequestNews::Closed, call.at).await;
    Ok(())
}

fn named(
    resources: &Resources,
    call: &Call,
    id: i64,
    action: &'static str,
) -> Result<Store, Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    Ok(call.acting(&permit, &resources.store, action, AuditObject::new("request", id), None))
}

fn done(done: Result<(), StoreError>) -> Result<(), Refusal> {
    match done {
        Err(StoreError::NotFound(_)) => Err(no_request()),
        Err(StoreError::Changed(_)) => Err(not_open()),
        done => Ok(done?),
    }
}

fn no_request() -> Refusal {
    Refusal::not_found("request_not_found", "There is no request with this number.")
}

fn not_open() -> Refusal {
    let words = "The request is closed, or was extended before.";
    Refusal::new(RefusalKind::Conflict, "state", words)
}

fn words(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if !(1..=REQUEST_CHARS).contains(&text.chars().count()) || text.contains('\0') {
        let words = format!("It has 1 to {REQUEST_CHARS} characters.");
        return Err(Refusal::of_field(field, "field", words));
    }
    Ok(text.to_owned())
}
