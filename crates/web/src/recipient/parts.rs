//! Who holds a link, and the answers when it can't be known.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actions::{Joins, RecipientAccounts};
use askama::Template;
use audience::RemovalJournal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use media::FileStore;
use model::{AddressCode, CampaignId, ContactId};
use store::{Contact, Store, StoreError, Topic};
use token::{Addressee, Claims, Keyring, Purpose, UnsubscribeClaims};
use tokio::time::timeout;

use crate::listen::peer::TrustedProxies;
use crate::listen::respond;
use crate::public_counters::PublicCounters;
use crate::recipient::brand::PageBrand;
use crate::recipient::browser_cookie::BrowserCookie;
use crate::recipient::link_segment::{choosing_address, tracking_address};

/// A recipient waits so long for the store; then the page says that it is not to be had now.
const STORE_WAIT: Duration = Duration::from_secs(3);

/// What the public pages are made from.
#[derive(Clone)]
pub struct PublicParts {
    /// Where contacts and campaigns are; nothing while it has not been reachable since the start. People
    /// can leave all the same.
    pub store: Option<Store>,
    pub keys: Arc<Keyring>,
    /// Takes removals, whether the store answers or not.
    pub removals: RemovalJournal,
    /// Who sends at the moment: named on every page.
    pub sender: Arc<dyn Fn() -> Arc<campaign::Sender> + Send + Sync>,
    /// Of the media library.
    pub files: FileStore,
    pub counters: Arc<PublicCounters>,
    /// The cookie that the beacon sets.
    pub cookie: BrowserCookie,
    /// People's own accounts; none where there are none, or nothing is known yet.
    pub account: Option<RecipientAccounts>,
    /// Forms by which people join; none where there are none, or nothing is known yet.
    pub joins: Option<Joins>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
}

#[derive(Template)]
#[template(path = "unsubscribed.html")]
struct UnsubscribedPage<'a> {
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
    everything: bool,
}

/// The page to leave by while nothing is known but that the link is ours.
#[derive(Template)]
#[template(path = "unsubscribe_outage.html")]
struct OutagePage<'a> {
    brand: PageBrand<'a>,
    words: RecipientWords,
    browser: Option<String>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct RecipientNoticePage<'a> {
    brand: PageBrand<'a>,
    title: &'a str,
    text: &'a str,
}

/// Who holds the link, and which message it came with.
pub(crate) struct Holder {
    /// The store in which the contact was found.
    pub(crate) store: Store,
    pub(crate) contact: Contact,
    pub(crate) campaign: CampaignId,
    pub(crate) topic: Topic,
}

/// Whom a link to leave by is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaver {
    pub(crate) contact: ContactId,
    /// Of the message that the link came with.
    pub(crate) campaign: CampaignId,
    pub(crate) address: Option<AddressCode>,
}

fn named(addressee: Addressee, campaign: CampaignId) -> Result<ContactId, NoHolder> {
    match addressee {
        Addressee::Contact(contact) if campaign != CampaignId(0) => Ok(contact),
        Addressee::Anonymous => Err(NoHolder::Unknown),
        Addressee::Contact(_) | Addressee::Test => Err(NoHolder::Test),
    }
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
    pub(crate) fn sender(&self) -> Arc<campaign::Sender> {
        (self.sender)()
    }

    /// Opens the token of a link to leave by.
    pub(crate) fn leaver(&self, token: &str) -> Result<Leaver, NoHolder> {
        let opened = self.keys.open_unsubscribe_segment(token);
        let UnsubscribeClaims { campaign, addressee, address } =
            opened.map_err(|_| NoHolder::Unknown)?;
        let contact = named(addressee, campaign)?;
        Ok(Leaver { contact, campaign, address })
    }

    /// Opens the token of a page to read and finds whom it is about.
    pub(crate) async fn reader(&self, token: &str) -> Result<Holder, NoHolder> {
        let opened = self.keys.open_segment(Purpose::Browse, token);
        let Claims { addressee, campaign, .. } = opened.map_err(|_| NoHolder::Unknown)?;
        self.holder(named(addressee, campaign)?, campaign).await
    }

    pub(super) async fn holder(
        &self,
        contact: ContactId,
        campaign: CampaignId,
    ) -> Result<Holder, NoHolder> {
        let known = self.find(contact, campaign).await.map_err(NoHolder::Store)?;
        known.ok_or(NoHolder::Unknown)
    }

    async fn find(
        &self,
        contact: ContactId,
        campaign: CampaignId,
    ) -> Result<Option<Holder>, StoreError> {
        let Some(store) = self.store.clone() else {
            return Err(StoreError::Unreachable(
                "it has not been reachable since the start".to_owned(),
            ));
        };
        in_time(async {
            // In old mail it may be the number of somebody who was merged into another contact.
            let contact = store.contact_now(contact).await?;
            let found = store.campaign_find(campaign).await?;
            let (Some(contact), Some(found)) = (contact, found) else { return Ok(None) };
            let topic = store.topic_find(found.topic).await?;
            Ok(topic.map(|topic| Holder { store: store.clone(), contact, campaign, topic }))
        })
        .await
    }

    /// The page for a link that has no holder.
    pub(crate) fn without_holder(&self, why: &NoHolder) -> Response {
        match why {
            NoHolder::Unknown => self.unknown_link(),
            NoHolder::Test => self.notice(
                StatusCode::OK,
                "This is a test message",
                "You followed a link in a test message, which belongs to nobody. In a real \
                 message it is about its recipient. Nothing was changed.",
            ),
            NoHolder::Store(problem) if problem.is_passing() => {
                tracing::warn!(%problem, "can't look up the holder of a link");
                self.try_later()
            }
            NoHolder::Store(problem) => respond::failed("finding the holder of a link", problem),
        }
    }

    /// What a button that asks for a link into the account says; nothing where there are none.
    pub(crate) fn account_link<'t>(&self, token: &'t str) -> Option<&'t str> {
        self.account.as_ref().map(|_| token)
    }

    fn unknown_link(&self) -> Response {
        let campaign::Sender { organisation, postal_address, .. } = &*self.sender();
        let text = format!(
            "It may have been cut off when it was copied; the link in the message itself still \
             works. To unsubscribe without it, reply to any of our messages and say so, or write \
             to {organisation}, {postal_address}."
        );
        self.notice(StatusCode::NOT_FOUND, "This link does not work", &text)
    }

    pub(crate) fn notice(&self, status: StatusCode, title: &str, text: &str) -> Response {
        let sender = self.sender();
        let brand = PageBrand::new(&sender);
        respond::page(status, &RecipientNoticePage { brand, title, text })
    }

    /// The store can't say whose link it is. It is one of ours, so they can unsubscribe all the same.
    pub(super) fn outage(&self, problem: &StoreError, words: RecipientWords) -> Response {
        if !problem.is_passing() {
            return respond::failed("finding the holder of a link", problem);
        }
        tracing::warn!(%problem, "showing an unsubscribe page without names");
        self.count_put_off();
        let sender = self.sender();
        let browser = self.cookie.page_address(&sender);
        respond::try_later(&OutagePage {
            brand: PageBrand::speaking(&sender, words),
            words,
            browser,
        })
    }

    /// Nobody knows any more whose link it is. It is one of ours, so they can unsubscribe by it.
    pub(super) fn nameless(&self, words: RecipientWords) -> Response {
        let sender = self.sender();
        let browser = self.cookie.page_address(&sender);
        let page = OutagePage { brand: PageBrand::speaking(&sender, words), words, browser };
        respond::page(StatusCode::OK, &page)
    }

    fn count_put_off(&self) {
        self.counters.recipients_put_off.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn try_later(&self) -> Response {
        self.count_put_off();
        respond::try_later(&RecipientNoticePage {
            brand: PageBrand::new(&self.sender()),
            title: "Please try again in a minute",
            text: "This can't be done right now, and nothing was changed.",
        })
    }

    pub(super) fn unsubscribed(
        &self,
        holder: &Holder,
        token: &str,
        everything: bool,
        words: RecipientWords,
    ) -> Response {
        let sender = self.sender();
        let page = UnsubscribedPage {
            brand: PageBrand::speaking(&sender, words),
            account: self.account_link(token),
            words,
            browser: self.cookie.page_address(&sender),
            choosing: choosing_address(token),
            tracking: tracking_address(token),
            organisation: &sender.organisation,
            topic: &holder.topic.name,
            address: holder.contact.email.masked(),
            everything,
        };
        respond::page(StatusCode::OK, &page)
    }
}

pub(crate) async fn nothing_here(State(parts): State<PublicParts>) -> Response {
    nothing_here_of(&parts)
}

pub(crate) fn nothing_here_of(parts: &PublicParts) -> Response {
    parts.unknown_link()
}

/// What the store answers within the time that somebody waits for a page.
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match timeout(STORE_WAIT, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::Unreachable(format!("no answer within {STORE_WAIT:?}"))),
    }
}
