//! Leases whose node is gone (promise P2).

use std::time::Duration;

use model::campaign::CampaignAction;
use model::{CampaignId, DeliveryState as S, InDoubtPolicy};

use super::world::{AT, LEASE, NODE, World};
use crate::{Claimed, ExpiredLeases, JournalState, Outcome, Scope, Settled, Store};

/// Claims with a lease that has run out when the call returns.
async fn claim_briefly(world: &World, campaign: CampaignId, limit: usize) -> Vec<Claimed> {
    let claim = world.store.deliveries_claim(campaign, NODE, limit, AT, Duration::ZERO);
    claim.await.unwrap()
}

async fn begin(world: &World, campaign: CampaignId, claimed: &[Claimed], lease: Duration) -> usize {
    let which = claimed.iter().map(|each| (each.contact, each.epoch)).collect();
    let begun = world.store.deliveries_begin(campaign, NODE, which, AT, lease);
    begun.await.unwrap().len()
}

async fn expire(world: &World) -> ExpiredLeases {
    world.store.leases_expire(AT).await.unwrap()
}

async fn settles(world: &World, campaign: CampaignId, claimed: &Claimed) -> usize {
    let outcome = Outcome::Sent { reply: "250 ok".to_owned() };
    let settled = Settled { contact: claimed.contact, epoch: claimed.epoch, outcome };
    world.store.deliveries_settle(campaign, vec![settled], AT, None).await.unwrap()
}

/// Where several nodes share the store, a lease is begun when its holder says so; elsewhere from
/// the start.
fn not_begun(world: &World, leases: i64) -> ExpiredLeases {
    let (queued, in_doubt) = if world.store.is_shared() { (leases, 0) } else { (0, leases) };
    ExpiredLeases { queued, in_doubt }
}

pub(super) async fn a_lease_goes_back_to_the_queue_only_if_it_is_known_not_to_be_begun(
    store: Store,
) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let old = claim_briefly(&world, campaign, 2).await;
    let kept = world.claim(campaign, 1).await;
    assert_eq!(expire(&world).await, not_begun(&world, 2));
    if !world.store.is_shared() {
        assert_eq!(world.claim(campaign, 9).await, [], "nobody is handed out twice");
        return;
    }
    assert_eq!(expire(&world).await, ExpiredLeases::default());
    let again = world.claim(campaign, 9).await;
    assert_eq!(again.len(), 2);
    assert_eq!((again[0].contact, again[0].epoch, again[0].attempts), (old[0].contact, 2, 0));
    assert_eq!(settles(&world, campaign, &old[0]).await, 0, "the old holder comes too late");
    assert_eq!(settles(&world, campaign, &kept[0]).await, 1);
}

pub(super) async fn a_lease_that_was_begun_is_in_doubt(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await;
    assert_eq!(begin(&world, campaign, &claimed[..1], LEASE).await, 1);
    assert_eq!(expire(&world).await, ExpiredLeases::default(), "it may still be under way");
    assert_eq!(begin(&world, campaign, &claimed[..1], Duration::ZERO).await, 1);
    assert_eq!(expire(&world).await, ExpiredLeases { queued: 0, in_doubt: 1 });
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::InDoubt), counts.get(S::Queued), counts.total()), (1, 1, 2));
}

pub(super) async fn the_relays_word_resolves_a_doubt_however_late_it_comes(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let first = claim_briefly(&world, campaign, 3).await;
    let ours = world.store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap();
    assert_eq!(ours.queued, 3);
    assert_eq!(settles(&world, campaign, &first[0]).await, 0, "its own node took it back");
    let claimed = world.claim(campaign, 3).await;
    assert_eq!(begin(&world, campaign, &claimed[..2], Duration::ZERO).await, 2);
    assert_eq!(expire(&world).await, ExpiredLeases { queued: 0, in_doubt: 2 });
    let retry = Outcome::Retry { at: AT, code: 450, reply: "later".to_owned() };
    let late = Settled { contact: claimed[1].contact, epoch: claimed[1].epoch, outcome: retry };
    let settle = world.store.deliveries_settle(campaign, vec![late], AT, None);
    assert_eq!(settle.await.unwrap(), 0, "a doubt is not mailed again");
    assert_eq!(settles(&world, campaign, &claimed[0]).await, 1);
    assert_eq!(settles(&world, campaign, &claimed[0]).await, 0, "once");
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::Sent), counts.get(S::InDoubt), counts.get(S::Leased)), (1, 1, 1));
    let minutes = world.store.campaign_minutes(campaign, 0).await.unwrap();
    assert_eq!(minutes.iter().map(|(_, ended)| ended).sum::<i64>(), 2, "each ended once");
}

pub(super) async fn without_a_whole_journal_what_was_begun_is_in_doubt(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 3).await;
    assert_eq!(begin(&world, campaign, &claimed[..1], LEASE).await, 1);
    let ended = world.store.leases_take_back(NODE, JournalState::Incomplete, AT).await.unwrap();
    let rest = not_begun(&world, 2);
    assert_eq!(ended, ExpiredLeases { in_doubt: 1 + rest.in_doubt, ..rest });
    assert_eq!(world.claim(campaign, 9).await.len() as i64, rest.queued);
}

pub(super) async fn leases_of_a_node_that_is_gone_are_taken_over_and_no_others(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let campaign = world.started().await;
    let store = &world.store;
    let clock = store.clock(AT).await.unwrap();
    let own = store.node_enter("own".into(), "here".into(), clock).await.unwrap();
    let alive = store.node_enter("alive".into(), "there".into(), clock).await.unwrap();
    let left = store.node_enter("left".into(), "nowhere".into(), clock).await.unwrap();
    store.node_leave(left, "nowhere".into()).await.unwrap();
    const NEVER_ENTERED: u16 = 999;
    for holder in [own, alive, left, NEVER_ENTERED] {
        let claimed = store.deliveries_claim(campaign, holder, 1, AT, LEASE).await.unwrap();
        let which = vec![(claimed[0].contact, claimed[0].epoch)];
        store.deliveries_begin(campaign, holder, which, AT, LEASE).await.unwrap();
    }
    let lost = || store.leases_of_lost_nodes(own, clock);
    assert_eq!(lost().await.unwrap(), ExpiredLeases { queued: 0, in_doubt: 2 });
    assert_eq!(lost().await.unwrap(), ExpiredLeases::default());
    let counts = store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::Leased), counts.get(S::InDoubt), counts.total()), (2, 2, 4));
    if !store.is_shared() {
        let gone = clock.after(crate::NODE_ALIVE);
        let ended = store.leases_of_lost_nodes(own, gone).await.unwrap();
        assert_eq!(ended, ExpiredLeases { queued: 0, in_doubt: 1 });
    }
}

pub(super) async fn a_campaign_that_resends_gets_what_was_begun_back(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started_with(InDoubtPolicy::Resend).await;
    let claimed = world.claim(campaign, 1).await;
    assert_eq!(begin(&world, campaign, &claimed, Duration::ZERO).await, 1);
    assert_eq!(expire(&world).await, ExpiredLeases { queued: 1, in_doubt: 0 });
    // Due by the server's clock, and with its date.
    let now = world.store.clock(AT).await.unwrap();
    let again = world.claim_at(campaign, 1, now).await.remove(0);
    assert_eq!((again.attempts, again.first_attempt_at), (1, claimed[0].first_attempt_at));
}

pub(super) async fn a_crash_loop_makes_three_copies_at_most_and_then_it_is_in_doubt(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started_with(InDoubtPolicy::Resend).await;
    let mut copies = 0;
    loop {
        let now = world.store.clock(AT).await.unwrap();
        let claimed = world.claim_at(campaign, 1, now).await;
        if claimed.is_empty() {
            break;
        }
        copies += 1;
        assert!(copies <= 3, "they are mailed again and again");
        assert_eq!(begin(&world, campaign, &claimed, Duration::ZERO).await, 1);
        expire(&world).await;
    }
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((copies, counts.get(S::InDoubt)), (3, 1));
}

pub(super) async fn nobody_begins_under_a_lease_that_is_gone(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let ran_out = claim_briefly(&world, campaign, 1).await;
    assert_eq!(begin(&world, campaign, &ran_out, LEASE).await, 0);
    let taken_back = world.claim(campaign, 1).await;
    world.store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap();
    assert_eq!(begin(&world, campaign, &taken_back, LEASE).await, 0);
    let ours = world.claim(campaign, 3).await;
    let foreign = ours.iter().map(|each| (each.contact, each.epoch)).collect();
    let begun = world.store.deliveries_begin(campaign, NODE + 1, foreign, AT, LEASE);
    assert_eq!(begun.await.unwrap(), []);
    assert_eq!(begin(&world, campaign, &ours, LEASE).await, 3);
}

pub(super) async fn nobody_begins_for_who_has_left_or_in_a_pause(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 4).await;
    world.leave(claimed[0].contact, Scope::Topic(world.topic), None).await;
    world.leave(claimed[1].contact, Scope::Everything, None).await;
    assert_eq!(begin(&world, campaign, &claimed[..3], LEASE).await, 1);
    world.store.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    assert_eq!(begin(&world, campaign, &claimed[3..], LEASE).await, 0);
}

pub(super) async fn a_release_takes_back_only_its_own(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    world.claim(campaign, 1).await;
    let theirs = world.store.deliveries_claim(campaign, NODE + 1, 1, AT, LEASE).await.unwrap();
    assert_eq!(
        world.store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap().queued,
        1
    );
    assert_eq!(settles(&world, campaign, &theirs[0]).await, 1);
}
