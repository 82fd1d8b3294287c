//! Users by the API: what is shown once, and how far a token reaches.

use axum::http::StatusCode;
use model::{Right, Role};
use serde_json::{Value, json};

use crate::house::{House, system};
use crate::relay::TestRelay;

const SAM: &str =
    r#"{"email":"sam@team.example","name":"Sam","role":"reporter","topics":["news"]}"#;

fn reporter_and(rights: &[Right]) -> Vec<Right> {
    let reads = Right::ALL.into_iter().filter(|it| Role::Reporter.may(*it));
    let mut all: Vec<Right> = reads.chain(rights.iter().copied()).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn an_invitation_is_shown_once_and_works() {
    let house = House::new().await;
    let token = house.everything().await;
    let made = house.post("/api/v1/users", &token, "sam", SAM).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/api/v1/users/{id}").as_str()));
    let path = made.json()["invitation"]["path"].as_str().unwrap().to_owned();
    let link = path.strip_prefix("/admin/invitation/").unwrap();
    let again = house.post("/api/v1/users", &token, "sam", SAM).await;
    assert_eq!((again.status, again.json()["id"].as_str()), (made.status, Some(id.as_str())));
    assert_eq!(again.json()["invitation"], Value::Null);
    let known = access::invitation_user(&house.store, link, crate::house::now()).await.unwrap();
    assert_eq!(known.email, "sam@team.example");
    let other = house.post(&format!("/api/v1/users/{id}/invitation"), &token, "again", "").await;
    assert!(other.json()["path"].as_str().unwrap() != path, "{}", other.body);
    let over = access::invitation_user(&house.store, link, crate::house::now()).await;
    assert!(over.is_err(), "an older link ends");
    let shown = house.get(&format!("/api/v1/users/{id}"), &token).await.json();
    assert_eq!((&shown["role"], &shown["topics"]), (&json!("reporter"), &json!(["news"])));
    let twice = house.post("/api/v1/users", &token, "sam 2", SAM).await;
    assert_eq!((twice.status.as_u16(), twice.code().as_str()), (422, "user_exists"));
    assert_eq!(twice.json()["errors"][0]["pointer"], "/email", "{}", twice.body);
}

#[tokio::test]
async fn an_invitation_is_mailed_when_it_is_asked_for() {
    let house = House::new().await;
    let token = house.everything().await;
    let sam = SAM.replace('{', r#"{"mail":true,"#);
    let scopes = reporter_and(&[Right::UsersRead, Right::UsersWrite]);
    let (_, test_token) = house.token_of(&system(), &scopes, &[], None, false).await;
    let refused = house.post("/api/v1/users", &test_token, "test", &sam).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "test_token"));
    let made = house.post("/api/v1/users", &token, "sam", &sam).await.json();
    let mail = &made["invitation"]["mail"];
    assert_eq!(mail["accepted"], true, "{made}");
    let path = made["invitation"]["path"].as_str().unwrap();
    let asked = house.relay.asked();
    assert_eq!((asked.len(), asked[0].0.as_str()), (1, "sam@team.example"));
    assert!(asked[0].1.replace("=\r\n", "").contains(path), "{}", asked[0].1);
    house.post("/api/v1/users", &token, "sam", &sam).await;
    assert_eq!(house.relay.asked().len(), 1, "not mailed twice");
    house.relay.fails(TestRelay::away());
    let again = format!("/api/v1/users/{}/invitation?mail=true", made["id"].as_str().unwrap());
    let again = house.post(&again, &token, "again", "").await.json();
    assert_eq!(again["mail"]["accepted"], false, "{again}");
    assert!(again["path"].as_str().unwrap() != path && !again["mail"]["words"].is_null());
}

#[tokio::test]
async fn a_token_touches_nobody_who_may_do_more_than_itself() {
    let house = House::new().await;
    let scopes = reporter_and(&[Right::UsersRead, Right::UsersWrite]);
    let token = house.token(&scopes, &[]).await;
    let owner = house.user("zoe@team.example", Role::Owner).await.0;
    let marketer = house.user("max@team.example", Role::Marketer).await.0;
    let acts = [
        ("invitation", ""),
        ("disable", ""),
        ("enable", ""),
        ("second_factor/reset", ""),
        ("sessions/end", ""),
        ("role", r#"{"role":"reporter"}"#),
        ("topics", r#"{"topics":[]}"#),
    ];
    for (who, code) in [(owner, "owners_only"), (marketer, "role_beyond_own")] {
        for (act, body) in acts {
            let path = format!("/api/v1/users/{who}/{act}");
            let refused = house.post(&path, &token, &path, body).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}: {}", refused.body);
            assert_eq!(refused.code(), code, "{act}");
        }
    }
    for role in ["owner", "administrator", "marketer", "auditor"] {
        let body = SAM.replace("reporter", role);
        let refused = house.post("/api/v1/users", &token, role, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}: {}", refused.body);
    }
    let made = house.post("/api/v1/users", &token, "sam", SAM).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let role = format!("/api/v1/users/{id}/role");
    let refused = house.post(&role, &token, "role", r#"{"role":"marketer"}"#).await;
    assert_eq!(refused.code(), "role_beyond_own", "{}", refused.body);
    let list = house.get("/api/v1/users", &token).await.json();
    assert_eq!(list["data"][0]["role"], "reporter", "{list}");
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let house = House::new().await;
    let token = house.everything().await;
    let (user, _) = house.user("max@team.example", Role::Marketer).await;
    let list = format!("/api/v1/users/{user}/sessions");
    let found = house.get(&list, &token).await.json();
    let session = found["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(found["data"][0]["network"], "198.51.100.0/24", "{found}");
    let foreign = format!("/api/v1/users/1/sessions/{session}/end");
    let foreign = house.post(&foreign, &token, "foreign", "").await;
    assert_eq!(foreign.code(), "session_not_found");
    let ended = house.post(&format!("{list}/{session}/end"), &token, "end", "").await;
    assert!(ended.status.is_success(), "{}", ended.body);
    assert_eq!(house.get(&list, &token).await.json()["data"], json!([]));
    let nobody = house.get("/api/v1/users/999/sessions", &token).await;
    assert_eq!(nobody.code(), "user_not_found");
}
