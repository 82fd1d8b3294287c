//! The set-up of a new installation: a test of the relay, a look at the sender's domain, and how far it
//! is.

use std::time::Duration;

use access::Object;
use campaign::DomainRecords;
use model::{EmailAddress, Right};
use serde_json::json;
use store::{Allowance, AuditObject, Store};

use crate::{Call, Refusal, RefusalKind, RelayReport, Resources};

/// Test messages at once, and how fast they come back: a form must not become a way to flood somebody.
const TESTS: (u32, Duration) = (10, Duration::from_secs(60));
/// Of the whole installation, on all nodes.
const TESTS_BUCKET: [u8; 32] = *b"relay tests of the installation.";
/// The longest name of a DKIM key below `_domainkey`.
const SELECTOR_CHARS: usize = 63;
const BEGINNING: &str = "set_up/";
const SENDER_DONE: &str = "set_up/sender";
const DOMAIN_DONE: &str = "set_up/domain";
const START_DONE: &str = "set_up/start";
const DISMISSED: &str = "set_up/dismissed";

/// How far the set-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetUpSteps {
    /// A relay has taken a test message.
    pub sender: bool,
    /// Somebody has said that the records are in place.
    pub domain: bool,
    /// There are contacts, or somebody wants to begin without.
    pub start: bool,
}

impl SetUpSteps {
    /// Of four: the owner is there, or nobody could ask.
    #[must_use]
    pub fn done(self) -> usize {
        1 + [self.sender, self.domain, self.start].into_iter().filter(|it| *it).count()
    }
}

/// A step that somebody declares done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpStep {
    Domain,
    Start,
    /// All of them: nobody is reminded any more.
    Dismissed,
}

impl SetUpStep {
    const fn key(self) -> &'static str {
        match self {
            Self::Domain => DOMAIN_DONE,
            Self::Start => START_DONE,
            Self::Dismissed => DISMISSED,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Start => "start",
            Self::Dismissed => "all",
        }
    }
}

/// Whom a test message is for, and from whom it comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RelayTestWish {
    pub to: String,
    /// Empty for [`crate::SetUp::from`].
    pub from: String,
}

/// How far the set-up is.
///
/// # Errors
/// When the store can't answer.
pub async fn set_up_steps(store: &Store) -> Result<SetUpSteps, Refusal> {
    let kept = store.settings_beginning(BEGINNING.to_owned()).await?;
    let has = |wanted: &str| kept.iter().any(|(key, _)| key == wanted);
    Ok(SetUpSteps {
        sender: has(SENDER_DONE),
        domain: has(DOMAIN_DONE),
        start: has(START_DONE) || store.contacts_exist().await?,
    })
}

/// The steps of which somebody should be reminded: None when all are done, somebody wants no reminder,
/// or a campaign was started, which shows that it works.
///
/// # Errors
/// When the store can't answer.
pub async fn set_up_open_steps(store: &Store) -> Result<Option<SetUpSteps>, Refusal> {
    if store.campaigns_started().await? || store.setting_find(DISMISSED).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(set_up_steps(store).await?).filter(|steps| steps.done() < 4))
}

/// Keeps that a step is done.
///
/// # Errors
/// When the actor may not change settings.
pub async fn set_up_done(
    resources: &Resources,
    call: &Call,
    step: SetUpStep,
) -> Result<(), Refusal> {
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let (object, after) = (AuditObject::of_kind("set-up"), json!({ "step": step.as_str() }));
    let named = call.acting(&permit, &resources.store, "set_up.done", object, Some(after));
    Ok(named.setting_put(step.key(), call.at.rfc3339()).await?)
}

/// Sends a test message over the relay. It is logged before it is sent, without the address.
///
/// # Errors
/// When an address is none, or there were too many. What the relay says is no error.
pub async fn relay_test(
    resources: &Resources,
    call: &Call,
    wish: RelayTestWish,
) -> Result<RelayReport, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let in_use = resources.settings.now();
    in_use.relay_is_set()?;
    let to = address("/to", &wish.to)?;
    let from = match (wish.from.trim(), &in_use.set_up.from) {
        ("", Some(from)) => from.clone(),
        ("", None) => {
            let words = "Type an address, or set the domain of who sends.";
            return Err(Refusal::of_field("/from", "address_missing", words));
        }
        (typed, _) => address("/from", typed)?,
    };
    let (attempts, interval) = TESTS;
    let allowance = Allowance { bucket: TESTS_BUCKET, attempts, interval };
    if let Err(wait) = store.sign_in_attempt(vec![allowance], call.at).await? {
        let words = format!(
            "There were many test messages in the last minutes. Try again in {} s.",
            wait.as_secs() + 1
        );
        return Err(Refusal::new(RefusalKind::TooMany(wait), "too_many_attempts", words));
    }
    let named = call.acting(&permit, store, "relay.test", AuditObject::of_kind("relay"), None);
    named.setting_put("relay_tested", call.at.rfc3339()).await?;
    let report = in_use.set_up.relay_probe.send(&from, &to, call.at).await;
    if report.is_accepted {
        // It was sent, whatever becomes of the note.
        let noted = store.setting_put(SENDER_DONE, call.at.rfc3339()).await;
        let _ = noted.inspect_err(|error| tracing::warn!(%error, "the set-up stays open"));
    }
    Ok(report)
}

/// What DNS should say about the sender's domain, and what it does say.
///
/// # Errors
/// When the selector can't be one.
pub async fn sender_domain(
    resources: &Resources,
    call: &Call,
    selector: &str,
) -> Result<DomainRecords, Refusal> {
    call.permit(Right::SettingsRead, Object::Installation)?;
    let selector = selector.trim();
    let fits = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
    };
    if !selector.is_empty() && (selector.len() > SELECTOR_CHARS || !selector.split('.').all(fits)) {
        let words =
            "A selector is a short name such as `s1` or `mail2026`: letters, digits, hyphens.";
        return Err(Refusal::of_field("/selector", "selector", words));
    }
    let in_use = resources.settings.now();
    in_use.domain_is_set()?;
    Ok(in_use.set_up.domain_probe.look(selector).await)
}

fn address(pointer: &str, text: &str) -> Result<EmailAddress, Refusal> {
    EmailAddress::parse(text.trim())
        .map_err(|problem| Refusal::of_field(pointer, "address_syntax", problem.to_string()))
}
