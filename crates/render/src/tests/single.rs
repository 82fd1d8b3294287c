//! Messages that somebody has asked for: nothing in them is counted, and there is nothing to leave.

use model::CampaignId;

use super::{CONTACT, DATE, Reader, html, keys, markdown, sender};
use crate::{Announcement, Compiled, Problems, compile_single};

fn single(text: &str) -> Result<Compiled, Problems> {
    compile_single(&Announcement::parse(text)?, &sender())
}

/// The message with the number [`CONTACT`], and both of its texts, decoded.
fn message(compiled: &Compiled, reader: &Reader) -> (String, String, String) {
    let (campaign, keys) = (CampaignId(0), keys());
    let mut out = Vec::new();
    compiled.render(campaign, &reader.recipient(), &keys, DATE, &mut out).unwrap();
    let page = compiled.page(campaign, &reader.recipient(), &keys).unwrap();
    let text = compiled.text(campaign, &reader.recipient(), &keys).unwrap();
    (String::from_utf8(out).unwrap(), page, text)
}

const BODY: &str = "Hi {{ first_name }}, [reset it](https://nordlicht.example/r?user={{ id }}&t=1),\n\
    [plain](https://nordlicht.example/help?a=1&b=2), [go]({{ go_url }}).\n";

fn reader() -> Reader {
    let values = [("first_name", "Ann"), ("id", "7&8"), ("go_url", "https://x.example/?q=1&r=2")];
    Reader::new("ann@reader.example", &values)
}

#[test]
fn links_stay_as_written_and_nobody_is_counted() {
    let compiled = single(&markdown(BODY)).unwrap();
    let (wire, page, text) = message(&compiled, &reader());
    for link in [
        "href=\"https://nordlicht.example/r?user=7%268&amp;t=1\"",
        "href=\"https://nordlicht.example/help?a=1&amp;b=2\"",
        "href=\"https://x.example/?q=1&amp;r=2\"",
    ] {
        assert!(page.contains(link), "{link} in {page}");
    }
    for link in [
        "https://nordlicht.example/r?user=7%268&t=1",
        "https://nordlicht.example/help?a=1&b=2",
        "https://x.example/?q=1&r=2",
    ] {
        assert!(text.contains(link), "{link} in {text}");
    }
    for said in [&page, &text] {
        assert!(said.contains("Hafenstraße 1") && said.contains("Nordlicht"), "{said}");
        for own in ["t.nordlicht.example", "mail.nordlicht.example", ".gif", "nsubscribe"] {
            assert!(!said.contains(own), "{own} in {said}");
        }
    }
    for field in ["List-", "Precedence", "Feedback-ID"] {
        assert!(!wire.contains(field), "{field} in {wire}");
    }
    assert!(wire.contains("Auto-Submitted: auto-generated\r\n"), "{wire}");
    assert!(compiled.links().is_empty());
}

#[test]
fn a_message_read_back_is_the_same_and_each_has_its_own_id() {
    let compiled = single(&markdown(BODY)).unwrap();
    let again = Compiled::from_json(&compiled.to_json().unwrap()).unwrap();
    let (wire, page, text) = message(&compiled, &reader());
    assert_eq!(message(&again, &reader()), (wire.clone(), page, text));
    let id = |wire: &str| wire.split("Message-ID: ").nth(1).unwrap()[..40].to_owned();
    let reader = reader();
    let other =
        crate::Recipient { contact: Some(model::ContactId(CONTACT.0 + 1)), ..reader.recipient() };
    let mut out = Vec::new();
    compiled.render(CampaignId(0), &other, &keys(), DATE, &mut out).unwrap();
    assert_ne!(id(&String::from_utf8(out).unwrap()), id(&wire));
}

#[test]
fn what_only_a_topics_reader_has_is_refused_with_its_place() {
    for tag in ["unsubscribe_url", "browser_url", "forward_url"] {
        for text in [
            markdown(&format!("Text\n\n[x]({{{{ {tag} }}}})\n")),
            html(&format!("<p>Text</p>\n<p>{{{{ {tag} }}}}</p>")),
        ] {
            let problems = single(&text).unwrap_err().to_string();
            assert!(problems.contains(tag) && problems.contains("no topic"), "{problems}");
        }
    }
}

#[test]
fn nothing_hides_who_has_sent_it() {
    let body = |text: &str| html(&format!("<!doctype html><html><body>{text}</body></html>"));
    let wrong = |text: &str| single(&body(text)).err().map(|it| it.to_string());
    let hidden = wrong("<div style=\"display:none\"><p>Text</p>").unwrap();
    assert!(hidden.contains("hides the postal address"), "{hidden}");
    assert!(wrong("<p>Text</p><textarea>").is_some(), "the footer is taken in");
    let document =
        "<!doctype html><html><head><title>x</title></head><body><p>Hi</p></body></html>";
    let (_, page, _) = message(&single(&html(document)).unwrap(), &reader());
    assert!(page.contains("Hafenstraße 1") && !page.contains("nsubscribe"), "{page}");
}
