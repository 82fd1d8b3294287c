//! Actions as people with other rights ask for them: what is refused, what is logged.

mod report_mailing;
mod set_up;
mod settings;
mod uploads;

use std::collections::BTreeMap;
use std::sync::Arc;

use access::{Actor, AddUser, PasswordHasher, SignIn, SignedIn};
use campaign::{Create, Sender, SingleMessages};
use media::{FileStore, FileStoreLocation};
use model::{CampaignNumber, CampaignState, ContactId, EmailAddress, Role, Timestamp, TopicId};
use store::{IdempotentRequest, Store, StoreOptions};
use token::Keyring;

use crate::{
    Call, ContactEdit, ContactWish, LiveSettings, MessageSender, Refusal, RefusalKind, Resources,
    SendFailure, Sending, StartWish,
};

const NOW: Timestamp = Timestamp(1_795_428_245_000_000);
const FIRST: CampaignNumber = CampaignNumber(1);

/// Nothing here is sent.
struct NoRelay;

impl MessageSender for NoRelay {
    fn send<'a>(&'a self, _: &'a EmailAddress, _: &'a EmailAddress, _: &'a [u8]) -> Sending<'a> {
        let (relay, why) = (String::new(), String::from("there is none"));
        Box::pin(async { Err(SendFailure::Unreachable { relay, why }) })
    }
}

struct World {
    resources: Resources,
    news: TopicId,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let news = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
        let folder = FileStoreLocation::Folder(dir.path().join("media"));
        let sender = Sender {
            organisation: "Aurora".into(),
            postal_address: "1 Harbour Road".into(),
            domain: "aurora.example".into(),
            beacon_url: "https://t.aurora.example".into(),
            web_url: "https://www.aurora.example".into(),
            brand: Default::default(),
            attachments: Default::default(),
            honeypot_link: false,
        };
        let resources = Resources {
            messages: Arc::new(SingleMessages::new(store.clone())),
            store,
            keys: Arc::new(Keyring::generate().unwrap()),
            files: FileStore::open(&folder).unwrap(),
            settings: LiveSettings::fixed(sender, set_up::unreachable(), Arc::new(NoRelay)),
            uploads: crate::UploadSpace::default(),
            domains: Default::default(),
        };
        Self { resources, news, _dir: dir }
    }

    fn operator(&self) -> Call {
        Call::new(Actor::command_line("ops"), NOW)
    }

    /// Somebody who is trusted with `news` alone.
    async fn marketer(&self) -> Call {
        let Resources { store, .. } = &self.resources;
        let hasher = PasswordHasher::default();
        let permit = self.operator().permit(model::Right::UsersWrite, access::Object::Installation);
        let password = access::Password::choose("long enough to guess", &[]).unwrap();
        let add = AddUser {
            email: EmailAddress::parse("mia@aurora.example").unwrap(),
            name: "Mia".into(),
            role: Role::Marketer,
            topics: vec![self.news],
            password_hash: Some(hasher.hash(password).await.unwrap()),
        };
        access::user_add(store, &permit.unwrap(), add, NOW).await.unwrap();
        let sign_in = SignIn::new(store.clone(), hasher, Arc::clone(&self.resources.keys));
        let from = access::Attempt { client: [127, 0, 0, 1].into(), agent: "test", now: NOW };
        let signed_in =
            sign_in.with_password("mia@aurora.example", "long enough to guess", None, from).await;
        let SignedIn::Complete { token, .. } = signed_in.unwrap() else { panic!("a code?") };
        let found = access::session_authenticate(store, token.reveal(), NOW).await.unwrap();
        Call::new(Actor::User(found.unwrap().user), NOW)
    }

    async fn contact(&self, call: &Call, email: &str, topic: &str) -> Result<ContactId, Refusal> {
        let wish = ContactWish {
            email: email.into(),
            attributes: BTreeMap::new(),
            topics: vec![topic.into()],
            proof: "by phone".into(),
            birth_month: None,
        };
        Ok(crate::contact_add(&self.resources, call, wish).await?.id)
    }

    async fn campaign(&self, call: &Call, topic: &str) -> Result<(), Refusal> {
        let text = format!("---\nsubject: 4.2\nfrom: a@aurora.example\ntopic: {topic}\n---\nHi\n");
        let wish = Create::default();
        crate::campaign_create(&self.resources, call, &text, wish, None).await.map(drop)
    }

    async fn logged(&self) -> Vec<(String, String)> {
        let log = self.resources.store.audit_after(0).await.unwrap();
        log.into_iter().rev().map(|entry| (entry.actor_name, entry.action)).collect()
    }
}

fn code<T>(done: Result<T, Refusal>) -> &'static str {
    done.err().map_or("done", |refusal| refusal.code)
}

#[tokio::test]
async fn what_belongs_to_a_foreign_topic_does_not_exist() {
    let world = World::new().await;
    let (ops, mia) = (world.operator(), world.marketer().await);
    let foreign = world.contact(&ops, "far@x.org", "offers").await.unwrap();
    let own = world.contact(&mia, "near@x.org", "news").await.unwrap();
    world.campaign(&ops, "offers").await.unwrap();
    let resources = &world.resources;

    assert_eq!(code(world.contact(&mia, "b@x.org", "offers").await), "topic_not_found");
    assert_eq!(code(world.campaign(&mia, "offers").await), "topic_not_found");
    assert_eq!(code(world.campaign(&mia, "nonsense").await), "topic_not_found");
    for number in [FIRST, CampaignNumber(99)] {
        let paused = crate::campaign_pause(resources, &mia, number).await.unwrap_err();
        assert!(matches!(paused.kind, RefusalKind::NotFound), "{paused:?}");
    }
    let edit = || ContactEdit {
        attributes: [("plan".into(), "pro".into())].into(),
        ..ContactEdit::default()
    };
    for id in [foreign, ContactId(99)] {
        let edited = crate::contact_edit(resources, &mia, id, None, edit()).await;
        assert_eq!(code(edited), "contact_not_found");
    }
    assert_eq!(code(crate::contact_edit(resources, &mia, own, None, edit()).await), "done");
    let subscribed = crate::contact_subscribe(resources, &mia, own, "offers", "asked").await;
    assert_eq!(code(subscribed), "topic_not_found");
    assert_eq!(code(crate::topic_set(resources, &mia, "offers", "Mine").await), "topic_not_found");
    assert_eq!(code(crate::topic_set(resources, &mia, "fresh", "Mine").await), "topic_not_found");
    assert_eq!(code(crate::topic_set(resources, &mia, "news", "Our news").await), "done");
    let set = crate::topic_tracking_set(resources, &mia, "offers", None).await.unwrap_err();
    assert!(matches!(set.kind, RefusalKind::NotFound), "{set:?}");
    for number in [FIRST, CampaignNumber(99)] {
        let set = crate::campaign_tracking_set(resources, &mia, number, None).await.unwrap_err();
        assert!(matches!(set.kind, RefusalKind::NotFound), "{set:?}");
    }
    assert_eq!(code(crate::topic_tracking_set(resources, &mia, "news", None).await), "done");
}

#[tokio::test]
async fn what_reaches_beyond_the_topics_needs_the_whole_installation() {
    let world = World::new().await;
    let mia = world.marketer().await;
    let own = world.contact(&mia, "near@x.org", "news").await.unwrap();
    let resources = &world.resources;
    let moved = ContactEdit { email: Some("new@x.org".into()), ..ContactEdit::default() };
    assert_eq!(code(crate::contact_edit(resources, &mia, own, None, moved).await), "not_allowed");
    assert_eq!(
        code(crate::address_erase(resources, &mia, "near@x.org", false).await),
        "not_allowed"
    );
    let operator = model::Removal::Operator;
    let suppressed = crate::address_suppress(resources, &mia, "near@x.org", operator).await;
    assert_eq!(code(suppressed), "not_allowed");
    let left = crate::contact_unsubscribe(resources, &mia, own, None).await;
    assert_eq!(code(left), "not_allowed");
    let off = crate::TrackingWish { mode: model::TrackingMode::Off, forget: true, source: None };
    let said = crate::contact_tracking_say(resources, &mia, own, off).await;
    assert_eq!(code(said), "not_allowed");
    let policy = model::TrackingPolicy::EU.into();
    assert_eq!(code(crate::tracking_policy_set(resources, &mia, policy).await), "not_allowed");
    let left = crate::contact_unsubscribe(resources, &mia, own, Some("news")).await;
    assert_eq!(code(left), "done");
}

#[tokio::test]
async fn what_is_done_is_logged_and_what_is_refused_is_not() {
    let world = World::new().await;
    let ops = world.operator();
    world.contact(&ops, "ann@x.org", "news").await.unwrap();
    assert_eq!(code(world.contact(&ops, "ann@x.org", "news").await), "contact_exists");
    world.campaign(&ops, "news").await.unwrap();
    let wish = StartWish {
        checked: None,
        at: NOW,
        audience_at_most: Some(0),
        accept_warnings: false,
        links_to_this_machine: false,
        dry_run: false,
    };
    let schedule = |wish| crate::campaign_schedule(&world.resources, &ops, FIRST, wish);
    assert_eq!(code(schedule(wish).await), "audience_too_large");
    let wish = StartWish { audience_at_most: Some(1), ..wish };
    assert_eq!(code(schedule(StartWish { dry_run: true, ..wish }).await), "done");
    let found = crate::reach::campaign(&world.resources.store, FIRST).await.unwrap().0;
    assert_eq!(found.state, CampaignState::Draft, "a dry run changes nothing");
    schedule(wish).await.unwrap();
    crate::campaign_take_back(&world.resources, &ops, FIRST).await.unwrap();
    let entry = |action: &str| ("ops".to_owned(), action.to_owned());
    let expected =
        ["campaign.take_back", "campaign.schedule", "campaign.create", "contact.add"].map(entry);
    assert_eq!(world.logged().await, expected);
}

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let world = World::new().await;
    let request = IdempotentRequest {
        key: "crm-1".into(),
        request: "POST /api/v1/contacts".into(),
        body_hash: [1; 32],
    };
    let call = Call { request: Some(request), ..world.operator() };
    let id = world.contact(&call, "ann@x.org", "news").await.unwrap();
    let again = world.contact(&call, "bob@x.org", "news").await.unwrap_err();
    let RefusalKind::Repeated(repeated) = again.kind else { panic!("{again:?}") };
    let store::Repeated::Unanswered { made, .. } = repeated else { panic!("{repeated:?}") };
    assert_eq!(made, Some(id.to_string()));
    assert_eq!(world.resources.store.contacts_count().await.unwrap(), 1);
}
