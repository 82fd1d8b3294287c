//! What somebody sees who tests a relay.

use mailer::{RelayStep, RelayTest, Speaker};

use crate::fake::{Act, Fake, Script};
use crate::world::relay;

const MESSAGE: &[u8] = b"Subject: Test\r\n\r\nIt works.\r\n";

async fn tested(port: u16, auth: bool) -> RelayTest {
    let mut relay = relay(port);
    relay.auth = auth.then(|| ("ann".into(), "s3cret".into()));
    let (from, to) = ("news@aurora.example".parse().unwrap(), "ann@example.com".parse().unwrap());
    mailer::relay_test(&relay, &from, &to, MESSAGE).await
}

async fn with(script: Script, auth: bool) -> (RelayTest, Vec<String>) {
    let fake = Fake::start(script);
    let test = tested(fake.port, auth).await;
    (test, fake.taken())
}

fn lines(test: &RelayTest, speaker: Speaker) -> Vec<&str> {
    let of = test.conversation.iter().filter(|line| line.speaker == speaker);
    of.map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn a_message_that_is_taken_is_shown_from_greeting_to_goodbye() {
    let (test, taken) = with(|_, _| None, false).await;
    assert_eq!(taken, ["ann@example.com"]);
    assert_eq!(test.outcome.as_ref().unwrap().code, 250);
    let ours = [
        "EHLO mailer.example",
        "MAIL FROM:<news@aurora.example> SIZE=28",
        "RCPT TO:<ann@example.com>",
        "DATA",
        "(the message, 31 bytes)",
        "QUIT",
    ];
    assert_eq!(lines(&test, Speaker::Pharos), ours);
    let theirs = [
        "220 fake ESMTP",
        "250-fake",
        "250-SIZE 1000000",
        "250 PIPELINING",
        "250 ok",
        "250 ok",
        "354 go on",
        "250 taken",
        "221 bye",
    ];
    assert_eq!(lines(&test, Speaker::Relay), theirs);
    assert!(lines(&test, Speaker::Note)[1].starts_with("Connected to 127.0.0.1:"));
    let all: std::time::Duration = test.conversation.iter().map(|line| line.after).sum();
    assert!(all <= test.took, "{all:?} {:?}", test.took);
}

#[tokio::test]
async fn each_refusal_names_its_step_and_shows_no_password() {
    let no_login: Script = |command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("250-fake\r\n250 AUTH PLAIN\r\n")),
        "AUTH" => Some(Act::Say("535 5.7.8 bad credentials for s3cret\r\n")),
        _ => None,
    };
    let (test, _) = with(no_login, true).await;
    assert_eq!(test.step, RelayStep::Login);
    assert!(test.meaning.contains("relay.password_file"), "{}", test.meaning);
    let said = format!("{:?}", test.conversation);
    assert!(said.contains("AUTH PLAIN (hidden)") && said.contains("535 5.7.8 bad"), "{said}");
    // The user's name and password as AUTH PLAIN sends them.
    assert!(!said.contains("s3cret") && !said.contains("AGFubgBzM2NyZXQ"), "{said}");

    let cases: [(Script, RelayStep); 4] = [
        (|it, _| it.starts_with("MAIL").then_some(Act::Say("553 not you\r\n")), RelayStep::Sender),
        (|it, _| it.starts_with("RCPT").then_some(Act::Say("554 no\r\n")), RelayStep::Recipient),
        (|it, _| (it == ".").then_some(Act::Say("554 spam\r\n")), RelayStep::Message),
        (|it, _| (it == "CONNECT").then_some(Act::Close), RelayStep::Greeting),
    ];
    for (script, step) in cases {
        let (test, taken) = with(script, false).await;
        assert_eq!((test.step, taken.len()), (step, usize::from(step == RelayStep::Message)));
        assert!(test.outcome.is_err(), "{test:?}");
    }
}

#[tokio::test]
async fn a_relay_that_hangs_up_after_the_message_leaves_doubt() {
    let (test, _) = with(|command, _| (command == ".").then_some(Act::Close), false).await;
    assert!(matches!(test.outcome, Err(mailer::SendError::InDoubt(_))), "{test:?}");
    assert!(test.meaning.contains("may have arrived"), "{}", test.meaning);
}

#[tokio::test]
async fn a_port_on_which_nothing_listens_is_said_in_plain_words() {
    // Its listener is gone.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let test = tested(port, false).await;
    assert_eq!(test.step, RelayStep::Connection);
    assert!(test.meaning.contains("relay.port"), "{}", test.meaning);
    assert_eq!(lines(&test, Speaker::Note).len(), 1, "{test:?}");
}
