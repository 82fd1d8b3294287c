//! Single messages: before campaigns, each once whatever crashes (promise P2).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use journal::{Journal, Options};
use model::DeliveryState::{Failed, InDoubt, Sent};
use model::campaign::CampaignAction;
use model::{CampaignState, DeliveryState, EmailAddress, InDoubtPolicy, MessageId};
use store::{
    ActorKind, ActorRecord, ClaimedMessage, MessageAccepted, MessageQuery, NewAnnouncement,
    NewMessage,
};

use crate::fake::{Act, Fake};
use crate::world::{PATIENCE, World, assert_no_double, count, now, relay, sender};

const TEXT: &str = "---\nsubject: Your code\nfrom: Aurora <codes@aurora.example>\n---\n\
    Your code is {{ code }}: [enter it](https://aurora.example/enter?code={{ code }}&a=1)\n";

const LEASE: Duration = Duration::from_secs(600);

impl World {
    /// Accepts messages to these addresses.
    async fn accept(&self, to: impl IntoIterator<Item = String>) -> Vec<MessageId> {
        let new = NewAnnouncement {
            name: "code".into(),
            subject: "Your code".into(),
            source: TEXT.into(),
        };
        let announcement = self.store.announcement_save(new, now()).await.unwrap();
        let text = render::Announcement::parse(TEXT).unwrap();
        let form = render::compile_single(&text, &sender()).unwrap().to_json().unwrap();
        let form = self.store.message_form_keep(announcement, form, [1; 32], now()).await.unwrap();
        let message = |to: String| NewMessage {
            actor: ActorRecord { kind: ActorKind::ApiToken, id: Some(1), name: "Shop".into() },
            request_key: to.clone(),
            body_hash: [1; 32],
            announcement,
            form,
            contact: None,
            email: EmailAddress::parse(&to).unwrap(),
            address_hash: [0; 32],
            attributes: BTreeMap::from([("code".to_owned(), "42".to_owned())]),
            live: true,
            copy: None,
        };
        let new = to.into_iter().map(message).collect();
        let accepted = self.store.messages_accept(new, now()).await.unwrap();
        accepted.into_iter().filter_map(new_id).collect()
    }

    async fn state(&self, id: MessageId) -> DeliveryState {
        self.store.message_find(id).await.unwrap().unwrap().state
    }

    /// Waits until every message has ended, and says how.
    async fn until_ended(&self) -> Vec<DeliveryState> {
        let began = Instant::now();
        loop {
            let query = MessageQuery::default();
            let found = self.store.messages_page(query, 10_000).await.unwrap().messages;
            let states: Vec<_> = found.iter().map(|it| it.state).collect();
            if states.iter().all(|state| !state.is_open()) {
                return states;
            }
            assert!(began.elapsed() < PATIENCE, "still {states:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Of a request that was not made before.
fn new_id(said: MessageAccepted) -> Option<MessageId> {
    match said {
        MessageAccepted::New(id) => Some(id),
        MessageAccepted::Before(_) | MessageAccepted::KeyUsed | MessageAccepted::Suppressed => None,
    }
}

fn to(number: usize) -> String {
    format!("single{number}@example.com")
}

fn singles(fake: &Fake) -> usize {
    fake.taken().iter().filter(|to| to.contains("single")).count()
}

#[tokio::test]
async fn messages_are_sent_once_beside_a_campaign_that_is_long_or_paused() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(400).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    world.until(campaign, |counts| count(counts, Sent) >= 20).await;
    world.accept((0..100).map(to)).await;
    assert_eq!(world.until_ended().await, [Sent; 100]);
    world.store.campaign_act(campaign, CampaignAction::Pause, now()).await.unwrap();
    world.until_state(campaign, CampaignState::Paused).await;
    world.accept((100..150).map(to)).await;
    assert_eq!(world.until_ended().await, [Sent; 150], "a paused campaign holds up none");
    world.store.campaign_act(campaign, CampaignAction::Resume, now()).await.unwrap();
    world.until_finished(campaign).await;
    mailer.stop().await;
    assert_eq!((singles(&fake), fake.taken().len()), (150, 550));
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn messages_go_first_and_hold_up_no_campaign_for_good() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(100).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    world.accept((0..200).map(to)).await;
    let mut relay = relay(fake.port);
    relay.connections = 1;
    let mailer = world.mailer(relay);
    world.until_finished(campaign).await;
    world.until_ended().await;
    mailer.stop().await;
    let taken = fake.taken();
    // Of the first 100, at least every eighth may be a campaign's.
    let early = taken[20..120].iter().filter(|to| to.contains("single")).count();
    assert!((60..100).contains(&early), "{early} of 100 were messages");
}

#[tokio::test]
async fn a_message_is_refused_for_itself_and_no_campaign_is_paused_for_it() {
    let fake = Fake::start(|command, _| match command {
        from if from.starts_with("MAIL FROM:<codes@") => Some(Act::Say("550 no such sender\r\n")),
        to if to.starts_with("RCPT TO:<single1@") => Some(Act::Say("550 5.1.1 unknown\r\n")),
        _ => None,
    });
    let world = World::with_contacts(5).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let finished = world.until_finished(campaign).await;
    assert_eq!(count(&finished, Sent), 5);
    world.accept((0..3).map(to)).await;
    assert_eq!(world.until_ended().await, [Sent, Failed, Sent]);
    mailer.stop().await;
    let mut settings = world.settings(relay(fake.port));
    settings.return_path = None;
    let mailer = world.mailer_with(settings);
    let refused = world.accept([to(9)]).await;
    world.until_ended().await;
    mailer.stop().await;
    let found = world.store.message_find(refused[0]).await.unwrap().unwrap();
    assert_eq!((found.state, found.code), (Failed, Some(550)));
    assert_eq!(found.reply.as_deref(), Some("no such sender"));
}

/// Writes what a mailer that died would have left.
fn leave_behind(world: &World, records: &[Vec<u8>]) {
    let options = Options { segment_bytes: 1 << 20, max_bytes: 16 << 20 };
    let mut journal = Journal::open(&world.journal(), options).unwrap();
    for record in records {
        journal.append(record).unwrap();
    }
    journal.commit().unwrap();
}

fn record(kind: u8, claimed: &ClaimedMessage, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    for number in [claimed.id.0, claimed.epoch] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(rest);
    bytes
}

#[tokio::test]
async fn after_a_crash_a_message_is_sent_once_or_in_doubt() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(0).await;
    let ids = world.accept((0..6).map(to)).await;
    let day = Duration::from_secs(24 * 60 * 60);
    let claimed = world.store.messages_claim(1, 5, now(), LEASE, day).await.unwrap();
    // One was taken, one has only an intent, the others were not begun.
    let sent = [&[1][..], &0_i64.to_le_bytes(), &0_u16.to_le_bytes(), b"250 taken"].concat();
    let records =
        [record(3, &claimed[0], &[]), record(3, &claimed[1], &[]), record(4, &claimed[0], &sent)];
    leave_behind(&world, &records);
    let mailer = world.mailer(relay(fake.port));
    world.until_ended().await;
    mailer.stop().await;
    assert_eq!((world.state(ids[0]).await, world.state(ids[1]).await), (Sent, InDoubt));
    let mut taken = fake.taken();
    taken.sort();
    assert_eq!(taken.len(), 4, "{taken:?}");
    assert!(taken.iter().zip(2..6).all(|(taken, number)| taken.contains(&to(number))));
}
