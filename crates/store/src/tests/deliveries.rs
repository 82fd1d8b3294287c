//! Claiming and settling.

use model::campaign::CampaignAction;
use model::{CampaignId, ContactId, DeliveryState as S, InDoubtPolicy, Timestamp};

use super::world::{AT, NODE, World, later};
use crate::engine::sql::Sql;
use crate::{Claimed, DeliveryCounts, JournalState, Mark, Outcome, Scope, Settled, Store};

/// No statement of the store's own.
const CONTACT_BREAK: Sql = Sql {
    name: "CONTACT_BREAK",
    postgres: "UPDATE contacts SET attributes = '{\"name\":' WHERE id = $1",
    sqlite: "UPDATE contacts SET attributes = '{\"name\":' WHERE id = ?1",
};

fn sent() -> Outcome {
    Outcome::Sent { reply: "250 ok".to_owned() }
}

fn retry(minutes: i64) -> Outcome {
    Outcome::Retry { at: later(minutes), code: 451, reply: "451 greylisted".to_owned() }
}

async fn settle(world: &World, campaign: CampaignId, claimed: &Claimed, outcome: Outcome) -> usize {
    let settled = Settled { contact: claimed.contact, epoch: claimed.epoch, outcome };
    world.store.deliveries_settle(campaign, vec![settled], AT, None).await.unwrap()
}

async fn counts(world: &World, campaign: CampaignId) -> DeliveryCounts {
    world.store.deliveries_count(campaign).await.unwrap()
}

fn who(claimed: &[Claimed]) -> Vec<ContactId> {
    claimed.iter().map(|each| each.contact).collect()
}

pub(super) async fn claims_come_in_contact_order_and_only_once(store: Store) {
    let world = World::with_contacts(store, 5).await;
    let campaign = world.started().await;
    assert_eq!(who(&world.claim(campaign, 2).await), world.contacts[..2]);
    assert_eq!(who(&world.claim(campaign, 9).await), world.contacts[2..]);
    assert_eq!(world.claim(campaign, 9).await, []);
    let counts = counts(&world, campaign).await;
    assert_eq!((counts.get(S::Leased), counts.get(S::Queued)), (5, 0));
}

pub(super) async fn a_claim_carries_what_a_message_needs(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let first = world.claim_at(campaign, 1, later(1)).await.remove(0);
    assert_eq!(first.email.as_str(), "1@x.org");
    assert_eq!(first.attributes["name"], "N1");
    assert_eq!((first.epoch, first.attempts, first.first_attempt_at), (1, 0, later(1)));
    settle(&world, campaign, &first, retry(2)).await;
    let second = world.claim_at(campaign, 1, later(3)).await.remove(0);
    assert_eq!((second.epoch, second.attempts, second.first_attempt_at), (2, 1, later(1)));
}

pub(super) async fn an_outcome_applies_once_and_only_to_its_claim(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let first = world.claim(campaign, 1).await.remove(0);
    assert_eq!(settle(&world, campaign, &first, retry(0)).await, 1);
    assert_eq!(settle(&world, campaign, &first, sent()).await, 0);
    let second = world.claim(campaign, 1).await.remove(0);
    assert_eq!(settle(&world, campaign, &first, sent()).await, 0);
    assert_eq!(settle(&world, campaign, &second, sent()).await, 1);
    for outcome in [Outcome::InDoubt, Outcome::Suppressed, Outcome::Released, retry(0)] {
        assert_eq!(settle(&world, campaign, &second, outcome).await, 0);
    }
    assert_eq!(counts(&world, campaign).await.get(S::Sent), 1);
}

pub(super) async fn a_retry_waits_behind_the_others_until_it_is_due(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let first = world.claim(campaign, 1).await.remove(0);
    settle(&world, campaign, &first, retry(5)).await;
    assert_eq!(world.store.delivery_next_due(campaign).await.unwrap(), Some(Timestamp(0)));
    assert_eq!(who(&world.claim(campaign, 9).await), world.contacts[1..]);
    assert_eq!(world.store.delivery_next_due(campaign).await.unwrap(), Some(later(5)));
    assert_eq!(world.claim_at(campaign, 9, later(4)).await, []);
    assert_eq!(who(&world.claim_at(campaign, 9, later(5)).await), world.contacts[..1]);
    assert_eq!(world.store.delivery_next_due(campaign).await.unwrap(), None);
}

pub(super) async fn retries_that_are_due_come_before_the_rest_of_a_long_campaign(store: Store) {
    let world = World::with_contacts(store, 12).await;
    let campaign = world.started().await;
    for claimed in world.claim(campaign, 2).await {
        settle(&world, campaign, &claimed, retry(5)).await;
    }
    let contacts = &world.contacts;
    assert_eq!(who(&world.claim_at(campaign, 4, later(4)).await), contacts[2..6]);
    let mixed = [contacts[0], contacts[6], contacts[7], contacts[8]];
    assert_eq!(who(&world.claim_at(campaign, 4, later(5)).await), mixed);
}

pub(super) async fn a_clock_that_is_set_back_delays_nobody(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let before = Timestamp(AT.0 - 400 * 24 * 3_600_000_000);
    let first = world.claim_at(campaign, 1, before).await.remove(0);
    assert_eq!(first.contact, world.contacts[0]);
    // It was told to wait when the clock was right, and then the clock was set back by far.
    settle(&world, campaign, &first, retry(5)).await;
    assert_eq!(who(&world.claim_at(campaign, 9, before).await).len(), 2);
}

pub(super) async fn a_contact_that_cannot_be_read_is_skipped_with_a_reason(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let broken = world.contacts[1].0;
    world.store.write(move |tx| tx.execute(CONTACT_BREAK, [broken]).map(drop)).await.unwrap();
    assert_eq!(who(&world.claim(campaign, 9).await), [world.contacts[0], world.contacts[2]]);
    let counts = counts(&world, campaign).await;
    assert_eq!((counts.get(S::Skipped), counts.get(S::Leased), counts.total()), (1, 2, 3));
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    assert!(reasons[0].reply.contains("a contact's attributes"), "{reasons:?}");
}

pub(super) async fn who_is_postponed_goes_behind_and_pays_no_try(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let first = world.claim(campaign, 1).await.remove(0);
    let postponed =
        Outcome::Postponed { at: later(5), code: 554, reply: "relay access denied".to_owned() };
    assert_eq!(settle(&world, campaign, &first, postponed.clone()).await, 1);
    assert_eq!(settle(&world, campaign, &first, postponed).await, 0);
    assert_eq!(world.claim_at(campaign, 1, later(4)).await, []);
    let next = world.store.delivery_next_try(campaign).await.unwrap().unwrap();
    assert_eq!((next.at, next.reply.as_deref()), (later(5), Some("554 relay access denied")));
    let second = world.claim_at(campaign, 1, later(5)).await.remove(0);
    assert_eq!((second.attempts, second.first_attempt_at), (0, later(5)), "dated by its first try");
    assert_eq!(second.last_code, Some(554));
}

pub(super) async fn copies_are_bounded_and_then_it_is_in_doubt(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    for copy in 1..=InDoubtPolicy::MOST_COPIES {
        let claimed = world.claim(campaign, 1).await.remove(0);
        let again = Outcome::Resend { at: AT, reply: "no answer; sent again".to_owned() };
        assert_eq!(settle(&world, campaign, &claimed, again).await, 1);
        let state = if copy < InDoubtPolicy::MOST_COPIES { S::Queued } else { S::InDoubt };
        assert_eq!(counts(&world, campaign).await.get(state), 1, "copy {copy}");
    }
    assert_eq!(world.claim(campaign, 1).await, []);
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    assert_eq!(reasons[0].reply, "no answer; sent again");
}

pub(super) async fn a_release_counts_no_try_and_keeps_the_last_reply(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let first = world.claim(campaign, 1).await.remove(0);
    settle(&world, campaign, &first, retry(0)).await;
    let second = world.claim(campaign, 1).await.remove(0);
    assert_eq!(settle(&world, campaign, &second, Outcome::Released).await, 1);
    let third = world.claim(campaign, 1).await.remove(0);
    assert_eq!((third.attempts, third.epoch), (1, 3));
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    assert_eq!((reasons[0].code, reasons[0].reply.as_str()), (451, "greylisted"));
}

pub(super) async fn whoever_leaves_is_not_handed_out(store: Store) {
    let world = World::with_contacts(store, 6).await;
    let campaign = world.started().await;
    for contact in &world.contacts[..3] {
        world.leave(*contact, Scope::Topic(world.topic), Some(campaign)).await;
    }
    world.leave(world.contacts[4], Scope::Everything, Some(campaign)).await;
    // A full batch although the first three have left.
    assert_eq!(who(&world.claim(campaign, 1).await), [world.contacts[3]]);
    assert_eq!(who(&world.claim(campaign, 9).await), [world.contacts[5]]);
    let counts = counts(&world, campaign).await;
    assert_eq!((counts.get(S::Suppressed), counts.total()), (4, 6));
}

pub(super) async fn a_recheck_names_whoever_left_since(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    world.claim(campaign, 9).await;
    world.leave(world.contacts[0], Scope::Topic(world.topic), None).await;
    world.leave(world.contacts[2], Scope::Everything, None).await;
    let recheck = world.store.deliveries_recheck(campaign, world.contacts.clone()).await.unwrap();
    assert!(recheck.sending);
    assert_eq!(recheck.removed, [world.contacts[0], world.contacts[2]]);
    world.store.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    let recheck = world.store.deliveries_recheck(campaign, Vec::new()).await.unwrap();
    assert!(!recheck.sending);
}

pub(super) async fn a_paused_campaign_hands_out_nothing(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    world.store.campaign_act(campaign, CampaignAction::Pause, AT).await.unwrap();
    assert_eq!(world.claim(campaign, 9).await, []);
    // What was on the wire when the pause came still gets its outcome.
    assert_eq!(settle(&world, campaign, &claimed, sent()).await, 1);
    world.store.campaign_act(campaign, CampaignAction::Resume, AT).await.unwrap();
    assert_eq!(who(&world.claim(campaign, 9).await), [world.contacts[1]]);
}

pub(super) async fn a_restart_puts_leases_back(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (one, two) = (world.started().await, world.started().await);
    let old = world.claim(one, 2).await;
    settle(&world, one, &old[0], sent()).await;
    world.claim(two, 3).await;
    assert_eq!(
        world.store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap().queued,
        4
    );
    assert_eq!(
        world.store.leases_take_back(NODE, JournalState::Whole, AT).await.unwrap().queued,
        0
    );
    assert_eq!(settle(&world, one, &old[1], sent()).await, 0);
    let counts = counts(&world, one).await;
    assert_eq!((counts.get(S::Queued), counts.get(S::Leased), counts.get(S::Sent)), (2, 0, 1));
    assert_eq!(who(&world.claim(two, 9).await), world.contacts);
}

pub(super) async fn settling_moves_the_mark_in_the_same_transaction(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await.remove(0);
    let mark = Mark { reader: "mail".to_owned(), segment: 3, offset: 99 };
    let settled =
        Settled { contact: claimed.contact, epoch: claimed.epoch, outcome: Outcome::InDoubt };
    let settle = world.store.deliveries_settle(campaign, vec![settled], AT, Some(mark.clone()));
    assert_eq!(settle.await.unwrap(), 1);
    assert_eq!(world.store.mark_find("mail".to_owned()).await.unwrap(), Some(mark));
    assert_eq!(counts(&world, campaign).await.get(S::InDoubt), 1);
}

pub(super) async fn reasons_say_what_the_relays_said(store: Store) {
    let world = World::with_contacts(store, 12).await;
    let campaign = world.started().await;
    let failed = |code: u16, reply: &str| Outcome::Failed { code, reply: reply.to_owned() };
    let blocked = "5.7.1 Service unavailable; client [192.0.2.1] is on a blocklist";
    let outcomes = [
        failed(550, "5.1.1 <b@x.org>: user unknown"),
        failed(550, "5.1.1 <a@x.org>: user unknown"),
        failed(550, blocked),
        failed(550, blocked),
        failed(550, blocked),
        failed(550, blocked),
        failed(550, blocked),
        failed(554, "relay access denied"),
        retry(9),
        Outcome::Skipped { reason: "no value for {{ first_name }}".to_owned() },
        sent(),
    ];
    for (claimed, outcome) in world.claim(campaign, 12).await.iter().zip(outcomes) {
        settle(&world, campaign, claimed, outcome).await;
    }
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let found: Vec<_> =
        reasons.iter().map(|it| (it.state, it.code, it.reply.as_str(), it.count)).collect();
    assert_eq!(
        found,
        [
            (S::Failed, 550, "5.7.1 Service unavailable; client (host) is on a blocklist", 5),
            (S::Failed, 550, "5.1.1 (address): user unknown", 2),
            (S::Queued, 451, "greylisted", 1),
            (S::Failed, 554, "relay access denied", 1),
            (S::Skipped, 0, "no value for {{ first_name }}", 1),
        ]
    );
}

pub(super) async fn a_reason_goes_with_its_delivery(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let reasons = || async {
        let found = world.store.deliveries_reasons(campaign).await.unwrap();
        found.into_iter().map(|it| (it.state, it.reply, it.count)).collect::<Vec<_>>()
    };
    for claimed in world.claim(campaign, 2).await {
        settle(&world, campaign, &claimed, retry(0)).await;
    }
    assert_eq!(reasons().await, [(S::Queued, "greylisted".to_owned(), 2)]);
    // One of them leaves, one is taken, and the third never had a reason.
    world.leave(world.contacts[0], Scope::Topic(world.topic), None).await;
    let claimed = world.claim(campaign, 9).await;
    let left = "left before it was sent".to_owned();
    let again = (S::Leased, "greylisted".to_owned(), 1);
    assert_eq!(reasons().await, [again, (S::Suppressed, left.clone(), 1)]);
    for claimed in &claimed {
        settle(&world, campaign, claimed, sent()).await;
    }
    assert_eq!(reasons().await, [(S::Suppressed, left, 1)]);
}

pub(super) async fn what_comes_beyond_the_bound_is_other_reasons(store: Store) {
    let world = World::with_contacts(store, 60).await;
    let campaign = world.started().await;
    let word = |number: usize| {
        let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
        format!("because {}{}", letter(number / 26), letter(number))
    };
    let claimed = world.claim(campaign, 60).await;
    let settled = claimed.iter().enumerate().map(|(number, claim)| Settled {
        contact: claim.contact,
        epoch: claim.epoch,
        outcome: Outcome::Failed { code: 550, reply: word(number) },
    });
    let settle = world.store.deliveries_settle(campaign, settled.collect(), AT, None);
    assert_eq!(settle.await.unwrap(), 60);
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    assert_eq!(reasons.len(), 49);
    assert_eq!((reasons[0].reply.as_str(), reasons[0].count), ("other reasons", 12));
    assert_eq!(reasons.iter().map(|it| it.count).sum::<i64>(), 60);
}

pub(super) async fn minutes_count_what_ended(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 9).await;
    for (claim, (minute, outcome)) in
        claimed.iter().zip([(0, sent()), (0, Outcome::Suppressed), (2, sent()), (2, retry(9))])
    {
        let settled = Settled { contact: claim.contact, epoch: claim.epoch, outcome };
        let settle = world.store.deliveries_settle(campaign, vec![settled], later(minute), None);
        settle.await.unwrap();
    }
    let first = AT.0.div_euclid(60_000_000);
    let minutes = world.store.campaign_minutes(campaign, 0).await.unwrap();
    assert_eq!(minutes, [(first, 2), (first + 2, 1)]);
    let minutes = world.store.campaign_minutes(campaign, first + 1).await.unwrap();
    assert_eq!(minutes, [(first + 2, 1)]);
}
