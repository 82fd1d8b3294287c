//! Leaving and coming back.

use model::{AddressCode, ContactId, Removal, SubscriptionState};

use super::world::{AT, World, email, hash_of, later, row};
use crate::{ImportCounts, ImportRow, KeptRemoval, Lifted, Scope, Store};

async fn state(world: &World, contact: ContactId) -> Option<SubscriptionState> {
    world.store.subscription_state(contact, world.topic).await.unwrap()
}

async fn suppression(world: &World, key: &str) -> Option<String> {
    world.store.suppression_reason(key.to_owned()).await.unwrap()
}

pub(super) async fn r02_leaving_a_topic_leaves_the_others(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let offers = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let [contact, other] = [world.contacts[0], world.contacts[1]];
    world.store.contact_return(contact, offers, AT).await.unwrap();
    assert!(world.leave(contact, Scope::Topic(world.topic), None).await);
    assert_eq!(state(&world, contact).await, Some(SubscriptionState::Unsubscribed));
    assert_eq!(state(&world, other).await, Some(SubscriptionState::Subscribed));
    let kept = world.store.subscription_state(contact, offers).await.unwrap();
    assert_eq!(kept, Some(SubscriptionState::Subscribed));
    assert_eq!(suppression(&world, "1@x.org").await, None);
    let last = world.store.contact_consents(contact).await.unwrap().remove(0);
    assert_eq!((last.topic, last.granted), (Some(world.topic), false));
    assert_eq!(last.source, Removal::OneClick.as_str());
}

pub(super) async fn leaving_everything_suppresses_the_address(store: Store) {
    let world = World::with_contacts(store, 2).await;
    assert!(world.leave(world.contacts[0], Scope::Everything, None).await);
    assert_eq!(state(&world, world.contacts[0]).await, Some(SubscriptionState::Unsubscribed));
    assert_eq!(suppression(&world, "1@x.org").await.as_deref(), Some("unsubscribed"));
    assert_eq!(suppression(&world, "2@x.org").await, None);
    let last = world.store.contact_consents(world.contacts[0]).await.unwrap().remove(0);
    assert_eq!((last.topic, last.granted), (None, false));
}

pub(super) async fn leaving_again_changes_nothing(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    for scope in [Scope::Topic(world.topic), Scope::Everything] {
        assert!(world.leave(contact, scope, None).await);
        let ledger = world.store.contact_consents(contact).await.unwrap();
        let epoch = world.store.removal_epoch();
        assert!(!world.leave(contact, scope, None).await);
        assert_eq!(world.store.contact_consents(contact).await.unwrap(), ledger);
        assert_eq!(world.store.removal_epoch(), epoch);
    }
}

pub(super) async fn every_removal_moves_the_epoch_before_the_call_returns(store: Store) {
    let world = World::with_contacts(store, 3).await;
    for contact in &world.contacts {
        let before = world.store.removal_epoch();
        world.leave(*contact, Scope::Topic(world.topic), None).await;
        assert!(world.store.removal_epoch() > before);
    }
}

pub(super) async fn coming_back_lifts_what_leaving_has_set(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    world.leave(contact, Scope::Everything, None).await;
    let back = || world.store.contact_return(contact, world.topic, later(1));
    assert!(back().await.unwrap());
    assert!(!back().await.unwrap());
    assert_eq!(state(&world, contact).await, Some(SubscriptionState::Subscribed));
    assert_eq!(suppression(&world, "1@x.org").await, None);
    let ledger = world.store.contact_consents(contact).await.unwrap();
    let granted: Vec<bool> = ledger.iter().map(|entry| entry.granted).collect();
    assert_eq!(granted, [true, false, true]);
}

async fn leave_by(world: &World, contact: ContactId, removal: Removal) -> bool {
    let (scope, hash) = (Scope::Everything, hash_of(contact));
    let left = world.store.contact_leave(contact, scope, removal, None, hash, AT).await;
    left.unwrap().changed
}

pub(super) async fn coming_back_lifts_no_other_suppression(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    for (removal, reason) in [
        (Removal::HardBounce, "hard bounce"),
        (Removal::Complaint, "complaint"),
        (Removal::Operator, "manual"),
    ] {
        let address = world.import(&format!("{reason}@x.org").replace(' ', "")).await;
        assert!(leave_by(&world, address, removal).await);
        world.store.contact_return(address, world.topic, later(1)).await.unwrap();
        let key = world.store.contact_find(address).await.unwrap().unwrap().email.key();
        assert_eq!(suppression(&world, &key).await.as_deref(), Some(reason));
    }
    assert_eq!(state(&world, contact).await, Some(SubscriptionState::Subscribed));
}

pub(super) async fn a_suppression_keeps_the_gravest_reason(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    assert!(leave_by(&world, contact, Removal::Page).await);
    assert!(leave_by(&world, contact, Removal::HardBounce).await);
    assert!(!leave_by(&world, contact, Removal::OneClick).await);
    assert!(!leave_by(&world, contact, Removal::Operator).await);
    assert_eq!(suppression(&world, "1@x.org").await.as_deref(), Some("hard bounce"));
    assert_eq!(world.store.contact_consents(contact).await.unwrap().len(), 3);
}

pub(super) async fn an_address_without_a_contact_is_suppressed(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let suppress = async |key: &str, id| {
        let hash = hash_of(ContactId(id));
        let left = world.store.address_suppress(key.to_owned(), Removal::Operator, hash, AT).await;
        left.unwrap().changed
    };
    assert!(suppress("late@x.org", 7).await);
    assert!(!suppress("late@x.org", 7).await);
    let late = world.import("Late@x.org").await;
    assert_eq!(state(&world, late).await, None);
    let epoch = world.store.removal_epoch();
    assert!(suppress("1@x.org", 1).await);
    assert!(world.store.removal_epoch() > epoch);
    assert_eq!(state(&world, world.contacts[0]).await, Some(SubscriptionState::Unsubscribed));
    let last = world.store.contact_consents(world.contacts[0]).await.unwrap().remove(0);
    assert_eq!((last.topic, last.granted, last.source.as_str()), (None, false, "operator"));
}

pub(super) async fn an_unsubscribe_counts_once_per_campaign_and_contact(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let late = world.import("late@x.org").await;
    for contact in [world.contacts[0], late] {
        assert!(world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await);
        world.leave(contact, Scope::Everything, Some(campaign)).await;
        world.store.contact_return(contact, world.topic, AT).await.unwrap();
        world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await;
    }
    // The campaign is not for the contact who came late.
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().unsubscribes, 1);
}

pub(super) async fn an_unknown_contact_changes_nothing(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let nobody = ContactId(99);
    assert!(!world.leave(nobody, Scope::Everything, None).await);
    assert!(!world.store.contact_return(nobody, world.topic, AT).await.unwrap());
    assert_eq!(world.store.removal_epoch(), 0);
}

/// Imports somebody whose address's hash stands for a contact that the store does not know.
async fn bring(world: &World, text: &str, unknown: ContactId) -> (ImportCounts, ContactId) {
    let row = ImportRow { address_hash: hash_of(unknown), ..ImportRow::from(row(text)) };
    let address = row.contact.email.clone();
    let (topic, source) = (Some(world.topic), "again".to_owned());
    let counts = world.store.contacts_import(vec![row], topic, source, later(2)).await.unwrap();
    (counts, world.store.contact_by_email(address).await.unwrap().unwrap().id)
}

async fn keep(world: &World, unknown: ContactId, scope: Scope) -> bool {
    let (code, how) = (AddressCode::of(&hash_of(unknown)), Removal::OneClick);
    world.store.removal_keep(code, scope, how, None, later(1)).await.unwrap().changed
}

async fn kept(world: &World, unknown: ContactId) -> Vec<KeptRemoval> {
    world.store.kept_removals_of(AddressCode::of(&hash_of(unknown))).await.unwrap()
}

pub(super) async fn who_left_while_unknown_has_left_when_they_are_imported(store: Store) {
    let world = World::with_contacts(store, 1).await;
    for (number, scope) in [(7, Scope::Topic(world.topic)), (8, Scope::Everything)] {
        let unknown = ContactId(number);
        assert!(keep(&world, unknown, scope).await);
        assert!(!keep(&world, unknown, scope).await, "the same again");
        assert_eq!(kept(&world, unknown).await.len(), 1);
        let epoch = world.store.removal_epoch();
        let (counts, contact) = bring(&world, &format!("back{number}@x.org"), unknown).await;
        assert_eq!((counts.added, counts.subscribed), (1, 0), "{scope:?}");
        let left = (counts.kept_unsubscribed, counts.suppressed);
        assert_eq!(left, if scope == Scope::Everything { (0, 1) } else { (1, 0) });
        assert!(world.store.removal_epoch() > epoch);
        let ledger = world.store.contact_consents(contact).await.unwrap();
        let entries: Vec<_> = ledger.iter().map(|it| (it.granted, it.source.as_str())).collect();
        assert_eq!(entries, [(false, "one-click")]);
        assert_eq!(ledger[0].at, later(1));
        assert_eq!(kept(&world, unknown).await, [], "it is kept with the contact now");
        let (counts, _) = bring(&world, &format!("back{number}@x.org"), unknown).await;
        assert_eq!((counts.unchanged, counts.subscribed), (0, 0), "{counts:?}");
    }
    // Their last word counts, also when the file is imported once more.
    let back = world.store.contact_by_email(email("back7@x.org")).await.unwrap().unwrap().id;
    assert!(world.store.contact_return(back, world.topic, later(3)).await.unwrap());
    bring(&world, "back7@x.org", ContactId(7)).await;
    assert_eq!(state(&world, back).await, Some(SubscriptionState::Subscribed));
    assert_eq!(state(&world, world.contacts[0]).await, Some(SubscriptionState::Subscribed));
}

pub(super) async fn who_left_one_topic_while_unknown_gets_the_others(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let offers = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    assert!(keep(&world, ContactId(7), Scope::Topic(offers)).await);
    let (counts, contact) = bring(&world, "back@x.org", ContactId(7)).await;
    assert_eq!((counts.added, counts.subscribed), (1, 1));
    assert_eq!(state(&world, contact).await, Some(SubscriptionState::Subscribed));
    let left = world.store.subscription_state(contact, offers).await.unwrap();
    assert_eq!(left, Some(SubscriptionState::Unsubscribed));
}

pub(super) async fn who_left_by_an_old_link_is_sought_among_the_contacts(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (code, wanted) = (AddressCode::of(&hash_of(ContactId(7))), world.contacts[1]);
    assert!(keep(&world, ContactId(7), Scope::Topic(world.topic)).await);
    assert_eq!(world.store.kept_removals_to_seek(10).await.unwrap(), [code]);
    let page = world.store.contact_keys_page(world.contacts[0], 10).await.unwrap();
    let (two, three) = ((wanted, "2@x.org".to_owned()), (world.contacts[2], "3@x.org".to_owned()));
    assert_eq!(page, [two.clone(), three]);
    let epoch = world.store.removal_epoch();
    let hash = hash_of(ContactId(7));
    assert!(world.store.kept_removals_apply(two.0, two.1.clone(), hash).await.unwrap());
    assert!(world.store.removal_epoch() > epoch);
    assert_eq!(state(&world, wanted).await, Some(SubscriptionState::Unsubscribed));
    assert!(!world.store.kept_removals_apply(two.0, two.1, hash).await.unwrap());
    // Whoever was found nowhere is not sought again, and kept for an import.
    assert!(keep(&world, ContactId(8), Scope::Everything).await);
    let codes = world.store.kept_removals_to_seek(10).await.unwrap();
    world.store.kept_removals_sought(codes).await.unwrap();
    assert_eq!(world.store.kept_removals_to_seek(10).await.unwrap(), []);
    assert!(!keep(&world, ContactId(8), Scope::Everything).await);
    assert_eq!(world.store.kept_removals_to_seek(10).await.unwrap(), []);
    assert_eq!(bring(&world, "late@x.org", ContactId(8)).await.0.suppressed, 1);
}

pub(super) async fn of_an_erased_person_no_removal_is_kept(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let hash = hash_of(ContactId(7));
    assert!(keep(&world, ContactId(7), Scope::Everything).await);
    world.store.address_erase("gone@x.org".into(), hash, AT).await.unwrap();
    assert_eq!(kept(&world, ContactId(7)).await, []);
    assert!(!keep(&world, ContactId(7), Scope::Everything).await);
    assert_eq!(kept(&world, ContactId(7)).await, []);
}

pub(super) async fn an_operator_lifts_what_an_operator_has_set_and_nothing_else(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let suppress = async |key: &str, id, removal| {
        let hash = hash_of(ContactId(id));
        world.store.address_suppress(key.to_owned(), removal, hash, AT).await.unwrap();
    };
    let lift =
        async |key: &str| world.store.suppression_lift(key.to_owned(), later(1)).await.unwrap();
    suppress("late@x.org", 7, Removal::Operator).await;
    assert_eq!(lift("late@x.org").await, Lifted::Lifted);
    assert_eq!(lift("late@x.org").await, Lifted::NotSuppressed);
    let late = world.import("late@x.org").await;
    assert_eq!(state(&world, late).await, Some(SubscriptionState::Subscribed));
    suppress("2@x.org", 2, Removal::HardBounce).await;
    assert_eq!(lift("2@x.org").await, Lifted::Other("hard bounce".to_owned()));
    assert_eq!(suppression(&world, "2@x.org").await.as_deref(), Some("hard bounce"));

    // Nobody is subscribed by it; they come back by themselves.
    suppress("1@x.org", 1, Removal::Operator).await;
    assert_eq!(lift("1@x.org").await, Lifted::Lifted);
    assert_eq!(state(&world, world.contacts[0]).await, Some(SubscriptionState::Unsubscribed));
    assert_eq!(suppression(&world, "1@x.org").await, None);
}

pub(super) async fn a_wish_that_an_operator_had_covered_counts_when_it_is_lifted(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let keys = ["1@x.org", "2@x.org"];
    for (key, before) in keys.into_iter().zip([true, false]) {
        let contact = world.contacts[usize::from(!before)];
        if before {
            assert!(world.leave(contact, Scope::Everything, None).await);
        }
        let hash = hash_of(contact);
        let how = Removal::Operator;
        world.store.address_suppress(key.to_owned(), how, hash, later(1)).await.unwrap();
        assert_eq!(suppression(&world, key).await.as_deref(), Some("manual"));
        if !before {
            assert!(world.leave(contact, Scope::Everything, None).await, "it is kept as proof");
            assert!(!world.leave(contact, Scope::Everything, None).await, "once");
        }
        let lifted = world.store.suppression_lift(key.to_owned(), later(2)).await.unwrap();
        assert_eq!(lifted, Lifted::LeftByOwnWish, "{key}");
        assert_eq!(suppression(&world, key).await.as_deref(), Some("unsubscribed"));
    }
}
