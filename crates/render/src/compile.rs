//! Compilation: everything about a message that is the same for all contacts is done here, once.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::announcement::Announcement;
use crate::compiled::{Compiled, FillStep, MergeTag, Slot, Subject, TokenSlot};
use crate::header::{phrase_field, single_spaced, subject_field};
use crate::layout::{self, Frame};
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::{Problem, Problems, SourcePosition};
use crate::qp::Encoder;
use crate::rewrite::{Pass, Rewritten};
use crate::sender::{Sender, TopicName};
use crate::tags::{MergeValue, Template, TemplatePart, ValueSource};
use crate::{html, text};

/// Gmail shows the first 102 kB or so of a message's HTML and hides the rest, footer included.
const CLIPPED_BYTES: usize = 100_000;

/// Compiles an announcement for a sender and a topic.
///
/// # Errors
/// What in the announcement, or in the sender's settings, would make a bad message.
pub fn compile(
    announcement: &Announcement,
    sender: &Sender,
    topic: &TopicName<'_>,
) -> Result<Compiled, Problems> {
    sender.check()?;
    topic.check()?;
    let source = Compilation::new(announcement, sender, topic);
    let rewritten = source.html_part()?;
    let text_part = source.text_part(&rewritten.content)?;
    let html_pieces = source.placeholders.split(&rewritten.document)?;
    let text_pieces: Vec<Piece<'_>> =
        source.placeholders.split(&text_part)?.into_iter().map(for_text).collect();

    let mut message = Program::default();
    source.headers(&mut message, &rewritten.document)?;
    source.bodies(&mut message, &text_pieces, &html_pieces, &rewritten.document);
    let message = message.finish();
    let subject = Subject::new(&announcement.subject);
    let values = used_values(&announcement.values.0, &message, &subject);
    let mut warnings = rewritten.warnings;
    warnings.extend(clipping(&html_pieces));
    Ok(Compiled {
        from: announcement.from.address.clone(),
        links: rewritten.links,
        tags: tags(&values),
        merge_tags: merge_tags(announcement, &values),
        values,
        warnings,
        subject,
        message,
        page: plain_program(&html_pieces),
        text: plain_program(&text_pieces),
    })
}

struct Compilation<'a> {
    announcement: &'a Announcement,
    sender: &'a Sender,
    topic: &'a TopicName<'a>,
    placeholders: Placeholders,
}

impl<'a> Compilation<'a> {
    fn new(announcement: &'a Announcement, sender: &'a Sender, topic: &'a TopicName<'a>) -> Self {
        let placeholders = Placeholders::absent_from(&[
            &announcement.source,
            &sender.organisation,
            &sender.postal_address,
            &sender.beacon_url,
            &sender.web_url,
            topic.name,
        ]);
        Self { announcement, sender, topic, placeholders }
    }

    fn url(&self, base: &str, kind: char, hole: Hole) -> String {
        format!("{base}/{kind}/{}", self.placeholders.mark(hole))
    }

    fn marked(&self, template: &Template) -> String {
        template.to_text(|part, text| match part {
            TemplatePart::Text(plain) => text.push_str(plain),
            TemplatePart::Value { number, .. } => {
                text.push_str(&self.placeholders.mark(Hole::Html(*number)));
            }
            TemplatePart::UnsubscribeUrl => {
                text.push_str(&self.url(&self.sender.web_url, 'u', Hole::Unsubscribe));
            }
            TemplatePart::BrowserUrl => {
                text.push_str(&self.url(&self.sender.web_url, 'v', Hole::Browse));
            }
        })
    }

    fn html_part(&self) -> Result<Rewritten, Problems> {
        let content = html::content(self.announcement, &self.marked(&self.announcement.body))?;
        let [begin, end] = self.placeholders.content_comments();
        let body = format!("<!--{begin}-->{content}<!--{end}-->");
        let document =
            self.framed(&body, |frame| layout::document(self.announcement.layout, frame))?;
        let document = html::inlined(&document)?;
        let pass = Pass {
            announcement: self.announcement,
            sender: self.sender,
            placeholders: &self.placeholders,
            values: &self.announcement.values.0,
        };
        pass.rewrite(&document)
    }

    fn text_part(&self, content: &str) -> Result<String, Problem> {
        self.framed(&text::from_html(content)?, layout::text_part)
    }

    fn framed(
        &self,
        body: &str,
        layout: impl Fn(&Frame<'_>) -> Result<String, askama::Error>,
    ) -> Result<String, Problem> {
        let email = MergeValue { source: ValueSource::Email, default: None };
        let number = self.announcement.values.0.iter().position(|value| *value == email);
        let frame = Frame {
            subject: &self.marked(&self.announcement.subject),
            preheader: &self.marked(&self.announcement.preheader),
            organisation: &self.sender.organisation,
            postal_address: self.sender.postal_address.trim(),
            topic: self.topic.name,
            email: &number
                .map_or(String::new(), |number| self.placeholders.mark(Hole::Html(number))),
            pixel_url: &format!("{}.gif", self.url(&self.sender.beacon_url, 'o', Hole::View)),
            unsubscribe_url: &self.url(&self.sender.web_url, 'u', Hole::Unsubscribe),
            browser_url: &self.url(&self.sender.web_url, 'v', Hole::Browse),
            body,
        };
        layout(&frame).map_err(|_| {
            SourcePosition::SETTINGS.problem("can't fill the layout", "please report this as a bug")
        })
    }

    fn headers(&self, message: &mut Program, document: &str) -> Result<(), Problem> {
        let announcement = self.announcement;
        message.push(&announcement.from.field("From"));
        message.push("To: ");
        message.step(FillStep::To);
        message.push("\r\n");
        if announcement
            .subject
            .0
            .iter()
            .any(|part| !matches!(part, TemplatePart::Text(_) | TemplatePart::Value { .. }))
        {
            return Err(announcement
                .place_of("subject")
                .problem("the subject contains an address", "use it in the text"));
        }
        message.step(FillStep::Subject);
        if let Some(reply_to) = &announcement.reply_to {
            message.push(&reply_to.field("Reply-To"));
        }
        message.push("Date: ");
        message.step(FillStep::Date);
        message.push("\r\nMessage-ID: <");
        message.step(FillStep::Token(TokenSlot::Message));
        message.push(&format!("@{}>\r\n", self.sender.domain));
        let list = format!("<{}.{}>", self.topic.slug, self.sender.domain);
        message.push(&phrase_field("List-Id", &single_spaced(self.topic.name), &list));
        message.push(&format!("List-Unsubscribe: <{}/u/", self.sender.web_url));
        message.step(FillStep::Token(TokenSlot::Unsubscribe));
        message.push(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: ");
        message.step(FillStep::Campaign);
        message.push(&format!(":{}:pharos:{}\r\n", self.topic.slug, self.sender.feedback_id()));
        message.push(
            "Auto-Submitted: auto-generated\r\n\
             Precedence: bulk\r\n\
             X-Auto-Response-Suppress: All\r\n\
             MIME-Version: 1.0\r\n",
        );
        let boundary = boundary(document);
        message.push(&format!(
            "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n"
        ));
        Ok(())
    }

    fn bodies(
        &self,
        message: &mut Program,
        text: &[Piece<'_>],
        html: &[Piece<'_>],
        document: &str,
    ) {
        let boundary = boundary(document);
        for (kind, pieces) in [("plain", text), ("html", html)] {
            message.push(&format!(
                "--{boundary}\r\n\
                 Content-Type: text/{kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            ));
            message.encoded(pieces);
            message.push("\r\n");
        }
        message.push(&format!("--{boundary}--\r\n"));
    }
}

/// `=_` occurs in no quoted-printable text (RFC 2045 section 6.7), so neither the announcement
/// nor a contact's value can ever look like this.
fn boundary(document: &str) -> String {
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    format!("=_pharos-{:016x}", hasher.finish())
}

fn for_text(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Hole(Hole::Html(number)) => Piece::Hole(Hole::Plain(number)),
        other => other,
    }
}

fn step(hole: Hole) -> FillStep {
    match hole {
        Hole::Html(value) => FillStep::Value { value, slot: Slot::Html },
        Hole::UrlComponent(value) => FillStep::Value { value, slot: Slot::UrlComponent },
        Hole::Plain(value) => FillStep::Value { value, slot: Slot::Plain },
        Hole::Link(link) => FillStep::Token(TokenSlot::Link(link)),
        Hole::View => FillStep::Token(TokenSlot::View),
        Hole::Unsubscribe => FillStep::Token(TokenSlot::Unsubscribe),
        Hole::Browse => FillStep::Token(TokenSlot::Browse),
    }
}

fn plain_program(pieces: &[Piece<'_>]) -> Vec<FillStep> {
    let mut program = Program::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => program.push(text),
            Piece::Hole(hole) => program.step(step(*hole)),
        }
    }
    program.finish()
}

/// The fill steps of one message, under construction.
#[derive(Default)]
struct Program {
    steps: Vec<FillStep>,
    literal: Vec<u8>,
}

impl Program {
    fn push(&mut self, text: &str) {
        self.literal.extend_from_slice(text.as_bytes());
    }

    fn step(&mut self, step: FillStep) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.steps.push(FillStep::Literal(literal.into_boxed_slice()));
        }
        self.steps.push(step);
    }

    /// A body in quoted-printable. Tokens have a fixed width and need no encoding, so they are laid
    /// out like text; a value gets its own lines between soft breaks.
    fn encoded(&mut self, pieces: &[Piece<'_>]) {
        let mut column = 0;
        for piece in pieces {
            let mut encoder = Encoder::at(&mut self.literal, column);
            let hole = match piece {
                Piece::Text(text) => {
                    encoder.text(text);
                    column = encoder.column();
                    continue;
                }
                Piece::Hole(hole) => step(*hole),
            };
            if let FillStep::Token(slot) = hole {
                encoder.room(letters(slot));
                column = encoder.column();
                self.step(hole);
            } else {
                encoder.soft_break();
                self.step(hole);
                self.push("=\r\n");
                column = 0;
            }
        }
    }

    fn finish(mut self) -> Vec<FillStep> {
        if !self.literal.is_empty() {
            self.steps.push(FillStep::Literal(self.literal.into_boxed_slice()));
        }
        self.steps
    }
}

impl Subject {
    fn new(template: &Template) -> Self {
        let is_fixed = template.0.iter().all(|part| matches!(part, TemplatePart::Text(_)));
        if is_fixed {
            Self::Fixed(subject_field(&template.to_text(|_, _| {})).into_boxed_str())
        } else {
            Self::Template(template.clone())
        }
    }
}

/// The values that a message actually uses; the others are not required.
fn used_values(
    values: &[MergeValue],
    message: &[FillStep],
    subject: &Subject,
) -> Vec<Option<MergeValue>> {
    let in_subject = |number: usize| match subject {
        Subject::Fixed(_) => false,
        Subject::Template(template) => template
            .0
            .iter()
            .any(|p| matches!(p, TemplatePart::Value { number: n, .. } if *n == number)),
    };
    let in_message = |number: usize| {
        message.iter().any(|s| matches!(s, FillStep::Value { value, .. } if *value == number))
    };
    let used = |number| in_subject(number) || in_message(number);
    values.iter().enumerate().map(|(number, v)| used(number).then(|| v.clone())).collect()
}

pub(crate) fn tags(values: &[Option<MergeValue>]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for value in values.iter().flatten() {
        if let ValueSource::Attribute(name) = &value.source
            && !tags.contains(name)
        {
            tags.push(name.clone());
        }
    }
    tags
}

fn merge_tags(announcement: &Announcement, values: &[Option<MergeValue>]) -> Vec<MergeTag> {
    let Announcement { subject, preheader, body, .. } = announcement;
    let mut tags: Vec<MergeTag> = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let Some(MergeValue { source: ValueSource::Attribute(name), default }) = value else {
            continue;
        };
        let place = [subject, preheader, body].into_iter().find_map(|it| it.place_of(number));
        let tag = MergeTag {
            name: name.clone(),
            line: place.map_or(0, |place| place.line),
            has_default: default.is_some(),
        };
        match tags.iter_mut().find(|known| known.name == *name) {
            None => tags.push(tag),
            Some(known) if known.has_default && !tag.has_default => *known = tag,
            Some(_) => {}
        }
    }
    tags
}

/// Characters that a token of this slot has.
const fn letters(slot: TokenSlot) -> usize {
    match slot {
        TokenSlot::Unsubscribe => token::UNSUBSCRIBE_LEN,
        _ => token::LEN,
    }
}

fn clipping(html: &[Piece<'_>]) -> Option<String> {
    let bytes: usize = html
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Hole(_) => token::LEN,
        })
        .sum();
    (bytes > CLIPPED_BYTES).then(|| {
        format!(
            "the HTML has {} kB; Gmail clips messages at 102 kB, hiding the unsubscribe link",
            bytes / 1000
        )
    })
}
