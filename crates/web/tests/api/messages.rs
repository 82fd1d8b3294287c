//! Single messages by the API: what is refused, what is done once, and what is told of them.

use axum::http::StatusCode;
use model::{Removal, Right};
use serde_json::{Value, json};

use crate::house::{Answer, House, now, system};

const CODE: &str = "---\nname: Your code\nsubject: \"{{ code }} is your code\"\n\
    from: Aurora <codes@aurora.example>\n---\n\
    {{ greeting | default('Hello') }}, it is {{ code }}, {{ first_name }}. {{ due }}\n";
const PATH: &str = "/api/v1/messages";
const TO_ZOE: &str = r#"{"announcement":"Your code","to":"Zoe@x.example",
    "attributes":{"code":"48213","first_name":"Zoe","due":"today","other":"not kept"}}"#;

impl House {
    /// An installation with an announcement that shows a code.
    async fn with_code() -> Self {
        let house = Self::new().await;
        house.say(CODE).await;
        house
    }

    async fn say(&self, source: &str) -> i64 {
        self.say_as("Your code", source).await
    }

    async fn say_as(&self, name: &str, source: &str) -> i64 {
        let new = store::NewAnnouncement {
            name: name.into(),
            subject: "Your code".into(),
            source: source.into(),
        };
        self.store.announcement_save(new, now()).await.unwrap().0
    }

    async fn send_message(&self, token: &str, key: &str, body: &Value) -> Answer {
        self.post(PATH, token, key, &body.to_string()).await
    }
}

#[tokio::test]
async fn a_message_is_accepted_once_however_often_it_is_asked_for() {
    let house = House::with_code().await;
    let token = house.token(&[Right::MessagesSend, Right::DeliveriesRead], &[]).await;
    let many = (0..100).map(|_| house.post(PATH, &token, "k", TO_ZOE));
    let answers = futures_util::future::join_all(many).await;
    let first = answers[0].json();
    let mut replayed = 0;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        assert_eq!(answer.json()["id"], first["id"]);
        let place = format!("{PATH}/{}", first["id"].as_str().unwrap());
        assert_eq!(answer.header("location"), Some(place.as_str()));
        replayed += usize::from(answer.header("idempotency-replayed") == Some("true"));
    }
    assert_eq!(replayed, 99);
    assert_eq!((&first["state"], &first["test"]), (&json!("queued"), &json!(false)));
    assert_eq!(first["email"], "Z•••@x.example", "it may not see addresses: {first}");
    let other = house.post(PATH, &token, "k", &TO_ZOE.replace("48213", "48214")).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "key_used"));
    let all = house.store.messages_page(Default::default(), 9).await.unwrap().messages;
    assert_eq!(all.len(), 2, "and that of the house");
    let stranger = house.token(&[Right::MessagesSend], &[]).await;
    let own = house.post(PATH, &stranger, "k", TO_ZOE).await;
    assert_ne!(own.json()["id"], first["id"], "another token has keys of its own");
}

#[tokio::test]
async fn what_was_accepted_is_told_again_whatever_has_changed() {
    let house = House::with_code().await;
    let token = house.token(&[Right::MessagesSend], &[]).await;
    let first = house.post(PATH, &token, "k", TO_ZOE).await.json();
    let hash =
        house.store.address_suppress("zoe@x.example".into(), Removal::Complaint, [9; 32], now());
    hash.await.unwrap();
    house.say(&CODE.replace("{{ code }}", "{{ another }}")).await;
    let again = house.post(PATH, &token, "k", TO_ZOE).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
    assert_eq!(again.json()["id"], first["id"]);
    let used = house.post(PATH, &token, "k", &TO_ZOE.replace("48213", "1")).await;
    assert_eq!(used.code(), "key_used", "though it would be refused as well");
    let refused = house.post(PATH, &token, "l", TO_ZOE).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "address_suppressed"));
}

/// Messages that are refused, and what is said of their fields; of versions that can't be sent.
fn wrong_messages(half: i64, leaving: i64) -> Vec<(Value, &'static str)> {
    let good = json!({ "code": "1", "first_name": "Zoe", "due": "x" });
    let to = "zoe@x.example";
    vec![
        (json!({ "to": to }), "/announcement field"),
        (json!({ "announcement": "Your code" }), "/to field"),
        (json!({ "announcement": "Your code", "to": to, "contact": "1" }), "/to field"),
        (json!({ "announcement": "None", "to": to }), "/announcement announcement_not_found"),
        (json!({ "announcement_id": "987", "to": to }), "/announcement_id announcement_not_found"),
        (json!({ "announcement_id": "x", "to": to }), "/announcement_id announcement_not_found"),
        (json!({ "announcement_id": half.to_string(), "to": to }), "/announcement_id announcement"),
        (
            json!({ "announcement_id": leaving.to_string(), "to": to }),
            "/announcement_id announcement",
        ),
        (json!({ "announcement": "Your code", "to": "none" }), "/to address_syntax"),
        (json!({ "announcement": "Your code", "contact": "987" }), "/contact contact_not_found"),
        (
            json!({ "announcement": "Your code", "to": "GONE@x.example", "attributes": good }),
            "/to address_suppressed",
        ),
        (
            json!({ "announcement": "Your code", "to": to, "attributes": { "due": " " } }),
            "/attributes/code value_missing, /attributes/first_name value_missing, \
             /attributes/due value_missing",
        ),
        (
            json!({ "announcement": "Your code", "to": to, "attributes":
                { "code": "1\r\nBcc: a@x.example", "first_name": "Zoe", "due": "x" } }),
            "/attributes/code value_unusable",
        ),
        (json!({ "announcement": "Your code", "to": to, "at": "now" }), "/at field"),
    ]
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let house = House::with_code().await;
    let token = house.token(&[Right::MessagesSend], &[]).await;
    let half = house.say_as("half", "---\nname: half\n---\nNo subject\n").await;
    let leaving =
        "---\nname: a\nsubject: a\nfrom: a@a.example\n---\n[leave]({{ unsubscribe_url }})\n";
    let leaving = house.say_as("leaving", leaving).await;
    let suppress =
        house.store.address_suppress("gone@x.example".into(), Removal::HardBounce, [9; 32], now());
    suppress.await.unwrap();
    for (body, wrong) in wrong_messages(half, leaving) {
        let refused = house.send_message(&token, &body.to_string(), &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.body);
        let said = refused.json();
        let fields = said["errors"].as_array().unwrap().iter();
        let fields: Vec<String> = fields
            .map(|it| {
                format!("{} {}", it["pointer"].as_str().unwrap(), it["code"].as_str().unwrap())
            })
            .collect();
        let mut wrong: Vec<&str> = wrong.split(", ").collect();
        wrong.sort_unstable();
        let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, wrong, "{body}: {}", refused.body);
    }
    let no_key = axum::http::Request::post(PATH)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(TO_ZOE));
    let no_key = house.send(no_key.unwrap()).await;
    assert_eq!((no_key.status.as_u16(), no_key.code().as_str()), (400, "key_missing"));
    let all = house.store.messages_page(Default::default(), 9).await.unwrap().messages;
    assert_eq!(all.len(), 1, "that of the house alone");
}

#[tokio::test]
async fn a_contact_lends_what_the_request_does_not_say() {
    let house = House::with_code().await;
    let token = house.token(&[Right::MessagesSend, Right::ContactsRead], &[]).await;
    let values = |values: Value| json!({ "announcement": "Your code", "to": "ANN@own.example", "attributes": values });
    let lent = values(json!({ "code": "1", "due": "x", "other": "y" }));
    let sent = house.send_message(&token, "1", &lent).await.json();
    assert_eq!(sent["contact"], house.own.contact.to_string(), "{sent}");
    assert_eq!(sent["email"], "ANN@own.example");
    let person = house.get("/api/v1/addresses/ann@own.example", &token).await.json();
    assert_eq!(person["messages"][0]["id"], sent["id"], "{person}");
    let own = values(json!({ "code": "1", "due": "x", "first_name": "Anna" }));
    house.send_message(&token, "2", &own).await;
    let by_id = json!({ "announcement": "Your code", "contact": house.own.contact.to_string(),
        "attributes": { "code": "1", "due": "x" } });
    assert_eq!(house.send_message(&token, "3", &by_id).await.json()["email"], "ann@own.example");
    let (lease, longest) = (std::time::Duration::from_secs(60), std::time::Duration::from_secs(60));
    let claimed = house.store.messages_claim(1, 9, now(), lease, longest).await.unwrap();
    let kept: Vec<Value> = claimed.iter().map(|it| json!(it.attributes)).collect();
    assert_eq!(
        kept[1..],
        [
            json!({ "code": "1", "due": "x", "first_name": "own ann" }),
            json!({ "code": "1", "due": "x", "first_name": "Anna" }),
            json!({ "code": "1", "due": "x", "first_name": "own ann" }),
        ]
    );
}

#[tokio::test]
async fn a_rehearsal_checks_and_keeps_nothing() {
    let house = House::with_code().await;
    let token = house.token(&[Right::MessagesSend], &[]).await;
    let body = TO_ZOE.replacen('{', "{\"dry_run\":true,", 1);
    let checked = house.post(PATH, &token, "k", &body).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.body);
    assert_eq!(checked.json()["id"], Value::Null);
    assert_eq!(checked.json()["announcement"], "Your code");
    let wrong = house.post(PATH, &token, "k", &body.replace("due", "don")).await;
    assert_eq!(wrong.code(), "value_missing");
    let sent = house.post(PATH, &token, "k", TO_ZOE).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "its key is free: {}", sent.body);
}

#[tokio::test]
async fn what_a_test_token_asks_for_lands_in_the_inbox_and_in_no_lane() {
    let house = House::with_code().await;
    let scopes = [Right::MessagesSend, Right::InboxRead, Right::DeliveriesRead];
    let (_, token) = house.token_of(&system(), &scopes, &[], None, false).await;
    let sent = house.post(PATH, &token, "k", TO_ZOE).await.json();
    house.post(PATH, &token, "k", TO_ZOE).await;
    assert_eq!((&sent["test"], &sent["state"]), (&json!(true), &json!("sent")), "{sent}");
    let inbox = house.get("/api/v1/inbox", &token).await.json();
    let told: Vec<&Value> = inbox["data"].as_array().unwrap().iter().collect();
    assert_eq!(told[0]["message"], json!({ "id": sent["id"], "announcement": "Your code" }));
    assert_eq!(
        (&told[0]["subject"], &told[0]["campaign"]),
        (&json!("48213 is your code"), &Value::Null)
    );
    assert_eq!(told[1]["message"], Value::Null, "once: {inbox}");
    let narrow = house.token(&[Right::InboxRead], &[house.own.topic]).await;
    let own = house.get("/api/v1/inbox", &narrow).await.json();
    assert_eq!(own["data"].as_array().unwrap().len(), 1, "it is of no topic: {own}");
    let number = told[0]["id"].as_str().unwrap();
    let hidden = house.get(&format!("/api/v1/inbox/{number}"), &narrow).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let waiting = house.store.messages_waiting().await.unwrap();
    assert_eq!(waiting.queued, 1, "that of the house alone");
    // Whoever may not read contacts does not read their values in the inbox.
    let to_ann = json!({ "announcement": "Your code", "to": "ann@own.example",
        "attributes": { "code": "1", "due": "x" } });
    let refused = house.send_message(&token, "ann", &to_ann).await;
    assert_eq!(refused.code(), "value_missing", "{}", refused.body);
}

#[tokio::test]
async fn a_token_of_some_topics_learns_why_it_may_not() {
    let house = House::with_code().await;
    let narrow =
        house.token(&[Right::MessagesSend, Right::DeliveriesRead], &[house.own.topic]).await;
    let one = format!("{PATH}/1");
    for refused in [
        house.post(PATH, &narrow, "k", TO_ZOE).await,
        house.get(PATH, &narrow).await,
        house.get(&one, &narrow).await,
    ] {
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        assert!(refused.body.contains("on all topics"), "{}", refused.body);
    }
}

#[tokio::test]
async fn messages_are_listed_by_state_and_address_for_who_may() {
    let house = House::with_code().await;
    let wide = house.token(&[Right::MessagesSend, Right::DeliveriesRead, Right::ContactsRead], &[]);
    let wide = wide.await;
    for key in ["a", "b", "c"] {
        let body = TO_ZOE.replace("Zoe@", &format!("{key}@"));
        house.post(PATH, &wide, key, &body).await;
    }
    let ids = |answer: Answer| {
        let json = answer.json();
        let data = json["data"].as_array().unwrap().iter();
        (
            data.map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            json["next"].clone(),
        )
    };
    let (two, next) = ids(house.get(&format!("{PATH}?limit=2"), &wide).await);
    let path = format!("{PATH}?limit=2&after={}", next.as_str().unwrap());
    let (rest, end) = ids(house.get(&path, &wide).await);
    assert_eq!((two.len(), rest.len(), end), (2, 2, Value::Null));
    let (found, _) = ids(house.get(&format!("{PATH}?q=B%40X"), &wide).await);
    assert_eq!(found, [two[1].as_str()]);
    assert_eq!(ids(house.get(&format!("{PATH}?state=in_doubt"), &wide).await).0.len(), 0);
    assert_eq!(ids(house.get(&format!("{PATH}?state=queued"), &wide).await).0.len(), 4);
    let one = house.get(&format!("{PATH}/{}", found[0]), &wide).await;
    assert_eq!(one.json()["email"], "b@x.example");
    assert!(one.header("etag").is_some());
    let masked = house.token(&[Right::DeliveriesRead], &[]).await;
    assert!(!house.get(PATH, &masked).await.body.contains("b@x.example"));
    assert_eq!(house.get(&format!("{PATH}?q=b"), &masked).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.get(&format!("{PATH}/987"), &masked).await.code(), "message_not_found");
}
