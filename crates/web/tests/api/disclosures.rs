//! What leaves by the API is in the disclosure register first; who may not get it gets nothing.

use axum::http::StatusCode;
use model::DisclosureKind;
use serde_json::json;
use store::DisclosureEntry;

use crate::events::record;
use crate::house::{House, now};

async fn entries(house: &House) -> Vec<DisclosureEntry> {
    house.store.disclosures_after(0).await.unwrap()
}

#[tokio::test]
async fn whoever_is_told_of_is_in_the_register_with_what_was_told() {
    let house = House::new().await;
    let (contact, campaign) = (house.own.contact, house.own.campaign);
    record(&house, &[(campaign, contact)]).await;
    let read = DisclosureKind::ContactsRead;
    for (path, kind) in [
        ("/api/v1/contacts".to_owned(), read),
        ("/api/v1/contacts?order=oldest".to_owned(), read),
        (format!("/api/v1/contacts/{contact}"), read),
        (format!("/api/v1/contacts/{contact}/consents"), read),
        (format!("/api/v1/contacts/{contact}/history"), read),
        (format!("/api/v1/contacts/{contact}/proof"), read),
        (format!("/api/v1/addresses/{}", house.own.email), read),
        ("/api/v1/events".to_owned(), DisclosureKind::EventFeed),
    ] {
        let before = entries(&house).await.len();
        // One of its own, so that it begins an entry.
        let token = house.everything().await;
        let answer = house.get(&path, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let now = entries(&house).await;
        assert_eq!(now.len(), before + 1, "{path}");
        assert_eq!((now[before].kind, now[before].actor_kind.as_str()), (kind, "token"), "{path}");
        let held = house.store.disclosures_of(contact).await.unwrap();
        assert_eq!(held.entries[0].seq, now[before].seq, "{path}");
        // The same again is in it already.
        assert_eq!(house.get(&path, &token).await.status, StatusCode::OK);
        assert_eq!(entries(&house).await.len(), before + 1, "{path}");
    }
    let verified = house.store.disclosures_verify(None).await.unwrap();
    assert_eq!(verified.broken, None);
}

#[tokio::test]
async fn figures_name_nobody_and_need_no_entry() {
    let house = House::new().await;
    let token = house.everything().await;
    let number = house.own.campaign;
    for path in [
        format!("/api/v1/campaigns/{number}/report"),
        format!("/api/v1/campaigns/{number}/report/domains"),
        "/api/v1/topics".to_owned(),
        "/api/v1/tags".to_owned(),
        "/api/v1/jobs".to_owned(),
        "/api/v1/processors".to_owned(),
        "/api/v1/disclosures".to_owned(),
    ] {
        let answer = house.get(&path, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    assert_eq!(entries(&house).await, []);
}

#[tokio::test]
async fn an_export_for_others_needs_a_purpose_that_is_registered() {
    let house = House::new().await;
    let token = house.everything().await;
    let ask = async |key: &str, body: serde_json::Value| {
        house.post("/api/v1/exports", &token, key, &body.to_string()).await
    };
    let unknown = ask("export 1", json!({ "for": "Post House", "purpose": "printing" })).await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (422, "recipient_not_found"));
    let processor = store::Processor {
        name: "Post House".into(),
        country: "DE".into(),
        basis: model::DisclosureBasis::ServiceProvider,
        purposes: vec!["printing".into()],
        fields: DisclosureKind::ContactsFile.fields().to_vec(),
        changed_at: now(),
    };
    house.store.processor_set(processor.clone()).await.unwrap();
    let other = ask("export 2", json!({ "for": "Post House", "purpose": "curiosity" })).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "disclosure_refused"));
    let asked = ask("export 3", json!({ "for": "post house", "purpose": "Printing" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    let job = house.store.job_claim(1, now(), now().after(audience::JOB_HELD)).await.unwrap();
    let (store, job) = (&house.store, job.unwrap());
    audience::run_export_job(store, job, now, Default::default()).await.unwrap();
    assert_eq!(entries(&house).await, [], "nothing has left yet");
    let path = format!("/api/v1/jobs/{id}/file");
    for times in 1..=2 {
        assert_eq!(house.get(&path, &token).await.status, StatusCode::OK);
        let told = entries(&house).await;
        assert_eq!(told.len(), times, "each time that it leaves");
        let last = &told[times - 1];
        assert_eq!((last.recipient.as_str(), last.purpose.as_str()), ("Post House", "Printing"));
        assert_eq!((last.kind, last.persons), (DisclosureKind::ContactsFile, Some(4)));
    }
    // Whoever is taken out meanwhile gets nothing any more.
    house.store.processor_remove("Post House".into()).await.unwrap();
    let refused = house.get(&path, &token).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert_eq!(entries(&house).await.len(), 2);
    let held = house.store.disclosures_of(house.own.contact).await.unwrap();
    assert_eq!(held.entries.len(), 2);
}
