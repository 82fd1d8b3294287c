//! What messages tell of those of whom less may be recorded.

use model::{ContactId, LinkSlot, TrackingMode};
use token::{Addressee, Purpose};

use super::{CAMPAIGN, DATE, Reader, TOPIC, compiled, keys, markdown, sender};
use crate::{Announcement, Compiled, Recipient, compile_with_untracked};

const TEXT: &str = "Hi {{ name }}, [notes](https://nordlicht.example/n?a=1), \
    [yours](https://nordlicht.example/u?id={{ id }}), [choose]({{ tracking_url }}).";

fn for_sending(text: &str) -> Compiled {
    compile_with_untracked(&Announcement::parse(text).unwrap(), &sender(), &TOPIC).unwrap()
}

fn reader() -> Reader {
    Reader::new("ann@reader.example", &[("name", "Ann"), ("id", "7&8"), ("language", "de")])
}

/// The message on the wire, with its end, and its page.
fn made(compiled: &Compiled, recipient: &Recipient<'_>) -> (String, String) {
    let mut out = Vec::new();
    compiled.render(CAMPAIGN, recipient, &keys(), DATE, &mut out).unwrap();
    let endings = compiled.endings(&std::collections::BTreeMap::new()).unwrap();
    out.extend(&endings[compiled.ending_number(recipient)]);
    let page = compiled.page(CAMPAIGN, recipient, &keys()).unwrap();
    (String::from_utf8(out).unwrap(), page)
}

/// Whom the pixel and the first tracked link of a page name.
fn named(page: &str) -> [Option<Addressee>; 2] {
    [("/o/", Purpose::View), ("/c/", Purpose::Click)].map(|(path, purpose)| {
        let token = page.split(path).nth(1)?.get(..token::LEN)?;
        Some(keys().open(purpose, token).unwrap().addressee)
    })
}

#[test]
fn a_message_tells_as_much_as_may_be_recorded() {
    let compiled = for_sending(&markdown(TEXT));
    let kept = Compiled::from_json(&compiled.to_json().unwrap()).unwrap();
    let reader = reader();
    for (tracking, expected) in [
        (TrackingMode::Identified, Some(Addressee::Contact(super::CONTACT))),
        (TrackingMode::Anonymous, Some(Addressee::Anonymous)),
        (TrackingMode::Off, None),
    ] {
        let recipient = Recipient { tracking, ..reader.recipient() };
        let (wire, page) = made(&compiled, &recipient);
        assert_eq!(named(&page), [expected; 2], "{tracking:?}: {page}");
        assert_eq!(page.contains("Stop tracking me"), expected.is_some());
        let own = page.contains("href=\"https://nordlicht.example/u?id=7%268\"");
        assert_eq!(own, expected.is_none(), "{page}");
        assert!(page.contains("/t/") && page.contains("/u/"), "{page}");
        super::check_wire(&wire);
        assert_eq!(made(&kept, &recipient), (wire, page), "read back");
    }
}

#[test]
fn links_of_nobody_are_the_same_for_everybody() {
    let compiled = for_sending(&markdown("[notes](https://nordlicht.example/n)"));
    let reader = reader();
    let tokens = |contact: i64| {
        let contact = Some(ContactId(contact));
        let recipient =
            Recipient { contact, tracking: TrackingMode::Anonymous, ..reader.recipient() };
        let (_, page) = made(&compiled, &recipient);
        let after = |path: &str| page.split(path).nth(1).unwrap()[..token::LEN].to_owned();
        (after("/o/"), after("/c/"))
    };
    assert_eq!(tokens(1), tokens(2));
}

#[test]
fn who_is_not_tracked_reads_their_own_language() {
    let english = "---\nsubject: News\nfrom: Ann <ann@nordlicht.example>\nlang: en\n---\n";
    let text = format!(
        "{english}[x](https://a.example)\n\n=== lang: de ===\n\n---\nsubject: Neues\n---\n\
         [y](https://b.example)\n"
    );
    let compiled = for_sending(&text);
    let reader = reader();
    let recipient = Recipient { tracking: TrackingMode::Off, ..reader.recipient() };
    let (_, page) = made(&compiled, &recipient);
    assert!(page.contains("href=\"https://b.example\"") && !page.contains("/o/"), "{page}");
}

/// A campaign that an earlier release has started has no other edition: its links record nothing.
#[test]
fn without_an_edition_of_their_own_links_lead_on_and_name_nobody() {
    let compiled = compiled(&markdown("[notes](https://nordlicht.example/n)"));
    let reader = reader();
    let recipient = Recipient { tracking: TrackingMode::Off, ..reader.recipient() };
    assert_eq!(named(&made(&compiled, &recipient).1), [Some(Addressee::Test); 2]);
}

#[test]
fn a_link_that_nobody_sees_is_in_counted_messages_where_it_is_wanted() {
    let wanted = crate::Sender { honeypot_link: true, ..sender() };
    let announcement = Announcement::parse(&markdown(TEXT)).unwrap();
    let compiled = compile_with_untracked(&announcement, &wanted, &TOPIC).unwrap();
    let kept = Compiled::from_json(&compiled.to_json().unwrap()).unwrap();
    let (plain, reader) = (for_sending(&markdown(TEXT)), reader());
    for (tracking, expected) in [
        (TrackingMode::Identified, Some(Addressee::Contact(super::CONTACT))),
        (TrackingMode::Anonymous, Some(Addressee::Anonymous)),
        (TrackingMode::Off, None),
    ] {
        let recipient = Recipient { tracking, ..reader.recipient() };
        let (wire, page) = made(&compiled, &recipient);
        super::check_wire(&wire);
        assert_eq!(made(&kept, &recipient), (wire, page.clone()), "read back");
        let hidden =
            page.split("<a ").find(|it| it.contains("tabindex=\"-1\" aria-hidden=\"true\""));
        let named = hidden.map(|link| {
            assert!(link.contains("display:none!important") && link.contains("></a>"), "{link}");
            let token = link.split("/c/").nth(1).and_then(|it| it.get(..token::LEN)).unwrap();
            let claims = keys().open(Purpose::Click, token).unwrap();
            assert_eq!(claims.slot, LinkSlot::HONEYPOT);
            claims.addressee
        });
        assert_eq!(named, expected, "{tracking:?}: {page}");
        let text = compiled.text(CAMPAIGN, &recipient, &keys()).unwrap();
        assert_eq!(text, plain.text(CAMPAIGN, &recipient, &keys()).unwrap(), "HTML alone has it");
    }
    // It is none of the text's links, so it may come and go.
    assert_eq!(compiled.links(), plain.links());
    let links: Vec<_> = plain.links().iter().map(|it| (it.slot, it.url.clone())).collect();
    let honeypot = (LinkSlot::HONEYPOT, String::new());
    let stored = links.iter().chain([&honeypot]).map(|(slot, url)| (*slot, url.as_str()));
    assert!(compiled.check_links(stored).is_ok());
}
