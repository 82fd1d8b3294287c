//! Links and images: which are tracked, where they lead, what they are called in reports.

use model::LinkSlot;
use token::{Addressee, Claims, Purpose, UnsubscribeClaims};

use super::{CAMPAIGN, CONTACT, Reader, compiled, html, keys, markdown, sender};
use crate::AddressUse;

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

/// Where the only link of a message leads, behind its token, and the token's slot.
fn target(text: &str, values: &[(&str, &str)]) -> Result<String, crate::RenderProblem> {
    let compiled = compiled(text);
    let reader = Reader::new("a@b.example", values);
    let message = reader.message(&compiled)?;
    super::check_wire(&message);
    let page = reader.page(&compiled);
    let (_, rest) = page.split_once("https://t.nordlicht.example/c/").expect("a tracked link");
    let segment = rest.split(['"', '\'']).next().unwrap();
    let shown = reader.text(&compiled);
    assert!(shown.contains(segment), "the text part has the same link: {shown} {segment}");
    assert_eq!(keys().open_segment(Purpose::Click, segment).unwrap().slot, LinkSlot(0));
    Ok(keys().open_target(segment).expect("a target"))
}

#[test]
fn a_link_with_a_value_leads_everyone_elsewhere_and_is_counted_under_one_name() {
    let text = markdown("[shop](https://a.example/?q={{ town }}&b=1)");
    check(&text, &[("https://a.example/?q={{ town }}&b=1", "shop")]);
    assert_eq!(compiled(&text).tags(), ["town"]);
    assert!(compiled(&text).warnings().is_empty());
    let address = "https://a.example/?q=K%C3%B6ln%20%26%20%22Bonn%22%2Fx&b=1";
    assert_eq!(target(&text, &[("town", "Köln & \"Bonn\"/x")]).as_deref(), Ok(address));
    let missing = crate::RenderProblem::MissingValue { tag: "town".to_owned() };
    assert_eq!(target(&text, &[]), Err(missing));
}

#[test]
fn a_value_may_be_a_whole_address_when_it_is_one() {
    let text = html("<a href=\"{{ action_url }}\">go</a>");
    check(&text, &[("{{ action_url }}", "go")]);
    for (value, expect) in [
        ("https://app.example/reset?t=a%20b&x=ü", "https://app.example/reset?t=a%20b&x=%C3%BC"),
        (" https://bücher.example\n/x", "https://xn--bcher-kva.example/x"),
    ] {
        assert_eq!(target(&text, &[("action_url", value)]).as_deref(), Ok(expect));
    }
    let none = crate::RenderProblem::NoAddress { tag: "action_url".to_owned() };
    for value in
        ["javascript:alert(1)", "/reset", "https:x", "www.app.example", "mailto:a@b.example"]
    {
        assert_eq!(target(&text, &[("action_url", value)]), Err(none.clone()), "{value}");
    }
    let long = format!("https://a.example/{}", "x".repeat(token::TARGET_BYTES));
    let too_long = Err(crate::RenderProblem::AddressTooLong);
    assert_eq!(target(&text, &[("action_url", &long)]), too_long);
    let path = html("<a href='{{ base }}/cart?id={{ id }}'>go</a>");
    let values = [("base", "https://shop.example"), ("id", "a/b")];
    assert_eq!(target(&path, &values).as_deref(), Ok("https://shop.example/cart?id=a%2Fb"));
}

#[test]
fn every_link_gets_the_parameters_of_the_campaign() {
    let with = |body: &str| {
        html(body).replace("format:", "utm_source: news & co\nutm_campaign: r4\nformat:")
    };
    let both = "utm_source=news%20%26%20co&utm_campaign=r4";
    check(
        &with(
            "<a href='https://a.example/x#y'>1</a><a href='https://a.example/?utm_campaign=own'>2</a>",
        ),
        &[
            (&*format!("https://a.example/x?{both}#y"), "1"),
            ("https://a.example/?utm_campaign=own&utm_source=news%20%26%20co", "2"),
        ],
    );
    let text = with("<a href='{{ url }}'>x</a>");
    let address = target(&text, &[("url", "https://a.example/?b=1")]);
    assert_eq!(address, Ok(format!("https://a.example/?b=1&{both}")));
}

#[test]
fn links_in_what_outlook_reads_are_tracked_like_others() {
    let button = "<!--[if mso]><v:roundrect href=\"https://a.example/x?a=1&amp;b=2\" \
        data-link=\"cta\"><center>Get it</center></v:roundrect><![endif]-->\
        <!--[if !mso]><!--><a href='https://a.example/x?a=1&amp;b=2' data-link='cta'>Get it</a>\
        <!--<![endif]-->";
    let whole = html(button);
    check(&whole, &[("https://a.example/x?a=1&b=2", "cta")]);
    let page = Reader::new("a@b.example", &[]).page(&compiled(&whole));
    assert_eq!(page.matches("https://t.nordlicht.example/c/").count(), 2);
    assert!(page.contains("<!--[if mso]><v:roundrect href=\"https://t."), "{page}");
    let hello = html("<!--[if mso]><p title='{{ name }}'>Dear {{ name }}</p><![endif]-->x");
    let page = Reader::new("a@b.example", &[("name", "--> <b>")]).page(&compiled(&hello));
    let safe = "--&gt; &lt;b&gt;";
    assert!(page.contains(&format!("<p title='{safe}'>Dear {safe}</p><![endif]-->")), "{page}");
    for (wrong, expect) in [
        ("<v:rect href='javascript:x()'/>", "has an address that does not work in mail"),
        ("<a href='/x'>x</a>", "has an address that does not work in mail"),
        ("<v:fill src='http://a.example/x.png'/>", "has no https address"),
        ("<script>x</script>", "<script> does not work in mail"),
    ] {
        let text = html(&format!("<p>x\n<!--[if mso]>{wrong}<![endif]-->"));
        let problem = super::try_compiled(&text).unwrap_err().to_string();
        assert!(problem.starts_with("line 7, column ") && problem.contains(expect), "{problem}");
    }
}

#[test]
fn images_of_this_installation_or_machine_may_lack_https() {
    let text = markdown("![x](http://www.aurora.example/static/ship.png)");
    let announcement = crate::Announcement::parse(&text).unwrap();
    let local =
        crate::Sender { web_url: "http://www.aurora.example".to_owned(), ..super::sender() };
    assert!(crate::compile(&announcement, &local, &super::TOPIC).is_ok());
    assert!(crate::compile(&announcement, &super::sender(), &super::TOPIC).is_err());
    let here = markdown("![x](http://127.0.0.1:8027/inbox/picture.png)");
    let here = crate::Announcement::parse(&here).unwrap();
    let demo = crate::Sender { beacon_url: "http://127.0.0.1:8025".to_owned(), ..super::sender() };
    assert!(crate::compile(&here, &demo, &super::TOPIC).is_ok());
    assert!(crate::compile(&here, &super::sender(), &super::TOPIC).is_err());
}

#[test]
fn every_token_says_what_it_is_for() {
    let compiled = compiled(&markdown("[one](https://a.example) [two](https://b.example)"));
    let reader = Reader::new("a@b.example", &[]);
    let claims = |slot| Claims {
        campaign: CAMPAIGN,
        addressee: Addressee::Contact(CONTACT),
        slot: LinkSlot(slot),
    };
    let tokens = |text: &str, before: &str| -> Vec<String> {
        let letter = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        text.split(before).skip(1).map(|rest| rest.chars().take_while(letter).collect()).collect()
    };
    let to_leave_by = UnsubscribeClaims {
        campaign: CAMPAIGN,
        addressee: Addressee::Contact(CONTACT),
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

/// What people have reported of Mautic: 643, 920, 1439, 1599, 6011, 16043.
#[test]
fn links_that_others_have_broken_lead_where_they_should() {
    let booking = html(
        "<a href=\"https://a.example/book?date={{ date }}&amp;time={{ time }}&amp;tz=Australia/Sydney\">x</a>",
    );
    let values = [("date", "Friday, May 20th"), ("time", "6:30pm")];
    let leads =
        "https://a.example/book?date=Friday%2C%20May%2020th&time=6%3A30pm&tz=Australia/Sydney";
    assert_eq!(target(&booking, &values).as_deref(), Ok(leads));
    let landing = html("<a href='https://a.example/page?email={{ email }}'>x</a>");
    let leads = "https://a.example/page?email=a%40b.example";
    assert_eq!(target(&landing, &[]).as_deref(), Ok(leads));
    let host = html("<a href='https://{{ shop }}.a.example/'>x</a>");
    assert_eq!(target(&host, &[("shop", "tern")]).as_deref(), Ok("https://tern.a.example/"));
    assert!(target(&host, &[("shop", "evil.example/")]).is_err());
    let mail = html("<a href='mailto:{{ owner }}?subject=Hi'>x</a>");
    check(&mail, &[]);
    let page = Reader::new("a@b.example", &[("owner", "o@c.example")]).page(&compiled(&mail));
    assert!(page.contains("href='mailto:o%40c.example?subject=Hi'"), "{page}");
    let bare = super::try_compiled(&html("<a href=\"google.com\">x</a>")).unwrap_err();
    assert!(bare.to_string().contains("begin it with https://"), "{bare}");
}

#[track_caller]
fn check_addresses(text: &str, expect: &[(&str, AddressUse, (usize, usize))]) {
    let compiled = compiled(text);
    let found = compiled.addresses().iter();
    let found: Vec<_> =
        found.map(|it| (it.url.as_str(), it.used_as, (it.line, it.column))).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn what_a_message_leads_to_and_loads_is_listed_with_its_place() {
    use AddressUse::{File, Image, Link};
    check_addresses(
        &markdown("[one](https://a.example/?x=1&y=2#part) and\n![s](https://b.example/s.png)"),
        &[
            ("https://a.example/?x=1&y=2#part", Link, (5, 7)),
            ("https://b.example/s.png", Image, (6, 6)),
        ],
    );
    check_addresses(
        &markdown("x\n[ü](https://bücher.example/ü)"),
        &[("https://xn--bcher-kva.example/%C3%BC", Link, (6, 5))],
    );
    let nothing = "[m](mailto:a@b.example) [t](tel:+353) [s](sms:+353) [f](#top) \
        [u]({{ unsubscribe_url }}) [b]({{ browser_url }})";
    check_addresses(&markdown(nothing), &[]);
    let own = format!("[x]({}/u/token) ![y]({}/o/x.gif)", sender().web_url, sender().beacon_url);
    check_addresses(&markdown(&own), &[]);
    let document = "<style>@font-face { src: url(https://f.example/f.woff2) }</style>\n\
        <table background=https://i.example/b.png><tr>\
        <td style=\"background: url('https://i.example/c.png')\">\n\
        <img alt='' src='https://i.example/1.png' width=\"300\" height=20px \
        srcset='https://i.example/2.png 2x, https://i.example/3.png 3x'></td></tr></table>\
        <!--[if mso]><v:fill src=\"https://i.example/m.png\"/><![endif]-->";
    let text = html(document);
    let found: Vec<_> =
        compiled(&text).addresses().iter().map(|it| (it.url.clone(), it.used_as)).collect();
    let image = |name: &str| (format!("https://i.example/{name}.png"), Image);
    let font = ("https://f.example/f.woff2".to_owned(), File);
    let images = ["b", "c", "1", "2", "3", "m"].map(image);
    assert_eq!(found, [vec![font], images.to_vec()].concat());
    let shown: Vec<_> = compiled(&text).addresses().iter().map(|it| it.shown).collect();
    assert_eq!(shown[3], (Some(300), Some(20)));
}

#[test]
fn an_address_with_a_value_is_listed_as_everybodys_own() {
    let text = markdown(
        "[a]({{ url }}) [b](https://a.example/{{ id }}) ![c](https://a.example/{{ id }}.png)",
    );
    let compiled = compiled(&text);
    assert_eq!(compiled.addresses().len(), 3);
    assert!(compiled.addresses().iter().all(|it| it.is_personal), "{:?}", compiled.addresses());
    assert_eq!(compiled.addresses()[1].url, "https://a.example/{{ id }}");
}
