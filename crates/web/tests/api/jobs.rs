//! Files and batches of contacts by the API, and what becomes of them.

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use model::Right;
use serde_json::{Value, json};
use store::JobState;

use crate::house::{Answer, House};

const CSV: &str = "text/csv";
const LINES: &str = "application/x-ndjson";
const FILE: &str = "email,Vorname,id\nzoe@x.org,Zo\u{eb},1\nnobody,x,2\n";
const IMPORT: &str = "/api/v1/imports?topic=news&name=people.csv&map=Vorname=first_name&ignore=id";

fn told(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn a_file_is_rehearsed_imported_and_undone() {
    let house = House::new().await;
    let token = house.everything().await;
    let rehearse = format!("{IMPORT}&dry_run=true");
    let asked = house.send_file(&rehearse, &token, ("a", CSV), FILE).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let path = asked.header("location").unwrap().to_owned();
    let job = asked.json();
    assert_eq!((&job["state"], &job["dry_run"]), (&json!("queued"), &json!(true)), "{job}");
    assert_eq!((&job["title"], &job["topic"]), (&json!("people.csv"), &json!("news")));
    let contacts = house.store.contacts_count().await.unwrap();
    house.work().await;
    let rehearsed = house.get(&path, &token).await.json();
    assert_eq!(rehearsed["state"], "waiting", "{rehearsed}");
    let counts = json!({ "rows": 2, "added": 1, "rejected": 1, "subscribed": 1 });
    for (name, count) in counts.as_object().unwrap() {
        assert_eq!(&rehearsed["counts"][name], count, "{name}: {rehearsed}");
    }
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts);
    let started = house.post(&format!("{path}/start"), &token, "b", "").await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.body);
    house.work().await;
    assert_eq!(house.get(&path, &token).await.json()["state"], "done");
    let zoe = house.get("/api/v1/contacts?q=zoe@x.org", &token).await.json();
    assert_eq!(zoe["data"][0]["attributes"], json!({ "first_name": "Zo\u{eb}" }), "{zoe}");
    let rejects = house.get(&format!("{path}/rejects"), &token).await;
    assert_eq!(rejects.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(rejects.body.contains("nobody,x,2"), "{}", rejects.body);

    let counted = house.post(&format!("{path}/undo"), &token, "c", r#"{"dry_run":true}"#).await;
    assert_eq!(counted.status, StatusCode::ACCEPTED, "{}", counted.body);
    let undo = counted.header("location").unwrap().to_owned();
    house.work().await;
    let counted = house.get(&undo, &token).await.json();
    assert_eq!((&counted["state"], &counted["counts"]["removed"]), (&json!("waiting"), &json!(1)));
    house.post(&format!("{path}/undo"), &token, "d", "{}").await;
    house.work().await;
    let undone = house.get(&undo, &token).await.json();
    assert_eq!((&undone["state"], &undone["counts"]["removed"]), (&json!("done"), &json!(1)));
    assert_eq!(house.store.contacts_count().await.unwrap(), contacts);
    let again = house.post(&format!("{path}/undo"), &token, "e", "{}").await;
    assert_eq!(told(&again), (409, "state".to_owned()), "{}", again.body);
}

#[tokio::test]
async fn the_same_file_under_the_same_key_is_imported_once() {
    let house = House::new().await;
    let token = house.everything().await;
    let first = house.send_file(IMPORT, &token, ("a", CSV), FILE).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
    let again = house.send_file(IMPORT, &token, ("a", CSV), FILE).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.body);
    assert_eq!(again.json()["id"], first.json()["id"]);
    let other = house.send_file(IMPORT, &token, ("a", CSV), "email\nb@x.org\n").await;
    assert_eq!(told(&other), (422, "key_used".to_owned()), "{}", other.body);
    let all = house.get("/api/v1/jobs?kind=import", &token).await.json();
    let open = all["data"].as_array().unwrap().iter().filter(|job| job["state"] == "queued");
    assert_eq!(open.count(), 1, "what came again is thrown away: {all}");
    let none = Request::post(IMPORT)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", CSV);
    let none = house.send(none.body(Body::from(FILE)).unwrap()).await;
    assert_eq!(told(&none), (400, "key_missing".to_owned()));
}

#[tokio::test]
async fn a_bad_file_is_refused_and_nothing_of_it_is_imported() {
    let house = House::new().await;
    let token = house.everything().await;
    let send = async |query: &str, file: &str| {
        let key = format!("{query} {}", file.len());
        let path = format!("/api/v1/imports?{query}");
        told(&house.send_file(&path, &token, (key.as_str(), CSV), file.to_owned()).await)
    };
    for (query, file, status, code) in [
        ("topic=news", "", 422, "file_empty"),
        ("topic=news", "name\nAnn\n", 422, "file_unusable"),
        ("topic=news", "email,status\na@x.org,gone\n", 422, "undecided_column"),
        ("topic=news&name=unsubscribed.csv", "email\na@x.org\n", 422, "telling_name"),
        ("topic=news&map=Nachname=last", "email\na@x.org\n", 422, "column_not_found"),
        ("topic=nothing", "email\na@x.org\n", 422, "topic_not_found"),
        ("campaign=987", "email\na@x.org\n", 422, "campaign_not_found"),
        ("topic=news&encoding=utf-9", "email\na@x.org\n", 400, "query"),
        ("topic=news&basis=hope", "email\na@x.org\n", 400, "query"),
        ("topic=news&from=mailchimp", "email\na@x.org\n", 422, "file_unusable"),
        ("topic=news&member=a.csv", "email\na@x.org\n", 422, "file_unusable"),
        ("topic=news&colour=red", "email\na@x.org\n", 400, "query"),
    ] {
        assert_eq!(send(query, file).await, (status, code.to_owned()), "{query} {file:?}");
    }
    // A line of ten million columns.
    let wide = format!("email{}\na@x.org\n", ",x".repeat(10_000_000));
    assert_eq!(send("topic=news", &wide).await, (422, "file_unusable".to_owned()));
    let all = house.get("/api/v1/jobs?limit=500", &token).await.json();
    let states = all["data"].as_array().unwrap().iter().map(|job| job["state"].as_str().unwrap());
    assert!(states.clone().all(|it| ["stopped", "waiting"].contains(&it)), "{all}");
    assert_eq!(states.filter(|it| *it == "waiting").count(), 2, "those of the house: {all}");
}

#[tokio::test]
async fn a_file_that_is_too_large_packed_or_broken_off_is_refused() {
    let house = House::new().await;
    let token = house.everything().await;
    let send = async |headers: &[(&str, &str)], body: Body| {
        let mut request = Request::post("/api/v1/imports?topic=news")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", "k");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        told(&house.send(request.body(body).unwrap()).await)
    };
    let csv = ("content-type", CSV);
    // Before a byte of it is read.
    let never =
        || Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let large = [csv, ("content-length", "4294967296")];
    assert_eq!(send(&large, never()).await, (413, "file_too_large".to_owned()));
    let packed = [csv, ("content-encoding", "gzip")];
    assert_eq!(send(&packed, never()).await, (415, "encoding".to_owned()));
    let json = [("content-type", "application/json")];
    assert_eq!(send(&json, never()).await, (415, "unsupported_type".to_owned()));
    let broken = [Ok(Bytes::from("email\na@x")), Err(std::io::Error::other("gone"))];
    let broken = Body::from_stream(futures_util::stream::iter(broken));
    assert_eq!(send(&[csv], broken).await, (400, "file_broken".to_owned()));
    let jobs = house.get("/api/v1/jobs", &token).await.json();
    assert_eq!(jobs["data"][0]["state"], "stopped", "it is never imported: {jobs}");
}

#[tokio::test]
async fn a_name_is_no_path_and_a_campaign_brings_its_topic() {
    let house = House::new().await;
    let token = house.everything().await;
    for (name, title) in [
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C:%5Ctemp%5Cpeople.csv", "people.csv"),
        ("a%0D%0Ab.csv", "ab.csv"),
        ("%2F", "contacts.csv"),
    ] {
        let path = format!("/api/v1/imports?topic=news&name={name}");
        let made = house.send_file(&path, &token, (name, CSV), "email\na@x.org\n").await;
        assert_eq!(made.json()["title"], title, "{}", made.body);
    }
    let path = format!("/api/v1/imports?campaign={}", house.own.campaign);
    let made = house.send_file(&path, &token, ("c", CSV), "email\na@x.org\n").await;
    assert_eq!(made.json()["topic"], "news", "{}", made.body);
    let narrow = house.token(&[Right::ContactsWrite], &[house.own.topic]).await;
    let path = format!("/api/v1/imports?campaign={}", house.foreign.campaign);
    let refused = house.send_file(&path, &narrow, ("d", CSV), "email\na@x.org\n").await;
    assert_eq!(told(&refused), (422, "campaign_not_found".to_owned()), "{}", refused.body);
    let refused = house.send_file("/api/v1/imports", &narrow, ("e", CSV), "email\na@x.org\n").await;
    assert_eq!(told(&refused), (422, "topic_missing".to_owned()), "{}", refused.body);
}

#[tokio::test]
async fn an_export_holds_what_its_token_may_see_and_is_logged_before_it_leaves() {
    let house = House::new().await;
    let narrow = house.token(&[Right::ContactsRead], &[house.own.topic]).await;
    let foreign = house.token(&[Right::ContactsRead], &[house.foreign.topic]).await;
    let row = store::ContactRow {
        email: model::EmailAddress::parse("ann@own.example").unwrap(),
        attributes: Default::default(),
    };
    let both = Some(house.foreign.topic);
    house.store.contacts_import(vec![row], both, "x".into(), crate::house::now()).await.unwrap();
    let asked = house.post("/api/v1/exports", &narrow, "a", "{}").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let path = asked.header("location").unwrap().to_owned();
    let early = house.get(&format!("{path}/file"), &narrow).await;
    assert_eq!(told(&early), (409, "state".to_owned()), "{}", early.body);
    house.work().await;
    let log = house.log().await;
    assert_eq!(log[log.len() - 2..], ["contacts.export", "contacts.exported"]);
    let file = house.get(&format!("{path}/file"), &narrow).await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let disposition = file.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"contacts-"), "{disposition}");
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines[0], "email,mail status,subscribed to,tagged with,first_name");
    assert_eq!(lines.len(), 3, "{}", file.body);
    assert!(!file.body.contains("foreign"), "not even the other topic's name: {}", file.body);
    assert_eq!(house.log().await.last().unwrap(), "contacts.export_read");
    for (token, status) in [(&foreign, 404), (&house.token(&[Right::ReportsRead], &[]).await, 403)]
    {
        let hidden = house.get(&format!("{path}/file"), token).await;
        assert_eq!(hidden.status.as_u16(), status, "{}", hidden.body);
    }
    let unknown = house.post("/api/v1/exports", &narrow, "b", r#"{"topic":"foreign-topic"}"#).await;
    assert_eq!(told(&unknown), (422, "topic_not_found".to_owned()), "{}", unknown.body);
}

#[tokio::test]
async fn each_line_of_a_batch_is_answered_for_itself() {
    let house = House::new().await;
    let token = house.token(&[Right::ContactsWrite], &[house.own.topic]).await;
    let lines = [
        json!({ "email": "new@x.org", "topics": ["news"], "proof": "a form" }).to_string(),
        String::new(),
        "{".to_owned(),
        json!({ "email": "x@y", "topics": ["news"], "proof": "a" }).to_string(),
        json!({ "email": "ann@own.example", "topics": ["news"], "proof": "a" }).to_string(),
        json!({ "email": "ann@own.example", "topics": ["news"], "proof": "a",
            "attributes": { "plan": "pro" }, "if_exists": "update" })
        .to_string(),
        json!({ "email": "ann@foreign.example", "topics": ["news"], "proof": "a",
            "attributes": { "plan": "pro" }, "if_exists": "update" })
        .to_string(),
        json!({ "email": "b@x.org", "topics": ["foreign-topic"], "proof": "a" }).to_string(),
        json!({ "email": "b@x.org", "colour": "red" }).to_string(),
    ]
    .join("\n");
    let path = "/api/v1/contacts/batch";
    let answer = house.send_file(path, &token, ("a", LINES), lines.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some(LINES));
    let told: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let short = |it: &Value| {
        let kind = it["problem"]["type"].as_str().unwrap_or_default();
        let code = kind.trim_start_matches("/api/v1/problems/").to_owned();
        (it["index"].as_u64().unwrap(), it["status"].as_u64().unwrap(), code)
    };
    let expected = [
        (0, 201, ""),
        (2, 400, "json"),
        (3, 422, "address_syntax"),
        (4, 409, "contact_exists"),
        (5, 200, ""),
        (6, 409, "contact_exists"),
        (7, 422, "topic_not_found"),
        (8, 422, "field"),
    ];
    let expected = expected.map(|(index, status, code)| (index, status, code.to_owned()));
    assert_eq!(told.iter().map(short).collect::<Vec<_>>(), expected, "{}", answer.body);
    assert_eq!(told[4]["id"], house.own.contact.to_string());
    let ann = house.store.contact_find(house.own.contact).await.unwrap().unwrap();
    assert_eq!(ann.attributes["plan"], "pro");
    let again = house.send_file(path, &token, ("a", LINES), lines).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.header("content-type"), &again.body), (Some(LINES), &answer.body));
    let many = "{}\n".repeat(1_001);
    let many = house.send_file(path, &token, ("b", LINES), many).await;
    assert_eq!((many.status.as_u16(), many.code().as_str()), (422, "too_many_lines"));
}

#[tokio::test]
async fn a_batch_that_broke_off_goes_on_where_it_was() {
    let house = House::new().await;
    let (id, token) = {
        let rights = [Right::ContactsWrite, Right::ContactsRead];
        house.token_of(&crate::house::system(), &rights, &[], None, true).await
    };
    let line = |name: &str| json!({ "email": format!("{name}@x.org") }).to_string();
    let lines = format!("{}\n{}\n", line("one"), line("two"));
    // As a server does it that is killed behind the first line.
    let actor = access::token_authenticate(&house.store, &token, crate::house::now()).await;
    let actor = actor.unwrap().unwrap();
    assert_eq!(actor.record().id, Some(id.0));
    let sha256 = |text: &str| -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(text.as_bytes()).into()
    };
    let whole = store::IdempotentRequest {
        key: "a".into(),
        request: "POST /api/v1/contacts/batch".into(),
        body_hash: sha256(&lines),
    };
    let of_line = store::IdempotentRequest {
        key: "a\u{1f}0".into(),
        request: "POST /api/v1/contacts/batch line 0".into(),
        body_hash: sha256(&line("one")),
    };
    let permit = actor.may(Right::ContactsWrite, access::Object::OwnTopics).unwrap();
    let object = store::AuditObject::of_kind("contacts");
    let begun = permit.clone().for_request(whole);
    begun
        .log(&house.store, "contact.batch", object.clone(), None, crate::house::now())
        .await
        .unwrap();
    let new = store::NewContact {
        row: store::ContactRow {
            email: model::EmailAddress::parse("one@x.org").unwrap(),
            attributes: Default::default(),
        },
        topics: Vec::new(),
        proof: String::new(),
        address_hash: [7; 32],
    };
    let at = crate::house::now();
    let acting = permit.for_request(of_line);
    let acting = acting.acting(&house.store, "contact.add", object, (None, None), at);
    let one = acting.contact_add(new, at).await.unwrap().id;
    let answer = house.send_file("/api/v1/contacts/batch", &token, ("a", LINES), lines).await;
    let told: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&told[0]["status"], &told[0]["id"]), (&json!(201), &json!(one.to_string())));
    assert_eq!(told[1]["status"], 201, "{}", answer.body);
    let added = house.log().await.iter().filter(|it| *it == "contact.add").count();
    assert_eq!(added, 2, "each once");
}

#[tokio::test]
async fn a_job_of_a_foreign_topic_is_none() {
    let house = House::new().await;
    let rights = [Right::ContactsRead, Right::ContactsWrite];
    let narrow = house.token(&rights, &[house.own.topic]).await;
    let all = house.get("/api/v1/jobs", &narrow).await;
    assert!(!all.body.contains("foreign"), "{}", all.body);
    assert_eq!(all.json()["data"].as_array().unwrap().len(), 1, "{}", all.body);
    let foreign = house.foreign.job;
    for part in ["", "/rejects", "/file"] {
        let hidden = house.get(&format!("/api/v1/jobs/{foreign}{part}"), &narrow).await;
        assert_eq!(told(&hidden), (404, "job_not_found".to_owned()), "{part}");
    }
    for act in ["start", "stop", "undo"] {
        let path = format!("/api/v1/jobs/{foreign}/{act}");
        let body = if act == "undo" { "{}" } else { "" };
        let hidden = house.post(&path, &narrow, act, body).await;
        assert_eq!(told(&hidden), (404, "job_not_found".to_owned()), "{act}");
    }
    let found = house.store.job_find(foreign).await.unwrap().unwrap();
    assert_eq!(found.state, JobState::Waiting);
}

#[tokio::test]
async fn a_narrowed_token_takes_over_no_contact_of_another_topic_by_importing_the_address() {
    let house = House::new().await;
    let scopes = [Right::ContactsRead, Right::ContactsWrite];
    let narrow = house.token(&scopes, &[house.own.topic]).await;
    let before = house.store.contact_by_email("ann@foreign.example".parse().unwrap()).await;
    let before = before.unwrap().unwrap();
    let file = "email,plan\nAnn@Foreign.example,pro\nann@own.example,pro\nnew@x.org,pro\n";
    let asked = house.send_file("/api/v1/imports?topic=news", &narrow, ("a", CSV), file).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    house.work().await;
    let job = house.get(asked.header("location").unwrap(), &narrow).await.json();
    let count = |name: &str| job["counts"][name].as_u64().unwrap();
    assert_eq!((count("of_other_topics"), count("added"), count("rows")), (1, 1, 3), "{job}");
    let after = house.store.contact_by_email("ann@foreign.example".parse().unwrap()).await;
    assert_eq!(after.unwrap().unwrap(), before);
    let found = house.get("/api/v1/contacts?q=foreign.example", &narrow).await.json();
    assert_eq!(found["data"], json!([]), "{found}");
    let own = house.get("/api/v1/contacts?q=ann@own.example", &narrow).await.json();
    assert_eq!(own["data"][0]["attributes"]["plan"], "pro", "{own}");
}
