//! Forms, what is typed into them, and what is kept of children.

use std::collections::BTreeMap;

use model::{ContactId, EmailAddress, Removal, SubscriptionState, Timestamp, TopicId};

use super::world::{AT, World, email, hash_of, later, row};
use crate::{
    Consent, FormField, ImportRow, ImportStanding, Join, JoinConfirmed, JoinForm, Scope, Store,
    StoreError,
};

/// A form that is open.
pub(crate) fn form(name: &str, topics: Vec<TopicId>) -> JoinForm {
    JoinForm {
        name: name.to_owned(),
        title: "News from Aurora".to_owned(),
        topics,
        fields: vec![FormField { attribute: "city".to_owned(), is_required: true }],
        notice: "We write once a month.".to_owned(),
        notice_version: 0,
        language: Some("en".to_owned()),
        redirect: Some("https://www.aurora.example/thanks".to_owned()),
        origins: vec!["https://www.aurora.example".to_owned()],
        asks_age: true,
        is_open: true,
        created_at: AT,
        updated_at: AT,
    }
}

/// Good for an hour.
pub(crate) fn join(form: &str, email: EmailAddress) -> Join {
    Join {
        email,
        form: form.to_owned(),
        topics: vec![TopicId(1)],
        attributes: BTreeMap::from([("city".to_owned(), "Rome".to_owned())]),
        notice_version: 1,
        network: Some("192.0.2.0/24".to_owned()),
        agent: None,
        at: AT,
        ends_at: later(60),
    }
}

pub(super) async fn a_form_keeps_every_version_of_its_notice(store: Store) {
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let first = store.form_set(form("news", vec![topic]), AT).await.unwrap();
    assert_eq!((first.notice_version, first.created_at), (1, AT));
    assert_eq!(first, JoinForm { notice_version: 1, ..form("news", vec![topic]) });
    let again = JoinForm { title: "Novità".into(), ..first.clone() };
    assert_eq!(store.form_set(again, later(1)).await.unwrap().notice_version, 1);
    let other = JoinForm { notice: "We write once a week.".into(), ..first.clone() };
    let second = store.form_set(other, later(2)).await.unwrap();
    assert_eq!((second.notice_version, second.updated_at), (2, later(2)));
    assert_eq!((second.created_at, second.title.as_str()), (AT, "News from Aurora"));
    assert_eq!(store.forms_list().await.unwrap(), std::slice::from_ref(&second));
    assert!(store.form_remove("news".into()).await.unwrap());
    assert_eq!(store.form_find("news".into()).await.unwrap(), None);
    // What was told stays, and the next of this name goes on counting.
    let third = store.form_set(form("news", vec![topic]), later(3)).await.unwrap();
    assert_eq!(third.notice_version, 3);
    let notices = store.form_notices("news".into()).await.unwrap();
    let versions: Vec<_> = notices.iter().map(|it| (it.version, it.text.as_str())).collect();
    assert_eq!(
        versions,
        [
            (3, "We write once a month."),
            (2, "We write once a week."),
            (1, "We write once a month.")
        ]
    );
}

pub(super) async fn a_form_is_closed_and_removed_with_what_waits(store: Store) {
    store.form_set(form("news", vec![TopicId(1)]), AT).await.unwrap();
    assert!(store.form_close("news".into(), later(1)).await.unwrap());
    assert!(!store.form_close("news".into(), later(2)).await.unwrap());
    let closed = store.form_find("news".into()).await.unwrap().unwrap();
    assert_eq!((closed.is_open, closed.updated_at), (false, later(1)));
    let none = store.form_close("gone".into(), later(2)).await;
    assert!(matches!(none, Err(StoreError::NotFound("form"))), "{none:?}");
    store.join_add([1; 32], join("news", email("ann@x.org"))).await.unwrap();
    store.join_add([2; 32], join("other", email("ann@x.org"))).await.unwrap();
    assert_eq!(store.joins_waiting("news".into(), AT).await.unwrap(), 1);
    assert!(store.form_remove("news".into()).await.unwrap());
    assert!(!store.form_remove("news".into()).await.unwrap());
    assert_eq!(store.join_find([1; 32], AT).await.unwrap(), None);
    assert!(store.join_find([2; 32], AT).await.unwrap().is_some());
}

async fn state_of(store: &Store, contact: ContactId) -> Option<SubscriptionState> {
    let scope = model::TopicScope::All;
    let profile = store.contact_profile(contact, scope, 1, 1).await.unwrap().unwrap();
    profile.subscriptions.first().map(|it| it.state)
}

async fn contact_of(store: &Store, address: &str) -> Option<crate::Contact> {
    store.contact_by_email(email(address)).await.unwrap()
}

pub(super) async fn a_join_changes_nothing_until_it_is_confirmed_once(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    store.join_add([1; 32], join("news", email("new@x.org"))).await.unwrap();
    store.join_add([2; 32], join("news", email("1@X.org"))).await.unwrap();
    assert!(contact_of(store, "new@x.org").await.is_none());
    let known = contact_of(store, "1@x.org").await.unwrap();
    assert!(!known.attributes.contains_key("city"), "somebody else may have typed it");
    for _ in 0..2 {
        let found = store.join_find([1; 32], later(59)).await.unwrap().unwrap();
        assert_eq!(found, join("news", email("new@x.org")));
    }
    assert_eq!(store.join_find([1; 32], later(60)).await.unwrap(), None, "it is over");
    assert_eq!(store.join_confirm([1; 32], [7; 32], later(60)).await.unwrap(), None);
    let joined = store.join_confirm([1; 32], [7; 32], later(59)).await.unwrap();
    let contact = contact_of(store, "new@x.org").await.unwrap();
    let expected = JoinConfirmed::Joined { contact: contact.id, topics: vec![world.topic] };
    assert_eq!(joined, Some(expected));
    assert_eq!(contact.attributes["city"], "Rome");
    assert_eq!(state_of(store, contact.id).await, Some(SubscriptionState::Subscribed));
    assert_eq!(store.join_confirm([1; 32], [7; 32], later(59)).await.unwrap(), None, "twice");
    store.join_confirm([2; 32], hash_of(known.id), later(2)).await.unwrap().unwrap();
    assert_eq!(contact_of(store, "1@x.org").await.unwrap().attributes["city"], "Rome");
    let changes = store.account_traces(known.id, "1@x.org".into(), later(3)).await.unwrap().changes;
    let told: Vec<_> = changes.iter().map(|it| (it.actor.as_str(), it.field.as_str())).collect();
    assert_eq!(told, [("form news", "attribute city")]);
}

pub(super) async fn a_confirmed_join_stands_in_the_ledger_with_its_proof(store: Store) {
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let typed = Join {
        topics: vec![topic, TopicId(99)],
        agent: Some("Firefox".into()),
        ..join("news", email("new@x.org"))
    };
    store.join_add([1; 32], typed).await.unwrap();
    let joined = store.join_confirm([1; 32], [7; 32], later(5)).await.unwrap();
    let contact = contact_of(&store, "new@x.org").await.unwrap().id;
    // A topic that is no more is left out.
    assert_eq!(joined, Some(JoinConfirmed::Joined { contact, topics: vec![topic] }));
    let entries: Vec<Consent> = store.contact_consents(contact).await.unwrap();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!((entry.topic, entry.granted, entry.at), (Some(topic), true, later(5)));
    assert_eq!(entry.source, "form news");
    assert_eq!(entry.notice.as_deref(), Some("news v1"));
    assert_eq!(entry.basis, Some(model::ConsentBasis::Consent));
    assert_eq!(entry.proof.as_deref(), Some("confirmed by a mailed link; Firefox"));
    assert_eq!((entry.given_at, entry.given_ip.as_deref()), (Some(AT), Some("192.0.2.0/24")));
    assert_eq!(entry.given_form.as_deref(), Some("news"));
}

/// Whether a join of the address is taken, confirmed by its person.
async fn joins(store: &Store, address: &str, hash: [u8; 32]) -> JoinConfirmed {
    store.join_add([1; 32], join("news", email(address))).await.unwrap();
    store.join_confirm([1; 32], hash, later(9)).await.unwrap().unwrap()
}

async fn leave(store: &Store, contact: ContactId, removal: Removal) {
    let (scope, hash) = (Scope::Everything, hash_of(contact));
    store.contact_leave(contact, scope, removal, None, hash, later(1)).await.unwrap();
}

pub(super) async fn who_has_left_or_was_erased_comes_back_by_their_own_word(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, contacts) = (&world.store, &world.contacts);
    leave(store, contacts[0], Removal::OneClick).await;
    let joined = joins(store, "1@x.org", hash_of(contacts[0])).await;
    assert!(matches!(joined, JoinConfirmed::Joined { .. }), "{joined:?}");
    assert_eq!(store.suppression_reason("1@x.org".into()).await.unwrap(), None);
    assert_eq!(state_of(store, contacts[0]).await, Some(SubscriptionState::Subscribed));
    // Erased, and erased after they had left.
    leave(store, contacts[2], Removal::Account).await;
    for (number, contact) in [(2, contacts[1]), (3, contacts[2])] {
        let (address, hash) = (format!("{number}@x.org"), hash_of(contact));
        store.address_erase(address.clone(), hash, later(2)).await.unwrap();
        let again = store.contacts_import(
            vec![crate::ImportRow { address_hash: hash, ..row(&address).into() }],
            Some(world.topic),
            "list".into(),
            later(3),
        );
        assert_eq!(again.await.unwrap().erased, 1, "an import brings nobody back");
        let joined = joins(store, &address, hash).await;
        let new = contact_of(store, &address).await.unwrap().id;
        assert_ne!(new, contact, "as somebody new");
        let topics = vec![world.topic];
        assert_eq!(joined, JoinConfirmed::Joined { contact: new, topics });
        assert_eq!(store.suppression_find(address, hash).await.unwrap(), None);
    }
}

pub(super) async fn what_is_graver_than_their_own_wish_stays(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, contacts) = (&world.store, &world.contacts);
    let graver = [
        (Removal::HardBounce, "hard bounce"),
        (Removal::Complaint, "complaint"),
        (Removal::Operator, "manual"),
    ];
    for (at, (removal, reason)) in graver.into_iter().enumerate() {
        leave(store, contacts[at], removal).await;
        let address = format!("{}@x.org", at + 1);
        let blocked = JoinConfirmed::Blocked(reason.to_owned());
        assert_eq!(joins(store, &address, hash_of(contacts[at])).await, blocked);
        let contact = contact_of(store, &address).await.unwrap();
        assert!(!contact.attributes.contains_key("city"), "{reason}");
        assert_eq!(state_of(store, contact.id).await, Some(SubscriptionState::Unsubscribed));
        // Nor when only its hash is left.
        store.address_erase(address.clone(), hash_of(contacts[at]), later(5)).await.unwrap();
        assert_eq!(joins(store, &address, hash_of(contacts[at])).await, blocked);
        assert!(contact_of(store, &address).await.is_none());
    }
}

pub(super) async fn an_erasure_takes_what_waits_and_time_does(store: Store) {
    store.join_add([1; 32], join("news", email("Ann@x.org"))).await.unwrap();
    store.join_add([2; 32], join("news", email("bob@x.org"))).await.unwrap();
    assert_eq!(store.joins_of("ann@x.org".into()).await.unwrap().len(), 1);
    store.address_erase("ann@x.org".into(), [7; 32], later(1)).await.unwrap();
    assert_eq!(store.joins_of("ann@x.org".into()).await.unwrap(), []);
    assert!(store.form_stamp_use([9; 32], later(60)).await.unwrap());
    assert_eq!(store.joins_expire(later(59)).await.unwrap().removed, 0);
    let expired = store.joins_expire(later(60)).await.unwrap();
    assert_eq!((expired.removed, expired.more), (1, false));
    assert_eq!(store.joins_of("bob@x.org".into()).await.unwrap(), []);
    assert!(store.form_stamp_use([9; 32], later(90)).await.unwrap(), "it is forgotten");
}

pub(super) async fn joins_of_one_address_are_bounded(store: Store) {
    for number in 0..9 {
        let typed = Join { at: later(number.into()), ..join("news", email("ann@x.org")) };
        store.join_add([number; 32], typed).await.unwrap();
    }
    let kept = store.joins_of("ann@x.org".into()).await.unwrap();
    let times: Vec<Timestamp> = kept.iter().map(|it| it.at).collect();
    assert_eq!(times, [later(8), later(7), later(6), later(5), later(4)]);
}

pub(super) async fn a_stamp_is_good_once(store: Store) {
    assert!(store.form_stamp_use([1; 32], later(1)).await.unwrap());
    assert!(!store.form_stamp_use([1; 32], later(2)).await.unwrap());
    assert!(store.form_stamp_use([2; 32], later(1)).await.unwrap());
}

pub(super) async fn a_child_is_known_by_a_hash_alone(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (store, known) = (&world.store, world.contacts[0]);
    assert!(!store.child_mark("1@x.org".into(), hash_of(known), AT).await.unwrap());
    assert!(contact_of(store, "1@x.org").await.is_some(), "nobody has proved whose it is");
    assert_eq!(store.suppression_find("1@x.org".into(), hash_of(known)).await.unwrap(), None);
    store.join_add([3; 32], join("news", email("kid@x.org"))).await.unwrap();
    for _ in 0..2 {
        assert!(store.child_mark("kid@x.org".into(), [7; 32], AT).await.unwrap());
    }
    assert_eq!(store.joins_of("kid@x.org".into()).await.unwrap(), []);
    let marked = store.suppression_find("kid@x.org".into(), [7; 32]).await.unwrap();
    assert_eq!(marked, Some(("child".to_owned(), AT)));
    assert_eq!(store.suppression_reason("kid@x.org".into()).await.unwrap(), None, "no address");
    // No way leads in.
    let listed = crate::ImportRow { address_hash: [7; 32], ..row("kid@x.org").into() };
    let counts =
        store.contacts_import(vec![listed], Some(world.topic), "list".into(), later(1)).await;
    assert_eq!(counts.unwrap().erased, 1);
    let new = crate::NewContact {
        row: row("kid@x.org"),
        topics: Vec::new(),
        proof: "a call".into(),
        address_hash: [7; 32],
    };
    assert!(store.contact_add(new, later(1)).await.is_err());
    assert_eq!(joins(store, "kid@x.org", [7; 32]).await, JoinConfirmed::Blocked("child".into()));
    assert!(contact_of(store, "kid@x.org").await.is_none());
    // Set by mistake, or by somebody who has typed another one's address.
    assert!(store.child_unmark([7; 32]).await.unwrap());
    assert!(!store.child_unmark([7; 32]).await.unwrap());
    let joined = joins(store, "kid@x.org", [7; 32]).await;
    assert!(matches!(joined, JoinConfirmed::Joined { .. }), "{joined:?}");
}

pub(super) async fn who_turns_out_to_be_a_child_is_erased_as_one(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, kid) = (&world.store, world.contacts[0]);
    leave(store, kid, Removal::Page).await;
    let erased = store.child_erase("1@x.org".into(), hash_of(kid), later(2)).await.unwrap();
    assert!(erased.contact);
    assert!(contact_of(store, "1@x.org").await.is_none());
    let marked = store.suppression_find("1@x.org".into(), hash_of(kid)).await.unwrap();
    assert_eq!(marked.map(|it| it.0).as_deref(), Some("child"));
    let joined = joins(store, "1@x.org", hash_of(kid)).await;
    assert_eq!(joined, JoinConfirmed::Blocked("child".into()));
    // What they did is looked for until none of it is theirs.
    while store.events_forget().await.unwrap() {}
    assert!(contact_of(store, "2@x.org").await.is_some());
}

pub(super) async fn an_import_keeps_nothing_of_children(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, kid) = (&world.store, world.contacts[0]);
    let of = |text: &str, hash, standing| ImportRow {
        contact: row(text),
        standing,
        address_hash: hash,
        evidence: None,
        tags: Vec::new(),
    };
    let rows = || {
        vec![
            of("1@x.org name=Kim", hash_of(kid), ImportStanding::Child),
            of("kid@x.org name=Kid", [7; 32], ImportStanding::Subscribed),
            // One row of two is enough.
            of("KID@x.org", [7; 32], ImportStanding::Child),
            of("new@x.org name=Ann", [8; 32], ImportStanding::Subscribed),
        ]
    };
    let import =
        |minutes| store.contacts_import(rows(), Some(world.topic), "list".into(), later(minutes));
    let first = import(1).await.unwrap();
    assert_eq!((first.children, first.added, first.merged), (2, 1, 1));
    for (address, hash) in [("1@x.org", hash_of(kid)), ("kid@x.org", [7; 32])] {
        assert!(contact_of(store, address).await.is_none(), "{address}");
        let marked = store.suppression_find(address.to_owned(), hash).await.unwrap();
        assert_eq!(marked.map(|it| it.0).as_deref(), Some("child"), "{address}");
        assert_eq!(store.suppression_reason(address.to_owned()).await.unwrap(), None);
    }
    assert!(contact_of(store, "2@x.org").await.is_some());
    assert!(contact_of(store, "new@x.org").await.is_some());
    let again = import(2).await.unwrap();
    assert_eq!((again.children, again.added, again.unchanged), (2, 0, 1));
    // A later list without their birth brings them in as little.
    let silent = vec![of("kid@x.org", [7; 32], ImportStanding::Subscribed)];
    let counts = store.contacts_import(silent, Some(world.topic), "list".into(), later(3)).await;
    assert_eq!(counts.unwrap().erased, 1);
}
