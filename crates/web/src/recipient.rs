//! What a link in a message leads its recipient to: leaving, and reading the message as a page.
//!
//! Invariants: GET and HEAD only show (promise P3); a POST acts at once and as often as it comes
//! with the same end; a one-click POST needs no cookie, no login and gets no redirect (RFC 8058
//! section 3.2); whatever is wrong with a token, the answer is the same page. All acts go through
//! `audience`. The token is the authority, so there is nothing for a forged request to ride on.
//! Leaving works while the store is away, or is an older copy that knows nothing of the recipient:
//! nothing but the token is needed for it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use askama::Template;
use audience::{LinkRemoval, RemovalJournal, RemovalKept, RemovalNotKept};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use campaign::Messages;
use model::{CampaignId, ContactId, EmailAddress, Removal, Timestamp};
use store::{Contact, Store, StoreError, Topic};
use token::{Claims, Keyring, Purpose, UnsubscribeClaims};
use tokio::time::timeout;

use crate::form::{Wish, wish};
use crate::link_segment::LinkSegment;
use crate::standing::{Standing, standing};
use crate::{assets, browse, headers, health, respond};

/// Our form has one short field, a one-click body 26 bytes; multipart adds a few hundred.
const MAX_FORM_BYTES: usize = 8 * 1024;
/// A recipient waits so long for the store; then the page says that it is not to be had now.
const STORE_WAIT: Duration = Duration::from_secs(3);

/// What the public pages are made from.
#[derive(Clone)]
pub struct PublicParts {
    /// Where contacts and campaigns are; nothing while it was not reached since the start. People
    /// can leave all the same.
    pub store: Option<Store>,
    /// Opens the links.
    pub keys: Arc<Keyring>,
    /// Takes removals, whether the store answers or not.
    pub removals: RemovalJournal,
    /// Who sends: named on every page.
    pub sender: Arc<campaign::Sender>,
}

/// The pages that links in messages lead to.
pub fn public_router(parts: PublicParts) -> Router {
    let sender = Arc::clone(&parts.sender);
    let messages = parts.store.clone().map(|store| Messages::new(store, sender));
    Router::new()
        .route("/u/{*token}", get(show).post(act))
        .route("/v/{*token}", get(browse::show))
        .route("/healthz", get(health::live))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
        .fallback(nothing_here)
        .merge(assets::routes(&[&assets::CSS, &assets::ICON]))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(headers::secure))
        .layer(Extension(Arc::new(messages)))
        .with_state(parts)
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage<'a> {
    organisation: &'a str,
    topic: &'a str,
    address: String,
}

#[derive(Template)]
#[template(path = "unsubscribed.html")]
struct UnsubscribedPage<'a> {
    organisation: &'a str,
    topic: &'a str,
    address: String,
    everything: bool,
}

#[derive(Template)]
#[template(path = "returned.html")]
struct ReturnedPage<'a> {
    organisation: &'a str,
    topic: &'a str,
    address: String,
    /// Why no mail can be sent all the same; empty when it can.
    blocked: String,
}

/// The page to leave by while nothing is known but that the link is ours.
#[derive(Template)]
#[template(path = "unsubscribe_outage.html")]
struct OutagePage<'a> {
    organisation: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    organisation: &'a str,
    title: &'a str,
    text: &'a str,
}

/// Who holds the link, and which message it came with.
pub(crate) struct Holder {
    /// That found them.
    pub(crate) store: Store,
    pub(crate) contact: Contact,
    pub(crate) campaign: CampaignId,
    pub(crate) topic: Topic,
}

/// Why a page about a holder can't be shown.
pub(crate) enum NoHolder {
    /// Forged, cut, for another purpose, or about somebody who is no more.
    Unknown,
    /// The link of a test message.
    Test,
    /// The store did not answer.
    Store(StoreError),
}

impl PublicParts {
    /// Opens the token of a link to leave by.
    fn leaver(&self, token: &str) -> Result<UnsubscribeClaims, NoHolder> {
        let claims = self.keys.open_unsubscribe_segment(token).map_err(|_| NoHolder::Unknown)?;
        if claims.contact == ContactId(0) || claims.campaign == CampaignId(0) {
            return Err(NoHolder::Test);
        }
        Ok(claims)
    }

    /// Opens the token of a page to read and finds whom it is about.
    pub(crate) async fn reader(&self, token: &str) -> Result<Holder, NoHolder> {
        let opened = self.keys.open_segment(Purpose::Browse, token);
        let Claims { contact, campaign, .. } = opened.map_err(|_| NoHolder::Unknown)?;
        if contact == ContactId(0) || campaign == CampaignId(0) {
            return Err(NoHolder::Test);
        }
        self.holder(contact, campaign).await
    }

    async fn holder(&self, contact: ContactId, campaign: CampaignId) -> Result<Holder, NoHolder> {
        let known = self.find(contact, campaign).await.map_err(NoHolder::Store)?;
        known.ok_or(NoHolder::Unknown)
    }

    async fn find(
        &self,
        contact: ContactId,
        campaign: CampaignId,
    ) -> Result<Option<Holder>, StoreError> {
        let Some(store) = self.store.clone() else {
            return Err(StoreError::Unreachable("it was not reached since the start".to_owned()));
        };
        in_time(async {
            let contact = store.contact_find(contact).await?;
            let found = store.campaign_find(campaign).await?;
            let (Some(contact), Some(found)) = (contact, found) else { return Ok(None) };
            let topic = store.topic_find(found.topic).await?;
            Ok(topic.map(|topic| Holder { store: store.clone(), contact, campaign, topic }))
        })
        .await
    }

    /// The page for whoever follows a link without a holder.
    pub(crate) fn without_holder(&self, why: &NoHolder) -> Response {
        match why {
            NoHolder::Unknown => self.unknown_link(),
            NoHolder::Test => self.notice(
                StatusCode::OK,
                "This is a test message",
                "The message you came from was a test, made for nobody. In a real one, this link \
                 is about its recipient. Nothing was changed.",
            ),
            NoHolder::Store(problem) if problem.is_passing() => {
                tracing::warn!(%problem, "the holder of a link can't be looked up");
                self.try_later()
            }
            NoHolder::Store(problem) => respond::failed("finding the holder of a link", problem),
        }
    }

    fn unknown_link(&self) -> Response {
        let campaign::Sender { organisation, postal_address, .. } = &*self.sender;
        let text = format!(
            "It may have been cut off when it was copied; the link in the message itself still \
             works. To leave the list without it, answer any of our messages and say that you want \
             no more of them, or write to {organisation}, {postal_address}."
        );
        self.notice(StatusCode::NOT_FOUND, "This link does not work", &text)
    }

    fn notice(&self, status: StatusCode, title: &str, text: &str) -> Response {
        let organisation = &self.sender.organisation;
        respond::page(status, &NoticePage { organisation, title, text })
    }

    /// The store can't say whose link it is. It is one of ours, so they can leave all the same.
    fn outage(&self, problem: &StoreError) -> Response {
        if !problem.is_passing() {
            return respond::failed("finding the holder of a link", problem);
        }
        tracing::warn!(%problem, "a page to leave by is shown without its names");
        let organisation = &self.sender.organisation;
        respond::try_later(&OutagePage { organisation })
    }

    /// Whose link it is, nobody knows any more. It is one of ours, so they can leave by it.
    fn nameless(&self) -> Response {
        let organisation = &self.sender.organisation;
        respond::page(StatusCode::OK, &OutagePage { organisation })
    }

    fn try_later(&self) -> Response {
        respond::try_later(&NoticePage {
            organisation: &self.sender.organisation,
            title: "Please try again in a minute",
            text: "This can't be done right now, and nothing was changed.",
        })
    }

    fn unsubscribed(&self, holder: &Holder, everything: bool) -> Response {
        let page = UnsubscribedPage {
            organisation: &self.sender.organisation,
            topic: &holder.topic.name,
            address: holder.contact.email.masked(),
            everything,
        };
        respond::page(StatusCode::OK, &page)
    }
}

async fn nothing_here(State(parts): State<PublicParts>) -> Response {
    parts.unknown_link()
}

async fn show(State(parts): State<PublicParts>, LinkSegment(token): LinkSegment) -> Response {
    let claims = match parts.leaver(&token) {
        Ok(claims) => claims,
        Err(why) => return parts.without_holder(&why),
    };
    let holder = match parts.holder(claims.contact, claims.campaign).await {
        Ok(holder) => holder,
        Err(NoHolder::Store(problem)) => return parts.outage(&problem),
        Err(NoHolder::Unknown) if claims.address.is_some() => return parts.nameless(),
        Err(why) => return parts.without_holder(&why),
    };
    match in_time(standing(&holder)).await {
        Ok(Standing::Subscribed) => {
            let page = UnsubscribePage {
                organisation: &parts.sender.organisation,
                topic: &holder.topic.name,
                address: holder.contact.email.masked(),
            };
            respond::page(StatusCode::OK, &page)
        }
        Ok(Standing::LeftTopic) => parts.unsubscribed(&holder, false),
        Ok(Standing::LeftEverything) => parts.unsubscribed(&holder, true),
        Err(problem) => parts.outage(&problem),
    }
}

async fn act(
    State(parts): State<PublicParts>,
    LinkSegment(token): LinkSegment,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wish = wish(&headers, body).await;
    let claims = match parts.leaver(&token) {
        Ok(claims) => claims,
        Err(NoHolder::Test) if wish == Some(Wish::OneClick) => {
            return respond::text(
                StatusCode::OK,
                "This was a test message. Nothing was changed.\n",
            );
        }
        Err(why) => return parts.without_holder(&why),
    };
    match wish {
        Some(Wish::OneClick) => match leave(&parts, claims, false, Removal::OneClick).await {
            Ok(_) => respond::text(StatusCode::OK, "Unsubscribed.\n"),
            Err(problem) => respond::away("leaving by one click", &problem),
        },
        Some(Wish::LeaveTopic) => leave_and_show(&parts, claims, false).await,
        Some(Wish::LeaveEverything) => leave_and_show(&parts, claims, true).await,
        Some(Wish::Return) => match parts.holder(claims.contact, claims.campaign).await {
            Ok(holder) => come_back(&parts, &holder).await,
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
    claims: UnsubscribeClaims,
    everything: bool,
) -> Response {
    let kept = match leave(parts, claims, everything, Removal::Page).await {
        Ok(kept) => kept,
        Err(problem) => return respond::away("leaving", &problem),
    };
    if let RemovalKept::InStore(left) = kept {
        match parts.holder(claims.contact, claims.campaign).await {
            Ok(holder) => return parts.unsubscribed(&holder, everything),
            // It is done all the same.
            Err(NoHolder::Store(_)) => {}
            Err(NoHolder::Unknown) if claims.address.is_some() || left.changed => {}
            Err(why) => return parts.without_holder(&why),
        }
    }
    parts.notice(
        StatusCode::OK,
        if everything { "You have left everything" } else { "You have left" },
        "Your wish is kept, and nothing more is sent to you that you have left. You need not do \
         anything else.",
    )
}

/// The token is enough for it: whom it is about and what they leave is looked up when it is done.
async fn leave(
    parts: &PublicParts,
    claims: UnsubscribeClaims,
    everything: bool,
    how: Removal,
) -> Result<RemovalKept, RemovalNotKept> {
    let UnsubscribeClaims { contact, campaign, address } = claims;
    let at = now();
    parts.removals.leave(LinkRemoval { contact, address, campaign, everything, how, at }).await
}

async fn come_back(parts: &PublicParts, holder: &Holder) -> Response {
    let Holder { store, contact, topic, .. } = holder;
    // Their leaving may be among those that wait, and would come after their return.
    if store.removals_waiting() > 0 {
        return parts.try_later();
    }
    if let Err(problem) = in_time(store.contact_return(contact.id, topic.id, now())).await {
        return respond::failed("subscribing again", &problem);
    }
    match blocked(store, &contact.email).await {
        Ok(blocked) => {
            let page = ReturnedPage {
                organisation: &parts.sender.organisation,
                topic: &topic.name,
                address: contact.email.masked(),
                blocked,
            };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => respond::failed("reading a suppression", &problem),
    }
}

/// What the store answers within the time that somebody waits for a page.
async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match timeout(STORE_WAIT, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::Unreachable(format!("no answer within {STORE_WAIT:?}"))),
    }
}

async fn blocked(store: &Store, email: &EmailAddress) -> Result<String, StoreError> {
    Ok(store.suppression_reason(email.key()).await?.unwrap_or_default())
}

/// The point in time that acts of this request bear.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}
