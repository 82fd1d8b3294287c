//! No announcement crashes the compiler, and what compiles makes a message that keeps the rules
//! of the wire for a contact whose every value is hostile, or no message at all.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model::{CampaignId, ContactId, EmailAddress, Timestamp};
use render::{Announcement, Brand, Compiled, Recipient, Sender, TopicName, compile, parse_blocks, print_blocks};
use token::Keyring;

/// Keys that never change, so that a finding can be run again.
static RING: LazyLock<Keyring> = LazyLock::new(|| {
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Keyring::parse(&format!("token 1 {secret}\naddress {secret}\n"))
        .expect("the key file above is well formed")
});

static SENDER: LazyLock<Sender> = LazyLock::new(|| Sender {
    organisation: "Nordlicht & Söhne".to_owned(),
    postal_address: "Hafenstraße 1\n20457 Hamburg".to_owned(),
    domain: "news.nordlicht.example".to_owned(),
    beacon_url: "https://t.nordlicht.example".to_owned(),
    web_url: "https://mail.nordlicht.example".to_owned(),
    attachments: render::AttachmentLimits { one: 5 << 20, all: 7 << 20 },
    honeypot_link: false,
    brand: Brand::default(),
});

const HEADS: [&str; 6] = [
    "",
    "---\nsubject: x\nfrom: a@b.example\n---\n",
    "---\nsubject: x\nfrom: a@b.example\nformat: html\nlayout: plain\n---\n",
    "---\nsubject: x\nfrom: a@b.example\nutm_source: x\n---\n<!doctype html><html><body>",
    "---\nsubject: x\nfrom: a@b.example\n---\n<!doctype html><style>p{color:red}",
    "---\nsubject: x\nfrom: a@b.example\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>",
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(blocks) = parse_blocks(text) {
        assert_eq!(parse_blocks(&print_blocks(&blocks)), Ok(blocks), "it prints as it was read");
    }
    let topic = TopicName { slug: "news", name: "News" };
    for head in HEADS {
        if let Ok(announcement) = Announcement::parse(&format!("{head}{text}"))
            && let Ok(compiled) = compile(&announcement, &SENDER, &topic)
        {
            render(&compiled);
        }
    }
});

fn render(compiled: &Compiled) {
    let hostile = "\"><b>'\n.\r\n--=_pharos-0\r\nBcc: x@y.example\r\n\r\nFrom ü =";
    let attributes: BTreeMap<String, String> =
        compiled.tags().iter().map(|tag| (tag.clone(), hostile.to_owned())).collect();
    let email = EmailAddress::parse("ann@b.example").expect("an address");
    let recipient = Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &attributes) };
    let mut out = Vec::new();
    if compiled.render(CampaignId(1), &recipient, &RING, Timestamp(0), &mut out).is_err() {
        assert!(out.is_empty(), "something half-made stayed behind");
        return;
    }
    let message = String::from_utf8(out).expect("a message is ASCII");
    assert!(message.is_ascii());
    for line in message.split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']) && !line.starts_with('.') && line.len() <= 998);
    }
    assert_eq!(message.matches("\r\n--=_pharos-").count(), 3, "two parts, no more");
}
