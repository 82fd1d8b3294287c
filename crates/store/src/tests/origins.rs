//! Counts by origin against a naive count of the same hits, however they are cut into batches.

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, Country, Device, HitClass, HitKind, HitOrigin, LinkSlot, Located,
    MailClient, OriginKind, Rule, RulesSeen, Timestamp, TrackingMode,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::hits::view;
use super::run;
use super::world::{AT, World, batch};
use crate::engine::sql::texts;
use crate::{CountedOrigin, Mark, OriginCount, RecordedHit, Store, TrackingWord};

texts! {
    EVENT_ORIGINS = "SELECT mail_client, device, country, network FROM events ORDER BY byte_offset";
    ORIGINS_LEFT = "SELECT (SELECT count(*) FROM events WHERE country IS NOT NULL OR network IS NOT NULL),
        (SELECT count(*) FROM engagements WHERE origins IS NOT NULL)";
}

const CONTACTS: usize = 3;
const CLASSES: [(Rule, HitClass); 3] = [
    (Rule::AGENT_BROWSER, HitClass::Person),
    (Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied),
    (Rule::AGENT_BOT, HitClass::Scanner),
];

/// A hit without its campaign and place: contact (None: nobody's), whether a click, class, seconds,
/// HEAD, client, country (0: no file).
type Shape = (Option<usize>, bool, usize, i64, bool, usize, usize);

fn countries() -> [Option<Located<Country>>; 5] {
    let known = |code| Some(Located::Known(Country::parse(code).unwrap()));
    [None, known("DE"), known("FR"), Some(Located::Unknown), Some(Located::Proxied)]
}

fn shapes() -> impl Strategy<Value = (Vec<Shape>, Vec<usize>)> {
    let shape = (
        prop::option::weighted(0.8, 0..CONTACTS),
        any::<bool>(),
        0..CLASSES.len(),
        0_i64..40,
        prop::bool::weighted(0.1),
        0..MailClient::ALL.len(),
        0..countries().len(),
    );
    let cuts = prop::collection::vec(0_usize..20, 0..4);
    (prop::collection::vec(shape, 1..20), cuts)
}

fn hit(world: &World, campaign: CampaignId, offset: u32, shape: Shape) -> RecordedHit {
    let (contact, click, class, second, head, client, country) = shape;
    let mut recorded = view(offset, campaign, world.contacts[contact.unwrap_or_default()]);
    recorded.hit.at = Timestamp(AT.0 + second * 1_000_000);
    recorded.hit.kind = if click { HitKind::Click(LinkSlot(0)) } else { HitKind::View };
    recorded.hit.signs.head = head;
    if contact.is_none() {
        recorded.hit.contact = None;
    }
    let (rule, class) = CLASSES[class];
    (recorded.rules, recorded.class) = (RulesSeen::NONE.with(rule), class);
    recorded.origin = HitOrigin {
        client: MailClient::ALL[client],
        device: Device::Phone,
        country: countries()[country],
        network: countries()[country].map(|_| Located::Known(3320)),
    };
    recorded
}

type Counts = BTreeMap<(OriginKind, i64, RulesSeen), OriginCount>;

fn found(counted: &[CountedOrigin]) -> Counts {
    let key = |it: &CountedOrigin| (it.kind, it.origin.number(it.kind).unwrap(), it.rules);
    counted.iter().map(|it| (key(it), it.count)).collect()
}

/// The clear way.
fn count(hits: &[RecordedHit]) -> Counts {
    let mut counts = Counts::new();
    let mut add = |origin: &HitOrigin, rules, add: &dyn Fn(&mut OriginCount)| {
        for kind in OriginKind::ALL {
            if let Some(number) = origin.number(kind) {
                add(counts.entry((kind, number, rules)).or_default());
            }
        }
    };
    let mut best: BTreeMap<(ContactId, bool), Vec<&RecordedHit>> = BTreeMap::new();
    for it in hits.iter().filter(|it| !it.hit.signs.head) {
        let click = it.hit.kind != HitKind::View;
        let nobody = it.hit.contact.is_none();
        let origin = if nobody { it.origin.of_nobody() } else { it.origin };
        add(&origin, it.rules, &|count| match click {
            true => count.clicks += 1,
            false => count.views += 1,
        });
        if let Some(contact) = it.hit.contact {
            best.entry((contact, click)).or_default().push(it);
        }
    }
    for ((_, click), hits) in best {
        let order = |it: &&&RecordedHit| {
            let weakness = -it.class.code();
            (weakness, it.hit.at, it.rules.bits(), it.origin)
        };
        let it = hits.iter().min_by_key(order).unwrap();
        add(&it.origin, it.rules, &|count| match click {
            true => count.clickers += 1,
            false => count.viewers += 1,
        });
    }
    counts
}

pub(super) async fn any_batches_count_origins_alike(store: Store) {
    let world = World::with_contacts(store, CONTACTS).await;
    std::thread::spawn(move || {
        let config = ProptestConfig { cases: 48, ..ProptestConfig::default() };
        let segments = std::cell::Cell::new(0);
        let check = |(shapes, cuts): (Vec<Shape>, Vec<usize>)| {
            segments.set(segments.get() + 1);
            run(check(&world, segments.get(), &shapes, &cuts))
        };
        TestRunner::new(config).run(&shapes(), check).unwrap();
    })
    .join()
    .unwrap();
}

async fn record(world: &World, segment: u64, hits: &[RecordedHit]) {
    let mark = Mark { reader: "hits".to_owned(), segment, offset: 0 };
    world.store.hits_record(batch(hits.to_vec(), mark)).await.unwrap();
}

async fn check(
    world: &World,
    segment: u64,
    shapes: &[Shape],
    cuts: &[usize],
) -> Result<(), TestCaseError> {
    let campaign = world.started().await;
    let hits: Vec<RecordedHit> = (0..)
        .zip(shapes)
        .map(|(offset, shape)| RecordedHit { segment, ..hit(world, campaign, offset, *shape) })
        .collect();
    // Overlapping and repeated, and the later ones first.
    for cut in cuts {
        record(world, segment, &hits[(*cut).min(hits.len())..]).await;
    }
    let (early, late) = hits.split_at(hits.len() / 2);
    record(world, segment, late).await;
    record(world, segment, early).await;
    let counted = world.store.campaign_origins(campaign).await.unwrap().counted;
    prop_assert_eq!(found(&counted), count(&hits));
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    let sum = |of: fn(&OriginCount) -> i64| {
        let agents = counted.iter().filter(|it| it.kind == OriginKind::Agent);
        agents.map(|it| of(&it.count)).sum::<i64>()
    };
    prop_assert_eq!(sum(|it| it.views), rollup.views);
    prop_assert_eq!(sum(|it| it.clicks), rollup.clicks);
    prop_assert_eq!(sum(|it| it.viewers), rollup.unique_views);
    prop_assert_eq!(sum(|it| it.clickers), rollup.unique_clicks);
    Ok(())
}

fn of_contact(world: &World, campaign: CampaignId, offset: u32, second: i64) -> RecordedHit {
    hit(world, campaign, offset, (Some(0), false, 0, second, false, 1, 1))
}

pub(super) async fn where_old_hits_came_from_is_forgotten_and_stays_counted(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, 1, &[of_contact(&world, campaign, 0, 0)]).await;
    let before = world.store.campaign_origins(campaign).await.unwrap();
    let day = Timestamp(AT.0 + 48 * Timestamp::HOUR);
    while world.store.events_expire(day).await.unwrap().more {}
    assert_eq!(world.store.campaign_origins(campaign).await.unwrap(), before);
    // One that would have been chosen, had the first not been forgotten.
    let mut earlier = of_contact(&world, campaign, 1, -1);
    earlier.origin.country = countries()[2];
    record(&world, 1, &[earlier]).await;
    let counted = found(&world.store.campaign_origins(campaign).await.unwrap().counted);
    let viewers = |code: &str| {
        let country = Country::parse(code).map(Located::Known);
        let number = HitOrigin { country, ..HitOrigin::default() }.number(OriginKind::Country);
        let of = counted.iter().filter(|((kind, origin, _), _)| {
            *kind == OriginKind::Country && Some(*origin) == number
        });
        of.map(|(_, count)| (count.views, count.viewers)).collect::<Vec<_>>()
    };
    assert_eq!((viewers("DE"), viewers("FR")), (vec![(1, 1)], vec![(1, 0)]));
}

pub(super) async fn what_is_to_be_forgotten_has_no_origin_left(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, 1, &[of_contact(&world, campaign, 0, 0)]).await;
    let word = TrackingWord {
        contact: world.contacts[0],
        mode: TrackingMode::Identified,
        source: "page".to_owned(),
        notice: None,
        campaign: None,
        forget: true,
        at: Timestamp(AT.0 + 1),
    };
    world.store.contact_tracking_say(word).await.unwrap();
    while world.store.events_forget().await.unwrap() {}
    let left = world
        .store
        .read(|tx| tx.one(ORIGINS_LEFT, (), |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))));
    assert_eq!(left.await.unwrap(), (0, 0));
    // Whoever looks again is one more contact, as in all other counts.
    record(&world, 1, &[of_contact(&world, campaign, 1, 5)]).await;
    let counted = world.store.campaign_origins(campaign).await.unwrap().counted;
    let viewers: i64 =
        counted.iter().filter(|it| it.kind == OriginKind::Agent).map(|it| it.count.viewers).sum();
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((viewers, rollup.unique_views), (2, 2));
}

pub(super) async fn networks_have_the_names_that_were_last_noted(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, 1, &[of_contact(&world, campaign, 0, 0)]).await;
    for name in ["Old", "New"] {
        let names = vec![(3320, name.to_owned()), (1, "Another".to_owned())];
        world.store.network_names_put(names).await.unwrap();
    }
    let origins = world.store.campaign_origins(campaign).await.unwrap();
    assert_eq!(origins.network_names, BTreeMap::from([(3320, "New".to_owned())]));
}

pub(super) async fn an_event_tells_client_device_and_country(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let nobody = hit(&world, campaign, 1, (None, false, 0, 1, false, 2, 1));
    record(&world, 1, &[of_contact(&world, campaign, 0, 0), nobody]).await;
    let rows = world.store.read(|tx| {
        tx.all(EVENT_ORIGINS, (), |row| {
            let numbers: (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((numbers, row.get::<Option<String>>(2)?, row.get::<Option<i64>>(3)?))
        })
    });
    let phone = Device::Phone.code();
    let client = |at: usize| MailClient::ALL[at].code();
    assert_eq!(
        rows.await.unwrap(),
        [((client(1), phone), Some("DE".to_owned()), Some(3320)), ((client(2), phone), None, None),]
    );
}
