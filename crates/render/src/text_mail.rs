//! A message of ours to one person, such as an invitation: no layout, no pixel, no tracked link.

use model::{EmailAddress, Timestamp};

use crate::header::{phrase_field, single_spaced, subject_field};
use crate::qp::Encoder;

/// A message of text, and perhaps the same as HTML.
#[derive(Debug, Clone)]
pub struct TextMail<'a> {
    /// How the sender is called, and their address.
    pub from: (&'a str, &'a EmailAddress),
    pub to: (&'a str, &'a EmailAddress),
    pub subject: &'a str,
    /// Lines end in a line feed.
    pub text: &'a str,
    /// The same for programs that show HTML.
    pub html: Option<&'a str>,
    pub at: Timestamp,
}

impl TextMail<'_> {
    /// The message as it is sent: CRLF lines, none beginning with a dot. `id` makes its Message-ID
    /// another one than those of all others.
    #[must_use]
    pub fn to_bytes(&self, id: &str) -> Vec<u8> {
        let mailbox = |field: &str, (name, address): (&str, &EmailAddress)| {
            phrase_field(field, &single_spaced(name), &format!("<{address}>"))
        };
        let domain = self.from.1.as_str().rsplit('@').next().unwrap_or_default();
        let head = [
            mailbox("From", self.from),
            mailbox("To", self.to),
            subject_field(self.subject),
            format!("Date: {}\r\n", self.at.rfc5322()),
            format!("Message-ID: <{id}@{domain}>\r\n"),
            "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n".to_owned(),
            "MIME-Version: 1.0\r\n".to_owned(),
        ];
        let mut message = head.concat().into_bytes();
        let Some(html) = self.html else {
            part(&mut message, "plain", self.text);
            return message;
        };
        let begin = format!("Content-Type: multipart/alternative; boundary=\"{BOUNDARY}\"\r\n");
        message.extend_from_slice(begin.as_bytes());
        for (kind, text) in [("plain", self.text), ("html", html)] {
            message.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
            part(&mut message, kind, text);
        }
        message.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        message
    }
}

/// Quoted-printable never has an equals sign before an underscore: this stands in no part.
const BOUNDARY: &str = "=_pharos";

fn part(message: &mut Vec<u8>, kind: &str, text: &str) {
    let head = format!("Content-Type: text/{kind}; charset=utf-8\r\n");
    message.extend_from_slice(head.as_bytes());
    message.extend_from_slice(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    Encoder::new(message).text(&text.replace('\r', ""));
    message.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_people_are_called_the_mail_has_its_headers_and_its_text(
            name in "\\PC{0,40}|[\r\n\t a-zB:]{0,30}",
            link in "[a-z/?=.]{0,200}",
        ) {
            let address = |text: &str| EmailAddress::parse(text).unwrap();
            let (from, to) = (address("postmaster@aurora.example"), address("ivy@team.example"));
            let text = format!("Hello {name},\n\n.{link}\n");
            let subject = format!("Your account at {name}");
            let mail = TextMail {
                from: (&name, &from),
                to: (&name, &to),
                subject: &subject,
                text: &text,
                html: None,
                at: Timestamp(1_795_428_245_000_000),
            };
            let bytes = mail.to_bytes("link.1");
            let lines = String::from_utf8(bytes.clone()).unwrap();
            prop_assert!(lines.is_ascii() && !lines.contains("\r\n."));
            prop_assert!(!lines.replace("\r\n", "").contains(['\r', '\n']));
            prop_assert!(lines.split("\r\n").all(|line| line.len() <= 998));
            let read = mail_parser::MessageParser::new().parse(&bytes).unwrap();
            prop_assert_eq!(read.headers().len(), 10);
            prop_assert_eq!(read.to().unwrap().first().unwrap().address(), Some("ivy@team.example"));
            let written = text.replace('\r', "");
            let body = read.body_text(0).unwrap().replace("\r\n", "\n");
            prop_assert_eq!(body.trim_end(), written.trim_end());
            let html = format!("<p>{}</p>\n.\n--=_pharos--", name.replace(['<', '&', '\r'], ""));
            let bytes = TextMail { html: Some(&html), ..mail }.to_bytes("link.1");
            let read = mail_parser::MessageParser::new().parse(&bytes).unwrap();
            prop_assert_eq!(read.parts.len(), 3);
            let body = read.body_html(0).unwrap().replace("\r\n", "\n");
            prop_assert_eq!(body.trim_end(), html.trim_end());
            let text = read.body_text(0).unwrap().replace("\r\n", "\n");
            prop_assert_eq!(text.trim_end(), written.trim_end());
        }
    }
}
