//! What ties browsers to contacts, and how it is cut.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use model::{
    CampaignId, ContactId, HitClass, HitKind, LinkSlot, TrackingMode, VisitorId, VisitorLinkReason,
    VisitorLinkStrength,
};

use super::hits::view;
use super::world::{NODE, World, batch, hash_of, later};
use crate::counting::visitors::visitor_at;
use crate::engine::sql::texts;
use crate::{
    HitBatch, MOST_CONTACTS, MOST_VISITORS, Mark, RecordedHit, RecorderProgress, Store,
    TrackingWord, VisitorCut, VisitorLink,
};

texts! {
    EVENTS_BY_PAIR = "SELECT visitor, contact_id, count(*) FROM events WHERE visitor IS NOT NULL
        GROUP BY visitor, contact_id ORDER BY visitor, contact_id";
    CUTS = "SELECT count(*), coalesce(CAST(sum(settled) AS BIGINT), 0) FROM cut_visitor_links";
}

const ONE: VisitorId = VisitorId([7; 12]);
const OTHER: VisitorId = VisitorId([8; 12]);
pub(super) const DAY: i64 = 24 * 60;

/// By browser and contact.
pub(super) type Pairs<T> = BTreeMap<(VisitorId, ContactId), T>;

/// A person's click in this browser, so many minutes later; every one has its own place.
pub(super) fn click(
    campaign: CampaignId,
    contact: ContactId,
    visitor: VisitorId,
    at: i64,
) -> RecordedHit {
    static OFFSET: AtomicU32 = AtomicU32::new(1);
    let mut click = view(OFFSET.fetch_add(1, Ordering::Relaxed), campaign, contact);
    click.hit.kind = HitKind::Click(LinkSlot(0));
    click.hit.visitor = Some(visitor);
    click.hit.at = later(at);
    click
}

pub(super) async fn record(world: &World, hits: Vec<RecordedHit>) {
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 0 };
    world.store.hits_record(batch(hits, mark)).await.unwrap();
}

pub(super) async fn links(world: &World) -> Pairs<VisitorLink> {
    let mut all = BTreeMap::new();
    for contact in &world.contacts {
        for found in world.store.contact_visitors(*contact).await.unwrap() {
            all.insert((found.visitor, *contact), found.link);
            let back = world.store.visitor_contacts(found.visitor).await.unwrap();
            assert!(back.iter().any(|it| it.contact == *contact && it.link == found.link));
        }
    }
    all
}

pub(super) async fn events(world: &World) -> Pairs<i64> {
    let pairs = world.store.read(|tx| {
        tx.all(EVENTS_BY_PAIR, (), |row| {
            Ok(((visitor_at(row, 0)?, ContactId(row.get(1)?)), row.get(2)?))
        })
    });
    pairs.await.unwrap().into_iter().collect()
}

async fn cuts(world: &World) -> (i64, i64) {
    world.store.read(|tx| tx.one(CUTS, (), |row| Ok((row.get(0)?, row.get(1)?)))).await.unwrap()
}

pub(super) async fn only_a_persons_click_in_a_browser_with_its_cookie_ties(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let campaign = world.started().await;
    let mut seen = click(campaign, one, ONE, 1);
    seen.hit.kind = HitKind::View;
    let mut checker = click(campaign, one, ONE, 2);
    checker.class = HitClass::Scanner;
    let mut unknown = click(campaign, one, ONE, 3);
    unknown.class = HitClass::Unknown;
    let mut head = click(campaign, one, ONE, 4);
    head.hit.signs.head = true;
    let mut offered = click(campaign, one, ONE, 5);
    (offered.hit.visitor, offered.hit.signs.cookie_offered) = (None, true);
    let mut stray = click(campaign, ContactId(99), ONE, 6);
    stray.hit.contact = Some(ContactId(99));
    record(&world, vec![seen, checker, unknown, head, offered, stray]).await;
    assert_eq!(links(&world).await, BTreeMap::new());
    assert_eq!(events(&world).await, BTreeMap::from([((ONE, one), 4)]));

    let twice = [click(campaign, two, ONE, 30), click(campaign, two, ONE, 20)];
    record(&world, twice.to_vec()).await;
    // What comes again counts once.
    record(&world, twice.to_vec()).await;
    let expect = VisitorLink {
        reason: VisitorLinkReason::Click,
        first_at: later(20),
        last_at: later(30),
        hits: 2,
        campaign,
        days: 1,
        campaigns: 1,
    };
    assert_eq!(links(&world).await, BTreeMap::from([((ONE, two), expect)]));
    let contacts = world.store.visitor_contacts(ONE).await.unwrap();
    assert_eq!(contacts[0].email.as_str(), "2@x.org");
    assert_eq!(world.store.visitor_contacts(OTHER).await.unwrap(), []);
}

pub(super) async fn a_click_right_after_its_delivery_ties_nobody(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hit = click(campaign, world.contacts[0], ONE, 1);
    // Nothing was sent yet, so whatever comes is soon.
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 0 };
    let soon = HitBatch {
        recorder: NODE,
        hits: vec![hit],
        gaps: Vec::new(),
        progress: RecorderProgress::Marks(vec![mark]),
        soon: std::time::Duration::from_secs(60),
    };
    assert_eq!(world.store.hits_record(soon).await.unwrap().new, 1);
    assert_eq!(links(&world).await, BTreeMap::new());
}

pub(super) async fn whoever_else_clicks_is_a_row_of_their_own_and_strength_tells(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let mut hits = Vec::new();
    for number in 0..4 {
        let campaign = world.started().await;
        hits.push(click(campaign, one, ONE, number * DAY));
        // The same message, passed on, in another browser; and once another's message in this one.
        if number == 0 {
            hits.extend([click(campaign, one, OTHER, 9), click(campaign, two, ONE, 10)]);
        }
    }
    record(&world, hits).await;
    let strengths: Pairs<_> =
        links(&world).await.into_iter().map(|(pair, link)| (pair, link.strength())).collect();
    use VisitorLinkStrength::{Strong, Weak};
    let expect = [((ONE, one), Strong), ((ONE, two), Weak), ((OTHER, one), Weak)];
    assert_eq!(strengths, BTreeMap::from(expect));
}

pub(super) async fn a_cut_takes_the_past_apart_and_holds_for_what_comes(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let campaign = world.started().await;
    let mut seen = click(campaign, one, ONE, 1);
    seen.hit.kind = HitKind::View;
    let on_its_way = click(campaign, one, ONE, 3);
    record(&world, vec![seen, click(campaign, one, ONE, 2), click(campaign, two, ONE, 2)]).await;
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    // Not tied: nothing to cut, and nothing remembered.
    let none = world.store.visitor_cut(OTHER, one, later(4)).await.unwrap();
    assert_eq!((none, cuts(&world).await), (VisitorCut::default(), (0, 0)));
    let cut = world.store.visitor_cut(ONE, one, later(4)).await.unwrap();
    assert_eq!(cut, VisitorCut { was_tied: true, hits: 2 });
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);

    // From before, from after, and a view.
    let mut later_view = click(campaign, one, ONE, 9);
    later_view.hit.kind = HitKind::View;
    record(&world, vec![on_its_way, click(campaign, one, ONE, 8), later_view]).await;
    assert_eq!(links(&world).await.into_keys().collect::<Vec<_>>(), [(ONE, two)]);
    assert_eq!(events(&world).await, BTreeMap::from([((ONE, two), 1)]));

    // It stays open until everything that was being recorded is there.
    assert!(!world.store.visitor_cuts_settle(later(4)).await.unwrap());
    assert_eq!(cuts(&world).await, (1, 0));
    assert!(world.store.visitor_cuts_settle(later(5)).await.unwrap());
    assert!(!world.store.visitor_cuts_settle(later(5)).await.unwrap());
    assert_eq!(cuts(&world).await, (1, 1));

    // The browser was last seen at 2.
    assert_eq!(world.store.visitor_cuts_expire(later(4)).await.unwrap(), 0);
    assert_eq!(world.store.visitor_cuts_expire(later(5)).await.unwrap(), 1);
}

pub(super) async fn a_cut_is_remembered_while_the_browser_comes_back(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let campaign = world.started().await;
    record(&world, vec![click(campaign, one, ONE, 1), click(campaign, two, ONE, 9)]).await;
    world.store.visitor_cut(ONE, one, later(2)).await.unwrap();
    while world.store.visitor_cuts_settle(later(8)).await.unwrap() {}
    assert_eq!(world.store.visitor_cuts_expire(later(9)).await.unwrap(), 0);
    assert_eq!(world.store.visitor_cuts_expire(later(10)).await.unwrap(), 1);
}

pub(super) async fn many_hits_of_a_cut_pair_lose_the_browser_to_the_last(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hits = (0..5_003).map(|at| click(campaign, world.contacts[0], ONE, at)).collect();
    record(&world, hits).await;
    let link = links(&world).await.into_values().next().unwrap();
    assert_eq!((link.hits, link.days), (1_000, 4));
    let cut = world.store.visitor_cut(ONE, world.contacts[0], later(6_000)).await.unwrap();
    assert_eq!((cut.hits, events(&world).await.into_values().sum::<i64>()), (5_000, 3));
    while world.store.visitor_cuts_settle(later(6_001)).await.unwrap() {}
    assert_eq!((events(&world).await, cuts(&world).await), (BTreeMap::new(), (1, 1)));
}

pub(super) async fn who_withdraws_is_tied_to_no_more_and_who_is_erased_to_none(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let [one, two, three] = world.contacts[..] else { panic!("three contacts") };
    let campaign = world.started().await;
    let all = |visitor| world.contacts.iter().map(move |it| click(campaign, *it, visitor, 1));
    record(&world, all(ONE).collect()).await;
    // Somebody else's cut goes with them, too.
    record(&world, all(VisitorId([9; 12])).collect()).await;
    for contact in [one, two] {
        world.store.visitor_cut(VisitorId([9; 12]), contact, later(2)).await.unwrap();
    }
    let word = |contact, mode, forget| TrackingWord {
        contact,
        mode,
        source: "page".to_owned(),
        notice: None,
        campaign: None,
        forget,
        at: later(3),
    };
    for (contact, forget) in [(one, true), (three, false)] {
        let said = word(contact, TrackingMode::Off, forget);
        world.store.contact_tracking_say(said).await.unwrap();
    }
    world.store.address_erase("2@x.org".to_owned(), hash_of(two), later(4)).await.unwrap();
    record(&world, all(OTHER).collect()).await;
    let kept: Vec<_> = links(&world).await.into_keys().collect();
    assert_eq!(kept, [(ONE, three), (VisitorId([9; 12]), three)]);
    assert_eq!(cuts(&world).await, (0, 0));
}

pub(super) async fn a_removed_browser_is_tied_to_nobody(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let campaign = world.started().await;
    let both = [click(campaign, one, ONE, 1), click(campaign, two, ONE, 1)];
    record(&world, [both.to_vec(), vec![click(campaign, one, OTHER, 1)]].concat()).await;
    world.store.visitor_cut(ONE, two, later(2)).await.unwrap();
    world.store.visitor_remove(ONE, later(3)).await.unwrap();
    assert_eq!(links(&world).await.into_keys().collect::<Vec<_>>(), [(OTHER, one)]);
    assert_eq!(cuts(&world).await, (0, 0));
    // On its way when it was removed.
    record(&world, vec![click(campaign, one, ONE, 2)]).await;
    assert_eq!(links(&world).await.len(), 1);
}

pub(super) async fn a_browser_and_a_contact_are_tied_to_a_bounded_number(store: Store) {
    let most_contacts = usize::try_from(MOST_CONTACTS).unwrap();
    let world = World::with_contacts(store, most_contacts + 2).await;
    let campaign = world.started().await;
    let (first, rest) = world.contacts.split_at(1);
    record(&world, vec![click(campaign, first[0], ONE, 1)]).await;
    record(&world, rest.iter().map(|it| click(campaign, *it, ONE, 2)).collect()).await;
    assert_eq!(world.store.visitor_contacts(ONE).await.unwrap().len(), most_contacts);
    // Those that there are go on being counted.
    record(&world, vec![click(campaign, first[0], ONE, 3)]).await;
    assert_eq!(world.store.visitor_contacts(ONE).await.unwrap()[0].link.hits, 2);
    let many = (0..=u8::try_from(MOST_VISITORS).unwrap())
        .map(|number| click(campaign, first[0], VisitorId([100 + number; 12]), 4));
    record(&world, many.collect()).await;
    let found = world.store.contact_visitors(first[0]).await.unwrap();
    assert_eq!(i64::try_from(found.len()), Ok(MOST_VISITORS));
}
