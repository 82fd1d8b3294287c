//! Campaigns that start by themselves.

use model::{CampaignId, CampaignState};

use super::world::{AT, World, later};
use crate::{CampaignTab, Frozen, Schedule, Store, StoreError};

fn schedule(campaign: CampaignId, starts_at: i64) -> Schedule {
    let starts_at = later(starts_at);
    Schedule { campaign, starts_at, audience_at_most: Some(7), links_to_this_machine: true }
}

async fn state(world: &World, id: CampaignId) -> CampaignState {
    world.store.campaign_find(id).await.unwrap().unwrap().state
}

pub(super) async fn a_schedule_is_found_moved_and_taken_back(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (one, two) = (world.draft().await, world.draft().await);
    world.store.campaign_schedule(schedule(one, 20), None).await.unwrap();
    world.store.campaign_schedule(schedule(two, 10), None).await.unwrap();
    assert_eq!(world.store.campaign_schedule_find(one).await.unwrap(), Some(schedule(one, 20)));
    assert_eq!(
        world
            .store
            .campaigns_under(CampaignTab::Scheduled, model::TopicScope::All, 9)
            .await
            .unwrap(),
        2
    );
    let due = |at| world.store.campaign_schedules_due(later(at));
    assert_eq!(due(9).await.unwrap(), []);
    assert_eq!(due(20).await.unwrap(), [schedule(two, 10), schedule(one, 20)], "in their order");
    world.store.campaign_schedule(schedule(two, 30), None).await.unwrap();
    assert_eq!(due(20).await.unwrap(), [schedule(one, 20)]);
    world.store.campaign_take_back(one).await.unwrap();
    assert_eq!(state(&world, one).await, CampaignState::Draft);
    assert_eq!(world.store.campaign_schedule_find(one).await.unwrap(), None);
    let again = world.store.campaign_take_back(one).await;
    assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
}

pub(super) async fn a_start_for_another_time_than_the_scheduled_one_is_refused(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    let frozen = |at| Frozen { scheduled_for: Some(later(at)), ..Frozen::default() };
    let begin = |at| world.store.expansion_begin(campaign, frozen(at), later(at));
    begin(10).await.unwrap_err();
    assert_eq!(state(&world, campaign).await, CampaignState::Draft, "nobody has scheduled it");
    world.store.campaign_schedule(schedule(campaign, 20), None).await.unwrap();
    assert!(matches!(begin(10).await, Err(StoreError::Changed(_))));
    assert_eq!(state(&world, campaign).await, CampaignState::Scheduled);
    begin(20).await.unwrap();
    assert_eq!(state(&world, campaign).await, CampaignState::Starting);
    assert_eq!(world.store.campaign_schedules_due(later(99)).await.unwrap(), [], "its row is gone");
    let late = world.store.campaign_schedule(schedule(campaign, 40), None).await.unwrap_err();
    assert_eq!(late.to_string(), "a campaign that is starting can't be scheduled");
}

pub(super) async fn a_scheduled_campaign_can_be_started_at_once(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    world.store.campaign_schedule(schedule(campaign, 20), None).await.unwrap();
    world.store.campaign_start(campaign, AT).await.unwrap();
    assert_eq!(state(&world, campaign).await, CampaignState::Sending);
    assert_eq!(world.store.campaign_schedule_find(campaign).await.unwrap(), None);
}

pub(super) async fn a_start_that_failed_leaves_a_draft_and_a_note(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    world.store.campaign_schedule(schedule(campaign, 20), None).await.unwrap();
    let fail = |at| world.store.campaign_start_failed(schedule(campaign, at), "too late".into());
    assert!(!fail(10).await.unwrap(), "it was moved meanwhile");
    assert_eq!(state(&world, campaign).await, CampaignState::Scheduled);
    assert!(fail(20).await.unwrap());
    assert_eq!(state(&world, campaign).await, CampaignState::Draft);
    let in_need = CampaignTab::NeedsYou { since: AT };
    assert_eq!(world.store.campaigns_under(in_need, model::TopicScope::All, 9).await.unwrap(), 1);
    world.store.campaign_schedule(schedule(campaign, 20), None).await.unwrap();
    assert_eq!(
        world.store.campaigns_under(in_need, model::TopicScope::All, 9).await.unwrap(),
        0,
        "forgotten"
    );
}
