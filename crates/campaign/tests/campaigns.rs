//! A campaign from its text to its start, and what a person is told on the way.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::collections::BTreeMap;

use campaign::{Allow, CampaignError, Create, MessageSources, Severity, ShownValues, WaitingFor};
use model::{
    CampaignId, CampaignState, DeliveryState, EmailAddress, InDoubtPolicy, LinkSlot, Timestamp,
};
use render::Sender;
use store::{
    CampaignLink, Claimed, ContactRow, NewAnnouncement, NewCampaign, Outcome, Settled, Started,
    Store, StoreOptions,
};
use tempfile::TempDir;
use token::{Addressee, Keyring};

const NOW: Timestamp = Timestamp(1_795_428_245_000_000);
const NOTICE: &str = "---\nsubject: Aurora 4.2 is out\nfrom: Aurora <news@aurora.example>\n\
    topic: releases\nname: 4.2 notice\n---\n\
    Dear {{ first_name }}, [read on](https://aurora.example/4.2).\n";

fn sender() -> Sender {
    Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    }
}

/// A media library without files.
fn files() -> media::FileStore {
    let folder = std::env::temp_dir().join("pharos-campaign-tests-media");
    media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap()
}

async fn store_with(addresses: &[&str]) -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    let topic = store.topic_ensure("releases".into(), "Releases".into()).await.unwrap();
    store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let rows = addresses.iter().map(|address| ContactRow {
        email: EmailAddress::parse(address).unwrap(),
        attributes: BTreeMap::from([("first_name".into(), "Bea".into())]),
    });
    store.contacts_import(rows.collect(), Some(topic), "test".into(), NOW).await.unwrap();
    (dir, store)
}

async fn create(store: &Store, text: &str) -> Result<CampaignId, CampaignError> {
    let created = campaign::create(store, &sender(), text, Create::default(), NOW).await?;
    Ok(created.id)
}

async fn start(store: &Store, id: CampaignId) -> Result<Started, CampaignError> {
    start_with(store, &sender(), id, Allow::default()).await
}

async fn start_with(
    store: &Store,
    sender: &Sender,
    id: CampaignId,
    allow: Allow,
) -> Result<Started, CampaignError> {
    let ready = campaign::preflight(store, sender, &files(), id, allow).await?;
    campaign::start(store, ready, NOW, |_, _| {}).await
}

#[tokio::test]
async fn a_text_becomes_a_draft_with_its_links() {
    let (_dir, store) = store_with(&[]).await;
    let created =
        campaign::create(&store, &sender(), NOTICE, Create::default(), NOW).await.unwrap();
    assert_eq!(created.tags, ["first_name"]);
    let urls: Vec<&str> = created.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(urls, ["https://aurora.example/4.2"]);
    assert_eq!(store.campaign_links(created.id).await.unwrap(), created.links);
    let kept = store.campaign_find(created.id).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), kept.state), ("4.2 notice", CampaignState::Draft));
}

#[tokio::test]
async fn what_the_caller_asks_for_counts_before_what_the_text_says() {
    let (_dir, store) = store_with(&[]).await;
    let wish = Create {
        name: Some(" Another ".to_owned()),
        topic: Some("offers".to_owned()),
        policy: InDoubtPolicy::Resend,
    };
    let created = campaign::create(&store, &sender(), NOTICE, wish, NOW).await.unwrap();
    let kept = store.campaign_find(created.id).await.unwrap().unwrap();
    let topic = store.topic_find(kept.topic).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), topic.slug.as_str()), ("Another", "offers"));
    assert_eq!(kept.policy, InDoubtPolicy::Resend);
}

#[tokio::test]
async fn mistakes_are_told_with_what_would_be_right() {
    let (_dir, store) = store_with(&[]).await;
    let told = async |text: &str| create(&store, text).await.unwrap_err().to_string();
    assert_eq!(
        told(&NOTICE.replace("topic: releases", "topic: realeses")).await,
        "there is no topic \"realeses\"; there are: offers, releases"
    );
    let without = told(&NOTICE.replace("topic: releases\n", "")).await;
    assert!(without.contains("topic: offers"), "{without}");
    let unknown = told(&NOTICE.replace("subject:", "subjekt:")).await;
    assert!(unknown.contains("\n  line 2, column 1: there is no key"), "{unknown}");
    assert!(store.campaigns_list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_campaign_for_nobody_stays_a_draft() {
    let (_dir, store) = store_with(&[]).await;
    let id = create(&store, NOTICE).await.unwrap();
    let told = start(&store, id).await.unwrap_err().to_string();
    assert!(told.contains("nobody is subscribed to \"releases\""), "{told}");
    assert_eq!(
        campaign::status(&store, id, NOW).await.unwrap().campaign.state,
        CampaignState::Draft
    );
}

#[tokio::test]
async fn a_campaign_is_started_paused_and_resumed_once_each() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let id = create(&store, NOTICE).await.unwrap();
    assert_eq!(start(&store, id).await.unwrap().queued, 1);
    let again = start(&store, id).await.unwrap_err().to_string();
    assert_eq!(again, "a campaign that is sending can't be started");
    assert_eq!(campaign::pause(&store, id, NOW).await.unwrap(), CampaignState::Paused);
    assert!(campaign::pause(&store, id, NOW).await.is_err());
    assert_eq!(campaign::resume(&store, id, NOW).await.unwrap(), CampaignState::Sending);
    let nowhere = campaign::pause(&store, CampaignId(99), NOW).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "there is no campaign 99");
}

#[tokio::test]
async fn status_tells_rate_expected_end_and_trouble() {
    let addresses: Vec<String> = (0..30).map(|n| format!("p{n}@example.com")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (_dir, store) = store_with(&addresses).await;
    let id = create(&store, NOTICE).await.unwrap();
    start(&store, id).await.unwrap();
    let later = Timestamp(NOW.0 + 60_000_000);
    let lease = std::time::Duration::from_secs(60);
    let claimed = store.deliveries_claim(id, 1, 10, NOW, lease).await.unwrap();
    let settled = claimed.into_iter().map(|claimed| Settled {
        contact: claimed.contact,
        epoch: claimed.epoch,
        outcome: Outcome::Sent { reply: "250 ok".into() },
    });
    store.deliveries_settle(id, settled.collect(), NOW, None).await.unwrap();
    let node = store.node_enter("a".to_owned(), "one".to_owned(), later).await.unwrap();
    store.setting_put(format!("relay_trouble/{node}"), "the relay is away").await.unwrap();
    let status = campaign::status(&store, id, later).await.unwrap();
    assert_eq!(status.waits_for, Some(WaitingFor::Mailer), "no mailer has said a word");
    assert_eq!(status.pace().unwrap(), "waiting for a mailer: start `pharos serve`");
    store.setting_put(format!("mailer_limit/{node}"), "").await.unwrap();
    let status = campaign::status(&store, id, later).await.unwrap();
    assert_eq!((status.ended(), status.open(), status.rate_per_minute), (10, 20, 10));
    assert_eq!(status.counts.get(DeliveryState::Sent), 10);
    assert_eq!(status.expected_end, Some(Timestamp(later.0 + 120_000_000)));
    assert_eq!(status.trouble.as_deref(), Some("the relay is away"));
    store.setting_put(format!("mailer_limit/{node}"), "5").await.unwrap();
    let status = campaign::status(&store, id, later).await.unwrap();
    assert_eq!(status.waits_for, None);
    assert_eq!(status.expected_end, Some(Timestamp(later.0 + 240_000_000)), "at the limit");
    let pace = status.pace().unwrap();
    assert!(pace.starts_with("10 per minute, limited to 5, done by about "), "{pace}");
}

#[tokio::test]
async fn status_tells_what_is_waited_for_and_until_when() {
    let (_dir, store) = store_with(&["ann@example.com", "bea@example.com"]).await;
    let id = create(&store, NOTICE).await.unwrap();
    start(&store, id).await.unwrap();
    let node = store.node_enter("a".to_owned(), "one".to_owned(), NOW).await.unwrap();
    store.setting_put(format!("mailer_limit/{node}"), "").await.unwrap();
    let pace = async |at| campaign::status(&store, id, at).await.unwrap().pace().unwrap();
    assert_eq!(pace(NOW).await, "no delivery was completed in the last minutes");
    let lease = std::time::Duration::from_secs(60);
    let claimed = store.deliveries_claim(id, 1, 10, NOW, lease).await.unwrap();
    let until = Timestamp(NOW.0 + 300_000_000);
    let retry = |claimed: Claimed| Settled {
        contact: claimed.contact,
        epoch: claimed.epoch,
        outcome: Outcome::Retry { at: until, code: 450, reply: "4.7.1 Greylisted".into() },
    };
    let settled = claimed.into_iter().map(retry).collect();
    store.deliveries_settle(id, settled, NOW, None).await.unwrap();
    let waiting = format!(
        "waiting to retry 2 recipients, the next one at {}; the last answer was: 450 4.7.1 \
         Greylisted",
        until.readable()
    );
    assert_eq!(pace(NOW).await, waiting);
    assert_ne!(pace(until).await, waiting, "one of them is due");
}

#[tokio::test]
async fn a_campaign_that_was_stopped_says_why_until_it_is_resumed() {
    let (_dir, store) = store_with(&["ann@example.com"]).await;
    let id = create(&store, NOTICE).await.unwrap();
    start(&store, id).await.unwrap();
    store.setting_put(format!("campaign_trouble/{id}"), "sender refused").await.unwrap();
    campaign::pause(&store, id, NOW).await.unwrap();
    let trouble = async || campaign::status(&store, id, NOW).await.unwrap().trouble;
    assert_eq!(trouble().await.as_deref(), Some("sender refused"));
    campaign::resume(&store, id, NOW).await.unwrap();
    assert_eq!(trouble().await, None);
}

fn token_in(message: &[u8], before: &str) -> String {
    let text = String::from_utf8(message.to_vec()).unwrap().replace("=\r\n", "");
    let (_, rest) = text.split_once(before).unwrap();
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

#[tokio::test]
async fn a_preview_is_one_contacts_message_and_a_test_is_nobodys() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let keys = Keyring::generate().unwrap();
    let id = create(&store, NOTICE).await.unwrap();
    let bea = EmailAddress::parse("bea@example.com").unwrap();
    let (from, files) = (sender(), files());
    let sources = MessageSources { store: &store, sender: &from, keys: &keys, files: &files };
    let of = |address: &EmailAddress| ShownValues {
        contact: Some(address.clone()),
        values: [("first_name".to_owned(), "Zoë".to_owned())].into(),
        layout: None,
    };
    let preview = campaign::preview(&sources, id, &of(&bea), NOW).await.unwrap();
    assert!(preview.html.contains("Zoë") && preview.text.contains("Zoë"));
    let token = token_in(preview.html.as_bytes(), "https://www.aurora.example/u/");
    assert_eq!(keys.open_unsubscribe(&token).unwrap().addressee, Addressee::Test);
    let token = token_in(&preview.message, "https://www.aurora.example/u/");
    let contact = store.contact_by_email(bea.clone()).await.unwrap().unwrap().id;
    let claims = keys.open_unsubscribe(&token).unwrap();
    assert_eq!((claims.campaign, claims.addressee), (id, Addressee::Contact(contact)));
    assert_eq!(claims.address, Some(keys.address_code("bea@example.com")));
    let to = EmailAddress::parse("boss@example.org").unwrap();
    let made_up = ShownValues::default();
    // Also one with somebody's values: what is opened in it is not counted as theirs.
    for shown in [&made_up, &of(&bea)] {
        let test = campaign::test_message(&sources, id, &to, shown, NOW).await.unwrap();
        let text = String::from_utf8(test.message.clone()).unwrap();
        assert!(text.contains("To: ") && text.contains("boss@example.org"));
        let token = token_in(&test.message, "https://www.aurora.example/u/");
        let claims = keys.open_unsubscribe(&token).unwrap();
        assert_eq!((claims.campaign, claims.addressee), (id, Addressee::Test));
    }
    assert!(campaign::preview(&sources, id, &made_up, NOW).await.is_ok());
    let unknown = campaign::preview(&sources, id, &of(&to), NOW).await;
    assert_eq!(unknown.unwrap_err().to_string(), "no contact has the address boss@example.org");
}

#[tokio::test]
async fn a_value_that_nobody_has_stops_the_start_and_is_told_before() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let text = NOTICE.replace("{{ first_name }}", "{{ fist_name }}");
    let created = campaign::create(&store, &sender(), &text, Create::default(), NOW).await.unwrap();
    let lacking = &created.survey.lacking[0];
    let told = "line 7: no contact has `fist_name` (did you mean `first_name`?)";
    assert_eq!(lacking.to_string(), told);
    let refused = start(&store, created.id).await.unwrap_err().to_string();
    assert!(refused.starts_with(told), "{refused}");
    let state = campaign::status(&store, created.id, NOW).await.unwrap().campaign.state;
    assert_eq!(state, CampaignState::Draft);
    // With a default everybody has something, and the author is told all the same.
    let text = NOTICE.replace("{{ first_name }}", "{{ nick_name | default(\"you\") }}");
    let created = campaign::create(&store, &sender(), &text, Create::default(), NOW).await.unwrap();
    assert_eq!(created.survey.lacking[0].to_string(), "line 7: no contact has `nick_name`");
    assert_eq!(start(&store, created.id).await.unwrap().queued, 1);
}

#[tokio::test]
async fn whoever_would_be_skipped_is_counted_over_the_whole_audience() {
    let (_dir, store) = store_with(&["bea@example.com", "cid@example.com"]).await;
    let topic = store.topic_by_slug("releases".into()).await.unwrap().map(|topic| topic.id);
    let row = |address, name: &str| ContactRow {
        email: EmailAddress::parse(address).unwrap(),
        attributes: BTreeMap::from([("last_name".to_owned(), name.to_owned())]),
    };
    let rows = vec![row("dan@example.com", "D"), row("eve@example.com", "E")];
    store.contacts_import(rows, topic, "test".into(), NOW).await.unwrap();
    let text =
        NOTICE.replace("Dear {{ first_name }}", "{{ first_name }} {{ last_name | default(\"\") }}");
    let id = create(&store, &text).await.unwrap();
    let allow = Allow { warnings: true, ..Allow::default() };
    let ready = campaign::preflight(&store, &sender(), &files(), id, allow).await.unwrap();
    let survey = &ready.survey;
    assert_eq!((survey.contacts, survey.skipped), (4, 2));
    let lacking: Vec<_> =
        survey.lacking.iter().map(|it| (it.tag.name.as_str(), it.contacts)).collect();
    assert_eq!(lacking, [("first_name", 2), ("last_name", 2)]);
}

#[tokio::test]
async fn links_to_this_machine_go_to_nobody_real() {
    let local = Sender { beacon_url: "http://127.0.0.1:8025".into(), ..sender() };
    let (_dir, store) = store_with(&["bea@example.com", "cid@sub.reader.example"]).await;
    let examples = create(&store, NOTICE).await.unwrap();
    assert!(start_with(&store, &local, examples, Allow::default()).await.is_ok());

    let (_dir, store) = store_with(&["bea@example.com", "cid@mail.corp.io"]).await;
    let id = create(&store, NOTICE).await.unwrap();
    let refused = start_with(&store, &local, id, Allow::default()).await.unwrap_err().to_string();
    for part in ["http://127.0.0.1:8025", "in the audience: 1", "mail.corp.io", "[public]"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!refused.contains("cid@"), "no address is repeated: {refused}");
    let state = campaign::status(&store, id, NOW).await.unwrap().campaign.state;
    assert_eq!(state, CampaignState::Draft);
    let allow = Allow { links_to_this_machine: true, ..Allow::default() };
    assert_eq!(start_with(&store, &local, id, allow).await.unwrap().queued, 2);
}

#[tokio::test]
async fn what_was_started_stays_as_it_was_whatever_would_be_compiled_now() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let keys = Keyring::generate().unwrap();
    let id = create(&store, NOTICE).await.unwrap();
    let bea = EmailAddress::parse("bea@example.com").unwrap();
    let preview = async |sender: &Sender| {
        let sources = MessageSources { store: &store, sender, keys: &keys, files: &files() };
        let shown = ShownValues { contact: Some(bea.clone()), ..ShownValues::default() };
        campaign::preview(&sources, id, &shown, NOW).await.unwrap().message
    };
    let before = preview(&sender()).await;
    start(&store, id).await.unwrap();
    let name = Some(render::BrandText::parse("Another brand").unwrap());
    let brand = render::Brand { name, ..render::Brand::default() };
    let moved = Sender { web_url: "https://new.aurora.example".into(), brand, ..sender() };
    assert!(preview(&moved).await == before, "another setting made another message");
    // Another layout can be looked at all the same, in today's brand, and nothing changes by it.
    let shown = ShownValues {
        contact: Some(bea.clone()),
        layout: Some(render::Layout::Newsletter),
        ..ShownValues::default()
    };
    let sources = MessageSources { store: &store, sender: &moved, keys: &keys, files: &files() };
    let other = campaign::preview(&sources, id, &shown, NOW).await.unwrap();
    assert!(other.html.contains("Another brand"), "{}", other.html);
    assert!(preview(&moved).await == before);

    let sent = campaign::recompile(&store, &moved, id).await.unwrap_err().to_string();
    assert_eq!(sent, format!("campaign {id} is sending; pause it first"));
    campaign::pause(&store, id, NOW).await.unwrap();
    campaign::recompile(&store, &moved, id).await.unwrap();
    assert!(String::from_utf8(preview(&moved).await).unwrap().contains("<https://new.aurora"));
}

#[tokio::test]
async fn a_draft_whose_links_come_out_otherwise_is_not_started() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let topic = store.topic_by_slug("releases".into()).await.unwrap().unwrap().id;
    let source = NOTICE.to_owned();
    let new = NewAnnouncement { name: "4.2".into(), subject: "4.2".into(), source };
    let announcement = store.announcement_save(new, NOW).await.unwrap();
    // As an earlier release has numbered them.
    let link =
        |slot, url: &str| CampaignLink { slot: LinkSlot(slot), url: url.into(), label: "".into() };
    let links =
        vec![link(0, "https://aurora.example/other"), link(1, "https://aurora.example/4.2")];
    let policy = InDoubtPolicy::NeverResend;
    let new = NewCampaign { name: "4.2".into(), announcement, topic, policy, links };
    let id = store.campaign_create(new, NOW).await.unwrap();
    let refused = start(&store, id).await.unwrap_err().to_string();
    assert!(refused.contains("link 0 would lead elsewhere"), "{refused}");
}

/// Nobody has `fist_name`, and the image says nothing to who doesn't see it.
const FLAWED: &str = "---\nsubject: News\nfrom: Aurora <news@aurora.example>\ntopic: releases\n---\n\
    For {{ fist_name | default(\"all\") }} <img src=\"https://aurora.example/x.png\">\n";

#[tokio::test]
async fn a_warning_waits_for_somebody_to_accept_it_and_is_kept() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let id = create(&store, FLAWED).await.unwrap();
    let refused = start(&store, id).await.unwrap_err().to_string();
    for part in ["no contact has `fist_name`", "no alternative text", "check 1 --accept"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let mut checked = campaign::check(&store, &sender(), id).await.unwrap();
    assert_eq!((checked.open().count(), checked.of(Severity::Error).count()), (2, 0));
    campaign::accept(&store, &mut checked, NOW).await.unwrap();
    assert_eq!(checked.open().count(), 0);
    let again = campaign::check(&store, &sender(), id).await.unwrap();
    assert!(again.of(Severity::Warning).all(|it| it.accepted_at == Some(NOW)));
    assert_eq!(again.accepted.len(), 2);

    // What was accepted of the one says nothing of another.
    let other = create(&store, FLAWED).await.unwrap();
    assert!(matches!(start(&store, other).await, Err(CampaignError::NotAccepted { .. })));

    // The audience changes, and with it what there is to accept.
    let nameless = ContactRow {
        email: EmailAddress::parse("cy@example.com").unwrap(),
        attributes: BTreeMap::new(),
    };
    let topic = store.topic_by_slug("releases".into()).await.unwrap().unwrap().id;
    store.contacts_import(vec![nameless], Some(topic), "test".into(), NOW).await.unwrap();
    start(&store, id).await.unwrap();
    let skipping = create(&store, NOTICE).await.unwrap();
    let refused = start(&store, skipping).await.unwrap_err().to_string();
    assert!(refused.contains("1 of 2 would be skipped"), "{refused}");

    let allow = Allow { warnings: true, ..Allow::default() };
    start_with(&store, &sender(), skipping, allow).await.unwrap();
    let kept = store.accepted_warnings(skipping).await.unwrap();
    assert_eq!((kept.len(), kept[0].warning.subject.contains("first_name")), (1, true));
    let mut started = campaign::check(&store, &sender(), skipping).await.unwrap();
    let refused = campaign::accept(&store, &mut started, NOW).await.unwrap_err().to_string();
    assert_eq!(refused, "campaign 3 is sending; warnings are accepted before the start");
}

#[tokio::test]
async fn a_hint_is_in_nobodys_way() {
    let (_dir, store) = store_with(&["bea@example.com"]).await;
    let text = NOTICE.replace("Aurora 4.2 is out", &"long ".repeat(20)).replace("https:", "http:");
    let id = create(&store, &text).await.unwrap();
    let checked = campaign::check(&store, &sender(), id).await.unwrap();
    let hints: Vec<_> = checked.of(Severity::Hint).map(|it| (it.code, it.line)).collect();
    assert_eq!(hints, [("text", Some(2)), ("link", Some(7))]);
    start(&store, id).await.unwrap();
}

#[tokio::test]
async fn the_check_says_who_pauses_and_who_has_had_enough_mail() {
    let (_dir, store) = store_with(&["a@b.example", "b@b.example", "c@b.example"]).await;
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let contact = |address: &str| store.contact_by_email(EmailAddress::parse(address).unwrap());
    let first = create(&store, NOTICE).await.unwrap();
    start(&store, first).await.unwrap();
    let lease = std::time::Duration::from_secs(60);
    // One of them is being mailed, and may have had it.
    let claimed = store.deliveries_claim(first, 1, 1, now, lease).await.unwrap();
    let paused = contact("c@b.example").await.unwrap().unwrap().id;
    assert_ne!(claimed[0].contact, paused);
    let until = now.after(std::time::Duration::from_secs(24 * 60 * 60));
    store.contact_pause(paused, Some(until), now).await.unwrap();
    store.mail_cap_set(Some("1 per 30 days".parse().unwrap())).await.unwrap();
    let second = create(&store, NOTICE).await.unwrap();
    let told = async || {
        let (sender, files) = (sender(), files());
        let ready = campaign::preflight(&store, &sender, &files, second, Allow::default());
        let ready = ready.await.unwrap();
        let hints: Vec<_> = ready.hints.iter().map(|it| (it.code, it.contacts)).collect();
        (ready.survey.contacts, hints)
    };
    let (contacts, hints) = told().await;
    assert_eq!(contacts, 1);
    assert!(hints.contains(&("paused", 1)) && hints.contains(&("capped", 1)), "{hints:?}");
    store.campaign_ignores_cap_set(second, true).await.unwrap();
    let (contacts, hints) = told().await;
    assert_eq!(contacts, 2);
    assert!(!hints.iter().any(|(code, _)| *code == "capped"), "{hints:?}");
}
