//! Lists of people who are erased from the pages.

use std::sync::Arc;
use std::time::SystemTime;

use axum::http::{Method, StatusCode};
use model::{JobId, Timestamp};
use store::{JobFile, JobState};
use token::Keyring;

use super::forms::{Office, form, hidden};
use super::people::{Answer, Browser};

const BOUNDARY: &str = "----a-boundary";
const LIST: &str = "p1@x.org\nP2@X.org\n<evil>\nstranger@x.org\n";

/// The form with a pasted list, and a file if it is named.
async fn send(browser: &Browser, column: &str, list: &str, file: (&str, &str)) -> Answer {
    let field = |name: &str, value: &str| {
        format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let body = format!(
        "{}{}--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         content-type: text/csv\r\n\r\n{}\r\n--{BOUNDARY}--\r\n",
        field("column", column),
        field("list", list),
        file.0,
        file.1
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind.as_str())];
    browser.send(Method::POST, "/admin/erasures", &headers, &body).await
}

async fn people(office: &Office) {
    let row = |number: u8| store::ContactRow {
        email: model::EmailAddress::parse(&format!("p{number}@x.org")).unwrap(),
        attributes: Default::default(),
    };
    let (rows, at) = ((1..=4).map(row).collect(), Timestamp(1_795_428_245_000_000));
    office.house.store.contacts_import(rows, Some(office.news), "x".into(), at).await.unwrap();
}

/// Does the job that is queued, as a server would.
async fn work(office: &Office) {
    let store = &office.house.store;
    let now = || Timestamp::from_system(SystemTime::now());
    let job = store.job_claim(1, now(), now().after(audience::JOB_HELD)).await.unwrap().unwrap();
    let keys = Arc::new(Keyring::generate().unwrap());
    audience::run_erasure_job(store, keys, job, now, Default::default()).await.unwrap();
}

async fn start(browser: &Browser, path: &str, typed: &str) -> Answer {
    let page = browser.get(path).await;
    // The one of the question, behind that of the button that discards it.
    let question = page.body.find("/start\"").unwrap();
    let key = page.body[question..].split("name=\"key\" value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    browser.post(&format!("{path}/start"), &form(&[("key", key), ("contacts", typed)])).await
}

#[tokio::test]
async fn a_pasted_list_is_counted_and_its_number_has_to_be_typed() {
    let office = Office::new().await;
    people(&office).await;
    let store = &office.house.store;
    let contacts = store.contacts_count().await.unwrap();
    let sent = send(&office.owner, "", LIST, ("", "")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let path = sent.location().to_owned();
    let early = office.owner.get(&path).await;
    assert!(!early.body.contains("/start"), "there is nothing to confirm yet: {}", early.body);
    work(&office).await;
    let page = office.owner.get(&path).await;
    for words in ["Erase 2 people", "Type 2 to erase them", "Unknown addresses", "Nobody is erased"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("<evil>") && !page.body.contains("@x.org"), "{}", page.body);
    let rejects = office.owner.get(&format!("{path}/rejects.csv")).await;
    assert!(rejects.body.starts_with("\u{feff}line,column,reason\n3,"), "{}", rejects.body);
    for typed in ["", "3", "two"] {
        let refused = start(&office.owner, &path, typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.body.contains("Nobody was erased: type 2"), "{}", refused.body);
    }
    assert_eq!(store.contacts_count().await.unwrap(), contacts);
    let started = start(&office.owner, &path, " 2 ").await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    work(&office).await;
    assert_eq!(store.contacts_count().await.unwrap(), contacts - 2);
    let page = office.owner.get(&path).await;
    assert!(
        page.body.contains("Contacts erased") && !page.body.contains("/start"),
        "{}",
        page.body
    );
    let list = office.owner.get("/admin/imports").await;
    assert!(list.body.contains("Erasure of a pasted list"), "{}", list.body);
    let import = path.replace("erasures", "imports");
    assert_eq!(office.owner.get(&import).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_taken_in_and_discarded() {
    let office = Office::new().await;
    people(&office).await;
    let file = "name;private\nAnn;p1@x.org\n";
    let sent = send(&office.owner, "Private", "", ("ann@x.org.csv", file)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let path = sent.location().to_owned();
    work(&office).await;
    let page = office.owner.get(&path).await;
    assert!(page.body.contains("Erase 1 person"), "{}", page.body);
    assert!(!page.body.contains("ann@x.org"), "a name that is an address is not kept");
    let key = hidden(&page, "key");
    let stopped = office.owner.post(&format!("{path}/stop"), &form(&[("key", &key)])).await;
    assert_eq!(stopped.status, StatusCode::SEE_OTHER, "{}", stopped.body);
    let id = path.rsplit('/').next().unwrap().parse().map(JobId).unwrap();
    let store = &office.house.store;
    assert_eq!(store.job_find(id).await.unwrap().unwrap().state, JobState::Stopped);
    assert_eq!(store.job_part(id, JobFile::Upload, 0).await.unwrap(), None);
}

#[tokio::test]
async fn what_can_not_be_read_is_told_at_its_field_and_what_was_typed_stays() {
    let office = Office::new().await;
    let refused = async |column: &str, list: &str, file: (&str, &str), words: &str| {
        let answer = send(&office.owner, column, list, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        let body = answer.body.replace("&#39;", "'").replace("&#60;", "<");
        assert!(body.contains(words), "{words}: {body}");
        body
    };
    refused("", " \n ", ("", ""), "Paste a list or choose a file").await;
    refused("", "p1@x.org", ("list.csv", "p2@x.org"), "not both").await;
    refused("", "", ("list.csv", ""), "The file is empty").await;
    let body = refused("", "name,city\nAnn,Rome\n", ("", ""), "No column is called email").await;
    assert!(body.contains("name,city\nAnn,Rome"), "{body}");
    refused("Mail", "email\np1@x.org\n", ("", ""), "which is not a column").await;
    refused("", &"p1@x.org\n".repeat(120_000), ("", ""), "more than 1 MiB").await;
}

#[tokio::test]
async fn who_is_trusted_with_a_topic_erases_no_list() {
    let office = Office::new().await;
    let sent = send(&office.owner, "", LIST, ("", "")).await;
    let mia = office.marketer("mia@team.example", office.news).await;
    for path in ["/admin/erasures/new", sent.location()] {
        assert_eq!(mia.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let refused = send(&mia, "", LIST, ("", "")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!mia.get("/admin/contacts").await.body.contains("Erase a list"));
    assert!(office.owner.get("/admin/contacts").await.body.contains("Erase a list"));
}

#[tokio::test]
async fn what_says_that_it_is_too_large_is_not_read() {
    let office = Office::new().await;
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("content-type", kind.as_str()),
        ("content-length", "4294967296"),
    ];
    for path in ["/admin/erasures", "/admin/imports"] {
        let sent = office.owner.send(Method::POST, path, &headers, "").await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(sent.body.contains("The file has more than 1 GiB; split it"), "{}", sent.body);
    }
}
