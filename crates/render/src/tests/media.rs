//! The media library in announcements: what is shown, linked to, and carried along.

use std::collections::BTreeMap;

use mail_parser::{MessageParser, MimeHeaders as _, PartType};
use proptest::prelude::*;

use super::{Reader, TOPIC, html, markdown, sender};
use crate::{
    Announcement, Compiled, MediaEntry, MediaFacts, MediaLibrary, NoContent, Problems, compile,
};

const WEB: &str = "https://mail.nordlicht.example/m";

fn hash(letter: char) -> String {
    std::iter::repeat_n(letter, 32).collect()
}

fn picture(stem: &str, width: u32, alt: Option<&str>) -> MediaEntry {
    let facts = |letter, width: u32| MediaFacts {
        file: format!("{}-{stem}.png", hash(letter)),
        content_type: "image/png".to_owned(),
        width,
        height: width / 2,
        bytes: u64::from(width) * 100,
    };
    MediaEntry {
        file_name: format!("{stem}.png"),
        content_type: "image/png".to_owned(),
        alt: alt.map(str::to_owned),
        is_picture: true,
        files: vec![facts('a', width), facts('b', width.min(600)), facts('c', width.min(240))],
    }
}

fn document(file_name: &str, content_type: &str, bytes: u64) -> MediaEntry {
    let extension = file_name.rsplit('.').next().unwrap();
    MediaEntry {
        file_name: file_name.to_owned(),
        content_type: content_type.to_owned(),
        alt: None,
        is_picture: false,
        files: vec![MediaFacts {
            file: format!("{}-doc.{extension}", hash('d')),
            content_type: content_type.to_owned(),
            width: 0,
            height: 0,
            bytes,
        }],
    }
}

fn library() -> MediaLibrary {
    let entries = [
        ("timeline.png", picture("timeline", 1_200, Some("The \"new\" timeline"))),
        ("logo.png", picture("logo", 300, None)),
        ("agenda.pdf", document("Tagesordnung für Mai.pdf", "application/pdf", 40_000)),
        ("invite.ics", document("invite.ics", "text/calendar; charset=utf-8; method=PUBLISH", 700)),
    ];
    let entries = entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect();
    MediaLibrary(entries)
}

fn with(text: &str, media: MediaLibrary) -> Result<Compiled, Problems> {
    compile(&Announcement::parse(text)?.with_media(media), &sender(), &TOPIC)
}

fn compiled(text: &str) -> Compiled {
    with(text, library()).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

fn problem(text: &str) -> String {
    with(text, library()).err().unwrap_or_else(|| panic!("it compiles: {text}")).to_string()
}

fn reader() -> Reader {
    Reader::new("a@b.example", &[("name", "Zoë")])
}

fn page(text: &str) -> String {
    reader().page(&compiled(text))
}

#[track_caller]
fn shows(text: &str, expect: &str) {
    let page = page(text);
    assert!(page.contains(expect), "{text}\n\n{expect}\n\n{page}");
    assert!(!page.contains("phm"), "a mark is left: {page}");
}

fn file(letter: char, stem: &str) -> String {
    format!("{WEB}/{}-{stem}.png", hash(letter))
}

/// The message with what it carries, read back.
fn whole(compiled: &Compiled, contents: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let reader = reader();
    let mut message = reader.message(compiled).unwrap().into_bytes();
    let endings = compiled.endings(contents).unwrap();
    message.extend(&endings[compiled.ending_number(&reader.recipient())]);
    message
}

fn contents(compiled: &Compiled) -> BTreeMap<String, Vec<u8>> {
    // A calendar is a text, which parsers decode.
    let content = |bytes: u64, is_text: bool| {
        let byte = |at: u64| if is_text { 32 + at % 95 } else { at * 7 % 251 };
        (0..bytes).map(|at| u8::try_from(byte(at)).unwrap()).collect()
    };
    let files = compiled.files().into_iter();
    files.map(|it| (it.file.clone(), content(it.bytes, it.file.ends_with("ics")))).collect()
}

#[test]
fn a_picture_in_markdown_is_led_to_its_file_with_its_size_and_words() {
    shows(
        &markdown("![Aurora's new timeline](media:timeline.png)"),
        &format!(
            "width=\"536\" class=\"pharos-picture\" src=\"{}\" alt=\"Aurora&#39;s new timeline\"",
            file('a', "timeline")
        ),
    );
    shows(
        &markdown("![x](media:timeline.png)"),
        "<img height=\"268\" style=\"display:block;width:auto;max-width:100%;height:auto;",
    );
    // What is small stays small; beside text it gets its own width.
    shows(&markdown("![x](media:logo.png)"), "width=\"300\" class=\"pharos-picture\"");
    shows(
        &markdown("a ![x](media:logo.png) b"),
        "<img width=\"300\" height=\"150\" style=\"max-width:100%;height:auto;",
    );
    // Markdown can't leave alt out: the library's words are better than none.
    shows(&markdown("![](media:timeline.png)"), "alt=\"The &quot;new&quot; timeline\"");
    shows(&markdown("![](media:logo.png)"), "alt=\"\"");
}

#[test]
fn a_picture_in_html_is_sharp_at_the_width_that_its_author_wrote() {
    let (wide, narrow) = (file('a', "timeline"), file('b', "timeline"));
    for (tag, expect) in [
        (
            "<img src=\"media:timeline.png\" alt=\"x\">",
            format!("<img width=\"600\" src=\"{wide}\" alt=\"x\">"),
        ),
        (
            "<img width=400 src='media:timeline.png' alt=x>",
            format!("<img width=400 src='{wide}' alt=x>"),
        ),
        (
            "<img width=300 src=media:timeline.png alt=x>",
            format!("<img width=300 src=\"{narrow}\" alt=x>"),
        ),
        (
            "<img style=\"width: 120px\" src=\"media:timeline.png\" alt=\"\">",
            format!("<img style=\"width: 120px\" src=\"{}\" alt=\"\">", file('c', "timeline")),
        ),
        (
            "<img width=\"100%\" src=\"media:timeline.png\" alt=\"\">",
            format!("<img width=\"100%\" src=\"{wide}\" alt=\"\">"),
        ),
        (
            "<img src=\"media:timeline.png\">",
            format!("<img width=\"600\" alt=\"The &quot;new&quot; timeline\" src=\"{wide}\">"),
        ),
    ] {
        shows(&html(&format!("<p>{tag}</p>")), &expect);
    }
    let compiled = compiled(&html("<img src=\"media:logo.png\">"));
    let warnings = compiled.warnings().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(
        warnings[0].contains("the image `media:logo.png` has no alternative text"),
        "{warnings:?}"
    );
}

#[test]
fn a_picture_is_found_wherever_html_loads_one() {
    let (wide, single) = (file('a', "timeline"), file('b', "timeline"));
    for (text, expect) in [
        ("<table background=\"media:timeline.png\"></table>", format!("background=\"{single}\"")),
        (
            "<img alt=x src=\"media:timeline.png\" srcset=\"media:timeline.png, media:timeline.png 2x, media:timeline.png 700w\">",
            format!("srcset=\"{single}, {wide} 2x, {wide} 700w\""),
        ),
        (
            "<p style=\"color:red;background:url(media:timeline.png)\">",
            format!("background:url({single})"),
        ),
        (
            "<!doctype html><style>td{background:url('media:timeline.png')}</style><table><tr><td>x",
            format!("<td style=\"background:url('{single}')\">"),
        ),
        (
            "<!doctype html><style>@media x{td{background:url(media:timeline.png)}}</style><p>x",
            format!("{{background:url({single})"),
        ),
        (
            "<!--[if mso]><v:rect><v:fill type=\"frame\" src=\"media:timeline.png\" /></v:rect><![endif]-->",
            format!("<v:fill type=\"frame\" src=\"{single}\" />"),
        ),
    ] {
        shows(&html(text), &expect);
    }
    let mjml = "<mjml><mj-body><mj-section background-url=\"media:timeline.png\"><mj-column>\
        <mj-image src=\"media:timeline.png\" /></mj-column></mj-section></mj-body></mjml>";
    let page = page(&markdown(mjml));
    assert!(
        page.contains(&format!("src=\"{wide}\"")) && page.contains("The &quot;new&quot;"),
        "{page}"
    );
    assert!(page.contains(&format!("url('{single}')")), "{page}");
}

#[test]
fn a_file_can_be_linked_to_and_is_counted() {
    let compiled = compiled(&markdown("[Agenda](media:agenda.pdf#page=2)"));
    let url = format!("{WEB}/{}-doc.pdf#page=2", hash('d'));
    assert_eq!(compiled.links()[0].url, url);
    assert_eq!(compiled.links()[0].label, "Agenda");
}

#[test]
fn words_that_only_look_like_references_stay() {
    let text = "<p title=\"media:timeline.png\">see (media:timeline.png) or media:nothing.png</p>\
        <!-- media:timeline.png -->";
    shows(&html(text), text);
    let shown = reader().text(&compiled(&markdown("in social media: `media:x.png`")));
    assert!(
        shown.contains("in social media: `media:x.png`") || shown.contains("media:x.png"),
        "{shown}"
    );
}

#[test]
fn what_can_not_be_shown_is_told_with_its_place() {
    for (text, expect) in [
        (
            markdown("Hello\n\n![x](media:timelin.png)"),
            "line 7, column 6: there is no `timelin.png` in the media library; did you mean `timeline.png`?",
        ),
        (
            html("<p>x\n  <img src=\"media:Logo.PNG\" alt=x>"),
            "line 7, column 13: there is no `Logo.PNG` in the media library; did you mean `logo.png`?",
        ),
        (
            html("<style>p{background:url(media:qq.zz)}</style><p>x"),
            "line 6, column 21: there is no `qq.zz`",
        ),
        (html("<a href=\"media:none.pdf\">x</a>"), "line 6, column 10: there is no `none.pdf`"),
        (
            markdown("![x](media:agenda.pdf)"),
            "`agenda.pdf` is no picture; link to it, or name it in `attach`",
        ),
        (
            html("<p style=\"background:url(media:logo.png?inline)\">"),
            "`media:logo.png?inline` stands where",
        ),
        (
            html("<img alt='' src='media:logo.png' srcset='media:logo.png?inline 2x'>"),
            "stands where",
        ),
        (markdown("[x](media:logo.png?inline)"), "leads into the message"),
        (
            markdown("x").replacen("---\n", "---\nattach: agenda.pdf, agena.pdf\n", 1),
            "line 2, column 21: there is no `agena.pdf` in the media library; did you mean `agenda.pdf`?",
        ),
        (
            markdown("x")
                .replacen("---\n", "---\nattach: agenda.pdf,\n", 1)
                .replace(",\n", ", ,\n"),
            "a name is missing",
        ),
        (
            markdown("x").replacen("---\n", "---\nattach: agenda.pdf, agenda.pdf\n", 1),
            "attached twice",
        ),
    ] {
        let said = problem(&text);
        assert!(said.contains(expect), "{text}\n{said}");
    }
    let both = problem(&html("<img src=media:a.b alt=''><img src=media:c.d alt=''>"));
    assert!(both.contains("2 problems"), "{both}");
}

const CARRYING: &str = "---\nsubject: News\nfrom: Ann <ann@nordlicht.example>\n\
    attach: agenda.pdf, media:invite.ics\n---\nHi {{ name }}\n\n\
    ![A logo](media:logo.png?inline) ![again](media:logo.png?inline)\n";

#[test]
fn a_message_carries_its_files_in_the_parts_that_programs_expect() {
    let compiled = compiled(CARRYING);
    let contents = contents(&compiled);
    let raw = whole(&compiled, &contents);
    let text = std::str::from_utf8(&raw).unwrap();
    for line in text.split("\r\n") {
        assert!(
            line.is_ascii() && !line.contains(['\r', '\n']) && !line.starts_with('.'),
            "{line}"
        );
        assert!(line.len() <= 120, "{line}");
    }
    let message = MessageParser::default().parse(&raw).unwrap();
    let kinds: Vec<String> = message
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/related",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "image/png",
            "application/pdf",
            "text/calendar",
        ]
    );
    let inside = |number: usize| match &message.parts[number].body {
        PartType::Multipart(parts) => parts.iter().map(|it| *it as usize).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!([inside(0), inside(1), inside(2)], [vec![1, 6, 7], vec![2, 5], vec![3, 4]]);
    let related = message.parts[1].content_type().unwrap();
    assert_eq!(related.attribute("type"), Some("multipart/alternative"));
    let logo = &message.parts[5];
    let id = format!("{}@news.nordlicht.example", hash('a'));
    assert_eq!(logo.content_id(), Some(id.as_str()));
    assert!(logo.content_disposition().unwrap().is_inline());
    let shown = message.body_html(0).unwrap();
    assert_eq!(shown.matches(&format!("src=\"cid:{id}\"")).count(), 2, "{shown}");
    for (part, file) in message.parts[5..].iter().zip(compiled.files()) {
        assert_eq!(part.contents(), contents[&file.file], "{}", file.file);
        assert_eq!(part.attachment_name(), Some(file.file_name.as_str()));
    }
    assert_eq!(message.parts[6].attachment_name(), Some("Tagesordnung für Mai.pdf"));
    assert!(message.parts[6].content_disposition().unwrap().is_attachment());
    let calendar = message.parts[7].content_type().unwrap();
    assert_eq!(calendar.attribute("method"), Some("PUBLISH"));
    // A browser has no parts to look into.
    let page = reader().page(&compiled);
    assert!(
        !page.contains("cid:") && page.contains(&format!("src=\"{}\"", file('a', "logo"))),
        "{page}"
    );
}

#[test]
fn a_message_that_carries_nothing_has_no_more_parts_than_before() {
    let compiled = compiled(&markdown("![x](media:logo.png)"));
    assert!(compiled.files().is_empty());
    assert_eq!(compiled.endings(&BTreeMap::new()), Ok(vec![Vec::new()]));
    let message = reader().message(&compiled).unwrap();
    assert!(!message.contains("multipart/mixed") && !message.contains("multipart/related"));
}

#[test]
fn one_kind_of_file_makes_one_more_layer() {
    for (text, layer, other) in [
        (CARRYING.replace("attach:", "# "), "related", "mixed"),
        (CARRYING.replace("?inline", ""), "mixed", "related"),
    ] {
        let compiled = compiled(&text);
        let raw = whole(&compiled, &contents(&compiled));
        let text = String::from_utf8(raw).unwrap();
        assert!(text.contains(&format!("multipart/{layer}")), "{text}");
        assert!(!text.contains(&format!("multipart/{other}")), "{text}");
    }
}

#[test]
fn a_form_that_carries_files_is_read_back() {
    let fresh = compiled(CARRYING);
    let form = fresh.to_json().unwrap();
    assert!(
        form.contains("\"version\":4"),
        "an earlier release must not send it without its files"
    );
    let kept = Compiled::from_json(&form).unwrap();
    let contents = contents(&fresh);
    assert_eq!(whole(&kept, &contents), whole(&fresh, &contents));
    assert_eq!(reader().page(&kept), reader().page(&fresh));
    assert_eq!(kept.files(), fresh.files());
    assert_eq!(kept.to_json().unwrap(), form);
}

#[test]
fn nothing_is_made_without_a_files_content() {
    let compiled = compiled(CARRYING);
    let mut contents = contents(&compiled);
    contents.remove(&format!("{}-doc.pdf", hash('d')));
    let missing = NoContent(format!("{}-doc.pdf", hash('d')));
    assert_eq!(compiled.endings(&contents), Err(missing));
}

#[test]
fn what_is_too_large_for_mail_is_refused_and_what_is_large_is_told() {
    let sized = |one, other| {
        let mut media = library();
        media.0.get_mut("agenda.pdf").unwrap().files[0].bytes = one;
        media.0.get_mut("invite.ics").unwrap().files[0].bytes = other;
        with(CARRYING, media)
    };
    let said = |one, other| sized(one, other).unwrap_err().to_string();
    let mib = 1 << 20;
    assert!(said(5 * mib + 1, 9).contains("line 4, column 9: `Tagesordnung für Mai.pdf` has 5.2 MB, and a file in a message may have 5.2 MB"), "{}", said(5 * mib + 1, 9));
    assert!(
        said(4 * mib, 4 * mib)
            .contains("the files in a message have 8.4 MB together, and may have 7.3 MB"),
        "{}",
        said(4 * mib, 4 * mib)
    );
    let compiled = sized(4 * mib, 1_000).unwrap();
    let warnings =
        compiled.warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(
        warnings.contains("2 attachments make every message 5.8 MB larger as it is sent"),
        "{warnings}"
    );
    let ending = compiled.endings(&contents(&compiled)).unwrap().remove(0);
    assert!(
        (5_700_000..5_850_000).contains(&ending.len()),
        "as long as was said: {}",
        ending.len()
    );
}

proptest! {
    /// Whatever a file is called and contains, the message has the same parts, and the name comes back.
    #[test]
    fn no_name_and_no_content_breaks_a_message(
        name in "[^\\p{C}\"\\\\/]{1,90}",
        content in proptest::collection::vec(any::<u8>(), 0..400),
        hostile in prop_oneof![Just(""), Just("\r\n--=_pharosm-"), Just("\n.\r\n"), Just("a\"; x=\"y"), Just("\r\nBcc: x@y.z\r\n\r\n")],
    ) {
        let mut media = library();
        media.0.get_mut("agenda.pdf").unwrap().file_name = format!("{name}{hostile}");
        let compiled = with(CARRYING, media).unwrap();
        let mut all = contents(&compiled);
        let mut content = content;
        content.extend(hostile.bytes());
        all.insert(format!("{}-doc.pdf", hash('d')), content.clone());
        let raw = whole(&compiled, &all);
        let text = std::str::from_utf8(&raw).unwrap();
        for line in text.split("\r\n") {
            prop_assert!(line.is_ascii() && !line.contains(['\r', '\n']) && !line.starts_with('.'));
            prop_assert!(line.len() <= 998);
        }
        let message = MessageParser::default().parse(&raw).unwrap();
        prop_assert_eq!(message.parts.len(), 8);
        prop_assert_eq!(message.parts[6].contents(), &content[..]);
        prop_assert!(message.header("Bcc").is_none() && message.parts[6].headers.len() == 3);
        if hostile.is_empty() {
            prop_assert_eq!(message.parts[6].attachment_name().map(str::trim), Some(name.trim()));
        }
    }
}

#[test]
fn each_language_has_the_end_that_belongs_to_it() {
    let text = "---\nsubject: News\nfrom: Ann <ann@nordlicht.example>\nlang: en\nattach: agenda.pdf\n---\n\
        Hi\n\n=== lang: de ===\n---\nsubject: Neues\n---\nHallo ![Logo](media:logo.png?inline)\n";
    let Ok(compiled) = with(text, library()) else { panic!("{:?}", with(text, library()).err()) };
    let contents = contents(&compiled);
    let endings = compiled.endings(&contents).unwrap();
    for (language, parts) in [("en", 5), ("de", 7)] {
        let reader = Reader::new("a@b.example", &[("language", language)]);
        let mut raw = reader.message(&compiled).unwrap().into_bytes();
        raw.extend(&endings[compiled.ending_number(&reader.recipient())]);
        let message = MessageParser::default().parse(&raw).unwrap();
        assert_eq!(message.parts.len(), parts, "{language}");
        assert_eq!(
            message.attachments().last().unwrap().contents(),
            contents[&format!("{}-doc.pdf", hash('d'))]
        );
    }
}
