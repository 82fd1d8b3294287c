//! A request about a form: which one, from where, in which language.

use std::sync::Arc;

use access::ClientNetwork;
use actions::{JoinSender, Joins};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, ORIGIN, USER_AGENT,
};
use axum::http::request::Parts;
use axum::response::Response;
use campaign::{RecipientWords, Sender};
use store::{JoinForm, StoreError};

use crate::listen::{headers, peer, respond};
use crate::recipient::account::frame::{Frame, NoticePage, network_of, query_of};
use crate::recipient::brand::{self, PageBrand};
use crate::recipient::parts::{PublicParts, nothing_here_of};

pub(crate) struct JoinRequest {
    pub(super) joins: Joins,
    pub(super) sender: Arc<Sender>,
    pub(super) headers: HeaderMap,
    /// The second part of the path: a form's name, or a link's secret.
    pub(super) segment: String,
    network: ClientNetwork,
    /// The language that was chosen at the foot of a page.
    chosen: Option<RecipientWords>,
}

impl FromRequestParts<PublicParts> for JoinRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PublicParts) -> Result<Self, Response> {
        let Some(joins) = state.joins.clone() else {
            return Err(match &state.store {
                // There are none here.
                Some(_) => nothing_here_of(state),
                // They are not known of yet.
                None => state.try_later(),
            });
        };
        let peer = peer::client_of(&parts.extensions, &parts.headers, &state.trusted_proxies);
        let query = query_of(parts.uri.query().unwrap_or_default());
        let segment = parts.uri.path().split('/').nth(2).unwrap_or_default();
        Ok(Self {
            joins,
            sender: state.sender(),
            headers: parts.headers.clone(),
            segment: segment.to_owned(),
            network: network_of(peer),
            chosen: query.get("lang").and_then(|tag| RecipientWords::of(tag)),
        })
    }
}

impl JoinRequest {
    /// In the language that was chosen, else that of the form, else what the browser likes.
    pub(super) fn words(&self, form: Option<&JoinForm>) -> RecipientWords {
        let accepted = || {
            let header = self.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            RecipientWords::accepted(header)
        };
        let own = || RecipientWords::of(form?.language.as_deref()?);
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

    /// Whoever sends a form.
    pub(super) fn sender_of(&self, words: RecipientWords) -> JoinSender {
        let agent = self.headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
        JoinSender { network: self.network, agent: agent.map(str::to_owned), words }
    }

    /// Whether a script asks, and no browser for a page.
    pub(super) fn wants_json(&self) -> bool {
        let accept = self.headers.get(ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        accept.contains("application/json")
    }

    /// The site that asks, if the form names it.
    pub(super) fn known_origin(&self, form: &JoinForm) -> Option<&HeaderValue> {
        let origin = self.headers.get(ORIGIN)?;
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        form.origins.contains(&text).then_some(origin)
    }

    pub(super) fn notice(
        &self,
        status: StatusCode,
        words: RecipientWords,
        title: String,
        lines: Vec<String>,
    ) -> Response {
        let (brand, frame) = (self.brand(words), self.frame(words));
        respond::page(status, &NoticePage { brand, frame, title, lines, next: None })
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
        tracing::warn!(%problem, what, "a form has to wait for the store");
        self.later(self.words(None))
    }

    /// Lets the page's form lead to where the form leads afterwards, which browsers look at too.
    pub(super) fn leading_on(&self, mut page: Response, form: &JoinForm) -> Response {
        let origin = form.redirect.as_deref().and_then(|it| {
            let it = it.to_ascii_lowercase();
            // One may be how another one begins, without its port.
            let all = form.origins.iter().filter(|origin| it.starts_with(origin.as_str()));
            all.max_by_key(|origin| origin.len())
        });
        let Some(origin) = origin else { return page };
        let own = brand::policy(&self.sender.brand);
        let own = own.as_ref().and_then(|it| it.to_str().ok()).unwrap_or(headers::OWN_PAGES);
        let wider = own.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
        if let Ok(policy) = HeaderValue::try_from(wider) {
            page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        page
    }
}
