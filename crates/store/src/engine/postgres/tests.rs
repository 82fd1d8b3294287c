//! What only PostgreSQL can get wrong: its texts, its schema, its connection.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use model::Timestamp;
use testkit::{Fault, Postgres, Proxy};

use crate::engine::sqlite::tests::TEXTS;
use crate::tests::world::World;
use crate::tests::{location, postgres, run};
use crate::{Location, Store, StoreError, StoreOptions};

fn server() -> &'static Postgres {
    Postgres::shared()
}

/// A store whose connections go through the proxy; one of each, so that messages can be counted.
fn through(proxy: &Proxy, url: &str) -> Store {
    let url = url.replace(&format!(":{}/", server().port()), &format!(":{}/", proxy.port()));
    let options = StoreOptions { readers: 1, writers: 1, ..StoreOptions::default() };
    Store::open(location(&url), options).unwrap()
}

/// The statements that only PostgreSQL runs.
pub(crate) const BULK_TEXTS: [&[(&str, &str)]; 22] = [
    crate::people::address_search::postgres::TEXTS,
    crate::sending::claims::postgres::TEXTS,
    crate::counting::clickers::postgres::TEXTS,
    crate::counting::client_shortening::postgres::TEXTS,
    crate::counting::clients::postgres::TEXTS,
    crate::counting::cut_links::postgres::TEXTS,
    crate::counting::quick_networks::postgres::TEXTS,
    crate::counting::engagements::postgres::TEXTS,
    crate::counting::events::postgres::TEXTS,
    crate::counting::hit_consent::postgres::TEXTS,
    crate::counting::origins::postgres::TEXTS,
    crate::counting::strays::postgres::TEXTS,
    crate::counting::visitor_links::postgres::TEXTS,
    crate::counting::visitors::postgres::TEXTS,
    crate::people::contact_changes::postgres::TEXTS,
    crate::people::import::foreign::TEXTS,
    crate::people::import::postgres::TEXTS,
    crate::people::tags::postgres::TEXTS,
    crate::people::undo::postgres::TEXTS,
    crate::sending::leases::postgres::TEXTS,
    crate::sending::outcomes::postgres::TEXTS,
    crate::counting::partitions::TEXTS,
];

#[test]
fn every_statement_is_prepared_on_postgresql_too() {
    let store = postgres();
    let portable = TEXTS
        .into_iter()
        .flatten()
        .chain(crate::engine::tx::TEXTS)
        .chain(crate::tests::audit::TEXTS)
        .chain(crate::tests::campaigns::TEXTS)
        .chain(crate::tests::clients::TEXTS)
        .chain(crate::tests::disclosures::TEXTS)
        .chain(crate::tests::hits::TEXTS)
        .chain(crate::tests::segments::TEXTS)
        .chain(crate::tests::people::TEXTS)
        .chain(crate::tests::listing::TEXTS)
        .chain(crate::tests::origins::TEXTS)
        .chain(crate::tests::tracking::TEXTS)
        .chain(crate::tests::visitor_links::TEXTS)
        .chain(crate::tests::visitors::TEXTS);
    let portable = portable.map(|sql| (sql.name, sql.postgres));
    let bulk = BULK_TEXTS.into_iter().flatten().copied();
    let texts: Vec<_> = portable.chain(bulk).collect();
    assert!(texts.len() > 90, "{}", texts.len());
    run(store.read(move |tx| {
        for (name, text) in &texts {
            let prepared = tx.bulk().unwrap().prepare(text);
            prepared.map_err(|error| StoreError::Corrupt(format!("{name}: {error}")))?;
        }
        Ok(())
    }))
    .unwrap();
}

/// Table, column, whether it may be null.
type Column = (String, String, bool);

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(Store::open(&path, StoreOptions::default()).unwrap());
    let sqlite = rusqlite::Connection::open(&path).unwrap();
    let mut columns = sqlite
        .prepare(
            "SELECT m.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_schema m
            JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
        )
        .unwrap();
    let ours = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let ours: BTreeSet<Column> = ours.map(Result::unwrap).collect();

    let url = server().database();
    drop(Store::open(location(&url), StoreOptions::default()).unwrap());
    let theirs = server().query(
        &url,
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'write_sessions'",
    );
    let theirs: BTreeSet<Column> =
        theirs.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2] == "YES")).collect();
    let differ: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn a_database_that_does_not_exist_is_named_without_a_password() {
    let url = format!("postgres://pharos:s3cret@127.0.0.1:{}/nowhere", server().port());
    let refused = Store::open(location(&url), StoreOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("nowhere") && !refused.contains("s3cret"), "{refused}");
}

#[test]
fn a_store_of_a_newer_release_is_refused() {
    let url = server().database();
    drop(Store::open(location(&url), StoreOptions::default()).unwrap());
    server().query(&url, "INSERT INTO schema_versions VALUES (999, 'later', 0)");
    let refused = Store::open(location(&url), StoreOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 999, .. }), "{refused}");
}

#[test]
fn the_way_to_the_server_is_encrypted_and_its_certificate_checked() {
    let server = Postgres::start();
    let folder = tempfile::tempdir().unwrap();
    let (key, trusted) = testkit::certificate(folder.path(), "server");
    let (_, stranger) = testkit::certificate(folder.path(), "stranger");
    server.speak_tls(&key, &trusted);
    let url = format!("{}?sslmode=require", server.database());
    let open = |ca_file| {
        let location = Location::parse(&url, folder.path(), None, ca_file).unwrap();
        Store::open(&location, StoreOptions::default())
    };
    let store = open(Some(trusted.as_path())).unwrap();
    let encrypted = run(store.read(|tx| {
        let rows = tx
            .bulk()
            .unwrap()
            .simple("SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")?;
        Ok(rows.len())
    }));
    // The row, and the end of the answer.
    assert!(encrypted.unwrap() >= 2);
    for wrong in [Some(stranger.as_path()), None] {
        let refused = open(wrong).unwrap_err().to_string();
        assert!(refused.contains("certificate"), "{refused}");
    }
}

#[test]
fn nodes_that_start_together_migrate_once() {
    let url = server().database();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| Store::open(location(&url), StoreOptions::default()).unwrap());
        }
    });
    let versions = server().query(
        &url,
        "SELECT max(version), count(*) - count(DISTINCT version) FROM schema_versions",
    );
    assert_eq!(versions[0], [crate::engine::migrate::KNOWN.to_string(), "0".to_owned()]);
}

/// What is broken: before the message, after it with its answer, half, or late.
const FAULTS: [Fault; 4] =
    [Fault::CutBefore, Fault::CutAfter, Fault::HalfClose, Fault::Delay(Duration::from_millis(100))];

#[test]
fn a_connection_that_breaks_between_any_two_statements_does_each_thing_once() {
    let url = server().database();
    let proxy = Proxy::to(server().port());
    let store = through(&proxy, &url);
    run(async {
        let world = World::with_contacts(store, 4).await;
        // How many messages an import takes when nothing is in its way.
        let before = proxy.messages();
        world.import("first@x.org name=A").await;
        let messages = proxy.messages() - before;
        assert!(messages > 10, "{messages}");
        let mut imported = 1;
        for fault in FAULTS {
            for at in 0..=messages {
                proxy.arm(at, fault);
                world.import(&format!("n{imported}@x.org name=A")).await;
                imported += 1;
            }
        }
        let counted = world.store.contacts_count().await.unwrap();
        assert_eq!(counted, 4 + imported);
        let consents = server().query(&url, "SELECT count(*) FROM consents");
        assert_eq!(consents[0][0], counted.to_string(), "each subscribed once");
    });
}

/// A campaign of two contacts from its start to what was made of it, which must be the same
/// however often the connection breaks.
async fn a_campaigns_life(world: &World, number: u32) {
    use crate::tests::hits::view;
    use crate::tests::world::{AT, LEASE, NODE, batch};
    use crate::{Mark, Outcome, Scope, Settled};
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 2).await;
    assert_eq!(claimed.len(), 2, "round {number}");
    let which = claimed.iter().map(|each| (each.contact, each.epoch)).collect();
    let begun = world.store.deliveries_begin(campaign, NODE, which, AT, LEASE).await.unwrap();
    assert_eq!(begun.len(), 2, "round {number}");
    let outcome = Outcome::Sent { reply: "250 ok".to_owned() };
    let settled = claimed
        .iter()
        .map(|each| Settled { contact: each.contact, epoch: each.epoch, outcome: outcome.clone() })
        .collect();
    let settled = world.store.deliveries_settle(campaign, settled, AT, None).await.unwrap();
    assert_eq!(settled, 2, "round {number}");
    let mut hits = vec![
        view(0, campaign, world.contacts[0]),
        view(1, campaign, world.contacts[0]),
        view(2, campaign, world.contacts[1]),
    ];
    hits.iter_mut().for_each(|hit| hit.segment = u64::from(number));
    let mark = Mark { reader: "hits/1".to_owned(), segment: u64::from(number), offset: 3 };
    assert_eq!(world.store.hits_record(batch(hits, mark)).await.unwrap().new, 3);
    let contact = world.contacts[1];
    assert!(world.leave(contact, Scope::Topic(world.topic), Some(campaign)).await);
    assert!(world.store.contact_return(contact, world.topic, AT).await.unwrap());
    let counts = world.store.deliveries_count(campaign).await.unwrap();
    assert_eq!((counts.get(model::DeliveryState::Sent), counts.total()), (2, 2));
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.views, rollup.unique_views, rollup.unsubscribes), (3, 2, 1));
}

#[test]
fn a_campaigns_life_is_the_same_however_its_connection_breaks() {
    let url = server().database();
    let proxy = Proxy::to(server().port());
    let store = through(&proxy, &url);
    run(async {
        let world = World::with_contacts(store, 2).await;
        a_campaigns_life(&world, 1).await;
        let before = proxy.messages();
        a_campaigns_life(&world, 2).await;
        let messages = proxy.messages() - before;
        assert!(messages > 60, "{messages}");
        let mut round = 2;
        // Before and after every message in turn; what only takes long at fewer places.
        let places = [(FAULTS[0], 0, 2), (FAULTS[1], 1, 2), (FAULTS[2], 3, 13), (FAULTS[3], 5, 13)];
        for (fault, first, every) in places {
            for at in (first..messages).step_by(every) {
                round += 1;
                proxy.arm(at, fault);
                a_campaigns_life(&world, round).await;
            }
        }
    });
}

#[test]
fn a_lost_answer_to_a_commit_counts_nothing_twice() {
    let url = server().database();
    let proxy = Proxy::to(server().port());
    let store = through(&proxy, &url);
    run(async {
        let world = World::with_contacts(store, 2).await;
        // Not safe to repeat: every call makes another campaign.
        let before = proxy.messages();
        world.draft().await;
        let messages = proxy.messages() - before;
        let mut made = 1;
        for fault in FAULTS {
            for at in 0..=messages {
                proxy.arm(at, fault);
                world.draft().await;
                made += 1;
            }
        }
        let campaigns = server().query(&url, "SELECT count(*) FROM campaigns");
        assert_eq!(campaigns[0][0], made.to_string());
    });
}

#[test]
fn a_database_that_stays_away_is_said_in_time_and_found_again() {
    let url = server().database();
    let proxy = Proxy::to(server().port());
    let store = through(&proxy, &url);
    run(async {
        store.setting_put("key", "value").await.unwrap();
        assert!(store.removals_known());
        proxy.refuse(true);
        let began = Instant::now();
        let refused = store.setting_put("key", "other").await.unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable(_)), "{refused}");
        assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
        assert!(!store.removals_known(), "nobody is mailed meanwhile");
        proxy.refuse(false);
        store.setting_put("key", "third").await.unwrap();
        assert_eq!(store.setting_find("key").await.unwrap().as_deref(), Some("third"));
        let known = async {
            while !store.removals_known() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
    });
}

#[test]
fn claims_of_two_nodes_never_meet() {
    let url = server().database();
    let stores: Vec<Store> =
        (0..2).map(|_| Store::open(location(&url), StoreOptions::default()).unwrap()).collect();
    let world = run(World::with_contacts(stores[0].clone(), 300));
    let campaign = run(world.started());
    let claimed: Vec<Vec<i64>> = std::thread::scope(|scope| {
        let claims = (1..=4_u16).map(|node| {
            let store = stores[usize::from(node % 2)].clone();
            scope.spawn(move || {
                let mut mine = Vec::new();
                run(async {
                    loop {
                        let lease = Duration::from_secs(600);
                        let now = Timestamp(i64::MAX / 2);
                        let claim = store.deliveries_claim(campaign, node, 7, now, lease);
                        let claimed = claim.await.unwrap();
                        let counts = store.deliveries_count(campaign).await.unwrap();
                        mine.extend(claimed.iter().map(|each| each.contact.0));
                        if counts.get(model::DeliveryState::Queued) == 0 {
                            return mine;
                        }
                    }
                })
            })
        });
        let claims: Vec<_> = claims.collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).collect()
    });
    let all: Vec<i64> = claimed.into_iter().flatten().collect();
    assert_eq!(all.len(), 300);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 300, "each by one node");
    let counts = run(world.store.deliveries_count(campaign)).unwrap();
    assert_eq!(counts.get(model::DeliveryState::Leased), 300);
}

#[test]
fn recorders_that_meet_count_each_contact_once() {
    use crate::tests::hits::view;
    use crate::{HitBatch, RecorderProgress, Run};
    let url = server().database();
    let stores: Vec<Store> =
        (0..2).map(|_| Store::open(location(&url), StoreOptions::default()).unwrap()).collect();
    let world = run(World::with_contacts(stores[0].clone(), 20));
    let campaign = run(world.started());
    std::thread::scope(|scope| {
        for recorder in 1..=4_u16 {
            let (store, contacts) = (stores[usize::from(recorder % 2)].clone(), &world.contacts);
            scope.spawn(move || {
                run(async {
                    for round in 0..15_u32 {
                        // Half of the hits are those that another recorder has as well.
                        let node = if round % 2 == 0 { 9 } else { recorder };
                        let hits = (0..40_u32).map(|number| {
                            let contact = contacts[number as usize % 20];
                            let mut hit = view(round * 100 + number, campaign, contact);
                            hit.node = node;
                            hit
                        });
                        let runs = vec![Run { node, from: (1, round), to: (1, round + 1) }];
                        let (hits, gaps) = (hits.collect(), Vec::new());
                        let progress = RecorderProgress::Runs(runs);
                        let soon = Duration::ZERO;
                        let batch = HitBatch { recorder, hits, gaps, progress, soon };
                        store.hits_record(batch).await.unwrap();
                    }
                });
            });
        }
    });
    let rollup = run(world.store.campaign_rollup(campaign)).unwrap();
    // Eight rounds of node 9, once; seven of each of the four recorders' own.
    assert_eq!(rollup.views, 40 * (8 + 4 * 7));
    assert_eq!(rollup.unique_views, 20);
    let evidence: BTreeMap<_, _> = rollup.evidence;
    assert_eq!(evidence.values().sum::<i64>(), 20);
}
