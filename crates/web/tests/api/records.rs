//! What a command line asks for: lists in rising order, everything about one address, a check.

use model::Right;
use serde_json::{Value, json};

use crate::house::House;

async fn followed(house: &House, token: &str, path: &str) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    for _ in 0..100 {
        let cursor = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let page = house.get(&format!("{path}&limit=1{cursor}"), token).await.json();
        let rows = page["data"].as_array().unwrap_or_else(|| panic!("{path}: {page}"));
        seen.extend(rows.iter().map(|it| it["email"].as_str().unwrap().to_owned()));
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return seen;
        }
    }
    panic!("{path} has no end");
}

#[tokio::test]
async fn contacts_are_listed_in_the_order_in_which_they_came() {
    let house = House::new().await;
    let token = house.everything().await;
    let oldest = followed(&house, &token, "/api/v1/contacts?order=oldest").await;
    let mut newest = followed(&house, &token, "/api/v1/contacts?order=newest").await;
    newest.reverse();
    assert_eq!(oldest, newest);
    assert_eq!(oldest.len(), 4);
    let gone = r#"{"email":"ann@own.example","reason":"manual"}"#;
    house.post("/api/v1/addresses/suppress", &token, "s", gone).await;
    let path = "/api/v1/contacts?order=oldest&topic=news&mailed=";
    assert_eq!(followed(&house, &token, &format!("{path}true")).await, ["bob@own.example"]);
    assert_eq!(followed(&house, &token, &format!("{path}false")).await, ["ann@own.example"]);
    let narrow = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    let own = followed(&house, &narrow, "/api/v1/contacts?order=oldest").await;
    assert_eq!(own, ["ann@own.example", "bob@own.example"]);
    for refused in ["order=oldest&q=a", "order=oldest&state=subscribed", "mailed=true", "order=x"] {
        let answer = house.get(&format!("/api/v1/contacts?{refused}"), &token).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "query"), "{refused}");
    }
}

#[tokio::test]
async fn deliveries_of_a_state_are_listed_in_the_order_of_contacts() {
    let house = House::new().await;
    let token = house.everything().await;
    let path = format!("/api/v1/campaigns/{}/deliveries", house.own.campaign);
    let oldest = format!("{path}?order=oldest&state=queued");
    let listed = followed(&house, &token, &oldest).await;
    assert_eq!(listed, ["ann@own.example", "bob@own.example"]);
    let masked = house.token(&[Right::DeliveriesRead], &[]).await;
    let shown = house.get(&oldest, &masked).await;
    assert!(!shown.body.contains("ann@"), "{}", shown.body);
    for refused in ["order=oldest", "order=oldest&state=queued&q=a"] {
        let answer = house.get(&format!("{path}?{refused}"), &token).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "query"), "{refused}");
    }
}

#[tokio::test]
async fn everything_about_an_address_is_for_tokens_of_all_topics() {
    let house = House::new().await;
    let token = house.everything().await;
    let path = "/api/v1/addresses/Ann@own.example";
    let record = house.get(path, &token).await.json();
    assert_eq!(record["contact"]["id"], house.own.contact.to_string(), "{record}");
    assert_eq!(record["consents"][0]["topic"], "news");
    assert_eq!(record["deliveries"][0]["state"], "queued");
    assert_eq!(record["suppression"], Value::Null);
    let unknown = r#"{"email":"zed@gone.example","reason":"manual"}"#;
    house.post("/api/v1/addresses/suppress", &token, "s", unknown).await;
    let record = house.get("/api/v1/addresses/zed@gone.example", &token).await.json();
    assert_eq!(record["contact"], Value::Null, "{record}");
    assert!(record["suppression"]["reason"].is_string(), "{record}");
    let nobody = house.get("/api/v1/addresses/no@gone.example", &token).await;
    assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (404, "contact_not_found"));
    let wrong = house.get("/api/v1/addresses/none", &token).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (400, "address_syntax"));
    let narrow = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    assert_eq!(house.get(path, &narrow).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_check_tells_what_a_start_would_and_an_expectation_may_be_none() {
    let house = House::new().await;
    let token = house.everything().await;
    let text = "---\nsubject: Hi {{ plan }}\nfrom: a@aurora.example\ntopic: news\n---\n\
        [a](https://a.example)\n";
    let text = json!({ "text": text }).to_string();
    let made = house.post("/api/v1/campaigns", &token, "a", &text).await;
    let (path, made) = (made.header("location").unwrap().to_owned(), made.json());
    assert_eq!((&made["tracked_links"], &made["tags"]), (&json!(1), &json!(["plan"])), "{made}");
    let check = house.get(&format!("{path}/check"), &token).await.json();
    assert_eq!(check["findings"][0]["severity"], "error", "{check}");
    assert_eq!(check["links"][0]["url"], "https://a.example");
    assert_eq!(check["audience"]["contacts"], 2, "{check}");
    assert_eq!(check["audience"]["names"][0]["name"], "plan", "{check}");
    let good =
        json!({ "text": "---\nsubject: Hi\nfrom: a@aurora.example\ntopic: news\n---\nHi\n" });
    let made = house.post("/api/v1/campaigns", &token, "b", &good.to_string()).await;
    let start = format!("{}/start", made.header("location").unwrap());
    let unsaid = house.post(&start, &token, "c", r#"{"expect":{}}"#).await;
    assert_eq!(unsaid.status.as_u16(), 422, "{}", unsaid.body);
    let any = r#"{"expect":{"audience_at_most":null},"accept_warnings":true}"#;
    let started = house.post(&start, &token, "d", any).await;
    assert_eq!(started.json()["state"], "scheduled", "{}", started.body);
}

/// What would be refused the second time is answered as it was the first time.
#[tokio::test]
async fn what_needs_no_key_takes_one() {
    let house = House::new().await;
    let token = house.everything().await;
    let made =
        house.post("/api/v1/tokens", &token, "make", r#"{"name":"x","scopes":["reports:read"]}"#);
    let id = made.await.json()["id"].as_str().unwrap().to_owned();
    let invited = r#"{"email":"sam@team.example","name":"Sam","role":"reporter"}"#;
    let user = house.post("/api/v1/users", &token, "invite", invited).await.json();
    let user = user["id"].as_str().unwrap().to_owned();
    let contact = house.own.contact;
    for (path, body) in [
        (format!("/api/v1/tokens/{id}/revoke"), ""),
        (format!("/api/v1/users/{user}/disable"), ""),
        (format!("/api/v1/contacts/{contact}/unsubscribe"), r#"{"topic":"news"}"#),
        ("/api/v1/addresses/suppress".to_owned(), r#"{"email":"z@z.example","reason":"manual"}"#),
        ("/api/v1/addresses/erase".to_owned(), r#"{"email":"ann@own.example"}"#),
    ] {
        let first = house.post(&path, &token, &path, body).await;
        assert!(first.status.is_success(), "{path}: {}", first.body);
        let logged = house.log().await.len();
        let again = house.post(&path, &token, &path, body).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body), "{path}");
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
        assert_eq!(house.log().await.len(), logged, "{path} is done once");
    }
}

#[tokio::test]
async fn of_a_shared_contact_a_narrowed_token_sees_its_own_topics() {
    let house = House::new().await;
    let all = house.everything().await;
    let narrow = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    let contact = format!("/api/v1/contacts/{}", house.own.contact);
    let subscribe = r#"{"topic":"foreign-topic","proof":"foreign proof"}"#;
    let done = house.post(&format!("{contact}/subscribe"), &all, "s", subscribe).await;
    assert_eq!(done.status.as_u16(), 200, "{}", done.body);
    let consents = format!("{contact}/consents");
    assert!(house.get(&consents, &all).await.body.contains("foreign proof"));
    for path in [&consents, &contact] {
        let shown = house.get(path, &narrow).await;
        assert!(shown.body.contains("news") && !shown.body.contains("foreign"), "{}", shown.body);
    }
}
