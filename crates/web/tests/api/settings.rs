//! Who sends and over which relay, by the API.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::Right;
use serde_json::json;

use crate::house::{Answer, House};
use crate::set_up::of_team;
use crate::settings_fixture::nothing_fixed;

const RELAY: &str = "/api/v1/settings/relay";
const SENDER: &str = "/api/v1/settings/sender";

async fn put(house: &House, path: &str, token: &str, tag: Option<&str>, body: &str) -> Answer {
    let mut request = Request::put(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    house.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_relay_is_set_over_the_one_that_was_read_and_its_password_is_never_told() {
    let house = House::with(|settings| nothing_fixed(&settings, of_team)).await;
    let token = house.token(&[Right::SettingsRead, Right::SettingsWrite], &[]).await;
    let read = house.get(RELAY, &token).await;
    assert_eq!(read.json()["origins"]["host"], "missing", "{}", read.body);
    assert_eq!(read.json()["is_complete"], false);
    let tag = read.header("etag").unwrap().to_owned();
    let body = r#"{"host":"smtp.example.com","port":2525,"username":"ann","password":"s3cret"}"#;
    assert_eq!(put(&house, RELAY, &token, None, body).await.code(), "precondition_needed");
    let set = put(&house, RELAY, &token, Some(&tag), body).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    assert_eq!((&set.json()["port"], &set.json()["has_password"]), (&2525.into(), &true.into()));
    assert_eq!(set.json()["is_complete"], true);
    assert!(!set.body.contains("s3cret"), "{}", set.body);
    let late = put(&house, RELAY, &token, Some(&tag), body).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (412, "changed"));
    // The password stays where it is, and goes nowhere else.
    let tag = set.header("etag").unwrap();
    let same = r#"{"host":"smtp.example.com","port":2525,"username":"ann"}"#;
    let same = put(&house, RELAY, &token, Some(tag), same).await;
    assert_eq!(same.json()["has_password"], true, "{}", same.body);
    let moved = r#"{"host":"evil.example","port":2525,"username":"ann"}"#;
    let moved = put(&house, RELAY, &token, Some("*"), moved).await;
    assert_eq!(moved.json()["errors"][0]["code"], "password_needed", "{}", moved.body);
    let wrong = put(&house, RELAY, &token, Some("*"), r#"{"host":"wrong"}"#).await;
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/password", "{}", wrong.body);
    let none = put(&house, RELAY, &token, Some("*"), r#"{"host":"wrong","password":""}"#).await;
    assert_eq!(none.json()["errors"][0]["pointer"], "/host", "{}", none.body);
}

#[tokio::test]
async fn what_the_file_says_is_told_and_not_changed() {
    let house = House::new().await;
    let token = house.token(&[Right::SettingsRead, Right::SettingsWrite], &[]).await;
    let read = house.get(SENDER, &token).await;
    assert_eq!(read.json()["origins"], json!({ "name": "file" }), "{}", read.body);
    assert_eq!(read.json()["file"], "pharos.toml");
    let other = put(&house, SENDER, &token, Some("*"), r#"{"name":"Another"}"#).await;
    assert_eq!(other.json()["errors"][0]["code"], "setting_fixed", "{}", other.body);
    let same = put(&house, SENDER, &token, Some("*"), r#"{"name":"Team & Co"}"#).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.body);
    let reader = house.token(&[Right::SettingsRead], &[]).await;
    let refused = put(&house, SENDER, &reader, Some("*"), r#"{"name":"Team & Co"}"#).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
