//! Whole messages: golden files, read back by other programs' parsers, and hostile values.

mod announcements;
mod archive;
mod blocks;
mod conditions;
mod documents;
mod languages;
mod layouts;
mod links;
mod loops;
mod markup;
mod media;
mod messages;
mod mjml;
mod oracle;
mod single;
mod stored;
mod untracked;
mod values;

use std::collections::BTreeMap;

use model::{CampaignId, ContactId, EmailAddress, Timestamp};
use token::Keyring;

use crate::{
    Announcement, Compiled, Problems, Recipient, RenderProblem, Sender, TopicName, compile,
};

pub(crate) const CAMPAIGN: CampaignId = CampaignId(42);
pub(crate) const CONTACT: ContactId = ContactId(1_234_567);
pub(crate) const DATE: Timestamp = Timestamp(1_795_428_245_000_000);
pub(crate) const TOPIC: TopicName<'static> =
    TopicName { slug: "release-notices", name: "Release notices" };

pub(crate) fn keys() -> Keyring {
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Keyring::parse(&format!("token 1 {secret}\naddress {secret}\n")).unwrap()
}

pub(crate) fn sender() -> Sender {
    Sender {
        organisation: "Nordlicht & Söhne".to_owned(),
        postal_address: "Hafenstraße 1\n20457 Hamburg".to_owned(),
        domain: "news.nordlicht.example".to_owned(),
        beacon_url: "https://t.nordlicht.example".to_owned(),
        web_url: "https://mail.nordlicht.example".to_owned(),
        brand: crate::Brand::default(),
        attachments: crate::AttachmentLimits::default(),
        honeypot_link: false,
    }
}

pub(crate) fn compiled(text: &str) -> Compiled {
    try_compiled(text).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

pub(crate) fn try_compiled(text: &str) -> Result<Compiled, Problems> {
    compile(&Announcement::parse(text)?, &sender(), &TOPIC)
}

/// An announcement with the usual head and this body.
pub(crate) fn markdown(body: &str) -> String {
    format!("---\nsubject: News\nfrom: Ann <ann@nordlicht.example>\n---\n{body}")
}

/// The same in HTML.
pub(crate) fn html(body: &str) -> String {
    format!("---\nsubject: News\nfrom: Ann <ann@nordlicht.example>\nformat: html\n---\n{body}")
}

/// A contact with attributes, and what can be made for it.
pub(crate) struct Reader {
    email: EmailAddress,
    attributes: BTreeMap<String, String>,
}

impl Reader {
    pub(crate) fn new(email: &str, attributes: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            email: EmailAddress::parse(email).unwrap(),
            attributes: attributes.iter().map(own).collect(),
        }
    }

    pub(crate) fn recipient(&self) -> Recipient<'_> {
        Recipient { contact: Some(CONTACT), ..Recipient::test(&self.email, &self.attributes) }
    }

    pub(crate) fn message(&self, compiled: &Compiled) -> Result<String, RenderProblem> {
        let mut out = b"before".to_vec();
        let rendered = compiled.render(CAMPAIGN, &self.recipient(), &keys(), DATE, &mut out);
        let text = String::from_utf8(out).unwrap();
        let message = text.strip_prefix("before").unwrap();
        assert!(rendered.is_ok() || message.is_empty(), "nothing half-made stays behind");
        rendered.map(|()| message.to_owned())
    }

    pub(crate) fn page(&self, compiled: &Compiled) -> String {
        compiled.page(CAMPAIGN, &self.recipient(), &keys()).unwrap()
    }

    pub(crate) fn text(&self, compiled: &Compiled) -> String {
        compiled.text(CAMPAIGN, &self.recipient(), &keys()).unwrap()
    }
}

/// The rules every message on the wire keeps.
pub(crate) fn check_wire(message: &str) {
    assert!(message.is_ascii() && !message.contains('\0') && message.ends_with("\r\n"));
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    for line in message.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "bare CR or LF: {line:?}");
        assert!(!line.starts_with('.'), "a line begins with a dot: {line:?}");
        assert!(line.len() <= 998);
    }
    assert!(body.split("\r\n").all(|line| line.len() <= 76), "a body line beyond 76");
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    let expect = [
        "From",
        "To",
        "Subject",
        "Reply-To",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
        "Auto-Submitted",
        "Precedence",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    ];
    let expect: Vec<&str> =
        expect.into_iter().filter(|name| *name != "Reply-To" || names.contains(name)).collect();
    assert_eq!(names, expect, "exactly these header fields, each once");
    assert_eq!(body.matches("\r\n--=_pharos-").count() + 1, 3, "two parts, no more");
}
