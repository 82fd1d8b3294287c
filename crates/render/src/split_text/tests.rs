//! Splitting and joining, over any text.

use proptest::prelude::*;

use super::*;
use crate::Announcement;

const NOTICE: &str = "---\n# Autumn\nsubject: \"4.3: \\\"search\\\"\"\nlang: en\nfrom: A <a@b.example>\n\
    text: |\n  subject: in the block\n\nreply_to: c@b.example\n---\nHello\n\n=== lang: de ===\n---\nsubject: Hallo\n---\nHallo\n";

fn notice() -> SplitText {
    SplitText::split(NOTICE).unwrap()
}

#[test]
fn a_text_is_the_fields_of_a_form() {
    let split = notice();
    assert_eq!(split.get(TextField::Subject), "4.3: \"search\"");
    assert_eq!(split.get(TextField::From), "A <a@b.example>");
    assert_eq!(split.get(TextField::Preheader), "");
    assert_eq!(
        split.get(TextField::Settings),
        "# Autumn\nlang: en\ntext: |\n  subject: in the block\n\nreply_to: c@b.example"
    );
    assert!(split.get(TextField::Body).starts_with("Hello\n\n=== lang: de"));
    assert_eq!(split.setting("lang").as_deref(), Some("en"));
    assert_eq!((split.setting("name"), split.usual_layout()), (None, Layout::ReleaseNotice));
    let html = SplitText::split("---\n---\n<!doctype html><p>").unwrap();
    assert_eq!(html.usual_layout(), Layout::None);
    for whole in ["", "Hello", "---\nsubject: x\n", "--- \n"] {
        assert_eq!(SplitText::split(whole), None, "{whole:?}");
    }
}

#[test]
fn a_field_that_is_set_changes_its_line_alone() {
    let mut split = notice();
    split.set(TextField::Subject, "4.4");
    assert_eq!(split.join(), NOTICE.replace("\"4.3: \\\"search\\\"\"", "4.4"));
    split.set(TextField::Subject, "\"4.3: \"search\"");
    assert_eq!(split.get(TextField::Subject), "\"4.3: \"search\"");
    let mut split = notice();
    split.set(TextField::Preheader, "And\r\nmore ");
    split.set(TextField::Layout, "offer");
    let added = "from: A <a@b.example>\npreheader: And more\nlayout: offer\n";
    assert_eq!(split.join(), NOTICE.replace("from: A <a@b.example>\n", added));
    split.set(TextField::Preheader, "");
    split.set(TextField::Layout, "");
    assert_eq!(split.join(), NOTICE);
    // A key that is there twice is a mistake, which stays to be told.
    let mut split = SplitText::split("---\npreheader: a\npreheader: b\n---\n").unwrap();
    split.set(TextField::Preheader, "");
    assert_eq!(split.join(), "---\npreheader:\npreheader: b\n---\n");
    let mut split = notice();
    split.set(TextField::Subject, " ");
    assert!(split.join().contains("# Autumn\nsubject:\nlang: en\n"), "{}", split.join());
}

#[test]
fn settings_keep_their_places_and_can_end_nothing() {
    let mut split = notice();
    let settings = split.get(TextField::Settings);
    split.set(TextField::Settings, &settings.replace("lang: en", "lang: de\naccent: #123456"));
    let there = NOTICE.replacen("lang: en", "lang: de\naccent: #123456", 1);
    assert_eq!(split.join(), there);
    split.set(TextField::Settings, "lang: en\n---\nsubject: no");
    assert_eq!(split.get(TextField::Settings), "lang: en\n ---\nsubject: no");
    assert_eq!(split.get(TextField::Subject), "4.3: \"search\"");
    // A field would stand within the block.
    let mut split = SplitText::split("---\nlang: en\nsubject: x\n  odd\n---\n").unwrap();
    split.set(TextField::Settings, "text: |\n  odd");
    assert_eq!(split.join(), "---\nsubject: x\ntext: |\n  odd\n---\n");
}

#[test]
fn a_line_of_the_file_is_found_in_the_form() {
    let split = notice();
    for (line, text) in NOTICE.lines().enumerate() {
        let Some((field, within)) = split.place(line + 1) else {
            assert_eq!(text, "---");
            continue;
        };
        let shown = split.get(field);
        match field {
            TextField::Settings | TextField::Body => {
                assert_eq!(shown.lines().nth(within - 1), Some(text), "{field:?} {within}");
            }
            _ => assert!(text.starts_with(field.name()), "{field:?}: {text}"),
        }
    }
}

#[test]
fn lines_keep_their_ends() {
    let text = "\u{feff}---\r\nsubject: x\r\nfrom: a@b.example\r\n---\r\nOne\r\nTwo\r\n";
    let mut split = SplitText::split(text).unwrap();
    split.set(TextField::Body, "One\nTwo\n");
    split.set(TextField::Settings, "");
    assert_eq!(split.join(), text);
    split.set(TextField::Body, "One\r\nThree\r\n");
    split.set(TextField::Subject, "y");
    let changed = text.replace("Two", "Three").replace("subject: x", "subject: y");
    assert_eq!(split.join(), changed);
    assert!(Announcement::parse(&changed).is_ok());
}

/// Lines as people write them, and as nobody does.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("---".to_owned()),
        Just("text: |".to_owned()),
        Just("  indented: yes".to_owned()),
        Just(String::new()),
        "(subject|from|preheader|layout|lang|name|# x) ?:? ?[\"\\\\a-c ]{0,6}",
        "=== lang: [a-z]{2} ===",
        "[ \t\"#:a-cä-]{0,8}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..9);
    let ends = prop_oneof![Just("\n"), Just("\r\n")];
    (lines, prop::collection::vec(line(), 0..5), ends, any::<bool>()).prop_map(
        |(head, body, end, is_ended)| {
            let all = std::iter::once("---".to_owned()).chain(head);
            let all: Vec<String> = all.chain(["---".to_owned()]).chain(body).collect();
            format!("{}{}", all.join(end), if is_ended { end } else { "" })
        },
    )
}

fn field() -> impl Strategy<Value = TextField> {
    prop::sample::select(TextField::LINES.to_vec())
}

proptest! {
    #[test]
    fn what_was_split_is_joined_again(text in text()) {
        let split = SplitText::split(&text);
        prop_assert!(split.is_some());
        let mut split = split.unwrap();
        prop_assert_eq!(&split.join(), &text);
        // As a form that nobody has changed.
        for field in TextField::LINES.into_iter().chain([TextField::Settings, TextField::Body]) {
            let shown = split.get(field);
            split.set(field, &shown.replace('\n', "\r\n"));
        }
        prop_assert_eq!(split.join(), text);
    }

    #[test]
    fn a_field_is_read_as_it_was_set(text in text(), field in field(), typed in "[\"\\\\#:a-c ä-]{0,9}") {
        let mut split = SplitText::split(&text).unwrap();
        let before = split.clone();
        split.set(field, &typed);
        let again = SplitText::split(&split.join());
        prop_assert_eq!(again.as_ref(), Some(&split));
        if before.get(field) != typed {
            prop_assert_eq!(split.get(field), typed.trim());
        }
        for other in TextField::LINES.into_iter().chain([TextField::Settings, TextField::Body]) {
            if other != field {
                prop_assert_eq!(split.get(other), before.get(other));
            }
        }
        let changed = |lines: &str, of: &str| {
            lines.lines().filter(|line| !of.lines().any(|it| it == *line)).count()
        };
        prop_assert!(changed(&split.join(), &text) <= 1);
        prop_assert!(changed(&text, &split.join()) <= 1);
    }

    #[test]
    fn settings_and_body_are_read_as_they_were_set(
        text in text(),
        settings in prop::collection::vec(line(), 0..6),
        body in prop::collection::vec(line(), 0..6),
    ) {
        let mut split = SplitText::split(&text).unwrap();
        let before = split.clone();
        split.set(TextField::Body, &body.join("\n"));
        prop_assert_eq!(split.get(TextField::Body), body.join("\n"));
        // A key that the form has a field for is that field's.
        let is_own = |line: &String| field_of(line).is_none() && line.trim_end() != "---";
        let settings: Vec<String> = settings.into_iter().filter(is_own).collect();
        let settings = settings.join("\n");
        split.set(TextField::Settings, &settings);
        let again = SplitText::split(&split.join());
        prop_assert_eq!(again.as_ref(), Some(&split));
        let shown = split.get(TextField::Settings);
        prop_assert_eq!(shown.trim_end_matches('\n'), settings.trim_end_matches('\n'));
        for field in TextField::LINES {
            prop_assert_eq!(split.get(field), before.get(field));
        }
    }
}
