//! Lists of people who are erased by the API.

use axum::http::StatusCode;
use model::Right;
use serde_json::json;

use crate::house::{Answer, House};

const CSV: &str = "text/csv";
const LIST: &str = "ann@own.example\nBOB@own.example\nnobody\nann@own.example\nzed@x.org\n";

fn told(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn a_list_is_counted_confirmed_and_erased() {
    let house = House::new().await;
    let token = house.everything().await;
    let contacts = house.store.contacts_count().await.unwrap();
    let dry_run = "/api/v1/erasures?name=left.csv&dry_run=true";
    let asked = house.send_file(dry_run, &token, ("a", CSV), LIST).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let path = asked.header("location").unwrap().to_owned();
    let again = house.send_file(dry_run, &token, ("a", CSV), LIST).await;
    assert_eq!(again.json()["id"], asked.json()["id"], "{}", again.body);
    house.work().await;
    let counted = house.get(&path, &token).await.json();
    assert_eq!((&counted["state"], &counted["dry_run"]), (&json!("waiting"), &json!(true)));
    let counts = json!({
        "rows": 5, "contacts": 2, "unknown": 1, "repeated": 1, "rejected": 1, "erased": 0,
        "subscriptions": 2,
    });
    for (name, count) in counts.as_object().unwrap() {
        assert_eq!(&counted["counts"][name], count, "{name}: {counted}");
    }
    let rejects = house.get(&format!("{path}/rejects"), &token).await;
    assert!(rejects.body.contains("3,"), "{}", rejects.body);
    assert!(!rejects.body.contains("nobody"), "no line is repeated: {}", rejects.body);
    let start = |most: &str| format!("{path}/start{most}");
    let silent = house.post(&start(""), &token, "b", "").await;
    assert_eq!(told(&silent), (422, "field".to_owned()), "{}", silent.body);
    let fewer = house.post(&start("?contacts_at_most=1"), &token, "c", "").await;
    assert_eq!(told(&fewer), (409, "too_many_contacts".to_owned()), "{}", fewer.body);
    assert!(fewer.body.contains("2 contacts") && fewer.body.contains("the 1 "), "{}", fewer.body);
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts);
    let started = house.post(&start("?contacts_at_most=2"), &token, "d", "").await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.body);
    house.work().await;
    let done = house.get(&path, &token).await.json();
    assert_eq!((&done["state"], &done["counts"]["erased"]), (&json!("done"), &json!(2)), "{done}");
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts - 2);
    let log = house.log().await;
    assert_eq!(log.iter().filter(|action| *action == "contact.erase").count(), 3, "{log:?}");
}

#[tokio::test]
async fn a_list_is_erased_at_once_up_to_an_expected_number() {
    let house = House::new().await;
    let token = house.everything().await;
    let contacts = house.store.contacts_count().await.unwrap();
    let send = async |query: &str, key: &str, list: &str| {
        let path = format!("/api/v1/erasures?{query}");
        house.send_file(&path, &token, (key, CSV), list.to_owned()).await
    };
    let silent = send("", "a", LIST).await;
    assert_eq!(told(&silent), (422, "field".to_owned()), "{}", silent.body);
    let more = send("contacts_at_most=1", "b", LIST).await;
    house.work().await;
    let failed = house.get(more.header("location").unwrap(), &token).await.json();
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(failed["problem"].as_str().unwrap().contains("2 contacts"), "{failed}");
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts);
    let most = send("contacts_at_most=2", "c", LIST).await;
    house.work().await;
    assert_eq!(house.get(most.header("location").unwrap(), &token).await.json()["state"], "done");
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts - 2);
}

#[tokio::test]
async fn a_list_that_can_not_be_read_is_refused_and_not_kept() {
    let house = House::new().await;
    let token = house.everything().await;
    for (query, list, status, code) in [
        ("dry_run=true", "", 422, "file_empty"),
        ("dry_run=true", "name,city\nAnn,Rome\n", 422, "column_not_found"),
        ("dry_run=true&column=Mail", "email\nann@x.org\n", 422, "column_not_found"),
        ("dry_run=true", "ann@x.org,bob@x.org\n", 422, "file_unusable"),
        ("dry_run=true&colour=red", "ann@x.org\n", 400, "query"),
        ("contacts_at_most=-1", "ann@x.org\n", 400, "query"),
    ] {
        let path = format!("/api/v1/erasures?{query}");
        let key = format!("{query} {}", list.len());
        let refused = house.send_file(&path, &token, (&key, CSV), list).await;
        assert_eq!(told(&refused), (status, code.to_owned()), "{query} {}", refused.body);
    }
    let jobs = house.get("/api/v1/jobs?kind=erase", &token).await.json();
    for job in jobs["data"].as_array().unwrap() {
        assert_eq!(job["state"], "stopped", "{job}");
        let id = model::JobId(job["id"].as_str().unwrap().parse().unwrap());
        let kept = house.store.job_part(id, store::JobFile::Upload, 0).await.unwrap();
        assert_eq!(kept, None, "{job}");
    }
}

#[tokio::test]
async fn a_token_of_some_topics_erases_no_list_and_sees_none() {
    let house = House::new().await;
    let token = house.everything().await;
    let path = "/api/v1/erasures?dry_run=true";
    let asked = house.send_file(path, &token, ("a", CSV), LIST).await;
    let job = asked.header("location").unwrap();
    let rights = [Right::ContactsRead, Right::ContactsWrite];
    let narrow = house.token(&rights, &[house.own.topic]).await;
    let refused = house.send_file(path, &narrow, ("b", CSV), "ann@own.example\n").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    for path in [job.to_owned(), format!("{job}/rejects")] {
        assert_eq!(house.get(&path, &narrow).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let start = format!("{job}/start?contacts_at_most=9");
    let started = house.post(&start, &narrow, "c", "").await;
    assert_eq!(told(&started), (404, "job_not_found".to_owned()));
    let mine = house.get("/api/v1/jobs?kind=erase", &narrow).await.json();
    assert_eq!(mine["data"], json!([]));
}
