//! Lists, tags, addresses that make no sense, the document.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use model::{EmailAddress, Right};
use serde_json::Value;
use store::ContactRow;
use web::{API_ROUTES, Verb};

use crate::house::{House, now};

#[tokio::test]
async fn lists_lose_nobody_and_their_cursors_fit_no_other_list() {
    let house = House::new().await;
    let rows: Vec<ContactRow> = (0..130)
        .map(|number| ContactRow {
            email: EmailAddress::parse(&format!("r{number}@list.example")).unwrap(),
            attributes: Default::default(),
        })
        .collect();
    house.store.contacts_import(rows, Some(house.own.topic), "x".into(), now()).await.unwrap();
    let token = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    for limit in [1, 7, 50, 64, 500] {
        let (mut seen, mut after, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let cursor = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let path = format!("/api/v1/contacts?q=@list.example&limit={limit}{cursor}");
            let page = house.get(&path, &token).await.json();
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit, "{limit}");
            seen.extend(data.iter().map(|it| it["email"].as_str().unwrap().to_owned()));
            pages += 1;
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() || pages > 200 {
                break;
            }
        }
        let distinct: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (130, 130), "{limit}");
    }
    let first = house.get("/api/v1/contacts?q=list&limit=1", &token).await.json();
    let next = first["next"].as_str().unwrap();
    for other in ["q=other&", "", "q=list&state=subscribed&", "topic=news&"] {
        let path = format!("/api/v1/contacts?{other}after={next}");
        let refused = house.get(&path, &token).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "cursor"), "{path}");
    }
}

#[tokio::test]
async fn every_list_can_be_followed_to_its_end_one_by_one() {
    let house = House::new().await;
    let token = house.everything().await;
    let lists = API_ROUTES.iter().filter(|it| it.operation.ends_with("_list"));
    for route in lists {
        let path = route.path.replace("{number}", &house.own.campaign.to_string());
        let whole = house.get(&format!("{path}?limit=500"), &token).await.json();
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        for _ in 0..20 {
            let cursor = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let page = house.get(&format!("{path}?limit=1{cursor}"), &token).await.json();
            seen.extend(page["data"].as_array().unwrap().clone());
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        assert!(!seen.is_empty(), "{path}");
        assert_eq!(Value::Array(seen), whole["data"], "{path}");
    }
}

#[tokio::test]
async fn who_has_it_already_gets_no_body() {
    let house = House::new().await;
    let token = house.everything().await;
    let campaign = house.own.campaign;
    for path in [
        format!("/api/v1/campaigns/{campaign}"),
        format!("/api/v1/campaigns/{campaign}/report"),
        format!("/api/v1/announcements/{}", house.own.announcement),
        format!("/api/v1/contacts/{}", house.own.contact),
        "/api/v1/topics/news".to_owned(),
        "/api/v1/media/note.txt".to_owned(),
    ] {
        let first = house.get(&path, &token).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path}: {:?}", first.headers));
        let again = Request::get(&path).header("authorization", format!("Bearer {token}"));
        let again = again.header("if-none-match", tag).body(Body::empty()).unwrap();
        let again = house.send(again).await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), Some(tag), "{path}");
    }
    let path = format!("/api/v1/campaigns/{campaign}");
    let before = house.get(&path, &token).await;
    house.post(&format!("{path}/pause"), &token, "p", "").await;
    let after = house.get(&path, &token).await;
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[tokio::test]
async fn r24_addresses_are_masked_and_not_sought_without_the_right_to_see_them() {
    let house = House::new().await;
    let token = house.token(&[Right::DeliveriesRead], &[]).await;
    let path = format!("/api/v1/campaigns/{}/deliveries", house.own.campaign);
    let list = house.get(&path, &token).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2, "{list}");
    assert_eq!(list["data"][1]["email"], "a•••@own.example", "{list}");
    let one = house.get(&format!("{path}/{}", house.own.contact), &token).await;
    assert!(!one.body.contains("ann@"), "{}", one.body);
    let sought = house.get(&format!("{path}?q=ann"), &token).await;
    assert_eq!(sought.status, StatusCode::FORBIDDEN);
    assert!(sought.body.contains("contacts:read"), "{}", sought.body);
    let both = house.token(&[Right::DeliveriesRead, Right::ContactsRead], &[]).await;
    let found = house.get(&format!("{path}?q=ann"), &both).await.json();
    assert_eq!(found["data"][0]["email"], "ann@own.example", "{found}");
}

#[tokio::test]
async fn addresses_that_make_no_sense_are_refused_with_a_problem() {
    let house = House::new().await;
    let token = house.everything().await;
    for (path, status) in [
        ("/api/v1/contacts?limit=0", 400),
        ("/api/v1/contacts?limit=501", 400),
        ("/api/v1/contacts?limit=-1", 400),
        ("/api/v1/contacts?limit=1&limit=2", 400),
        ("/api/v1/contacts?state=gone", 400),
        ("/api/v1/contacts?q=%00", 400),
        ("/api/v1/contacts?q=%ff", 400),
        ("/api/v1/contacts?topic=nothing", 404),
        ("/api/v1/contacts?page=2", 400),
        ("/api/v1/campaigns?tab=", 400),
        ("/api/v1/me?x=1", 400),
        ("/api/v1/topics/a%00", 400),
        ("/api/v1/topics/%ff", 400),
        ("/api/v1/campaigns/99999999999999999999", 404),
        ("/api/v1/campaigns/-1", 404),
        ("/api/v1/campaigns/%2e%2e", 404),
        ("/api/v1/media/..%2f..%2fetc%2fpasswd", 404),
        ("/api/v1/contacts/", 404),
        ("/api/v1/", 404),
        ("/api/v2/contacts", 404),
        ("/api", 404),
    ] {
        let answer = house.get(path, &token).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        let said = answer.json();
        assert_eq!(said["status"], status, "{path}");
        assert_eq!(said["request_id"].as_str(), answer.header("x-request-id"), "{path}");
        let page = house.get(said["type"].as_str().unwrap(), "").await;
        assert!(page.status.is_success() && page.body.contains("<h1>"), "{path}");
    }
    let request = Request::delete("/api/v1/me").body(Body::empty()).unwrap();
    let wrong = house.send(request).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (405, "method"));
    assert_eq!(wrong.header("allow"), Some("GET,HEAD"));
    let head = Request::head("/api/v1/contacts").header("authorization", format!("Bearer {token}"));
    let head = house.send(head.body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn the_document_is_the_table_and_every_shape_it_names_is_in_it() {
    let house = House::new().await;
    let document = house.get("/api/v1/openapi.json", "").await.json();
    let told: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let ours: BTreeSet<(String, String)> = API_ROUTES
        .iter()
        .map(|route| (route.verb.as_str().to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(told, ours);
    assert_eq!(ours.len(), API_ROUTES.len(), "an address with a method stands there once");
    let names: BTreeSet<&str> = API_ROUTES.iter().map(|route| route.operation).collect();
    assert_eq!(names.len(), API_ROUTES.len(), "each operation has a name of its own");
    let text = document.to_string();
    for (place, _) in text.match_indices("#/components/schemas/") {
        let name = &text[place + "#/components/schemas/".len()..];
        let name = name.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    let page = house.get("/api/v1", "").await;
    for route in API_ROUTES.iter() {
        assert!(page.body.contains(route.about), "{}", route.path);
        // A message keeps by itself who has asked for it.
        let is_write = route.verb != Verb::Get && route.operation != "message_send";
        assert_eq!(
            is_write,
            route.audit.is_some(),
            "{}: what changes nothing is asked by GET",
            route.path
        );
    }
    assert!(!page.body.contains("<script") && !page.body.contains("style="), "no script, no style");
}
