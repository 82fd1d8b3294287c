//! The unsubscribe page, one-click unsubscribe, and subscribing again.
//!
//! Invariants: GET and HEAD only show (promise P3); a POST acts at once, and repeating it has the
//! same result; a one-click POST needs no cookie and no login, and gets no redirect (RFC 8058
//! section 3.2); whatever is wrong with a token, the answer is the same page. All actions go
//! through `audience`. The token is the authority, so a forged request has nothing to exploit.
//! Unsubscribing works while the store is unreachable, or is an older copy that knows nothing of
//! the recipient: it needs nothing but the token.

use askama::Template;
use audience::{LinkRemoval, RemovalKept, RemovalNotKept};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use campaign::RecipientWords;
use model::{EmailAddress, Removal};
use store::{Store, StoreError};

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::brand::PageBrand;
use crate::recipient::link_segment::{LinkSegment, choosing_address, tracking_address};
use crate::recipient::parts::{Holder, Leaver, NoHolder, PublicParts, in_time};
use crate::recipient::reader_words::ReaderWords;
use crate::recipient::subscription_standing::{SubscriptionStanding, standing};
use crate::recipient::unsubscribe_form::{LeaveRequest, wish};

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage<'a> {
    brand: PageBrand<'a>,
    /// What asks for a link into the account.
    account: Option<&'a str>,
    words: RecipientWords,
    /// Where a browser's cookie is shown, if cookies are used.
    browser: Option<String>,
    /// Where it is chosen what to get.
    choosing: String,
    /// Where it is said what may be recorded.
    tracking: String,
    organisation: &'a str,
    topic: &'a str,
    address: String,
}

#[derive(Template)]
#[template(path = "returned.html")]
struct ReturnedPage<'a> {
    brand: PageBrand<'a>,
    account: Option<&'a str>,
    words: RecipientWords,
    browser: Option<String>,
    /// Where it is chosen what to get.
    choosing: String,
    /// Where it is said what may be recorded.
    tracking: String,
    organisation: &'a str,
    topic: &'a str,
    address: String,
    /// Why no mail can be sent all the same; empty when it can.
    blocked: String,
}

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
) -> Response {
    let token = token.as_str();
    let claims = match parts.leaver(token) {
        Ok(claims) => claims,
        Err(why) => return parts.without_holder(&why),
    };
    let holder = match parts.holder(claims.contact, claims.campaign).await {
        Ok(holder) => holder,
        Err(NoHolder::Store(problem)) => return parts.outage(&problem, reader.0),
        Err(NoHolder::Unknown) if claims.address.is_some() => return parts.nameless(reader.0),
        Err(why) => return parts.without_holder(&why),
    };
    let words = reader.of(&holder.contact);
    match in_time(standing(&holder)).await {
        Ok(SubscriptionStanding::Subscribed) => {
            let sender = parts.sender();
            let page = UnsubscribePage {
                brand: PageBrand::speaking(&sender, words),
                account: parts.account_link(token),
                words,
                browser: parts.cookie.page_address(&sender),
                choosing: choosing_address(token),
                tracking: tracking_address(token),
                organisation: &sender.organisation,
                topic: &holder.topic.name,
                address: holder.contact.email.masked(),
            };
            respond::page(StatusCode::OK, &page)
        }
        Ok(SubscriptionStanding::LeftTopic) => parts.unsubscribed(&holder, token, false, words),
        Ok(SubscriptionStanding::LeftEverything) => parts.unsubscribed(&holder, token, true, words),
        Err(problem) => parts.outage(&problem, words),
    }
}

pub(crate) async fn act(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wish = wish(&headers, body).await;
    let token = token.as_str();
    let claims = match parts.leaver(token) {
        Ok(claims) => claims,
        Err(NoHolder::Test) if wish == Some(LeaveRequest::OneClick) => {
            return respond::text(
                StatusCode::OK,
                "This was a test message. Nothing was changed.\n",
            );
        }
        Err(why) => return parts.without_holder(&why),
    };
    wished(&parts, (claims, token), wish, reader).await
}

/// Does what the form of a link's page asks for.
pub(super) async fn wished(
    parts: &PublicParts,
    (claims, token): (Leaver, &str),
    wish: Option<LeaveRequest>,
    reader: ReaderWords,
) -> Response {
    match wish {
        Some(LeaveRequest::OneClick) => {
            match leave(parts, claims, false, Removal::OneClick).await {
                Ok(_) => respond::text(StatusCode::OK, "Unsubscribed.\n"),
                Err(problem) => respond::away("unsubscribing by one click", &problem),
            }
        }
        Some(LeaveRequest::LeaveTopic) => {
            leave_and_show(parts, (claims, token), false, reader).await
        }
        Some(LeaveRequest::LeaveEverything) => {
            leave_and_show(parts, (claims, token), true, reader).await
        }
        Some(LeaveRequest::Return) => match parts.holder(claims.contact, claims.campaign).await {
            Ok(holder) => come_back(parts, &holder, token, reader).await,
            Err(why) => parts.without_holder(&why),
        },
        None => parts.notice(
            StatusCode::BAD_REQUEST,
            "Nothing was changed",
            "The request did not say what to do. Please open the link in the message and use its \
             buttons.",
        ),
    }
}

async fn leave_and_show(
    parts: &PublicParts,
    (claims, token): (Leaver, &str),
    everything: bool,
    reader: ReaderWords,
) -> Response {
    let kept = match leave(parts, claims, everything, Removal::Page).await {
        Ok(kept) => kept,
        Err(problem) => return respond::away("leaving", &problem),
    };
    if let RemovalKept::InStore(left) = kept {
        match parts.holder(claims.contact, claims.campaign).await {
            Ok(holder) => {
                let words = reader.of(&holder.contact);
                return parts.unsubscribed(&holder, token, everything, words);
            }
            // It is done all the same.
            Err(NoHolder::Store(_)) => {}
            Err(NoHolder::Unknown) if claims.address.is_some() || left.changed => {}
            Err(why) => return parts.without_holder(&why),
        }
    }
    saved(parts, everything)
}

fn saved(parts: &PublicParts, everything: bool) -> Response {
    parts.notice(
        StatusCode::OK,
        if everything { "You are unsubscribed from everything" } else { "You are unsubscribed" },
        "Your request is saved, and you will get no more of what you unsubscribed from. There is \
         nothing else you need to do.",
    )
}

/// That somebody gets nothing any more, while nothing else about them is known.
pub(super) fn kept_all(parts: &PublicParts) -> Response {
    saved(parts, true)
}

/// The token is enough for it: whom it is about and what they leave is looked up when it is done.
pub(super) async fn leave(
    parts: &PublicParts,
    claims: Leaver,
    everything: bool,
    how: Removal,
) -> Result<RemovalKept, RemovalNotKept> {
    let Leaver { contact, campaign, address } = claims;
    let at = now();
    parts.removals.leave(LinkRemoval { contact, address, campaign, everything, how, at }).await
}

async fn come_back(
    parts: &PublicParts,
    holder: &Holder,
    token: &str,
    reader: ReaderWords,
) -> Response {
    let Holder { store, contact, topic, .. } = holder;
    // Their removal may be among those that wait, and would be applied after their return.
    if store.removals_waiting() > 0 {
        return parts.try_later();
    }
    if let Err(problem) = in_time(store.contact_return(contact.id, topic.id, now())).await {
        return respond::failed("subscribing again", &problem);
    }
    match blocked(store, &contact.email).await {
        Ok(blocked) => {
            let (sender, words) = (parts.sender(), reader.of(contact));
            let page = ReturnedPage {
                brand: PageBrand::speaking(&sender, words),
                account: parts.account_link(token),
                words,
                browser: parts.cookie.page_address(&sender),
                choosing: choosing_address(token),
                tracking: tracking_address(token),
                organisation: &sender.organisation,
                topic: &topic.name,
                address: contact.email.masked(),
                blocked,
            };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => respond::failed("reading a suppression", &problem),
    }
}

async fn blocked(store: &Store, email: &EmailAddress) -> Result<String, StoreError> {
    Ok(store.suppression_reason(email.key()).await?.unwrap_or_default())
}
