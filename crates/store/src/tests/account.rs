//! The way into a person's own account, and what it shows.

use std::time::Duration;

use model::{
    CampaignId, ContactId, EmailAddress, HitKind, LinkSlot, SubscriptionState, Timestamp, VisitorId,
};

use super::hits::view;
use super::world::{AT, World, batch, email, hash_of, later};
use crate::{ContactChange, Mark, NewAccountLink, NewAccountSession, Scope, Store, TopicsWanted};

const IDLE: Duration = Duration::from_secs(30 * 60);

/// Ends after half an hour.
pub(crate) fn link(contact: ContactId, email: EmailAddress, hash: u8) -> NewAccountLink {
    NewAccountLink { token_hash: [hash; 32], contact, email, is_change: false, ends_at: later(30) }
}

/// Ends after four hours.
pub(crate) fn session(hash: u8, at: Timestamp) -> NewAccountSession {
    NewAccountSession { token_hash: [hash; 32], at, ends_at: later(240) }
}

pub(super) async fn a_link_opens_the_account_once_and_only_in_time(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    for hash in [1, 2] {
        assert!(store.account_link_add(link(contact, email("1@x.org"), hash)).await.unwrap());
    }
    assert!(!store.account_link_add(link(ContactId(99), email("1@x.org"), 3)).await.unwrap());
    let found = |hash, minutes| store.account_link_find([hash; 32], later(minutes));
    assert_eq!(found(1, 29).await.unwrap().unwrap().contact, contact);
    assert_eq!(found(1, 30).await.unwrap(), None, "it is over");
    assert_eq!(found(3, 1).await.unwrap(), None);
    // Looking uses nothing up.
    assert!(found(1, 1).await.unwrap().is_some());
    let open = |hash, new, minutes| store.account_open([hash; 32], session(new, later(minutes)));
    assert_eq!(open(1, 11, 1).await.unwrap(), Some(contact));
    assert_eq!(open(1, 12, 1).await.unwrap(), None, "a second time");
    assert_eq!(found(1, 1).await.unwrap(), None);
    assert_eq!(open(2, 13, 30).await.unwrap(), None, "too late");
    assert_eq!(open(9, 14, 1).await.unwrap(), None, "no link");
    let known = store.account_session([11; 32], later(1), IDLE).await.unwrap().unwrap();
    assert_eq!((known.id, known.email.as_str()), (contact, "1@x.org"));
    for hash in [12, 13, 14] {
        assert_eq!(store.account_session([hash; 32], later(1), IDLE).await.unwrap(), None);
    }
}

pub(super) async fn a_link_is_good_only_while_the_contact_has_its_address(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    store.account_link_add(link(contact, email("1@x.org"), 1)).await.unwrap();
    let hash = hash_of(contact);
    let change = ContactChange { email: Some((email("one@x.org"), hash)), ..Default::default() };
    store.contact_change(contact, None, change, later(1)).await.unwrap();
    assert_eq!(store.account_link_find([1; 32], later(1)).await.unwrap(), None);
    assert_eq!(store.account_open([1; 32], session(11, later(1))).await.unwrap(), None);
}

pub(super) async fn another_address_is_proved_once(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    let new = NewAccountLink { is_change: true, ..link(contact, email("one@x.org"), 1) };
    store.account_link_add(new).await.unwrap();
    assert_eq!(store.account_open([1; 32], session(11, AT)).await.unwrap(), None, "opens nothing");
    assert!(store.account_link_find([1; 32], AT).await.unwrap().unwrap().is_change);
    assert_eq!(store.account_change_take([1; 32], later(30)).await.unwrap(), None, "too late");
    let taken = store.account_change_take([1; 32], AT).await.unwrap();
    assert_eq!(taken, Some((contact, email("one@x.org"))));
    assert_eq!(store.account_change_take([1; 32], AT).await.unwrap(), None, "a second time");
}

async fn begin(store: &Store, contact: ContactId, hash: u8, at: Timestamp) {
    store.account_link_add(link(contact, email("1@x.org"), hash)).await.unwrap();
    assert!(store.account_open([hash; 32], session(hash, at)).await.unwrap().is_some());
}

pub(super) async fn a_session_ends_by_time_by_hand_and_for_others(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    begin(store, contact, 1, AT).await;
    let known = |hash, minutes| async move {
        store.account_session([hash; 32], later(minutes), IDLE).await.unwrap().is_some()
    };
    // Each use begins the half hour anew, until the four hours are over.
    for minutes in (20..240).step_by(20) {
        assert!(known(1, minutes).await, "{minutes}");
    }
    assert!(!known(1, 240).await);
    begin(store, contact, 2, AT).await;
    assert!(!known(2, 30).await, "unused for half an hour");
    store.account_session_end([2; 32]).await.unwrap();
    assert!(!known(2, 0).await);
    for hash in 10..17_u8 {
        begin(store, contact, hash, later(hash.into())).await;
    }
    let good = store.account_sessions_of(contact, later(20), IDLE).await.unwrap();
    assert_eq!(good, 5);
    assert!(known(16, 20).await && !known(10, 20).await, "the newest stay");
    store.account_close(contact).await.unwrap();
    assert!(!known(16, 20).await);
}

pub(super) async fn an_erasure_ends_links_and_sessions(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    begin(store, contact, 1, AT).await;
    store.account_link_add(link(contact, email("1@x.org"), 2)).await.unwrap();
    store.address_erase("1@x.org".into(), hash_of(contact), AT).await.unwrap();
    assert_eq!(store.account_session([1; 32], AT, IDLE).await.unwrap(), None);
    assert_eq!(store.account_link_find([2; 32], AT).await.unwrap(), None);
    let traces = store.account_traces(contact, "1@x.org".into(), AT).await.unwrap();
    assert_eq!((traces.links, store.account_expire(later(999), IDLE).await.unwrap()), (0, 0));
}

pub(super) async fn choosing_topics_is_entered_in_the_ledger(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    let other = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let choice = TopicsWanted { wanted: vec![other], unwanted: vec![world.topic] };
    let choose = |choice| store.account_choose(contact, choice, hash_of(contact), later(1));
    let epoch = store.removal_epoch();
    assert!(choose(choice.clone()).await.unwrap());
    assert!(store.removal_epoch() > epoch, "mail under way sees it");
    assert!(!choose(choice.clone()).await.unwrap(), "the same again changes nothing");
    let state = |topic| async move { store.subscription_state(contact, topic).await.unwrap() };
    assert_eq!(state(other).await, Some(SubscriptionState::Subscribed));
    assert_eq!(state(world.topic).await, Some(SubscriptionState::Unsubscribed));
    let consents = store.contact_consents(contact).await.unwrap();
    let own: Vec<_> = consents.iter().filter(|it| it.source == "account").collect();
    assert_eq!(own.len(), 2);
    assert!(own.iter().any(|it| it.granted && it.topic == Some(other)));
    assert!(own.iter().any(|it| !it.granted && it.topic == Some(world.topic)));
    // Wanting a topic again lifts the person's own word, and no other.
    world.leave(contact, Scope::Everything, None).await;
    assert!(choose(choice.clone()).await.unwrap());
    assert_eq!(store.suppression_reason("1@x.org".into()).await.unwrap(), None);
    let removal = model::Removal::HardBounce;
    store.address_suppress("1@x.org".into(), removal, hash_of(contact), AT).await.unwrap();
    choose(choice).await.unwrap();
    let reason = store.suppression_reason("1@x.org".into()).await.unwrap();
    assert_eq!(reason.as_deref(), Some("hard bounce"));
    assert!(
        !store.account_choose(ContactId(99), TopicsWanted::default(), [0; 32], AT).await.unwrap()
    );
}

pub(super) async fn what_has_ended_is_removed(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    begin(store, contact, 1, AT).await;
    store.account_link_add(link(contact, email("1@x.org"), 2)).await.unwrap();
    assert_eq!(store.account_expire(later(29), IDLE).await.unwrap(), 0);
    assert_eq!(store.account_expire(later(30), IDLE).await.unwrap(), 2);
}

pub(super) async fn mails_and_events_are_read_in_parts(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    let mut campaigns = Vec::new();
    for _ in 0..3 {
        let campaign = world.started().await;
        world.claim(campaign, 10).await;
        campaigns.push(campaign);
    }
    let mut click = view(1, campaigns[0], contact);
    click.hit.kind = HitKind::Click(LinkSlot(1));
    click.hit.visitor = Some(VisitorId([7; 12]));
    let foreign = view(2, campaigns[0], world.contacts[1]);
    let hits = vec![view(0, campaigns[1], contact), click, foreign];
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 3 };
    store.hits_record(batch(hits, mark)).await.unwrap();
    let first = store.account_mails(contact, CampaignId(i64::MAX), 2).await.unwrap();
    assert_eq!(first.mails.len(), 2);
    let rest = store.account_mails(contact, first.next.unwrap(), 2).await.unwrap();
    assert_eq!((rest.mails.len(), rest.next), (1, None));
    assert_eq!(rest.mails[0].campaign, campaigns[0]);
    assert_eq!(rest.mails[0].links, ["link 1"]);
    let events = store.account_events(contact, Timestamp(0)).await.unwrap();
    assert_eq!(events.hits.len(), 2);
    assert!(events.hits.iter().any(|hit| hit.clicked.as_deref() == Some("link 1")));
    let after = store.account_events(contact, events.next.unwrap()).await.unwrap();
    assert_eq!((after.hits.len(), after.next), (0, None));
}
