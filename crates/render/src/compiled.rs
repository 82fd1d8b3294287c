//! A compiled announcement: fixed pieces with holes between them, filled per contact.
//!
//! Invariants: a message is complete or absent (the output is truncated again when a value is
//! missing); every value is escaped for its slot; a message has only CRLF line ends, no line that
//! begins with a dot, and none beyond 998 characters (76 in bodies).

use std::collections::BTreeMap;

use model::{CampaignId, EmailAddress, LinkSlot, Timestamp};
use token::Keyring;

use crate::file_parts::{FileParts, NoContent};
use crate::fill::contact_values::{ContactValues, Holes};
use crate::fill::filled::{Filled, MESSAGE_BYTES};
use crate::fill::step::FillStep;
use crate::header::subject_field;
use crate::links::{TrackedLink, WebAddress};
use crate::media::attach::AttachedFile;
use crate::problem::{Problem, RenderProblem};
use crate::qp::Encoder;
use crate::sender::Recipient;
use crate::template::Template;
use crate::template::TemplatePart;

/// The longest subject with its values, in bytes.
pub const SUBJECT_BYTES: usize = 1_000;
/// An announcement, ready to be made into one message per contact.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub(crate) from: EmailAddress,
    pub(crate) holes: Holes,
    pub(crate) tags: Vec<String>,
    pub(crate) merge_tags: Vec<MergeTag>,
    pub(crate) remarks: Remarks,
    pub(crate) subject: Subject,
    pub(crate) message: Vec<FillStep>,
    pub(crate) files: FileParts,
    pub(crate) page: Vec<FillStep>,
    pub(crate) text: Vec<FillStep>,
    /// The same in other languages, each without languages of its own.
    pub(crate) variants: Vec<Compiled>,
    /// For those of whom nothing may be recorded; nothing in a form of an earlier release, or in one
    /// that is not for sending.
    pub(crate) untracked: Option<Box<Compiled>>,
}

/// What its author should know of it; nothing in a form that was read back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    pub(crate) addresses: Vec<WebAddress>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) hints: Vec<Problem>,
}

/// A contact attribute that an announcement shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTag {
    pub name: String,
    /// The line of the announcement's file where it is needed first.
    pub line: usize,
    /// Whether there is a default wherever it is used, when a contact has no value, or a condition
    /// decides whether it is needed.
    pub has_default: bool,
    /// Whether a condition asks for it, or decides whether it is needed.
    pub is_conditional: bool,
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

impl Subject {
    pub(crate) fn new(template: &Template) -> Self {
        let is_fixed = template.parts.iter().all(|part| matches!(part, TemplatePart::Text(_)));
        if is_fixed {
            Self::Fixed(subject_field(&template.to_text(|_, _| {})).into_boxed_str())
        } else {
            Self::Template(template.clone())
        }
    }
}

/// Where a message goes to, and how long it may get.
struct Destination<'d, 'f> {
    filled: &'d Filled<'f>,
    date: Timestamp,
    /// The length of the output beyond which it is too long.
    most: usize,
}

impl Compiled {
    /// The tracked links of all languages, in reading order.
    #[must_use]
    pub fn links(&self) -> Vec<&TrackedLink> {
        self.languages().flat_map(|it| &it.holes.links).collect()
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
        let in_text = |link: &(LinkSlot, &str)| link.0 != LinkSlot::HONEYPOT;
        let mut campaign = campaign.into_iter().filter(in_text);
        for link in self.links() {
            if campaign.next() != Some((link.slot, link.url.as_str())) {
                return Err(LinksDiffer(link.slot.0));
            }
        }
        campaign.next().map_or(Ok(()), |(slot, _)| Err(LinksDiffer(slot.0)))
    }

    /// The files that messages carry, in all languages.
    #[must_use]
    pub fn files(&self) -> Vec<&AttachedFile> {
        self.languages().flat_map(|it| &it.files.files).collect()
    }

    /// The end of every message, for each language of each edition: the files it carries, encoded once. Empty without
    /// files. That of a recipient's language goes behind what [`Self::render`] writes ([`Self::ending_number`]).
    ///
    /// # Errors
    /// When `contents`, by the names of files, lacks one.
    pub fn endings(&self, contents: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Vec<u8>>, NoContent> {
        self.all_editions().map(|it| it.files.ending(contents)).collect()
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let mut bytes = 0;
        let all = self.all_editions().flat_map(|it| [&it.message, &it.page, &it.text]);
        for step in all.flatten() {
            step.visit(&mut |step| {
                bytes += if let FillStep::Literal(text) = step { text.len() } else { 16 };
            });
        }
        bytes
    }

    /// Every web address that it leads to or loads from, as often as it stands there; none for a
    /// form that was read back.
    #[must_use]
    pub fn addresses(&self) -> &[WebAddress] {
        &self.remarks.addresses
    }

    /// What would go wrong for readers, unless its sender knows better.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.remarks.warnings
    }

    /// What could be nicer.
    #[must_use]
    pub fn hints(&self) -> &[Problem] {
        &self.remarks.hints
    }

    /// The address in `From`.
    #[must_use]
    pub fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// Appends one contact's message to `out`, all of it but its ending: CRLF only, no line
    /// begins with a dot. The same arguments always give the same bytes, so a repeated attempt sends the same message.
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
        let own = self.in_language_of(recipient);
        let written = Filled::new(&own.holes, campaign, recipient, keys)
            .and_then(|filled| filled.told_apart(date))
            .and_then(|filled| {
                let most = start.saturating_add(MESSAGE_BYTES);
                own.write(&own.message, &Destination { filled: &filled, date, most }, out)
            });
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    /// Whether a message can be made for a contact: what [`Self::render`] would say, but for its length,
    /// in a fraction of the time.
    ///
    /// # Errors
    /// When a value is missing or can't be used.
    pub fn check(&self, recipient: &Recipient<'_>) -> Result<(), RenderProblem> {
        let own = self.in_language_of(recipient);
        let values = ContactValues::new(&own.holes, recipient);
        if let Subject::Template(template) = &own.subject {
            subject_of(template, &values)?;
        }
        values.check(&own.message)
    }

    /// One contact's HTML as a page for the browser, with the pixel and tracked links.
    pub fn page(
        &self,
        campaign: CampaignId,
        recipient: &Recipient<'_>,
        keys: &Keyring,
    ) -> Result<String, RenderProblem> {
        let own = self.in_language_of(recipient);
        Filled::new(&own.holes, campaign, recipient, keys)?.unencoded(&own.page)
    }

    /// One contact's plain-text part, for previews.
    pub fn text(
        &self,
        campaign: CampaignId,
        recipient: &Recipient<'_>,
        keys: &Keyring,
    ) -> Result<String, RenderProblem> {
        let own = self.in_language_of(recipient);
        Filled::new(&own.holes, campaign, recipient, keys)?.unencoded(&own.text)
    }

    fn write(
        &self,
        steps: &[FillStep],
        to: &Destination<'_, '_>,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let filled = to.filled;
        for step in steps {
            match step {
                FillStep::Literal(literal) => {
                    out.extend_from_slice(literal);
                    if out.len() > to.most {
                        return Err(RenderProblem::MessageTooLong);
                    }
                }
                FillStep::Token(slot) => out.extend_from_slice(filled.token(*slot).as_bytes()),
                FillStep::Value { value, slot } => {
                    Encoder::new(out).text(&slot.escaped(&filled.values.value(*value)?));
                    if out.len() > to.most {
                        return Err(RenderProblem::MessageTooLong);
                    }
                }
                FillStep::Target(number) => Encoder::new(out).text(&filled.target(*number)?),
                FillStep::PlainTarget(number) => {
                    Encoder::new(out).text(&filled.plain_target(*number)?);
                }
                FillStep::Branch(arms) => self.write(filled.values.chosen(arms)?, to, out)?,
                FillStep::Loop(steps) => {
                    let mut item = || self.write(&steps.item, to, out);
                    let instead = filled.values.run(steps, &mut item)?;
                    self.write(instead, to, out)?;
                }
                FillStep::To => out.extend_from_slice(filled.email().as_str().as_bytes()),
                FillStep::Date => out.extend_from_slice(to.date.rfc5322().as_bytes()),
                FillStep::Campaign => out.extend_from_slice(filled.campaign.to_string().as_bytes()),
                FillStep::Subject => match &self.subject {
                    Subject::Fixed(field) => out.extend_from_slice(field.as_bytes()),
                    Subject::Template(template) => {
                        out.extend_from_slice(subject_of(template, &filled.values)?.as_bytes());
                    }
                },
            }
        }
        Ok(())
    }
}

fn subject_of(template: &Template, values: &ContactValues<'_>) -> Result<String, RenderProblem> {
    Ok(subject_field(&subject_text(template, values)?))
}

pub(crate) fn subject_text(
    template: &Template,
    values: &ContactValues<'_>,
) -> Result<String, RenderProblem> {
    let mut subject = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Text(text) => subject.push_str(text),
            TemplatePart::Value { number, .. } => {
                let value = values.value(*number)?;
                if value.contains(|c: char| c.is_control() && c != '\t') {
                    return Err(RenderProblem::ControlInHeader { tag: values.name(*number) });
                }
                subject.push_str(&value);
            }
            // The compiler refuses addresses and conditions in subjects.
            TemplatePart::Address(_) | TemplatePart::Control(_) => {}
        }
        if subject.len() > SUBJECT_BYTES {
            return Err(RenderProblem::SubjectTooLong);
        }
    }
    Ok(subject)
}
