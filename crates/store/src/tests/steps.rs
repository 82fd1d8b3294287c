//! Deliveries under any sequence of claims, outcomes, removals and restarts (promise P2).

use std::collections::BTreeMap;

use model::{CampaignId, ContactId, DeliveryState, DeliveryState as S, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::run;
use super::world::{NODE, World, later};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::{
    Claimed, DeliveryCounts, JournalState, Outcome, RecipientFilter, Scope, Settled, Store,
};

texts! {
    ROWS = "SELECT contact_id, state FROM deliveries WHERE campaign_id = $1";
    REASONS_BY_ROWS = "SELECT state, reason, count(*) FROM deliveries
        WHERE campaign_id = $1 AND reason IS NOT NULL GROUP BY state, reason
        ORDER BY state, reason";
    REASONS_KEPT = "SELECT state, reason, deliveries FROM reason_counts
        WHERE campaign_id = $1 AND deliveries <> 0 ORDER BY state, reason";
}

const CONTACTS: usize = 6;

#[derive(Debug, Clone)]
enum Step {
    Claim(usize),
    /// The outcome of any claim so far, be it settled already or not.
    Settle(prop::sample::Index, Outcome),
    LeaveTopic(prop::sample::Index),
    LeaveEverything(prop::sample::Index),
    Return(prop::sample::Index),
    Restart,
    /// A person asks for those of this state to be sent again.
    Retry(DeliveryState),
    Wait,
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let reply = || "reply".to_owned();
    prop_oneof![
        3 => Just(Outcome::Sent { reply: reply() }),
        1 => Just(Outcome::Failed { code: 550, reply: reply() }),
        2 => (0_i64..3).prop_map(move |m| Outcome::Retry { at: later(m), code: 451, reply: reply() }),
        1 => Just(Outcome::Suppressed),
        1 => Just(Outcome::Skipped { reason: reply() }),
        1 => Just(Outcome::Released),
        1 => Just(Outcome::InDoubt),
        1 => (0_i64..3).prop_map(move |m| Outcome::Postponed { at: later(m), code: 421, reply: reply() }),
        1 => (0_i64..3).prop_map(move |m| Outcome::Resend { at: later(m), reply: reply() }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        4 => (1_usize..4).prop_map(Step::Claim),
        6 => (index(), outcomes()).prop_map(|(claim, outcome)| Step::Settle(claim, outcome)),
        1 => index().prop_map(Step::LeaveTopic),
        1 => index().prop_map(Step::LeaveEverything),
        1 => index().prop_map(Step::Return),
        1 => Just(Step::Restart),
        1 => prop_oneof![Just(S::Failed), Just(S::Skipped), Just(S::InDoubt)].prop_map(Step::Retry),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 1..25)
}

pub(super) async fn no_delivery_is_ever_forgotten_or_sent_twice(store: Store) {
    let world = World::with_contacts(store, CONTACTS).await;
    std::thread::spawn(move || {
        let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
        TestRunner::new(config).run(&steps(), |steps| run(check(&world, steps))).unwrap();
    })
    .join()
    .unwrap();
}

/// Takes the steps with a campaign of its own.
async fn check(world: &World, steps: Vec<Step>) -> Result<(), TestCaseError> {
    for contact in &world.contacts {
        world.store.contact_return(*contact, world.topic, later(0)).await.unwrap();
    }
    let campaign = world.started().await;
    let mut claims: Vec<Claimed> = Vec::new();
    let mut now = later(0);
    let mut ended: BTreeMap<i64, DeliveryState> = BTreeMap::new();
    for step in steps {
        take(world, campaign, &step, &mut claims, &mut now).await;
        let rows = rows(world, campaign).await;
        prop_assert_eq!(rows.len(), CONTACTS);
        if let Step::Retry(retried) = step {
            ended.retain(|_, state| *state != retried);
        }
        let mut counts = DeliveryCounts::default();
        for (contact, state) in rows {
            counts.add(state, 1);
            if let Some(before) = ended.get(&contact) {
                prop_assert_eq!(*before, state, "left its end by {:?}", step);
            } else if !state.is_open() {
                ended.insert(contact, state);
            }
        }
        prop_assert_eq!(world.store.deliveries_count(campaign).await.unwrap(), counts);
        let (counted, kept) = reasons(world, campaign).await;
        prop_assert_eq!(kept, counted, "reasons after {:?}", step);
    }
    Ok(())
}

async fn take(
    world: &World,
    campaign: CampaignId,
    step: &Step,
    claims: &mut Vec<Claimed>,
    now: &mut Timestamp,
) {
    let store = &world.store;
    match step {
        Step::Claim(limit) => claims.extend(world.claim_at(campaign, *limit, *now).await),
        Step::Settle(_, _) if claims.is_empty() => {}
        Step::Settle(index, outcome) => {
            let Claimed { contact, epoch, .. } = *index.get(claims);
            let settled = vec![Settled { contact, epoch, outcome: outcome.clone() }];
            store.deliveries_settle(campaign, settled, *now, None).await.unwrap();
        }
        Step::LeaveTopic(index) => {
            let contact = *index.get(&world.contacts);
            world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await;
        }
        Step::LeaveEverything(index) => {
            world.leave(*index.get(&world.contacts), Scope::Everything, Some(campaign)).await;
        }
        Step::Return(index) => {
            let contact = *index.get(&world.contacts);
            store.contact_return(contact, world.topic, *now).await.unwrap();
        }
        Step::Restart => {
            store.leases_take_back(NODE, JournalState::Whole, *now).await.unwrap();
        }
        Step::Retry(state) => {
            let filter = RecipientFilter { state: *state, code: None };
            store.deliveries_requeue(campaign, filter, ContactId(0), CONTACTS).await.unwrap();
        }
        Step::Wait => *now = Timestamp(now.0 + 60_000_000),
    }
}

pub(super) async fn rows(world: &World, campaign: CampaignId) -> Vec<(i64, DeliveryState)> {
    let rows = world.store.read(move |tx| {
        tx.all(ROWS, [campaign.0], |row| {
            Ok((row.get(0)?, known(DeliveryState::from_code(row.get(1)?), "state")?))
        })
    });
    rows.await.unwrap()
}

/// State, number and how many: counted row by row, and as they are kept.
type Reasons = Vec<(i64, i64, i64)>;

async fn reasons(world: &World, campaign: CampaignId) -> (Reasons, Reasons) {
    let read = world.store.read(move |tx| {
        let all =
            |text| tx.all(text, [campaign.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        Ok((all(REASONS_BY_ROWS)?, all(REASONS_KEPT)?))
    });
    read.await.unwrap()
}
