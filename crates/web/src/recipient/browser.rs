//! The page about a browser's cookie: what it is, what is kept under it, and how to be rid of it.
//!
//! Invariants: GET and HEAD only show; a POST must come from this page, for the cookie alone would
//! let any site reset it; repeating it has the same result. It shows times and numbers, nothing of a
//! contact. What was kept is removed before the cookie is taken away: a browser that has lost its
//! cookie could no longer ask for it.

use std::sync::atomic::{AtomicU64, Ordering};

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::Response;
use store::{Store, StoreError, VisitorRecord};

use crate::clock::now;
use crate::listen::{respond, same_origin};
use crate::recipient::brand::PageBrand;
use crate::recipient::browser_cookie::BrowserState;
use crate::recipient::parts::{PublicParts, in_time};

#[derive(Template)]
#[template(path = "browser.html")]
struct BrowserPage<'a> {
    brand: PageBrand<'a>,
    organisation: &'a str,
    state: BrowserState,
    record: KeptRecord,
    partitioned: bool,
    said: Option<BrowserWish>,
}

/// What the store has under the identifier.
enum KeptRecord {
    Nothing,
    Some(VisitorRecord),
    /// It does not answer.
    Unknown,
}

/// What a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BrowserWish {
    /// Take the cookie away, and what is kept under it.
    Reset,
    /// And set none again.
    Off,
    /// Take back that none is to be set.
    Allow,
    /// Take away a cookie that may not be read.
    Delete,
}

impl BrowserWish {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "reset" => Self::Reset,
            "off" => Self::Off,
            "allow" => Self::Allow,
            "delete" => Self::Delete,
            _ => return None,
        })
    }
}

pub(crate) async fn show(State(parts): State<PublicParts>, headers: HeaderMap) -> Response {
    let state = parts.cookie.state(&headers, &parts.sender());
    let record = parts.record(&state).await;
    parts.browser_page(state, record, None)
}

pub(crate) async fn act(
    State(parts): State<PublicParts>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    if !same_origin::is_own(&headers) {
        return parts.nothing_done(
            StatusCode::FORBIDDEN,
            "This was not sent by the page about your browser’s cookie. Please open that page and \
             use its buttons.",
        );
    }
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let word = fields.iter().find(|(name, _)| name == "act").map(|(_, word)| word.as_str());
    let Some(wish) = word.and_then(BrowserWish::of) else {
        let text =
            "The request did not say what to do. Please open the page again and use its buttons.";
        return parts.nothing_done(StatusCode::BAD_REQUEST, text);
    };
    let state = parts.cookie.state(&headers, &parts.sender());
    if let BrowserState::Elsewhere(_) = state {
        return parts.browser_page(state, KeptRecord::Nothing, None);
    }
    // What says that no cookie is set or read holds for the one that says so, too.
    let may_set = !matches!(state, BrowserState::Signal | BrowserState::Unused);
    let wish = match (wish, &state) {
        (_, BrowserState::Signal | BrowserState::Unused) => BrowserWish::Delete,
        (BrowserWish::Allow, BrowserState::Visitor(_)) => {
            let record = parts.record(&state).await;
            return parts.browser_page(state, record, None);
        }
        (BrowserWish::Delete, _) => BrowserWish::Reset,
        (wish, _) => wish,
    };
    if let BrowserState::Visitor(id) = state {
        let Some(store) = &parts.store else { return parts.try_later() };
        match in_time(store.visitor_remove(id, now())).await {
            Ok(_) => {}
            Err(problem) if problem.is_passing() => {
                tracing::warn!(%problem, "can't remove a visitor");
                return parts.try_later();
            }
            Err(problem) => return respond::failed("removing a visitor", &problem),
        }
    }
    let (after, cookies) = match wish {
        BrowserWish::Off => (BrowserState::Off, parts.cookie.cookie.off()),
        _ if may_set => (BrowserState::Nothing, parts.cookie.cookie.take_away()),
        _ => (state, parts.cookie.cookie.take_away()),
    };
    parts.count_wish(wish);
    let mut page = parts.browser_page(after, KeptRecord::Nothing, Some(wish));
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            page.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    page
}

impl PublicParts {
    async fn record(&self, state: &BrowserState) -> KeptRecord {
        let BrowserState::Visitor(id) = state else { return KeptRecord::Nothing };
        let found = match self.store.clone() {
            Some(store) => in_time(async move { Store::visitor_find(&store, *id).await }).await,
            None => Err(StoreError::Unreachable("it has not been since the start".to_owned())),
        };
        match found {
            Ok(Some(record)) => KeptRecord::Some(record),
            Ok(None) => KeptRecord::Nothing,
            Err(problem) => {
                tracing::warn!(%problem, "showing a browser’s cookie without what is kept under it");
                KeptRecord::Unknown
            }
        }
    }

    fn browser_page(
        &self,
        state: BrowserState,
        record: KeptRecord,
        said: Option<BrowserWish>,
    ) -> Response {
        let sender = self.sender();
        let page = BrowserPage {
            brand: PageBrand::new(&sender),
            organisation: &sender.organisation,
            state,
            record,
            partitioned: self.cookie.is_partitioned(),
            said,
        };
        respond::page(StatusCode::OK, &page)
    }

    fn nothing_done(&self, status: StatusCode, text: &str) -> Response {
        self.notice(status, "Nothing was changed", text)
    }

    fn count_wish(&self, wish: BrowserWish) {
        let browsers = &self.counters.browsers;
        let counter: &AtomicU64 = match wish {
            BrowserWish::Off => &browsers.refusals,
            BrowserWish::Reset | BrowserWish::Delete => &browsers.resets,
            BrowserWish::Allow => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
