//! Single messages: accepted once, sent once (promise P2), to nobody who must not be mailed (P5).

use std::time::Duration;

use model::{DeliveryState as S, MessageId, Removal, Timestamp, TopicScope};

use super::world::{AT, LEASE, NODE, World, email, later};
use crate::{
    ActorKind, ActorRecord, ClaimedMessage, ExpiredLeases, JournalState, Mark, MessageAccepted,
    MessageQuery, NewMessage, Outcome, SettledMessage, Store, TestOf,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn new_message(world: &World, key: &str, to: &str) -> NewMessage {
    let kept = world.store.message_form_keep(world.announcement, "{}".into(), [3; 32], AT).await;
    NewMessage {
        form: kept.unwrap(),
        actor: ActorRecord { kind: ActorKind::ApiToken, id: Some(7), name: "Shop".into() },
        request_key: key.into(),
        body_hash: [1; 32],
        announcement: world.announcement,
        contact: None,
        email: email(to),
        address_hash: [0; 32],
        attributes: [("code".to_owned(), "42".to_owned())].into(),
        live: true,
        copy: None,
    }
}

async fn accept(world: &World, new: Vec<NewMessage>) -> Vec<MessageAccepted> {
    world.store.messages_accept(new, AT).await.unwrap()
}

/// Accepts messages to these addresses, whose keys are in order; returns their ids.
async fn accepted(world: &World, to: &[&str]) -> Vec<MessageId> {
    let mut new = Vec::new();
    for (number, to) in to.iter().enumerate() {
        new.push(new_message(world, &format!("key {number}"), to).await);
    }
    let ids = accept(world, new).await.into_iter().map(|said| match said {
        MessageAccepted::New(id) => id,
        other => panic!("{other:?}"),
    });
    ids.collect()
}

async fn claim(world: &World, node: u16, limit: usize, now: Timestamp) -> Vec<ClaimedMessage> {
    world.store.messages_claim(node, limit, now, LEASE, DAY).await.unwrap()
}

async fn settle(world: &World, claimed: &ClaimedMessage, outcome: Outcome) -> usize {
    let settled = SettledMessage { id: claimed.id, epoch: claimed.epoch, outcome };
    world.store.messages_settle(vec![settled], AT, None).await.unwrap()
}

async fn state(world: &World, id: MessageId) -> (S, Option<String>) {
    let found = world.store.message_find(id).await.unwrap().unwrap();
    (found.state, found.reply)
}

fn sent() -> Outcome {
    Outcome::Sent { reply: "250 ok".into() }
}

pub(super) async fn a_request_is_accepted_once_for_ever(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let (new, other) =
        (new_message(&world, "k", "a@x.org").await, new_message(&world, "l", "b@x.org").await);
    let said = accept(&world, vec![new.clone(), other, new.clone()]).await;
    let [MessageAccepted::New(first), MessageAccepted::New(second), again] = said[..] else {
        panic!("{said:?}")
    };
    assert_eq!(again, MessageAccepted::Before(first));
    assert_ne!(first, second);
    let changed = NewMessage { body_hash: [2; 32], ..new.clone() };
    let stranger = ActorRecord { id: Some(8), ..new.actor.clone() };
    let stranger = NewMessage { actor: stranger, ..new.clone() };
    let said = accept(&world, vec![changed, stranger]).await;
    assert_eq!(said[0], MessageAccepted::KeyUsed);
    assert!(matches!(said[1], MessageAccepted::New(_)), "another token has keys of its own");
    let claimed = claim(&world, NODE, 9, AT).await;
    assert_eq!(claimed.len(), 3);
    assert_eq!(claimed[0].attributes["code"], "42");
    assert_eq!((claimed[0].id, claimed[0].email.as_str()), (first, "a@x.org"));
    settle(&world, &claimed[0], sent()).await;
    assert_eq!(accept(&world, vec![new]).await, [MessageAccepted::Before(first)]);
    let test = NewMessage { live: false, ..new_message(&world, "t", "t@x.org").await };
    let [MessageAccepted::New(test)] = accept(&world, vec![test]).await[..] else { panic!() };
    assert_eq!(state(&world, test).await.0, S::Sent, "a test goes to no relay");
    assert_eq!(claim(&world, NODE, 9, AT).await, []);
}

pub(super) async fn a_message_is_handed_to_one_node_in_its_turn(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org"]).await;
    let first = claim(&world, NODE, 2, AT).await;
    assert_eq!([first[0].id, first[1].id], ids[..2]);
    let retry = Outcome::Retry { at: later(5), code: 451, reply: "later".into() };
    assert_eq!(settle(&world, &first[0], retry).await, 1);
    let waiting = world.store.messages_waiting().await.unwrap();
    assert_eq!((waiting.queued, waiting.oldest), (4, Some(AT)));
    assert_eq!(claim(&world, 2, 1, AT).await[0].id, ids[2], "a retry is not due yet");
    // One retry among four, so that none waits behind a flood.
    let then = claim(&world, 2, 2, later(5)).await;
    let then: Vec<_> = then.iter().map(|it| (it.id, it.epoch, it.attempts, it.last_code)).collect();
    assert_eq!(then, [(ids[0], 2, 1, Some(451)), (ids[3], 1, 0, None)]);
    assert_eq!(claim(&world, NODE, 9, AT).await.len(), 1);
    assert_eq!(claim(&world, NODE, 9, AT).await, []);
}

pub(super) async fn a_messages_outcome_counts_once_and_only_for_its_claim(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org", "c@x.org", "d@x.org"]).await;
    let claimed = claim(&world, NODE, 9, AT).await;
    let old = ClaimedMessage { epoch: 0, ..claimed[0].clone() };
    assert_eq!(settle(&world, &old, sent()).await, 0);
    let mark = Mark { reader: "mail/1".into(), segment: 1, offset: 9 };
    let settled = |at: usize, outcome| SettledMessage {
        id: claimed[at].id,
        epoch: claimed[at].epoch,
        outcome,
    };
    let failed = Outcome::Failed { code: 550, reply: "unknown".into() };
    let outcomes = vec![settled(0, sent()), settled(1, failed), settled(0, Outcome::InDoubt)];
    let applied = world.store.messages_settle(outcomes, AT, Some(mark.clone())).await.unwrap();
    assert_eq!(applied, 2, "the first outcome of a claim stands");
    assert_eq!(world.store.mark_find("mail/1".into()).await.unwrap(), Some(mark));
    assert_eq!(settle(&world, &claimed[0], Outcome::InDoubt).await, 0, "what has ended stays so");
    assert_eq!(state(&world, ids[0]).await, (S::Sent, Some("250 ok".into())));
    assert_eq!(state(&world, ids[1]).await, (S::Failed, Some("unknown".into())));
    // No policy sends a message again that may have been sent; what can't be made has failed.
    let resend = Outcome::Resend { at: AT, reply: "no answer".into() };
    assert_eq!(settle(&world, &claimed[2], resend).await, 1);
    let skipped = Outcome::Skipped { reason: "no value".into() };
    assert_eq!(settle(&world, &claimed[3], skipped).await, 1);
    assert_eq!(state(&world, ids[2]).await.0, S::InDoubt);
    assert_eq!(state(&world, ids[3]).await, (S::Failed, Some("no value".into())));
    assert_eq!(claim(&world, NODE, 9, later(60)).await, []);
}

pub(super) async fn a_message_whose_node_is_lost_is_queued_or_in_doubt(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org"]).await;
    let store = &world.store;
    let claimed = store.messages_claim(NODE, 9, AT, Duration::ZERO, DAY).await.unwrap();
    // On a store of one node, a claim may have been sent as far as the store knows.
    let begun = if store.is_shared() { 0 } else { 2 };
    let expired = ExpiredLeases { queued: 2 - begun, in_doubt: begun };
    assert_eq!(store.leases_expire(AT).await.unwrap(), expired);
    // Until somebody else has it, the holder's late answer counts.
    assert_eq!(settle(&world, &claimed[0], sent()).await, 1);
    assert_eq!(state(&world, ids[0]).await.0, S::Sent);
    if !store.is_shared() {
        return;
    }
    let again = claim(&world, NODE, 9, AT).await;
    assert_eq!((again[0].id, again[0].epoch), (ids[1], 2));
    assert_eq!(settle(&world, &claimed[1], sent()).await, 0, "the old holder comes too late");
    let which = vec![(again[0].id, again[0].epoch)];
    assert_eq!(store.messages_begin(2, which.clone(), AT, LEASE).await.unwrap(), []);
    let begun = store.messages_begin(NODE, which, AT, Duration::ZERO).await.unwrap();
    assert_eq!(begun, [ids[1]]);
    let in_doubt = ExpiredLeases { queued: 0, in_doubt: 1 };
    assert_eq!(store.leases_expire(AT).await.unwrap(), in_doubt);
    assert_eq!(state(&world, ids[1]).await.0, S::InDoubt);
}

pub(super) async fn a_restarted_node_takes_its_messages_back(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org"]).await;
    let store = &world.store;
    claim(&world, NODE, 1, AT).await;
    let other = claim(&world, 2, 1, AT).await;
    let taken = store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap();
    assert_eq!(taken, ExpiredLeases { queued: 1, in_doubt: 0 });
    assert_eq!(state(&world, ids[0]).await.0, S::Queued);
    assert_eq!(state(&world, ids[1]).await.0, S::Leased, "that of another node");
    let again = claim(&world, NODE, 1, AT).await;
    let which = vec![(again[0].id, again[0].epoch)];
    store.messages_begin(NODE, which, AT, LEASE).await.unwrap();
    let taken = store.leases_take_back(NODE, JournalState::Incomplete, AT).await.unwrap();
    assert_eq!(taken, ExpiredLeases { queued: 0, in_doubt: 1 });
    // A node that nobody has heard of is lost; what it had begun is in doubt.
    store.messages_begin(2, vec![(other[0].id, other[0].epoch)], AT, LEASE).await.unwrap();
    let lost = store.leases_of_lost_nodes(NODE, AT).await.unwrap();
    assert_eq!(lost, ExpiredLeases { queued: 0, in_doubt: 1 });
}

pub(super) async fn no_message_goes_to_an_address_that_must_not_be_mailed(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let to = ["bounced@x.org", "1@x.org", "ok@x.org", "late@x.org"];
    let ids = accepted(&world, &to).await;
    let suppress = async |address: &str, removal, hash: u8| {
        let hash = [hash; 32];
        world.store.address_suppress(address.into(), removal, hash, AT).await.unwrap();
    };
    suppress("bounced@x.org", Removal::HardBounce, 1).await;
    world.leave(world.contacts[0], crate::Scope::Everything, None).await;
    let claimed = claim(&world, NODE, 9, AT).await;
    let claimed_ids: Vec<_> = claimed.iter().map(|it| it.id).collect();
    assert_eq!(claimed_ids, ids[1..], "who has unsubscribed gets what they ask for");
    assert_eq!(state(&world, ids[0]).await.0, S::Suppressed);
    assert_eq!(world.store.messages_recheck(ids[1..].to_vec()).await.unwrap(), []);
    suppress("late@x.org", Removal::Complaint, 2).await;
    assert_eq!(world.store.messages_recheck(ids[1..].to_vec()).await.unwrap(), [ids[3]]);
    let which = claimed.iter().map(|it| (it.id, it.epoch)).collect();
    let begun = world.store.messages_begin(NODE, which, AT, LEASE).await.unwrap();
    assert_eq!(begun, ids[1..3], "the last check is at the beginning");
    assert_eq!(settle(&world, &claimed[2], Outcome::Suppressed).await, 1);
    assert_eq!(state(&world, ids[3]).await.0, S::Suppressed);
}

pub(super) async fn none_is_accepted_for_an_address_that_must_not_be_mailed(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let first = new_message(&world, "first", "bounced@x.org").await;
    let [MessageAccepted::New(id)] = accept(&world, vec![first.clone()]).await[..] else {
        panic!()
    };
    let bounced = ("bounced@x.org".into(), Removal::HardBounce, [1; 32]);
    world.store.address_suppress(bounced.0, bounced.1, bounced.2, AT).await.unwrap();
    world.store.address_erase("1@x.org".into(), [7; 32], AT).await.unwrap();
    world.leave(world.contacts[1], crate::Scope::Everything, None).await;
    let second = new_message(&world, "second", "bounced@x.org").await;
    let erased = NewMessage { address_hash: [7; 32], ..new_message(&world, "e", "1@x.org").await };
    let left = new_message(&world, "left", "2@x.org").await;
    let said = accept(&world, vec![second, erased.clone(), left, first.clone()]).await;
    assert_eq!(said[..2], [MessageAccepted::Suppressed; 2]);
    assert!(matches!(said[2], MessageAccepted::New(_)), "who has only unsubscribed");
    assert_eq!(said[3], MessageAccepted::Before(id), "what was done before is told again");
    let known = async |new: &NewMessage, hash| {
        let key = new.request_key.clone();
        world.store.message_by_key(new.actor.clone(), key, hash).await.unwrap()
    };
    assert_eq!(known(&first, [1; 32]).await, Some(MessageAccepted::Before(id)));
    assert_eq!(known(&first, [2; 32]).await, Some(MessageAccepted::KeyUsed));
    assert_eq!(known(&erased, [1; 32]).await, None, "the key of what was refused is free");
}

pub(super) async fn a_test_is_in_the_inbox_until_it_is_forgotten(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let test = NewMessage {
        live: false,
        copy: Some(b"A message.".to_vec()),
        ..new_message(&world, "t", "t@x.org").await
    };
    let said = accept(&world, vec![test.clone(), test]).await;
    let [MessageAccepted::New(id), MessageAccepted::Before(_)] = said[..] else { panic!() };
    let kept = async || {
        let all = world.store.test_messages(TopicScope::All, None, 9, AT).await.unwrap();
        all.into_iter().map(|it| (it.of, it.raw)).collect::<Vec<_>>()
    };
    let of = TestOf::Message(id, "3.2".into());
    assert_eq!(kept().await, [(of, b"A message.".to_vec())], "once");
    let some = TopicScope::These(vec![world.topic]);
    assert_eq!(world.store.test_messages(some, None, 9, AT).await.unwrap(), [], "of no topic");
    world.store.messages_forget(later(1)).await.unwrap();
    assert_eq!(kept().await, []);
}

pub(super) async fn those_of_a_person_and_those_in_doubt_are_found(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    let other =
        NewMessage { contact: Some(contact), ..new_message(&world, "by id", "boss@x.org").await };
    accept(&world, vec![other]).await;
    let ids = accepted(&world, &["1@x.org", "other@x.org"]).await;
    let of = world.store.messages_of(contact, "1@x.org".into(), 9).await.unwrap();
    assert_eq!(
        of.iter().map(|it| it.email.clone()).collect::<Vec<_>>(),
        [Some(email("1@x.org")), Some(email("boss@x.org")),]
    );
    assert_eq!(world.store.messages_of(contact, "1@x.org".into(), 1).await.unwrap()[0].id, ids[0]);
    for claimed in claim(&world, NODE, 2, AT).await {
        settle(&world, &claimed, Outcome::InDoubt).await;
    }
    assert_eq!(world.store.messages_in_doubt(AT).await.unwrap(), 2);
    assert_eq!(world.store.messages_in_doubt(later(1)).await.unwrap(), 0);
}

pub(super) async fn whoever_is_erased_is_in_no_message(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let as_contact = NewMessage {
        contact: Some(world.contacts[0]),
        ..new_message(&world, "by id", "boss@x.org").await
    };
    accept(&world, vec![as_contact]).await;
    let ids = accepted(&world, &["1@x.org", "other@x.org"]).await;
    let claimed = claim(&world, NODE, 2, AT).await;
    settle(&world, &claimed[0], Outcome::Failed { code: 550, reply: "no 1@x.org".into() }).await;
    world.store.address_erase("1@x.org".into(), [7; 32], AT).await.unwrap();
    let query = MessageQuery::default();
    let all = world.store.messages_page(query, 9).await.unwrap().messages;
    let told: Vec<_> = all.iter().map(|it| (it.email.is_some(), it.contact, &it.reply)).collect();
    assert_eq!(told, [(true, None, &None), (false, None, &None), (false, None, &None)]);
    // One was on its way; whatever the relay says of it, the address is not kept again.
    let refused = Outcome::Retry { at: later(1), code: 450, reply: "1@x.org is busy".into() };
    assert_eq!(settle(&world, &claimed[1], refused).await, 1);
    assert_eq!(state(&world, ids[0]).await, (S::Queued, None));
    let left: Vec<_> = claim(&world, NODE, 9, later(2)).await.iter().map(|it| it.id).collect();
    assert_eq!(left, [ids[1]], "nothing is sent to nobody");
    assert_eq!(state(&world, ids[0]).await.0, S::Suppressed);
}

pub(super) async fn whom_a_message_was_for_is_forgotten_some_time_after_its_end(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org"]).await;
    let claimed = claim(&world, NODE, 1, AT).await;
    settle(&world, &claimed[0], sent()).await;
    assert_eq!(world.store.messages_forget(AT).await.unwrap(), 0);
    assert_eq!(world.store.messages_forget(later(1)).await.unwrap(), 1);
    assert_eq!(world.store.messages_forget(later(1)).await.unwrap(), 0);
    let found = world.store.message_find(ids[0]).await.unwrap().unwrap();
    assert_eq!((found.email, found.reply, found.state), (None, None, S::Sent));
    let waiting = world.store.message_find(ids[1]).await.unwrap().unwrap();
    assert_eq!(waiting.email, Some(email("b@x.org")), "it is still to be sent");
    let again = accept(&world, vec![new_message(&world, "key 0", "a@x.org").await]).await;
    assert_eq!(again, [MessageAccepted::Before(ids[0])], "its key is kept");
}

pub(super) async fn messages_are_found_by_state_and_part_of_an_address(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["ann@x.org", "Bob_1@x.org", "bobx1@y.org"]).await;
    let claimed = claim(&world, NODE, 1, AT).await;
    settle(&world, &claimed[0], sent()).await;
    let found = async |state, address: &str, before, limit| {
        let query = MessageQuery { state, address: address.into(), before };
        let page = world.store.messages_page(query, limit).await.unwrap();
        (page.messages.iter().map(|it| it.id).collect::<Vec<_>>(), page.next)
    };
    let all = [ids[2], ids[1], ids[0]];
    assert_eq!(found(None, "", None, 9).await, (all.to_vec(), None));
    assert_eq!(found(None, "", None, 2).await, (all[..2].to_vec(), Some(ids[1])));
    assert_eq!(found(None, "", Some(ids[1]), 2).await, (vec![ids[0]], None));
    assert_eq!(found(Some(S::Sent), "", None, 9).await, (vec![ids[0]], None));
    assert_eq!(found(Some(S::Queued), "Y.ORG", None, 9).await, (vec![ids[2]], None));
    assert_eq!(found(None, "ob_1", None, 9).await, (vec![ids[1]], None), "no pattern");
    let one = world.store.message_find(ids[1]).await.unwrap().unwrap();
    assert_eq!((one.announcement_name.as_str(), one.email), ("3.2", Some(email("Bob_1@x.org"))));
}

pub(super) async fn a_form_is_kept_once_and_found_for_its_messages(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let keep = async |form: &str, hash: u8| {
        let kept = world.store.message_form_keep(world.announcement, form.into(), [hash; 32], AT);
        kept.await.unwrap()
    };
    let (first, second) = (keep("one", 1).await, keep("two", 2).await);
    assert_eq!(keep("one", 1).await, first);
    assert_eq!(world.store.message_form(first).await.unwrap().as_deref(), Some("one"));
    assert_eq!(world.store.message_form(second).await.unwrap().as_deref(), Some("two"));
}

pub(super) async fn a_store_that_was_put_back_sends_no_message_twice(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ids = accepted(&world, &["a@x.org", "b@x.org"]).await;
    let store = &world.store;
    assert!(store.messages_any_due(AT, DAY).await.unwrap());
    let claimed = claim(&world, NODE, 1, AT).await;
    let known = vec![(ids[0], claimed[0].epoch), (ids[1], 1), (MessageId(99), 1)];
    assert_eq!(store.message_claims_never_made(known).await.unwrap(), 2);
    let hold = crate::Hold { why: "x".into(), seen: None, name: "n".into(), keep: None };
    store.campaigns_hold(hold, AT).await.unwrap();
    for id in ids {
        assert_eq!(state(&world, id).await.0, S::InDoubt);
    }
    assert!(!store.messages_any_due(AT, DAY).await.unwrap());
    assert_eq!(claim(&world, NODE, 9, later(60)).await, []);
}
