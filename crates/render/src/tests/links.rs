//! Links and images: which are tracked, where they lead, what they are called in reports.

use model::LinkSlot;
use token::{Claims, Purpose, UnsubscribeClaims};

use super::{CAMPAIGN, CONTACT, Reader, compiled, html, keys, markdown};

fn check(text: &str, expect: &[(&str, &str)]) {
    let compiled = compiled(text);
    let links: Vec<_> =
        compiled.links().iter().map(|link| (link.url.as_str(), link.label.as_str())).collect();
    assert_eq!(links, expect, "{text}");
}

#[test]
fn every_web_link_is_tracked_under_a_name_a_report_can_show() {
    let two = [("https://a.example/?x=1&y=2", "one"), ("HTTP://b.example", "two")];
    check(&markdown("[one](https://a.example/?x=1&y=2) [two](HTTP://b.example)"), &two);
    let image = [("https://a.example", "A ship")];
    check(&markdown("[![A ship](https://a.example/s.png)](https://a.example)"), &image);
    let tag = [("https://a.example", "for {{ name }} & co")];
    check(&markdown("[for **{{ name }}** &amp; co](https://a.example)"), &tag);
    let area = [("https://a.example/%C3%BC%20x", "")];
    check(&html("<map><area href=' https://a.example/ü x '></map><a>x</a>"), &area);
}

#[test]
fn an_address_is_read_as_browsers_read_it() {
    let idn = [("https://xn--bcher-kva.example/%C3%BC", "x")];
    check(&markdown("[x](https://Bücher.example/ü)"), &idn);
    let broken = [("https://a.example/page?b=1", "x")];
    check(&html("<a href=\"https://a.example/pa\n\tge?b=1\">x</a>"), &broken);
}

#[test]
fn addresses_as_shops_and_document_servers_make_them_stay_as_they_are() {
    let search = "https://a.example/search?q=campus&f[0]=themes:2&f[1]=themes:1706";
    let text = format!("see https://b.example <a href='{}'>x</a>", search.replace('&', "&amp;"));
    check(&html(&text), &[(search, "x")]);
    let encoded = "https://a.example/:w:/r/sites/x/_layouts/15/Doc.aspx?id=%7B1f-2%7D&n=a%20b%26c";
    check(
        &html(&format!("<a href=\"{}\">x</a>", encoded.replace('&', "&amp;"))),
        &[(encoded, "x")],
    );
    let emoji = [("https://a.example/%F0%9F%8E%89?x=%22y%22", "x")];
    check(&html("<a href='https://a.example/🎉?x=&quot;y&quot;'>x</a>"), &emoji);
}

#[test]
fn the_same_address_twice_makes_two_links() {
    let twice = [("https://a.example", "top (1 of 2)"), ("https://a.example", "top (2 of 2)")];
    check(&markdown("[top](https://a.example) [top](https://a.example)"), &twice);
}

#[test]
fn other_links_are_left_alone() {
    check(&markdown("[a](mailto:a@b.example) [b](tel:+49) [c](#top) <x@y.example>"), &[]);
    check(&markdown("[leave]({{ unsubscribe_url }}) [page]({{ browser_url }})"), &[]);
    check(&markdown("<!-- [if it](https://a.example) -->"), &[]);
}

#[test]
fn a_link_with_a_value_is_not_tracked_and_the_value_is_encoded() {
    let compiled = compiled(&markdown("[shop](https://a.example/?q={{ town }}&b=1)"));
    assert!(compiled.links().is_empty());
    assert_eq!(compiled.tags(), ["town"]);
    let reader = Reader::new("a@b.example", &[("town", "Köln & \"Bonn\"/x")]);
    let address = "https://a.example/?q=K%C3%B6ln%20%26%20%22Bonn%22%2Fx&";
    assert!(reader.page(&compiled).contains(&format!("href=\"{address}amp;b=1\"")));
    assert!(reader.text(&compiled).contains(&format!("shop <{address}b=1>")));
}

#[test]
fn images_of_this_installation_or_machine_may_lack_https() {
    let text = markdown("![x](http://www.aurora.example/static/ship.png)");
    let announcement = crate::Announcement::parse(&text).unwrap();
    let local =
        crate::Sender { web_url: "http://www.aurora.example".to_owned(), ..super::sender() };
    assert!(crate::compile(&announcement, &local, &super::TOPIC).is_ok());
    assert!(crate::compile(&announcement, &super::sender(), &super::TOPIC).is_err());
    compiled(&markdown("![x](http://127.0.0.1:8027/inbox/picture.png)"));
}

#[test]
fn every_token_says_what_it_is_for() {
    let compiled = compiled(&markdown("[one](https://a.example) [two](https://b.example)"));
    let reader = Reader::new("a@b.example", &[]);
    let claims = |slot| Claims { campaign: CAMPAIGN, contact: CONTACT, slot: LinkSlot(slot) };
    let tokens = |text: &str, before: &str| -> Vec<String> {
        let letter = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        text.split(before).skip(1).map(|rest| rest.chars().take_while(letter).collect()).collect()
    };
    let to_leave_by = UnsubscribeClaims {
        campaign: CAMPAIGN,
        contact: CONTACT,
        address: Some(keys().address_code("a@b.example")),
    };
    let open = |purpose, token: &String| keys().open(purpose, token).unwrap();
    for part in [reader.page(&compiled), reader.text(&compiled)] {
        let clicks = tokens(&part, "https://t.nordlicht.example/c/");
        let slots: Vec<Claims> = clicks.iter().map(|t| open(Purpose::Click, t)).collect();
        assert_eq!(slots, [claims(0), claims(1)]);
        let leave = tokens(&part, "https://mail.nordlicht.example/u/");
        assert_eq!(keys().open_unsubscribe(&leave[0]), Ok(to_leave_by));
        let browse = tokens(&part, "https://mail.nordlicht.example/v/");
        assert_eq!(open(Purpose::Browse, &browse[0]), claims(0));
    }
    let page = reader.page(&compiled);
    let views = tokens(&page, "src=\"https://t.nordlicht.example/o/");
    assert_eq!(views.len(), 1);
    assert_eq!(open(Purpose::View, &views[0]), claims(0));
    assert!(page.contains(&format!("{}.gif\" width=\"1\" height=\"1\" alt=\"\"", views[0])));
    let message = reader.message(&compiled).unwrap();
    let id = tokens(&message, "Message-ID: <");
    assert_eq!(open(Purpose::Message, &id[0]), claims(0));
    let leave = tokens(&message, "List-Unsubscribe: <https://mail.nordlicht.example/u/");
    assert_eq!(keys().open_unsubscribe(&leave[0]), Ok(to_leave_by));
}
