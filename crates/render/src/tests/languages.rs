//! Announcements in several languages: who gets which, and what they share.

use token::Purpose;

use super::{Reader, check_wire, compiled, keys, try_compiled};
use crate::Compiled;

const TWO: &str = "---
subject: Aurora {{ version | default(\"4.2\") }}
from: Ann <ann@nordlicht.example>
preheader: Faster
lang: en
utm_source: news
---
Hello {{ first_name }}, [read on](https://a.example/en) by {{ due | date }}.

=== lang: de ===

---
subject: Aurora ist da
from: Anne <ann@nordlicht.example>
---
Hallo {{ vorname }}, [weiterlesen](https://a.example/de) bis {{ due | date }}.
=== lang: pt-BR ===
---
subject: Aurora chegou
---
# Olá

[Leia mais](https://a.example/pt)
";

fn mail(compiled: &Compiled, language: &str) -> (String, String) {
    let values = [("first_name", "Zoë"), ("vorname", "Zoë"), ("due", "2026-03-01")];
    let reader = Reader::new("a@b.example", &[&values[..], &[("language", language)]].concat());
    let message = reader.message(compiled).unwrap();
    check_wire(&message);
    let subject = message.split("Subject: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let text = reader.text(compiled);
    (subject.to_owned(), text.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn everybody_gets_the_language_that_comes_closest() {
    let aurora = compiled(TWO);
    let kept = Compiled::from_json(&aurora.to_json().unwrap()).unwrap();
    for aurora in [&aurora, &kept] {
        for (language, subject) in [
            ("en", "Aurora 4.2"),
            ("de", "Aurora ist da"),
            ("DE_at", "Aurora ist da"),
            ("de-Latn-CH", "Aurora ist da"),
            ("pt", "Aurora chegou"),
            ("pt-PT", "Aurora chegou"),
            ("fr", "Aurora 4.2"),
            ("", "Aurora 4.2"),
            ("-", "Aurora 4.2"),
        ] {
            assert_eq!(mail(aurora, language).0, subject, "{language}");
        }
        let (_, german) = mail(aurora, "de-AT");
        assert!(german.starts_with("Hallo Zoë, weiterlesen <") && german.contains("1. März 2026"));
        let page = Reader::new("a@b.example", &[("language", "pt")]).page(aurora);
        assert!(page.contains("lang=\"pt-BR\"") && page.contains("Cancelar"), "{page}");
    }
    let without = Reader::new("a@b.example", &[("language", "pt")]);
    assert_eq!(aurora.check(&without.recipient()), Ok(()), "asks for what its language needs");
    assert_eq!(aurora.language_for(&without.recipient()), Some("pt-BR"));
    assert_eq!(compiled(&TWO[..TWO.find("===").unwrap()]).language_for(&without.recipient()), None);
}

#[test]
fn languages_share_what_is_no_text_and_have_links_of_their_own() {
    let aurora = compiled(TWO);
    let links: Vec<(u16, &str, &str)> = aurora
        .links()
        .into_iter()
        .map(|link| (link.slot.0, link.url.as_str(), link.label.as_str()))
        .collect();
    assert_eq!(
        links,
        [
            (0, "https://a.example/en?utm_source=news", "read on"),
            (1, "https://a.example/de?utm_source=news", "weiterlesen (de)"),
            (2, "https://a.example/pt?utm_source=news", "Leia mais (pt-BR)"),
        ]
    );
    assert_eq!(aurora.tags(), ["version", "first_name", "due", "vorname"]);
    let lines: Vec<(&str, usize)> =
        aurora.merge_tags().iter().map(|tag| (tag.name.as_str(), tag.line)).collect();
    assert_eq!(lines, [("version", 2), ("first_name", 8), ("due", 8), ("vorname", 16)]);
    // What every language needs is needed by everybody, the rest by who reads that language.
    let two = compiled(&TWO[..TWO.rfind("===\n---").unwrap() - "=== lang: pt-BR ".len()]);
    let needed = |compiled: &Compiled| {
        let needed = compiled.merge_tags().iter().filter(|tag| !tag.has_default);
        needed.map(|tag| tag.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!((needed(&two), needed(&aurora)), (vec!["due".to_owned()], Vec::new()));
    let samples = aurora.sample_values();
    let mut values: Vec<(&str, &str)> =
        samples.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for language in ["en", "de", "pt-BR"] {
        values.retain(|(name, _)| *name != "language");
        values.push(("language", language));
        let reader = Reader::new("a@b.example", &values);
        let page = reader.page(&aurora);
        let token = page.split("https://t.nordlicht.example/c/").nth(1).unwrap();
        let token = token.split('"').next().unwrap();
        let claims = keys().open(Purpose::Click, token).unwrap();
        let slots = [("en", 0), ("de", 1), ("pt-BR", 2)];
        let slot = slots.iter().find(|(known, _)| *known == language).unwrap().1;
        assert_eq!(claims.slot.0, slot, "the token names the link of its language");
    }
}

#[test]
fn mistakes_in_any_language_are_told_with_their_line() {
    let told = [
        TWO.replace("lang: en\n", ""),
        TWO.replace("=== lang: de ===", "=== lang: Deutsch? ==="),
        TWO.replace("=== lang: pt-BR ===", "=== lang: de ==="),
        TWO.replace("subject: Aurora ist da\n", ""),
        TWO.replace("subject: Aurora ist da", "subject: x\ntopic: news"),
        TWO.replace("from: Anne <ann@", "from: Anne <anne@"),
        TWO.replace("{{ vorname }}", "{{ Vorname }}").replace("{{ first_name }}", "{{ First }}"),
        TWO.replace("https://a.example/pt", "pt.html").replace("https://a.example/de", "de.html"),
        TWO.replace("---\nsubject: Aurora chegou\n---\n", ""),
        TWO.replace("# Olá\n\n[Leia mais](https://a.example/pt)\n", ""),
    ]
    .map(|text| match try_compiled(&text) {
        Err(problems) => problems.to_string(),
        Ok(_) => format!("accepted: {text}"),
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    line 1: the announcement has several languages and does not say which its first is; add a line such as `lang: en` to its front matter
    line 10, column 1: `Deutsch?` is not a language; use its code, such as en, de or pt-BR
    line 21: the language `de` is there twice; keep one of them
    line 12: there is no `subject`; add a line such as `subject: What is new`
    line 14, column 8: `topic` is the same in all languages; write it into the front matter at the beginning of the file
    line 16: this language comes from another address; use one address; the name before it may differ
    2 problems:
      line 8, column 7: {{ First }} has capital letters, and no attribute has; write {{ first }}
      line 16, column 7: {{ Vorname }} has capital letters, and no attribute has; write {{ vorname }}
    2 problems:
      line 16, column 36: the link `de.html` has an address that does not work in mail; begin it with https://, mailto: or tel:
      line 23, column 13: the link `pt.html` has an address that does not work in mail; begin it with https://, mailto: or tel:
    line 18: this language has no front matter; write its subject between two lines `---`: `subject: ...`
    line 21: the announcement has no text; write it below the front matter
    ");
}
