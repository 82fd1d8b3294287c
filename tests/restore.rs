//! A backup that is put back: what was mailed after it was made leads to nobody else.

use crate::harness::cluster::copy_folder;
use crate::harness::wait::until;
use crate::harness::{Backing, Letter, Pharos, Sink, http};

/// Mails campaign 1 to whoever is subscribed, and ends the server.
fn send(pharos: &mut Pharos) {
    pharos.start_campaign();
    pharos.serve();
    pharos.finished();
    pharos.stop();
}

fn letter_to(sink: &Sink, address: &str) -> Letter {
    let letters = sink.letters();
    letters.into_iter().find(|letter| letter.to == address).expect("a letter")
}

#[test]
fn a_restored_backup_gives_nobody_anothers_links() {
    if Backing::cluster_is_chosen() {
        return; // A database on a server is restored by its own tools.
    }
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let person = |name: &str| (format!("{name}@reader.example"), name.to_owned());
    pharos.import([person("ann")]);
    let (data, copy) = (pharos.path("pharos-data"), pharos.path("copy"));
    copy_folder(&data, &copy);
    pharos.import([person("bob")]);
    send(&mut pharos);
    let (ann, bob) =
        (letter_to(&sink, "ann@reader.example"), letter_to(&sink, "bob@reader.example"));

    // Everything goes back: store, keys and journals.
    std::fs::remove_dir_all(&data).expect("it is removed");
    std::fs::rename(&copy, &data).expect("it is put back");
    pharos.import([person("cyd")]);
    send(&mut pharos);
    let letters = sink.letters();
    let again = letters.iter().filter(|letter| letter.to == "ann@reader.example");
    let ids: Vec<&str> = again.map(|letter| letter.message_id.as_str()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "another campaign, another message: {ids:?}");

    pharos.serve();
    http::post(&bob.unsubscribe, "List-Unsubscribe=One-Click");
    http::post(&ann.unsubscribe, "List-Unsubscribe=One-Click");
    let shown = http::get(&bob.page()).text();
    assert!(!shown.contains("cyd"), "the first one's page shows the second: {shown}");
    http::get(&bob.pixel());
    let subscribed = pharos.query("SELECT count(*) FROM subscriptions WHERE state = 'subscribed'");
    assert_eq!(subscribed[0][0], "1", "who left has left, and nobody else");
    pharos.stop();
    let report = pharos.report();
    assert_eq!(report["views"]["total"], 0);
    assert_eq!(report["stray_hits"], 1, "the report says that it was kept aside");
    let table = pharos.ok(&["report", "opens", "1"]);
    assert!(table.contains("KEPT ASIDE") && table.contains("counted in no rate"), "{table}");
}

#[test]
fn who_leaves_by_a_link_of_before_a_restoration_has_left() {
    if Backing::cluster_is_chosen() {
        return; // A database on a server is restored by its own tools.
    }
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let person = |name: &str| (format!("{name}@reader.example"), name.to_owned());
    pharos.import([person("ann")]);
    let (data, copy) = (pharos.path("pharos-data"), pharos.path("copy"));
    copy_folder(&data, &copy);
    pharos.import([person("bob"), person("dan")]);
    send(&mut pharos);
    let (bob, dan) =
        (letter_to(&sink, "bob@reader.example"), letter_to(&sink, "dan@reader.example"));
    std::fs::remove_dir_all(&data).expect("it is removed");
    std::fs::rename(&copy, &data).expect("it is put back");

    // Dan is back under another number before he leaves; Bob leaves before he is back.
    pharos.import([person("dan")]);
    pharos.serve();
    let page = http::get(&bob.unsubscribe);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Unsubscribe"), "{}", page.text());
    for letter in [&bob, &dan] {
        let answer = http::post(&letter.unsubscribe, "List-Unsubscribe=One-Click");
        assert_eq!((answer.status, answer.text().as_str()), (200, "Unsubscribed.\n"));
    }
    until("Dan to have left", || {
        let shown = pharos.ok(&["contacts", "show", "dan@reader.example"]);
        shown.contains("suppressed").then_some(())
    });
    let shown = pharos.ok(&["contacts", "show", "bob@reader.example"]);
    assert!(shown.contains("left         everything"), "{shown}");
    let again = pharos.import([person("bob"), person("eve")]);
    assert!(again.contains("1 are suppressed") && again.contains("1 newly subscribed"), "{again}");
    pharos.stop();

    send(&mut pharos);
    let mut mailed = sink.recipients();
    mailed.sort_unstable();
    let names: Vec<&str> = mailed.iter().filter_map(|to| to.split('@').next()).collect();
    assert_eq!(names, ["ann", "ann", "bob", "dan", "eve"], "the two who left got one letter each");
}
