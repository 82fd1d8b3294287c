//! What is kept of one visitor, its removal, and the identifiers of earlier releases.

use std::sync::atomic::{AtomicU32, Ordering};

use model::{CampaignId, HitKind, LinkSlot, VisitorId};
use rusqlite::Connection;

use super::hits::view;
use super::world::{World, batch, later};
use super::{location, postgres, run};
use crate::engine::migrate::sqlite_of;
use crate::engine::sql::texts;
use crate::{Mark, RecordedHit, Store, StoreOptions, VisitorRecord, VisitorRemoval};

texts! {
    EVENTS_OF_ANYBODY = "SELECT count(*) FROM events";
    EVENTS_WITH_VISITOR = "SELECT count(*) FROM events WHERE visitor IS NOT NULL";
    LONG_SEEN = "INSERT INTO visitors (visitor, first_at, last_at) VALUES ($1, $2, $3)";
    LONG_VISIT = "INSERT INTO campaign_visitors (campaign_id, visitor) VALUES ($1, $2)";
}

const ONE: VisitorId = VisitorId([7; 12]);
const OTHER: VisitorId = VisitorId([8; 12]);

/// A view of the campaign by this browser, so many minutes later; every one has its own place.
fn seen(world: &World, campaign: CampaignId, visitor: VisitorId, minutes: i64) -> RecordedHit {
    static OFFSET: AtomicU32 = AtomicU32::new(1);
    let offset = OFFSET.fetch_add(1, Ordering::Relaxed);
    let mut seen = view(offset, campaign, world.contacts[0]);
    seen.hit.visitor = Some(visitor);
    seen.hit.at = later(minutes);
    seen
}

async fn record(world: &World, hits: Vec<RecordedHit>) {
    let next = hits.iter().map(|hit| hit.offset + 1).max().unwrap_or(0);
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: next };
    world.store.hits_record(batch(hits, mark)).await.unwrap();
}

async fn events(world: &World) -> (i64, i64) {
    world
        .store
        .read(|tx| {
            let all = tx.one(EVENTS_OF_ANYBODY, (), |row| row.get(0))?;
            Ok((all, tx.one(EVENTS_WITH_VISITOR, (), |row| row.get(0))?))
        })
        .await
        .unwrap()
}

pub(super) async fn a_visitor_is_shown_as_times_and_numbers(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (first, second) = (world.started().await, world.started().await);
    let mut click = seen(&world, first, ONE, 9);
    click.hit.kind = HitKind::Click(LinkSlot(1));
    let views = [(first, 1), (first, 2), (second, 5)];
    let mut hits: Vec<_> = views.map(|(of, at)| seen(&world, of, ONE, at)).into();
    hits.extend([click, seen(&world, first, OTHER, 3)]);
    record(&world, hits).await;
    let expect = VisitorRecord { first_at: later(1), last_at: later(9), campaigns: 2, hits: 4 };
    assert_eq!(world.store.visitor_find(ONE).await.unwrap(), Some(expect));
    assert_eq!(world.store.visitor_find(VisitorId([9; 12])).await.unwrap(), None);
}

pub(super) async fn a_removed_visitor_is_nowhere_and_counts_stay(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hits = [(ONE, 1), (ONE, 2), (OTHER, 3)];
    record(&world, hits.map(|(who, at)| seen(&world, campaign, who, at)).into()).await;
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    for expect in [
        VisitorRemoval { known: true, campaigns: 1, hits: 2 },
        VisitorRemoval { known: false, campaigns: 0, hits: 0 },
    ] {
        assert_eq!(world.store.visitor_remove(ONE, later(5)).await.unwrap(), expect);
        assert_eq!(world.store.visitor_find(ONE).await.unwrap(), None);
        assert!(world.store.visitor_find(OTHER).await.unwrap().is_some());
        assert_eq!(events(&world).await, (3, 1));
        assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);
    }
}

pub(super) async fn a_hit_on_its_way_does_not_bring_a_removed_visitor_back(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, vec![seen(&world, campaign, ONE, 1)]).await;
    world.store.visitor_remove(ONE, later(5)).await.unwrap();
    // One from before the removal, one at that moment, and somebody else's.
    let late = [(ONE, 4), (ONE, 5), (OTHER, 4)];
    record(&world, late.map(|(who, at)| seen(&world, campaign, who, at)).into()).await;
    assert_eq!(world.store.visitor_find(ONE).await.unwrap(), None);
    assert_eq!(events(&world).await, (4, 1));
    assert!(world.store.visitor_find(OTHER).await.unwrap().is_some());

    // A browser that brings the cookie all the same is counted from then on.
    record(&world, vec![seen(&world, campaign, ONE, 6)]).await;
    let found = world.store.visitor_find(ONE).await.unwrap().unwrap();
    assert_eq!((found.first_at, found.hits), (later(6), 1));

    assert_eq!(world.store.removed_visitors_expire(later(5)).await.unwrap(), 0);
    assert_eq!(world.store.removed_visitors_expire(later(6)).await.unwrap(), 1);
}

pub(super) async fn many_hits_of_one_visitor_are_unnamed_to_the_last(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hits = (0..5_001).map(|minutes| seen(&world, campaign, ONE, minutes)).collect();
    record(&world, hits).await;
    let removed = world.store.visitor_remove(ONE, later(6_000)).await.unwrap();
    assert_eq!((removed.hits, events(&world).await), (5_001, (5_001, 0)));
}

/// A server of the release before goes on writing long identifiers until it is replaced.
pub(super) async fn a_long_identifier_is_found_by_its_first_part(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world, vec![seen(&world, campaign, ONE, 5)]).await;
    for long in [ONE.last_long(), OTHER.last_long()] {
        let rows = move |tx: &crate::engine::tx::Tx<'_>| {
            tx.execute(LONG_SEEN, (long, later(2).0, later(9).0))?;
            tx.execute(LONG_VISIT, (campaign.0, long)).map(drop)
        };
        world.store.write(rows).await.unwrap();
    }
    let found = world.store.visitor_find(ONE).await.unwrap().unwrap();
    let expect = VisitorRecord { first_at: later(2), last_at: later(9), campaigns: 1, hits: 1 };
    assert_eq!(found, expect);
    let removed = world.store.visitor_remove(ONE, later(10)).await.unwrap();
    assert_eq!((removed.known, removed.campaigns), (true, 2));
    assert_eq!(world.store.visitor_find(ONE).await.unwrap(), None);
    assert!(world.store.visitor_find(OTHER).await.unwrap().is_some());
}

/// Of the release before: two browsers whose identifiers begin alike, one that has been cut
/// already, one of its own, and a hit without a visitor. `X'07'` is written `{}`.
fn long_rows(blob: impl Fn(&str) -> String) -> String {
    let of = |head: &str, tail: &str| blob(&format!("{}{}", head.repeat(12), tail.repeat(4)));
    let (one, twin, short, other) = (of("07", "01"), of("07", "02"), of("07", ""), of("08", "03"));
    format!(
        "INSERT INTO visitors VALUES
            ({one}, 5, 6), ({twin}, 3, 4), ({short}, 4, 9), ({other}, 1, 2);
        INSERT INTO campaign_visitors VALUES
            (1, {one}), (1, {twin}), (2, {one}), (2, {short}), (3, {other});
        INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor,
            client, signs, agent_id, class, rule) VALUES
            (1, 1, 1, 1, 1, 1, NULL, {one}, NULL, 0, 1, 6, ''),
            (2, 1, 1, 2, 1, 1, NULL, {short}, NULL, 0, 1, 6, ''),
            (3, 1, 1, 3, 1, 1, NULL, NULL, NULL, 0, 1, 6, ''),
            (4, 1, 1, 4, 3, 1, NULL, {other}, NULL, 0, 1, 6, '')"
    )
}

/// What the migration makes of them: visitors, visits, the visitors of events.
const CUT: [&str; 3] = [
    "070707070707070707070707 3 9|080808080808080808080808 1 2",
    "1 070707070707070707070707|2 070707070707070707070707|3 080808080808080808080808",
    "1 070707070707070707070707|2 070707070707070707070707|3 |4 080808080808080808080808",
];

fn in_hexadecimal(hex: &str) -> [String; 3] {
    let hex = |column: &str| hex.replace("{}", column);
    [
        format!("SELECT {}, first_at, last_at FROM visitors ORDER BY visitor", hex("visitor")),
        format!("SELECT campaign_id, {} FROM campaign_visitors ORDER BY 1, 2", hex("visitor")),
        format!("SELECT at, {} FROM events ORDER BY at", hex("visitor")),
    ]
}

#[test]
fn identifiers_of_the_release_before_are_cut_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut connection = Connection::open(&path).unwrap();
    sqlite_of(&mut connection, 18);
    connection.execute_batch(&long_rows(|hex| format!("X'{hex}'"))).unwrap();
    let upgrade = StoreOptions { upgrade: true, ..StoreOptions::default() };
    drop(Store::open(&path, upgrade).unwrap());
    for (query, expect) in in_hexadecimal("coalesce(lower(hex({})), '')").iter().zip(CUT) {
        let mut found = connection.prepare(query).unwrap();
        let columns = found.column_count();
        let line = |row: &rusqlite::Row<'_>| {
            let value = |at| row.get::<_, rusqlite::types::Value>(at);
            let texts = (0..columns).map(|at| {
                Ok(match value(at)? {
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
            });
            Ok(texts.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
        };
        let lines: Vec<_> = found.query_map((), line).unwrap().map(Result::unwrap).collect();
        assert_eq!(lines.join("|"), expect, "{query}");
    }
}

#[test]
fn identifiers_of_the_release_before_are_cut_on_postgresql() {
    let server = testkit::Postgres::shared();
    let url = server.database();
    let store = Store::open(location(&url), StoreOptions::default()).unwrap();
    // A partition for the events' week, as the first hit of that week makes it.
    let world = run(World::with_contacts(store, 1));
    let campaign = run(world.started());
    let mut early = seen(&world, campaign, ONE, 0);
    early.hit.at = model::Timestamp(1);
    run(record(&world, vec![early]));
    drop(world);
    let empty = "DELETE FROM events; DELETE FROM visitors; DELETE FROM campaign_visitors;
        DROP INDEX events_by_visitor; DROP TABLE removed_visitors;
        ALTER TABLE events DROP COLUMN rules, DROP COLUMN mail_client, DROP COLUMN device,
            DROP COLUMN country, DROP COLUMN network;
        ALTER TABLE engagements DROP COLUMN hits, DROP COLUMN origins;
        DROP TABLE campaign_origins, network_names, campaign_evidence, campaign_rules_seen, forgotten_times;
        DROP TRIGGER deliveries_tracking_moves ON deliveries;
        DROP FUNCTION count_tracking_moves; DROP TABLE untracked_deliveries, contacts_to_forget;
        ALTER TABLE contacts DROP COLUMN tracking; ALTER TABLE topics DROP COLUMN tracking;
        ALTER TABLE campaigns DROP COLUMN tracking; ALTER TABLE deliveries DROP COLUMN tracking;
        ALTER TABLE consents DROP COLUMN mode, DROP COLUMN notice;
        ALTER TABLE campaign_rollups DROP COLUMN anonymous_views, DROP COLUMN anonymous_clicks,
            DROP COLUMN withheld_views, DROP COLUMN withheld_clicks;
        DELETE FROM schema_versions WHERE version >= 19";
    server.query(&url, empty);
    server.query(&url, &long_rows(|hex| format!("decode('{hex}', 'hex')")));
    let upgrade = StoreOptions { upgrade: true, ..StoreOptions::default() };
    drop(Store::open(location(&url), upgrade).unwrap());
    for (query, expect) in in_hexadecimal("coalesce(encode({}, 'hex'), '')").iter().zip(CUT) {
        let lines: Vec<_> = server.query(&url, query).iter().map(|row| row.join(" ")).collect();
        assert_eq!(lines.join("|"), expect, "{query}");
    }
}

#[test]
fn on_postgresql_a_visitors_hits_are_found_without_looking_through_all() {
    let plan = postgres_plan();
    assert!(plan.contains("visitor_idx") && !plan.contains("Seq Scan"), "{plan}");
}

/// How PostgreSQL finds a visitor's events, when there are so many that it is worth it.
fn postgres_plan() -> String {
    let server = testkit::Postgres::shared();
    let url = server.database();
    let store = Store::open(location(&url), StoreOptions::default()).unwrap();
    let world = run(World::with_contacts(store, 1));
    let campaign = run(world.started());
    run(record(&world, vec![seen(&world, campaign, ONE, 0)]));
    server.query(
        &url,
        "INSERT INTO events SELECT at + n, segment, campaign_id, contact_id, agent_id,
            byte_offset, node, slot, signs, class, NULL, client, rule
        FROM events, generate_series(1, 20000) n; ANALYZE events",
    );
    let plan = "EXPLAIN SELECT at FROM events WHERE visitor >= decode(repeat('07', 12), 'hex')
        AND visitor <= decode(repeat('07', 16), 'hex')";
    server.query(&url, plan).into_iter().map(|row| row.join(" ") + "\n").collect()
}

#[test]
fn an_empty_store_knows_no_visitor() {
    assert_eq!(run(postgres().visitor_find(ONE)).unwrap(), None);
}
