//! A whole document that says something else to each reader, through the wire and back.

use harness::http;
use harness::letter::Letter;
use harness::pharos::Pharos;
use harness::sink::Sink;
use serde_json::Value;

const OFFER: &str = r##"---
subject: "{{ 'Your team' if plan | default('') == 'team' else 'A plan for you' }}"
from: Aurora <news@aurora.example>
topic: release-notices
lang: de
utm_source: news
---
<!DOCTYPE html>
<html lang="de">
<head>
<title>The <html> tag turns 30</title>
<style>.cell { width: 300px } @media (max-width: 480px) { .cell { width: 100% } } a { color: #fff }</style>
</head>
<body bgcolor="#eeeeee">
<!--[if mso]><v:roundrect href="https://aurora.example/plans" data-link="plans"><center>Plans</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a href="https://aurora.example/plans" data-link="plans">Plans</a><!--<![endif]-->
<table><tr><td class="cell" title="<body>">Hallo {{ name | title }}</td></tr>
{% if plan == "team" %}<tr><td>Seats: {{ seats }}</td></tr>{% else %}<tr><td>Alone so far.</td></tr>{% endif %}
</table>
<a href="{{ account_url }}">Your account</a>
</body>
</html>
"##;

const PEOPLE: &str = "email,name,plan,seats,account_url\n\
    ann@example.org,ann,team,5,https://app.aurora.example/a?id=1&x=y\n\
    bob@example.org,bob,free,,https://app.aurora.example/b\n\
    cy@example.org,cy,team,,https://app.aurora.example/c\n\
    di@example.org,di,,,not an address\n";

#[test]
fn each_reader_gets_the_document_that_is_meant_for_them() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.write("people.csv", PEOPLE);
    pharos.ok(&["contacts", "import", "people.csv", "--topic", "release-notices"]);
    pharos.write("offer.html", OFFER);
    let said = pharos.ok(&["campaign", "create", "--file", "offer.html"]);
    assert!(said.contains("Campaign 1 is a draft with 2 tracked links."), "{said}");
    for reason in [
        "1 of 4 would be skipped: the contact has no value for {{ seats }}, and the tag has no default (contact ",
        "1 of 4 would be skipped: the contact's value for {{ account_url }} makes no web address, and a link leads there (contact ",
    ] {
        assert!(said.contains(reason), "{said}");
    }
    let checked: Value =
        serde_json::from_str(&pharos.run(&["campaign", "check", "1", "--json"]).out).expect("JSON");
    assert_eq!(checked["errors"], serde_json::json!([]));
    assert_eq!(checked["audience"]["contacts"], 4);
    assert_eq!(checked["audience"]["skipped"], 2);
    assert_eq!(checked["links"][0]["label"], "plans");
    let refused = pharos.fails(&["campaign", "start", "1"]);
    assert!(refused.contains("1 of 4 would be skipped: the contact has no value"), "{refused}");
    let told = pharos.ok(&["campaign", "check", "1", "--accept"]);
    assert!(told.contains("2 of 4 contacts would get it, with 2 tracked links."), "{told}");
    pharos.serve();
    pharos.ok(&["campaign", "start", "1"]);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 2);
    assert_eq!(report["deliveries"]["skipped"], 2);
    let letters = sink.letters();
    let to = |name: &str| letters.iter().find(|it| it.to.starts_with(name)).expect("a letter");
    check_letter(to("ann"), "Your team", "Seats: 5", "https://app.aurora.example/a?id=1&x=y");
    check_letter(to("bob"), "A plan for you", "Alone so far.", "https://app.aurora.example/b");
    let report = pharos.report_when("the clicks", |it| it["clicks"]["total"] == 4);
    let links = report["links"].as_array().expect("links");
    let counted: Vec<(&str, i64)> = links.iter().map(counts).collect();
    assert_eq!(counted, [("plans", 2), ("Your account", 2)]);
    pharos.stop();
}

#[test]
fn a_file_shows_the_blocks_that_it_is_read_as() {
    let pharos = Pharos::new(1);
    let text = "::: changes\n- **New** Maps\n:::\n\n{% if plan %}\n[Go](https://a.example \"button\")\n{% endif %}\n";
    let file = |body: &str| format!("---\nsubject: x\nfrom: a@news.example\n---\n\n{body}");
    pharos.write("a.md", file(text));
    let told = pharos.ok(&["announcement", "blocks", "a.md"]);
    let expect =
        "changes\n  New         Maps\nif          plan\n  button      Go <https://a.example>\n";
    assert_eq!(told, expect);
    assert_eq!(pharos.ok(&["announcement", "blocks", "a.md", "--text"]), text);
    let json: Value =
        serde_json::from_str(&pharos.ok(&["announcement", "blocks", "a.md", "--json"]))
            .expect("JSON");
    assert_eq!(json[0]["blocks"][0]["changes"][0]["label"], "New");
    pharos.write("b.md", file("::: product\n\n::: colums\n:::\n"));
    let said = pharos.fails(&["announcement", "blocks", "b.md"]);
    assert!(said.contains("line 6, column 1: the block `::: product` is never closed"), "{said}");
    assert!(
        said.contains("line 8, column 1: there is no block `colums`; did you mean `::: columns`?")
    );
}

fn check_letter(letter: &Letter, subject: &str, shown: &str, account: &str) {
    assert_eq!(letter.subject, subject);
    assert!(letter.html.contains(shown) && letter.text.contains(shown), "{}", letter.text);
    for kept in [
        "<!DOCTYPE html>\n<html lang=\"de\">",
        "<body bgcolor=\"#eeeeee\">",
        "@media (max-width: 480px) { .cell { width: 100% !important } }",
        "<td style=\"width:300px\" class=\"cell\" title=\"<body>\">",
        "<!--[if mso]><v:roundrect href=\"",
        "Sie erhalten diese Nachricht",
    ] {
        assert!(letter.html.contains(kept), "{kept}: {}", letter.html);
    }
    assert!(letter.text.contains("Abbestellen: "), "{}", letter.text);
    let links = letter.links();
    let target = |link: &String| http::get(link).header("location").expect("a target").to_owned();
    let plans = "https://aurora.example/plans?utm_source=news";
    assert_eq!(target(&links[0]), plans);
    let personal = links.last().expect("a link");
    let separator = if account.contains('?') { '&' } else { '?' };
    assert_eq!(target(personal), format!("{account}{separator}utm_source=news"));
    // Without what is sealed behind it the token leads nowhere, and nobody can put a target there.
    let (token, _) = personal.rsplit_once('/').expect("a sealed target");
    assert_eq!(http::get(token).status, 404);
    assert_eq!(http::get(&format!("{token}/aHR0cHM6Ly9ldmlsLmV4YW1wbGU")).status, 404);
}

fn counts(link: &Value) -> (&str, i64) {
    (link["label"].as_str().expect("a label"), link["clicks"].as_i64().expect("clicks"))
}

#[test]
fn what_can_not_be_sent_is_told_before_anyone_gets_it() {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    let text =
        "---\nsubject: x\nfrom: a@aurora.example\ntopic: release-notices\n---\n{{ fist_name }}";
    pharos.write("typo.md", text);
    pharos.ok(&["campaign", "create", "--file", "typo.md"]);
    let said = pharos.run(&["campaign", "check", "1"]);
    let told = "Error: line 6: no contact has `fist_name` (did you mean `first_name`?); no message can be made";
    assert!(said.out.contains(told), "{}", said.out);
    assert!(said.err.contains("campaign 1 can't be sent as it is: 1 error"), "{}", said.err);
    pharos.write("latin.md", b"---\nsubject: Gr\xfc\xdfe\n");
    let said = pharos.fails(&["campaign", "create", "--file", "latin.md"]);
    assert!(said.contains("line 2, column 12: the byte 0xFC is no UTF-8"), "{said}");
}

#[test]
fn a_test_message_can_be_looked_at_until_its_reader_is_erased() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(1);
    pharos.serve().create_campaign();
    let owner = pharos.owner();
    let inbox = "/admin/inbox";
    assert!(owner.get(inbox).text().contains("No test messages yet"));
    let test = ["campaign", "test-send", "1", "--to", "boss@reader.example"];
    let said = pharos.ok(&test);
    assert!(said.contains("/admin/inbox/1"), "{said}");
    pharos.ok(&[&test[..], &["--contact", "reader1@reader.example"]].concat());
    let list = owner.get(inbox).text();
    assert!(
        list.contains("href=\"/admin/inbox/2\"") && list.contains("count for nobody"),
        "{list}"
    );
    let page = owner.get(&format!("{inbox}/2?show=source")).text();
    assert!(
        page.contains("boss@reader.example")
            && page.contains("href=\"/admin/inbox/1?show=source\"")
    );
    assert!(owner.get(&format!("{inbox}/2/html")).text().contains("Reader 1"));
    assert_eq!(sink.letters().len(), 2);
    pharos.ok(&["contacts", "erase", "reader1@reader.example", "--yes"]);
    assert_eq!(owner.get(&format!("{inbox}/2")).status, 404);
    assert_eq!(owner.get(&format!("{inbox}/1")).status, 200);
}
