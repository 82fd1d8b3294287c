//! The page on which recipients say what may be recorded of them.
//!
//! Invariants: GET and HEAD only show (promise P3); a POST acts at once, for messages sent long ago as
//! well (promise P5), and repeating it has the same result. While the store is away the page says so,
//! with 503 and when to come back: nobody is told that something was saved which was not. The token is the authority, so a forged
//! request has nothing to exploit. All actions go through `audience`.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use model::TrackingMode;
use store::StoreError;

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::brand::PageBrand;
use crate::recipient::link_segment::{LinkSegment, choosing_address};
use crate::recipient::parts::{Holder, NoHolder, PublicParts, in_time};
use crate::recipient::reader_words::ReaderWords;

/// How the consent ledger says that it was said here.
const SOURCE: &str = "page";

#[derive(Template)]
#[template(path = "tracking.html")]
struct TrackingPage<'a> {
    brand: PageBrand<'a>,
    /// What asks for a link into the account.
    account: Option<&'a str>,
    words: RecipientWords,
    /// Where a browser's cookie is shown, if cookies are used.
    browser: Option<String>,
    /// Where it is chosen what to get.
    choosing: String,
    organisation: &'a str,
    address: String,
    /// Whether it is recorded what they do.
    is_tracked: bool,
    /// Whether it would be, if they allowed it.
    allowed: bool,
    /// Whether they have ever said anything about it.
    has_said: bool,
    said: Option<TrackingButton>,
}

/// What a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TrackingButton {
    Stop,
    StopAndForget,
    Allow,
}

impl TrackingButton {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "stop" => Self::Stop,
            "forget" => Self::StopAndForget,
            "allow" => Self::Allow,
            _ => return None,
        })
    }

    const fn mode(self) -> TrackingMode {
        match self {
            Self::Stop | Self::StopAndForget => TrackingMode::Off,
            Self::Allow => TrackingMode::Identified,
        }
    }
}

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
) -> Response {
    match parts.asked(&token).await {
        Ok(holder) => parts.tracking_page((&holder, &token), None, reader).await,
        Err(why) => parts.without_holder(&why),
    }
}

pub(crate) async fn act(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let holder = match parts.asked(&token).await {
        Ok(holder) => holder,
        Err(why) => return parts.without_holder(&why),
    };
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let word = fields.iter().find(|(name, _)| name == "act").map(|(_, word)| word.as_str());
    let Some(wish) = word.and_then(TrackingButton::of) else {
        return parts.notice(
            StatusCode::BAD_REQUEST,
            "Nothing was changed",
            "The request did not say what to do. Please open the link in the message and use its \
             buttons.",
        );
    };
    let Holder { store, contact, campaign, .. } = &holder;
    let forget = wish == TrackingButton::StopAndForget;
    let whose = (contact.id, wish.mode());
    let said = audience::say_tracking(store, whose, SOURCE, Some(*campaign), forget, now());
    match in_time(said).await {
        Ok(_) => parts.tracking_page((&holder, &token), Some(wish), reader).await,
        Err(problem) => parts.not_now("saving what may be recorded", &problem),
    }
}

impl PublicParts {
    /// Whom a link to this page is about.
    async fn asked(&self, token: &str) -> Result<Holder, NoHolder> {
        let asked = self.leaver(token)?;
        self.holder(asked.contact, asked.campaign).await
    }

    async fn tracking_page(
        &self,
        (holder, token): (&Holder, &str),
        said: Option<TrackingButton>,
        reader: ReaderWords,
    ) -> Response {
        let Holder { store, contact, .. } = holder;
        let known = in_time(async {
            let rules = audience::tracking_rules(store).await?;
            Ok((rules.policy, audience::contact_tracking(store, contact.id).await?))
        });
        let (policy, known) = match known.await {
            Ok(known) => known,
            Err(problem) => return self.not_now("reading what may be recorded", &problem),
        };
        let (sender, words) = (self.sender(), reader.of(contact));
        let page = TrackingPage {
            brand: PageBrand::speaking(&sender, words),
            account: self.account_link(token),
            words,
            browser: self.cookie.page_address(&sender),
            choosing: choosing_address(token),
            organisation: &sender.organisation,
            address: contact.email.masked(),
            // Of all messages: what one campaign or topic records less is no matter of theirs.
            is_tracked: known.mode == TrackingMode::Identified,
            allowed: policy.at_most == TrackingMode::Identified,
            has_said: known.said.is_some(),
            said,
        };
        respond::page(StatusCode::OK, &page)
    }

    fn not_now(&self, what: &'static str, problem: &StoreError) -> Response {
        if !problem.is_passing() {
            return respond::failed(what, problem);
        }
        tracing::warn!(%problem, "can't show or save what may be recorded of a contact");
        self.try_later()
    }
}
