//! Files of contacts that are uploaded, and what is said about them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::http::{Method, StatusCode};
use model::{JobId, Timestamp};
use store::{Job, JobFile, JobState};
use token::Keyring;

use super::forms::{Office, TEXT, form, hidden};
use super::people::{Answer, Browser};

const BOUNDARY: &str = "----a-boundary";

async fn upload(browser: &Browser, topic: &str, name: &str, file: &str) -> Answer {
    upload_for(browser, ("topic", topic), name, file).await
}

async fn upload_for(
    browser: &Browser,
    (field, value): (&str, &str),
    name: &str,
    file: &str,
) -> Answer {
    let body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n\
         --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: text/csv\r\n\r\n{file}\r\n--{BOUNDARY}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind.as_str())];
    browser.send(Method::POST, "/admin/imports", &headers, &body).await
}

async fn job(office: &Office, path: &str) -> Job {
    let id = path.rsplit('/').next().unwrap().parse().map(JobId).unwrap();
    office.house.store.job_find(id).await.unwrap().unwrap()
}

/// The form of an import's page, with what is chosen in it.
async fn start(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).await;
    let key = hidden(&page, "key");
    let mut all = vec![("key", key.as_str())];
    if !fields.iter().any(|(name, _)| *name == "basis") {
        all.push(("basis", "consent"));
    }
    all.extend(fields);
    browser.post(&format!("{path}/start"), &form(&all)).await
}

#[tokio::test]
async fn a_file_is_uploaded_told_about_rehearsed_and_imported() {
    let office = Office::new().await;
    let file = "email,First Name,status,<evil>\nzoe@x.org,Zo\u{eb},active,<evil>\n";
    let done = upload(&office.owner, "news", "/tmp/<evil>people.csv", file).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let path = done.location().to_owned();
    let uploaded = job(&office, &path).await;
    assert_eq!((uploaded.state, uploaded.title.as_str()), (JobState::Waiting, "<evil>people.csv"));
    let store = &office.house.store;
    let kept = store.job_part(uploaded.id, JobFile::Upload, 0).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(kept).unwrap(), file);
    let page = office.owner.get(&path).await;
    assert!(page.body.contains("first_name") && page.body.contains("Zo\u{eb}"), "{}", page.body);
    assert!(page.body.contains("seems to say who has left"), "{}", page.body);
    assert!(!page.body.contains("<evil>"), "{}", page.body);

    let undecided = [("topic", "news"), ("role-0", "address"), ("do", "rehearse")];
    let refused = start(&office.owner, &path, &undecided).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("seems to say who has left"), "{}", refused.body);
    let decided = [
        ("topic", "news"),
        ("role-0", "address"),
        ("role-1", "attribute"),
        ("attribute-1", "given_name"),
        ("role-2", "status"),
        ("mailed-2", "active"),
        ("do", "rehearse"),
    ];
    let done = start(&office.owner, &path, &decided).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let queued = job(&office, &path).await;
    assert_eq!(queued.state, JobState::Queued);
    let spec = audience::ImportSpec::from_json(&queued.spec);
    assert_eq!(spec.topic.as_deref(), Some("news"));
    assert!(spec.map.contains(&("First Name".into(), "given_name".into())), "{spec:?}");
    assert_eq!(spec.status, ["status=active"]);
    assert!(spec.rehearsal);
    let late = office.owner.post(&format!("{path}/stop"), &form(&[("key", &"s".repeat(43))])).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER, "{}", late.body);
    assert_eq!(job(&office, &path).await.state, JobState::Stopped);
}

#[tokio::test]
async fn an_export_that_is_known_is_recognised_and_can_be_read_otherwise() {
    let office = Office::new().await;
    let file = "uuid,email,name,attributes,status,created_at,updated_at\n\
                1,zoe@x.org,Zoe,{},enabled,2026-01-01,2026-01-01\n";
    let done = upload(&office.owner, "news", "subscribers.csv", file).await;
    let path = done.location().to_owned();
    let page = office.owner.get(&path).await;
    assert!(page.body.contains("This looks like an export of listmonk"), "{}", page.body);
    assert!(page.body.contains("several attributes (JSON)"), "{}", page.body);
    assert!(!page.body.contains("seems to say who has left"), "{}", page.body);
    let plain = office.owner.get(&format!("{path}?from=none")).await;
    assert!(plain.body.contains("seems to say who has left"), "{}", plain.body);
    let unknown = office.owner.get(&format!("{path}?encoding=utf-9")).await;
    assert!(unknown.body.contains("is not an encoding"), "{}", unknown.body);
    let fields =
        [("topic", "news"), ("from", "listmonk"), ("role-3", "values"), ("role-4", "status")];
    let nothing = start(&office.owner, &path, &[("basis", ""), ("topic", "news")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("by what right they are subscribed"), "{}", nothing.body);
    let done = start(&office.owner, &path, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let spec = audience::ImportSpec::from_json(&job(&office, &path).await.spec);
    assert_eq!((spec.from.as_str(), spec.status.len()), ("listmonk", 1));
    assert_eq!(spec.basis.basis, model::ConsentBasis::Consent);
}

#[tokio::test]
async fn a_file_in_another_encoding_is_read_when_that_is_said() {
    let office = Office::new().await;
    // The byte order of the field is UTF-8; the file is not.
    let file = "e\0m\0a\0i\0l\0\n\0a\0@\0x\0.\0o\0r\0g\0";
    let done = upload(&office.owner, "news", "people.csv", file).await;
    let path = done.location().to_owned();
    let page = office.owner.get(&path).await;
    assert!(page.body.contains("UTF-16 without a mark"), "{}", page.body);
    assert!(page.body.contains("id=\"reading\"") && !page.body.contains("id=\"columns\""));
    let read = office.owner.get(&format!("{path}?encoding=utf-16le")).await;
    assert!(read.body.contains("id=\"columns\"") && read.body.contains("a@x.org"), "{}", read.body);
    let fields = [("topic", "news"), ("encoding", "utf-16le"), ("role-0", "address")];
    assert_eq!(start(&office.owner, &path, &fields).await.status, StatusCode::SEE_OTHER);
    let spec = audience::ImportSpec::from_json(&job(&office, &path).await.spec);
    assert_eq!(spec.encoding.name(), "UTF-16LE");
}

#[tokio::test]
async fn what_can_not_be_imported_is_told_at_its_field() {
    let office = Office::new().await;
    for (name, file, words) in [
        ("people.csv", "", "The file is empty"),
        ("people.csv", "name\nAnn\n", "no column is called email"),
        ("unsubscribed.csv", "email\na@x.org\n", "must not be mailed"),
    ] {
        let done = upload(&office.owner, "news", name, file).await;
        let answer = match done.status {
            StatusCode::SEE_OTHER => {
                let path = done.location().to_owned();
                let fields = [("topic", "news"), ("role-0", "address"), ("do", "import")];
                let page = office.owner.get(&path).await;
                match page.body.contains("/start") {
                    true => start(&office.owner, &path, &fields).await,
                    false => page,
                }
            }
            _ => done,
        };
        let body = answer.body.replace("&#39;", "'");
        assert!(body.to_lowercase().contains(&words.to_lowercase()), "{name}: {body}");
    }
    let broken = office.owner.post("/admin/imports", "file=x").await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn who_is_trusted_with_a_topic_imports_for_that_topic_alone() {
    let office = Office::new().await;
    let foreign = office.house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let mia = office.marketer("mia@team.example", office.news).await;
    let omar = office.marketer("omar@team.example", foreign).await;
    let refused = upload(&mia, "offers", "people.csv", "email\na@x.org\n").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(!refused.body.contains("Offers"));
    let refused = upload(&mia, "", "people.csv", "email\na@x.org\n").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let done = upload(&mia, "news", "people.csv", "email\na@x.org\n").await;
    let path = done.location().to_owned();
    assert_eq!(omar.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(!omar.get("/admin/imports").await.body.contains("people.csv"));
    assert!(mia.get("/admin/imports").await.body.contains("people.csv"));
    let moved = start(&mia, &path, &[("topic", "offers"), ("role-0", "address")]).await;
    assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", moved.body);
}

#[tokio::test]
async fn what_was_rejected_is_there_in_full() {
    let office = Office::new().await;
    let done = upload(&office.owner, "news", "people.csv", "email\na@x.org\n").await;
    let path = done.location().to_owned();
    let id = job(&office, &path).await.id;
    let store = &office.house.store;
    let first = "r".repeat(store::JOB_PART_BYTES);
    store.job_part_put(id, JobFile::Rejects, 0, first.clone().into_bytes()).await.unwrap();
    store.job_part_put(id, JobFile::Rejects, 1, b"end".to_vec()).await.unwrap();
    let file = office.owner.get(&format!("{path}/rejects.csv")).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.body.len(), first.len() + 6, "with the mark for spreadsheets");
    assert!(file.body.ends_with("end"));
}

/// Does the job that is queued, as a server would.
async fn work(office: &Office) {
    let store = &office.house.store;
    let now = || Timestamp::from_system(SystemTime::now());
    let held = now().after(audience::JOB_HELD);
    let job = store.job_claim(1, now(), held).await.unwrap().unwrap();
    match job.kind.as_str() {
        audience::UNDO_JOB => audience::run_undo_job(store, job, now, Default::default()).await,
        audience::EXPORT_JOB => audience::run_export_job(store, job, now, Default::default()).await,
        _ => {
            let keys = Arc::new(Keyring::generate().unwrap());
            audience::run_import_job(
                store,
                (keys, Default::default()),
                job,
                now,
                Default::default(),
            )
            .await
        }
    }
    .unwrap();
}

#[tokio::test]
async fn an_import_is_undone_when_its_figures_were_seen() {
    let office = Office::new().await;
    let contacts = office.house.store.contacts_count().await.unwrap();
    let done = upload(&office.owner, "news", "people.csv", "email\na@x.org\nb@x.org\n").await;
    let path = done.location().to_owned();
    let fields = [("topic", "news"), ("role-0", "address"), ("do", "import")];
    assert_eq!(start(&office.owner, &path, &fields).await.status, StatusCode::SEE_OTHER);
    let early = office.owner.get(&path).await;
    assert!(!early.body.contains("undoing"), "it is not done yet: {}", early.body);
    work(&office).await;
    let page = office.owner.get(&path).await;
    let key = hidden(&page, "key");
    let undo = format!("{path}/undo");
    let counted = office.owner.post(&undo, &form(&[("key", &key), ("do", "count")])).await;
    assert_eq!(counted.status, StatusCode::SEE_OTHER, "{}", counted.body);
    let job_path = counted.location().to_owned();
    let again = office.owner.post(&undo, &form(&[("key", &key), ("do", "count")])).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "done once: {}", again.body);
    work(&office).await;
    assert_eq!(office.house.store.contacts_count().await.unwrap(), contacts + 2);
    let page = office.owner.get(&job_path).await;
    assert!(page.body.contains("Undo of people.csv"), "{}", page.body);
    assert!(page.body.contains("<dt>Contacts removed</dt><dd>2</dd>"), "{}", page.body);
    let key = hidden(&page, "key");
    let done = office.owner.post(&undo, &form(&[("key", &key), ("do", "undo")])).await;
    assert_eq!(done.location(), job_path);
    work(&office).await;
    assert_eq!(office.house.store.contacts_count().await.unwrap(), contacts);
    assert_eq!(job(&office, &job_path).await.state, JobState::Done);
    let page = office.owner.get(&path).await;
    assert!(page.body.contains("It was undone"), "{}", page.body);
    let late = office.owner.post(&undo, &form(&[("key", &"u".repeat(43)), ("do", "undo")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
}

#[tokio::test]
async fn an_import_for_a_campaign_leads_back_to_it() {
    let office = Office::new().await;
    office.draft(TEXT).await;
    let number = "1";
    let file = "email\na@x.org\n";
    let done = upload_for(&office.owner, ("campaign", number), "people.csv", file).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let path = done.location().to_owned();
    let back = format!("href=\"/admin/campaigns/{number}\">Back to the campaign");
    assert!(office.owner.get(&path).await.body.contains(&back));
    let fields = [("topic", "news"), ("role-0", "address"), ("do", "import")];
    assert_eq!(start(&office.owner, &path, &fields).await.status, StatusCode::SEE_OTHER);
    let live = format!("{path}/live");
    assert!(office.owner.get(&live).await.headers.get("hx-redirect").is_none());
    work(&office).await;
    let ended = office.owner.get(&live).await;
    assert_eq!(ended.headers["hx-redirect"], format!("/admin/campaigns/{number}"));
    assert!(office.owner.get(&path).await.body.contains(&back), "without script, too");
    let foreign = office.house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let omar = office.marketer("omar@team.example", foreign).await;
    for campaign in [number, "987", "x"] {
        let refused = upload_for(&omar, ("campaign", campaign), "people.csv", file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("no campaign") || refused.body.contains("no such campaign"));
    }
}

#[tokio::test]
async fn contacts_are_taken_away_as_the_list_is_filtered() {
    let office = Office::new().await;
    let list = office.owner.get("/admin/contacts?topic=news&state=subscribed").await;
    let key = hidden(&list, "key");
    assert_eq!(hidden(&list, "topic"), "news");
    let fields = [("key", key.as_str()), ("q", ""), ("topic", "news"), ("state", "subscribed")];
    let done = office.owner.post("/admin/exports", &form(&fields)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let path = done.location().to_owned();
    let file = format!("{path}/contacts.csv");
    assert_eq!(office.owner.get(&file).await.status, StatusCode::NOT_FOUND, "not there yet");
    work(&office).await;
    assert!(office.owner.get(&path).await.body.contains("Download contacts.csv"));
    let taken = office.owner.get(&file).await;
    assert_eq!(taken.headers["content-type"], "text/csv; charset=utf-8");
    assert!(taken.body.starts_with("\u{feff}email,mail status,subscribed to"), "{}", taken.body);
    let mia = office.marketer("mia@team.example", office.news).await;
    assert_eq!(mia.get(&path).await.status, StatusCode::NOT_FOUND, "it is the installation's");
    let fields = [("key", key.as_str()), ("state", "<evil>")];
    let refused = office.owner.post("/admin/exports", &form(&fields)).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
}
