//! One contact's values and tokens, ready to be put into the holes of a message.
//!
//! A value, a condition or a target is made when it is first needed: what stands in a branch that is
//! not taken asks for nothing.

use std::borrow::Cow;
use std::cell::OnceCell;

use minijinja::value::Value;
use model::{CampaignId, ContactId, EmailAddress, LinkSlot, Timestamp};
use token::{Claims, Keyring, Purpose, Token, UnsubscribeClaims};

use crate::condition::Condition;
use crate::expression::{NoValue, context};
use crate::fill_step::{Arm, FillStep, TokenSlot};
use crate::link_target::LinkTarget;
use crate::links::TrackedLink;
use crate::problem::RenderProblem;
use crate::sender::Recipient;
use crate::tags::{MergeValue, ValueSource};

/// The longest value that is put into a message, in bytes.
pub const VALUE_BYTES: usize = 10_000;
/// The longest message with its values, in bytes.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// What the holes of an announcement stand for; steps name these by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes {
    /// Nothing where no message uses it.
    pub(crate) values: Vec<Option<MergeValue>>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) links: Vec<TrackedLink>,
    /// Of the links that lead everyone elsewhere.
    pub(crate) targets: Vec<LinkTarget>,
    /// What is added to their addresses: names and values.
    pub(crate) link_parameters: Vec<(String, String)>,
}

/// What the holes of one contact's message are filled with.
pub(crate) struct Filled<'a> {
    holes: &'a Holes,
    keys: &'a Keyring,
    recipient: &'a Recipient<'a>,
    values: Vec<OnceCell<Result<Cow<'a, str>, RenderProblem>>>,
    targets: Vec<OnceCell<Result<String, RenderProblem>>>,
    conditions: Vec<OnceCell<Result<bool, RenderProblem>>>,
    context: OnceCell<Value>,
    links: Vec<Token>,
    pub(crate) campaign: CampaignId,
    view: Token,
    unsubscribe: Token,
    browse: Token,
    message: Token,
}

impl<'a> Filled<'a> {
    pub(crate) fn new(
        holes: &'a Holes,
        campaign: CampaignId,
        recipient: &'a Recipient<'a>,
        keys: &'a Keyring,
    ) -> Result<Self, RenderProblem> {
        let contact = recipient.contact;
        let seal = |purpose, slot| keys.seal(purpose, Claims { campaign, contact, slot });
        let links = holes.links.iter().map(|link| seal(Purpose::Click, link.slot));
        let none = LinkSlot(0);
        Ok(Self {
            values: cells(holes.values.len()),
            targets: cells(holes.targets.len()),
            conditions: cells(holes.conditions.len()),
            context: OnceCell::new(),
            links: links.collect::<Result<_, _>>()?,
            view: seal(Purpose::View, none)?,
            unsubscribe: keys.seal_unsubscribe(UnsubscribeClaims {
                campaign,
                contact,
                address: Some(keys.address_code(&recipient.email.key())),
            })?,
            browse: seal(Purpose::Browse, none)?,
            message: seal(Purpose::Message, none)?,
            holes,
            keys,
            recipient,
            campaign,
        })
    }

    /// Gives every test message its own Message-ID: mailboxes that drop repeats would show only the
    /// first. Everybody else's stays the same whenever it is made.
    pub(crate) fn told_apart(mut self, date: Timestamp) -> Result<Self, RenderProblem> {
        if self.recipient.contact == Recipient::TEST {
            let [.., high, low] = (date.0 / 1_000).to_be_bytes();
            let slot = LinkSlot(u16::from_be_bytes([high, low]));
            let contact = self.recipient.contact;
            let claims = Claims { campaign: self.campaign, contact, slot };
            self.message = self.keys.seal(Purpose::Message, claims)?;
        }
        Ok(self)
    }

    pub(crate) fn email(&self) -> &EmailAddress {
        self.recipient.email
    }

    pub(crate) fn value(&self, number: usize) -> Result<&str, RenderProblem> {
        let Some(cell) = self.values.get(number) else { return Ok("") };
        let value = cell.get_or_init(|| match self.holes.values.get(number) {
            Some(Some(value)) => self.resolved(value),
            _ => Ok(Cow::Borrowed("")),
        });
        value.as_deref().map_err(Clone::clone)
    }

    /// What the tag of a value is called.
    pub(crate) fn name(&self, number: usize) -> String {
        let known = self.holes.values.get(number).and_then(Option::as_ref);
        known.map_or(String::new(), |value| value.name().to_owned())
    }

    fn resolved(&self, value: &'a MergeValue) -> Result<Cow<'a, str>, RenderProblem> {
        let tag = || value.name().to_owned();
        let found = match &value.source {
            ValueSource::Literal(text) => return Ok(Cow::Borrowed(text)),
            ValueSource::Email => Some(Cow::Borrowed(self.recipient.email.as_str())),
            ValueSource::Attribute(name) => self.attribute(name).map(Cow::Borrowed),
            ValueSource::Expression(expression) => {
                let text = expression.text(self.context());
                Some(Cow::Owned(text.map_err(|why| no_value(why, value.name()))?))
            }
        };
        let default = || value.default.as_deref().map(Cow::Borrowed);
        let text =
            found.or_else(default).ok_or_else(|| RenderProblem::MissingValue { tag: tag() })?;
        if text.len() > VALUE_BYTES {
            return Err(RenderProblem::ValueTooLong { tag: tag() });
        }
        Ok(text)
    }

    /// An attribute that says something.
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let value = self.recipient.attributes.get(name).map(String::as_str);
        value.filter(|text| !text.trim().is_empty())
    }

    fn context(&self) -> &Value {
        self.context.get_or_init(|| context(self.recipient))
    }

    /// The steps of the first arm whose condition holds.
    pub(crate) fn chosen<'s>(&self, arms: &'s [Arm]) -> Result<&'s [FillStep], RenderProblem> {
        for arm in arms {
            let holds = match arm.when {
                None => true,
                Some(number) => self.holds(number)?,
            };
            if holds {
                return Ok(&arm.steps);
            }
        }
        Ok(&[])
    }

    fn holds(&self, number: usize) -> Result<bool, RenderProblem> {
        let (Some(cell), Some(condition)) =
            (self.conditions.get(number), self.holes.conditions.get(number))
        else {
            return Ok(false);
        };
        let holds = cell.get_or_init(|| {
            let value = |name: &str| match name {
                "email" => Some(self.recipient.email.as_str()),
                name => self.attribute(name),
            };
            let holds = condition.holds(&value, &|| self.context().clone());
            holds.map_err(|why| no_value(why, &condition.names().join(", ")))
        });
        holds.clone()
    }

    pub(crate) fn target(&self, number: usize) -> Result<&str, RenderProblem> {
        let (Some(cell), Some(target)) = (self.targets.get(number), self.holes.targets.get(number))
        else {
            return Ok("");
        };
        let sealed = cell.get_or_init(|| {
            let address = target.address(
                &self.holes.link_parameters,
                |number| self.value(number),
                |number| self.name(number),
            )?;
            let link = self.links.get(usize::from(target.link));
            let token = link.ok_or(RenderProblem::IdOutOfRange)?;
            self.keys.seal_target(token, &address).map_err(|_| RenderProblem::AddressTooLong)
        });
        sealed.as_deref().map_err(Clone::clone)
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
        self.write_unencoded(steps, &mut text)?;
        Ok(text)
    }

    fn write_unencoded(&self, steps: &[FillStep], text: &mut String) -> Result<(), RenderProblem> {
        for step in steps {
            match step {
                FillStep::Literal(literal) => text.push_str(&String::from_utf8_lossy(literal)),
                FillStep::Token(slot) => text.push_str(self.token(*slot)),
                FillStep::Target(number) => text.push_str(self.target(*number)?),
                FillStep::Value { value, slot } => {
                    text.push_str(&slot.escaped(self.value(*value)?));
                }
                FillStep::Branch(arms) => self.write_unencoded(self.chosen(arms)?, text)?,
                FillStep::To | FillStep::Subject | FillStep::Date | FillStep::Campaign => {}
            }
            if text.len() > MESSAGE_BYTES {
                return Err(RenderProblem::MessageTooLong);
            }
        }
        Ok(())
    }
}

fn cells<T>(count: usize) -> Vec<OnceCell<T>> {
    std::iter::repeat_with(OnceCell::new).take(count).collect()
}

fn no_value(why: NoValue, tag: &str) -> RenderProblem {
    match why {
        NoValue::Missing(tag) => RenderProblem::MissingValue { tag },
        NoValue::Failed => RenderProblem::NotComputed { tag: tag.to_owned() },
    }
}

impl Recipient<'_> {
    /// The contact id of test messages: their tokens open, but nothing is recorded for them.
    pub const TEST: ContactId = ContactId(0);
}
