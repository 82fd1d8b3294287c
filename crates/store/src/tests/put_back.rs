//! A store that is an older copy, put back (promise P2).

use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState, ContactId, DeliveryState as S, InDoubtPolicy};

use super::world::{AT, LEASE, NODE, World};
use crate::notice_keys::CAMPAIGN_TROUBLE;
use crate::{
    Frozen, HeldCampaign, Hold, Mark, Outcome, RecorderProgress, Settled, Store, hits_reader,
};

fn because(seen: Option<&str>, name: &str) -> Hold {
    let why = "The store was put back".to_owned();
    Hold { why, seen: seen.map(str::to_owned), name: name.to_owned(), keep: None }
}

async fn hold(store: &Store, seen: Option<&str>, name: &str) -> Option<Vec<HeldCampaign>> {
    store.campaigns_hold(because(seen, name), AT).await.unwrap()
}

async fn state(store: &Store, campaign: CampaignId) -> CampaignState {
    store.campaign_find(campaign).await.unwrap().unwrap().state
}

async fn notice(store: &Store, campaign: CampaignId) -> String {
    let key = format!("{CAMPAIGN_TROUBLE}/{campaign}");
    store.setting_find(key).await.unwrap().unwrap_or_default()
}

pub(super) async fn a_store_that_was_put_back_mails_nobody_by_itself(store: Store) {
    let world = World::with_contacts(store, 5).await;
    let campaign = world.started_with(InDoubtPolicy::Resend).await;
    world.claim(campaign, 2).await;
    let epoch = world.store.removal_epoch();
    let held = hold(&world.store, None, "one").await.unwrap();
    assert_eq!((held.len(), held[0].waiting, held[0].in_doubt), (1, 3, 2));
    assert_eq!((held[0].was, held[0].about), (CampaignState::Sending, false));
    assert!(world.store.removal_epoch() > epoch, "mailers look again");
    assert_eq!(state(&world.store, campaign).await, CampaignState::Paused);
    assert_eq!(world.claim(campaign, 9).await, []);
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(S::Queued), counts.get(S::InDoubt), counts.total()), (3, 2, 5));
    assert_eq!(
        notice(&world.store, campaign).await,
        "The store was put back: 3 people are still waiting and may already have it; 2 messages \
         under way are in doubt; `pharos campaign resume 1` sends to those who are waiting"
    );
    world.store.campaign_act(campaign, CampaignAction::Resume, AT).await.unwrap();
    assert_eq!(world.claim(campaign, 9).await.len(), 3, "who was under way is not among them");
}

pub(super) async fn what_was_starting_or_paused_is_held_and_what_is_over_is_not(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let over = world.started().await;
    for claimed in world.claim(over, 9).await {
        let outcome = Outcome::Sent { reply: "250 ok".to_owned() };
        let settled = Settled { contact: claimed.contact, epoch: claimed.epoch, outcome };
        world.store.deliveries_settle(over, vec![settled], AT, None).await.unwrap();
    }
    let paused = world.started().await;
    world.store.campaign_act(paused, CampaignAction::Pause, AT).await.unwrap();
    let starting = world.draft().await;
    world.store.expansion_begin(starting, Frozen::default(), AT).await.unwrap();
    let draft = world.draft().await;
    let scheduled = world.draft().await;
    let starts_at = super::world::later(9);
    let schedule = crate::Schedule {
        campaign: scheduled,
        starts_at,
        audience_at_most: None,
        links_to_this_machine: false,
    };
    world.store.campaign_schedule(schedule, None).await.unwrap();
    let held = hold(&world.store, None, "one").await.unwrap();
    let of = |it: &HeldCampaign| (it.id, it.was, it.waiting, it.about);
    assert_eq!(
        held.iter().map(of).collect::<Vec<_>>(),
        [
            (paused, CampaignState::Paused, 2, false),
            (starting, CampaignState::Starting, 2, true),
            (scheduled, CampaignState::Scheduled, 0, false),
        ]
    );
    assert!(notice(&world.store, starting).await.contains("about 2 people"));
    assert_eq!(state(&world.store, starting).await, CampaignState::Paused);
    assert_eq!(state(&world.store, over).await, CampaignState::Sending, "the mailer ends it");
    assert_eq!(state(&world.store, draft).await, CampaignState::Draft);
    assert_eq!(state(&world.store, scheduled).await, CampaignState::Draft, "it may have gone out");
    assert!(notice(&world.store, scheduled).await.contains("may have been sent since"));
}

pub(super) async fn a_second_node_holds_nothing_again(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    assert!(hold(&world.store, None, "one").await.is_some());
    world.store.campaign_act(campaign, CampaignAction::Resume, AT).await.unwrap();
    assert_eq!(hold(&world.store, None, "two").await, None, "it was seen to meanwhile");
    assert_eq!(state(&world.store, campaign).await, CampaignState::Sending);
    let standing = world.store.standing("a".to_owned()).await.unwrap();
    assert_eq!(standing.put_back.as_deref(), Some("one"));
    assert!(hold(&world.store, Some("one"), "two").await.is_some(), "another time");
}

pub(super) async fn the_relays_word_still_resolves_what_was_held(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    hold(&world.store, None, "one").await;
    let outcome = Outcome::Sent { reply: "250 ok".to_owned() };
    let settled = Settled { contact: claimed.contact, epoch: claimed.epoch, outcome };
    let settled = world.store.deliveries_settle(campaign, vec![settled], AT, None).await;
    assert_eq!(settled.unwrap(), 1);
    assert_eq!(world.store.deliveries_count(campaign).await.unwrap().get(S::Sent), 1);
}

pub(super) async fn a_checkpoint_moves_only_from_one_that_the_node_knows(store: Store) {
    let to = |current: Option<&str>, fresh: &str| {
        store.checkpoint_move("a".to_owned(), current.map(str::to_owned), fresh.to_owned())
    };
    let standing = || async { store.standing("a".to_owned()).await.unwrap() };
    assert_eq!((standing().await.checkpoint, standing().await.newest), (None, None));
    assert_eq!(standing().await.as_of(), "");
    assert!(!to(Some("0-1"), "0-2").await.unwrap(), "a store that knows nothing of the node");
    assert!(to(None, "0-1").await.unwrap());
    assert!(!to(None, "0-2").await.unwrap());
    assert!(to(Some("0-1"), "0-2").await.unwrap());
    assert!(to(Some("0-1"), "0-2").await.unwrap(), "nobody knew whether it had arrived");
    assert!(!to(Some("0-3"), "0-4").await.unwrap());
    let of_another = format!("{}-x", AT.0);
    store.checkpoint_move("b".to_owned(), None, of_another).await.unwrap();
    assert_eq!(standing().await.newest, Some(AT));
    assert!(standing().await.as_of().contains("2026"));
    assert_eq!(standing().await.checkpoint.as_deref(), Some("0-2"));
    assert!(standing().await.in_place);
    hold(&store, None, "one").await;
    assert_eq!(standing().await.checkpoint, None, "those of the newer store count no more");
}

pub(super) async fn claims_of_a_newer_store_are_seen(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    let missing = |campaign, contact: ContactId, epoch| {
        world.store.claims_never_made(campaign, vec![(contact, epoch)])
    };
    assert_eq!(missing(campaign, claimed.contact, claimed.epoch).await.unwrap(), 0);
    assert_eq!(missing(campaign, claimed.contact, claimed.epoch + 1).await.unwrap(), 1);
    assert_eq!(missing(CampaignId(campaign.0 + 1), claimed.contact, 1).await.unwrap(), 1);
    let again = world.claim_at(campaign, 9, super::world::later(60)).await;
    assert!(again.iter().all(|each| each.contact != claimed.contact), "{LEASE:?} of {NODE}");
}

pub(super) async fn a_successor_goes_on_where_its_predecessor_was_read(store: Store) {
    let enter = |name: &str| store.node_enter(name.to_owned(), "here".to_owned(), AT);
    let old = enter("old").await.unwrap();
    let mark = Mark { reader: hits_reader(old), segment: 7, offset: 70 };
    let batch = super::world::batch(Vec::new(), mark.clone());
    assert_eq!(batch.progress, RecorderProgress::Marks(vec![mark]));
    store.hits_record(batch).await.unwrap();
    let further = store.node_journal("old", 3).await.unwrap();
    let mark = Mark { reader: hits_reader(further), segment: 8, offset: 80 };
    store.hits_record(super::world::batch(Vec::new(), mark)).await.unwrap();
    store.node_journal("old0", 1).await.unwrap();
    store.node_succeed("old".to_owned(), "fresh".to_owned()).await.unwrap();
    let fresh = enter("fresh").await.unwrap();
    assert_ne!(fresh, old);
    let mark = store.mark_find(hits_reader(fresh)).await.unwrap().unwrap();
    assert_eq!((mark.segment, mark.offset), (7, 70));
    let goes_on = store.node_journal("fresh", 3).await.unwrap();
    assert_ne!(goes_on, further);
    let mark = store.mark_find(hits_reader(goes_on)).await.unwrap().unwrap();
    assert_eq!((mark.segment, mark.offset), (8, 80));
    let first = store.node_journal("fresh", 1).await.unwrap();
    assert_eq!(store.mark_find(hits_reader(first)).await.unwrap(), None, "nobody's");
    store.node_succeed("unknown".to_owned(), "third".to_owned()).await.unwrap();
}
