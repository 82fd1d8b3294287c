//! What all pages of an account have in common: whose pages they are, in which language, for whom.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use access::ClientNetwork;
use actions::RecipientAccounts;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue, LOCATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use campaign::{RecipientWords, Sender};
use store::{Contact, StoreError};

use crate::clock::now;
use crate::listen::peer;
use crate::listen::{respond, same_origin};
use crate::recipient::account::session_cookie::SessionCookie;
use crate::recipient::brand::PageBrand;
use crate::recipient::parts::{PublicParts, in_time};

/// Where the account is.
pub(super) const DATA: &str = "/account/data";

/// A request for a page of an account, before it is known whose.
pub(crate) struct AccountRequest {
    pub(super) parts: PublicParts,
    pub(super) accounts: RecipientAccounts,
    pub(super) sender: Arc<Sender>,
    pub(super) headers: HeaderMap,
    /// The last part of the address, or empty.
    pub(super) segment: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) network: ClientNetwork,
    /// The language that was chosen at the foot of a page.
    chosen: Option<RecipientWords>,
}

/// What every page shows around its own.
pub(crate) struct Frame<'a> {
    pub(crate) organisation: &'a str,
    pub(crate) words: RecipientWords,
    /// Behind each address, to keep the language that was chosen.
    pub(crate) lang: String,
    /// The others.
    pub(crate) languages: Vec<RecipientWords>,
}

#[derive(Template)]
#[template(path = "account/notice.html")]
pub(crate) struct NoticePage<'a> {
    pub(crate) brand: PageBrand<'a>,
    pub(crate) frame: Frame<'a>,
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    /// Where to go on: an address and its words.
    pub(crate) next: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "account/confirm.html")]
pub(crate) struct ConfirmPage<'a> {
    pub(crate) brand: PageBrand<'a>,
    pub(crate) frame: Frame<'a>,
    pub(crate) title: String,
    pub(crate) text: String,
    /// Where the button leads; empty: here.
    pub(crate) action: &'static str,
    /// What it says in the form.
    pub(crate) act: &'static str,
    pub(crate) button: String,
    pub(crate) is_grave: bool,
    /// The way back.
    pub(crate) back: Option<(&'static str, String)>,
}

impl FromRequestParts<PublicParts> for AccountRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PublicParts) -> Result<Self, Response> {
        let Some(accounts) = state.account.clone() else {
            return Err(match &state.store {
                // There are none here.
                Some(_) => crate::recipient::parts::nothing_here_of(state),
                // They are not known of yet.
                None => state.try_later(),
            });
        };
        let peer = peer::client_of(&parts.extensions, &parts.headers, &state.trusted_proxies);
        let query = query_of(parts.uri.query().unwrap_or_default());
        let segment = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self {
            sender: state.sender(),
            accounts,
            headers: parts.headers.clone(),
            segment,
            chosen: query.get("lang").and_then(|tag| RecipientWords::of(tag)),
            query,
            network: network_of(peer),
            parts: state.clone(),
        })
    }
}

pub(crate) fn network_of(address: IpAddr) -> ClientNetwork {
    ClientNetwork::of(address)
}

/// A few short values of ours; whatever else there is, is left out.
pub(crate) fn query_of(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').take(8).filter_map(|pair| pair.split_once('='));
    let plain = |value: &str| {
        value.len() <= 40 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    pairs
        .filter(|(name, value)| plain(name) && plain(value))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl AccountRequest {
    /// The secret of the link that was followed, without what was glued to it on its way.
    pub(super) fn link(&self) -> &str {
        let is_own = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let end = self.segment.find(|c| !is_own(c)).unwrap_or(self.segment.len());
        self.segment.get(..end).unwrap_or_default()
    }

    /// In the language that was chosen, else that of the contact, else what the browser likes.
    pub(super) fn words(&self, contact: Option<&BTreeMap<String, String>>) -> RecipientWords {
        let accepted = || {
            let header = self.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            RecipientWords::accepted(header)
        };
        let own = || contact.and_then(actions::own_words);
        self.chosen.or_else(own).or_else(accepted).unwrap_or_default()
    }

    pub(super) fn frame(&self, words: RecipientWords) -> Frame<'_> {
        Frame {
            organisation: &self.sender.organisation,
            words,
            lang: self.chosen.map_or_else(String::new, |words| format!("?lang={}", words.tag())),
            languages: RecipientWords::all().filter(|it| *it != words).collect(),
        }
    }

    pub(super) fn brand(&self, words: RecipientWords) -> PageBrand<'_> {
        PageBrand::speaking(&self.sender, words)
    }

    pub(super) fn cookie(&self) -> SessionCookie {
        SessionCookie::of(&self.sender.web_url, &self.headers)
    }

    /// Whose account is open in this browser, with the session's secret.
    pub(super) async fn session(&self) -> Result<Option<(Contact, String)>, Response> {
        for secret in self.cookie().secrets(&self.headers) {
            let found = in_time(self.accounts.session(secret, now())).await;
            let found = found.map_err(|problem| self.not_now("finding a session", &problem))?;
            if let Some(contact) = found {
                return Ok(Some((contact, secret.to_owned())));
            }
        }
        Ok(None)
    }

    /// The same, or the way in.
    pub(super) async fn member(&self) -> Result<(Contact, String), Response> {
        self.session().await?.ok_or_else(|| self.go("/account"))
    }

    /// The answer to a form that no page of ours has sent; None to one of ours.
    pub(super) fn foreign_form(&self, words: RecipientWords) -> Option<Response> {
        if same_origin::is_own(&self.headers) {
            return None;
        }
        let text = words.text("foreign-form");
        Some(self.notice(StatusCode::FORBIDDEN, words, words.text("said-nothing"), vec![text]))
    }

    /// Leads to another page of the account, in the language that was chosen.
    pub(super) fn go(&self, path: &str) -> Response {
        let lang = self.chosen.map_or_else(String::new, |words| format!("?lang={}", words.tag()));
        let to = HeaderValue::try_from(format!("{path}{lang}"));
        let to = to.unwrap_or(HeaderValue::from_static("/account"));
        (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
    }

    pub(super) fn notice(
        &self,
        status: StatusCode,
        words: RecipientWords,
        title: String,
        lines: Vec<String>,
    ) -> Response {
        self.notice_with(status, words, title, lines, None)
    }

    pub(super) fn notice_with(
        &self,
        status: StatusCode,
        words: RecipientWords,
        title: String,
        lines: Vec<String>,
        next: Option<(&'static str, String)>,
    ) -> Response {
        let frame = self.frame(words);
        let page = NoticePage { brand: self.brand(words), frame, title, lines, next };
        respond::page(status, &page)
    }

    /// The link that was followed is good no more.
    pub(super) fn gone(&self, words: RecipientWords) -> Response {
        let next = Some(("/account", words.text("ask-button")));
        let lines = vec![words.text("gone-text")];
        self.notice_with(StatusCode::NOT_FOUND, words, words.text("gone-title"), lines, next)
    }

    /// In the visitor's language, to come back.
    pub(super) fn later(&self, words: RecipientWords) -> Response {
        let page = NoticePage {
            brand: self.brand(words),
            frame: self.frame(words),
            title: words.text("later-title"),
            lines: vec![words.text("later-text")],
            next: None,
        };
        respond::try_later(&page)
    }

    pub(super) fn not_now(&self, what: &'static str, problem: &StoreError) -> Response {
        if !problem.is_passing() {
            return respond::failed(what, problem);
        }
        tracing::warn!(%problem, what, "an account has to wait for the store");
        self.later(self.words(None))
    }
}
