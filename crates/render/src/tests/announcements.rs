//! Mistakes in an announcement are named with their place and what would be right.

use super::{compiled, html, markdown, sender, try_compiled};
use crate::{ANNOUNCEMENT_BYTES, Announcement, LINKS, TopicName, compile};

fn problems(texts: &[&str]) -> String {
    let problem = |text: &&str| match try_compiled(text) {
        Ok(_) => format!("accepted: {text}"),
        Err(problem) => problem.to_string(),
    };
    texts.iter().map(problem).collect::<Vec<_>>().join("\n")
}

#[test]
fn mistakes_in_the_front_matter_are_named_with_their_line() {
    insta::assert_snapshot!(problems(&[
        "",
        "Hello",
        "---\nsubject: x\n",
        "---\nsubject: x\n---\n",
        "---\nsubject:\nfrom: a@b.example\n---\n",
        "---\nsubjekt: x\n---\n",
        "---\nsubject\n---\n",
        "---\nsubject: x\nsubject: y\n---\n",
        "---\nsubject: \"x\nfrom: a@b.example\n---\n",
        "---\nsubject: x\nfrom: Ann\n---\n",
        "---\nsubject: x\nfrom: Ann <ann@localhost>\n---\n",
        "---\nsubject: x\nfrom: {{ name }} <a@b.example>\n---\n",
        "---\nsubject: x\nfrom: a@b.example\ntopic: Release Notices\n---\n",
        "---\nsubject: x\nfrom: a@b.example\nlayout: fancy\n---\n",
        "---\nsubject: x\nfrom: a@b.example\nformat: rtf\n---\n",
        "---\nsubject: Hi {{ Name }}\nfrom: a@b.example\n---\n",
        "---\nsubject: {{ unsubscribe_url }}\nfrom: a@b.example\n---\nText",
        "---\nsubject: x\nfrom: a@b.example\n---\n \n",
        "---\nsubject: x\nfrom: Ann <a@b.example>, Bea <b@b.example>\n---\nText",
        "---\nsubject: a\u{7}b\nfrom: a@b.example\n---\n",
    ]));
}

#[test]
fn mistakes_in_the_text_are_named_with_their_line() {
    insta::assert_snapshot!(problems(&[
        &markdown("one\n\ntwo {% if x %}"),
        &markdown("one {{ name | upper }}"),
        &markdown("![a ship](ship.png)"),
        &markdown("one\n\n![a ship](http://example.com/ship.png)"),
        &markdown("[go](../up)"),
        &markdown("[go](javascript:alert(1))"),
        &markdown("[go](https:///x)"),
        &markdown("one\n\n[go](https:a.example)"),
        &html("<a href='https://a_b.ü/'>go</a>"),
        &html("<a href='{{ address }}'>go</a>"),
        &markdown("<div style=\"color:{{ colour }}\">x</div>"),
        &markdown("<div onclick=\"x()\">x</div>"),
        &markdown("<script>x()</script>"),
        &html("<x{{ name }}>x</x>"),
        &html("<b {{ name }}=1>x</b>"),
        &html("<style>p { color: {{ colour }} }</style>"),
        &html("<style>@media print { p { color: {{ colour }} } }</style>"),
        &html("<!--[if mso]>{{ name }}<![endif]--><p>x"),
        &html("<p>x</p><!-- never closed"),
        &html("<p>x</p><textarea>"),
        &html("<html><body>x</body></html>"),
        &markdown(&"> ".repeat(300)),
    ]));
}

#[test]
fn all_mistakes_are_told_at_once_each_at_its_place() {
    let head = "---\nsubject: Hi {{ Name }}\nfrom: Ann\nlayout: fancy\nsubjekt: x\n---\n{{ X }}\n";
    insta::assert_snapshot!(problems(&[
        head,
        &html("<a href='x'>1</a>\n<img src='y' alt=''>\n<a href='x'>2</a><script>\n</script>"),
    ]));
    let many = problems(&[&markdown(&"[x](y)\n".repeat(60))]);
    assert!(many.starts_with("50 or more problems:\n  line 5, column 5: "), "{many}");
}

#[test]
fn an_announcement_is_bounded() {
    let many = "[x](https://example.com/)\n".repeat(LINKS + 1);
    assert!(try_compiled(&markdown(&many)).unwrap_err().as_slice()[0].what.contains("500 links"));
    assert_eq!(compiled(&markdown(&many[..many.len() - 26])).links().len(), LINKS);
    let long = "x".repeat(ANNOUNCEMENT_BYTES);
    assert!(
        try_compiled(&markdown(&long)).unwrap_err().as_slice()[0].what.contains("1048576 bytes")
    );
    let url = format!("[x](https://example.com/{})", "x".repeat(5_000));
    assert!(try_compiled(&markdown(&url)).unwrap_err().as_slice()[0].what.contains("4096 bytes"));
    let tags: String = (0..600).map(|n| format!("{{{{ tag_{n} }}}} ")).collect();
    assert!(
        try_compiled(&markdown(&tags)).unwrap_err().as_slice()[0].what.contains("500 different")
    );
}

#[test]
fn the_front_matter_is_read_as_it_is_written() {
    let text = "\u{feff}---\r\n# a remark\r\n\r\nsubject: \"  Hi \\\"you\\\": all \"\r\n\
        from: Ann <a@b.example>\r\ntopic: release-notices\r\nname: Spring\r\n---\r\nText\r\n";
    let announcement = Announcement::parse(text).unwrap();
    assert_eq!(announcement.subject(), "  Hi \"you\": all ");
    assert_eq!(announcement.from().as_str(), "a@b.example");
    assert_eq!(announcement.topic(), Some("release-notices"));
    assert_eq!(announcement.name(), Some("Spring"));
}

#[test]
fn settings_that_would_break_headers_are_refused() {
    let announcement = Announcement::parse(&markdown("x")).unwrap();
    let topic = super::TOPIC;
    let mut broken = [sender(), sender(), sender(), sender(), sender()];
    broken[0].domain = "a b".to_owned();
    broken[1].web_url = "https://x.example/".to_owned();
    broken[2].beacon_url = "ftp://x.example".to_owned();
    broken[3].organisation = "a\r\nBcc: x@y.example".to_owned();
    broken[4].postal_address = "x\0".to_owned();
    for sender in broken {
        assert_eq!(compile(&announcement, &sender, &topic).unwrap_err().as_slice()[0].line, 0);
    }
    for topic in [TopicName { slug: "A B", ..topic }, TopicName { name: "a\nb", ..topic }] {
        assert!(compile(&announcement, &sender(), &topic).is_err());
    }
}

#[test]
fn what_gmail_would_clip_and_images_without_text_are_warned_of() {
    assert!(compiled(&markdown("![ship](https://x.example/s.png)")).warnings().is_empty());
    let long = compiled(&markdown(&"a paragraph\n\n".repeat(8_000)));
    assert!(long.warnings()[0].what.contains("Gmail"), "{:?}", long.warnings());
    let wordy = markdown("x").replace("subject: News", &format!("subject: {}", "long ".repeat(15)));
    assert_eq!(compiled(&wordy).hints()[0].line, 2);
    assert_eq!(compiled(&wordy).warnings(), [], "a long subject asks nobody for a decision");
    let mute = compiled(&html("<img src=\"https://x.example/s.png\">"));
    assert!(mute.warnings()[0].hint.contains("alt"), "{:?}", mute.warnings());
}

#[test]
fn what_takes_in_or_hides_the_footer_is_refused() {
    let document = |head: &str, body: &str| {
        html(&format!("<!doctype html><html><head>{head}</head><body>{body}</body></html>"))
    };
    let refused = |text: &str| try_compiled(text).unwrap_err().to_string();
    let hidden = [
        document("<style>@media (max-width: 480px) { body { display: none } }</style>", "x"),
        document("<style>html{opacity:0!important}</style>", "x"),
        document("", "<div style='display:none'>never closed"),
        document("<style>.x{max-height:0;overflow:hidden}</style>", "<div class=x>never closed"),
        html("<style>tr{visibility:hidden}</style><p>x"),
        document("", "<div title=\"never closed"),
    ]
    .map(|text| refused(&text));
    insta::assert_snapshot!(hidden.join("\n"), @r#"
    line 6, column 63: `body` hides the unsubscribe link and the postal address; take it away, or close the element before the end
    line 6: `<html style="opacity:0">` hides the unsubscribe link and the postal address; take it away, or close the element before the end
    line 6: `<div style="display:none">` hides the unsubscribe link and the postal address; take it away, or close the element before the end
    line 6: `<div style="max-height:0;overflow:hidden">` hides the unsubscribe link and the postal address; take it away, or close the element before the end
    line 6, column 8: `tr` hides the unsubscribe link and the postal address; take it away, or close the element before the end
    line 6: the HTML ends inside an open tag, comment, style sheet or title; close what is open
    "#);
    // What is closed, or beaten, hides nothing of ours.
    for fine in [
        document("<style>.footer,#pharos-footer,a{display:none!important}</style>", "x"),
        document("<style>div{display:none}</style>", "<div>closed</div>"),
        document("<style>img{width:100%!important}</style>", "x"),
        html("<style>table,td,.pharos-footer{display:none!important}</style><p>x"),
    ] {
        super::compiled(&fine);
    }
}

#[test]
fn sheets_without_measure_stay_and_take_no_time() {
    let rules = "p { color: red }".repeat(5_000);
    let many = html(&format!("<style>{rules}</style>{}", "<p>x</p>".repeat(500)));
    let compiled = compiled(&many);
    assert!(compiled.hints()[0].what.contains("too many rules"), "{:?}", compiled.hints());
    let deep = format!("{}{{color:red}}", "p ".repeat(2_000));
    super::compiled(&html(&format!("<style>{deep}</style><p>x")));
    super::compiled(&html(&format!("<p style='{}'>x", "color:red;".repeat(5_000))));
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_its_line() {
    assert_eq!(crate::utf8(b"a\xc3\xa4"), Ok("aä"));
    let told = |bytes: &[u8]| crate::utf8(bytes).unwrap_err().to_string();
    insta::assert_snapshot!(
        [told(b"---\nsubject: Gr\xfc\xdfe\n"), told(b"\xff\xfe-\0-\0")].join("\n"),
        @r"
    line 2, column 12: the byte 0xFC is no UTF-8; save the file as UTF-8 in your editor
    line 1, column 1: the byte 0xFF is no UTF-8; save the file as UTF-8 in your editor
    "
    );
}
