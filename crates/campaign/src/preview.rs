//! A campaign's message, for looking at it: before it is sent, or independently of that.

use std::collections::BTreeMap;

use model::{CampaignId, ContactId, EmailAddress, Timestamp};
use render::{Recipient, Sender};
use store::Store;
use token::Keyring;

use crate::CampaignError;
use crate::message::compiled;
use crate::pause::find;

/// Tokens for this contact open, but nothing is recorded for them.
const TEST_CONTACT: ContactId = ContactId(0);
const TEST_ADDRESS: &str = "ann@example.com";

/// A message for somebody who need not be a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMessage {
    /// The announcement's From, for the envelope.
    pub from: EmailAddress,
    /// The finished message: CRLF lines, none beginning with a dot.
    pub message: Vec<u8>,
}

/// The message as one contact gets it, or with sample values.
///
/// # Errors
/// When the campaign or the contact is unknown, or the contact lacks a value.
pub async fn preview(
    store: &Store,
    sender: &Sender,
    keys: &Keyring,
    campaign: CampaignId,
    contact: Option<&EmailAddress>,
    now: Timestamp,
) -> Result<Vec<u8>, CampaignError> {
    let Some(address) = contact else {
        let sample = EmailAddress::parse(TEST_ADDRESS)
            .map_err(|_| CampaignError::UnknownContact(TEST_ADDRESS.to_owned()))?;
        return Ok(test_message(store, sender, keys, campaign, &sample, now).await?.message);
    };
    let found = find(store, campaign).await?;
    let compiled = compiled(store, sender, &found).await?;
    let found = store.contact_by_email(address.clone()).await?;
    let contact = found.ok_or_else(|| CampaignError::UnknownContact(address.to_string()))?;
    let recipient =
        Recipient { contact: contact.id, email: &contact.email, attributes: &contact.attributes };
    let mut message = Vec::new();
    compiled.render(campaign, &recipient, keys, now, &mut message)?;
    Ok(message)
}

/// A message for any address, with sample values; its links work and are recorded nowhere.
pub async fn test_message(
    store: &Store,
    sender: &Sender,
    keys: &Keyring,
    campaign: CampaignId,
    to: &EmailAddress,
    now: Timestamp,
) -> Result<TestMessage, CampaignError> {
    let found = find(store, campaign).await?;
    let compiled = compiled(store, sender, &found).await?;
    let attributes: BTreeMap<String, String> =
        compiled.tags().iter().map(|tag| (tag.clone(), sample(tag))).collect();
    let recipient = Recipient { contact: TEST_CONTACT, email: to, attributes: &attributes };
    let mut message = Vec::new();
    compiled.render(campaign, &recipient, keys, now, &mut message)?;
    Ok(TestMessage { from: compiled.from().clone(), message })
}

fn sample(tag: &str) -> String {
    match tag {
        "first_name" | "name" => "Ann".to_owned(),
        "last_name" => "Example".to_owned(),
        other => format!("[{other}]"),
    }
}
