//! The life of a campaign in the store.

use model::campaign::CampaignAction as Action;
use model::{
    CampaignId, CampaignNumber, CampaignState, DeliveryState, InDoubtPolicy, LinkSlot, TopicScope,
};

use super::world::{AT, World, later};
use crate::engine::sql::texts;
use crate::{
    Campaign, CampaignLink, CampaignTab, NewAcceptance, NewCampaign, Outcome, Scope, Settled,
    Store, StoreError,
};

pub(super) async fn a_campaign_is_found_as_it_was_created(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    let campaign = world.store.campaign_find(id).await.unwrap().unwrap();
    assert_eq!((campaign.name.as_str(), campaign.state), ("Autumn", CampaignState::Draft));
    assert_eq!((campaign.topic, campaign.announcement), (world.topic, world.announcement));
    assert_eq!((campaign.created_at, campaign.started_at), (AT, None));
    assert_eq!(campaign.policy, InDoubtPolicy::NeverResend);
    let newer = world.draft().await;
    let all = world.store.campaigns_list().await.unwrap();
    assert_eq!(all.iter().map(|each| each.id).collect::<Vec<_>>(), [newer, id]);
}

pub(super) async fn starting_makes_one_delivery_per_subscriber(store: Store) {
    let world = World::with_contacts(store, 4).await;
    world.leave(world.contacts[0], Scope::Topic(world.topic), None).await;
    world.leave(world.contacts[1], Scope::Everything, None).await;
    // Subscribed, and yet not to be mailed: the suppression came from elsewhere.
    world
        .store
        .write(|tx| {
            let values = ([7_u8; 32], "3@x.org", "hard bounce", 0);
            tx.execute(crate::people::leaving::SUPPRESSION_INSERT, values)
        })
        .await
        .unwrap();
    let campaign = world.draft().await;
    let started = world.store.campaign_start(campaign, later(1)).await.unwrap();
    assert_eq!((started.audience, started.queued, started.suppressed), (2, 1, 1));
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!(counts.get(DeliveryState::Suppressed), 1);
    assert_eq!((counts.get(DeliveryState::Queued), counts.total()), (1, 2));
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    assert_eq!((reasons[0].reply.as_str(), reasons[0].count), ("hard bounce", 1));
    let found = world.store.campaign_find(campaign).await.unwrap().unwrap();
    assert_eq!((found.state, found.started_at), (CampaignState::Sending, Some(later(1))));
}

pub(super) async fn a_campaign_starts_once(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    world.import("late@x.org").await;
    let refused = world.store.campaign_start(campaign, AT).await.unwrap_err();
    assert_eq!(refused.to_string(), "a campaign that is sending can't be started");
    assert_eq!(world.store.deliveries_count(campaign).await.unwrap().total(), 1);
}

pub(super) async fn a_campaign_for_nobody_stays_a_draft(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let campaign = world.draft().await;
    let refused = world.store.campaign_start(campaign, AT).await.unwrap_err();
    assert!(matches!(refused, StoreError::NobodySubscribed));
    let found = world.store.campaign_find(campaign).await.unwrap().unwrap();
    assert_eq!((found.state, found.started_at), (CampaignState::Draft, None));
}

pub(super) async fn actions_follow_the_states(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    let act = |action| world.store.campaign_act(campaign, action, AT);
    for action in [Action::Start, Action::Pause, Action::Resume, Action::Finish] {
        assert!(act(action).await.is_err(), "{action:?}");
    }
    world.store.campaign_start(campaign, AT).await.unwrap();
    assert!(act(Action::Resume).await.is_err());
    assert_eq!(act(Action::Pause).await.unwrap(), CampaignState::Paused);
    assert!(act(Action::Pause).await.is_err());
    assert_eq!(act(Action::Resume).await.unwrap(), CampaignState::Sending);
    let nowhere = world.store.campaign_act(model::CampaignId(99), Action::Pause, AT).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound("campaign"))));
}

pub(super) async fn a_campaign_finishes_only_when_nothing_is_open(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let finish = || world.store.campaign_act(campaign, Action::Finish, later(5));
    assert_eq!(
        finish().await.unwrap_err().to_string(),
        "a campaign that is sending can't be finished"
    );
    let claimed = world.claim(campaign, 1).await.remove(0);
    assert!(finish().await.is_err());
    let sent = Outcome::Sent { reply: "250 ok".into() };
    let settled = Settled { contact: claimed.contact, epoch: claimed.epoch, outcome: sent };
    world.store.deliveries_settle(campaign, vec![settled], AT, None).await.unwrap();
    assert_eq!(finish().await.unwrap(), CampaignState::Finished);
    let found = world.store.campaign_find(campaign).await.unwrap().unwrap();
    assert_eq!(found.finished_at, Some(later(5)));
    assert!(finish().await.is_err());
}

pub(super) async fn a_pause_moves_the_removal_epoch(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let before = world.store.removal_epoch();
    world.store.campaign_act(campaign, Action::Pause, AT).await.unwrap();
    let paused = world.store.removal_epoch();
    assert!(paused > before);
    world.store.campaign_act(campaign, Action::Resume, AT).await.unwrap();
    assert_eq!(world.store.removal_epoch(), paused);
}

pub(super) async fn links_stay_where_they_are(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let links = world.store.campaign_links(campaign).await.unwrap();
    let slots: Vec<u16> = links.iter().map(|link| link.slot.0).collect();
    assert_eq!(slots, [0, 1]);
    let target = world.store.link_target(campaign, LinkSlot(1)).await.unwrap();
    assert_eq!(target.as_deref(), Some("https://x.org/b"));
    assert_eq!(world.store.link_target(campaign, LinkSlot(2)).await.unwrap(), None);
}

pub(super) async fn a_slot_that_comes_twice_creates_nothing(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let link = CampaignLink { slot: LinkSlot(3), url: "https://x.org".into(), label: "x".into() };
    let new = NewCampaign {
        name: "Twice".into(),
        announcement: world.announcement,
        topic: world.topic,
        policy: InDoubtPolicy::Resend,
        links: vec![link.clone(), link],
    };
    assert!(world.store.campaign_create(new, AT).await.is_err());
    assert_eq!(world.store.campaigns_list().await.unwrap(), []);
}

pub(super) async fn a_number_that_is_given_out_again_is_another_campaign(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (one, two) = (world.draft().await, world.draft().await);
    assert_eq!((one.to_string().as_str(), two.to_string().as_str()), ("1", "2"));
    for id in [one, two] {
        assert_eq!(world.store.campaign_by_number(id.number()).await.unwrap(), Some(id));
    }
    for number in [0, -1, 3, i64::MAX, one.0] {
        let found = world.store.campaign_by_number(CampaignNumber(number)).await.unwrap();
        assert_eq!(found, None, "{number}");
    }
    // The same number in a backup that was restored, and of a release that knew numbers alone.
    let again = CampaignId::new(one.number(), later(1));
    assert_ne!(again, one);
    assert_eq!((again.number(), CampaignId(1).number()), (one.number(), one.number()));
}

texts! {
    POLICY_SPOIL = "UPDATE campaigns SET policy = 'of a later release' WHERE id = $1";
}

pub(super) async fn a_campaign_that_cannot_be_read_hides_no_other(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (spoiled, sound) = (world.started().await, world.started().await);
    let spoil = world.store.write(move |tx| tx.execute(POLICY_SPOIL, [spoiled.0]));
    assert_eq!(spoil.await.unwrap(), 1);
    let found = world.store.campaigns_sending().await.unwrap();
    let ids = |campaigns: &[Campaign]| campaigns.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(&found.campaigns), [sound]);
    let [(id, what)] = &found.unreadable[..] else { panic!("{found:?}") };
    assert_eq!(*id, spoiled);
    assert!(what.contains("policy"), "{what}");
    assert_eq!(ids(&world.store.campaigns_list().await.unwrap()), [sound]);
    assert_eq!(
        world
            .store
            .campaign_tallies(CampaignTab::All, TopicScope::All, CampaignId(i64::MAX), 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(world.store.campaign_find(spoiled).await.is_err(), "whoever asks for it is told");
}

pub(super) async fn what_was_accepted_is_kept_with_the_version_it_was_shown_for(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let (campaign, other) = (world.draft().await, world.draft().await);
    let warning = |subject: &str, contacts| NewAcceptance {
        code: "skipped".to_owned(),
        subject: subject.to_owned(),
        contacts,
        text: format!("{contacts} would be skipped: {subject}"),
    };
    let first = vec![warning("no name", 3), warning("Grüße", 0)];
    world.store.warnings_accept(campaign, first.clone(), AT).await.unwrap();
    world.store.warnings_accept(campaign, vec![warning("no name", 9)], later(1)).await.unwrap();
    world.store.warnings_accept(campaign, Vec::new(), later(2)).await.unwrap();
    let accepted = world.store.accepted_warnings(campaign).await.unwrap();
    assert!(accepted.iter().all(|it| it.announcement == world.announcement));
    assert_eq!(accepted.iter().map(|it| it.at).collect::<Vec<_>>(), [AT, AT, later(1)]);
    let warnings: Vec<_> = accepted.into_iter().map(|it| it.warning).collect();
    assert_eq!(warnings, [first, vec![warning("no name", 9)]].concat());
    assert_eq!(world.store.accepted_warnings(other).await.unwrap(), []);
}

pub(super) async fn campaigns_beside_each_other_are_those_that_were_named_or_started(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let email = model::EmailAddress::parse("b@other.example").unwrap();
    let rows = vec![crate::ContactRow { email, attributes: std::collections::BTreeMap::new() }];
    world.store.contacts_import(rows, Some(other), "test".into(), AT).await.unwrap();
    let (first, draft, last) = (world.draft().await, world.draft().await, world.draft().await);
    let foreign = world.draft_of(other).await;
    // Not in the order of their making.
    for (campaign, at) in [(last, AT), (first, later(5)), (foreign, later(1))] {
        world.store.campaign_start(campaign, at).await.unwrap();
    }
    let ids = |found: Vec<crate::CampaignTally>| -> Vec<CampaignId> {
        found.into_iter().map(|it| it.campaign.id).collect()
    };
    let gone = CampaignId(first.0 + 987);
    let named = world.store.campaigns_tallied(vec![last, gone, draft, foreign]).await.unwrap();
    assert_eq!(ids(named), [last, draft, foreign]);
    for (since, limit, wanted) in [
        (model::Timestamp(0), 9, vec![last, first]),
        (model::Timestamp(AT.0 + 1), 9, vec![first]),
        (model::Timestamp(0), 1, vec![first]),
    ] {
        let found = world.store.topic_campaigns_tallied(world.topic, since, limit).await.unwrap();
        assert_eq!(ids(found), wanted);
    }
}
