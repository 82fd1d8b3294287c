//! Links of browsers to contacts against a count of the same hits, in whatever order they come and whatever
//! is cut in between.

use std::collections::BTreeMap;

use model::{CampaignId, ContactId, HitClass, HitKind, Timestamp, VisitorId, VisitorLinkReason};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::run;
use super::visitor_links::{DAY, Pairs, click, events, links, record};
use super::world::{AT, World, later};
use crate::{RecordedHit, Store, VisitorLink};

/// Contact, browser if it brought a cookie, whether it is a click, whether a person's, campaign, day.
type Shape = (usize, Option<u8>, bool, bool, usize, i64);

/// Numbers of hits that are recorded together, and then a browser and a contact that are cut, or none.
type Step = (Vec<prop::sample::Index>, Option<(u8, usize)>);

fn shapes() -> impl Strategy<Value = (Vec<Shape>, Vec<Step>)> {
    let shape = (
        0_usize..3,
        prop::option::weighted(0.9, 0_u8..3),
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.8),
        0_usize..3,
        0_i64..5,
    );
    let indices = prop::collection::vec(any::<prop::sample::Index>(), 0..8);
    let step = (indices, prop::option::weighted(0.4, (0_u8..3, 0_usize..3)));
    (prop::collection::vec(shape, 1..24), prop::collection::vec(step, 0..6))
}

pub(super) async fn any_order_gives_the_same_links_and_a_cut_is_as_if_there_had_been_none(
    store: Store,
) {
    let world = World::with_contacts(store, 3).await;
    let campaigns = [world.started().await, world.started().await, world.started().await];
    std::thread::spawn(move || {
        let config = ProptestConfig { cases: 48, ..ProptestConfig::default() };
        let case = std::cell::Cell::new(0_u8);
        let check = |(shapes, steps): (Vec<Shape>, Vec<Step>)| {
            case.set(case.get().wrapping_add(1));
            run(check(&world, campaigns, case.get(), &shapes, &steps))
        };
        TestRunner::new(config).run(&shapes(), check).unwrap();
    })
    .join()
    .unwrap();
}

async fn check(
    world: &World,
    campaigns: [CampaignId; 3],
    case: u8,
    shapes: &[Shape],
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let browser = |number: u8| VisitorId([case, number, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    let hits: Vec<RecordedHit> = (0_i64..)
        .zip(shapes)
        .map(|(number, (contact, visitor, is_click, is_person, campaign, day))| {
            let (campaign, contact) = (campaigns[*campaign], world.contacts[*contact]);
            let mut hit = click(campaign, contact, browser(0), day * DAY + number);
            hit.hit.visitor = visitor.map(browser);
            if !is_click {
                hit.hit.kind = HitKind::View;
            }
            if !is_person {
                hit.class = HitClass::Scanner;
            }
            hit
        })
        .collect();
    let mut cut = Vec::new();
    for (indices, pair) in steps {
        record(world, indices.iter().map(|index| index.get(&hits).clone()).collect()).await;
        let Some((visitor, contact)) = pair else { continue };
        let pair = (browser(*visitor), world.contacts[*contact]);
        if world.store.visitor_cut(pair.0, pair.1, AT).await.unwrap().was_tied {
            cut.push(pair);
        }
    }
    let (early, late) = hits.split_at(hits.len() / 2);
    record(world, late.to_vec()).await;
    record(world, early.to_vec()).await;
    while world.store.visitor_cuts_settle(later(DAY)).await.unwrap() {}

    let (expect_links, expect_events) = expected(&hits, &cut);
    prop_assert_eq!(links(world).await, expect_links);
    prop_assert_eq!(events(world).await, expect_events);
    for number in 0..3 {
        world.store.visitor_remove(browser(number), later(99 * DAY)).await.unwrap();
    }
    Ok(())
}

/// By counting one after the other, as if what was cut had never been in that browser.
fn expected(
    hits: &[RecordedHit],
    cut: &[(VisitorId, ContactId)],
) -> (Pairs<VisitorLink>, Pairs<i64>) {
    let (mut links, mut events) = (BTreeMap::new(), BTreeMap::new());
    let mut of: Pairs<Vec<&RecordedHit>> = BTreeMap::new();
    for recorded in hits {
        let Some(pair) = recorded.hit.visitor.zip(recorded.hit.contact) else { continue };
        if !cut.contains(&pair) {
            of.entry(pair).or_default().push(recorded);
        }
    }
    for (pair, hits) in of {
        events.insert(pair, i64::try_from(hits.len()).unwrap());
        let ties = |it: &&&RecordedHit| {
            it.class == HitClass::Person && matches!(it.hit.kind, HitKind::Click(_))
        };
        let clicks: Vec<&&RecordedHit> = hits.iter().filter(ties).collect();
        let Some(first) = clicks.iter().min_by_key(|it| (it.hit.at, it.hit.campaign)) else {
            continue;
        };
        let distinct = |of: &dyn Fn(&RecordedHit) -> i64| {
            let all: std::collections::BTreeSet<i64> = clicks.iter().map(|it| of(it)).collect();
            u32::try_from(all.len()).unwrap()
        };
        let link = VisitorLink {
            reason: VisitorLinkReason::Click,
            first_at: first.hit.at,
            last_at: clicks.iter().map(|it| it.hit.at).max().unwrap_or(Timestamp(0)),
            hits: clicks.len() as u64,
            campaign: first.hit.campaign,
            days: distinct(&|it| it.hit.at.0.div_euclid(DAY * 60_000_000)),
            campaigns: distinct(&|it| it.hit.campaign.0),
        };
        links.insert(pair, link);
    }
    (links, events)
}
