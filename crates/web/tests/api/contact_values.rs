//! What the values of contacts are, their tags, and what was changed about them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::Right;
use serde_json::{Value, json};

use crate::house::{Answer, House};

const BOTH: [Right; 2] = [Right::ContactsRead, Right::ContactsWrite];

async fn change(house: &House, token: &str, (verb, path): (&str, &str), body: &Value) -> Answer {
    let request = Request::builder().method(verb).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json").header("if-match", "*");
    house.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_declared_kind_holds_for_what_programs_write() {
    let house = House::new().await;
    let token = house.token(&BOTH, &[]).await;
    let set = ("PUT", "/api/v1/attributes/since");
    let declared = change(&house, &token, set, &json!({ "kind": "date" })).await;
    assert_eq!(declared.status, StatusCode::OK, "{}", declared.body);
    let job = declared.json()["job"].as_str().unwrap().to_owned();
    house.work().await;
    let done = house.get(&format!("/api/v1/jobs/{job}"), &token).await.json();
    assert_eq!((done["kind"].as_str(), done["state"].as_str()), (Some("attribute"), Some("done")));
    assert!(done["counts"]["contacts"].as_i64().unwrap() > 0, "{done}");
    let contact = format!("/api/v1/contacts/{}", house.own.contact);
    let edit = ("PATCH", contact.as_str());
    let wrong = json!({ "attributes": { "since": "28.11.2026" } });
    let refused = change(&house, &token, edit, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let problem = &refused.json()["errors"][0];
    assert_eq!(problem["pointer"], "/attributes/since", "{}", refused.body);
    assert!(refused.body.contains("such as 2026-11-28"), "{}", refused.body);
    let right = json!({ "attributes": { "since": "2026/11/28" } });
    let edited = change(&house, &token, edit, &right).await;
    assert_eq!(edited.json()["attributes"]["since"], "2026-11-28", "{}", edited.body);
    let history = house.get(&format!("{contact}/history"), &token).await.json();
    let newest = &history["data"][0];
    assert_eq!(
        (&newest["field"], &newest["to"]),
        (&json!("attribute since"), &json!("2026-11-28"))
    );
    assert_eq!((&newest["from"], &newest["actor"]), (&Value::Null, &json!("Nightly")));
    for (body, field) in [
        (json!({ "kind": "colour" }), "/kind"),
        (json!({ "kind": "list" }), "/choices"),
        (json!({ "kind": "date", "choices": ["a"] }), "/choices"),
        (json!({ "kind": "date", "label": "x".repeat(101) }), "/label"),
    ] {
        let refused = change(&house, &token, set, &body).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], field, "{}", refused.body);
    }
    let text = json!({ "kind": "text" });
    let named = change(&house, &token, ("PUT", "/api/v1/attributes/Big%20Name"), &text).await;
    assert_eq!(named.json()["errors"][0]["pointer"], "/name", "{}", named.body);
    let remove = ("POST", "/api/v1/attributes/since/remove");
    assert_eq!(change(&house, &token, remove, &json!({})).await.status, StatusCode::OK);
    let again = change(&house, &token, remove, &json!({})).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::NOT_FOUND, "attribute_not_found".to_owned())
    );
    assert_eq!(
        change(&house, &token, edit, &wrong).await.status,
        StatusCode::OK,
        "a free text again"
    );
}

#[tokio::test]
async fn whoever_is_trusted_with_a_topic_tags_its_contacts_and_no_others() {
    let house = House::new().await;
    let narrow = house.token(&BOTH, &[house.own.topic]).await;
    let path = |id| format!("/api/v1/contacts/{id}/tags");
    let (own, foreign) = (path(house.own.contact), path(house.foreign.contact));
    let add = json!({ "add": ["VIP", " early bird "] });
    let tagged = change(&house, &narrow, ("POST", &own), &add).await;
    let expect = json!({ "changed": true, "tags": ["early bird", "kept", "VIP"] });
    assert_eq!(tagged.json(), expect, "{}", tagged.body);
    let again = change(&house, &narrow, ("POST", &own), &json!({ "add": ["vip"] })).await;
    assert_eq!(again.json()["changed"], false);
    let hidden = change(&house, &narrow, ("POST", &foreign), &add).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{}", hidden.body);
    let wide = house.token(&BOTH, &[]).await;
    change(&house, &wide, ("POST", &foreign), &add).await;
    let find = async |token: &str| {
        let found = house.get("/api/v1/contacts?tag=vip", token).await.json();
        let ids = found["data"].as_array().unwrap().iter().map(|it| it["id"].clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(find(&narrow).await, [json!(house.own.contact.to_string())]);
    assert_eq!(find(&wide).await.len(), 2);
    let oldest = house.get("/api/v1/contacts?order=oldest&tag=vip", &narrow).await.json();
    assert_eq!(oldest["data"].as_array().unwrap().len(), 1, "{oldest}");
    let tags = house.get("/api/v1/tags", &wide).await.json();
    let vip = tags["data"].as_array().unwrap().iter().find(|it| it["name"] == "VIP").unwrap();
    assert_eq!(vip["contacts"], 2);
    assert_eq!(house.get("/api/v1/tags", &narrow).await.status, StatusCode::FORBIDDEN);
    for body in [json!({ "add": ["a,b"] }), json!({ "remove": ["x".repeat(65)] })] {
        let refused = change(&house, &narrow, ("POST", &own), &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    }
    let removed = change(&house, &wide, ("POST", "/api/v1/tags/VIP/remove"), &json!({})).await;
    assert_eq!(removed.json(), json!({ "dry_run": false, "contacts": 2 }), "{}", removed.body);
    assert_eq!(find(&wide).await.len(), 0);
    let history = house.get(&own.replace("tags", "history"), &narrow).await.json();
    assert_eq!(history["data"][0]["field"], "tag VIP", "{history}");
    assert_eq!(history["data"][0]["to"], Value::Null);
}

#[tokio::test]
async fn nothing_is_kept_of_whoever_a_program_says_is_a_child() {
    let house = House::new().await;
    let token = house.token(&BOTH, &[]).await;
    let create = async |key: &str, body: Value| {
        let request = Request::builder().method("POST").uri("/api/v1/contacts");
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        let request = request.header("idempotency-key", key);
        house.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let older = json!({ "email": "old@own.example", "birth_month": "1984-07" });
    assert_eq!(create("1", older).await.status, StatusCode::CREATED);
    for (key, body) in [
        ("2", json!({ "email": "kid@own.example", "birth_month": "2020-03" })),
        ("3", json!({ "email": "kid2@own.example", "attributes": { "birthday": "2020-03-01" } })),
    ] {
        let child = create(key, body.clone()).await;
        let told = (child.status, child.code());
        assert_eq!(told, (StatusCode::CONFLICT, "contact_child".to_owned()), "{}", child.body);
        let address = body["email"].as_str().unwrap();
        let silent = create(&format!("{key} again"), json!({ "email": address })).await;
        assert_eq!(silent.code(), "contact_erased", "no way leads in");
    }
    let wrong = create("4", json!({ "email": "odd@own.example", "birth_month": "July" })).await;
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/birth_month", "{}", wrong.body);
    // A contact of whom it is learnt later.
    let contact = format!("/api/v1/contacts/{}", house.own.contact);
    let learnt = json!({ "birth_month": "2020-03" });
    let gone = change(&house, &token, ("PATCH", &contact), &learnt).await;
    assert_eq!(gone.code(), "contact_child", "{}", gone.body);
    assert_eq!(house.get(&contact, &token).await.status, StatusCode::NOT_FOUND);
}
