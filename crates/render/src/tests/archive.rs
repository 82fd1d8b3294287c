//! What everybody may read of a campaign.

use std::collections::BTreeMap;

use super::{CAMPAIGN, TOPIC, compiled, keys, sender};
use crate::{Announcement, ArchiveAddresses, ArchivePage, Problems, Recipient, archive_pages};
use model::{ContactId, EmailAddress};

const EVERYTHING: &str = "---
subject: Hello {{ first_name | default(\"reader\") }}
from: a@nordlicht.example
preheader: For {{ first_name | default(\"you\") }}
utm_source: mail
---
Dear {{ first_name | default(\"reader\") }} at {{ email }},

[read](https://nordlicht.example/4.2?a=1&b=2) or [yours](https://nordlicht.example/{{ plan }})
or [go]({{ action_url }}), [leave]({{ unsubscribe_url }}), [choose]({{ preferences_url }}),
[browser]({{ browser_url }}), [pass on]({{ forward_url }}).

{% if plan == \"pro\" %}For professionals.{% endif %}
";

fn addresses() -> ArchiveAddresses {
    ArchiveAddresses::new(&sender().web_url, TOPIC.slug, CAMPAIGN)
}

fn pages(text: &str, values: &[(&str, &str)]) -> Result<Vec<ArchivePage>, Problems> {
    let values: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    archive_pages(&Announcement::parse(text)?, &sender(), &TOPIC, &addresses(), &values)
}

const VALUES: [(&str, &str); 2] =
    [("plan", "a\"><b>&"), ("action_url", "https://x.example/?q=1&r")];

fn leads_to_nobody(html: &str) {
    for part in ["t.nordlicht.example", "/u/", "/v/", "pharos-preheader", "hidden", "you may not"] {
        assert!(!html.contains(part), "{part} in {html}");
    }
}

#[test]
fn nothing_in_a_public_page_leads_to_a_recipient() {
    let pages = pages(EVERYTHING, &VALUES).unwrap();
    let [page] = &*pages else { panic!("{pages:?}") };
    leads_to_nobody(&page.html);
    for link in [
        "href=\"https://nordlicht.example/4.2?a=1&amp;b=2&amp;utm_source=mail\"",
        "href=\"https://nordlicht.example/a%22%3E%3Cb%3E%26?utm_source=mail\"",
        "href=\"https://x.example/?q=1&amp;r&amp;utm_source=mail\"",
        "href=\"https://mail.nordlicht.example/archive/release-notices#unsubscribe\"",
        "href=\"https://mail.nordlicht.example/archive/release-notices/42\"",
        "href=\"https://mail.nordlicht.example/archive/release-notices\"",
    ] {
        assert!(page.html.contains(link), "{link} in {}", page.html);
    }
    assert!(page.html.contains("Dear reader at you@example.com"));
    assert!(!page.html.contains("For professionals"));
    assert_eq!((&*page.subject, &*page.summary), ("Hello reader", "For you"));
    assert_eq!(page.language, None);
}

#[test]
fn a_document_of_the_authors_own_stays_what_it_is() {
    let html = "---\nsubject: S\nfrom: a@nordlicht.example\n---\n<!doctype html>\n<html lang=\"de\"><head>\
        <title>T</title></head><body><p>Hallo</p><a href='https://n.example/?a&amp;b'>x</a></body></html>\n";
    let pages = pages(html, &[]).unwrap();
    let page = &pages[0];
    leads_to_nobody(&page.html);
    assert!(
        page.html.contains("<body><p>Hallo</p><a href='https://n.example/?a&amp;b'>x</a><div id")
    );
    assert!(page.html.contains(">Release notices</a>") && page.html.contains("Hafenstraße 1"));
    assert_eq!(page.language.as_deref(), Some("de"));
    assert_eq!(page.summary, "Hallo x <https://n.example/?a&b>");
}

#[test]
fn what_only_a_recipient_has_is_named_with_its_lines() {
    let problems = pages(EVERYTHING, &[("first_name", "Ann")]).unwrap_err();
    let found: Vec<(usize, &str)> =
        problems.as_slice().iter().map(|it| (it.line, &*it.what)).collect();
    assert_eq!(
        found,
        [
            (9, "the public version has no value for {{ plan }}"),
            (10, "the public version has no value for {{ action_url }}"),
        ]
    );
    let problems = pages(EVERYTHING, &[("plan", "x"), ("action_url", "javascript:x")]).unwrap_err();
    assert!(problems.to_string().contains("action_url"), "{problems}");
}

#[test]
fn each_language_has_its_own_page() {
    let text = "---\nsubject: News\nfrom: a@nordlicht.example\nlang: en\n---\nHello\n\
        === lang: de ===\n---\nsubject: Neues\n---\nHallo\n";
    let found = pages(text, &[]).unwrap();
    let said: Vec<(Option<&str>, &str, &str)> =
        found.iter().map(|it| (it.language.as_deref(), &*it.subject, &*it.summary)).collect();
    assert_eq!(said, [(Some("en"), "News", "Hello"), (Some("de"), "Neues", "Hallo")]);
    assert!(found[1].html.contains("<html lang=\"de\""));
}

#[test]
fn a_long_text_is_cut_between_words() {
    let text = format!("---\nsubject: S\nfrom: a@b.example\n---\n{}\n", "word ".repeat(100));
    let summary = &pages(&text, &[]).unwrap()[0].summary;
    assert!(summary.ends_with("word\u{2026}") && summary.chars().count() <= 301, "{summary}");
}

#[test]
fn a_message_leads_to_the_page_that_may_be_passed_on() {
    let text = "---\nsubject: S\nfrom: a@b.example\n---\n[pass on]({{ forward_url }})\n";
    let (email, none) = (EmailAddress::parse("a@b.example").unwrap(), BTreeMap::new());
    let reader = Recipient { contact: Some(ContactId(1)), ..Recipient::test(&email, &none) };
    let made = compiled(text);
    let url = "https://mail.nordlicht.example/archive/release-notices/42";
    let page = made.page(CAMPAIGN, &reader, &keys()).unwrap();
    assert!(page.contains(&format!("class=\"pharos-a\" href=\"{url}\"")), "{page}");
    assert!(made.text(CAMPAIGN, &reader, &keys()).unwrap().contains(&format!("pass on <{url}>")));
    let kept = crate::Compiled::from_json(&made.to_json().unwrap()).unwrap();
    assert_eq!(kept.page(CAMPAIGN, &reader, &keys()).unwrap(), page);
    assert!(made.links().is_empty() && made.merge_tags().is_empty());
    assert!(Announcement::parse(text).unwrap().leads_to_archive());
    assert!(!Announcement::parse(&text.replace("forward", "browser")).unwrap().leads_to_archive());
}
