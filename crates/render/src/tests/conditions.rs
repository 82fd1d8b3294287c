//! Conditions and expressions: what is shown to whom, and what is asked of nobody.

use super::{Reader, check_wire, compiled, html, markdown, try_compiled};
use crate::{Compiled, RenderProblem};

/// The text part without the footer.
pub(super) fn shown(compiled: &Compiled, values: &[(&str, &str)]) -> String {
    let reader = Reader::new("a@b.example", values);
    check_wire(&reader.message(compiled).unwrap());
    let text = reader.text(compiled);
    text.split_once("\n-----\n").unwrap().0.trim_end().to_owned()
}

#[test]
fn what_is_not_chosen_is_not_shown_and_asks_for_nothing() {
    let letter = compiled(&markdown(
        "Hello{% if first_name %} {{ first_name | title }}{% endif %},\n\n\
         {% if plan == \"pro\" %}\nYour code is **{{ code }}**, [use it](https://a.example/{{ code }}).\n\
         {% elif plan %}\nMove from {{ plan }} to pro.\n{% else %}\nCome to us.\n{% endif %}\n\nBye.",
    ));
    assert_eq!(shown(&letter, &[]), "Hello,\n\nCome to us.\n\nBye.");
    let free = [("first_name", "zoë"), ("plan", "free & easy")];
    assert_eq!(shown(&letter, &free), "Hello Zoë,\n\nMove from free & easy to pro.\n\nBye.");
    let pro = [("plan", "pro"), ("code", "X7")];
    let text = shown(&letter, &pro);
    assert!(text.starts_with("Hello,\n\nYour code is X7, use it <https://t."), "{text}");
    let missing = RenderProblem::MissingValue { tag: "code".to_owned() };
    let without = Reader::new("a@b.example", &[("plan", "pro")]);
    assert_eq!(without.message(&letter), Err(missing.clone()));
    assert_eq!(letter.check(&without.recipient()), Err(missing));
    assert_eq!(letter.check(&Reader::new("a@b.example", &pro).recipient()), Ok(()));
    let page = Reader::new("a@b.example", &pro).page(&letter);
    assert!(page.contains("<strong>X7</strong>") && !page.contains("Come to us"), "{page}");
}

#[test]
fn conditions_work_in_documents_tables_and_what_outlook_reads() {
    let document = compiled(&html(
        "<!doctype html><html><body><table><tr><td>one</td></tr>{% if vip %}<tr><td>two</td></tr>\
         {% endif %}</table><!--[if mso]>{% if vip %}<p>V</p>{% endif %}<![endif]-->\
         <!-- {% if vip %} a remark {% endif %} --></body></html>",
    ));
    let page = |values: &[(&str, &str)]| Reader::new("a@b.example", values).page(&document);
    let (with, without) = (page(&[("vip", "yes")]), page(&[]));
    assert!(with.contains("</tr><tr><td>two</td></tr></table><!--[if mso]><p>V</p><![endif]-->"));
    assert!(without.contains("one</td></tr></table><!--[if mso]><![endif]-->"), "{without}");
    assert!(without.contains("a remark"));
}

#[test]
fn mistakes_in_conditions_are_told_with_their_place() {
    let told = [
        "a {% if x %} b",
        "a {% endif %}",
        "{% if x %}{% else %}{% else %}{% endif %}",
        "{% if x == %}a{% endif %}",
        "{% if First_name %}a{% endif %}",
        "{% include 'x' %}",
        "{% if x",
        "{{ name | shout }}",
        "{{ unsubscribe_url | upper }}",
        "<p class=\"{% if x %}a{% endif %}\">b</p>",
        "<p>{% if x %}</p><!-- {% endif %} -->",
    ]
    .map(|body| match try_compiled(&html(body)) {
        Err(problems) => problems.to_string(),
        Ok(_) => format!("accepted: {body}"),
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    line 6, column 3: this condition is never closed; write {% endif %} where it ends
    line 6, column 3: this tag belongs to no condition that is open; write {% if ... %} before it, and one {% endif %} for each
    line 6, column 21: this tag belongs to no condition that is open; write {% if ... %} before it, and one {% endif %} for each
    line 6, column 1: `x ==` can't be read: unexpected end of input, expected expression; write {% if name %} or {% if name == "text" %}
    line 6, column 1: {{ First_name }} has capital letters, and no attribute has; write {{ first_name }}
    line 6, column 1: there is no tag `include`; use if, elif, else, endif, for and endfor
    line 6, column 1: this is not a merge tag; write {{ name }} or {{ name | default("text") }}; for two braces write {{ "{{" }}
    line 6, column 1: `name | shout` uses `shout`, which is none of the filters: abs, capitalize, d, date, datetime, default, first, float, int, join, last, length, lines, list, lower, max, min, money, number, replace, reverse, round, sort, split, string, time, title, trim, upper; correct it; for two braces write {{ "{{" }}
    line 6, column 1: unsubscribe_url can't be part of an expression; write {{ unsubscribe_url }} alone
    line 6, column 1: a condition is inside the tag <p>; put whole elements into conditions, or write an expression: {{ "this" if name else "that" }}
    line 6, column 4: this condition or loop begins in one part of the text and ends in another, such as a comment; put the whole of it into one part
    "#);
    let subject = markdown("x").replace("subject: News", "subject: \"{% if x %}a{% endif %}\"");
    insta::assert_snapshot!(try_compiled(&subject).unwrap_err(), @r#"
    line 2, column 10: a condition can't be in a subject; write it as an expression: {{ "this" if name else "that" }}
    "#);
}

#[test]
fn no_condition_decides_whether_there_is_a_footer() {
    let document = |body: &str| html(&format!("<!doctype html><html>{body}</html>"));
    for (body, line) in [
        ("{% if x %}<body>a{% endif %}</body>", "line 6, column 22: "),
        ("<body>a{% if x %}</body>{% endif %}", "line 6, column 29: "),
    ] {
        let problem = try_compiled(&document(body)).unwrap_err().to_string();
        assert!(problem.starts_with(line) && problem.contains("footer"), "{problem}");
    }
    let sheet = "<p>a</p>{% if x %}<style>p { color: red }</style>{% endif %}";
    let with_layout = compiled(&html(sheet));
    let page = |values: &[(&str, &str)]| Reader::new("a@b.example", values).page(&with_layout);
    assert!(page(&[("x", "1")]).contains("<style>p { color: red }</style>"));
    assert!(!page(&[]).contains("<style>p { color"), "{}", page(&[]));
}

#[test]
fn a_name_in_a_condition_may_be_missing_and_one_outside_may_not() {
    let text = markdown(
        "{{ a }} {% if b %}{{ c }}{% endif %} {{ d | default('x') | upper }} {{ e | upper }}",
    );
    let compiled = compiled(&text);
    let tags: Vec<(&str, bool)> =
        compiled.merge_tags().iter().map(|tag| (tag.name.as_str(), tag.has_default)).collect();
    assert_eq!(tags, [("a", false), ("c", true), ("d", true), ("e", false), ("b", true)]);
    assert_eq!(compiled.tags(), ["a", "c", "d", "e", "b"]);
    let kept = Compiled::from_json(&compiled.to_json().unwrap()).unwrap();
    let reader = Reader::new("a@b.example", &[("a", "1"), ("b", "2"), ("c", "3"), ("e", "4")]);
    assert_eq!(reader.message(&kept), reader.message(&compiled));
    assert_eq!(kept.tags(), compiled.tags());
}
