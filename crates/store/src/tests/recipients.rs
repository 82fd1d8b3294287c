//! Listing recipients, and putting them back in the queue.

use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState, ContactId, DeliveryState as S};

use super::world::{AT, World};
use crate::{Claimed, Outcome, RecipientFilter, Requeued, Scope, Settled, Store, StoreError};

fn filter(state: S) -> RecipientFilter {
    RecipientFilter { state, code: None }
}

fn failed(code: u16) -> Outcome {
    Outcome::Failed { code, reply: format!("{code} no") }
}

/// A campaign to as many contacts as there are outcomes, each with its outcome.
async fn ended(store: Store, outcomes: Vec<Outcome>) -> (World, CampaignId, Vec<Claimed>) {
    let world = World::with_contacts(store, outcomes.len()).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, outcomes.len()).await;
    let settled = claimed.iter().zip(outcomes).map(|(claimed, outcome)| Settled {
        contact: claimed.contact,
        epoch: claimed.epoch,
        outcome,
    });
    world.store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    (world, campaign, claimed)
}

async fn finish(world: &World, campaign: CampaignId) {
    world.store.campaign_act(campaign, CampaignAction::Finish, AT).await.unwrap();
}

async fn requeue(world: &World, campaign: CampaignId, filter: RecipientFilter) -> i64 {
    let (mut after, mut moved) = (ContactId(0), 0);
    loop {
        let slice = world.store.deliveries_requeue(campaign, filter, after, 2).await.unwrap();
        moved += slice.deliveries;
        match slice.next {
            Some(next) => after = next,
            None => return moved,
        }
    }
}

async fn state(world: &World, campaign: CampaignId) -> CampaignState {
    world.store.campaign_find(campaign).await.unwrap().unwrap().state
}

pub(super) async fn who_failed_is_queued_again_and_the_finished_campaign_sends(store: Store) {
    let sent = Outcome::Sent { reply: "250 ok".to_owned() };
    let skipped = Outcome::Skipped { reason: "no value".to_owned() };
    let outcomes = vec![failed(554), sent, failed(550), failed(554), skipped, failed(554)];
    let (world, campaign, claimed) = ended(store, outcomes).await;
    finish(&world, campaign).await;
    let only_554 = RecipientFilter { state: S::Failed, code: Some(554) };
    assert_eq!(world.store.recipients_count(campaign, only_554).await.unwrap(), 3);
    assert_eq!(world.store.recipients_count(campaign, filter(S::Failed)).await.unwrap(), 4);
    assert_eq!(requeue(&world, campaign, only_554).await, 3);
    let found = world.store.campaign_find(campaign).await.unwrap().unwrap();
    assert_eq!((found.state, found.finished_at), (CampaignState::Sending, None));
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    let of = |state| counts.get(state);
    assert_eq!((of(S::Queued), of(S::Failed), of(S::Sent), of(S::Skipped)), (3, 1, 1, 1));
    assert_eq!(counts.total(), 6);
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let left: Vec<_> = reasons.iter().map(|it| (it.state, it.code, it.count)).collect();
    assert_eq!(left, [(S::Failed, 550, 1), (S::Skipped, 0, 1)]);
    let again = world.claim(campaign, 9).await;
    let who: Vec<ContactId> = again.iter().map(|claimed| claimed.contact).collect();
    assert_eq!(who, [0, 3, 5].map(|at: usize| claimed[at].contact));
    assert!(again.iter().all(|each| (each.attempts, each.epoch) == (0, 2)), "{again:?}");
    assert_eq!(requeue(&world, campaign, only_554).await, 0, "they are at work now");
}

pub(super) async fn a_doubt_that_is_sent_again_is_settled_by_no_older_claim(store: Store) {
    let (world, campaign, claimed) = ended(store, vec![Outcome::InDoubt]).await;
    finish(&world, campaign).await;
    assert_eq!(requeue(&world, campaign, filter(S::InDoubt)).await, 1);
    let late = Settled {
        contact: claimed[0].contact,
        epoch: claimed[0].epoch,
        outcome: Outcome::Sent { reply: "250 ok".to_owned() },
    };
    let applied = world.store.deliveries_settle(campaign, vec![late], AT, None).await.unwrap();
    assert_eq!(applied, 0);
    assert_eq!(world.claim(campaign, 9).await.len(), 1);
}

pub(super) async fn what_was_sent_or_left_is_never_queued_again(store: Store) {
    let sent = Outcome::Sent { reply: "250 ok".to_owned() };
    let (world, campaign, _) = ended(store, vec![sent, Outcome::Suppressed]).await;
    finish(&world, campaign).await;
    for state in [S::Sent, S::Suppressed, S::Queued, S::Leased] {
        let refused =
            world.store.deliveries_requeue(campaign, filter(state), ContactId(0), 9).await;
        assert!(matches!(refused, Err(StoreError::NotToBeRetried(found)) if found == state));
    }
    let none = Requeued { deliveries: 0, next: None };
    let found =
        world.store.deliveries_requeue(campaign, filter(S::Failed), ContactId(0), 9).await.unwrap();
    assert_eq!((found, state(&world, campaign).await), (none, CampaignState::Finished));
    let draft = world.draft().await;
    let refused = world.store.deliveries_requeue(draft, filter(S::Failed), ContactId(0), 9).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    let nowhere =
        world.store.deliveries_requeue(CampaignId(99), filter(S::Failed), ContactId(0), 9).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound(_))), "{nowhere:?}");
}

pub(super) async fn a_retry_in_a_pause_waits_for_its_end_and_mails_nobody_who_left(store: Store) {
    let (world, campaign, claimed) = ended(store, vec![failed(554), failed(554)]).await;
    world.store.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    assert_eq!(requeue(&world, campaign, filter(S::Failed)).await, 2);
    assert_eq!(state(&world, campaign).await, CampaignState::Paused);
    assert_eq!(world.claim(campaign, 9).await, []);
    world.leave(claimed[0].contact, Scope::Topic(world.topic), None).await;
    world.store.campaign_act(campaign, CampaignAction::Resume, AT).await.unwrap();
    let again = world.claim(campaign, 9).await;
    assert_eq!(again.iter().map(|it| it.contact).collect::<Vec<_>>(), [claimed[1].contact]);
}

pub(super) async fn recipients_are_listed_in_pages_with_their_reasons(store: Store) {
    let skipped = Outcome::Skipped { reason: "no value".to_owned() };
    let outcomes = vec![failed(554), failed(550), skipped, failed(554), Outcome::InDoubt];
    let (world, campaign, claimed) = ended(store, outcomes).await;
    let listed = async |filter, after, limit| {
        let page = world.store.recipients_page(campaign, filter, after, limit).await.unwrap();
        page.iter()
            .map(|it| (it.email.clone().unwrap(), it.code, it.reply.clone()))
            .collect::<Vec<_>>()
    };
    let who = |number: usize, code: u16, reply: &str| {
        (format!("{number}@x.org"), Some(code), Some(reply.to_owned()))
    };
    let one = who(1, 554, "554 no");
    let (two, four) = (who(2, 550, "550 no"), who(4, 554, "554 no"));
    let all = filter(S::Failed);
    assert_eq!(listed(all, ContactId(0), 2).await, [one.clone(), two]);
    assert_eq!(listed(all, claimed[1].contact, 2).await, std::slice::from_ref(&four));
    let only_554 = RecipientFilter { state: S::Failed, code: Some(554) };
    assert_eq!(listed(only_554, ContactId(0), 9).await, [one, four]);
    assert_eq!(listed(filter(S::Skipped), ContactId(0), 9).await, [who(3, 0, "no value")]);
    let doubtful = world.store.recipients_page(campaign, filter(S::InDoubt), ContactId(0), 9).await;
    let doubtful = doubtful.unwrap();
    assert_eq!((doubtful[0].attempts, doubtful[0].at), (1, Some(AT)));
}
