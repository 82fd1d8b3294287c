//! Lists of a campaign's contacts, and taking one away.

use axum::http::StatusCode;
use model::Right;

use super::house::House;

#[tokio::test]
async fn a_list_is_for_who_may_see_contacts_and_says_what_it_can_not_mean() {
    let house = House::new().await;
    let path = format!("/api/v1/campaigns/{}/report/contacts", house.own.campaign);
    let reads = house.token(&[Right::ReportsRead], &[]).await;
    let refused = house.get(&format!("{path}?did=opened"), &reads).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let sees = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    let listed = house.get(&format!("{path}?did=not_delivered"), &sees).await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    for wrong in ["?did=closed", "?did=opened&link=1", "?did=unsubscribed&bound=at_most"] {
        let answer = house.get(&format!("{path}{wrong}"), &sees).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}: {}", answer.body);
    }
    let none = house.get(&format!("{path}?did=clicked&link=999"), &sees).await;
    assert!(none.body.contains("no link with this number"), "{}", none.body);
    let foreign = format!("/api/v1/campaigns/{}/report/contacts", house.foreign.campaign);
    let answer = house.get(&format!("{foreign}?did=opened"), &sees).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_is_written_by_a_job_and_logged_before_it_leaves() {
    let house = House::new().await;
    let sees = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    let path = format!("/api/v1/campaigns/{}/report/contacts", house.own.campaign);
    for wrong in [r#"{"did":"opened","link":1}"#, r#"{"did":"clicked","link":900}"#] {
        let answer = house.post(&format!("{path}/export"), &sees, wrong, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    }
    let body = r#"{"did":"not_opened"}"#;
    let made = house.post(&format!("{path}/export"), &sees, "1", body).await;
    assert_eq!(made.status, StatusCode::ACCEPTED, "{}", made.body);
    let again = house.post(&format!("{path}/export"), &sees, "1", body).await;
    assert_eq!(again.json()["id"], made.json()["id"]);
    house.work().await;
    let job = format!("/api/v1/jobs/{}", made.json()["id"].as_str().unwrap());
    let done = house.get(&job, &sees).await.json();
    assert_eq!((done["state"].as_str(), done["kind"].as_str()), (Some("done"), Some("export")));
    let file = house.get(&format!("{job}/file"), &sees).await.body;
    assert!(file.starts_with("email,contact,delivery,"), "{file}");
    let listed = house.get(&format!("{path}?did=not_opened"), &sees).await.json();
    let listed = listed["data"].as_array().unwrap().len();
    assert_eq!(file.lines().count(), listed + 1);
    assert_eq!(done["counts"]["contacts"], listed);
    let log = house.log().await;
    assert_eq!(
        log[log.len() - 3..],
        ["contacts.export", "contacts.exported", "contacts.export_read"]
    );
}
