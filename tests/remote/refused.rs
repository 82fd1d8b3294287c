//! What goes wrong on the way, and that the token goes nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Pharos, Sink};
use testkit::{WebAnswer, WebServer, certificate, free_port};

use super::{remotely, token, token_file};

/// A folder without a server, and a file with what looks like a token.
fn client() -> (Pharos, String) {
    let pharos = Pharos::new(1);
    let token = token_file(&pharos, "token", "ph_live_secret");
    (pharos, token.to_str().expect("a path").to_owned())
}

fn complaint(pharos: &Pharos, server: &str, token: &str) -> String {
    let said = remotely(pharos, server, token, &["topic", "list"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
    assert!(!said.err.contains("ph_live_secret"), "{}", said.err);
    said.err
}

#[test]
fn a_server_that_refuses_is_quoted() {
    let mut pharos = Pharos::new(Sink::start().port);
    pharos.serve();
    let bad = token_file(&pharos, "bad", "ph_live_secret");
    let said = complaint(&pharos, &pharos.admin, bad.to_str().expect("a path"));
    assert!(said.contains("does not accept the token"), "{said}");
    let narrow = token(&pharos, "Narrow", &["reports:read"]);
    let said = complaint(&pharos, &pharos.admin, narrow.to_str().expect("a path"));
    assert!(said.contains("the token may not do this") && said.contains("topics:read"), "{said}");
    let narrow = narrow.to_str().expect("a path");
    let said = remotely(&pharos, &pharos.admin, narrow, &["report", "opens", "7"]);
    assert_eq!((said.code, said.err.trim()), (1, "pharos: There is no campaign with this number."));
    // The listener for recipients has no API.
    let said = complaint(&pharos, &pharos.web, narrow);
    assert!(said.contains("not as Pharos does"), "{said}");
    pharos.stop();
}

#[test]
fn nobody_there_is_said_in_words() {
    let (pharos, token) = client();
    let said = complaint(&pharos, "https://nobody.invalid", &token);
    assert_eq!(said, "pharos: there is no server with the name nobody.invalid\n");
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", free_port()), &token);
    assert!(said.contains("the connection was refused"), "{said}");
    let said = pharos.run(&["--server", "http://pharos.example", "topic", "list"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("use https"), "{}", said.err);
    let said = pharos.run(&["--server", "https://pharos.example", "topic", "list"]);
    assert!(said.code == 1 && said.err.contains("--token-file"), "{}", said.err);
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let (pharos, token) = client();
    let server = WebServer::start(|_| WebAnswer::status(500));
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).expect("a mode");
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", server.port()), &token);
    assert!(said.contains("chmod 600"), "{said}");
    assert_eq!(server.requests(), []);
}

#[test]
fn a_redirect_takes_the_token_nowhere() {
    let (pharos, token) = client();
    let other = WebServer::start(|_| WebAnswer::page());
    let there = format!("http://127.0.0.1:{}/api/v1/topics", other.port());
    let server = WebServer::start(move |_| WebAnswer::redirect(307, there.clone()));
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", server.port()), &token);
    assert!(said.contains("sends us to http://127.0.0.1"), "{said}");
    let asked = server.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].header("authorization"), Some("Bearer ph_live_secret"));
    assert_eq!(other.requests(), []);
}

#[test]
fn answers_are_bounded() {
    let (pharos, token) = client();
    let server = WebServer::start(|_| WebAnswer::Endless("application/json"));
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", server.port()), &token);
    assert!(said.contains("is larger than 16 MiB"), "{said}");
    let server = WebServer::start(|_| WebAnswer::of("application/json", b"{\"data\": 7}"));
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", server.port()), &token);
    assert!(said.contains("otherwise than this version of pharos understands"), "{said}");
}

#[test]
fn a_server_that_is_busy_is_waited_for_within_bounds() {
    let (pharos, token) = client();
    let busy = |seconds: &str| WebAnswer::Reply {
        status: 429,
        headers: vec![("Retry-After", seconds.to_owned())],
        body: br#"{"detail": "Too often.", "errors": []}"#.to_vec(),
    };
    let asked = AtomicUsize::new(0);
    let server = WebServer::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => busy("1"),
        _ => WebAnswer::of("application/json", br#"{"data": [], "next": null}"#),
    });
    let url = format!("http://127.0.0.1:{}", server.port());
    let said = remotely(&pharos, &url, &token, &["topic", "list"]);
    assert!(said.code == 0 && said.out.starts_with("No topics yet"), "{} {}", said.out, said.err);
    assert_eq!(server.requests().len(), 2);
    let server = WebServer::start(move |_| busy("300"));
    let said = complaint(&pharos, &format!("http://127.0.0.1:{}", server.port()), &token);
    assert!(said.contains("asks to wait 300 seconds: Too often."), "{said}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_certificate_must_be_trusted() {
    let (pharos, token) = client();
    let (key, pem) = certificate(&pharos.path("."), "server");
    let server = WebServer::with_tls((&key, &pem), |_| {
        WebAnswer::of("application/json", br#"{"data": [], "next": null}"#)
    });
    let url = format!("https://127.0.0.1:{}", server.port());
    let said = complaint(&pharos, &url, &token);
    assert!(said.contains("is not trusted") && said.contains("--server-ca-file"), "{said}");
    assert_eq!(server.requests(), []);
    let trusted = ["--server-ca-file", "server.pem", "topic", "list"];
    let said = remotely(&pharos, &url, &token, &trusted);
    assert!(said.code == 0 && said.out.starts_with("No topics yet"), "{} {}", said.out, said.err);
    let plain = WebServer::start(|_| WebAnswer::status(400));
    let said = complaint(&pharos, &format!("https://127.0.0.1:{}", plain.port()), &token);
    assert!(said.contains("does not speak TLS"), "{said}");
}
