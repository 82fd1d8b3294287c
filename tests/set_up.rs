//! A new installation is set up from the command line: the relay, sample data.

use harness::{Pharos, Sink};
use testkit::free_port;

/// What a command says on both of its outputs, and whether it succeeded.
fn said(pharos: &Pharos, args: &[&str]) -> (bool, String) {
    let said = pharos.run(args);
    (said.code == 0, format!("{}{}", said.out, said.err))
}

#[test]
fn a_relay_is_tested_with_one_real_message() {
    let port = free_port();
    let pharos = Pharos::new(port);
    let (works, told) = said(&pharos, &["relay", "test", "--to", "you@example.com"]);
    assert!(!works && told.contains("nothing listens on port"), "{told}");
    let sink = Sink::start_at(port);
    let (works, told) = said(&pharos, &["relay", "test", "--to", "you@example.com"]);
    assert!(works, "{told}");
    for part in
        ["> RCPT TO:<you@example.com>", "< 354", "> (the message, ", "Accepted by 127.0.0.1"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(sink.files().len(), 1, "one message");
    let log = pharos.ok(&["audit", "export"]);
    assert_eq!(log.matches("relay.test").count(), 2);
    assert!(!log.contains("you@example.com"), "{log}");
}

#[test]
fn sample_data_comes_and_goes() {
    let pharos = Pharos::new(Sink::start().port);
    let before = pharos.ok(&["contacts", "export"]);
    let told = pharos.ok(&["sample", "add"]);
    assert!(told.contains("12 contacts") && told.contains("campaign check 1"), "{told}");
    let told = pharos.ok(&["sample", "remove"]);
    assert!(told.contains("Removed 12 contacts, 2 topics and 1 campaign"), "{told}");
    assert_eq!(pharos.ok(&["contacts", "export"]), before);
    let told = pharos.ok(&["sample", "remove"]);
    assert!(told.contains("Removed 0 contacts"), "{told}");
}

#[test]
fn a_refused_relay_test_shows_what_the_relay_has_said() {
    // Refuses every recipient.
    let sink = Sink::start_with(&["-f", "RCPT"]);
    let pharos = Pharos::new(sink.port);
    let (works, told) = said(&pharos, &["relay", "test", "--to", "you@example.com"]);
    assert!(!works && told.contains("< 5"), "{told}");
    assert!(told.contains("does not take mail for this recipient"), "{told}");
    assert_eq!(sink.files().len(), 0);
}

#[test]
fn somebody_is_invited_by_mail_and_the_link_leads_to_the_admin_pages() {
    let sink = Sink::start();
    let port = free_port();
    let site = format!("http://localhost:{port}");
    let unknown = Pharos::new(sink.port);
    let add = ["user", "add", "zoe@team.example", "--role", "owner", "--name", "Zoë", "--mail"];
    let (works, told) = said(&unknown, &add);
    assert!(!works && told.contains("admin.url"), "{told}");
    assert!(unknown.ok(&["user", "list"]).contains("No users yet"), "nobody was added");
    let pharos = Pharos::with(sink.port, |text| {
        text.replace("[admin]", &format!("[admin]\nurl = \"{site}\""))
    });
    let told = pharos.ok(&add);
    let link = told.split_whitespace().find(|word| word.contains("/admin/invitation/")).unwrap();
    assert!(link.starts_with(&site), "{told}");
    let mail = std::fs::read(sink.files().pop().expect("a mail")).expect("a file");
    let mail = mail_parser::MessageParser::new().parse(&mail).expect("a message").into_owned();
    assert!(mail.body_text(0).expect("a text").contains(link), "{mail:?}");
    let to = mail.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!((to.name(), to.address()), (Some("Zoë"), Some("zoe@team.example")));
    let told = pharos.ok(&["user", "password", "zoe@team.example", "--link", "--mail"]);
    assert!(told.contains("has accepted the mail"), "{told}");
    assert_eq!(sink.files().len(), 2);
}
