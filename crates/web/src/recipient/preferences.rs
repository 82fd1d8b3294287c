//! The page on which recipients choose what they get, in which language, and pause.
//!
//! Invariants: GET and HEAD only show (promise P3); one POST applies everything, at once, and repeating it
//! has the same result; nobody is subscribed whose address is suppressed. Leaving everything works while the store
//! is away, as on the unsubscribe page; for all else the page then says when to come back. The token is the
//! authority, so a forged request has nothing to exploit. All actions go through `audience`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use askama::Template;
use audience::{EditContact, EditError, NoPause, Preferences, PreferencesWish, RemovalKept};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::RecipientWords;
use model::{Removal, Timestamp};
use store::StoreError;

use crate::clock::now;
use crate::listen::respond;
use crate::recipient::brand::PageBrand;
use crate::recipient::link_segment::{LinkSegment, leaving_address, tracking_address};
use crate::recipient::parts::{Holder, Leaver, NoHolder, PublicParts, in_time};
use crate::recipient::pause_choice::{PauseChoice, day};
use crate::recipient::reader_words::ReaderWords;
use crate::recipient::sharing_choice::SharingChoice;
use crate::recipient::unsubscribe::{kept_all, leave, wished};
use crate::recipient::unsubscribe_form::LeaveRequest;

/// The attributes that may name a contact's language, the usual one first.
const LANGUAGE: [&str; 3] = ["language", "lang", "locale"];

#[derive(Template)]
#[template(path = "preferences.html")]
struct PreferencesPage<'a> {
    brand: PageBrand<'a>,
    /// What asks for a link into the account.
    account: Option<&'a str>,
    words: RecipientWords,
    /// Where a browser's cookie is shown, if cookies are used.
    browser: Option<String>,
    /// Where it is said what may be recorded.
    tracking: String,
    /// The page by which they leave, and come back.
    leaving: String,
    organisation: &'a str,
    address: String,
    topics: Vec<PreferenceTick>,
    is_blocked: bool,
    pause: PauseChoice,
    /// None where sharing was never announced.
    sharing: Option<SharingChoice>,
    /// A language of theirs, if one is known.
    language: Option<RecipientWords>,
    languages: Vec<RecipientWords>,
    said: Option<Told>,
}

struct PreferenceTick {
    slug: String,
    name: String,
    is_ticked: bool,
}

/// What was done, or why nothing was.
struct Told {
    text: String,
    is_refused: bool,
}

pub(crate) async fn show(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
) -> Response {
    let claims = match parts.leaver(&token) {
        Ok(claims) => claims,
        Err(why) => return parts.without_holder(&why),
    };
    match parts.holder(claims.contact, claims.campaign).await {
        Ok(holder) => page(&parts, (&holder, &token), None, reader).await,
        // The page to leave by, which needs nothing but the token.
        Err(NoHolder::Store(problem)) => parts.outage(&problem, reader.0),
        Err(NoHolder::Unknown) if claims.address.is_some() => parts.nameless(reader.0),
        Err(why) => parts.without_holder(&why),
    }
}

pub(crate) async fn act(
    State(parts): State<PublicParts>,
    reader: ReaderWords,
    LinkSegment(token): LinkSegment,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let claims = match parts.leaver(&token) {
        Ok(claims) => claims,
        Err(why) => return parts.without_holder(&why),
    };
    let fields = PreferenceForm(form.map(|Form(fields)| fields).unwrap_or_default());
    match fields.text("act") {
        "save" => match parts.holder(claims.contact, claims.campaign).await {
            Ok(holder) => match save(&parts, &holder, &fields, reader).await {
                Ok(told) => page(&parts, (&holder, &token), Some(told), reader).await,
                Err(problem) => not_now(&parts, "saving what somebody chooses", &problem),
            },
            Err(why) => parts.without_holder(&why),
        },
        "leave-all" => leave_all(&parts, (claims, &token), reader).await,
        // From the page that stands in for this one while the store is away.
        _ => {
            let wish = LeaveRequest::of_scope(fields.text("scope"));
            wished(&parts, (claims, &token), wish, reader).await
        }
    }
}

async fn leave_all(
    parts: &PublicParts,
    (claims, token): (Leaver, &str),
    reader: ReaderWords,
) -> Response {
    let kept = match leave(parts, claims, true, Removal::Page).await {
        Ok(kept) => kept,
        Err(problem) => return respond::away("leaving", &problem),
    };
    if let RemovalKept::InStore(_) = kept
        && let Ok(holder) = parts.holder(claims.contact, claims.campaign).await
    {
        let text = reader.of(&holder.contact).text("left-everything");
        let told = Told { text, is_refused: false };
        return page(parts, (&holder, token), Some(told), reader).await;
    }
    kept_all(parts)
}

/// What a form says; each name may come several times.
struct PreferenceForm(Vec<(String, String)>);

impl PreferenceForm {
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(it, _)| it == name).map(|(_, value)| value.clone()).collect()
    }
}

async fn save(
    parts: &PublicParts,
    holder: &Holder,
    form: &PreferenceForm,
    reader: ReaderWords,
) -> Result<Told, StoreError> {
    let Holder { store, contact, campaign, .. } = holder;
    let mut words = reader.of(contact);
    let refused = |text: String| Told { text, is_refused: true };
    let Ok(pause) = wished_pause(form, now()) else {
        return Ok(refused(words.with("said-wrong", "problem", &words.text("pause-wrong"))));
    };
    let known = in_time(audience::preferences(store, contact, now())).await?;
    let (shown, ticked) = (form.all("shown"), form.all("topic"));
    let wish = PreferencesWish { campaign: *campaign, shown: &shown, ticked: &ticked, pause };
    let chosen = audience::choose_preferences(store, &parts.keys, (contact, &known), wish, now());
    let Some(saved) = in_time(chosen).await? else {
        return Ok(refused(words.text("said-wait")));
    };
    let language = RecipientWords::of(form.text("language"));
    let mut changed = saved.changed;
    if let Some(granted) = SharingChoice::wished(form.text("sharing-shown"), form.text("sharing")) {
        let (store, word) = (store.by_themselves(), (contact.id, granted));
        let source = Removal::Page.as_str();
        let said = audience::say_sharing(&store, word, source, Some(*campaign), now());
        changed |= in_time(said).await?;
    }
    if let Some(language) =
        language.filter(|it| actions::own_words(&contact.attributes) != Some(*it))
    {
        match speak(parts, holder, language).await {
            Ok(()) => (words, changed) = (language, true),
            Err(EditError::Store(problem)) => return Err(problem),
            Err(EditError::Problem(problem)) => {
                return Ok(refused(words.with("said-wrong", "problem", &problem.to_string())));
            }
        }
    }
    let said = match (saved.blocked, changed) {
        (true, _) => "choose-blocked",
        (false, true) => "said-saved",
        (false, false) => "said-nothing",
    };
    let counted = &parts.counters.preferences;
    if changed {
        counted.saved.fetch_add(1, Ordering::Relaxed);
    }
    if changed && matches!(pause, Some(Some(_))) {
        counted.pauses.fetch_add(1, Ordering::Relaxed);
    }
    Ok(Told { text: words.text(said), is_refused: saved.blocked })
}

/// Until when they pause; None outside: as it is.
fn wished_pause(
    form: &PreferenceForm,
    now: Timestamp,
) -> Result<Option<Option<Timestamp>>, NoPause> {
    PauseChoice::wished(form.text("pause"), form.text("until"), now)
}

/// Keeps the language in the attribute that names it so far.
async fn speak(
    parts: &PublicParts,
    holder: &Holder,
    language: RecipientWords,
) -> Result<(), EditError> {
    let Holder { store, contact, .. } = holder;
    let known = LANGUAGE.into_iter().find(|name| contact.attributes.contains_key(*name));
    let name = known.unwrap_or(LANGUAGE[0]).to_owned();
    let attributes = BTreeMap::from([(name, language.tag().to_owned())]);
    let edit = EditContact { email: None, attributes };
    let store = store.by_themselves();
    audience::edit(&store, &parts.keys, contact.id, None, edit, now()).await.map(drop)
}

async fn page(
    parts: &PublicParts,
    (holder, token): (&Holder, &str),
    said: Option<Told>,
    reader: ReaderWords,
) -> Response {
    let known = in_time(async {
        // What was just saved must show.
        let found = holder.store.contact_find(holder.contact.id).await?;
        let Some(contact) = found else { return Ok(None) };
        let known = audience::preferences(&holder.store, &contact, now()).await?;
        Ok(Some((contact, known)))
    });
    let (contact, Preferences { topics, paused_until, suppression, sharing }) = match known.await {
        Ok(Some(known)) => known,
        Ok(None) => return parts.without_holder(&NoHolder::Unknown),
        Err(problem) => return not_now(parts, "reading what somebody gets", &problem),
    };
    let (sender, words) = (parts.sender(), reader.of(&contact));
    let tick = |it: audience::ChosenTopic| PreferenceTick {
        slug: it.topic.slug,
        name: it.topic.name,
        is_ticked: it.is_subscribed,
    };
    let status = match &said {
        Some(told) if told.is_refused => {
            parts.counters.preferences.refused.fetch_add(1, Ordering::Relaxed);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::OK,
    };
    let page = PreferencesPage {
        brand: PageBrand::speaking(&sender, words),
        account: parts.account_link(token),
        words,
        browser: parts.cookie.page_address(&sender),
        tracking: tracking_address(token),
        leaving: leaving_address(token),
        organisation: &sender.organisation,
        address: contact.email.masked(),
        topics: topics.into_iter().map(tick).collect(),
        is_blocked: suppression.is_some(),
        pause: PauseChoice::new(paused_until.map(day), now()),
        sharing: sharing.map(|it| SharingChoice::new(&it, words)),
        language: actions::own_words(&contact.attributes),
        languages: RecipientWords::all().collect(),
        said,
    };
    respond::page(status, &page)
}

fn not_now(parts: &PublicParts, what: &'static str, problem: &StoreError) -> Response {
    if !problem.is_passing() {
        return respond::failed(what, problem);
    }
    tracing::warn!(%problem, "can't show or save what somebody chooses");
    parts.try_later()
}
