//! Looking at people, and erasing them.

use model::{ContactId, HitKind, LinkSlot, Removal, SubscriptionState, Timestamp};

use super::hits::view;
use super::world::{AT, World, batch, email, hash_of, later, row};
use crate::engine::sql::texts;
use crate::{ImportRow, Mark, Scope, Store};

texts! {
    CONTACT_ROWS = "SELECT count(*) FROM contacts WHERE id = $1";
    SUBSCRIPTION_ROWS = "SELECT count(*) FROM subscriptions WHERE contact_id = $1";
    CONSENT_ROWS = "SELECT count(*) FROM consents WHERE contact_id = $1";
    EVENT_ROWS = "SELECT count(*) FROM events WHERE contact_id = $1";
    ENGAGEMENT_ROWS = "SELECT count(*) FROM engagements WHERE contact_id = $1";
    CLICKER_ROWS = "SELECT count(*) FROM link_clickers WHERE contact_id = $1";
}

pub(super) async fn contacts_come_by_page_with_their_topics(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let offers = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    world.store.contact_return(world.contacts[2], offers, AT).await.unwrap();
    world.leave(world.contacts[1], Scope::Everything, None).await;
    let mut all = Vec::new();
    let mut after = ContactId(0);
    loop {
        let page = world.store.contacts_page(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        all.extend(page);
    }
    let emails: Vec<&str> = all.iter().map(|contact| contact.email.as_str()).collect();
    assert_eq!(emails, ["1@x.org", "2@x.org", "3@x.org"]);
    assert_eq!(all[1].suppression.as_deref(), Some("unsubscribed"));
    let topics: Vec<_> =
        all[2].subscriptions.iter().map(|(slug, state)| (&**slug, *state)).collect();
    let subscribed = SubscriptionState::Subscribed;
    assert_eq!(topics, [("offers", subscribed), ("release-notices", subscribed)]);
    assert_eq!(all[0].attributes["name"], "N1");
}

pub(super) async fn one_contact_is_shown_with_all_that_is_kept(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    let campaign = world.started().await;
    world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await;
    let subscriptions = world.store.subscriptions_of(contact).await.unwrap();
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0].state, SubscriptionState::Unsubscribed);
    let deliveries = world.store.deliveries_of(contact).await.unwrap();
    assert_eq!((deliveries[0].campaign, deliveries[0].left_at), (campaign, Some(AT)));
    let hash = hash_of(contact);
    assert_eq!(world.store.suppression_find("1@x.org".into(), hash).await.unwrap(), None);
    world.leave(contact, Scope::Everything, None).await;
    let found = world.store.suppression_find("1@x.org".into(), hash).await.unwrap();
    assert_eq!(found, Some(("unsubscribed".to_owned(), AT)));
}

/// How many rows of each table say something of this contact.
pub(super) async fn traces(world: &World, contact: ContactId) -> Vec<i64> {
    let read = world.store.read(move |tx| {
        let texts = [
            CONTACT_ROWS,
            SUBSCRIPTION_ROWS,
            CONSENT_ROWS,
            EVENT_ROWS,
            ENGAGEMENT_ROWS,
            CLICKER_ROWS,
        ];
        texts.into_iter().map(|text| tx.one(text, [contact.0], |row| row.get(0))).collect()
    });
    read.await.unwrap()
}

pub(super) async fn an_erased_person_is_in_no_table_and_is_not_brought_back(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [contact, other] = [world.contacts[0], world.contacts[1]];
    let campaign = world.started().await;
    let mut click = view(2, campaign, contact);
    click.hit.kind = HitKind::Click(LinkSlot(0));
    let hits = vec![view(1, campaign, contact), click, view(3, campaign, other)];
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 9 };
    world.store.hits_record(batch(hits, mark)).await.unwrap();
    assert_eq!(traces(&world, contact).await, [1, 1, 1, 2, 1, 1]);
    let before = traces(&world, other).await;
    let mut removed = 0;
    let mut after = Some(Timestamp(0));
    while let Some(at) = after {
        let events = world.store.contact_events_erase(contact, at).await.unwrap();
        removed += events.removed;
        after = events.next;
    }
    assert_eq!(removed, 2);
    let epoch = world.store.removal_epoch();
    let hash = hash_of(contact);
    let erased = world.store.address_erase("1@x.org".into(), hash, later(1)).await.unwrap();
    assert_eq!((erased.contact, erased.subscriptions, erased.consents), (true, 1, 1));
    assert_eq!((erased.engagements, erased.clicked_links), (1, 1));
    assert!(world.store.removal_epoch() > epoch);
    assert_eq!(traces(&world, contact).await, [0; 6]);
    assert_eq!(traces(&world, other).await, before);
    assert_eq!(world.store.suppression_reason("1@x.org".into()).await.unwrap(), None);
    let found = world.store.suppression_find("1@x.org".into(), hash).await.unwrap();
    assert_eq!(found, Some(("erased".to_owned(), later(1))));
    // The audience is what it was, and nobody is mailed.
    assert_eq!(world.store.deliveries_count(campaign).await.unwrap().total(), 2);
    let claimed = world.claim(campaign, 10).await;
    assert_eq!(claimed.iter().map(|claimed| claimed.contact).collect::<Vec<_>>(), [other]);
    let row = ImportRow { address_hash: hash, ..ImportRow::from(row("1@X.org name=Ann")) };
    let (topic, source) = (Some(world.topic), "again".to_owned());
    let counts = world.store.contacts_import(vec![row], topic, source, later(2)).await.unwrap();
    assert_eq!((counts.erased, counts.added, counts.subscribed), (1, 0, 0));
    assert_eq!(world.store.contact_by_email(email("1@x.org")).await.unwrap(), None);
}

pub(super) async fn erasing_again_or_a_suppressed_stranger_keeps_the_hash_alone(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let hash = hash_of(ContactId(77));
    let key = || "stranger@x.org".to_owned();
    world.store.address_suppress(key(), Removal::HardBounce, hash, AT).await.unwrap();
    let erased = world.store.address_erase(key(), hash, later(1)).await.unwrap();
    assert_eq!((erased.contact, erased.suppression), (false, true));
    let again = world.store.address_erase(key(), hash, later(2)).await.unwrap();
    assert_eq!((again.contact, again.suppression), (false, false));
    assert_eq!(world.store.suppression_reason(key()).await.unwrap(), None);
    let found = world.store.suppression_find(key(), hash).await.unwrap();
    assert_eq!(found, Some(("hard bounce".to_owned(), AT)));
}
