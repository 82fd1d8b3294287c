//! A campaign's message, for looking at it: before it is sent, or independently of that.

use std::collections::BTreeMap;

use media::FileStore;
use model::{CampaignId, ContactId, EmailAddress, Timestamp, TopicScope};
use render::{Compiled, Layout, Recipient, Sender};
use store::{FoundTestMessage, NewTestMessage, Store, TestMessageRow};
use token::Keyring;

use crate::CampaignError;
use crate::media_uses::carried;
use crate::message::{compile_in, compiled};
use crate::pause::find;

/// Whom a message with made-up values goes to.
pub(crate) const SAMPLE_ADDRESS: &str = "ann@example.com";

/// A message for somebody who need not be a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMessage {
    /// The announcement's From, for the envelope.
    pub from: EmailAddress,
    /// The finished message: CRLF lines, none beginning with a dot.
    pub message: Vec<u8>,
    /// Whose values it shows; nothing for made-up ones.
    pub contact: Option<ContactId>,
}

/// What a message that is looked at is made from.
#[derive(Debug, Clone, Copy)]
pub struct MessageSources<'a> {
    pub store: &'a Store,
    pub sender: &'a Sender,
    pub keys: &'a Keyring,
    /// Where the files are that messages carry.
    pub files: &'a FileStore,
}

/// Whose values a message is shown with, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownValues {
    /// Those of this contact; otherwise made-up ones.
    pub contact: Option<EmailAddress>,
    /// These attributes instead of the contact's or made-up ones.
    pub values: BTreeMap<String, String>,
    /// In this layout, as today's settings make it, whatever the announcement asks for and whatever was
    /// frozen.
    pub layout: Option<Layout>,
}

/// A campaign's message with one person's values, in the forms that it can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The whole message: CRLF lines, none beginning with a dot.
    pub message: Vec<u8>,
    /// The HTML part as a page. Its links and images count for nobody.
    pub html: String,
    /// The plain-text part, likewise.
    pub text: String,
}

/// The message as one contact gets it, or with made-up values.
///
/// # Errors
/// When the campaign or the contact is unknown, or a value is missing.
pub async fn preview(
    sources: &MessageSources<'_>,
    campaign: CampaignId,
    shown: &ShownValues,
    now: Timestamp,
) -> Result<Preview, CampaignError> {
    let compiled = compiled_as(sources.store, sources.sender, campaign, shown).await?;
    preview_of(sources, campaign, &compiled, shown, now).await
}

/// The same of a form that is at hand.
pub(crate) async fn preview_of(
    sources: &MessageSources<'_>,
    campaign: CampaignId,
    compiled: &Compiled,
    shown: &ShownValues,
    now: Timestamp,
) -> Result<Preview, CampaignError> {
    let MessageSources { store, keys, files, .. } = *sources;
    let (contact, email, attributes) = match &shown.contact {
        Some(address) => {
            let found = store.contact_by_email(address.clone()).await?;
            let found = found.ok_or_else(|| CampaignError::UnknownContact(address.to_string()))?;
            (Some(found.id), found.email, with(found.attributes, shown))
        }
        None => {
            let sample = EmailAddress::parse(SAMPLE_ADDRESS)
                .map_err(|_| CampaignError::UnknownContact(SAMPLE_ADDRESS.to_owned()))?;
            (None, sample, with(compiled.sample_values(), shown))
        }
    };
    let recipient = Recipient { contact, ..Recipient::test(&email, &attributes) };
    let mut message = Vec::new();
    compiled.render(campaign, &recipient, keys, now, &mut message)?;
    let endings = carried(files, compiled).await?;
    message.extend(endings.get(compiled.ending_number(&recipient)).into_iter().flatten());
    let recipient = Recipient { contact: None, ..recipient };
    let html = compiled.page(campaign, &recipient, keys)?;
    let text = compiled.text(campaign, &recipient, keys)?;
    Ok(Preview { message, html, text })
}

/// A message for any address, with a contact's values or made-up ones; its links work and are
/// recorded nowhere.
///
/// # Errors
/// When the campaign or the contact is unknown, or a value is missing.
pub async fn test_message(
    sources: &MessageSources<'_>,
    campaign: CampaignId,
    to: &EmailAddress,
    shown: &ShownValues,
    now: Timestamp,
) -> Result<TestMessage, CampaignError> {
    let MessageSources { store, sender, keys, files } = *sources;
    let compiled = compiled_as(store, sender, campaign, shown).await?;
    let (contact, known) = match &shown.contact {
        Some(address) => {
            let found = store.contact_by_email(address.clone()).await?;
            let found = found.ok_or_else(|| CampaignError::UnknownContact(address.to_string()))?;
            (Some(found.id), found.attributes)
        }
        None => (None, compiled.sample_values()),
    };
    let attributes = with(known, shown);
    let recipient = Recipient::test(to, &attributes);
    let mut message = Vec::new();
    compiled.render(campaign, &recipient, keys, now, &mut message)?;
    let endings = carried(files, &compiled).await?;
    message.extend(endings.get(compiled.ending_number(&recipient)).into_iter().flatten());
    Ok(TestMessage { from: compiled.from().clone(), message, contact })
}

/// Keeps a test message that is sent, for a look at it on the inbox page. Returns its number there;
/// nothing when it is too large to be kept.
///
/// # Errors
/// When the store fails.
pub async fn keep_test_message(
    store: &Store,
    campaign: CampaignId,
    to: &EmailAddress,
    test: &TestMessage,
    now: Timestamp,
) -> Result<Option<i64>, CampaignError> {
    let TestMessage { message, contact, .. } = test;
    let (contact, raw) = (*contact, message.clone());
    let kept = NewTestMessage { campaign, email_key: to.key(), contact, raw };
    Ok(store.test_message_keep(kept, now).await?)
}

/// Removes a test message that was kept and could not be sent.
///
/// # Errors
/// When the store fails.
pub async fn drop_test_message(store: &Store, number: i64) -> Result<(), CampaignError> {
    Ok(store.test_message_drop(number).await?)
}

/// The test messages of campaigns of these topics that are kept, the latest first, at most `limit` of
/// those before `before`.
///
/// # Errors
/// When the store fails.
pub async fn kept_test_messages(
    store: &Store,
    topics: TopicScope,
    before: Option<i64>,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<TestMessageRow>, CampaignError> {
    Ok(store.test_messages(topics, before, limit, now).await?)
}

/// One of the test messages that are kept, if its campaign is of these topics.
///
/// # Errors
/// When the store fails.
pub async fn kept_test_message(
    store: &Store,
    topics: TopicScope,
    number: i64,
    now: Timestamp,
) -> Result<Option<FoundTestMessage>, CampaignError> {
    Ok(store.test_message(number, topics, now).await?)
}

async fn compiled_as(
    store: &Store,
    sender: &Sender,
    campaign: CampaignId,
    shown: &ShownValues,
) -> Result<Compiled, CampaignError> {
    let campaign = find(store, campaign).await?;
    match shown.layout {
        Some(layout) => compile_in(store, sender, &campaign, Some(layout)).await,
        None => compiled(store, sender, &campaign).await,
    }
}

/// The attributes with those that were given. An empty one says that there is none.
fn with(mut attributes: BTreeMap<String, String>, shown: &ShownValues) -> BTreeMap<String, String> {
    attributes.extend(shown.values.clone());
    attributes
}
