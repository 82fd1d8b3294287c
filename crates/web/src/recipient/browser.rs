//! The page about a browser's cookie: what it is, what is kept under it, and how to be rid of it.
//!
//! Invariants: GET and HEAD only show; a POST must come from this page, for the cookie alone would
//! let any site reset it; repeating it has the same result. It shows times and numbers, and of contacts
//! nothing but to which masked addresses the browser is tied; their numbers are in no form. What was kept is removed before the cookie is taken away: a browser that has lost its
//! cookie could no longer ask for it.

use std::sync::atomic::{AtomicU64, Ordering};

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::Response;
use model::{ContactId, VisitorId};
use sha2::{Digest as _, Sha256};
use store::{LinkedContact, Store, StoreError, VisitorRecord};

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
    /// To whom it is tied.
    addresses: Vec<TiedAddress>,
    partitioned: bool,
    said: Option<BrowserWish>,
}

/// A contact to whom a browser is tied, as whoever sits before it may know them.
struct TiedAddress {
    contact: ContactId,
    masked: String,
    since: String,
    /// What a form names it by.
    handle: String,
}

impl TiedAddress {
    fn of(visitor: VisitorId, found: &LinkedContact) -> Self {
        let digest = Sha256::new()
            .chain_update(b"pharos tied address 1")
            .chain_update(visitor.0)
            .chain_update(found.contact.0.to_le_bytes())
            .finalize();
        Self {
            contact: found.contact,
            masked: found.email.masked(),
            since: found.link.first_at.readable(),
            handle: digest.iter().take(HANDLE_BYTES).map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Too many to try, and told apart among a browser's few.
const HANDLE_BYTES: usize = 12;

/// What the store has under the identifier.
enum KeptRecord {
    Nothing,
    Some(VisitorRecord, Vec<LinkedContact>),
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
    /// Cut the browser from a contact.
    Cut,
}

impl BrowserWish {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "reset" => Self::Reset,
            "off" => Self::Off,
            "allow" => Self::Allow,
            "delete" => Self::Delete,
            "cut" => Self::Cut,
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
    if wish == BrowserWish::Cut {
        let tied =
            fields.iter().find(|(name, _)| name == "tied").map(|(_, handle)| handle.as_str());
        return parts.cut(state, tied.unwrap_or_default()).await;
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

async fn kept(
    store: &Store,
    id: VisitorId,
) -> Result<Option<(VisitorRecord, Vec<LinkedContact>)>, StoreError> {
    let Some(record) = store.visitor_find(id).await? else { return Ok(None) };
    Ok(Some((record, store.visitor_contacts(id).await?)))
}

impl PublicParts {
    async fn record(&self, state: &BrowserState) -> KeptRecord {
        let BrowserState::Visitor(id) = state else { return KeptRecord::Nothing };
        let found = match self.store.clone() {
            Some(store) => in_time(async move { kept(&store, *id).await }).await,
            None => Err(StoreError::Unreachable("it has not been since the start".to_owned())),
        };
        match found {
            Ok(Some((record, contacts))) => KeptRecord::Some(record, contacts),
            Ok(None) => KeptRecord::Nothing,
            Err(problem) => {
                tracing::warn!(%problem, "showing a browser’s cookie without what is kept under it");
                KeptRecord::Unknown
            }
        }
    }

    /// Cuts the browser from the contact that the form names; one that is cut already stays so.
    async fn cut(&self, state: BrowserState, handle: &str) -> Response {
        // One that may not be read names nobody.
        let BrowserState::Visitor(id) = state else {
            return self.browser_page(state, KeptRecord::Nothing, None);
        };
        let Some(store) = &self.store else { return self.try_later() };
        let done = in_time(async {
            let contacts = store.visitor_contacts(id).await?;
            let mut tied = contacts.iter().map(|found| TiedAddress::of(id, found));
            let Some(tied) = tied.find(|it| it.handle == handle) else { return Ok(false) };
            store.visitor_cut(id, tied.contact, now()).await.map(|cut| cut.was_tied)
        });
        match done.await {
            Ok(true) => self.count_wish(BrowserWish::Cut),
            Ok(false) => {}
            Err(problem) if problem.is_passing() => {
                tracing::warn!(%problem, "can't cut a browser from a contact");
                return self.try_later();
            }
            Err(problem) => return respond::failed("cutting a browser from a contact", &problem),
        }
        let state = BrowserState::Visitor(id);
        let record = self.record(&state).await;
        self.browser_page(state, record, Some(BrowserWish::Cut))
    }

    fn browser_page(
        &self,
        state: BrowserState,
        record: KeptRecord,
        said: Option<BrowserWish>,
    ) -> Response {
        let sender = self.sender();
        let addresses = match (&state, &record) {
            (BrowserState::Visitor(id), KeptRecord::Some(_, contacts)) => {
                contacts.iter().map(|found| TiedAddress::of(*id, found)).collect()
            }
            _ => Vec::new(),
        };
        let page = BrowserPage {
            addresses,
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
            BrowserWish::Cut => &browsers.cuts,
            BrowserWish::Allow => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
