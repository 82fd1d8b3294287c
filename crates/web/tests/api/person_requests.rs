//! What becomes of a request is mailed to whoever has asked.

use model::Removal;
use store::ContactChange;

use crate::house::{House, now};
use crate::relay::TestRelay;

/// The newest mail, without the ends of its lines.
fn newest(house: &House) -> Option<(String, String)> {
    let (to, message) = house.relay.asked().pop()?;
    Some((to, message.replace("=\r\n", "").replace("\r\n", "\n")))
}

async fn add(house: &House, token: &str, key: &str, email: &str) -> String {
    let body = format!(r#"{{"kind":"access","email":"{email}","text":"A copy, please"}}"#);
    let added = house.post("/api/v1/requests", token, key, &body).await;
    assert_eq!(added.status.as_u16(), 201, "{}", added.body);
    added.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_asks_is_mailed_what_becomes_of_it_in_the_words_that_were_entered() {
    let house = House::new().await;
    let token = house.everything().await;
    let id = add(&house, &token, "a", "asks@own.example").await;
    let (to, mail) = newest(&house).unwrap();
    assert_eq!(to, "asks@own.example");
    assert!(mail.contains("has received your request: A copy or an explanation"), "{mail}");
    assert!(!mail.contains("A copy, please"), "their words stay where they are: {mail}");
    let path = format!("/api/v1/requests/{id}");
    let reason = r#"{"reason":"Three systems are asked."}"#;
    assert!(house.post(&format!("{path}/extend"), &token, "b", reason).await.status.is_success());
    let (_, mail) = newest(&house).unwrap();
    assert!(
        mail.contains("takes longer") && mail.contains("Why: Three systems are asked."),
        "{mail}"
    );
    let outcome = r#"{"outcome":"Sent by post on Monday."}"#;
    assert!(house.post(&format!("{path}/answer"), &token, "c", outcome).await.status.is_success());
    let (_, mail) = newest(&house).unwrap();
    assert!(
        mail.contains("has answered your request") && mail.contains("Sent by post on Monday."),
        "{mail}"
    );
    let refused = add(&house, &token, "d", "asks@own.example").await;
    let path = format!("/api/v1/requests/{refused}/refuse");
    assert!(
        house.post(&path, &token, "e", r#"{"outcome":"Not yours."}"#).await.status.is_success()
    );
    let (_, mail) = newest(&house).unwrap();
    assert!(mail.contains("Not yours.") && mail.contains("You can complain"), "{mail}");
    let mails = house.relay.asked().len();
    let withdrawn = add(&house, &token, "f", "asks@own.example").await;
    let path = format!("/api/v1/requests/{withdrawn}/withdraw");
    assert!(house.post(&path, &token, "g", r#"{"outcome":"Said so."}"#).await.status.is_success());
    assert_eq!(house.relay.asked().len(), mails + 1, "who takes it back is told nothing");
}

#[tokio::test]
async fn a_mail_is_in_the_persons_language_and_none_goes_where_mail_comes_back() {
    let house = House::new().await;
    let token = house.everything().await;
    let contact = house.store.contact_find(house.own.contact).await.unwrap().unwrap();
    let attributes = [("language".to_owned(), "de".to_owned())].into();
    let change = ContactChange { email: None, attributes };
    house.store.contact_change(contact.id, None, change, now()).await.unwrap();
    add(&house, &token, "a", contact.email.as_str()).await;
    let (_, mail) = newest(&house).unwrap();
    assert!(mail.contains("hat Ihr Anliegen erhalten"), "{mail}");
    let mails = house.relay.asked().len();
    let hash = [7; 32];
    let bounced = "bounced@own.example".to_owned();
    house.store.address_suppress(bounced.clone(), Removal::HardBounce, hash, now()).await.unwrap();
    add(&house, &token, "b", &bounced).await;
    assert_eq!(house.relay.asked().len(), mails);
    // A relay that is away costs nobody their request.
    house.relay.fails(TestRelay::away());
    let id = add(&house, &token, "c", "later@own.example").await;
    assert!(house.get(&format!("/api/v1/requests/{id}"), &token).await.status.is_success());
}
