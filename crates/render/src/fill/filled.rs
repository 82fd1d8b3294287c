//! One contact's values and tokens, ready to be put into the holes of a message.

use std::borrow::Cow;
use std::cell::OnceCell;

use model::{CampaignId, EmailAddress, LinkSlot, Timestamp, TrackingMode};
use token::{Addressee, Claims, Keyring, Purpose, Token, UnsubscribeClaims};

use crate::escape;
use crate::fill::contact_values::{ContactValues, Holes, cells};
use crate::fill::step::{FillStep, TokenSlot};
use crate::problem::RenderProblem;
use crate::sender::Recipient;

/// The longest message with its values, in bytes.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// What the holes of one contact's message are filled with.
pub(crate) struct Filled<'a> {
    holes: &'a Holes,
    pub(crate) values: ContactValues<'a>,
    targets: Vec<OnceCell<Result<String, RenderProblem>>>,
    pub(crate) campaign: CampaignId,
    /// Nothing in what everybody may read.
    tokens: Option<Tokens<'a>>,
}

struct Tokens<'a> {
    keys: &'a Keyring,
    links: Vec<Token>,
    view: Token,
    /// Sealed when a message has such a link.
    honeypot: OnceCell<Option<Token>>,
    counted: Addressee,
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
        let (addressee, counted) = (recipient.addressee(), recipient.counted());
        let seal =
            |purpose, addressee, slot| keys.seal(purpose, Claims { campaign, addressee, slot });
        let links = holes.links.iter().map(|link| seal(Purpose::Click, counted, link.slot));
        let none = LinkSlot(0);
        let tokens = Tokens {
            keys,
            links: links.collect::<Result<_, _>>()?,
            view: seal(Purpose::View, counted, none)?,
            honeypot: OnceCell::new(),
            counted,
            unsubscribe: keys.seal_unsubscribe(UnsubscribeClaims {
                campaign,
                addressee,
                address: Some(keys.address_code(&recipient.email.key())),
            })?,
            browse: seal(Purpose::Browse, addressee, none)?,
            message: seal(Purpose::Message, addressee, none)?,
        };
        Ok(Self { tokens: Some(tokens), ..Self::without_tokens(holes, campaign, recipient) })
    }

    /// For what leads to nobody: links lead straight to their targets.
    pub(crate) fn without_tokens(
        holes: &'a Holes,
        campaign: CampaignId,
        recipient: &'a Recipient<'a>,
    ) -> Self {
        Self {
            values: ContactValues::new(holes, recipient),
            targets: cells(holes.targets.len()),
            holes,
            campaign,
            tokens: None,
        }
    }

    /// Gives every test message its own Message-ID: mailboxes that drop repeats would show only the
    /// first. Everybody else's stays the same whenever it is made.
    pub(crate) fn told_apart(mut self, date: Timestamp) -> Result<Self, RenderProblem> {
        if self.values.recipient.addressee() == Addressee::Test {
            let [.., high, low] = (date.0 / 1_000).to_be_bytes();
            let slot = LinkSlot(u16::from_be_bytes([high, low]));
            let claims = Claims { campaign: self.campaign, addressee: Addressee::Test, slot };
            if let Some(tokens) = &mut self.tokens {
                tokens.message = tokens.keys.seal(Purpose::Message, claims)?;
            }
        }
        Ok(self)
    }

    pub(crate) fn email(&self) -> &EmailAddress {
        self.values.recipient.email
    }

    pub(crate) fn target(&self, number: usize) -> Result<Cow<'_, str>, RenderProblem> {
        let (Some(cell), Some(target)) = (self.targets.get(number), self.holes.targets.get(number))
        else {
            return Ok(Cow::Borrowed(""));
        };
        let seal = || {
            let address = self.values.address(target)?;
            // Where no link is tracked, it is written as it is.
            let tracked = self.tokens.as_ref().filter(|tokens| !tokens.links.is_empty());
            let Some(tokens) = tracked else {
                return Ok(escape::html(&address).into_owned());
            };
            let link = tokens.links.get(usize::from(target.link));
            let token = link.ok_or(RenderProblem::IdOutOfRange)?;
            tokens.keys.seal_target(token, &address).map_err(|_| RenderProblem::AddressTooLong)
        };
        if self.values.is_local(target) {
            return seal().map(Cow::Owned);
        }
        cell.get_or_init(seal).as_deref().map(Cow::Borrowed).map_err(Clone::clone)
    }

    /// The target as it is read, where nothing is sealed.
    pub(crate) fn plain_target(&self, number: usize) -> Result<String, RenderProblem> {
        let target = self.holes.targets.get(number);
        target.map_or(Ok(String::new()), |target| self.values.address(target))
    }

    pub(crate) fn token(&self, slot: TokenSlot) -> &str {
        let Some(tokens) = &self.tokens else { return "" };
        match slot {
            TokenSlot::Link(link) => tokens.links.get(usize::from(link)).map_or("", Token::as_str),
            TokenSlot::View => tokens.view.as_str(),
            TokenSlot::Honeypot => {
                let slot = LinkSlot::HONEYPOT;
                let claims = Claims { campaign: self.campaign, addressee: tokens.counted, slot };
                let seal = || tokens.keys.seal(Purpose::Click, claims).ok();
                tokens.honeypot.get_or_init(seal).as_ref().map_or("", Token::as_str)
            }
            TokenSlot::Unsubscribe => tokens.unsubscribe.as_str(),
            TokenSlot::Browse => tokens.browse.as_str(),
            TokenSlot::Message => tokens.message.as_str(),
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
                FillStep::Target(number) => text.push_str(&self.target(*number)?),
                FillStep::PlainTarget(number) => text.push_str(&self.plain_target(*number)?),
                FillStep::Value { value, slot } => {
                    text.push_str(&slot.escaped(&self.values.value(*value)?));
                }
                FillStep::Branch(arms) => self.write_unencoded(self.values.chosen(arms)?, text)?,
                FillStep::Loop(steps) => {
                    let mut item = || self.write_unencoded(&steps.item, text);
                    let instead = self.values.run(steps, &mut item)?;
                    self.write_unencoded(instead, text)?;
                }
                FillStep::Campaign => text.push_str(&self.campaign.to_string()),
                FillStep::To | FillStep::Subject | FillStep::Date => {}
            }
            if text.len() > MESSAGE_BYTES {
                return Err(RenderProblem::MessageTooLong);
            }
        }
        Ok(())
    }
}

impl Recipient<'_> {
    /// Whom links to leave by and to read are about.
    fn addressee(&self) -> Addressee {
        self.contact.map_or(Addressee::Test, Addressee::Contact)
    }

    /// Whose the views and clicks are.
    fn counted(&self) -> Addressee {
        match self.tracking {
            TrackingMode::Identified => self.addressee(),
            TrackingMode::Anonymous if self.contact.is_some() => Addressee::Anonymous,
            // Nothing is recorded of those; forms of earlier releases have no untracked edition.
            TrackingMode::Anonymous | TrackingMode::Off => Addressee::Test,
        }
    }
}
