//! The thin thread through all rooms: one contact, one message, one view, one report.

use harness::{Pharos, Sink, http};

#[test]
fn one_contact_is_mailed_opens_and_is_counted() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import([("ann@reader.example".to_owned(), "Ann".to_owned())]);
    pharos.serve().start_campaign();
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 1);

    let letters = sink.letters();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(letter.to, "ann@reader.example");
    assert_eq!(letter.subject, "Aurora 4.2 is here, Ann");
    assert!(letter.text.contains("Hello Ann, this is"), "{}", letter.text);

    let pixel = http::get(&letter.pixel());
    assert_eq!((pixel.status, pixel.body.len()), (200, 43));
    let click = http::get(&letter.links()[0]);
    assert_eq!(click.header("location"), Some("https://aurora.example/notes?v=4.2&lang=en"));
    let report = pharos.report_when("the click to be counted", |it| it["clicks"]["total"] == 1);
    assert_eq!(report["views"]["total"], 1);
    assert_eq!(report["views"]["unique"], 1);
    pharos.stop();
}
