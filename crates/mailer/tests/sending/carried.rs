//! Campaigns whose messages carry files.

use std::collections::BTreeMap;

use media::{Add, Library};
use model::{CampaignId, CampaignState, DeliveryState, InDoubtPolicy};
use render::{Announcement, MediaEntry, MediaFacts, MediaLibrary, TopicName};
use store::{MediaRecord, NewAnnouncement, NewCampaign};

use crate::sink::Sink;
use crate::world::{World, count, now, relay, sender};

const TEXT: &str = "---\nsubject: Agenda\nfrom: news@aurora.example\nattach: agenda.pdf\n---\nHi\n";

/// As long as an attachment may be: it is never copied into a message.
fn pdf() -> Vec<u8> {
    let lines = (0..300_000_u32).flat_map(|line| format!("{line}\n.\r\n").into_bytes());
    [b"%PDF-1.7\n".to_vec(), lines.collect(), b"%%EOF\n".to_vec()].concat()
}

/// Adds the file, and starts a campaign that carries it.
async fn started(world: &World) -> (CampaignId, MediaRecord) {
    let library = Library::new(world.store.clone(), world.files());
    let add = Add { file_name: "agenda.pdf".into(), content: pdf(), ..Add::default() };
    let record = library.add(add, now()).await.unwrap().record;
    let file = &record.files[0];
    let facts = MediaFacts {
        file: file.file.clone(),
        content_type: record.content_type.clone(),
        width: 0,
        height: 0,
        bytes: file.bytes,
    };
    let entry = MediaEntry {
        file_name: record.file_name.clone(),
        content_type: record.content_type.clone(),
        alt: None,
        is_picture: false,
        files: vec![facts],
    };
    let library = MediaLibrary(BTreeMap::from([("agenda.pdf".to_owned(), entry)]));
    let announcement = Announcement::parse(TEXT).unwrap().with_media(library);
    let topic = TopicName { slug: "releases", name: "Releases" };
    let compiled = render::compile(&announcement, &sender(), &topic).unwrap();
    let new =
        NewAnnouncement { name: "agenda".into(), subject: "Agenda".into(), source: TEXT.into() };
    let announcement = world.store.announcement_save(new, now()).await.unwrap();
    let campaign = NewCampaign {
        name: "agenda".into(),
        announcement,
        topic: world.topic,
        policy: InDoubtPolicy::NeverResend,
        links: Vec::new(),
    };
    let id = world.store.campaign_create(campaign, now()).await.unwrap();
    world.store.compiled_message_keep(id, compiled.to_json().unwrap()).await.unwrap();
    world.store.campaign_start(id, now()).await.unwrap();
    (id, record)
}

#[tokio::test]
async fn every_message_carries_the_whole_file() {
    let world = World::with_contacts(3).await;
    let (id, _) = started(&world).await;
    let sink = Sink::start(&[]);
    let mailer = world.mailer(relay(sink.port));
    assert_eq!(count(&world.until_finished(id).await, DeliveryState::Sent), 3);
    mailer.stop().await;
    let messages = sink.messages();
    assert_eq!(messages.len(), 3);
    for message in messages {
        let parsed = mail_parser::MessageParser::default().parse(&message).unwrap();
        let attached = parsed.attachment(0).unwrap();
        assert_eq!(attached.contents(), pdf());
        assert_eq!(parsed.attachment_count(), 1);
    }
}

#[tokio::test]
async fn a_campaign_whose_file_is_gone_or_damaged_is_paused_and_sends_nothing() {
    for damaged in [false, true] {
        let world = World::with_contacts(2).await;
        let (id, record) = started(&world).await;
        let path = world.dir.path().join("media").join(&record.files[0].file);
        match damaged {
            true => std::fs::write(&path, b"%PDF-1.7 something else %%EOF").unwrap(),
            false => std::fs::remove_file(&path).unwrap(),
        }
        let sink = Sink::start(&[]);
        let mailer = world.mailer(relay(sink.port));
        let counts = world.until_state(id, CampaignState::Paused).await;
        assert_eq!(count(&counts, DeliveryState::Queued), 2);
        mailer.stop().await;
        assert_eq!(sink.messages().len(), 0);
        let key = format!("{}/{id}", store::notice_keys::CAMPAIGN_TROUBLE);
        let why = world.setting(key).await;
        let expect = if damaged { "is damaged" } else { "is missing" };
        assert!(why.contains(expect) && why.contains(&record.files[0].file), "{why}");
    }
}

#[tokio::test]
async fn a_campaign_whose_files_can_not_be_read_waits_until_they_can() {
    let world = World::with_contacts(2).await;
    let (id, _) = started(&world).await;
    let sink = Sink::start(&[]);
    let settings = world.settings(relay(sink.port));
    let [media, away] = ["media", "away"].map(|name| world.dir.path().join(name));
    std::fs::rename(&media, &away).unwrap();
    std::fs::write(&media, "no folder").unwrap();
    let mailer = world.mailer_with(settings);
    let key = format!("{}/{id}", store::notice_keys::CAMPAIGN_TROUBLE);
    let why = world.setting(key.clone()).await;
    assert!(why.contains("can't be used") && !why.contains("paused"), "{why}");
    let found = world.store.campaign_find(id).await.unwrap().unwrap();
    assert_eq!((found.state, sink.messages().len()), (CampaignState::Sending, 0));
    std::fs::remove_file(&media).unwrap();
    std::fs::rename(&away, &media).unwrap();
    assert_eq!(count(&world.until_finished(id).await, DeliveryState::Sent), 2);
    mailer.stop().await;
    assert_eq!(sink.messages().len(), 2);
    assert_eq!(world.store.setting_find(key).await.unwrap().as_deref(), Some(""));
}
