//! What leaves by the API is in the disclosure register first; who may not get it gets nothing.

use axum::http::StatusCode;
use model::{DisclosureKind, Timestamp};
use serde_json::json;
use store::DisclosureEntry;

use crate::events::record;
use crate::house::{House, now, sharing_notice};

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

/// The campaign's messages are sent at this time.
async fn send(house: &House, at: Timestamp) {
    let (campaign, lease) = (house.own.campaign, std::time::Duration::from_secs(60));
    let claimed = house.store.deliveries_claim(campaign, 1, 9, at, lease).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let outcome = store::Outcome::Sent { reply: "250 ok".into() };
    let settled = claimed.iter().map(|it| store::Settled {
        contact: it.contact,
        epoch: it.epoch,
        outcome: outcome.clone(),
    });
    house.store.deliveries_settle(campaign, settled.collect(), at, None).await.unwrap();
}

/// A notice of which people were told forty days ago.
async fn announced(house: &House) -> model::SharingNoticeId {
    let at = now().before(std::time::Duration::from_secs(40 * 24 * 60 * 60));
    send(house, at).await;
    house.store.sharing_announce(sharing_notice(house.own.campaign, at)).await.unwrap()
}

#[tokio::test]
async fn r22_people_are_shared_by_a_notice_alone_and_with_its_fields() {
    let house = House::new().await;
    let token = house.everything().await;
    let id = announced(&house).await;
    let ask = async |key: &str, body: serde_json::Value| {
        house.post("/api/v1/exports", &token, key, &body.to_string()).await
    };
    for (key, body, pointer) in [
        ("a", json!({ "for": "Own Text", "purpose": "calendars" }), "/for"),
        ("b", json!({ "notice": "99" }), "/notice"),
        ("c", json!({ "notice": "third" }), "/notice"),
        // Announced just now.
        ("d", json!({ "notice": "1" }), "/notice"),
        ("e", json!({ "notice": id.to_string(), "purpose": "curiosity" }), "/purpose"),
    ] {
        let refused = ask(key, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{key} {}", refused.body);
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let says_no = format!("/api/v1/contacts/{}/sharing", house.own.contact);
    let word = axum::http::Request::put(says_no)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(r#"{"granted":false,"source":"a letter"}"#));
    let said = house.send(word.unwrap()).await;
    assert_eq!(said.json(), json!({ "changed": true, "granted": false }));
    let path = format!("/api/v1/contacts/{}/consents", house.own.contact);
    let ledger = house.get(&path, &token).await.json();
    assert_eq!(
        (&ledger["data"][0]["kind"], &ledger["data"][0]["granted"]),
        (&json!("sharing"), &json!(false))
    );
    let preview = house.get(&format!("/api/v1/sharing-notices/{id}/preview"), &token).await.json();
    let out = json!({
        "suppressed": 0, "objected": 1, "not-told": 2, "told-too-recently": 0, "not-granted": 0,
    });
    assert_eq!((&preview["shared"], &preview["left_out"]), (&json!(1), &out), "{preview}");
    let asked = ask("f", json!({ "notice": id.to_string() })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let job = asked.json()["id"].as_str().unwrap().to_owned();
    house.work().await;
    let before = entries(&house).await.len();
    let file = house.get(&format!("/api/v1/jobs/{job}/file"), &token).await;
    assert_eq!(file.body, "email\nbob@own.example\n");
    let entered = entries(&house).await.split_off(before);
    assert_eq!((entered.len(), entered[0].persons), (1, Some(1)));
    assert_eq!(entered[0].basis, model::DisclosureBasis::Sharing);
    assert!(entered[0].about.contains(&format!("\"notice\":{id}")), "{}", entered[0].about);
}

#[tokio::test]
async fn who_says_no_meanwhile_is_handed_out_by_no_file() {
    let house = House::new().await;
    let token = house.everything().await;
    let id = announced(&house).await;
    let ask = async |key: &str| {
        let body = json!({ "notice": id.to_string() }).to_string();
        let asked = house.post("/api/v1/exports", &token, key, &body).await.json();
        asked["id"].as_str().unwrap().to_owned()
    };
    let job = ask("a").await;
    house.work().await;
    let path = format!("/api/v1/jobs/{job}/file");
    assert_eq!(house.get(&path, &token).await.status, StatusCode::OK);
    let bob = model::EmailAddress::parse("bob@own.example").unwrap();
    let bob = house.store.contact_by_email(bob).await.unwrap().unwrap().id;
    audience::say_sharing(&house.store, (bob, false), "page", None, now()).await.unwrap();
    let refused = house.get(&path, &token).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    // A job that has been asked for writes nobody once the notice is cancelled.
    audience::say_sharing(&house.store, (bob, true), "page", None, now()).await.unwrap();
    let job = ask("b").await;
    house.store.sharing_cancel(id, now()).await.unwrap();
    house.work().await;
    let ended = house.get(&format!("/api/v1/jobs/{job}"), &token).await.json();
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["problem"].as_str().unwrap().contains("was cancelled"), "{ended}");
}
