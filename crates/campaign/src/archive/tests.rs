use store::{ContactRow, StoreOptions};

use super::*;
use crate::fixture::{NOW, sender};
use crate::{Allow, Create, create, preflight, start};

async fn with_subscriber(dir: &tempfile::TempDir, is_open: bool) -> Store {
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    store.topic_archive_set(topic, is_open).await.unwrap();
    let email = model::EmailAddress::parse("bea@example.com").unwrap();
    let attributes = BTreeMap::from([("name".to_owned(), "Bea".to_owned())]);
    let row = ContactRow { email, attributes };
    store.contacts_import(vec![row], Some(topic), "test".into(), NOW).await.unwrap();
    store
}

fn notice(fields: &str, body: &str) -> String {
    format!("---\nsubject: 4.2\nfrom: a@aurora.example\ntopic: news\n{fields}---\n{body}\n")
}

async fn draft(store: &Store, text: &str) -> CampaignId {
    create(store, &sender(), text, Create::default(), NOW).await.unwrap().id
}

async fn begin(store: &Store, id: CampaignId, warnings: bool) -> Result<(), CampaignError> {
    let folder = std::env::temp_dir().join("pharos-no-files");
    let files = media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap();
    let allow = Allow { links_to_this_machine: false, warnings };
    let ready = preflight(store, &sender(), &files, id, allow).await?;
    start(store, ready, NOW, |_, _| {}).await.map(drop)
}

/// Whether it is listed after its start; nothing when it is not in the archive.
async fn listed(is_open: bool, fields: &str, body: &str) -> Option<bool> {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, is_open).await;
    let id = draft(&store, &notice(fields, body)).await;
    begin(&store, id, false).await.unwrap();
    store.archive_find(id).await.unwrap().map(|archived| archived.listed)
}

#[tokio::test]
async fn a_start_publishes_what_topic_and_text_ask_for() {
    assert_eq!(listed(false, "", "Hello").await, None);
    assert_eq!(listed(true, "", "Hello").await, Some(true));
    assert_eq!(listed(true, "archive: no\n", "Hello").await, None);
    assert_eq!(listed(true, "archive: unlisted\n", "Hello").await, Some(false));
    assert_eq!(listed(false, "archive: unlisted\n", "Hello").await, Some(false));
    assert_eq!(listed(false, "", "[on]({{ forward_url }})").await, Some(false));
    assert_eq!(listed(true, "", "[on]({{ forward_url }})").await, Some(true));
}

#[tokio::test]
async fn what_needs_a_recipient_is_not_published_and_its_sender_knows() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, true).await;
    let text = notice("", "Dear {{ name }}");
    let created = create(&store, &sender(), &text, Create::default(), NOW).await.unwrap();
    let (id, found) = (created.id, created.findings);
    assert_eq!((found.len(), found[0].severity, found[0].code), (1, Severity::Warning, "archive"));
    assert!(found[0].text.contains("line 6: the public version has no value for {{ name }}"));
    let refused = begin(&store, id, false).await;
    assert!(matches!(refused, Err(CampaignError::NotAccepted { .. })), "{refused:?}");
    begin(&store, id, true).await.unwrap();
    assert_eq!(store.archive_find(id).await.unwrap(), None);
    let wish = |value: &str| Publish {
        values: BTreeMap::from([("name".to_owned(), value.to_owned())]),
        unlisted: false,
    };
    let lacking = publish(&store, &sender(), id, Publish::default(), NOW).await;
    assert!(matches!(lacking, Err(CampaignError::Announcement(_))), "{lacking:?}");
    let preview = public_page(&store, &sender(), id, &wish("<reader>").values).await.unwrap();
    let published = publish(&store, &sender(), id, wish("<reader>"), NOW).await.unwrap();
    assert_eq!(published.url, "https://www.aurora.example/archive/news/1");
    let number = CampaignNumber(1);
    let message = archived_message(&store, "news", number, None).await.unwrap().unwrap();
    assert!(message.page.html.contains("Dear &lt;reader&gt;"), "{}", message.page.html);
    assert_eq!(message.page.html, preview);
    assert!(withdraw(&store, id).await.unwrap() && !withdraw(&store, id).await.unwrap());
    assert_eq!(archived_message(&store, "news", number, None).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_is_led_to_a_page_that_there_can_not_be() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, false).await;
    let id = draft(&store, &notice("", "Dear {{ name }}, [pass on]({{ forward_url }})")).await;
    let refused = begin(&store, id, true).await;
    assert!(matches!(refused, Err(CampaignError::NoPublicPage(_))), "{refused:?}");
    let checked = crate::check(&store, &sender(), id).await.unwrap();
    let codes: Vec<&str> = checked.of(Severity::Error).map(|it| it.code).collect();
    assert_eq!(codes, ["archive"]);
    let text = notice("archive: no\n", "[pass on]({{ forward_url }})");
    let refused = create(&store, &sender(), &text, Create::default(), NOW).await.unwrap_err();
    assert!(refused.to_string().starts_with("line 5"), "{refused}");
}

#[tokio::test]
async fn a_draft_can_not_be_published() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, true).await;
    let id = draft(&store, &notice("", "Hello")).await;
    let refused = publish(&store, &sender(), id, Publish::default(), NOW).await;
    assert!(matches!(refused, Err(CampaignError::PublishedDraft(_))), "{refused:?}");
}

#[tokio::test]
async fn a_list_is_there_while_its_archive_is_open() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, true).await;
    for _ in 0..=LISTED {
        let id = draft(&store, &notice("", "Hello")).await;
        begin(&store, id, false).await.unwrap();
    }
    let first = archive_list(&store, "news", None).await.unwrap().unwrap();
    assert_eq!(first.entries.len(), LISTED);
    let second = archive_list(&store, "news", first.next).await.unwrap().unwrap();
    assert_eq!((second.entries.len(), second.next), (1, None));
    let feed = archive_feed(&store, "news").await.unwrap().unwrap();
    assert_eq!(feed.entries, first.entries[..IN_FEED]);
    store.topic_archive_set(first.topic.id, false).await.unwrap();
    assert_eq!(archive_list(&store, "news", None).await.unwrap(), None);
    assert_eq!(archive_feed(&store, "news").await.unwrap(), None);
    assert_eq!(archive_list(&store, "olds", None).await.unwrap(), None);
}

#[tokio::test]
async fn a_page_is_in_the_language_that_is_asked_for() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir, true).await;
    let text = notice("lang: en\n", "Hello\n=== lang: de ===\n---\nsubject: Neu\n---\nHallo");
    let id = draft(&store, &text).await;
    begin(&store, id, false).await.unwrap();
    for (wanted, subject) in [(None, "4.2"), (Some("DE"), "Neu"), (Some("fr"), "4.2")] {
        let found = archived_message(&store, "news", CampaignNumber(1), wanted).await.unwrap();
        assert_eq!(found.unwrap().page.subject, subject);
    }
    let elsewhere = archived_message(&store, "offers", CampaignNumber(1), None).await.unwrap();
    assert_eq!(elsewhere, None);
}
