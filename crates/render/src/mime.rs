//! The header fields and the parts of a message (RFC 5322, 2045, 2369, 2919, 8058).

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::announcement::Announcement;
use crate::fill::program::Program;
use crate::fill::step::{FillStep, TokenSlot};
use crate::header::{phrase_field, single_spaced};
use crate::problem::Problem;
use crate::sender::{Sender, TopicName};
use crate::template::Template;
use crate::template::TemplatePart;

/// What the header is made from.
pub(crate) struct MessageHead<'a> {
    pub(crate) announcement: &'a Announcement,
    pub(crate) sender: &'a Sender,
    /// Whose readers get it; none for a message that somebody has asked for.
    pub(crate) topic: Option<&'a TopicName<'a>>,
}

impl MessageHead<'_> {
    /// Writes it; `document` is what the boundary of its two texts is made from, `opening` what parts
    /// these from the files that the message carries.
    pub(crate) fn write(
        &self,
        message: &mut Program,
        document: &str,
        opening: &str,
    ) -> Result<(), Problem> {
        let announcement = self.announcement;
        message.push(&announcement.from.field("From"));
        message.push("To: ");
        message.step(FillStep::To);
        message.push("\r\n");
        if let Some(problem) = condition_in_subject(announcement) {
            return Err(problem);
        }
        if announcement
            .subject
            .parts
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
        if let Some(topic) = self.topic {
            self.write_list(message, topic);
        }
        message.push("Auto-Submitted: auto-generated\r\n");
        if self.topic.is_some() {
            message.push("Precedence: bulk\r\n");
        }
        message.push("X-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n");
        message.push(opening);
        let boundary = boundary(document);
        message.push(&format!(
            "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n"
        ));
        Ok(())
    }

    /// What mailboxes know the topic by, and how to leave it.
    fn write_list(&self, message: &mut Program, topic: &TopicName<'_>) {
        let list = format!("<{}.{}>", topic.slug, self.sender.domain);
        message.push(&phrase_field("List-Id", &single_spaced(topic.name), &list));
        message.push(&format!("List-Unsubscribe: <{}/u/", self.sender.web_url));
        message.step(FillStep::Token(TokenSlot::Unsubscribe));
        message.push(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: ");
        message.step(FillStep::Campaign);
        message.push(&format!(":{}:pharos:{}\r\n", topic.slug, self.sender.feedback_id()));
    }
}

/// The two parts of a message: the same in text and in HTML.
pub(crate) fn write_bodies(
    message: &mut Program,
    text: Vec<FillStep>,
    html: Vec<FillStep>,
    document: &str,
) {
    let boundary = boundary(document);
    for (kind, steps) in [("plain", text), ("html", html)] {
        message.push(&format!(
            "--{boundary}\r\n\
             Content-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        ));
        message.extend(steps);
        message.push("\r\n");
    }
    message.push(&format!("--{boundary}--\r\n"));
}

/// What a message's boundaries are made from: the same document gives the same.
pub(crate) fn seed(document: &str) -> String {
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// `=_` occurs in no quoted-printable text (RFC 2045 section 6.7), so neither the announcement
/// nor a contact's value can ever look like this.
fn boundary(document: &str) -> String {
    format!("=_pharos-{}", seed(document))
}

fn condition_in_subject(announcement: &Announcement) -> Option<Problem> {
    let Template { parts, places } = &announcement.subject;
    let at = parts.iter().position(|part| matches!(part, TemplatePart::Control(_)))?;
    Some(places.get(at)?.problem(
        "a condition can't be in a subject",
        "write it as an expression: {{ \"this\" if name else \"that\" }}",
    ))
}
