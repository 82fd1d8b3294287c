//! Forms that were kept and read back.

use super::{Reader, compiled, html, markdown};
use crate::{Compiled, LinksDiffer, MergeTag, UnreadableForm};

#[test]
fn a_form_that_is_read_back_makes_the_same_bytes() {
    let texts = [
        markdown(
            "Hello {{ name }}, [one](https://a.example/ü) {{ town | default(\"Köln\") }}\n\n.dot",
        ),
        html("<p>{{ email }} <a href='https://a.example/?q={{ town }}'>x</a>{{ \"{{\" }}</p>"),
        markdown("x").replace("subject: News", "subject: For {{ name }} – {{ town }}"),
        include_str!("../../../pharos/demo/release-notice.md").to_owned(),
    ];
    let reader = Reader::new(
        "a@b.example",
        &[
            ("name", "Zoë <b>"),
            ("town", "Bonn & Rhein"),
            ("first_name", "Z"),
            ("company", "C"),
            ("plan", "p"),
        ],
    );
    for text in texts {
        let fresh = compiled(&text);
        let kept = Compiled::from_json(&fresh.to_json().unwrap()).unwrap();
        assert_eq!(reader.message(&kept), reader.message(&fresh), "{text}");
        assert_eq!(reader.page(&kept), reader.page(&fresh));
        assert_eq!(reader.text(&kept), reader.text(&fresh));
        assert_eq!((kept.links(), kept.tags()), (fresh.links(), fresh.tags()));
        assert_eq!(kept.to_json(), fresh.to_json());
    }
}

#[test]
fn the_shape_of_a_form_is_what_releases_read() {
    let form = compiled(&markdown("{{ a }} [x](https://a.example)")).to_json().unwrap();
    let form: serde_json::Value = serde_json::from_str(&form).unwrap();
    let part = |name: &str| form[name].to_string();
    insta::assert_snapshot!(
        [part("version"), part("from"), part("links"), part("values"), part("subject")].join("\n"),
        @r#"
    3
    "ann@nordlicht.example"
    [{"label":"x","slot":0,"url":"https://a.example"}]
    [{"default":null,"source":"email"},{"default":null,"source":{"attribute":"a"}}]
    {"field":"Subject: News\r\n"}
    "#
    );
    let steps = form["message"].as_array().unwrap();
    let name = |step: &serde_json::Value| match step {
        serde_json::Value::String(name) => name.clone(),
        step => step.to_string(),
    };
    let steps: Vec<String> = steps.iter().map(name).filter(|it| !it.contains("literal")).collect();
    let head = "to subject date message_id unsubscribe campaign";
    let text = r#"{"plain":1} {"link":0} {"plain":0} unsubscribe unsubscribe browse unsubscribe"#;
    let html =
        r#"view {"html":1} {"link":0} {"html":0} unsubscribe unsubscribe browse unsubscribe"#;
    assert_eq!(steps.join(" "), [head, text, html].join(" "));
}

#[test]
fn forms_of_older_versions_make_the_bytes_they_made() {
    let fresh = compiled(&markdown("{{ a }} [x](https://a.example)"));
    let mut form: serde_json::Value = serde_json::from_str(&fresh.to_json().unwrap()).unwrap();
    let fields = form.as_object_mut().unwrap();
    let reader = Reader::new("a@b.example", &[("a", "x")]);
    for (version, younger) in
        [(2, &["lists", "locale"][..]), (1, &["targets", "link_parameters", "conditions"])]
    {
        for field in younger {
            assert!(fields.remove(*field).is_some(), "{field}");
        }
        fields.insert("version".to_owned(), version.into());
        let kept = Compiled::from_json(&serde_json::to_string(&fields).unwrap()).unwrap();
        assert_eq!(reader.message(&kept), reader.message(&fresh));
    }
}

#[test]
fn a_form_that_makes_no_sense_is_refused() {
    let text = "{{ a }} [x](https://a.example) [y](https://b.example/{{ a }})";
    let form = compiled(&markdown(text)).to_json().unwrap();
    let refused = |from: &str, to: &str| {
        assert!(form.contains(from), "{from}");
        Compiled::from_json(&form.replace(from, to)).unwrap_err()
    };
    assert_eq!(refused("\"version\":3", "\"version\":5"), UnreadableForm::Newer(5));
    for (from, to) in [
        ("{\"html\":1}", "{\"html\":9}"),
        ("{\"link\":0}", "{\"link\":2}"),
        ("{\"target\":0}", "{\"target\":1}"),
        ("{\"component\":1}", "{\"component\":9}"),
        ("{\"link\":1,\"pieces\"", "{\"link\":2,\"pieces\""),
        ("\"date\"", "\"dates\""),
    ] {
        assert!(matches!(refused(from, to), UnreadableForm::Damaged(_)), "{to}");
    }
}

#[test]
fn links_that_are_numbered_otherwise_are_found() {
    let compiled = compiled(&markdown("[x](https://a.example) [y](https://b.example)"));
    let check =
        |urls: &[&str]| compiled.check_links((0..).map(model::LinkSlot).zip(urls.iter().copied()));
    assert_eq!(check(&["https://a.example", "https://b.example"]), Ok(()));
    assert_eq!(check(&["https://b.example", "https://a.example"]), Err(LinksDiffer(0)));
    assert_eq!(check(&["https://a.example"]), Err(LinksDiffer(1)));
    let more = ["https://a.example", "https://b.example", "https://c.example"];
    assert_eq!(check(&more), Err(LinksDiffer(2)));
}

#[test]
fn a_tag_says_where_it_is_needed_first() {
    let text = markdown("{{ b | default(\"x\") }}\n\n{{ c }}\n\n{{ b }}")
        .replace("subject: News", "subject: News for {{ a }}");
    let tag = |name: &str, line| MergeTag {
        name: name.to_owned(),
        line,
        has_default: false,
        is_conditional: false,
    };
    assert_eq!(compiled(&text).merge_tags(), [tag("a", 2), tag("b", 9), tag("c", 7)]);
}
