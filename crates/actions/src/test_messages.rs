//! A campaign's message to a few addresses, before anybody gets it.
//!
//! Invariants: what is sent is kept in the inbox before the relay gets it, in the transaction of its
//! entry in the log, so a request that comes twice sends once; what the relay refuses does not stay
//! there. The log says to how many, never to whom. What a test token sends never reaches a relay.

use std::time::Duration;

use access::{Actor, Object};
use campaign::{MessageSources, ShownValues};
use model::{CampaignId, CampaignNumber, EmailAddress, Right};
use serde_json::json;
use store::{AuditObject, Store};

use crate::{Call, Refusal, RefusalKind, RelayReply, Resources, SendFailure, reach};

/// Addresses of one test.
pub const TEST_ADDRESSES: usize = 10;
/// Tests that somebody may send within [`WITHIN`].
const MOST_TESTS: i64 = 10;
const WITHIN: Duration = Duration::from_secs(60);
const ACTION: &str = "campaign.test_send";

/// To whom a test goes, and with whose values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestWish {
    /// At most [`TEST_ADDRESSES`], which need not be contacts'.
    pub to: Vec<String>,
    pub shown: ShownValues,
}

/// What became of a test to one address; in the order of the addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSent {
    /// None: no relay was asked, because a test token has sent it.
    pub reply: Option<Result<RelayReply, SendFailure>>,
    /// Its number in the inbox, if it is there: not when it was refused, or is too large.
    pub inbox: Option<i64>,
}

impl TestSent {
    /// Why it was not sent, if it was not.
    #[must_use]
    pub fn failure(&self) -> Option<&SendFailure> {
        self.reply.as_ref().and_then(|reply| reply.as_ref().err())
    }

    /// The same in the words of the API: the state (`sent`, `refused`, `unreachable` or `in_doubt`), the
    /// relay that was asked, and what it said or what went wrong.
    #[must_use]
    pub fn told(&self) -> (&'static str, Option<&str>, Option<&str>) {
        let (state, relay, said) = match &self.reply {
            None => return ("sent", None, None),
            Some(Ok(RelayReply { relay, text })) => ("sent", relay, text),
            Some(Err(SendFailure::Refused { relay, reply })) => ("refused", relay, reply),
            Some(Err(SendFailure::Unreachable { relay, why })) => ("unreachable", relay, why),
            Some(Err(SendFailure::InDoubt { relay, why })) => ("in_doubt", relay, why),
        };
        (state, Some(relay), Some(said))
    }
}

/// Sends a campaign's message to a few addresses. Nothing of it is counted, and its links work.
///
/// # Errors
/// When an address can't be mailed, the message can't be made, or the relay accepts none.
pub async fn campaign_test_send(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    wish: &TestWish,
) -> Result<Vec<TestSent>, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    // Whoever writes what a campaign says has to see it arrive.
    let permit = call.permit(Right::AnnouncementsWrite, object)?;
    if let Some(contact) = &wish.shown.contact {
        call.permit(Right::ContactsRead, contact_object(store, &call.actor, contact).await?)?;
    }
    can_send(resources, call)?;
    let addresses = addresses(resources, &wish.to).await?;
    may_send_now(store, call).await?;
    let after = json!({ "addresses": addresses.len() });
    let named = AuditObject::new("campaign", campaign.id.0);
    let logged = call.acting(&permit, store, ACTION, named, Some(after));
    let mut sent = Vec::with_capacity(addresses.len());
    for to in &addresses {
        let one = send(resources, call, (campaign.id, to), &wish.shown, &logged).await?;
        let is_cut_off = matches!(one.failure(), Some(SendFailure::Unreachable { .. }));
        sent.push(one);
        if is_cut_off {
            // The others would wait as long for the same.
            break;
        }
    }
    if sent.iter().all(|it| it.failure().is_some())
        && let Some(failure) = sent.first().and_then(TestSent::failure)
    {
        return Err(failure.clone().into());
    }
    let missing = addresses.len() - sent.len();
    sent.extend(sent.last().cloned().into_iter().cycle().take(missing));
    Ok(sent)
}

/// Sends to one address. It is kept before that, in the store that logs it.
async fn send(
    resources: &Resources,
    call: &Call,
    (campaign, to): (CampaignId, &EmailAddress),
    shown: &ShownValues,
    logged: &Store,
) -> Result<TestSent, Refusal> {
    let Resources { store, keys, files, settings, .. } = resources;
    let in_use = settings.now();
    let sources = MessageSources { store, sender: &in_use.sender, keys, files };
    let test = campaign::test_message(&sources, campaign, to, shown, call.at).await?;
    let inbox = campaign::keep_test_message(logged, campaign, to, &test, call.at).await?;
    if matches!(&call.actor, Actor::Program(program) if !program.is_live()) {
        return Ok(TestSent { reply: None, inbox });
    }
    let reply = in_use.relay.send(&test.from, to, &test.message).await;
    if let (Some(id), Err(SendFailure::Refused { .. } | SendFailure::Unreachable { .. })) =
        (inbox, &reply)
    {
        campaign::drop_test_message(store, id).await?;
        return Ok(TestSent { reply: Some(reply), inbox: None });
    }
    Ok(TestSent { reply: Some(reply), inbox })
}

pub(crate) async fn contact_object(
    store: &Store,
    actor: &Actor,
    address: &EmailAddress,
) -> Result<Object, Refusal> {
    let unknown =
        || Refusal::of_field("/contact", "contact_not_found", "There is no such contact.");
    let found = store.contact_by_email(address.clone()).await?.ok_or_else(unknown)?;
    reach::contact(store, actor, found.id).await.map_err(|_| unknown())
}

async fn addresses(resources: &Resources, typed: &[String]) -> Result<Vec<EmailAddress>, Refusal> {
    if typed.is_empty() || typed.len() > TEST_ADDRESSES {
        let words = format!("A test goes to 1 to {TEST_ADDRESSES} addresses.");
        return Err(Refusal::of_field("/to", "addresses", words));
    }
    let mut addresses: Vec<EmailAddress> = Vec::with_capacity(typed.len());
    for (at, text) in typed.iter().enumerate() {
        let pointer = format!("/to/{at}");
        let address = EmailAddress::parse(text.trim());
        let address = address
            .map_err(|why| Refusal::of_field(&pointer, "address_syntax", why.to_string()))?;
        if addresses.iter().any(|other| other.key() == address.key()) {
            continue;
        }
        let (key, hash) = (address.key(), resources.keys.address_hash(&address.key()));
        if resources.store.suppression_find(key, hash).await?.is_some() {
            let words = "This address must not be mailed: it is suppressed.";
            return Err(Refusal::of_field(&pointer, "address_suppressed", words));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

/// What a test token sends reaches no relay.
fn can_send(resources: &Resources, call: &Call) -> Result<(), Refusal> {
    match &call.actor {
        Actor::Program(program) if !program.is_live() => resources.settings.now().sender_is_set(),
        _ => resources.can_send(),
    }
}

/// The command line of this machine is not counted: its tests end when its user ends them.
async fn may_send_now(store: &Store, call: &Call) -> Result<(), Refusal> {
    if matches!(call.actor, Actor::System(_)) {
        return Ok(());
    }
    let since = call.at.before(WITHIN);
    let count = store.audit_count(call.actor.record(), ACTION, since).await?;
    if count < MOST_TESTS {
        return Ok(());
    }
    let words = format!("At most {MOST_TESTS} tests a minute. Please wait a little.");
    Err(Refusal::new(RefusalKind::TooMany(WITHIN), "too_many_tests", words))
}

impl From<SendFailure> for Refusal {
    fn from(failure: SendFailure) -> Self {
        let words = failure.to_string();
        match failure {
            SendFailure::Refused { .. } => Self::new(RefusalKind::Conflict, "relay_refused", words),
            SendFailure::InDoubt { .. } => {
                Self::new(RefusalKind::Conflict, "relay_in_doubt", words)
            }
            SendFailure::Unreachable { .. } => {
                Self::new(RefusalKind::Busy, "relay_unreachable", words)
            }
        }
    }
}
