//! `pharos contacts proof`: by what right a contact is mailed and tracked.
//!
//! Invariant: the same from an installation and from a server; it leaves by the disclosure register.

use anyhow::Context as _;
use audience::{ContactProof, MailsGot, ProofEntry};
use model::{
    ConsentBasis, ConsentKind, ContactId, DisclosureKind, Timestamp, TopicId, TopicScope,
    TrackingMode,
};
use serde::{Deserialize, Serialize};
use store::{DisclosedTo, PersonalRead, Scope};

use super::by_hand::contact;
use crate::backend::Backend;
use crate::cli::ProofFormat;
use crate::installation::Installation;
use crate::telemetry::say;

/// As the API tells it.
#[derive(Serialize, Deserialize)]
struct ProofSheet {
    contact: String,
    email: String,
    created_at: String,
    suppression: Option<SheetSuppression>,
    tracking: SheetTracking,
    topics: Vec<SheetTopic>,
    entries: Vec<SheetEntry>,
    more_entries: bool,
    mails_without_entry: Option<SheetMails>,
    waiting: Vec<SheetWaiting>,
    left_before: Vec<SheetLeft>,
    acts: Vec<SheetAct>,
}

#[derive(Serialize, Deserialize)]
struct SheetSuppression {
    reason: String,
    at: String,
}

#[derive(Serialize, Deserialize)]
struct SheetTracking {
    said: Option<String>,
    mode: String,
}

#[derive(Serialize, Deserialize)]
struct SheetTopic {
    topic: String,
    state: String,
    changed_at: String,
}

#[derive(Serialize, Deserialize)]
struct SheetEntry {
    at: String,
    topic: Option<String>,
    granted: bool,
    /// mail, tracking or sharing; an earlier release tells none.
    kind: Option<String>,
    tracking: Option<String>,
    notice: Option<String>,
    notice_text: Option<String>,
    source: String,
    basis: Option<String>,
    proof: Option<String>,
    given_at: Option<String>,
    given_ip: Option<String>,
    given_form: Option<String>,
    campaign: Option<String>,
    by: Option<String>,
    mails: Option<SheetMails>,
}

#[derive(Serialize, Deserialize)]
struct SheetMails {
    count: u64,
    first: String,
    last: String,
}

#[derive(Serialize, Deserialize)]
struct SheetWaiting {
    form: String,
    topics: Vec<String>,
    at: String,
    until: String,
    notice_text: Option<String>,
    network: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SheetLeft {
    topic: Option<String>,
    source: String,
    at: String,
}

#[derive(Serialize, Deserialize)]
struct SheetAct {
    at: String,
    action: String,
    by: String,
}

impl From<MailsGot> for SheetMails {
    fn from(it: MailsGot) -> Self {
        Self { count: it.count, first: it.first.rfc3339(), last: it.last.rfc3339() }
    }
}

impl SheetEntry {
    fn new(it: ProofEntry, slug: &dyn Fn(TopicId) -> Option<String>) -> Self {
        let ProofEntry { consent, by, notice_text, mails } = it;
        Self {
            at: consent.at.rfc3339(),
            topic: consent.topic.and_then(slug),
            granted: consent.granted,
            kind: Some(consent.kind.as_str().to_owned()),
            tracking: consent.tracking_word().map(str::to_owned),
            notice: consent.notice,
            notice_text,
            source: consent.source,
            basis: consent.basis.map(|it| it.as_str().to_owned()),
            proof: consent.proof,
            given_at: consent.given_at.map(Timestamp::rfc3339),
            given_ip: consent.given_ip,
            given_form: consent.given_form,
            campaign: consent.campaign.map(|id| id.to_string()),
            by,
            mails: mails.map(SheetMails::from),
        }
    }
}

impl From<ContactProof> for ProofSheet {
    fn from(it: ContactProof) -> Self {
        let slugs = it.clone();
        let slug = |id: TopicId| slugs.topic(id).map(|topic| topic.slug.clone());
        let topics = it.subscriptions.into_iter().map(|it| SheetTopic {
            topic: it.topic,
            state: it.state.as_str().to_owned(),
            changed_at: it.changed_at.rfc3339(),
        });
        let waiting = it.waiting.into_iter().map(|it| SheetWaiting {
            topics: it.join.topics.iter().filter_map(|id| slug(*id)).collect(),
            form: it.join.form,
            at: it.join.at.rfc3339(),
            until: it.join.ends_at.rfc3339(),
            notice_text: it.notice_text,
            network: it.join.network,
        });
        let left = it.kept_removals.into_iter().map(|it| SheetLeft {
            topic: match it.scope {
                Scope::Everything => None,
                Scope::Topic(id) => slug(id),
            },
            source: it.source,
            at: it.at.rfc3339(),
        });
        let act = |it: store::AuditEntry| SheetAct {
            at: it.at.rfc3339(),
            action: it.action,
            by: it.actor_name,
        };
        Self {
            contact: it.contact.id.to_string(),
            email: it.contact.email.as_str().to_owned(),
            created_at: it.contact.created_at.rfc3339(),
            suppression: it
                .suppression
                .map(|(reason, at)| SheetSuppression { reason, at: at.rfc3339() }),
            tracking: SheetTracking {
                said: it.tracking.said.map(|mode| TrackingMode::as_str(mode).to_owned()),
                mode: it.tracking.mode.as_str().to_owned(),
            },
            topics: topics.collect(),
            entries: it.entries.into_iter().map(|it| SheetEntry::new(it, &slug)).collect(),
            more_entries: it.more_entries,
            mails_without_entry: it.mails_without_entry.map(SheetMails::from),
            waiting: waiting.collect(),
            left_before: left.collect(),
            acts: it.acts.into_iter().map(act).collect(),
        }
    }
}

/// Prints by what right a contact is mailed and tracked.
pub(super) async fn show(
    backend: &Backend,
    address: &str,
    format: ProofFormat,
) -> anyhow::Result<()> {
    let id = contact(backend, address).await?;
    let sheet = match backend {
        Backend::Local(installation) => sheet_here(installation, id, address).await?,
        Backend::Remote(server) => server.get(&format!("/api/v1/contacts/{id}/proof")).await?,
    };
    match format {
        ProofFormat::Json => say(serde_json::to_string_pretty(&sheet)?),
        ProofFormat::Text => lines_of(&sheet).into_iter().for_each(say),
    }
    Ok(())
}

async fn sheet_here(
    installation: &Installation,
    id: ContactId,
    address: &str,
) -> anyhow::Result<ProofSheet> {
    let Installation { store, keys, .. } = installation;
    let found = audience::contact_proof(store, keys, id, TopicScope::All).await?;
    let found = found.with_context(|| format!("there is no contact {address}"))?;
    let call = installation.call();
    let kind = DisclosureKind::ContactsRead;
    let read = PersonalRead { actor: call.actor.record(), kind, at: call.at };
    Ok(found.disclose(store, &DisclosedTo::Reader(read)).await?.into())
}

fn readable(text: &str) -> String {
    Timestamp::parse_rfc3339(text).map_or_else(|| text.to_owned(), Timestamp::readable)
}

fn lines_of(sheet: &ProofSheet) -> Vec<String> {
    let mut lines = vec![
        format!("address      {}", sheet.email),
        format!("number       {}", sheet.contact),
        format!("kept since   {}", readable(&sheet.created_at)),
    ];
    if let Some(SheetSuppression { reason, at }) = &sheet.suppression {
        lines.push(format!("suppressed   since {}: {reason}", readable(at)));
    }
    for SheetTopic { topic, state, changed_at } in &sheet.topics {
        lines.push(format!("topic        {topic}: {state} since {}", readable(changed_at)));
    }
    let SheetTracking { said, mode } = &sheet.tracking;
    let said = said.as_deref().unwrap_or("nothing");
    lines.push(format!("tracking     they have said {said}; what holds is {mode}"));
    sheet.entries.iter().for_each(|it| lines.extend(entry_lines(it)));
    if sheet.more_entries {
        lines.push("             (only the newest 1,000 entries)".to_owned());
    }
    if let Some(mails) = &sheet.mails_without_entry {
        lines.push(format!("no entry     for {}", mails_told(mails)));
    }
    for SheetWaiting { form, topics, at, until, .. } in &sheet.waiting {
        let (at, until) = (readable(at), readable(until));
        let topics = topics.join(", ");
        lines.push(format!("waiting      form {form} for {topics} on {at}, until {until}"));
    }
    for SheetLeft { topic, source, at } in &sheet.left_before {
        let what = topic.as_deref().unwrap_or("everything");
        lines.push(format!("left before  {what} on {}: {source}", readable(at)));
    }
    for SheetAct { at, action, by } in &sheet.acts {
        lines.push(format!("act          {action} on {} by {by}", readable(at)));
    }
    lines
}

/// An entry, and below it what shows that it is so.
fn entry_lines(it: &SheetEntry) -> Vec<String> {
    let topic = it.topic.as_deref().unwrap_or("everything");
    let what = match (&it.tracking, it.granted) {
        _ if it.kind.as_deref() == Some(ConsentKind::Sharing.as_str()) => {
            format!("sharing: {}", if it.granted { "yes" } else { "no" })
        }
        (Some(mode), _) => format!("tracking: {mode}"),
        (None, true) => format!("agreed to {topic}"),
        (None, false) => format!("left {topic}"),
    };
    let mut lines = vec![format!("consent      {what} on {}: {}", readable(&it.at), it.source)];
    let basis = it.basis.as_deref().and_then(ConsentBasis::from_word);
    let known = [
        ("basis", basis.map(|it| it.told().to_owned()).or_else(|| it.basis.clone())),
        ("notice", it.notice.clone()),
        ("they were told", it.notice_text.clone()),
        ("proof", it.proof.clone()),
        ("agreed on", it.given_at.as_deref().map(readable)),
        ("from network", it.given_ip.clone()),
        ("form", it.given_form.clone()),
        ("in campaign", it.campaign.clone()),
        ("entered by", it.by.clone()),
        ("mail", it.mails.as_ref().map(mails_told)),
    ];
    for (name, value) in known {
        let Some(value) = value else { continue };
        lines
            .push(format!("               {name}: {}", value.replace('\n', "\n                 ")));
    }
    lines
}

fn mails_told(it: &SheetMails) -> String {
    let SheetMails { count, first, last } = it;
    match count {
        1 => format!("1 mail, on {}", readable(first)),
        _ => format!("{count} mails, from {} to {}", readable(first), readable(last)),
    }
}
