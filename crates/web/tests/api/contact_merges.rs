//! Contacts who are one person, and acts with many, over the API.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::ContactRow;

use crate::house::{Answer, House, now};

/// Every request has a key of its own.
async fn post(house: &House, path: &str, token: &str, body: &str) -> Answer {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    let key = format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    house.post(path, token, &key, body).await
}

async fn added(house: &House, address: &str) -> String {
    let email = model::EmailAddress::parse(address).unwrap();
    let row = ContactRow { email: email.clone(), attributes: Default::default() };
    let topic = house.store.topic_by_slug(house.own.slug.into()).await.unwrap().unwrap().id;
    house.store.contacts_import(vec![row], Some(topic), "test".into(), now()).await.unwrap();
    house.store.contact_by_email(email).await.unwrap().unwrap().id.to_string()
}

#[tokio::test]
async fn a_pair_is_found_merged_and_taken_apart_again() {
    let house = House::new().await;
    let token = house.everything().await;
    let keep = added(&house, "ann@pair.example").await;
    let other = added(&house, "ann+news@pair.example").await;
    let found = house.get("/api/v1/contacts/duplicates", &token).await.json();
    let pair = &found["data"][0];
    assert_eq!((&pair["keep"], &pair["other"]), (&json!(keep), &json!(other)), "{found}");
    assert_eq!(pair["likeness"], "address");
    let path = format!("/api/v1/contacts/{keep}/merge");
    let body = |dry_run: bool| json!({ "other": other, "dry_run": dry_run }).to_string();
    let shown = post(&house, &path, &token, &body(true)).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    assert_eq!(shown.json()["topics"][0]["result"], "subscribed");
    assert_eq!(house.get(&format!("/api/v1/contacts/{other}"), &token).await.status, 200);
    let done = post(&house, &path, &token, &body(false)).await;
    assert_eq!((done.status, &done.json()["dry_run"]), (StatusCode::OK, &json!(false)));
    for path in [format!("/api/v1/contacts/{other}"), format!("/api/v1/contacts/{other}/consents")]
    {
        let gone = house.get(&path, &token).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.body);
        assert_eq!(gone.json()["type"], "/api/v1/problems/contact_merged");
        assert!(gone.json()["detail"].as_str().unwrap().contains(&keep), "{}", gone.body);
    }
    let known = house.get("/api/v1/addresses/ann+news@pair.example", &token).await.json();
    assert_eq!((&known["contact"], &known["merged"][0]["into"]), (&Value::Null, &json!(keep)));
    let merges = house.get(&format!("/api/v1/contacts/{keep}/merges"), &token).await.json();
    assert_eq!(merges["data"][0]["other_email"], "ann+news@pair.example", "{merges}");
    assert_eq!(merges["data"][0]["undoable"], true);
    let proof = house.get(&format!("/api/v1/contacts/{keep}/proof"), &token).await.json();
    let acts: Vec<&Value> = proof["acts"].as_array().unwrap().iter().collect();
    assert!(acts.iter().any(|it| it["action"] == "contact.merge"), "{proof}");
    let path = format!("/api/v1/contacts/{keep}/unmerge");
    let body = json!({ "other": other }).to_string();
    let again = post(&house, &path, &token, &body).await;
    assert_eq!(again.json()["email"], "ann+news@pair.example", "{}", again.body);
    assert_eq!(
        post(&house, &path, &token, &body).await.json()["type"],
        "/api/v1/problems/merge_not_found"
    );
    let log = house.log().await;
    assert_eq!(log.iter().filter(|it| *it == "contact.merge").count(), 1, "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("contact.unmerge"), "{log:?}");
    // The log is kept for good, so it names nobody's address.
    for entry in house.store.audit_after(0).await.unwrap() {
        let told = [entry.before, entry.after, Some(entry.object_id)];
        assert!(!told.iter().flatten().any(|it| it.contains('@')), "{} {told:?}", entry.action);
    }
}

#[tokio::test]
async fn what_can_not_be_merged_is_refused_in_words() {
    let house = House::new().await;
    let token = house.everything().await;
    let keep = added(&house, "ann@pair.example").await;
    let path = format!("/api/v1/contacts/{keep}/merge");
    for (body, code) in [
        (json!({ "other": keep }), "same_contact"),
        (json!({ "other": "nobody" }), "contact_not_found"),
        (json!({ "other": "987654" }), "contact_not_found"),
    ] {
        let refused = post(&house, &path, &token, &body.to_string()).await;
        assert_eq!(refused.json()["type"], format!("/api/v1/problems/{code}"), "{}", refused.body);
    }
}

#[tokio::test]
async fn an_act_with_many_is_counted_and_says_what_is_wrong() {
    let house = House::new().await;
    let token = house.everything().await;
    let ask =
        async |body: Value| post(&house, "/api/v1/contacts/bulk", &token, &body.to_string()).await;
    let subject = house.own.slug;
    let counted = json!({ "act": "set", "subject": "plan", "value": "pro", "dry_run": true });
    let counted = ask(counted).await;
    assert_eq!(counted.status, StatusCode::ACCEPTED, "{}", counted.body);
    assert_eq!(
        (&counted.json()["kind"], &counted.json()["dry_run"]),
        (&json!("bulk"), &json!(true))
    );
    for (body, code) in [
        (json!({ "act": "subscribe", "subject": subject }), "basis"),
        (
            json!({ "act": "subscribe", "subject": "nothing", "basis": "consent" }),
            "topic_not_found",
        ),
        (json!({ "act": "set", "subject": "plan" }), "attribute"),
        (json!({ "act": "clear", "subject": "Plan A" }), "attribute"),
        (json!({ "act": "leave", "subject": subject, "segment": "none" }), "segment_not_found"),
        (json!({ "act": "leave", "subject": subject, "segment": "x", "q": "y" }), "field"),
    ] {
        let refused = ask(body.clone()).await;
        assert_eq!(
            refused.json()["type"],
            format!("/api/v1/problems/{code}"),
            "{body}: {}",
            refused.body
        );
    }
}
