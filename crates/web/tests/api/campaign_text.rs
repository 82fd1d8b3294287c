//! What a campaign says, by the API: over the version that was read, or not at all.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::house::{Answer, House};

const CREATE: &str = r#"{"text":"---\nsubject: x\nfrom: a@b.example\n---\nx\n","topic":"news"}"#;

async fn put(house: &House, path: &str, token: &str, tag: Option<&str>, text: &str) -> Answer {
    let mut request = Request::put(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let body = serde_json::json!({ "text": text }).to_string();
    house.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_text_is_written_over_the_one_that_was_read() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = house.post("/api/v1/campaigns", &token, "made", CREATE).await;
    let number = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/campaigns/{number}/announcement");
    let read = house.get(&path, &token).await;
    assert_eq!((&read.json()["revision"], &read.json()["saved_by"]), (&0.into(), &().into()));
    let tag = read.header("etag").unwrap().to_owned();
    let without = put(&house, &path, &token, None, "half a te").await;
    assert_eq!((without.status.as_u16(), without.code()), (428, "precondition_needed".into()));
    let written = put(&house, &path, &token, Some(&tag), "half a te").await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.body);
    assert_eq!(written.json()["revision"], 1);
    assert_ne!(written.header("etag"), Some(tag.as_str()));
    let stale = put(&house, &path, &token, Some(&tag), "another").await;
    assert_eq!((stale.status.as_u16(), stale.code()), (412, "changed".into()));
    assert_eq!(stale.header("etag"), written.header("etag"), "what there is now");
    assert_eq!(house.get(&path, &token).await.json()["text"], "half a te");
    // What is unfinished is not sent.
    let start = format!("/api/v1/campaigns/{number}/start");
    let body = r#"{"expect":{"audience_at_most":10}}"#;
    let refused = house.post(&start, &token, "start", body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "announcement".into()));
}

#[tokio::test]
async fn a_draft_gets_another_topic_over_the_one_that_was_read() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = house.post("/api/v1/campaigns", &token, "made", CREATE).await;
    let path = format!("/api/v1/campaigns/{}", made.json()["id"].as_str().unwrap());
    let edit = |tag: Option<String>, topic: &str| {
        let mut request = Request::patch(&path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/merge-patch+json");
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        let body = serde_json::json!({ "topic": topic }).to_string();
        house.send(request.body(Body::from(body)).unwrap())
    };
    let read = house.get(&path, &token).await;
    let tag = read.header("etag").map(str::to_owned);
    assert_eq!(edit(None, "foreign-topic").await.code(), "precondition_needed");
    let done = edit(tag.clone(), "foreign-topic").await;
    assert_eq!(done.json()["topic"], "foreign-topic", "{}", done.body);
    let late = edit(tag, "news").await;
    assert_eq!((late.status.as_u16(), late.code()), (412, "changed".into()));
    assert_eq!(late.header("etag"), done.header("etag"), "what there is now");
    assert_eq!(house.get(&path, &token).await.json()["topic"], "foreign-topic");
}
