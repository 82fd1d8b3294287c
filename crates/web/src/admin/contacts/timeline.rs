//! What happened to one contact, in sentences, the newest first.
//!
//! Invariant: says only what is kept. Views and clicks whose moment is not known are told with
//! their message, without a time.

use model::{ConsentKind, DeliveryState, HitClass, RuleSet, Timestamp, TopicId};
use store::{Consent, ContactProfile, HitOf, MessageRow, MessageTo};

use crate::admin::page::client_words::client_words;

/// Sentences on one page.
const MOST: usize = 200;

/// Something that happened.
pub(crate) struct Happening {
    at: Timestamp,
    pub(crate) when: String,
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Strong(String),
    Link { path: String, words: String },
}

fn text(words: impl Into<String>) -> Piece {
    Piece::Text(words.into())
}

/// The contact's story as far as it is kept, bounded.
pub(crate) fn timeline(profile: &ContactProfile, rules: &RuleSet) -> Vec<Happening> {
    let mut all: Vec<Happening> = profile
        .messages
        .iter()
        .flat_map(|message| message_told(message, &profile.hits, rules))
        .chain(profile.singles.iter().map(single_told))
        .chain(profile.hits.iter().map(|hit| hit_told(hit, &profile.messages, rules)))
        .chain(profile.consents.iter().map(|it| consent_told(it, profile)))
        .collect();
    // What comes of one moment keeps its order.
    all.sort_by_key(|it| std::cmp::Reverse(it.at));
    all.truncate(MOST);
    all
}

fn happening(at: Timestamp, pieces: Vec<Piece>) -> Happening {
    Happening { at, when: at.readable(), pieces }
}

fn campaign_link(message: &MessageTo) -> Piece {
    let path = format!("/admin/campaigns/{}", message.campaign);
    Piece::Link { path, words: message.name.clone() }
}

/// What became of the message; nothing while it only waits.
fn message_told(message: &MessageTo, hits: &[HitOf], rules: &RuleSet) -> Option<Happening> {
    let at = message.ended_at?;
    let reply = match (&message.code, &message.reply) {
        (Some(code), Some(reply)) if *code > 0 => format!(": {code} {reply}"),
        (_, Some(reply)) if !reply.is_empty() => format!(": {reply}"),
        _ => String::new(),
    };
    let told = match message.state {
        DeliveryState::Sent => format!(" was accepted by the relay{reply}"),
        DeliveryState::Failed => format!(" was refused{reply}"),
        DeliveryState::Suppressed => format!(" was not sent to them{reply}"),
        DeliveryState::Skipped => format!(" could not be made for them{reply}"),
        DeliveryState::InDoubt => " may have been sent: nobody knows, after a crash".to_owned(),
        DeliveryState::Queued | DeliveryState::Leased => return None,
    };
    let mut pieces = vec![campaign_link(message), text(told)];
    // Told by themselves, when their moment is known.
    if !hits.iter().any(|hit| hit.campaign == message.campaign) {
        pieces.extend(followed(message, rules));
    }
    Some(happening(at, pieces))
}

/// A single message, when it ended or was asked for.
fn single_told(message: &MessageRow) -> Happening {
    let told = match (message.state, message.live) {
        (_, false) => "was made for the inbox, as a test",
        (DeliveryState::Sent, true) => "was accepted by the relay",
        (DeliveryState::Failed | DeliveryState::Skipped, true) => "was refused",
        (DeliveryState::Suppressed, true) => "was not sent to them",
        (DeliveryState::InDoubt, true) => "may have been sent: nobody knows, after a crash",
        (DeliveryState::Queued | DeliveryState::Leased, true) => "waits to be sent",
    };
    let path = format!("/admin/messages/{}", message.id);
    let link = Piece::Link { path, words: message.announcement_name.clone() };
    let pieces = vec![text("Single message "), link, text(format!(" {told}"))];
    happening(message.ended_at.unwrap_or(message.accepted_at), pieces)
}

/// What followed a message, without a time.
fn followed(message: &MessageTo, rules: &RuleSet) -> Vec<Piece> {
    if message.engagement_removed {
        return vec![text(". What they did with it is not kept any more.")];
    }
    let Some(class) = rules.strongest(message.evidence.hits.iter().copied()) else {
        return Vec::new();
    };
    let did = match (message.viewed, message.links.as_slice()) {
        (_, []) if message.clicked => "Viewed and clicked since".to_owned(),
        (true, []) => "Viewed since".to_owned(),
        (_, links) => format!("Clicked since: {}", links.join(", ")),
    };
    vec![text(format!(". {did}. ")), Piece::Strong(who(class).to_owned())]
}

fn hit_told(hit: &HitOf, messages: &[MessageTo], rules: &RuleSet) -> Happening {
    let message = messages.iter().find(|message| message.campaign == hit.campaign);
    let campaign = match message {
        Some(message) => campaign_link(message),
        None => Piece::Link {
            path: format!("/admin/campaigns/{}", hit.campaign),
            words: format!("campaign {}", hit.campaign),
        },
    };
    let with = client_words(&hit.agent).map_or(String::new(), |client| format!(" with {client}"));
    let mut pieces = match (&hit.clicked, hit.is_head) {
        (_, true) => vec![text("A link checker asked about "), campaign],
        (Some(label), false) if label.is_empty() => vec![text("Clicked a link in "), campaign],
        (Some(label), false) => vec![text(format!("Clicked “{label}” in ")), campaign],
        (None, false) => vec![text("Viewed "), campaign],
    };
    pieces.push(text(format!("{with}. ")));
    pieces.push(Piece::Strong(who(rules.class(hit.rules)).to_owned()));
    pieces.push(text(" "));
    pieces.push(Piece::Link { path: format!("/admin/events/{}", hit.event), words: "why".into() });
    happening(hit.at, pieces)
}

/// Who it was, by the evidence.
pub(crate) const fn who(class: HitClass) -> &'static str {
    match class {
        HitClass::Person => "A person",
        HitClass::Proxied => "Likely a person",
        HitClass::Unknown => "Unknown",
        HitClass::Repeat => "A repetition",
        HitClass::Preview => "A link preview, counted apart",
        HitClass::Prefetch => "A prefetch, counted apart",
        HitClass::Scanner => "A scanner, counted apart",
        HitClass::Head => "A machine, counted nowhere else",
    }
}

fn consent_told(consent: &Consent, profile: &ContactProfile) -> Happening {
    let topic = consent.topic.map_or("everything".to_owned(), |id| topic_name(profile, id));
    let by = proof(consent);
    let told = match (tracking_told(consent), consent.granted) {
        (Some(tracking), _) => format!("T{}: {by}", tracking.trim_start_matches('t')),
        (None, true) => format!("Subscribed to {topic}: {by}"),
        (None, false) => format!("Left {topic}: {by}"),
    };
    let mut pieces = vec![text(told)];
    if let Some(campaign) = consent.campaign {
        let name = profile.messages.iter().find(|it| it.campaign == campaign);
        let words = name.map_or(format!("campaign {campaign}"), |it| it.name.clone());
        pieces.push(text(", in "));
        pieces.push(Piece::Link { path: format!("/admin/campaigns/{campaign}"), words });
    }
    happening(consent.at, pieces)
}

pub(crate) fn topic_name(profile: &ContactProfile, id: TopicId) -> String {
    profile.topic_names.get(&id).cloned().unwrap_or_else(|| format!("topic {id}"))
}

/// `tracking: off, notice 2026-11` or `sharing: no, sharing notice 3`; nothing for an entry about mail.
pub(crate) fn tracking_told(consent: &Consent) -> Option<String> {
    if consent.kind == ConsentKind::Sharing {
        let word = if consent.granted { "yes" } else { "no" };
        let notice = consent.notice.as_deref().map(|notice| format!(", {notice}"));
        return Some(format!("sharing: {word}{}", notice.unwrap_or_default()));
    }
    let mode = consent.tracking_word()?;
    let notice = consent.notice.as_deref().map(|version| format!(", notice {version}"));
    Some(format!("tracking: {mode}{}", notice.unwrap_or_default()))
}

/// By what right an entry of the ledger was made, in words.
pub(crate) fn proof(consent: &Consent) -> String {
    let source = source(consent);
    match consent.basis_told() {
        Some(basis) => format!("{source}; {basis}"),
        None => source,
    }
}

/// How a word was said.
pub(crate) fn source(consent: &Consent) -> String {
    match consent.source.as_str() {
        "one-click" => "one click in their mail program".to_owned(),
        "page" => "the page behind the link in a message".to_owned(),
        "account" => "their own account".to_owned(),
        "request" => "a request to the operator".to_owned(),
        "elsewhere" => "having left elsewhere".to_owned(),
        "hard bounce" => "a hard bounce".to_owned(),
        "complaint" => "a complaint".to_owned(),
        "operator" => "the operator".to_owned(),
        other => other.to_owned(),
    }
}
