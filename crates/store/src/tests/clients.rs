//! The network addresses of events: encrypted for a time, then the prefix of their network.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use model::{ContactId, HitKind, LinkSlot, Timestamp, TrackingMode, TrackingPolicy, VisitorId};
use rusqlite::Connection;
use zeroize::Zeroizing;

use super::hits::view;
use super::world::{AT, World, batch, later};
use super::{location, run};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{
    ClientSecret, EventAddress, EventPosition, HitBatch, Mark, RecordedHit, RecorderProgress, Run,
    Store, StoreOptions, TrackingPolicyChange, TrackingWord,
};

texts! {
    CLIENTS_LIST = "SELECT client, signs FROM events ORDER BY at, node, segment, byte_offset";
    CLIENT_KEYS_LIST = "SELECT day FROM client_keys ORDER BY day";
    PLAIN_CLIENT_PUT = "UPDATE events SET client = $1, signs = 0";
    PLAIN_MARK_PUT = "INSERT INTO settings (key, value)
        VALUES ('client_addresses/plain_after', '-1')";
    PLAIN_MARK_FIND = "SELECT 1 FROM settings WHERE key = 'client_addresses/plain_after'";
}

const DAYS: i64 = 24 * 60;
const V4: [u8; 4] = [203, 0, 113, 77];
const V6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0xab, 0xcd, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0x77];

pub(crate) fn secret(byte: u8) -> ClientSecret {
    ClientSecret::new(Zeroizing::new([byte; 32]))
}

async fn world(store: Store) -> (World, model::CampaignId) {
    store.client_secret_lend(secret(7));
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    (world, campaign)
}

/// A view from this address; every one has its own place.
fn from(
    campaign: model::CampaignId,
    contact: ContactId,
    address: impl Into<IpAddr>,
    at: Timestamp,
) -> RecordedHit {
    static OFFSET: AtomicU32 = AtomicU32::new(1);
    let mut seen = view(OFFSET.fetch_add(1, Ordering::Relaxed), campaign, contact);
    (seen.hit.client, seen.hit.at) = (Some(address.into()), at);
    seen
}

fn id(recorded: &RecordedHit) -> EventPosition {
    EventPosition { node: recorded.node, segment: recorded.segment, offset: recorded.offset }
}

/// In runs, so that nothing is behind a mark.
async fn record(world: &World, hits: Vec<RecordedHit>) -> usize {
    world.store.hits_record(runs(hits)).await.unwrap().new
}

fn runs(hits: Vec<RecordedHit>) -> HitBatch {
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: 0 };
    HitBatch { progress: RecorderProgress::Runs(Vec::<Run>::new()), ..batch(hits, mark) }
}

/// What the rows have: bytes, and whether they are encrypted.
async fn rows(store: &Store) -> Vec<(Option<Vec<u8>>, bool)> {
    let all = store.read(|tx: &Tx<'_>| {
        tx.all(CLIENTS_LIST, (), |row| Ok((row.get(0)?, row.get::<i64>(1)? & 64 != 0)))
    });
    all.await.unwrap()
}

async fn keys(store: &Store) -> usize {
    store.read(|tx| tx.all(CLIENT_KEYS_LIST, (), |row| row.get::<i64>(0))).await.unwrap().len()
}

async fn keep(store: &Store, days: u16) {
    let change = TrackingPolicyChange { address_days: Some(days), ..Default::default() };
    store.tracking_policy_set(change).await.unwrap();
}

/// How many steps it took.
async fn shorten(store: &Store, now: Timestamp) -> usize {
    let mut steps = 0;
    while store.clients_shorten(now).await.unwrap() {
        steps += 1;
        assert!(steps < 100, "it never ends");
    }
    steps
}

async fn network(store: &Store, id: EventPosition) -> Option<String> {
    store.event_network(id).await.unwrap().map(|it| it.to_string())
}

pub(super) async fn an_address_is_told_as_its_network_and_in_full_when_asked_for(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let (v4, v6) = (from(campaign, one, V4, AT), from(campaign, one, V6, AT));
    let mapped = from(campaign, one, [0, 0, 0, 0, 0, 0xffff, 0xcb00, 0x714d_u16], AT);
    let mut nowhere = from(campaign, one, V4, AT);
    nowhere.hit.client = None;
    record(&world, vec![v4.clone(), v6.clone(), mapped.clone(), nowhere.clone()]).await;
    let store = &world.store;
    for (hit, prefix, address) in [
        (&v4, "203.0.113.0/24", IpAddr::from(V4)),
        (&v6, "2001:db8:abcd::/48", IpAddr::from(V6)),
        (&mapped, "203.0.113.0/24", IpAddr::from(V4)),
    ] {
        assert_eq!(network(store, id(hit)).await.as_deref(), Some(prefix));
        let told = store.event_address(id(hit)).await.unwrap();
        assert_eq!(told, EventAddress::Kept(address));
    }
    for absent in [id(&nowhere), EventPosition { node: 9, segment: 9, offset: 9 }] {
        assert_eq!(network(store, absent).await, None);
        assert_eq!(store.event_address(absent).await.unwrap(), EventAddress::NotKept);
    }
    assert_eq!(keys(store).await, 1);
}

pub(super) async fn no_row_has_an_address_and_none_is_stored_alike_twice(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, other] = world.contacts[..] else { panic!("two contacts") };
    let hits = [(one, AT), (other, AT), (one, later(DAYS))];
    record(&world, hits.map(|(whose, at)| from(campaign, whose, V6, at)).into()).await;
    let mut found: Vec<_> = rows(&world.store).await;
    assert!(
        found.iter().all(|(bytes, encrypted)| bytes.as_ref().unwrap().len() == 16 && *encrypted)
    );
    // Neither the address nor any part of it that is worth anything.
    assert!(found.iter().all(|(bytes, _)| bytes.as_ref().unwrap()[..4] != V6[..4]));
    found.sort();
    found.dedup();
    assert_eq!((found.len(), keys(&world.store).await), (3, 2));
}

pub(super) async fn where_addresses_are_not_kept_only_their_network_is_stored(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let change = TrackingPolicyChange {
        without_consent: Some(TrackingMode::Identified),
        ..TrackingPolicy::EU.into()
    };
    store.tracking_policy_set(change).await.unwrap();
    let (v4, v6) = (from(campaign, one, V4, AT), from(campaign, one, V6, later(1)));
    record(&world, vec![v4.clone(), v6.clone()]).await;
    let prefixes = [(Some(V4[..3].to_vec()), false), (Some(V6[..6].to_vec()), false)];
    assert_eq!((rows(store).await, keys(store).await), (prefixes.to_vec(), 0));
    assert_eq!(network(store, id(&v4)).await.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(network(store, id(&v6)).await.as_deref(), Some("2001:db8:abcd::/48"));
    assert_eq!(store.event_address(id(&v4)).await.unwrap(), EventAddress::NotKept);
    assert_eq!(shorten(store, later(1)).await, 0);
}

pub(super) async fn what_nobody_has_said_about_addresses_is_the_presets(store: Store) {
    let days = async || store.tracking_policy().await.unwrap().address_days;
    assert_eq!(days().await, 30);
    // As a release did that knew of modes only.
    for key in ["tracking/at_most", "tracking/without_consent"] {
        let word = if key.ends_with("most") { "identified" } else { "off" };
        store.setting_put(key, word).await.unwrap();
    }
    assert_eq!(days().await, 0);
    keep(&store, 12).await;
    assert_eq!(days().await, 12);
    store.tracking_policy_set(TrackingPolicy::default()).await.unwrap();
    assert_eq!(days().await, 30);
    // What this release does not know is kept to the least.
    store.setting_put("tracking/address_days", "for ever").await.unwrap();
    assert_eq!(days().await, 0);
}

pub(super) async fn after_its_time_an_address_is_its_network_and_its_key_is_gone(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let (old, young) = (from(campaign, one, V4, AT), from(campaign, one, V6, later(DAYS)));
    record(&world, vec![old.clone(), young.clone()]).await;
    let (sealed, before) = (rows(store).await, store.campaign_rollup(campaign).await.unwrap());
    // The last moment of the time, by the end of the day.
    let end = (AT.0.div_euclid(DAYS * 60_000_000) + 1 + 30) * DAYS * 60_000_000;
    assert_eq!(shorten(store, Timestamp(end - 1)).await, 0);
    assert_eq!(rows(store).await, sealed);
    assert_eq!(shorten(store, Timestamp(end)).await, 1);
    assert_eq!(rows(store).await, [(Some(V4[..3].to_vec()), false), sealed[1].clone()]);
    assert_eq!(keys(store).await, 1);
    assert_eq!(network(store, id(&old)).await.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(store.event_address(id(&old)).await.unwrap(), EventAddress::NotKept);
    let kept = store.event_address(id(&young)).await.unwrap();
    assert_eq!(kept, EventAddress::Kept(V6.into()));
    assert_eq!(store.campaign_rollup(campaign).await.unwrap(), before);
    // What comes late finds no key, and makes none.
    record(&world, vec![from(campaign, one, V6, later(1))]).await;
    assert_eq!(rows(store).await[1], (Some(V6[..6].to_vec()), false));
    assert_eq!(keys(store).await, 1);
}

pub(super) async fn a_day_is_shortened_in_steps_while_late_hits_come(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let noon = Timestamp(AT.0.div_euclid(DAYS * 60_000_000) * DAYS * 60_000_000);
    let at = |moment: i64| Timestamp(noon.0 + moment);
    let many = (0..12_000).map(|moment| from(campaign, one, V6, at(moment + 10))).collect();
    record(&world, many).await;
    let now = later(40 * DAYS);
    assert!(store.clients_shorten(now).await.unwrap());
    let encrypted = async || rows(store).await.iter().filter(|row| row.1).count();
    assert_eq!(encrypted().await, 7_000);
    // Before and behind the place to which the walk has come.
    record(&world, vec![from(campaign, one, V4, at(1)), from(campaign, one, V4, at(50_000))]).await;
    assert_eq!(encrypted().await, 7_000);
    assert_eq!(shorten(store, now).await, 3);
    let lengths = |it: &(Option<Vec<u8>>, bool)| (it.0.as_ref().unwrap().len(), it.1);
    let mut found: Vec<_> = rows(store).await.iter().map(lengths).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!((found, keys(store).await), (vec![(3, false), (6, false)], 0));
}

pub(super) async fn fewer_days_act_on_what_is_there_and_more_bring_nothing_back(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let hits = [AT, later(3 * DAYS)].map(|at| from(campaign, one, V4, at));
    record(&world, hits.to_vec()).await;
    let now = later(3 * DAYS);
    assert_eq!(shorten(store, now).await, 0);
    keep(store, 1).await;
    assert_eq!(shorten(store, now).await, 1);
    let encrypted: Vec<bool> = rows(store).await.iter().map(|row| row.1).collect();
    assert_eq!(encrypted, [false, true]);
    keep(store, 0).await;
    // Of today as well.
    shorten(store, now).await;
    assert_eq!(keys(store).await, 0);
    keep(store, 30).await;
    assert!(rows(store).await.iter().all(|row| *row == (Some(V4[..3].to_vec()), false)));
    // The day that was ended stays so, and the next one begins.
    record(&world, [now, later(4 * DAYS)].map(|at| from(campaign, one, V4, at)).into()).await;
    let encrypted: Vec<bool> = rows(store).await.iter().map(|row| row.1).collect();
    assert_eq!(encrypted, [false, false, false, true]);
}

pub(super) async fn addresses_of_an_earlier_release_are_shortened_in_steps(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let many = (0..6_000).map(|at| from(campaign, one, V4, Timestamp(AT.0 + at))).collect();
    record(&world, many).await;
    let as_released = |tx: &Tx<'_>| {
        tx.execute(PLAIN_CLIENT_PUT, [&V6[..]])?;
        tx.execute(PLAIN_MARK_PUT, ()).map(drop)
    };
    store.write(as_released).await.unwrap();
    // What is recorded meanwhile is encrypted, and stays so.
    let new = from(campaign, one, V4, later(1));
    record(&world, vec![new.clone()]).await;
    assert_eq!(network(store, id(&new)).await.as_deref(), Some("203.0.113.0/24"));
    assert!(store.clients_shorten(AT).await.unwrap());
    let whole = async || {
        let long = |row: &&(Option<Vec<u8>>, bool)| row.0.as_ref().unwrap().len() == 16;
        rows(store).await.iter().filter(long).count()
    };
    assert_eq!(whole().await, 1_000);
    shorten(store, AT).await;
    assert_eq!(whole().await, 0);
    let left = store.read(|tx| tx.first(PLAIN_MARK_FIND, (), |_| Ok(()))).await.unwrap();
    assert_eq!(left, None);
    let found = rows(store).await;
    assert_eq!(found[0], (Some(V6[..6].to_vec()), false));
    assert_eq!((found[6_000].0.as_ref().unwrap().len(), found[6_000].1), (4, true));
    assert_eq!(store.event_address(id(&new)).await.unwrap(), EventAddress::Kept(V4.into()));
}

/// A server of the release before goes on storing addresses as they are until it is replaced.
pub(super) async fn what_an_older_server_stores_is_shortened_with_its_day(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let hit = from(campaign, one, V4, AT);
    record(&world, vec![hit.clone()]).await;
    let older = |tx: &Tx<'_>| tx.execute(PLAIN_CLIENT_PUT, [&V4[..]]).map(drop);
    store.write(older).await.unwrap();
    // It is told like any other.
    assert_eq!(network(store, id(&hit)).await.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(store.event_address(id(&hit)).await.unwrap(), EventAddress::NotKept);
    shorten(store, later(40 * DAYS)).await;
    assert_eq!(rows(store).await, [(Some(V4[..3].to_vec()), false)]);
}

pub(super) async fn recorders_that_begin_a_day_together_share_its_key(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, _] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let hits: Vec<_> = (0..4).map(|_| from(campaign, one, V6, AT)).collect();
    let each = |at: usize| store.hits_record(runs(vec![hits[at].clone()]));
    let (a, b, c, d) = tokio::join!(each(0), each(1), each(2), each(3));
    assert_eq!([a, b, c, d].map(|done| done.unwrap().new), [1; 4]);
    assert_eq!(keys(store).await, 1);
    for hit in &hits {
        let told = store.event_address(id(hit)).await.unwrap();
        assert_eq!(told, EventAddress::Kept(V6.into()));
    }
}

pub(super) async fn what_becomes_nobodys_has_no_address(store: Store) {
    let (world, campaign) = world(store).await;
    let [one, other] = world.contacts[..] else { panic!("two contacts") };
    let store = &world.store;
    let in_browser = |mut hit: RecordedHit| {
        hit.hit.visitor = Some(VisitorId([7; 12]));
        hit.hit.kind = HitKind::Click(LinkSlot(1));
        hit
    };
    let forgotten = from(campaign, one, V4, AT);
    let removed = in_browser(from(campaign, other, V4, AT));
    let kept = from(campaign, other, V4, AT);
    record(&world, vec![forgotten.clone(), removed.clone(), kept.clone()]).await;
    let word = TrackingWord {
        contact: one,
        mode: TrackingMode::Off,
        source: "page".to_owned(),
        notice: None,
        campaign: None,
        forget: true,
        at: later(1),
    };
    store.contact_tracking_say(word).await.unwrap();
    while store.events_forget().await.unwrap() {}
    store.visitor_remove(VisitorId([7; 12]), later(2)).await.unwrap();
    // On its way while the browser was removed.
    let late = in_browser(from(campaign, other, V4, later(1)));
    record(&world, vec![late.clone()]).await;
    for gone in [&forgotten, &removed, &late] {
        assert_eq!(network(store, id(gone)).await, None, "{gone:?}");
    }
    assert_eq!(network(store, id(&kept)).await.as_deref(), Some("203.0.113.0/24"));
    // Erasing a contact removes their events.
    store.contact_events_erase(other, Timestamp(i64::MIN)).await.unwrap();
    assert_eq!(rows(store).await, [(None, true)]);
    shorten(store, later(40 * DAYS)).await;
    assert_eq!(rows(store).await, [(None, true)]);
}

/// Bytes that a file must not have.
fn is_in(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn neither_an_address_nor_a_key_that_was_destroyed_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let files = || {
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap_or_default();
        [read("store"), read("store-wal")].concat()
    };
    run(async {
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        let (world, campaign) = world(store).await;
        let hits = (0..50).map(|at| from(campaign, world.contacts[0], V6, later(at))).collect();
        record(&world, hits).await;
        assert_eq!(rows(&world.store).await.len(), 50);
    });
    let bytes = files();
    assert!(is_in(&bytes, b"Mozilla/5.0"), "the hits are in the file");
    assert!(!is_in(&bytes, &V6) && !is_in(&bytes, &V6[8..]), "an address is in the file");
    assert!(!is_in(&bytes, IpAddr::from(V6).to_string().as_bytes()));
    assert!(!is_in(&bytes, &[7; 32]), "the secret is in the file");
    let salt: Vec<u8> = {
        let connection = Connection::open(&path).unwrap();
        connection.query_row("SELECT salt FROM client_keys", [], |row| row.get(0)).unwrap()
    };
    assert!(is_in(&files(), &salt));
    let store = Store::open(&path, StoreOptions::default()).unwrap();
    store.client_secret_lend(secret(7));
    run(shorten(&store, later(40 * DAYS)));
    drop(store);
    assert!(!is_in(&files(), &salt), "the key of a day that is over is in the file");
}

#[test]
fn with_another_key_file_nothing_is_told_and_nothing_wrong_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let open = || Store::open(&path, StoreOptions::default()).unwrap();
    run(async {
        let (world, campaign) = world(open()).await;
        let contact = world.contacts[0];
        let hit = from(campaign, contact, V4, AT);
        record(&world, vec![hit.clone()]).await;
        for other in [None, Some(secret(8))] {
            let store = open();
            if let Some(other) = other {
                store.client_secret_lend(other);
            }
            assert_eq!(network(&store, id(&hit)).await, None);
            assert_eq!(store.event_address(id(&hit)).await.unwrap(), EventAddress::NotKept);
            // Of a day that has another's key nothing is encrypted that nobody could read.
            let next = from(campaign, contact, V6, later(1));
            store.hits_record(runs(vec![next.clone()])).await.unwrap();
            assert_eq!(network(&store, id(&next)).await.as_deref(), Some("2001:db8:abcd::/48"));
        }
        let store = open();
        store.client_secret_lend(secret(8));
        shorten(&store, later(40 * DAYS)).await;
        assert_eq!(rows(&store).await[0], (None, false));
    });
}

#[test]
fn a_store_of_the_release_before_shortens_its_addresses_after_an_upgrade() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut connection = Connection::open(&path).unwrap();
    crate::engine::migrate::sqlite_of(&mut connection, 25);
    let row = |at: i64, client: &str| {
        format!(
            "INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id, client,
                signs, agent_id, class, rule)
            VALUES ({at}, 1, 1, {at}, 1, 1, {client}, 1, 1, 6, '');"
        )
    };
    let rows_of_it = row(1, "X'CB00714D'") + &row(2, "NULL") + &row(3, "X'CB007101'");
    connection.execute_batch(&rows_of_it).unwrap();
    drop(connection);
    let upgrade = StoreOptions { upgrade: true, ..StoreOptions::default() };
    let store = Store::open(&path, upgrade).unwrap();
    run(async {
        assert_eq!(shorten(&store, Timestamp(5)).await, 2);
        let prefix = || (Some(V4[..3].to_vec()), false);
        assert_eq!(rows(&store).await, [prefix(), (None, false), prefix()]);
        assert_eq!(shorten(&store, Timestamp(5)).await, 0);
    });
    drop(store);
    assert!(!is_in(&std::fs::read(&path).unwrap(), &V4), "an address is left in the file");
}

#[test]
fn a_store_that_moves_takes_its_keys_along() {
    let folder = tempfile::tempdir().unwrap();
    let url = testkit::Postgres::shared().database();
    let (from_store, to_store) = (
        Store::open(&folder.path().join("store"), StoreOptions::default()).unwrap(),
        Store::open(location(&url), StoreOptions::default()).unwrap(),
    );
    run(async {
        let (world, campaign) = world(from_store.clone()).await;
        let hit = from(campaign, world.contacts[0], V4, AT);
        record(&world, vec![hit.clone()]).await;
        let options = crate::TransferOptions {
            target: "there".to_owned(),
            installation: "one".to_owned(),
            now: later(1),
            batch: 10,
        };
        let go_on = |_| std::ops::ControlFlow::Continue(());
        crate::transfer(&from_store, &to_store, options, go_on).await.unwrap();
        to_store.client_secret_lend(secret(7));
        let told = to_store.event_address(id(&hit)).await.unwrap();
        assert_eq!(told, EventAddress::Kept(V4.into()));
    });
}
