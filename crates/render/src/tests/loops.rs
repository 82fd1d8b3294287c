//! Loops, and dates, numbers and money: what is repeated, and how it is written.

use std::collections::BTreeMap;

use minijinja::{Environment, Value};
use proptest::prelude::*;

use super::conditions::shown;
use super::{Reader, compiled, html, markdown, try_compiled};
use crate::{Compiled, RenderProblem};

const CART: &str = r#"[{"name":"Tea & \"co\"","price":4.5,"url":"https://shop.example/tea"},
    {"name":"Cups","price":12,"url":"https://shop.example/cups?a=1&b=2"}]"#;

#[test]
fn a_loop_goes_through_a_list() {
    let letter = compiled(&markdown(
        "Hello {{ first_name }},\n\n\
         {% for item in cart %}\n- [{{ item.name }}]({{ item.url }}): {{ item.price | money(\"EUR\") }}\n\
         {% endfor %}\n\n\
         {% for tag in tags %}{{ loop.index }}. {{ tag }}{% if not loop.last %}, {% endif %}\
         {% else %}no tags{% endfor %}",
    ));
    let with = [("first_name", "Zoë"), ("cart", CART), ("tags", " a, b ,,c")];
    let text = shown(&letter, &with);
    let links = ["<https://t.nordlicht.example/c/", ">"];
    let parted: Vec<&str> = text.split(links[0]).collect();
    let clean: Vec<&str> = parted
        .iter()
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once(links[1]).unwrap().1 })
        .collect();
    assert_eq!(
        clean.concat(),
        "Hello Zoë,\n- Tea & \"co\" : €4.50\n- Cups : €12.00\n\n1. a, 2. b, 3. c"
    );
    let page = Reader::new("a@b.example", &with).page(&letter);
    assert!(page.contains("Tea &amp; &quot;co&quot;</a>: €4.50</li>"), "{page}");
    assert_eq!(page.matches("<ul").count(), 1, "one list, not one for each item: {page}");
    let sealed = |text: &str| {
        let url = |part: &str| part.split(['>', '"', '<']).next().unwrap().to_owned();
        text.split("https://t.nordlicht.example/c/").skip(1).map(url).collect::<Vec<_>>()
    };
    let targets = sealed(&text);
    assert_eq!((targets.len(), letter.links().len()), (2, 1), "{text}");
    assert_ne!(targets[0], targets[1]);
    assert_eq!(sealed(&page), targets);
    assert_eq!(letter.links()[0].url, "{{ item.url }}");
}

#[test]
fn a_list_that_is_missing_is_a_value_that_is_missing_unless_there_is_an_else() {
    let strict = compiled(&markdown("{% for item in cart %}{{ item.name }} {% endfor %}."));
    let check = |values: &[(&str, &str)]| {
        let reader = Reader::new("a@b.example", values);
        let checked = strict.check(&reader.recipient());
        assert_eq!(reader.message(&strict).map(|_| ()), checked);
        checked
    };
    let missing = |tag: &str| Err(RenderProblem::MissingValue { tag: tag.to_owned() });
    assert_eq!(check(&[]), missing("cart"));
    assert_eq!(check(&[("cart", "[]")]), Ok(()), "an empty list is a list");
    assert_eq!(check(&[("cart", r#"[{"nome":"x"}]"#)]), missing("item.name"));
    assert_eq!(check(&[("cart", r#"[{"name":"x"}]"#)]), Ok(()));
    let named = |compiled: &Compiled| {
        let tag = |tag: &crate::MergeTag| (tag.name.clone(), tag.line, tag.has_default);
        compiled.merge_tags().iter().map(tag).collect::<Vec<_>>()
    };
    assert_eq!(named(&strict), [("cart".to_owned(), 5, false)]);
    let with_else =
        compiled(&markdown("{% for x in cart %}{{ x }}{{ y }}{% else %}none{% endfor %}"));
    assert_eq!(shown(&with_else, &[]), "none");
    let tags = [("y".to_owned(), 5, true), ("cart".to_owned(), 5, true)];
    assert_eq!(named(&with_else), tags);
}

#[test]
fn rows_of_a_table_and_loops_in_loops() {
    let table = compiled(&markdown(
        "| What | Price |\n|---|--:|\n{% for item in cart %}\n| {{ item.name }} | {{ item.price }} |\n\
         {% endfor %}\n| Sum | {{ sum | number(2) }} |\n",
    ));
    let text = shown(&table, &[("cart", CART), ("sum", "16.5")]);
    assert_eq!(text, "What | Price\nTea & \"co\" | 4.5\nCups | 12\nSum | 16.50");
    let last = compiled(&markdown(
        "| A |\n|---|\n{% for item in cart %}\n| {{ item.name }} |\n{% endfor %}\n\nBye.",
    ));
    let text = shown(&last, &[("cart", CART)]);
    assert_eq!(text, "A\nTea & \"co\"\nCups\n\nBye.");
    let numbered = compiled(&markdown(
        "Steps:\n\n1. Open\n{% for step in steps %}\n2. {{ step }}\n{% endfor %}\n{% if last %}\n3. Close\n\
         {% endif %}\n\nDone.",
    ));
    let steps = [("steps", "Cut,Glue"), ("last", "1")];
    assert_eq!(shown(&numbered, &steps), "Steps:\n- Open\n- Cut\n- Glue\n- Close\n\nDone.");
    assert_eq!(shown(&numbered, &[("steps", "[]")]), "Steps:\n- Open\n\nDone.");
    let page = Reader::new("a@b.example", &steps).page(&numbered);
    assert_eq!((page.matches("<ol").count(), page.matches("<li").count()), (1, 4), "{page}");
    let nested = compiled(&markdown(
        "{% for group in groups %}{{ group.name }}: {% for name in group.names %}{{ name }}\
         {% if not loop.last %}, {% endif %}{% endfor %}; {% endfor %}",
    ));
    let groups = r#"[{"name":"A","names":["a","b"]},{"name":"B","names":"c,d"}]"#;
    assert_eq!(shown(&nested, &[("groups", groups)]), "A: a, b; B: c, d;");
    let kept = Compiled::from_json(&nested.to_json().unwrap()).unwrap();
    let reader = Reader::new("a@b.example", &[("groups", groups)]);
    assert_eq!(reader.message(&kept), reader.message(&nested));
}

#[test]
fn loops_are_bounded() {
    let nested = compiled(&markdown(
        "{% for a in xs %}{% for b in xs %}{% for c in xs %}.{% endfor %}{% endfor %}{% endfor %}",
    ));
    let list = vec!["x"; 40].join(",");
    let reader = Reader::new("a@b.example", &[("xs", list.as_str())]);
    let tag = "xs".to_owned();
    assert_eq!(reader.message(&nested), Err(RenderProblem::TooManyItems { tag }));
    let endless = compiled(&markdown("{% for a in range(100000) %}.{% endfor %}"));
    assert!(reader.message(&endless).is_err());
}

#[test]
fn mistakes_in_loops_are_told_with_their_place() {
    let told = [
        "{% for x in y %}a",
        "a{% endfor %}",
        "{% if a %}{% for x in y %}{% endif %}{% endfor %}",
        "{% for x in y %}{% elif z %}{% endfor %}",
        "{% for x %}{% endfor %}",
        "{% for email in y %}{% endfor %}",
        "{% for x in y | shout %}{% endfor %}",
        "{% for x in Y %}{% endfor %}",
        "{% for x in y %}{{ z.a }}{% endfor %}",
        "{{ loop.index }}",
        "<p {% for x in y %}a{% endfor %}>b</p>",
        "<table>{% for x in y %}<tr><!-- {% endfor %} --></table>",
    ]
    .map(|body| match try_compiled(&html(body)) {
        Err(problems) => problems.to_string(),
        Ok(_) => format!("accepted: {body}"),
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    line 6, column 1: this loop is never closed; write {% endfor %} where it ends
    line 6, column 2: this tag belongs to no loop that is open; write {% for item in list %} before it, and one {% endfor %} for each
    line 6, column 27: this tag belongs to no condition that is open; write {% if ... %} before it, and one {% endif %} for each
    line 6, column 17: this tag belongs to no condition that is open; write {% if ... %} before it, and one {% endif %} for each
    line 6, column 1: `for x` is no loop; write {% for item in list %}
    line 6, column 1: `email` can't be the name of an item; write {% for item in list %}
    line 6, column 1: `y | shout` uses `shout`, which is none of the filters: abs, capitalize, d, date, datetime, default, first, float, int, join, last, length, lines, list, lower, max, min, money, number, replace, reverse, round, sort, split, string, time, title, trim, upper; write {% for item in list %}
    line 6, column 1: {{ Y }} has capital letters, and no attribute has; write {{ y }}
    line 6, column 17: `z.a` has a dot before a name, and only what a loop goes through has parts; correct it; for two braces write {{ "{{" }}
    line 6, column 1: `loop.index` has a dot before a name, and only what a loop goes through has parts; correct it; for two braces write {{ "{{" }}
    line 6, column 1: a condition is inside the tag <p>; put whole elements into conditions, or write an expression: {{ "this" if name else "that" }}
    line 6, column 8: this condition or loop begins in one part of the text and ends in another, such as a comment; put the whole of it into one part
    "#);
}

#[test]
fn dates_and_money_follow_language_region_and_zone() {
    let text = "{{ due | date }} {{ at | datetime }} {{ price | money('EUR') }} {{ n | number }}";
    let german = markdown(text).replace("format", "lang: de-DE\nformat");
    let german = german.replace("from:", "lang: de-DE\ntimezone: Europe/Berlin\nfrom:");
    let values = |language: &'static str, zone: &'static str| {
        let at = "2026-03-01T23:30:00Z";
        [
            ("due", "2026-03-01"),
            ("at", at),
            ("price", "1234.5"),
            ("n", "1e9"),
            ("language", language),
            ("timezone", zone),
        ]
        .map(|(name, value)| (name, if value == "1e9" { "1234567" } else { value }))
    };
    let told = [
        shown(&compiled(&german), &values("", "")),
        shown(&compiled(&german), &values("en-US", "America/New_York")),
        shown(&compiled(&german), &values("de-CH", "Asia/Tokyo")),
        shown(&compiled(&markdown(text)), &values("fr", "Europe/Paris")),
        shown(&compiled(&markdown(text)), &values("", "")),
    ];
    let plain = told.join("\n").replace(['\u{a0}', '\u{202f}'], "_");
    insta::assert_snapshot!(plain, @r"
    1. März 2026 2. März 2026 um 00:30 MEZ 1.234,50_€ 1.234.567
    1. März 2026 1. März 2026 um 18:30 1.234,50_€ 1.234.567
    1. März 2026 2. März 2026 um 08:30 €_1'234.50 1'234'567
    1 mars 2026 2 mars 2026 à 00:30 1_234,50_€ 1_234_567
    March 1, 2026 March 1, 2026 at 11:30_PM UTC €1,234.50 1,234,567
    ");
    let kept = compiled(&german).to_json().unwrap();
    let reader = Reader::new("a@b.example", &values("", ""));
    let kept = Compiled::from_json(&kept).unwrap();
    assert_eq!(reader.message(&kept), reader.message(&compiled(&german)));
    let unreadable = Reader::new("a@b.example", &[("due", "1.3.2026")]);
    let not_computed = RenderProblem::NotComputed { tag: "due | date".to_owned() };
    let due = compiled(&markdown("{{ due | date }}"));
    assert_eq!(due.check(&unreadable.recipient()), Err(not_computed));
    let bad = try_compiled(&markdown("{{ due | date('ful') }}")).unwrap_err().to_string();
    assert!(bad.contains("asks for a date as `ful`"), "{bad}");
    let zone = markdown("x").replace("from:", "timezone: Berlin\nfrom:");
    insta::assert_snapshot!(try_compiled(&zone).unwrap_err(), @r"
    line 3, column 11: `Berlin` is not a time zone; use a name such as Europe/Berlin or America/New_York
    ");
}

/// A template of our own kind, and nothing that only HTML would mean.
fn template() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    let leaf = prop_oneof![
        "[a-z0-9.]{1,8}",
        name().prop_map(|name| format!("{{{{ {name} | default(\"-\") }}}}")),
        name().prop_map(|name| format!("{{{{ {name} | default('x') | upper }}}}")),
        (name(), name()).prop_map(|(a, b)| format!(
            "{{{{ 'y' if {a} | default('') == '1' else {b} | default('n') }}}}"
        )),
    ];
    let in_loop = prop_oneof![
        Just("{{ x }}".to_owned()),
        Just("{{ loop.index }}{{ x | upper }}".to_owned()),
        Just("{% if loop.last %}.{% else %}{{ x }},{% endif %}".to_owned()),
        Just("{% if x == '2' %}two{% elif a %}{{ a }}{% endif %}".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let question = prop_oneof![
            name().prop_map(str::to_owned),
            name().prop_map(|name| format!("not {name}")),
            name().prop_map(|name| format!("{name} == \"1\"")),
            (name(), name()).prop_map(|(a, b)| format!("{a} and {b} != '2'")),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (question.clone(), inner.clone())
                .prop_map(|(ask, then)| format!("{{% if {ask} %}}{then}{{% endif %}}")),
            (prop::sample::select(vec!["l", "m"]), in_loop.clone(), inner.clone()).prop_map(
                |(list, item, other)| format!(
                    "{{% for x in {list} %}}{item}{other}{{% else %}}{other}{{% endfor %}}"
                )
            ),
            (question.clone(), question, inner.clone(), inner.clone(), inner).prop_map(
                |(ask, other, then, or, last)| format!(
                    "{{% if {ask} %}}{then}{{% elif {other} %}}{or}{{% else %}}{last}{{% endif %}}"
                )
            ),
        ]
    })
}

proptest! {
    #[test]
    fn lowering_shows_what_minijinja_shows(
        template in template(),
        values in prop::collection::btree_map(
            prop::sample::select(vec!["a", "b", "c"]),
            prop::sample::select(vec!["1", "2", "x y", "Q"]),
            0..3,
        ),
        items in prop::collection::vec(prop::sample::select(vec!["1", "2", "x y"]), 0..4),
    ) {
        let mut known: BTreeMap<&str, Value> =
            values.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
        // A list as JSON, and one with commas, which can't be empty.
        let (json, commas) = (serde_json::to_string(&items).unwrap(), items.join(","));
        known.insert("l", items.iter().copied().collect());
        known.insert("m", items.iter().copied().collect());
        let expect = Environment::new().render_str(&template, &known).unwrap();
        // Marks at both ends: a text part has no white space there.
        let compiled = compiled(&html(&format!("<p>[{template}]</p>")));
        let mut values: Vec<(&str, &str)> = values.into_iter().collect();
        values.extend([("l", json.as_str()), ("m", commas.as_str())]);
        prop_assert_eq!(shown(&compiled, &values), format!("[{expect}]"), "{}", template);
        let page = Reader::new("a@b.example", &values).page(&compiled);
        let in_page = format!("<p>[{expect}]</p>");
        prop_assert!(page.contains(&in_page), "{}", page);
        let kept = Compiled::from_json(&compiled.to_json().unwrap()).unwrap();
        prop_assert_eq!(shown(&kept, &values), format!("[{expect}]"));
    }
}
