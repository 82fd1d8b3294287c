//! Announcements without a campaign, by the API: added once, written over what was read, deleted when
//! nothing needs them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::house::{Answer, House};

const ALL: &str = "/api/v1/announcements";

fn text(body: &str) -> String {
    format!("---\nsubject: Code\nfrom: a@b.example\n---\n{body}\n")
}

async fn add(house: &House, token: &str, key: &str, name: &str, body: &str) -> Answer {
    let body = json!({ "name": name, "text": text(body) }).to_string();
    house.post(ALL, token, key, &body).await
}

async fn put(house: &House, path: &str, token: &str, tag: &str, body: &str) -> Answer {
    let request = Request::put(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("if-match", tag);
    house.send(request.body(Body::from(json!({ "text": body }).to_string())).unwrap()).await
}

fn pointer(answer: &Answer) -> Value {
    answer.json()["errors"][0]["pointer"].clone()
}

#[tokio::test]
async fn an_announcement_is_added_once_and_written_over_what_was_read() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = add(&house, &token, "k", "password-reset", "It is {{ code }}.").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("{ALL}/{id}").as_str()));
    let again = add(&house, &token, "k", "password-reset", "It is {{ code }}.").await;
    assert_eq!(again.json()["id"], id.as_str());
    let taken = add(&house, &token, "l", " password-reset ", "Another.").await;
    assert_eq!((taken.status.as_u16(), pointer(&taken)), (422, "/name".into()), "{}", taken.body);
    let broken = add(&house, &token, "m", "broken", "{% if %}").await;
    assert_eq!(
        (broken.status.as_u16(), pointer(&broken)),
        (422, "/text".into()),
        "{}",
        broken.body
    );

    let path = format!("{ALL}/{id}/text");
    let read = house.get(&path, &token).await;
    assert_eq!(read.json()["single_message_problem"], Value::Null);
    let tag = read.header("etag").unwrap().to_owned();
    let written = put(&house, &path, &token, &tag, &text("Now {{ code }}.")).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.body);
    assert_eq!((&written.json()["version"], &written.json()["in_use"]), (&2.into(), &true.into()));
    let stale = put(&house, &path, &token, &tag, &text("Other.")).await;
    assert_eq!((stale.status.as_u16(), stale.code()), (412, "changed".into()));
    let unfinished = put(&house, &path, &token, "*", "half a te").await;
    assert_eq!((unfinished.status.as_u16(), pointer(&unfinished)), (422, "/text".into()));

    let newest = written.json()["id"].as_str().unwrap().to_owned();
    let preview = house.get(&format!("{ALL}/{newest}/preview?value=code=48213"), &token).await;
    assert!(preview.json()["text"].as_str().unwrap().contains("Now 48213."), "{}", preview.body);
    assert!(!preview.body.contains("nsubscribe"), "a single message: {}", preview.body);
}

#[tokio::test]
async fn what_only_a_topics_reader_has_is_for_campaigns_alone() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = add(&house, &token, "k", "offer", "[Leave]({{ unsubscribe_url }})").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let problem = made.json()["single_message_problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("unsubscribe_url"), "{problem}");
    let send = r#"{"announcement":"offer","to":"new@own.example"}"#;
    let refused = house.post("/api/v1/messages", &token, "send", send).await;
    assert_eq!((refused.status.as_u16(), pointer(&refused)), (422, "/announcement".into()));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let preview = house.get(&format!("{ALL}/{id}/preview"), &token).await;
    assert!(preview.status.is_success(), "{}", preview.body);
}

#[tokio::test]
async fn an_announcement_is_deleted_when_no_message_waits() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = add(&house, &token, "k", "reset", "Hello.").await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let delete = format!("{ALL}/{id}/delete");
    let by_id = json!({ "announcement_id": id, "to": "new@own.example" }).to_string();
    let sent = house.post("/api/v1/messages", &token, "send", &by_id).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    let refused = house.post(&delete, &token, "d", "").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "announcement_needed".into()));
    assert!(refused.body.contains(sent.json()["id"].as_str().unwrap()), "{}", refused.body);
    let of_campaign = format!("{ALL}/{}/delete", house.own.announcement);
    let refused = house.post(&of_campaign, &token, "e", "").await;
    assert!(refused.body.contains("campaign"), "{}", refused.body);

    let other = add(&house, &token, "o", "other", "Hello.").await;
    let id = other.json()["id"].as_str().unwrap().to_owned();
    // It is among the forms in memory.
    let check = json!({ "announcement_id": id, "to": "new@own.example", "dry_run": true });
    let check = check.to_string();
    let checked = house.post("/api/v1/messages", &token, "check", &check).await;
    assert!(checked.status.is_success(), "{}", checked.body);
    let done = house.post(&format!("{ALL}/{id}/delete"), &token, "f", "").await;
    assert_eq!(done.json(), json!({ "name": "other", "versions": 1 }));
    let again = house.post(&format!("{ALL}/{id}/delete"), &token, "f", "").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.body);
    let gone = house.post("/api/v1/messages", &token, "g", &check).await;
    assert_eq!((gone.status.as_u16(), pointer(&gone)), (422, "/announcement_id".into()));
    for path in [format!("{ALL}/{id}"), format!("{ALL}/{id}/text"), format!("{ALL}/{id}/preview")] {
        assert_eq!(house.get(&path, &token).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(
        add(&house, &token, "p", "other", "Hello.").await.status.is_success(),
        "its name is free"
    );
}
