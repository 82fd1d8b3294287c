use std::cell::RefCell;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::*;

fn relay(port: u16) -> Arc<Relay> {
    let limit = Duration::from_secs(15);
    Arc::new(Relay {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        auth: None,
        hello_name: "mailer.example".to_owned(),
        connections: 1,
        messages_per_connection: 10,
        connect_timeout: limit,
        reply_timeout: limit,
        data_timeout: limit,
        ca_file: None,
    })
}

/// A relay that says the pieces of its greeting after the given waits, then agrees to all.
async fn greeter(pieces: &'static [(u64, &'static str)]) -> Arc<Relay> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = relay(listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        for (seconds, piece) in pieces {
            sleep(Duration::from_secs(*seconds)).await;
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
            stream.write_all(b"250 ok\r\n").await.unwrap();
        }
    });
    relay
}

/// How opening went, and what was told meanwhile.
async fn opened(relay: &Arc<Relay>) -> (Result<(), String>, Option<String>) {
    let told = RefCell::new(None);
    let opened = Connection::open_telling(relay, None, |what| {
        told.replace(Some(what.to_owned()));
    });
    let opened = opened.await.map(drop).map_err(|broken| broken.to_string());
    (opened, told.into_inner())
}

#[tokio::test(start_paused = true)]
async fn a_port_that_waits_for_tls_is_named_within_seconds() {
    let relay = greeter(&[(3_600, "")]).await;
    let began = Instant::now();
    let cause = "this port may expect TLS from the first byte; set tls = \"implicit\"";
    let (opened, told) = opened(&relay).await;
    let place = relay.place();
    assert_eq!(told, Some(format!("no greeting from {place} within 5s: {cause}")));
    assert_eq!(opened, Err(format!("no greeting from {place} within 15s: {cause}")));
    assert!(began.elapsed() < Duration::from_secs(16), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_greets_late_on_purpose_is_waited_for() {
    let (opened_late, told) = opened(&greeter(&[(7, "220 hello\r\n")]).await).await;
    assert!(opened_late.is_ok() && told.is_some_and(|told| told.contains("implicit")));
    // Postscreen's first line comes at once: that is no silence.
    let teaser = greeter(&[(0, "220-hello\r\n"), (7, "220 hello\r\n")]).await;
    assert_eq!(opened(&teaser).await, (Ok(()), None));
}

#[tokio::test(start_paused = true)]
async fn what_greets_like_no_mail_server_is_told_so() {
    let (opened, told) = opened(&greeter(&[(0, "SSH-2.0-OpenSSH_9.2\r\n")]).await).await;
    assert_eq!(told, None);
    let what = opened.unwrap_err();
    assert!(what.ends_with("is this the port of a mail server?"), "{what}");
}
