//! Roll-ups against a naive count of the same hits, however they are cut into batches.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    CampaignId, ContactId, Engagement, EngagementEvidence, EngagementHit, HitKind, LinkSlot, Rule,
    RulesSeen, Timestamp, VisitorId,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::hits::view;
use super::run;
use super::world::{AT, World, batch};
use crate::{CampaignRollup, HitCount, Hour, Mark, RecordedHit, Store};

const CONTACTS: usize = 3;
const RULES: [Rule; 3] = [Rule::AGENT_BROWSER, Rule::AGENT_BOT, Rule::NETWORK_GATEWAY];

/// A hit without its campaign and its place: contact, slot, visitor, rule, HEAD, time; whether it is
/// nobody's, and that is because somebody does not want it to be known.
type Shape = (usize, Option<u16>, Option<u8>, usize, bool, i64, Option<bool>);

/// Batches of numbers of hits; they may overlap, repeat and come in any order.
type Batches = Vec<Vec<prop::sample::Index>>;

fn shapes() -> impl Strategy<Value = (Vec<Shape>, Batches)> {
    // Some of them so near to one another that they show something of each other.
    let time = prop_oneof![0_i64..5, (0_i64..3).prop_map(|hour| hour * 60 * 60)];
    let shape = (
        // One more than there are: a contact the campaign is not for.
        0..=CONTACTS,
        prop::option::of(0_u16..3),
        prop::option::of(0_u8..3),
        0..RULES.len(),
        prop::bool::weighted(0.2),
        time,
        prop_oneof![4 => Just(None), 1 => any::<bool>().prop_map(Some)],
    );
    let batch = prop::collection::vec(any::<prop::sample::Index>(), 0..12);
    (prop::collection::vec(shape, 1..20), prop::collection::vec(batch, 0..5))
}

pub(super) async fn any_batches_give_what_counting_gives(store: Store) {
    let mut world = World::with_contacts(store, CONTACTS).await;
    world.contacts.push(ContactId(99));
    std::thread::spawn(move || {
        let config = ProptestConfig { cases: 48, ..ProptestConfig::default() };
        let mut segment = 0;
        let segments = std::cell::RefCell::new(&mut segment);
        let check = |(shapes, batches): (Vec<Shape>, Batches)| {
            **segments.borrow_mut() += 1;
            let segment = **segments.borrow();
            run(check(&world, segment, &shapes, &batches))
        };
        TestRunner::new(config).run(&shapes(), check).unwrap();
    })
    .join()
    .unwrap();
}

async fn check(
    world: &World,
    segment: u64,
    shapes: &[Shape],
    batches: &Batches,
) -> Result<(), TestCaseError> {
    let campaign = world.started().await;
    let hits: Vec<RecordedHit> = (0..)
        .zip(shapes)
        .map(|(offset, shape)| RecordedHit { segment, ..hit(world, campaign, offset, *shape) })
        .collect();
    for batch in batches {
        let batch = batch.iter().map(|index| index.get(&hits).clone()).collect();
        record(world, segment, batch).await;
    }
    // Whatever came before: all of them, in two halves, the later one first.
    let (early, late) = hits.split_at(hits.len() / 2);
    record(world, segment, late.to_vec()).await;
    record(world, segment, early.to_vec()).await;
    let (rollup, hours, links) = count(&hits);
    prop_assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), rollup);
    prop_assert_eq!(world.store.campaign_hours(campaign).await.unwrap(), hours);
    let found = world.store.link_counts(campaign).await.unwrap();
    let found: Vec<_> = found.iter().map(|link| (link.clicks, link.contacts)).collect();
    prop_assert_eq!(found, links);
    Ok(())
}

async fn record(world: &World, segment: u64, hits: Vec<RecordedHit>) {
    let mark = Mark { reader: "hits".to_owned(), segment, offset: 0 };
    world.store.hits_record(batch(hits, mark)).await.unwrap();
}

fn hit(world: &World, campaign: CampaignId, offset: u32, shape: Shape) -> RecordedHit {
    let (contact, slot, visitor, rule, head, second, nobody) = shape;
    let mut recorded = view(offset, campaign, world.contacts[contact]);
    recorded.hit.at = Timestamp(AT.0 + second * 1_000_000);
    recorded.hit.kind = slot.map_or(HitKind::View, |slot| HitKind::Click(LinkSlot(slot)));
    recorded.hit.visitor = visitor.map(|byte| VisitorId([byte; 12]));
    recorded.hit.signs.head = head;
    recorded.hit.agent = vec![b'a' + u8::try_from(rule).unwrap()];
    recorded.rules = RulesSeen::NONE.with(RULES[rule]);
    if let Some(withheld) = nobody {
        recorded.hit.signs.withheld = withheld;
        (recorded.hit.contact, recorded.hit.visitor) = (None, None);
    }
    recorded
}

/// The clear way: look at every hit.
#[expect(clippy::too_many_lines, reason = "one walk over every count")]
fn count(hits: &[RecordedHit]) -> (CampaignRollup, Vec<Hour>, Vec<(i64, i64)>) {
    let number = |count: usize| i64::try_from(count).unwrap();
    let ours: Vec<_> = hits.iter().filter(|it| it.hit.contact != Some(ContactId(99))).collect();
    let (heads, gets): (Vec<&RecordedHit>, Vec<_>) = ours.iter().partition(|it| it.hit.signs.head);
    let (views, clicks): (Vec<&RecordedHit>, Vec<_>) =
        gets.iter().partition(|it| it.hit.kind == HitKind::View);
    let contacts = |hits: &[&RecordedHit]| {
        number(hits.iter().filter_map(|it| it.hit.contact).collect::<BTreeSet<_>>().len())
    };
    let mut engagements: BTreeMap<ContactId, Engagement> = BTreeMap::new();
    let mut seen: BTreeMap<RulesSeen, HitCount> = BTreeMap::new();
    for it in &gets {
        let slot = match it.hit.kind {
            HitKind::View => None,
            HitKind::Click(slot) => Some(slot),
        };
        let hit = EngagementHit { at: it.hit.at, slot, rules: it.rules };
        match it.hit.contact {
            Some(contact) => {
                engagements.entry(contact).or_default().add([hit], &mut BTreeMap::new());
            }
            None => {
                let count = seen.entry(it.rules).or_default();
                *(if slot.is_some() { &mut count.clicks } else { &mut count.views }) += 1;
            }
        }
    }
    let (mut evidence, mut click_evidence) = (BTreeMap::new(), BTreeMap::new());
    for engagement in engagements.values() {
        for hit in engagement.hits() {
            let count = seen.entry(hit.rules).or_default();
            *(if hit.slot.is_some() { &mut count.clicks } else { &mut count.views }) += 1;
        }
        let EngagementEvidence { hits, clicks } = engagement.evidence();
        *evidence.entry(hits).or_default() += 1;
        if !clicks.is_empty() {
            *click_evidence.entry(clicks).or_default() += 1;
        }
    }
    let of_nobody = |wanted: &dyn Fn(&RecordedHit) -> bool| {
        let count = |hits: &[&RecordedHit]| {
            number(hits.iter().filter(|it| it.hit.contact.is_none() && wanted(it)).count())
        };
        HitCount { views: count(&views), clicks: count(&clicks) }
    };
    let with_cookie = number(views.iter().filter(|it| it.hit.visitor.is_some()).count());
    let rollup = CampaignRollup {
        views: number(views.len()),
        views_with_cookie: with_cookie,
        views_without_cookie: number(views.len()) - with_cookie,
        unique_views: contacts(&views),
        visitors: number(
            views
                .iter()
                .filter_map(|it| it.hit.visitor.map(|id| id.0))
                .collect::<BTreeSet<_>>()
                .len(),
        ),
        clicks: number(clicks.len()),
        unique_clicks: contacts(&clicks),
        unsubscribes: 0,
        heads: number(heads.len()),
        anonymous: of_nobody(&|_| true),
        withheld: of_nobody(&|it| it.hit.signs.withheld),
        seen,
        evidence,
        click_evidence,
    };
    let hour = |hour| Hour {
        hour,
        views: number(views.iter().filter(|it| it.hit.at.hour() == hour).count()),
        clicks: number(clicks.iter().filter(|it| it.hit.at.hour() == hour).count()),
    };
    let hours: BTreeSet<i64> = gets.iter().map(|it| it.hit.at.hour()).collect();
    let link = |slot| {
        let clicks: Vec<&RecordedHit> = clicks
            .iter()
            .copied()
            .filter(|it| it.hit.kind == HitKind::Click(LinkSlot(slot)))
            .collect();
        (number(clicks.len()), contacts(&clicks))
    };
    (rollup, hours.into_iter().map(hour).collect(), vec![link(0), link(1)])
}
