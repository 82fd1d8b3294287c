//! Requests that change something: those that come twice, those that make no sense, those that come
//! too often.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use access::{CreateToken, token_create};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::Right;
use proptest::prelude::*;
use serde_json::{Value, json};
use store::IdempotentRequest;
use web::{API_ROUTES, Verb};

use crate::house::{House, now};

const NEW: &str = r#"{"name":"x","scopes":["reports:read"]}"#;

async fn count(house: &House, action: &str) -> usize {
    house.log().await.iter().filter(|it| *it == action).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_equal_requests_at_once_act_once() {
    let house = Arc::new(House::new().await);
    let token = house.everything().await;
    let before = count(&house, "token.create").await;
    let mut tasks = Vec::new();
    for _ in 0..100 {
        let (house, token) = (Arc::clone(&house), token.clone());
        tasks.push(tokio::spawn(async move {
            house.post("/api/v1/tokens", &token, "nightly", NEW).await
        }));
    }
    let (mut ids, mut secrets, mut replayed) = (Vec::new(), Vec::new(), 0);
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let said = answer.json();
        ids.push(said["id"].clone());
        secrets.extend(said["token"].as_str().map(str::to_owned));
        replayed += usize::from(answer.header("idempotency-replayed") == Some("true"));
    }
    ids.dedup();
    assert_eq!((ids.len(), secrets.len(), replayed), (1, 1, 99));
    assert_eq!(count(&house, "token.create").await, before + 1);
    assert_eq!(house.counters.replayed.load(Ordering::Relaxed), 99);
    assert!(house.get("/api/v1/me", &secrets[0]).await.status.is_success());
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_token() {
    let house = House::new().await;
    let (token, other) = (house.everything().await, house.everything().await);
    let first = house.post("/api/v1/tokens", &token, "k", NEW).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let changed = NEW.replace("\"x\"", "\"y\"");
    for (path, body) in [("/api/v1/tokens", changed.as_str()), ("/api/v1/campaigns", NEW)] {
        let refused = house.post(path, &token, "k", body).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "key_used"), "{path}");
    }
    let own = house.post("/api/v1/tokens", &other, "k", NEW).await;
    assert_eq!(own.status, StatusCode::CREATED);
    assert_ne!(own.json()["id"], first.json()["id"]);
    for (key, code) in [("", "key_syntax"), ("é", "key_syntax"), (&"k".repeat(256), "key_syntax")]
    {
        let refused = house.post("/api/v1/tokens", &token, key, NEW).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, code), "{key}");
    }
    let request =
        Request::post("/api/v1/tokens").header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json").body(Body::from(NEW));
    assert_eq!(house.send(request.unwrap()).await.code(), "key_missing");
}

#[tokio::test]
async fn what_was_done_before_its_answer_was_stored_is_told_from_what_was_made() {
    let house = House::new().await;
    let (id, token) = {
        let all = [Right::UsersWrite, Right::ReportsRead];
        house.token_of(&crate::house::system(), &all, &[], None, true).await
    };
    // As a server does it that is killed between the effect and the answer.
    let asking = access::token_authenticate(&house.store, &token, now()).await.unwrap().unwrap();
    let request = IdempotentRequest {
        key: "lost".into(),
        request: "POST /api/v1/tokens".into(),
        body_hash: sha256(NEW.as_bytes()),
    };
    let create = CreateToken {
        name: "x".into(),
        live: true,
        scopes: vec![Right::ReportsRead],
        topics: Vec::new(),
        ends_at: None,
        request: Some(request),
    };
    let made = token_create(&house.store, &asking, create, now()).await.unwrap();
    assert_ne!(made.id, id);
    for _ in 0..2 {
        let again = house.post("/api/v1/tokens", &token, "lost", NEW).await;
        assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
        assert_eq!(again.json(), json!({ "id": made.id.to_string(), "token": null }));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[tokio::test]
async fn a_campaign_goes_its_way_by_the_api() {
    let house = House::new().await;
    let token = house.everything().await;
    let text = "---\nsubject: Hello\nfrom: a@aurora.example\n---\nHello\n";
    let bad = json!({ "text": text, "topic": "nothing" }).to_string();
    let refused = house.post("/api/v1/campaigns", &token, "a", &bad).await;
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.body);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/topic");
    let broken = json!({ "text": "---\nsubject: x\n", "topic": "news" }).to_string();
    let refused = house.post("/api/v1/campaigns", &token, "b", &broken).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/text", "{}", refused.body);
    let good = json!({ "text": text, "topic": "news" }).to_string();
    let made = house.post("/api/v1/campaigns", &token, "c", &good).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(made.json()["audience"], 2);
    let start = format!("{path}/start");
    let without = house.post(&start, &token, "d", "{}").await;
    assert_eq!(without.json()["errors"][0]["pointer"], "/expect/audience_at_most");
    let few = json!({ "expect": { "audience_at_most": 1 } }).to_string();
    let refused = house.post(&start, &token, "e", &few).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "audience_too_large"));
    let dry = house.post(&start, &token, "f", r#"{"dry_run":true}"#).await.json();
    assert_eq!((&dry["state"], &dry["audience"]), (&json!("draft"), &json!(2)), "{dry}");
    assert_eq!(house.get(&path, &token).await.json()["state"], "draft");
    let later = json!({ "expect": { "audience_at_most": 2 }, "at": "2027-01-01T00:00:00+02:00" });
    let started = house.post(&start, &token, "g", &later.to_string()).await.json();
    assert_eq!(started["starts_at"], "2026-12-31T22:00:00Z", "{started}");
    let seen = house.get(&path, &token).await.json();
    assert_eq!((&seen["state"], &seen["starts_at"]), (&json!("scheduled"), &started["starts_at"]));
    let again = house.post(&start, &token, "g", &later.to_string()).await;
    assert_eq!(again.json(), started);
    let back = house.post(&format!("{path}/take_back"), &token, "h", "").await.json();
    assert_eq!(back["state"], "draft");
}

#[tokio::test]
async fn a_test_token_causes_no_mail() {
    let house = House::new().await;
    let all: Vec<Right> =
        Right::ALL.into_iter().filter(|it| *it != Right::OwnershipWrite).collect();
    let (_, token) = house.token_of(&crate::house::system(), &all, &[], None, false).await;
    let path = format!("/api/v1/campaigns/{}", house.own.campaign);
    for (act, body) in [
        ("resume", ""),
        ("retry", r#"{"state":"failed"}"#),
        ("start", r#"{"expect":{"audience_at_most":9}}"#),
    ] {
        let refused = house.post(&format!("{path}/{act}"), &token, act, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (403, "test_token"),
            "{act}"
        );
    }
    let dry = r#"{"state":"failed","dry_run":true}"#;
    let dry = house.post(&format!("{path}/retry"), &token, "d", dry).await;
    assert_eq!(dry.json()["queued"], 0, "{}", dry.body);
    assert_eq!(house.post("/api/v1/tokens", &token, "t", NEW).await.code(), "test_token");
    let test = NEW.replace("{\"name\"", "{\"live\":false,\"name\"");
    let made = house.post("/api/v1/tokens", &token, "u", &test).await.json();
    assert!(made["token"].as_str().unwrap().starts_with("ph_test_"), "{made}");
}

#[tokio::test]
async fn bodies_are_plain_json_of_a_bounded_size() {
    let house = House::new().await;
    let token = house.everything().await;
    let send = |kind: &'static str, encoding: Option<&'static str>, body: Vec<u8>| {
        let mut request = Request::post("/api/v1/tokens")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "k")
            .header("content-type", kind);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        house.send(request.body(Body::from(body)).unwrap())
    };
    let code = |answer: crate::house::Answer| (answer.status.as_u16(), answer.code());
    let told = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code(send("text/plain", None, NEW.into()).await), told(415, "unsupported_type"));
    let form = "application/x-www-form-urlencoded";
    assert_eq!(code(send(form, None, b"a=b".to_vec()).await), told(415, "unsupported_type"));
    let gzip = send("application/json", Some("gzip"), vec![0x1f, 0x8b]).await;
    assert_eq!(code(gzip), told(415, "encoding"));
    let large = send("application/json", None, vec![b' '; (1 << 20) + 1]).await;
    assert_eq!(code(large), told(413, "body_too_large"));
    let most = send("application/json; charset=utf-8", None, vec![b' '; 1 << 20]).await;
    assert_eq!(code(most), told(400, "json"));
    let latin = send("application/json", None, b"{\"name\":\"\xe9\"}".to_vec()).await;
    assert!(latin.status.is_client_error(), "{}", latin.body);
}

#[tokio::test]
async fn cookies_and_other_schemes_are_not_looked_at() {
    let house = House::new().await;
    let token = house.everything().await;
    for (name, value) in [
        ("cookie", format!("__Host-session={token}")),
        ("authorization", format!("Basic {token}")),
        ("authorization", token.clone()),
        ("x-api-key", token.clone()),
    ] {
        let request = Request::get("/api/v1/me").header(name, &value);
        let refused = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.code(), "token_missing", "{name}");
    }
    let twice = Request::get("/api/v1/me")
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"));
    assert_eq!(house.send(twice.body(Body::empty()).unwrap()).await.code(), "token_missing");
    let small = Request::get("/api/v1/me").header("authorization", format!("bearer  {token}"));
    assert!(house.send(small.body(Body::empty()).unwrap()).await.status.is_success());
    assert!(!house.get("/api/v1/me", "").await.body.contains(&token));
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_go_on() {
    let house = House::new().await;
    let token = house.everything().await;
    house.limits.0.store(2, Ordering::SeqCst);
    let first = house.get("/api/v1/me", &token).await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"token\";q=200;w=10"));
    assert_eq!(first.header("ratelimit"), Some("\"token\";r=1;t=2"));
    house.get("/api/v1/me", &token).await;
    let refused = house.get("/api/v1/me", &token).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "limited"));
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.header("ratelimit"), Some("\"token\";r=0;t=2"));
    assert_eq!(house.counters.limited.load(Ordering::Relaxed), 1);
    house.limits.0.store(u32::MAX, Ordering::SeqCst);
    let mut codes = std::collections::BTreeMap::new();
    for _ in 0..5_010 {
        *codes.entry(house.get("/api/v1/me", "ph_live_no").await.status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(codes, [(401, 5_000), (429, 10)].into());
    assert!(house.get("/api/v1/me", &token).await.status.is_success(), "a good one is let through");
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("news".to_owned()),
        Just("reports:read".to_owned()),
        Just("failed".to_owned()),
        Just("2027-01-01T00:00:00Z".to_owned()),
        Just("9999-12-31T23:59:59Z".to_owned()),
        Just("\0".to_owned()),
        ".{0,40}",
        Just("---\nsubject: {{ x }}\nfrom: a@b.example\ntopic: news\n---\n{{ x }}\n".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("name"),
        Just("scopes"),
        Just("topics"),
        Just("live"),
        Just("ends_at"),
        Just("text"),
        Just("topic"),
        Just("in_doubt"),
        Just("expect"),
        Just("audience_at_most"),
        Just("at"),
        Just("accept_warnings"),
        Just("dry_run"),
        Just("state"),
        Just("code"),
        Just("x"),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect())
            }),
        ]
    })
}

#[test]
fn no_body_breaks_anything() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (house, token) = runtime.block_on(async {
        let house = House::new().await;
        let token = house.everything().await;
        (house, token)
    });
    let posts: Vec<String> = API_ROUTES
        .iter()
        .filter(|route| route.verb == Verb::Post && route.operation != "token_revoke")
        .map(|route| route.path.replace("{number}", &house.own.campaign.to_string()))
        .map(|path| path.replace("{id}", &house.own.contact.to_string()))
        .map(|path| path.replace("{slug}", "news"))
        .collect();
    let counter = std::cell::Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    });
    runner
        .run(&any_json(), |body| {
            for path in &posts {
                counter.set(counter.get() + 1);
                let key = format!("any {}", counter.get());
                let answer = runtime.block_on(house.post(path, &token, &key, &body.to_string()));
                prop_assert!(!answer.status.is_server_error(), "{path} {body}: {}", answer.body);
                if answer.status.is_client_error() {
                    let kind = answer.header("content-type");
                    prop_assert_eq!(kind, Some("application/problem+json"), "{} {}", path, body);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_contact_is_changed_as_it_was_read_and_foreign_topics_stay_as_they_are() {
    let house = House::new().await;
    let (store, contact) = (&house.store, house.own.contact);
    let row = store::ContactRow {
        email: model::EmailAddress::parse("ann@own.example").unwrap(),
        attributes: Default::default(),
    };
    store.contacts_import(vec![row], Some(house.foreign.topic), "x".into(), now()).await.unwrap();
    let rights = [Right::ContactsRead, Right::ContactsWrite];
    let narrow = house.token(&rights, &[house.own.topic]).await;
    let path = format!("/api/v1/contacts/{contact}");
    let patch = |tag: Option<String>, body: &'static str| {
        let mut request = Request::patch(&path)
            .header("authorization", format!("Bearer {narrow}"))
            .header("content-type", "application/merge-patch+json");
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        house.send(request.body(Body::from(body)).unwrap())
    };
    let read = house.get(&path, &narrow).await;
    assert!(!read.body.contains("foreign-topic"), "{}", read.body);
    let tag = read.header("etag").map(str::to_owned);
    let body = r#"{"attributes":{"first_name":null,"plan":"pro"}}"#;
    assert_eq!(patch(None, body).await.code(), "precondition_needed");
    assert_eq!(patch(Some("plain".into()), body).await.code(), "precondition_syntax");
    let done = patch(tag.clone(), body).await;
    assert_eq!(done.json()["attributes"], json!({ "plan": "pro" }), "{}", done.body);
    let late = patch(tag, body).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (412, "changed"));
    assert_eq!(late.header("etag"), done.header("etag"));
    // What was read can't be sent back whole: nothing is taken away by what was not shown.
    let whole = patch(Some("*".into()), r#"{"subscriptions":{"news":"subscribed"}}"#).await;
    assert_eq!(whole.json()["errors"][0]["pointer"], "/subscriptions", "{}", whole.body);
    let address = patch(Some("*".into()), r#"{"email":"new@own.example"}"#).await;
    assert_eq!(address.status, StatusCode::FORBIDDEN);
    assert!(address.body.contains("some of them"), "{}", address.body);
    let all = store.subscriptions_of(contact).await.unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    let path = format!("{path}/unsubscribe");
    let left = house.post(&path, &narrow, "u", r#"{"topic":"foreign-topic"}"#).await;
    assert_eq!(left.json()["errors"][0]["code"], "topic_not_found", "{}", left.body);
}
