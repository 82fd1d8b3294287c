//! The frequency cap over all campaigns.

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId, DeliveryState as S, MailCap, Timestamp, TopicId};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::run;
use super::world::{AT, LEASE, NODE, World, later, row};
use crate::{CAPPED, Claimed, Outcome, Settled, Store};

const DAY: i64 = 24 * 60;

async fn cap(world: &World, text: &str) {
    world.store.mail_cap_set(Some(text.parse().unwrap())).await.unwrap();
}

fn sent() -> Outcome {
    Outcome::Sent { reply: "250 ok".to_owned() }
}

async fn settle(
    world: &World,
    campaign: CampaignId,
    claimed: &[Claimed],
    outcome: &Outcome,
    at: Timestamp,
) {
    let settled = claimed.iter().map(|it| {
        let (contact, epoch) = (it.contact, it.epoch);
        Settled { contact, epoch, outcome: outcome.clone() }
    });
    world.store.deliveries_settle(campaign, settled.collect(), at, None).await.unwrap();
}

/// A campaign, and who was claimed of it at a time and how it ended.
async fn mailed(world: &World, at: Timestamp, outcome: &Outcome) -> usize {
    let campaign = world.started().await;
    let claimed = world.claim_at(campaign, 9, at).await;
    settle(world, campaign, &claimed, outcome, at).await;
    claimed.len()
}

pub(super) async fn whoever_has_had_so_many_mails_is_left_out_of_the_next(store: Store) {
    let world = World::with_contacts(store, 2).await;
    assert_eq!(world.store.mail_cap().await.unwrap(), None);
    assert_eq!(mailed(&world, AT, &sent()).await, 2);
    cap(&world, "2 per 30 days").await;
    assert_eq!(world.store.mail_cap().await.unwrap(), Some(MailCap::new(2, 30).unwrap()));
    assert_eq!(mailed(&world, later(DAY), &sent()).await, 2);
    let capped = world.started().await;
    let who = |campaign, minutes| {
        let within = (ContactId(0), ContactId(i64::MAX));
        world.store.subscribers_capped(campaign, world.topic, within, later(minutes))
    };
    let both: BTreeSet<ContactId> = world.contacts.iter().copied().collect();
    assert_eq!(who(Some(capped), 2 * DAY).await.unwrap(), both);
    assert_eq!(who(None, 2 * DAY).await.unwrap(), both);
    assert_eq!(world.claim_at(capped, 9, later(2 * DAY)).await, []);
    let counts = world.store.deliveries_count(capped).await.unwrap();
    assert_eq!((counts.get(S::Suppressed), counts.get(S::Failed), counts.total()), (2, 0, 2));
    let reasons = world.store.deliveries_reasons(capped).await.unwrap();
    assert_eq!((reasons[0].reply.as_str(), reasons[0].count), (CAPPED, 2));
    // A notice that the law asks for goes all the same.
    let notice = world.started().await;
    world.store.campaign_ignores_cap_set(notice, true).await.unwrap();
    assert!(world.store.campaign_ignores_cap(notice).await.unwrap());
    assert_eq!(who(Some(notice), 2 * DAY).await.unwrap(), BTreeSet::new());
    assert_eq!(world.claim_at(notice, 9, later(2 * DAY)).await.len(), 2);
}

pub(super) async fn a_mail_counts_for_so_many_days_and_no_longer(store: Store) {
    let world = World::with_contacts(store, 1).await;
    cap(&world, "1 per 30 days").await;
    assert_eq!(mailed(&world, AT, &sent()).await, 1);
    assert_eq!(mailed(&world, later(30 * DAY - 1), &sent()).await, 0);
    assert_eq!(mailed(&world, later(30 * DAY), &sent()).await, 1);
    world.store.mail_cap_set(None).await.unwrap();
    assert_eq!(mailed(&world, later(30 * DAY + 1), &sent()).await, 1);
}

pub(super) async fn what_may_have_been_sent_counts_and_nothing_else(store: Store) {
    let retry = Outcome::Retry { at: later(9), code: 451, reply: "later".to_owned() };
    let again = Outcome::Resend { at: later(9), reply: "no answer".to_owned() };
    let failed = Outcome::Failed { code: 550, reply: "unknown".to_owned() };
    let cases = [
        (sent(), false),
        (Outcome::InDoubt, false),
        (again, false),
        (failed, true),
        (retry, true),
        (Outcome::Released, true),
        (Outcome::Skipped { reason: "no name".to_owned() }, true),
    ];
    let mut world = World::with_contacts(store, 0).await;
    cap(&world, "1 per 7 days").await;
    for (number, (outcome, goes)) in cases.into_iter().enumerate() {
        world.topic = world.store.topic_ensure(format!("t{number}"), "T".into()).await.unwrap();
        world.import(&format!("c{number}@x.org")).await;
        let first = world.started().await;
        let claimed = world.claim(first, 9).await;
        assert_eq!(claimed.len(), 1, "{outcome:?}");
        let second = world.started().await;
        assert_eq!(world.claim(second, 9).await, [], "{outcome:?}: one is being sent");
        settle(&world, first, &claimed, &outcome, AT).await;
        let third = world.started().await;
        assert_eq!(world.claim(third, 9).await.len(), usize::from(goes), "{outcome:?}");
    }
}

/// Campaigns of a topic with contacts of its own.
async fn campaigns_of_new_contacts(
    world: &World,
    name: &str,
    (contacts, campaigns): (usize, usize),
) -> (TopicId, Vec<CampaignId>) {
    let topic = world.store.topic_ensure(name.into(), name.into()).await.unwrap();
    let rows: Vec<_> = (0..contacts).map(|it| row(&format!("{name}-{it}@x.org"))).collect();
    world.store.contacts_import(rows, Some(topic), "test".to_owned(), AT).await.unwrap();
    let mut made = Vec::new();
    for _ in 0..campaigns {
        let campaign = world.draft_of(topic).await;
        world.store.campaign_start(campaign, AT).await.unwrap();
        made.push(campaign);
    }
    (topic, made)
}

pub(super) async fn campaigns_that_claim_at_once_never_exceed_it_together(store: Store) {
    const CONTACTS: usize = 60;
    let world = World::with_contacts(store, 0).await;
    cap(&world, "2 per 30 days").await;
    let (_, campaigns) = campaigns_of_new_contacts(&world, "many", (CONTACTS, 5)).await;
    let claiming = campaigns.iter().map(|campaign| {
        let (store, campaign) = (world.store.clone(), *campaign);
        tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let claim = store.deliveries_claim(campaign, NODE, 7, AT, LEASE);
                // PostgreSQL may answer with nothing while another one claims the same rows.
                match claim.await.unwrap() {
                    claimed if claimed.is_empty() => return all,
                    claimed => all.extend(claimed.into_iter().map(|it| it.contact)),
                }
            }
        })
    });
    let claiming: Vec<_> = claiming.collect();
    let mut mails: BTreeMap<ContactId, usize> = BTreeMap::new();
    for claims in claiming {
        for contact in claims.await.unwrap() {
            *mails.entry(contact).or_default() += 1;
        }
    }
    assert_eq!(mails.len(), CONTACTS);
    assert!(mails.values().all(|mails| *mails == 2), "{mails:?}");
}

#[derive(Debug, Clone)]
enum Step {
    Claim(usize, usize),
    /// The outcome of a claim that has none.
    Settle(prop::sample::Index, Outcome),
    /// Days.
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reply = || "reply".to_owned();
    let outcome = prop_oneof![
        4 => Just(sent()),
        1 => Just(Outcome::Failed { code: 550, reply: reply() }),
        1 => Just(Outcome::Retry { at: later(0), code: 451, reply: reply() }),
        1 => Just(Outcome::Released),
        1 => Just(Outcome::InDoubt),
        1 => Just(Outcome::Resend { at: later(0), reply: reply() }),
    ];
    let step = prop_oneof![
        4 => (0..CAMPAIGNS, 1_usize..4).prop_map(|(campaign, limit)| Step::Claim(campaign, limit)),
        4 => (any::<prop::sample::Index>(), outcome).prop_map(|(claim, how)| Step::Settle(claim, how)),
        1 => (1_i64..5).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..40)
}

const CAMPAIGNS: usize = 4;

pub(super) async fn no_order_of_claims_and_outcomes_exceeds_it(store: Store) {
    let world = World::with_contacts(store, 0).await;
    cap(&world, "2 per 7 days").await;
    std::thread::spawn(move || {
        let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
        let number = std::cell::Cell::new(0);
        let check = |steps: Vec<Step>| {
            number.set(number.get() + 1);
            run(check(&world, number.get(), steps))
        };
        TestRunner::new(config).run(&steps(), check).unwrap();
    })
    .join()
    .unwrap();
}

/// Holds every step against what the messages say that have, or may have, gone out.
async fn check(world: &World, number: usize, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let name = format!("case{number}");
    let (_, campaigns) = campaigns_of_new_contacts(world, &name, (3, CAMPAIGNS)).await;
    let mut now = later(0);
    let mut held: Vec<(CampaignId, Claimed)> = Vec::new();
    // When each message went out that may have; one of a campaign that is sent again counts once.
    let mut gone: BTreeMap<(ContactId, CampaignId), Timestamp> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Wait(days) => now = Timestamp(now.0 + days * DAY * 60_000_000),
            Step::Claim(campaign, limit) => {
                let campaign = campaigns[campaign];
                let claimed = world.claim_at(campaign, limit, now).await;
                held.extend(claimed.into_iter().map(|it| (campaign, it)));
            }
            Step::Settle(_, _) if held.is_empty() => {}
            Step::Settle(index, outcome) => {
                let (campaign, claimed) = held.remove(index.index(held.len()));
                if matches!(
                    outcome,
                    Outcome::Sent { .. } | Outcome::InDoubt | Outcome::Resend { .. }
                ) {
                    gone.insert((claimed.contact, campaign), now);
                }
                settle(world, campaign, &[claimed], &outcome, now).await;
            }
        }
        let since = Timestamp(now.0 - 7 * DAY * 60_000_000);
        let mut mails: BTreeMap<ContactId, BTreeSet<CampaignId>> = BTreeMap::new();
        for ((contact, campaign), at) in &gone {
            if *at > since {
                mails.entry(*contact).or_default().insert(*campaign);
            }
        }
        for (campaign, claimed) in &held {
            mails.entry(claimed.contact).or_default().insert(*campaign);
        }
        prop_assert!(mails.values().all(|mails| mails.len() <= 2), "{mails:?} at {now:?}");
    }
    Ok(())
}
