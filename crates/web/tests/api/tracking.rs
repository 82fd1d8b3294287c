//! What may be recorded of whom, by the API.

use axum::body::Body;
use axum::http::Request;
use model::Right;
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn put(house: &House, path: &str, token: &str, key: &str, body: Value) -> Answer {
    let request = Request::put(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn what_a_contact_says_is_in_their_ledger_as_that() {
    let house = House::new().await;
    let token = house.everything().await;
    let contact = format!("/api/v1/contacts/{}", house.own.contact);
    let path = format!("{contact}/tracking");
    let before = house.get(&contact, &token).await.json();
    assert_eq!(before["tracking"], json!({ "said": null, "mode": "identified" }));
    let rules = json!({ "notice": "2026-11", "without_consent": "off" });
    let rules = put(&house, "/api/v1/tracking", &token, "r", rules).await.json();
    // Nobody has said how long addresses are kept: as the preset does whose modes these are.
    let now = json!({
        "at_most": "identified", "without_consent": "off", "address_days": 0, "notice": "2026-11",
    });
    assert_eq!(rules, now);
    assert_eq!(house.get("/api/v1/tracking", &token).await.json(), now);

    let word = json!({ "mode": "anonymous", "source": "a letter" });
    let said = put(&house, &path, &token, "a", word.clone()).await.json();
    assert_eq!(said, json!({ "changed": true, "said": "anonymous", "mode": "anonymous" }));
    // The same request again is the same answer; the same word by another request changes nothing.
    assert_eq!(put(&house, &path, &token, "a", word.clone()).await.json(), said);
    assert_eq!(put(&house, &path, &token, "b", word).await.json()["changed"], false);
    let ledger = house.get(&format!("{contact}/consents"), &token).await.json();
    let first = &ledger["data"][0];
    let told = ["topic", "tracking", "notice", "source"].map(|name| first[name].clone());
    assert_eq!(told, [Value::Null, "anonymous".into(), "2026-11".into(), "a letter".into()]);
    assert_eq!(ledger["data"][1]["tracking"], Value::Null, "{ledger}");
    let record = house.get(&format!("/api/v1/addresses/{}", house.own.email), &token).await.json();
    assert_eq!(record["consents"][0]["tracking"], "anonymous", "{record}");

    let least = put(&house, "/api/v1/tracking", &token, "m", json!({ "at_most": "off" })).await;
    assert_eq!(least.json()["notice"], "2026-11", "what is left out stays");
    let tracking = house.get(&contact, &token).await.json()["tracking"].clone();
    assert_eq!(tracking, json!({ "said": "anonymous", "mode": "off" }));
    let days = put(&house, "/api/v1/tracking", &token, "d", json!({ "address_days": 7 })).await;
    assert_eq!((&days.json()["address_days"], &days.json()["at_most"]), (&json!(7), &json!("off")));
}

#[tokio::test]
async fn what_can_not_be_meant_is_told_by_its_field() {
    let house = House::new().await;
    let token = house.everything().await;
    let contact = format!("/api/v1/contacts/{}/tracking", house.own.contact);
    let campaign = format!("/api/v1/campaigns/{}/tracking", house.own.campaign);
    let long = "x".repeat(201);
    for (path, body, pointer, code) in [
        (contact.as_str(), json!({ "mode": "some" }), "/mode", "field"),
        (&contact, json!({}), "/mode", "field"),
        (&contact, json!({ "mode": "off", "source": long }), "/source", "tracking_source"),
        ("/api/v1/tracking", json!({}), "/at_most", "tracking_nothing"),
        ("/api/v1/tracking", json!({ "notice": "a\nb" }), "/notice", "tracking_notice"),
        (
            "/api/v1/tracking",
            json!({ "address_days": 366 }),
            "/address_days",
            "tracking_address_days",
        ),
        ("/api/v1/tracking", json!({ "address_days": -1 }), "/address_days", "field"),
        (&campaign, json!({}), "/mode", "field"),
    ] {
        let answer =
            put(&house, path, &token, &format!("{path} {pointer} {code}"), body.clone()).await;
        let error = &answer.json()["errors"][0];
        assert_eq!(answer.status.as_u16(), 422, "{body}: {}", answer.body);
        assert_eq!((&error["pointer"], &error["code"]), (&pointer.into(), &code.into()), "{body}");
    }
    let nobody =
        put(&house, "/api/v1/contacts/987/tracking", &token, "n", json!({ "mode": "off" }));
    assert_eq!(nobody.await.code(), "contact_not_found");
}

#[tokio::test]
async fn topics_and_campaigns_tell_what_they_record_at_most() {
    let house = House::new().await;
    let token = house.token(&[Right::TopicsRead, Right::TopicsWrite], &[house.own.topic]).await;
    let topic = format!("/api/v1/topics/{}", house.own.slug);
    assert_eq!(house.get(&topic, &token).await.json()["tracking"], Value::Null);
    let mode = |mode: Value| json!({ "mode": mode });
    put(&house, &format!("{topic}/tracking"), &token, "t", mode("anonymous".into())).await;
    assert_eq!(house.get(&topic, &token).await.json()["tracking"], "anonymous");
    let list = house.get("/api/v1/topics", &token).await.json();
    assert_eq!(list["data"][0]["tracking"], "anonymous", "{list}");
    let scopes = [Right::CampaignsRead, Right::CampaignsWrite];
    let token = house.token(&scopes, &[house.own.topic]).await;
    // It is being sent.
    let campaign = format!("/api/v1/campaigns/{}", house.own.campaign);
    let path = format!("{campaign}/tracking");
    for (key, word) in [("1", json!("off")), ("2", Value::Null)] {
        let set = put(&house, &path, &token, key, mode(word.clone())).await;
        assert_eq!(set.json(), mode(word.clone()));
        assert_eq!(house.get(&campaign, &token).await.json()["tracking_at_most"], word);
    }
}
