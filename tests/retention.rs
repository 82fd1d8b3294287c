//! Single hits are kept as long as the setting says; what was counted of them stays.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::pharos::mailed;
use harness::{Pharos, http, wait};
use journal::{Journal, Options};
use model::hit::HitSigns;
use model::{CampaignId, ContactId, Hit, HitKind, Timestamp};
use serde_json::Value;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A view of long ago that only now comes out of the journal.
fn a_view_of_long_ago(pharos: &Pharos, reader: &str, days: i64) {
    let ids =
        format!("SELECT (SELECT id FROM campaigns), id FROM contacts WHERE email = '{reader}'");
    let ids = pharos.query(&ids).remove(0);
    let id = |column: usize| ids[column].parse().expect("an id");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let hit = Hit {
        at: Timestamp(i64::try_from(now.as_micros()).expect("this century") - days * DAY),
        campaign: CampaignId(id(0)),
        contact: Some(ContactId(id(1))),
        kind: HitKind::View,
        visitor: None,
        client: None,
        signs: HitSigns::default(),
        agent: b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".to_vec(),
    };
    let mut bytes = Vec::new();
    hit.encode(&mut bytes);
    let folder = pharos.path("pharos-data/journal/hits");
    let options = Options { segment_bytes: 16 << 20, max_bytes: 1 << 30 };
    let mut journal = Journal::open(&folder, options).expect("a journal");
    journal.append(&bytes).expect("it is taken");
    journal.commit().expect("it is kept");
}

fn events(pharos: &Pharos) -> String {
    pharos.query("SELECT count(*) FROM events").remove(0).remove(0)
}

fn numbers(pharos: &Pharos) -> Value {
    let mut report = pharos.report();
    report.as_object_mut().expect("a report").remove("made_at").expect("its time");
    report
}

#[test]
fn old_hits_go_and_what_was_counted_of_them_stays() {
    let (mut pharos, letters) = mailed(2);
    let (new, old) = (&letters[0], &letters[1]);
    http::get(&new.pixel());
    pharos.stop();
    a_view_of_long_ago(&pharos, &old.to, 60);
    pharos.serve();
    // Until the carrier knows of it, too, a view may show as still on its way.
    pharos.report_when("both views to be counted", |it| {
        it["views"]["total"] == 2 && it["on_the_way"] == 0
    });
    pharos.stop();
    assert_eq!(events(&pharos), "2", "nothing goes by itself");
    let before = numbers(&pharos);
    assert_eq!(before["views"]["unique"], 2);

    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    pharos.write("pharos.toml", config.replace("events = \"forever\"", "events = \"30d\""));
    pharos.serve();
    wait::until("the old hit to go", || (events(&pharos) == "1").then_some(()));
    let left = "SELECT c.email FROM events e JOIN contacts c ON c.id = e.contact_id";
    assert_eq!(pharos.query(left), [[new.to.clone()]]);
    assert_eq!(numbers(&pharos), before);
    // Who is known by a hit that is gone is not counted as somebody new.
    http::get(&old.pixel());
    let after = pharos.report_when("the next view", |it| it["views"]["total"] == 3);
    assert_eq!(after["views"]["unique"], 2);
    pharos.stop();
    assert_eq!(events(&pharos), "2", "what is young enough stays");
}
