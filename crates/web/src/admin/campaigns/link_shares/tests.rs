use model::{CampaignId, ContactId, LinkSlot};
use proptest::prelude::*;
use token::{Addressee, Claims};

use super::*;

fn link(slot: u16, contacts: i64) -> LinkLine {
    let (url, label) = ("https://x.example/".to_owned(), "x".to_owned());
    LinkLine { slot, url, label, clicks: contacts, contacts }
}

fn address(keys: &Keyring, slot: u16) -> String {
    let claims = Claims {
        campaign: CampaignId(1),
        addressee: Addressee::Contact(ContactId(7)),
        slot: LinkSlot(slot),
    };
    let token = keys.seal(Purpose::Click, claims).unwrap();
    format!("https://t.example/c/{}", token.as_str())
}

#[test]
fn every_tracked_link_bears_its_number_and_share_and_nothing_else_changes() {
    let keys = Keyring::generate().unwrap();
    let (links, one, two) = ([link(0, 3), link(1, 1)], address(&keys, 0), address(&keys, 1));
    for (open, close) in [("\"", "\""), ("'", "'"), ("", "")] {
        let html = format!(
            "<p>/c/ text</p><a title=\"a>b\" href={open}{one}{close} data-x='<>\"'>First</a>\
             <a href={open}{two}/c2VhbGVk{close}>Second</a>\
             <a href=\"https://t.example/c/{}\">Forged</a>",
            "A".repeat(LEN)
        );
        let shown = marked(&html, &keys, &links, 4);
        let (first, second) = (mark(0, "75.0\u{a0}%"), mark(1, "25.0\u{a0}%"));
        assert!(shown.contains(&format!("data-x='<>\"'>{first}First</a>")), "{shown}");
        assert!(shown.contains(&format!(">{second}Second</a>")), "{shown}");
        assert_eq!(shown.replace(&first, "").replace(&second, ""), html);
        assert!(first.contains(">1 · 75.0"));
    }
}

proptest! {
    /// Whatever somebody hostile writes around a link, only our own marks come in.
    #[test]
    fn whatever_stands_around_a_link_only_marks_are_added(
        parts in prop::collection::vec("[<>\"'a-z =/\\\\é-]{0,12}", 1..8),
    ) {
        let keys = Keyring::generate().unwrap();
        let html = parts.join(&address(&keys, 0));
        let shown = marked(&html, &keys, &[link(0, 1)], 1);
        prop_assert_eq!(shown.replace(&mark(0, "100.0\u{a0}%"), ""), html);
    }
}

#[test]
fn the_pixel_asks_nobody_for_anything_and_what_looks_alike_stays() {
    let keys = Keyring::generate().unwrap();
    let claims = Claims { campaign: CampaignId(1), addressee: Addressee::Test, slot: LinkSlot(0) };
    let token = keys.seal(Purpose::View, claims).unwrap();
    let html = |address: &str| {
        format!("<img src=\"https://a.example/o/x.png\"><img src=\"{address}\" alt=\"\">")
    };
    let pixel = format!("https://t.example/o/{}.gif", token.as_str());
    assert_eq!(without_pixel(&html(&pixel), &keys), html(NO_PIXEL));
    let others = Keyring::generate().unwrap();
    assert_eq!(without_pixel(&html(&pixel), &others), html(&pixel));
}
