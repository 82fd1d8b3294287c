//! Who sent a request: what the gate puts beside it, and handlers take from there.

use std::net::IpAddr;

use access::{Actor, Attempt, Permit, RelyingParty, SecretText, UserActor};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{EmailAddress, Right, Timestamp, TopicScope};

use crate::admin::page::message::Message;
use crate::admin::page::session_cookie::CookieStyle;
use crate::admin::parts::AdminFrame;
use crate::clock::now;

/// Whoever sent a request, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) user: Option<UserActor>,
    pub(crate) cookies: CookieStyle,
    /// The session's token, or what came in its place.
    pub(crate) token: Option<SecretText>,
    /// Of the request before, to be shown once.
    pub(crate) message: Option<Message>,
    pub(crate) client: IpAddr,
    /// Where the browser finds us, with the scheme.
    pub(crate) origin: String,
    /// The site that passkeys are for, where there can be any.
    pub(crate) relying_party: Option<RelyingParty>,
    /// The browser, as it calls itself.
    pub(crate) agent: String,
    /// The browser takes the connection for a trustworthy one.
    pub(crate) is_private: bool,
}

/// Somebody who was let through to a page that needs a right.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) visitor: Visitor,
    pub(crate) permit: Permit,
}

/// Somebody who was let through to a page about their own account.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) visitor: Visitor,
    pub(crate) me: UserActor,
}

impl Visitor {
    /// The frame of a page, with the entries that this visitor may follow.
    pub(crate) fn frame(&self, here: &'static str) -> AdminFrame {
        let actor = self.user.clone().map(Actor::User);
        AdminFrame::of(here, actor.as_ref(), self.message.map(Message::words))
    }

    /// For an attempt to sign in.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        Attempt { client: self.client, agent: &self.agent, now: now() }
    }

    /// Leads to a page that says what was done.
    pub(crate) fn done(&self, path: &str, message: Message) -> Response {
        with_cookie(Redirect::to(path), self.cookies.set_message(message.code()))
    }

    /// Leads on with another session.
    pub(crate) fn with_session(&self, path: &str, token: &SecretText, ends: Timestamp) -> Response {
        with_cookie(Redirect::to(path), self.cookies.set_token(token.reveal(), ends, now()))
    }
}

fn with_cookie(page: Redirect, cookie: HeaderValue) -> Response {
    let mut page = page.into_response();
    // `to` answers 303.
    page.headers_mut().append(SET_COOKIE, cookie);
    page
}

impl Admitted {
    pub(crate) fn frame(&self, here: &'static str) -> AdminFrame {
        self.visitor.frame(here)
    }

    /// The topics whose things are shown, also beside what no topic has.
    pub(crate) fn topics(&self) -> TopicScope {
        self.permit.actor().topics()
    }

    /// Whether the right is had on something: for what a page shows.
    pub(crate) fn can(&self, right: Right) -> bool {
        self.permit.actor().can(right)
    }

    /// An address as this visitor may see it.
    pub(crate) fn address(&self, address: &str) -> String {
        if self.can(Right::ContactsRead) { address.to_owned() } else { masked(address) }
    }
}

/// The first letter and the domain.
fn masked(address: &str) -> String {
    EmailAddress::parsed_before(address).map_or_else(|_| "•••".to_owned(), |it| it.masked())
}

/// Takes what the gate has left beside the request. No route is without a gate, so it is there.
pub(crate) fn left<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, StatusCode> {
    parts.extensions.get::<T>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        left(parts)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admitted {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        left(parts)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        left(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_shows_one_letter_and_the_domain() {
        assert_eq!(masked("ines.ortega@lumen.example"), "i•••@lumen.example");
        assert_eq!(masked("not an address"), "•••");
    }
}
