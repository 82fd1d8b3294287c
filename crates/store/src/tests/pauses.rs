//! Contacts who want no campaign until a time, and what they choose on the page that messages lead to.

use std::time::Duration;

use model::{ContactId, DeliveryState as S, SubscriptionState, Timestamp};

use super::world::{AT, LEASE, NODE, World, hash_of, later};
use crate::{Outcome, PAUSED, PageChoice, Scope, Settled, Store, TopicsWanted};

/// Later than any clock of a database shows.
const FAR: Timestamp = Timestamp(AT.0 + 20 * 365 * 86_400_000_000);

pub(super) async fn whoever_pauses_is_left_out_and_gets_what_comes_after_it(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let [one, two, three] = world.contacts[..] else { panic!("three contacts") };
    assert!(world.store.contact_pause(two, Some(later(60)), AT).await.unwrap());
    assert_eq!(world.store.contacts_paused(later(59)).await.unwrap(), 1);
    let page =
        world.store.subscribers_page(world.topic, None, (ContactId(0), 9), AT).await.unwrap();
    assert_eq!((page.subscribers.len(), page.suppressed.get(PAUSED)), (2, Some(&1)));
    let campaign = world.started().await;
    let claimed: Vec<_> =
        world.claim_at(campaign, 9, later(59)).await.iter().map(|it| it.contact).collect();
    assert_eq!(claimed, [one, three]);
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::Suppressed), counts.get(S::Failed), counts.total()), (1, 0, 3));
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let told: Vec<_> = reasons.iter().map(|it| (it.state, it.reply.as_str(), it.count)).collect();
    assert_eq!(told, [(S::Suppressed, "paused", 1)]);
    // They are not mailed late: that is news of yesterday.
    assert_eq!(world.claim_at(campaign, 9, later(61)).await, []);
    let next = world.started().await;
    assert_eq!(world.claim_at(next, 9, later(60)).await.len(), 3);
    assert_eq!(world.store.contacts_paused(later(60)).await.unwrap(), 0);
}

pub(super) async fn a_pause_reaches_messages_that_are_claimed(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    let epoch = world.store.removal_epoch();
    assert!(world.store.contact_pause(contact, Some(FAR), AT).await.unwrap());
    assert!(world.store.removal_epoch() > epoch);
    let recheck = world.store.deliveries_recheck(campaign, vec![contact]).await.unwrap();
    assert_eq!((recheck.paused_until[&contact], recheck.removed.len()), (FAR, 0));
    let begin = || {
        let deliveries = vec![(contact, claimed.epoch)];
        world.store.deliveries_begin(campaign, NODE, deliveries, AT, LEASE)
    };
    assert_eq!(begin().await.unwrap(), []);
    let settled = Settled { contact, epoch: claimed.epoch, outcome: Outcome::Released };
    world.store.deliveries_settle(campaign, vec![settled], AT, None).await.unwrap();
    assert_eq!(world.claim(campaign, 1).await, []);
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::Suppressed), counts.get(S::Queued)), (1, 0));
}

pub(super) async fn a_pause_that_is_over_stops_nothing_that_is_claimed(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    let past = Timestamp(AT.0 - 1);
    world
        .store
        .contact_pause(contact, Some(past), past.before(Duration::from_secs(9)))
        .await
        .unwrap();
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    let deliveries = vec![(contact, claimed.epoch)];
    let begun = world.store.deliveries_begin(campaign, NODE, deliveries, AT, LEASE).await;
    assert_eq!(begun.unwrap(), [contact]);
}

pub(super) async fn a_pause_stands_in_the_history_once_with_who_set_it(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    let own = || world.store.by_themselves();
    assert!(own().contact_pause(contact, Some(later(60)), AT).await.unwrap());
    assert!(!own().contact_pause(contact, Some(later(60)), AT).await.unwrap(), "the same again");
    assert_eq!(world.store.contact_paused_until(contact, AT).await.unwrap(), Some(later(60)));
    assert_eq!(world.store.contact_paused_until(contact, later(60)).await.unwrap(), None);
    assert!(world.store.contact_pause(contact, None, later(1)).await.unwrap());
    assert!(!world.store.contact_pause(ContactId(99), Some(later(60)), AT).await.unwrap());
    let history = world.store.contact_history(contact, i64::MAX, 9).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|it| (it.actor.as_str(), it.field.as_str(), it.before.as_deref(), it.after.as_deref()))
        .collect();
    let until = later(60).rfc3339();
    assert_eq!(
        told,
        [
            ("a server", "paused until", Some(until.as_str()), None),
            ("themselves", "paused until", None, Some(until.as_str())),
        ]
    );
    // It is no consent: the ledger has what the import said, alone.
    assert_eq!(world.store.contact_consents(contact).await.unwrap().len(), 1);
}

pub(super) async fn what_is_chosen_on_the_page_is_one_change_with_its_proof(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    let other = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let campaign = world.started().await;
    let choice = |wanted: Vec<_>, unwanted: Vec<_>| PageChoice {
        contact,
        campaign,
        topics: TopicsWanted { wanted, unwanted },
        pause: Some(Some(later(60))),
        notice: "page 1",
        address_hash: hash_of(contact),
        at: later(1),
    };
    let state = |topic| async move { store.subscription_state(contact, topic).await.unwrap() };
    let both = choice(vec![other], vec![world.topic]);
    let saved = store.page_choose(both.clone()).await.unwrap();
    assert_eq!((saved.changed, saved.blocked), (true, false));
    assert!(!store.page_choose(both).await.unwrap().changed, "the same again");
    assert_eq!(state(other).await, Some(SubscriptionState::Subscribed));
    assert_eq!(state(world.topic).await, Some(SubscriptionState::Unsubscribed));
    assert_eq!(store.contact_paused_until(contact, later(2)).await.unwrap(), Some(later(60)));
    let consents = store.contact_consents(contact).await.unwrap();
    let of = |topic| consents.iter().find(|it| it.topic == Some(topic)).unwrap();
    let given = of(other);
    assert_eq!(
        (given.source.as_str(), given.granted, given.campaign),
        ("page", true, Some(campaign))
    );
    assert_eq!(given.notice.as_deref(), Some("page 1"));
    assert_eq!((of(world.topic).source.as_str(), of(world.topic).granted), ("page", false));
    let unknown = PageChoice { contact: ContactId(99), ..choice(vec![other], Vec::new()) };
    assert!(!store.page_choose(unknown).await.unwrap().changed);
}

pub(super) async fn nobody_is_subscribed_on_the_page_whose_address_is_suppressed(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, campaign) = (&world.store, world.started().await);
    let other = store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    // For whatever reason: by a hard bounce, and by their own word.
    let (one, two) = (world.contacts[0], world.contacts[1]);
    let bounce = model::Removal::HardBounce;
    store.address_suppress("1@x.org".into(), bounce, hash_of(one), AT).await.unwrap();
    world.leave(two, Scope::Everything, None).await;
    for contact in [one, two] {
        let topics = TopicsWanted { wanted: vec![world.topic, other], unwanted: Vec::new() };
        let (pause, address_hash) = (None, hash_of(contact));
        let choice = PageChoice {
            contact,
            campaign,
            topics,
            pause,
            notice: "page 1",
            address_hash,
            at: later(1),
        };
        let saved = store.page_choose(choice).await.unwrap();
        assert_eq!((saved.changed, saved.blocked), (false, true));
        for topic in [world.topic, other] {
            let state = store.subscription_state(contact, topic).await.unwrap();
            assert_ne!(state, Some(SubscriptionState::Subscribed));
        }
    }
    assert!(store.suppression_reason("2@x.org".into()).await.unwrap().is_some());
}
