//! Segments by programs: as texts and trees, counted within one's own topics, and whom campaigns go to.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::Right;
use serde_json::{Value, json};

use crate::house::{Answer, House};

const SCOPES: [Right; 4] =
    [Right::ContactsRead, Right::ContactsWrite, Right::CampaignsRead, Right::CampaignsWrite];

async fn change(house: &House, token: &str, (verb, path): (&str, &str), body: &Value) -> Answer {
    let request = Request::builder().method(verb).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_segment_is_a_text_or_a_tree() {
    let house = House::new().await;
    let token = house.token(&SCOPES, &[]).await;
    let fans = ("PUT", "/api/v1/segments/fans");
    let text = json!({ "text": "tag = KEPT and not suppressed", "dry_run": true });
    let told = change(&house, &token, fans, &text).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let told = told.json();
    assert_eq!((&told["revision"], &told["count"]["contacts"]), (&Value::Null, &json!(1)));
    let missing = house.get("/api/v1/segments/fans", &token).await;
    assert_eq!(missing.code(), "segment_not_found");

    let tree = json!({ "tree": told["tree"] });
    let kept = change(&house, &token, fans, &tree).await.json();
    assert_eq!((&kept["revision"], &kept["count"]), (&json!(1), &Value::Null));
    let found = house.get("/api/v1/segments/Fans", &token).await.json();
    assert_eq!(found["text"], "tag = KEPT and not suppressed");
    assert_eq!(found["tree"], told["tree"]);
    let stale = json!({ "text": "suppressed", "revision": 0 });
    let stale = change(&house, &token, fans, &stale).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.body);

    let counted = house.get("/api/v1/segments/fans/count?sample=true", &token).await.json();
    assert_eq!((&counted["contacts"], &counted["complete"]), (&json!(1), &json!(true)));
    assert_eq!(counted["sample"][0]["id"], house.own.contact.to_string());
    for (body, field) in [
        (json!({ "text": "tag =" }), "/text"),
        (json!({ "text": "tag = nobody" }), "/text"),
        (json!({ "tree": { "tag": 3 } }), "/tree/tag"),
        (json!({ "tree": { "tag": "a" }, "text": "tag = a" }), "/text"),
        (json!({ "text": "attribute x > 3" }), "/text"),
    ] {
        let refused = change(&house, &token, fans, &body).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], field, "{}", refused.body);
    }
    let remove = ("POST", "/api/v1/segments/fans/remove");
    assert_eq!(change(&house, &token, remove, &json!({})).await.status, StatusCode::OK);
    assert_eq!(change(&house, &token, remove, &json!({})).await.code(), "segment_not_found");
}

#[tokio::test]
async fn whoever_is_trusted_with_some_topics_counts_their_contacts_only() {
    let house = House::new().await;
    let all = house.token(&SCOPES, &[]).await;
    let foreign = house.token(&SCOPES, &[house.foreign.topic]).await;
    let set = ("PUT", "/api/v1/segments/tagged");
    let tagged = json!({ "text": "tag = kept" });
    assert_eq!(change(&house, &all, set, &tagged).await.status, StatusCode::OK);
    let count = "/api/v1/segments/tagged/count?sample=true";
    assert_eq!(house.get(count, &all).await.json()["contacts"], 1);
    let theirs = house.get(count, &foreign).await.json();
    assert_eq!((&theirs["contacts"], &theirs["sample"]), (&json!(0), &json!([])));
    let refused = change(&house, &foreign, set, &json!({ "text": "everybody" })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
}
