use std::collections::BTreeMap;

use model::{CampaignId, EmailAddress};
use store::{ContactRow, StoreOptions};

use super::*;
use crate::fixture::{NOW, sender};
use crate::{Allow, Create, create, preflight, start};

const NOTICE: &str = "---\nsubject: 4.2\nfrom: a@aurora.example\ntopic: news\n---\n\
    [read](https://aurora.example/4.2)\n";

async fn started(store: &Store) -> CampaignId {
    let id = create(store, &sender(), NOTICE, Create::default(), NOW).await.unwrap().id;
    let folder = std::env::temp_dir().join("pharos-no-files");
    let files = media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap();
    let ready = preflight(store, &sender(), &files, id, Allow::default()).await.unwrap();
    start(store, ready, NOW, |_, _| {}).await.unwrap();
    id
}

async fn with_subscriber(dir: &tempfile::TempDir) -> Store {
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let email = EmailAddress::parse("bea@example.com").unwrap();
    let row = ContactRow { email, attributes: BTreeMap::new() };
    store.contacts_import(vec![row], Some(topic), "test".into(), NOW).await.unwrap();
    store
}

#[tokio::test]
async fn a_form_that_was_used_is_not_read_again() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir).await;
    let messages = Messages::new(store.clone(), Arc::new(sender()));
    let id = started(&store).await;
    let first = messages.compiled(id).await.unwrap();
    store.compiled_message_keep(id, "unreadable".into()).await.unwrap();
    let again = messages.compiled(id).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    let unread = Messages::new(store, Arc::new(sender())).compiled(id).await;
    assert!(matches!(unread, Err(CampaignError::Form(_))));
}

#[tokio::test]
async fn a_draft_is_compiled_as_it_is_now() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = with_subscriber(&dir).await;
    let messages = Messages::new(store.clone(), Arc::new(sender()));
    let id = create(&store, &sender(), NOTICE, Create::default(), NOW).await.unwrap().id;
    messages.compiled(id).await.unwrap();
    assert!(messages.recent().forms.is_empty());
}

#[test]
fn memory_is_bounded_and_the_oldest_goes_first() {
    let announcement = Announcement::parse(NOTICE).unwrap();
    let topic = render::TopicName { slug: "news", name: "News" };
    let form = Arc::new(render::compile(&announcement, &sender(), &topic).unwrap());
    let mut recent = Recent::default();
    let id = |number: usize| CampaignId(i64::try_from(number).unwrap());
    for number in 0..MOST_FORMS {
        recent.keep(id(number), Arc::clone(&form));
    }
    assert!(recent.find(id(0)).is_some(), "used last");
    recent.keep(id(MOST_FORMS), Arc::clone(&form));
    assert!(recent.find(id(1)).is_none());
    assert!(recent.find(id(0)).is_some());
    assert_eq!((recent.forms.len(), recent.bytes), (MOST_FORMS, MOST_FORMS * form.bytes()));
}
