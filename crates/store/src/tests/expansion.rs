//! Audiences that are made a slice at a time.

use std::collections::BTreeMap;

use model::campaign::CampaignAction as Action;
use model::{CampaignId, CampaignState, ContactId, DeliveryState};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::run;
use super::steps::rows;
use super::world::{AT, World, later, row};
use crate::{Frozen, Scope, Store};

async fn step(world: &World, campaign: CampaignId, contacts: usize) -> CampaignState {
    world.store.expansion_step(campaign, contacts, later(2)).await.unwrap()
}

/// A campaign that is starting, with nobody in its audience yet.
async fn starting(world: &World) -> CampaignId {
    let campaign = world.draft().await;
    world.store.expansion_begin(campaign, Frozen::default(), AT).await.unwrap();
    campaign
}

/// The audience by contact; the counts say the same.
async fn audience(world: &World, campaign: CampaignId) -> BTreeMap<ContactId, DeliveryState> {
    let rows = rows(world, campaign).await;
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    for state in DeliveryState::ALL {
        let found = rows.iter().filter(|(_, found)| *found == state).count();
        assert_eq!(counts.get(state), i64::try_from(found).unwrap(), "{state:?}");
    }
    rows.into_iter().map(|(contact, state)| (ContactId(contact), state)).collect()
}

pub(super) async fn an_audience_is_whoever_was_subscribed_at_the_start(store: Store) {
    use DeliveryState as D;
    let world = World::with_contacts(store, 6).await;
    let known = row("known@x.org");
    world.store.contacts_import(vec![known], None, "test".into(), AT).await.unwrap();
    let campaign = starting(&world).await;
    assert_eq!(step(&world, campaign, 2).await, CampaignState::Starting);
    let left = world.contacts.clone();
    let leave = async |contact, scope| {
        let hash = super::world::hash_of(contact);
        let how = model::Removal::OneClick;
        world.store.contact_leave(contact, scope, how, None, hash, later(1)).await.unwrap();
    };
    leave(left[0], Scope::Topic(world.topic)).await;
    leave(left[2], Scope::Topic(world.topic)).await;
    leave(left[3], Scope::Everything).await;
    let late = vec![row("late@x.org"), row("known@x.org")];
    world.store.contacts_import(late, Some(world.topic), "test".into(), later(1)).await.unwrap();
    while step(&world, campaign, 2).await == CampaignState::Starting {}

    let states = audience(&world, campaign).await;
    assert_eq!(states.keys().copied().collect::<Vec<_>>(), left, "whoever came later is not in it");
    let expected = [D::Queued, D::Queued, D::Suppressed, D::Suppressed, D::Queued, D::Queued];
    assert_eq!(states.values().copied().collect::<Vec<_>>(), expected);
    let handed_out: Vec<_> =
        world.claim(campaign, 9).await.into_iter().map(|it| it.contact).collect();
    assert_eq!(handed_out, [left[1], left[4], left[5]], "a removal during the expansion holds");
}

pub(super) async fn nobody_is_mailed_before_the_audience_is_complete(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = starting(&world).await;
    assert_eq!(world.store.campaigns_starting().await.unwrap(), [campaign]);
    step(&world, campaign, 2).await;
    assert_eq!(world.claim(campaign, 9).await, []);
    assert_eq!(world.store.campaigns_sending().await.unwrap().campaigns, []);
    let finished = world.store.campaign_act(campaign, Action::Finish, AT).await;
    assert!(finished.is_err(), "an audience that is not complete has not ended");
    let expansion = world.store.expansion_find(campaign).await.unwrap().unwrap();
    assert_eq!((expansion.expected, expansion.made_to), (3, world.contacts[1].0));

    assert_eq!(step(&world, campaign, 2).await, CampaignState::Sending);
    assert_eq!(world.store.expansion_find(campaign).await.unwrap(), None);
    assert_eq!(world.claim(campaign, 9).await.len(), 3);
    assert_eq!(step(&world, campaign, 2).await, CampaignState::Sending, "there is nothing to do");
}

pub(super) async fn a_pause_stops_an_expansion_and_a_resumption_goes_on(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = starting(&world).await;
    let act = |action| world.store.campaign_act(campaign, action, AT);
    step(&world, campaign, 1).await;
    assert_eq!(act(Action::Pause).await.unwrap(), CampaignState::Paused);
    assert_eq!(step(&world, campaign, 9).await, CampaignState::Paused);
    assert_eq!(audience(&world, campaign).await.len(), 1);
    assert_eq!(act(Action::Resume).await.unwrap(), CampaignState::Starting);
    assert_eq!(step(&world, campaign, 9).await, CampaignState::Sending);
    assert_eq!(audience(&world, campaign).await.len(), 3);
    assert_eq!(act(Action::Pause).await.unwrap(), CampaignState::Paused);
    assert_eq!(act(Action::Resume).await.unwrap(), CampaignState::Sending);
}

pub(super) async fn a_clock_that_was_set_back_leaves_nobody_out(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let ahead = vec![row("ahead@x.org")];
    world.store.contacts_import(ahead, Some(world.topic), "test".into(), later(90)).await.unwrap();
    let campaign = starting(&world).await;
    while step(&world, campaign, 1).await == CampaignState::Starting {}
    assert_eq!(audience(&world, campaign).await.len(), 2);
}

pub(super) async fn callers_side_by_side_make_everybody_once(store: Store) {
    let world = World::with_contacts(store, 40).await;
    let campaign = starting(&world).await;
    let caller = async || {
        let mut steps = 0;
        while step(&world, campaign, 1).await == CampaignState::Starting {
            steps += 1;
        }
        steps
    };
    let callers = [tokio::join!(caller(), caller(), caller())].map(|(a, b, c)| a + b + c);
    assert!(callers[0] >= 39, "each slice was one step of one caller");
    let states = audience(&world, campaign).await;
    assert_eq!(states.keys().copied().collect::<Vec<_>>(), world.contacts);
}

pub(super) async fn subscribers_come_by_pages_each_once(store: Store) {
    let world = World::with_contacts(store, 5).await;
    world.leave(world.contacts[1], Scope::Topic(world.topic), None).await;
    world.import("zoe@a.example name=Zoë").await;
    let (mut after, mut found, mut pages) = (ContactId(0), Vec::new(), 0);
    loop {
        let page = world.store.subscribers_page(world.topic, None, (after, 2), AT).await.unwrap();
        found.extend(page.subscribers);
        pages += 1;
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(pages, 4, "three pages, and one that is empty");
    let domain = |it: &crate::Subscriber| it.email.rsplit('@').next().unwrap().to_owned();
    let names = |it: &crate::Subscriber| it.attributes.clone().unwrap()["name"].clone();
    let mut named: Vec<_> = found.iter().map(|it| (names(it), domain(it))).collect();
    named.sort();
    let expect =
        [("N1", "x.org"), ("N3", "x.org"), ("N4", "x.org"), ("N5", "x.org"), ("Zoë", "a.example")];
    assert_eq!(named, expect.map(|(name, domain)| (name.to_owned(), domain.to_owned())));
}

pub(super) async fn a_form_is_kept_with_the_start(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    let form = async || world.store.compiled_message(campaign).await.unwrap();
    assert_eq!(form().await, None);
    world
        .store
        .expansion_begin(campaign, Frozen { form: Some("one".into()), ..Frozen::default() }, AT)
        .await
        .unwrap();
    assert_eq!(form().await.as_deref(), Some("one"));
    let again = world
        .store
        .expansion_begin(campaign, Frozen { form: Some("two".into()), ..Frozen::default() }, AT)
        .await;
    assert!(again.is_err());
    assert_eq!(form().await.as_deref(), Some("one"), "a start that is refused keeps nothing");
    world.store.compiled_message_keep(campaign, "three".into()).await.unwrap();
    assert_eq!(form().await.as_deref(), Some("three"));
    let nowhere = world.store.compiled_message_keep(CampaignId(99), "x".into()).await;
    assert!(nowhere.is_err());
}

const CONTACTS: usize = 12;

/// What happens between two slices: to which contact, and what.
type Meanwhile = (prop::sample::Index, usize, u8);

pub(super) async fn however_an_expansion_is_cut_nobody_is_missing_or_comes_twice(store: Store) {
    let world = World::with_contacts(store, CONTACTS).await;
    std::thread::spawn(move || {
        let meanwhile = (any::<prop::sample::Index>(), 1_usize..6, 0_u8..6);
        let meanwhile = prop::collection::vec(meanwhile, 1..10);
        let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
        TestRunner::new(config).run(&meanwhile, |steps| run(check(&world, steps))).unwrap();
    })
    .join()
    .unwrap();
}

async fn check(world: &World, steps: Vec<Meanwhile>) -> Result<(), TestCaseError> {
    for contact in &world.contacts {
        world.store.contact_return(*contact, world.topic, later(0)).await.unwrap();
    }
    let campaign = starting(world).await;
    let mut left = Vec::new();
    for (contact, contacts, what) in steps {
        match what {
            0 => drop(world.store.campaign_act(campaign, Action::Pause, AT).await),
            1 => drop(world.store.campaign_act(campaign, Action::Resume, AT).await),
            2 => {
                let contact = *contact.get(&world.contacts);
                let (hash, how) = (super::world::hash_of(contact), model::Removal::OneClick);
                let scope = Scope::Topic(world.topic);
                let left_now = world.store.contact_leave(contact, scope, how, None, hash, later(1));
                left_now.await.unwrap();
                left.push(contact);
            }
            _ => drop(step(world, campaign, contacts).await),
        }
        let made = audience(world, campaign).await;
        prop_assert!(world.contacts.iter().take(made.len()).eq(made.keys()), "made in order");
    }
    drop(world.store.campaign_act(campaign, Action::Resume, AT).await);
    while step(world, campaign, 5).await == CampaignState::Starting {}
    let states = audience(world, campaign).await;
    prop_assert!(states.keys().eq(&world.contacts));
    let mailed = world.claim(campaign, CONTACTS).await;
    prop_assert!(mailed.iter().all(|claimed| !left.contains(&claimed.contact)));
    prop_assert_eq!(mailed.len(), world.contacts.iter().filter(|it| !left.contains(it)).count());
    Ok(())
}
