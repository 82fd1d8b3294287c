//! A compiled announcement: fixed pieces with holes between them, filled per contact.
//!
//! Invariants: a message is complete or absent (the output is truncated again when a value is
//! missing); every value is escaped for its slot; a message has only CRLF line ends, no line that
//! begins with a dot, and none beyond 998 characters (76 in bodies).

use model::{CampaignId, ContactId, EmailAddress, LinkSlot, Timestamp};
use token::{Claims, Keyring, Purpose, Token, UnsubscribeClaims};

use crate::fill_step::FillStep;
use crate::filled::{Filled, MESSAGE_BYTES, resolved};
use crate::header::subject_field;
use crate::link_target::LinkTarget;
use crate::links::TrackedLink;
use crate::problem::RenderProblem;
use crate::qp::Encoder;
use crate::sender::Recipient;
use crate::tags::{MergeValue, Template, TemplatePart};

/// The longest subject with its values, in bytes.
pub const SUBJECT_BYTES: usize = 1_000;
/// An announcement, ready to be made into one message per contact.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub(crate) from: EmailAddress,
    pub(crate) links: Vec<TrackedLink>,
    /// Of the links that lead everyone elsewhere.
    pub(crate) targets: Vec<LinkTarget>,
    /// What is added to their addresses: names and values.
    pub(crate) link_parameters: Vec<(String, String)>,
    pub(crate) tags: Vec<String>,
    pub(crate) merge_tags: Vec<MergeTag>,
    pub(crate) values: Vec<Option<MergeValue>>,
    pub(crate) warnings: Vec<String>,
    pub(crate) subject: Subject,
    pub(crate) message: Vec<FillStep>,
    pub(crate) page: Vec<FillStep>,
    pub(crate) text: Vec<FillStep>,
}

/// A contact attribute that an announcement shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTag {
    pub name: String,
    /// The line of the announcement's file where it is needed first.
    pub line: usize,
    /// Whether there is a default wherever it is used, when a contact has no value.
    pub has_default: bool,
}

/// A link would lead elsewhere than when the campaign was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "its links would be numbered differently from when it was created: link {0} would lead elsewhere"
)]
pub struct LinksDiffer(pub u16);

/// The header field, or what it is made of.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Fixed(Box<str>),
    Template(Template),
}

impl Compiled {
    /// The tracked links, in reading order.
    #[must_use]
    pub fn links(&self) -> &[TrackedLink] {
        &self.links
    }

    /// The contact attributes that merge tags use, each once.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The contact attributes with their positions; none for a form that was read back.
    #[must_use]
    pub fn merge_tags(&self) -> &[MergeTag] {
        &self.merge_tags
    }

    /// Checks that the links are the campaign's own, with the same numbers. A token in a sent mail
    /// contains only the number.
    ///
    /// # Errors
    /// Names the first one that is not.
    pub fn check_links<'a>(
        &self,
        campaign: impl IntoIterator<Item = (LinkSlot, &'a str)>,
    ) -> Result<(), LinksDiffer> {
        let mut campaign = campaign.into_iter();
        for link in &self.links {
            if campaign.next() != Some((link.slot, link.url.as_str())) {
                return Err(LinksDiffer(link.slot.0));
            }
        }
        campaign.next().map_or(Ok(()), |(slot, _)| Err(LinksDiffer(slot.0)))
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let steps = [&self.message, &self.page, &self.text].into_iter().flatten();
        steps.map(|step| if let FillStep::Literal(text) = step { text.len() } else { 16 }).sum()
    }

    /// What a sender should know before sending; nothing here stops a campaign.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The address in `From`.
    #[must_use]
    pub fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// Appends one contact's whole message to `out`: CRLF only, no line begins with a dot. The
    /// same arguments always give the same bytes, so a repeated attempt sends the same message.
    ///
    /// # Errors
    /// When a value is missing or can't be used; `out` is then as it was.
    pub fn render(
        &self,
        campaign: CampaignId,
        recipient: &Recipient<'_>,
        keys: &Keyring,
        date: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let start = out.len();
        let written = self
            .filled(campaign, recipient, keys)
            .and_then(|filled| filled.told_apart(recipient, keys, date))
            .and_then(|filled| self.write_message(&filled, date, out));
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    /// One contact's HTML as a page for the browser, with the pixel and tracked links.
    pub fn page(
        &self,
        campaign: CampaignId,
        recipient: &Recipient<'_>,
        keys: &Keyring,
    ) -> Result<String, RenderProblem> {
        self.filled(campaign, recipient, keys)?.unencoded(&self.page)
    }

    /// One contact's plain-text part, for previews.
    pub fn text(
        &self,
        campaign: CampaignId,
        recipient: &Recipient<'_>,
        keys: &Keyring,
    ) -> Result<String, RenderProblem> {
        self.filled(campaign, recipient, keys)?.unencoded(&self.text)
    }

    fn filled<'a>(
        &'a self,
        campaign: CampaignId,
        recipient: &'a Recipient<'_>,
        keys: &Keyring,
    ) -> Result<Filled<'a>, RenderProblem> {
        let contact = recipient.contact;
        let seal = |purpose, slot| keys.seal(purpose, Claims { campaign, contact, slot });
        let none = LinkSlot(0);
        let values = self.resolved(recipient)?;
        let links: Vec<Token> = self
            .links
            .iter()
            .map(|link| seal(Purpose::Click, link.slot))
            .collect::<Result<_, _>>()?;
        Ok(Filled {
            campaign,
            email: recipient.email,
            targets: self
                .targets
                .iter()
                .map(|target| self.sealed_target(target, &values, &links, keys))
                .collect::<Result<_, _>>()?,
            values,
            links,
            view: seal(Purpose::View, none)?,
            unsubscribe: keys.seal_unsubscribe(UnsubscribeClaims {
                campaign,
                contact,
                address: Some(keys.address_code(&recipient.email.key())),
            })?,
            browse: seal(Purpose::Browse, none)?,
            message: seal(Purpose::Message, none)?,
        })
    }

    fn sealed_target(
        &self,
        target: &LinkTarget,
        values: &[&str],
        links: &[Token],
        keys: &Keyring,
    ) -> Result<String, RenderProblem> {
        let value = |number: usize| values.get(number).copied().unwrap_or_default();
        let name = |number: usize| {
            let known = self.values.get(number).and_then(Option::as_ref);
            known.map_or(String::new(), |value| value.name().to_owned())
        };
        let address = target.address(&self.link_parameters, value, name)?;
        let token = links.get(usize::from(target.link)).ok_or(RenderProblem::IdOutOfRange)?;
        keys.seal_target(token, &address).map_err(|_| RenderProblem::AddressTooLong)
    }

    fn resolved<'a>(&'a self, recipient: &'a Recipient<'_>) -> Result<Vec<&'a str>, RenderProblem> {
        let resolve = |value: &'a Option<MergeValue>| match value {
            None => Ok(""),
            Some(value) => resolved(value, recipient),
        };
        self.values.iter().map(resolve).collect()
    }

    fn write_message(
        &self,
        filled: &Filled<'_>,
        date: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let most = out.len().saturating_add(MESSAGE_BYTES);
        for step in &self.message {
            match step {
                FillStep::Literal(literal) => out.extend_from_slice(literal),
                FillStep::Token(slot) => out.extend_from_slice(filled.token(*slot).as_bytes()),
                FillStep::Value { value, slot } => {
                    Encoder::new(out).text(&slot.escaped(filled.value(*value)));
                    if out.len() > most {
                        return Err(RenderProblem::MessageTooLong);
                    }
                }
                FillStep::Target(number) => Encoder::new(out).text(filled.target(*number)),
                FillStep::To => out.extend_from_slice(filled.email.as_str().as_bytes()),
                FillStep::Date => out.extend_from_slice(date.rfc5322().as_bytes()),
                FillStep::Campaign => out.extend_from_slice(filled.campaign.to_string().as_bytes()),
                FillStep::Subject => match &self.subject {
                    Subject::Fixed(field) => out.extend_from_slice(field.as_bytes()),
                    Subject::Template(template) => {
                        out.extend_from_slice(self.subject_of(template, filled)?.as_bytes());
                    }
                },
            }
        }
        Ok(())
    }

    fn subject_of(
        &self,
        template: &Template,
        filled: &Filled<'_>,
    ) -> Result<String, RenderProblem> {
        let mut subject = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(text) => subject.push_str(text),
                TemplatePart::Value { number, .. } => {
                    let value = filled.value(*number);
                    if value.contains(|c: char| c.is_control() && c != '\t') {
                        let known = self.values.get(*number).and_then(Option::as_ref);
                        let tag = known.map_or("", MergeValue::name).to_owned();
                        return Err(RenderProblem::ControlInHeader { tag });
                    }
                    subject.push_str(value);
                }
                // The compiler refuses addresses in subjects.
                TemplatePart::UnsubscribeUrl | TemplatePart::BrowserUrl => {}
            }
            if subject.len() > SUBJECT_BYTES {
                return Err(RenderProblem::SubjectTooLong);
            }
        }
        Ok(subject_field(&subject))
    }
}

impl Recipient<'_> {
    /// The contact id of test messages: their tokens open, but nothing is recorded for them.
    pub const TEST: ContactId = ContactId(0);
}
