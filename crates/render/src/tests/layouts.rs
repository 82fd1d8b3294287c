//! Every layout with every brand: golden pages, and what all messages keep.

use scraper::{ElementRef, Html, Selector};

use super::{Reader, TOPIC, check_wire, compiled, markdown, sender, try_compiled};
use crate::{
    Announcement, Brand, BrandColors, BrandText, Color, Compiled, FontStack, Layout, Logo,
    LogoWidth, PublicAddress, Sender, SocialLink, compile,
};

/// The examples of the documentation, one for each layout.
const EXAMPLES: [(&str, &str); 5] = [
    ("release-notice", include_str!("../../../../docs/examples/release-notice.md")),
    ("newsletter", include_str!("../../../../docs/examples/newsletter.md")),
    ("offer", include_str!("../../../../docs/examples/offer.md")),
    ("reminder", include_str!("../../../../docs/examples/reminder.md")),
    ("plain", include_str!("../../../../docs/examples/plain.md")),
];
/// What a layout may add to a message, with a brand that has everything.
const LAYOUT_BYTES: usize = 12_000;
/// Gmail takes no larger style element.
const SHEET_BYTES: usize = 8_000;

fn text(text: &str) -> BrandText {
    BrandText::parse(text).unwrap()
}

fn address(text: &str) -> PublicAddress {
    PublicAddress::parse(text).unwrap()
}

fn full() -> Brand {
    Brand {
        name: Some(text("Nordlicht")),
        logo: Some(Logo {
            address: address("https://nordlicht.example/logo.png"),
            dark: Some(address("https://nordlicht.example/logo-dark.png")),
            alt: Some(text("Nordlicht")),
            width: LogoWidth::new(160).unwrap(),
        }),
        colors: BrandColors {
            accent: Some(Color::parse("#6d28d9").unwrap()),
            accent_dark: Some(Color::parse("#b794f6").unwrap()),
            background: Some(Color::parse("#f4f1fa").unwrap()),
        },
        font: FontStack::parse("Avenir Next, sans-serif").unwrap(),
        legal: vec![text("Amtsgericht Hamburg, HRB 123456"), text("USt-IdNr. DE123456789")],
        social: vec![SocialLink {
            name: text("Mastodon"),
            url: address("https://social.example/@nordlicht"),
        }],
        website: Some(address("https://nordlicht.example/")),
        privacy_contact: None,
    }
}

/// Everything that a setting can contain, and that would like to be more than text.
fn hostile() -> Brand {
    let evil = "\"'><s id=evil></style></title>--><![endif]--> {{ secret }} {% if x %} &amp; \\";
    let url = "https://evil.example/?a=1&b=2#</x".replace('<', "%3C");
    Brand {
        name: Some(text(evil)),
        logo: Some(Logo {
            address: address(&url),
            dark: None,
            alt: Some(text(evil)),
            width: LogoWidth::default(),
        }),
        colors: BrandColors {
            accent: Some(Color::parse("#fff").unwrap()),
            accent_dark: Some(Color::parse("#000").unwrap()),
            background: Some(Color::parse("#808080").unwrap()),
        },
        font: FontStack::parse("expression, 'url', important").unwrap(),
        legal: vec![text(evil), text("."), text("phx0000000000000000hm00000")],
        social: vec![SocialLink { name: text(evil), url: address(&url) }],
        website: Some(address(&url)),
        privacy_contact: None,
    }
}

fn branded(file: &str, brand: Brand) -> Compiled {
    let announcement = Announcement::parse(file).unwrap_or_else(|problem| panic!("{problem}"));
    compile(&announcement, &Sender { brand, ..sender() }, &TOPIC)
        .unwrap_or_else(|problem| panic!("{problem}\n{file}"))
}

fn zoe() -> Reader {
    Reader::new("zoe@kunde.example", &[("first_name", "Zoë"), ("company", "Tern")])
}

fn all<'d>(html: &'d Html, selector: &str) -> Vec<ElementRef<'d>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn every_layout_looks_as_it_was_drawn() {
    for (name, file) in EXAMPLES {
        let compiled = branded(file, full());
        assert_eq!(compiled.warnings(), [], "{name}");
        insta::assert_snapshot!(format!("layout_{name}"), zoe().page(&compiled));
    }
    let (_, reminder) = EXAMPLES[3];
    insta::assert_snapshot!("layout_text", zoe().text(&branded(reminder, full())));
}

#[test]
fn every_example_is_for_a_layout_and_every_layout_has_one() {
    for layout in Layout::ALL.into_iter().filter(|it| *it != Layout::None) {
        let (_, file) = EXAMPLES.into_iter().find(|(name, _)| *name == layout.name()).unwrap();
        assert!(file.contains(&format!("\nlayout: {}\n", layout.name())));
    }
}

#[test]
fn every_layout_keeps_what_every_message_has() {
    for layout in Layout::ALL {
        for (name, brand) in [("none", Brand::default()), ("full", full()), ("hostile", hostile())]
        {
            for lang in ["en", "de", "ar"] {
                for (_, example) in [EXAMPLES[1], EXAMPLES[3]] {
                    let file = example
                        .lines()
                        .filter(|line| !line.starts_with("layout:"))
                        .collect::<Vec<_>>()
                        .join("\n")
                        .replacen(
                            "---\n",
                            &format!("---\nlayout: {}\nlang: {lang}\n", layout.name()),
                            1,
                        );
                    let about = format!("{} {name} {lang}", layout.name());
                    check(&branded(&file, brand.clone()), lang, &about);
                }
            }
        }
    }
}

fn check(compiled: &Compiled, lang: &str, about: &str) {
    assert!(compiled.tags().iter().all(|tag| tag != "secret"), "{about}");
    check_wire(&zoe().message(compiled).unwrap());
    let page = zoe().page(compiled);
    let html = Html::parse_document(&page);
    assert!(all(&html, "#evil").is_empty(), "{about}: {page}");
    let leave = all(&html, "a[href^='https://mail.nordlicht.example/u/']");
    assert_eq!(leave.len(), 1, "{about}");
    let shown: String = html.root_element().text().collect();
    for needed in ["Hafenstraße 1", "20457 Hamburg", "Nordlicht & Söhne"] {
        assert!(shown.contains(needed), "{about}: {needed}");
    }
    let pixel = all(&html, "img[src^='https://t.nordlicht.example/o/']");
    assert_eq!((pixel.len(), pixel[0].value().attr("width")), (1, Some("1")), "{about}");
    let root = all(&html, "html")[0].value();
    let dir = if lang == "ar" { "rtl" } else { "ltr" };
    assert_eq!((root.attr("lang"), root.attr("dir")), (Some(lang), Some(dir)), "{about}");
    for sheet in all(&html, "style") {
        let bytes = sheet.text().map(str::len).sum::<usize>();
        assert!(bytes < SHEET_BYTES, "{about}: a sheet has {bytes} bytes");
    }
    for table in all(&html, "#pharos, #pharos table:not(.pharos-table)") {
        assert_eq!(table.value().attr("role"), Some("presentation"), "{about}");
    }
    assert!(!page.contains("display:flex") && !page.contains("display:grid"), "{about}");
}

#[test]
fn a_layout_is_small() {
    for layout in Layout::ALL {
        let file = markdown("x").replacen("---\n", &format!("---\nlayout: {}\n", layout.name()), 1);
        let bytes = zoe().page(&branded(&file, full())).len();
        assert!(bytes < LAYOUT_BYTES, "{}: {bytes}", layout.name());
    }
}

/// An author's sheet must find ours beside it; without one ours would only take room.
#[test]
fn rules_that_the_elements_have_stay_in_the_sheet_only_where_an_author_has_one() {
    let rule = |page: &str| page.contains("#pharos .pharos-below{display:table!important");
    assert!(!rule(&zoe().page(&compiled(&markdown("x")))));
    for sheet in
        ["<style>td{display:none}</style>", "{% if a %}<style>td{color:red}</style>{% endif %}"]
    {
        assert!(rule(&zoe().page(&compiled(&markdown(&format!("x\n\n{sheet}\n"))))), "{sheet}");
    }
}

#[test]
fn lines_begin_where_the_language_begins() {
    let file = |lang: &str| {
        markdown("> quote\n\n- one\n\n| a | b |\n|---|---|\n| c | d |\n").replacen(
            "---\n",
            &format!("---\nlang: {lang}\n"),
            1,
        )
    };
    let ltr = zoe().page(&branded(&file("de"), full()));
    let rtl = zoe().page(&branded(&file("he"), full()));
    for (at_start, at_end) in
        [("border-left:3px", "border-right:3px"), ("text-align:left", "text-align:right")]
    {
        assert!(ltr.contains(at_start) && !ltr.contains(at_end), "{ltr}");
        assert!(rtl.contains(at_end) && !rtl.contains(at_start), "{rtl}");
    }
    // An address keeps the order of its words and numbers.
    assert!(rtl.contains("<br>\u{2068}Hafenstraße 1\u{2069}<br>"), "{rtl}");
}

#[test]
fn colours_follow_dark_screens_unless_the_author_sets_some() {
    let dark = "prefers-color-scheme";
    let adapts = zoe().page(&branded(&markdown("x"), full()));
    assert!(adapts.contains(dark) && adapts.contains("logo-dark.png"), "{adapts}");
    let fixed = zoe().page(&branded(&markdown("x <b style=\"color:#000\">y</b>"), full()));
    assert!(!fixed.contains(dark) && !fixed.contains("logo-dark.png"), "{fixed}");
}

#[test]
fn an_announcement_has_an_accent_and_an_issue_of_its_own() {
    let file = markdown("[x](https://a.example \"button\")").replacen(
        "---\n",
        "---\nlayout: newsletter\nissue: Heft 7\naccent: \"#b00020\"\n",
        1,
    );
    let page = zoe().page(&branded(&file, full()));
    assert!(page.contains("background-color:#b00020") && page.contains(">Heft 7<"), "{page}");
    assert!(!page.contains("#6d28d9") && !page.contains("#b794f6"), "{page}");
    let unseen = |layout: &str| {
        let text = file.replace("layout: newsletter", &format!("layout: {layout}"));
        compiled(&text).hints().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!([unseen("plain"), unseen("none")].join("\n"), @r"
    line 3: the layout `plain` does not show the `issue`; remove it, or choose another layout
    line 3: the layout `none` does not show the `issue`; remove it, or choose another layout
    ");
}

#[test]
fn what_cannot_be_chosen_is_named_with_what_was_probably_meant() {
    let problem = |line: &str| {
        let text = markdown("x").replacen("---\n", &format!("---\n{line}\n"), 1);
        try_compiled(&text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        ["layout: news-letter", "layout: Offers", "layout: gala", "accent: teal", "issue: {{ x }}"]
            .map(problem)
            .join("\n"),
        @r"
    line 2, column 9: there is no layout `news-letter`; did you mean `newsletter`? There are release-notice, newsletter, offer, reminder, plain, none
    line 2, column 9: there is no layout `Offers`; did you mean `offer`? There are release-notice, newsletter, offer, reminder, plain, none
    line 2, column 9: there is no layout `gala`; use release-notice or newsletter or offer or reminder or plain or none
    line 2, column 9: `teal` should be a colour in hexadecimal, such as #0b6075; write a # and six digits from 0 to f
    line 2, column 8: merge tags can't be used in this field; use them in subject, preheader and text
    "
    );
}

#[test]
fn a_table_without_a_first_line_is_a_list_of_facts() {
    let page = zoe()
        .page(&compiled(&markdown("| | |\n|---|---|\n| When | Friday |\n| Where | *Here* |\n")));
    let html = Html::parse_document(&page);
    assert!(all(&html, "thead").is_empty());
    let heads = all(&html, "th[scope=row]");
    let heads: Vec<String> = heads.iter().map(|it| it.text().collect()).collect();
    assert_eq!(heads, ["When", "Where"]);
    assert_eq!(all(&html, "td.pharos-td").len(), 2);
    let text = zoe().text(&compiled(&markdown("| | |\n|---|---|\n| When | Friday |\n")));
    assert!(text.starts_with("When | Friday\n"), "{text}");
    // With words above it is a table like any other.
    let page = zoe().page(&compiled(&markdown("| | Price |\n|---|---|\n| Seat | 12 |\n")));
    assert_eq!(all(&Html::parse_document(&page), "thead th").len(), 2);
}

#[test]
fn a_preheader_keeps_the_rest_out_of_the_list_of_messages() {
    let file = markdown("x").replacen("---\n", "---\npreheader: In short\n", 1);
    let page = zoe().page(&compiled(&file));
    assert!(page.contains("In short\u{200c}\u{a0}\u{200c}\u{a0}"), "{page}");
    assert!(!zoe().text(&compiled(&file)).contains('\u{200c}'));
    assert!(!zoe().page(&compiled(&markdown("x"))).contains('\u{200c}'));
}
