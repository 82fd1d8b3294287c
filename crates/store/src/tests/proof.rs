//! What shows by what right a contact is mailed.

use model::{ContactId, TopicId, TopicScope};

use super::forms::{form, join};
use super::world::{AT, World, email, hash_of, later};
use crate::{Outcome, Scope, Settled, Store};

pub(super) async fn a_proof_holds_what_was_told_and_what_was_sent(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    store.form_set(form("news", vec![world.topic]), AT).await.unwrap();
    let waiting = crate::Join { topics: vec![world.topic], ..join("news", email("1@x.org")) };
    store.join_add([1; 32], waiting.clone()).await.unwrap();
    store.join_confirm([1; 32], hash_of(contact), later(1)).await.unwrap();
    let mut other = form("news", vec![world.topic]);
    other.notice = "We write every day.".into();
    store.form_set(other, later(2)).await.unwrap();
    let waiting = crate::Join { notice_version: 2, ..waiting };
    store.join_add([2; 32], waiting.clone()).await.unwrap();
    let campaign = world.started().await;
    let claimed = world.claim_at(campaign, 10, later(3)).await;
    assert_eq!(claimed.len(), 2);
    let settled = claimed.iter().map(|it| Settled {
        contact: it.contact,
        epoch: it.epoch,
        outcome: Outcome::Sent { reply: "250 ok".to_owned() },
    });
    store.deliveries_settle(campaign, settled.collect(), later(4), None).await.unwrap();
    let found = store.proof_record(contact, TopicScope::All).await.unwrap().unwrap();
    assert_eq!(found.mails, [(world.topic, later(4))]);
    assert_eq!(found.joins, [waiting]);
    let texts: Vec<_> =
        found.notices.iter().map(|(name, it)| (name.as_str(), it.text.as_str())).collect();
    assert_eq!(texts, [("news v1", "We write once a month."), ("news v2", "We write every day.")]);
    let entry = &found.consents[0];
    assert_eq!(entry.notice.as_deref(), Some("news v1"));
    assert_eq!(entry.given_ip.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(found.consents.len(), 2, "the import's, too");
    assert_eq!(store.proof_record(ContactId(99), TopicScope::All).await.unwrap(), None);
}

pub(super) async fn a_proof_is_of_the_actors_topics_only(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, contact) = (&world.store, world.contacts[0]);
    let beta = store.topic_ensure("beta".into(), "Beta".into()).await.unwrap();
    let own = |topic: TopicId| TopicScope::These(vec![topic]);
    assert_eq!(store.proof_record(contact, own(beta)).await.unwrap(), None);
    let proof = "asked by phone".to_owned();
    store.contact_subscribe(contact, beta, proof, later(1)).await.unwrap();
    world.leave(contact, Scope::Topic(world.topic), None).await;
    let found = store.proof_record(contact, own(beta)).await.unwrap().unwrap();
    assert_eq!(found.consents.len(), 1);
    assert_eq!(found.consents[0].topic, Some(beta));
    assert_eq!(found.subscriptions.len(), 1);
    let all = store.proof_record(contact, TopicScope::All).await.unwrap().unwrap();
    assert_eq!(all.consents.len(), 3);
}
