use super::*;

const TEXT: &str = "---\nsubject:\nfrom: a@b.example\nlang: en\n---\nOne\n{{ two\n";

#[test]
fn a_mistake_is_told_where_the_form_shows_it() {
    let told = |line| {
        let problem =
            Problem { line, column: 1, what: "it is wrong".into(), hint: "mend it".into() };
        let Mistake { field, place, line, words } = mistake(TEXT, &problem);
        assert_eq!(words, "It is wrong; mend it.");
        (field, place, line)
    };
    assert_eq!(told(2), ("subject", "Subject".to_owned(), 1));
    assert_eq!(told(4), ("settings", "More settings, line 1".to_owned(), 1));
    assert_eq!(told(7), ("body", "Text, line 2".to_owned(), 2));
    assert_eq!(told(0), ("", String::new(), 0));
    assert_eq!(place("no front matter", 1), ("source", 1));
}
