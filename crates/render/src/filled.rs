//! One contact's values and tokens, ready to be put into the holes of a message.

use model::{CampaignId, EmailAddress, LinkSlot, Timestamp};
use token::{Claims, Keyring, Purpose, Token};

use crate::fill_step::{FillStep, TokenSlot};
use crate::problem::RenderProblem;
use crate::sender::Recipient;
use crate::tags::{MergeValue, ValueSource};

/// The longest value that is put into a message, in bytes.
pub const VALUE_BYTES: usize = 10_000;
/// The longest message with its values, in bytes.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

pub(crate) fn resolved<'a>(
    value: &'a MergeValue,
    recipient: &'a Recipient<'_>,
) -> Result<&'a str, RenderProblem> {
    let found = match &value.source {
        ValueSource::Literal(text) => return Ok(text),
        ValueSource::Email => Some(recipient.email.as_str()),
        ValueSource::Attribute(name) => recipient.attributes.get(name).map(String::as_str),
    };
    let tag = || value.name().to_owned();
    let found = found.filter(|text| !text.trim().is_empty()).or(value.default.as_deref());
    let text = found.ok_or_else(|| RenderProblem::MissingValue { tag: tag() })?;
    if text.len() > VALUE_BYTES {
        return Err(RenderProblem::ValueTooLong { tag: tag() });
    }
    Ok(text)
}

/// What the holes of one contact's message are filled with.
pub(crate) struct Filled<'a> {
    pub(crate) campaign: CampaignId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) values: Vec<&'a str>,
    pub(crate) links: Vec<Token>,
    pub(crate) targets: Vec<String>,
    pub(crate) view: Token,
    pub(crate) unsubscribe: Token,
    pub(crate) browse: Token,
    pub(crate) message: Token,
}

impl Filled<'_> {
    /// Gives every test message its own Message-ID: mailboxes that drop repeats would show only the
    /// first. Everybody else's stays the same whenever it is made.
    pub(crate) fn told_apart(
        mut self,
        recipient: &Recipient<'_>,
        keys: &Keyring,
        date: Timestamp,
    ) -> Result<Self, RenderProblem> {
        if recipient.contact == Recipient::TEST {
            let [.., high, low] = (date.0 / 1_000).to_be_bytes();
            let slot = LinkSlot(u16::from_be_bytes([high, low]));
            let claims = Claims { campaign: self.campaign, contact: recipient.contact, slot };
            self.message = keys.seal(Purpose::Message, claims)?;
        }
        Ok(self)
    }

    pub(crate) fn value(&self, number: usize) -> &str {
        self.values.get(number).copied().unwrap_or_default()
    }

    pub(crate) fn target(&self, number: usize) -> &str {
        self.targets.get(number).map_or("", String::as_str)
    }

    pub(crate) fn token(&self, slot: TokenSlot) -> &str {
        match slot {
            TokenSlot::Link(link) => self.links.get(usize::from(link)).map_or("", Token::as_str),
            TokenSlot::View => self.view.as_str(),
            TokenSlot::Unsubscribe => self.unsubscribe.as_str(),
            TokenSlot::Browse => self.browse.as_str(),
            TokenSlot::Message => self.message.as_str(),
        }
    }

    /// A part's text. Header steps occur in messages only.
    pub(crate) fn unencoded(&self, steps: &[FillStep]) -> Result<String, RenderProblem> {
        let mut text = String::new();
        for step in steps {
            match step {
                FillStep::Literal(literal) => text.push_str(&String::from_utf8_lossy(literal)),
                FillStep::Token(slot) => text.push_str(self.token(*slot)),
                FillStep::Target(number) => text.push_str(self.target(*number)),
                FillStep::Value { value, slot } => text.push_str(&slot.escaped(self.value(*value))),
                FillStep::To | FillStep::Subject | FillStep::Date | FillStep::Campaign => {}
            }
            if text.len() > MESSAGE_BYTES {
                return Err(RenderProblem::MessageTooLong);
            }
        }
        Ok(text)
    }
}
