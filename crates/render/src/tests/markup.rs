//! Whatever markup an author or a contact's value has, every message keeps what it must have.

use mail_parser::MessageParser;
use proptest::prelude::*;
use scraper::{ElementRef, Html, Selector};

use super::{Reader, check_wire, html, try_compiled};

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&PIECES[..])
}

/// They open, close, swallow and hide.
const PIECES: [&str; 68] = [
    "text ",
    "{{ name }}",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<div style='display:none'>",
    "<p style=\"max-height:0;overflow:hidden\">",
    "<table>",
    "<table><tr><td>",
    "</td></tr></table>",
    "</table>",
    "<a href='https://a.example/{{ name }}'>",
    "<a href='{{ name }}'>",
    "</a>",
    "<b><i>",
    "</b>",
    "<style>",
    "</style>",
    "p { color: red }",
    ".x { display: none }",
    "body { display: none }",
    "a, p, div { display: none !important }",
    "<title>",
    "</title>",
    "<!--",
    "-->",
    "--!>",
    "<!-- x -->",
    "<!--[if mso]>",
    "<![endif]-->",
    "<![if !mso]>",
    "<![endif]>",
    "<!doctype html>",
    "<html>",
    "</html>",
    "<head>",
    "</head>",
    "<body>",
    "<body class=x>",
    "</body>",
    "<p title=\"",
    "<p title='",
    "\"",
    "'",
    ">",
    "<",
    "&",
    "&lt",
    "<p class={{ name }}>",
    "<img src='https://a.example/x.png' alt='{{ name }}'>",
    "<br/>",
    "<details>",
    "<svg>",
    "<template>",
    "<noscript>",
    "<plaintext>",
    "<frameset>",
    "<caption>",
    "<colgroup>",
    "<li>",
    "<h1>",
    "<nobr>",
    "<marquee>",
    "<center>",
    "<font color=red>",
    "\u{0}",
    "\n",
];

fn one<'d>(html: &'d Html, selector: &str) -> Vec<ElementRef<'d>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn footer_and_pixel_are_in_every_message(
        pieces in prop::collection::vec(piece(), 1..24),
        with_layout: bool,
        value in prop::sample::select(vec!["https://v.example/", "\"'><s id=evil>--></style></title>", "ü\r\n.\r\n"]),
    ) {
        let mut text = html(&pieces.concat());
        if with_layout {
            text = text.replace("format: html", "format: html\nlayout: plain");
        }
        let Ok(compiled) = try_compiled(&text) else { return Ok(()) };
        let reader = Reader::new("a@b.example", &[("name", value)]);
        let Ok(message) = reader.message(&compiled) else { return Ok(()) };
        check_wire(&message);
        let parsed = MessageParser::default().parse(&message).unwrap();
        prop_assert_eq!(parsed.parts.len(), 3);
        let page = reader.page(&compiled);
        let document = Html::parse_document(&page);
        let links = one(&document, "a[href^='https://mail.nordlicht.example/u/']");
        prop_assert_eq!(links.len(), 1, "one link to leave by: {}", page);
        let address = links[0].ancestors().filter_map(ElementRef::wrap);
        let footer = address.map(|it| it.text().collect::<String>());
        prop_assert!(footer.into_iter().any(|it| it.contains("20457 Hamburg")), "{}", page);
        prop_assert_eq!(one(&document, "img[src^='https://t.nordlicht.example/o/']").len(), 1);
        // Nothing around it is hidden, and it is in no other link.
        for above in links[0].ancestors().filter_map(ElementRef::wrap) {
            let own = above.value().id().is_some_and(|id| id.starts_with("pharos"));
            let style = above.value().attr("style").unwrap_or_default();
            prop_assert!(own || !style.contains("display:none"), "{}", page);
            prop_assert!(above.value().name() != "a", "{}", page);
        }
        // What a value says is text, never markup.
        prop_assert!(one(&document, "#evil").is_empty(), "{}", page);
    }
}
