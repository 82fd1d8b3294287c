//! A beacon that starts while the database is away: it answers from its data folder, and what it
//! answered is counted once the database is back. Told on servers of its own.

use testkit::{Postgres, Redis};

use harness::{Cluster, http, wait};

const CONTACTS: i64 = 20;

#[test]
fn a_beacon_starts_without_the_database_and_what_it_answered_is_counted_once() {
    let (mut postgres, redis) = (Postgres::start(), Redis::start());
    let cluster = Cluster::new(postgres.database(), redis.url(), 1, &[]);
    let mut node = cluster.node("beacon,recorder,web");
    node.create_campaign(CONTACTS as usize);
    node.ok(&["campaign", "start", "1"]);
    node.serve();
    let pixel = |contact: i64| http::get(&format!("{}{}", node.beacon(), cluster.pixel(contact)));
    assert_eq!(pixel(1).status, 200);
    wait::until("the links to be kept", || {
        std::fs::read_to_string(node.path("pharos-data/links"))
            .ok()
            .filter(|links| links.contains("https://aurora.example/download"))
    });
    node.stop();

    postgres.kill();
    node.serve_without_store();
    let pixel = |contact: i64| http::get(&format!("{}{}", node.beacon(), cluster.pixel(contact)));
    for contact in 1..=CONTACTS {
        assert_eq!(pixel(contact).status, 200, "a pixel waits for nobody");
    }
    let click = http::get(&format!("{}{}", node.beacon(), cluster.click(2, 0)));
    let target = "https://aurora.example/notes?v=4.2&lang=en";
    assert_eq!((click.status, click.header("location")), (302, Some(target)));
    let page = http::get(&format!("{}{}", node.web(), cluster.unsubscribe(3)));
    assert_eq!((page.status, page.header("retry-after").is_some()), (503, true));
    // What was answered survives a kill, too.
    node.kill();
    node.serve_without_store();
    let mut newcomer = cluster.node("beacon,recorder");
    newcomer.begin();
    wait::until("the newcomer to say why it waits", || {
        newcomer.log().contains("is not registered in the store yet").then_some(())
    });

    postgres.start_again();
    let total = |counted: &serde_json::Value| {
        counted["views"]["total"] == CONTACTS + 1 && counted["clicks"]["total"] == 1
    };
    node.wait_until_up();
    newcomer.wait_until_up();
    let report = wait::until("every hit to be counted", || Some(node.report()).filter(total));
    assert_eq!(report["views"]["unique"], CONTACTS);
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
    node.stop();
    newcomer.stop();
    let events = postgres.query(&cluster.database, "SELECT count(*) FROM events");
    assert_eq!(events, [[(CONTACTS + 2).to_string()]], "each once");
}

#[test]
fn a_server_that_waits_for_its_database_can_be_stopped() {
    let (mut postgres, redis) = (Postgres::start(), Redis::start());
    let cluster = Cluster::new(postgres.database(), redis.url(), 1, &[]);
    let mut node = cluster.node("beacon,recorder");
    node.serve().stop();
    postgres.kill();
    node.serve_without_store();
    node.stop();
}
