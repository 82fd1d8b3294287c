//! The listener for pages under clients that ask and take nothing, or never end what they send.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use listener::{ClientCounters, ClientLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SHORT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(20);

async fn serve(limits: ClientLimits) -> (SocketAddr, Arc<ClientCounters>, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let length = async |body: Bytes| body.len().to_string();
    let router = Router::new().route("/", get(async || "x".repeat(50_000)).post(length));
    let (counters, stop) = (Arc::<ClientCounters>::default(), CancellationToken::new());
    tokio::spawn(web::serve(listener, router, limits, Arc::clone(&counters), stop.clone()));
    (address, counters, stop)
}

async fn answer(address: SocketAddr) -> String {
    let mut reader = TcpStream::connect(address).await.unwrap();
    let request = REQUEST.replace("Host", "Connection: close\r\nHost");
    reader.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    tokio::time::timeout(PATIENCE, reader.read_to_string(&mut text)).await.unwrap().unwrap();
    text
}

#[tokio::test]
async fn pipelined_floods_on_every_slot_do_not_shut_readers_out() {
    let limits =
        ClientLimits { connections: 4, taking: SHORT, quiet: SHORT, ..ClientLimits::default() };
    let (address, counters, _stop) = serve(limits).await;
    let mut flooding = Vec::new();
    for _ in 0..4 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUEST.repeat(200).as_bytes()).await.unwrap();
        flooding.push(client);
    }
    let start = Instant::now();
    while counters.open.load(Ordering::Relaxed) < 4 {
        assert!(start.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    for _ in 0..8 {
        assert!(answer(address).await.starts_with("HTTP/1.1 200"));
    }
    let ended = counters.shed.load(Ordering::Relaxed) + counters.gave_way.load(Ordering::Relaxed);
    assert!(ended > 0, "somebody had to go");
}

#[tokio::test]
async fn bodies_that_drip_on_every_slot_do_not_shut_readers_out() {
    let limits =
        ClientLimits { connections: 4, taking: SHORT, quiet: SHORT, ..ClientLimits::default() };
    let (address, counters, _stop) = serve(limits).await;
    let mut dripping = Vec::new();
    for _ in 0..4 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
            .await
            .unwrap();
        dripping.push(tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(SHORT / 10).await;
            }
        }));
    }
    for _ in 0..8 {
        assert!(answer(address).await.starts_with("HTTP/1.1 200"));
    }
    let ended = counters.shed.load(Ordering::Relaxed) + counters.gave_way.load(Ordering::Relaxed);
    assert!(ended >= 4, "each of them had to go: {ended}");
    dripping.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_body_that_comes_fast_enough_may_take_longer_than_a_client_may_wait() {
    let limits = ClientLimits { taking: SHORT, quiet: SHORT, ..ClientLimits::default() };
    let (address, counters, _stop) = serve(limits).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 81920\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    // Four times as long as a client may keep us waiting for nothing.
    for _ in 0..20 {
        client.write_all(&[b'x'; 4096]).await.unwrap();
        tokio::time::sleep(SHORT / 5).await;
    }
    let mut text = String::new();
    tokio::time::timeout(PATIENCE, client.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("81920"), "{text}");
    assert_eq!(counters.shed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_stop_lets_requests_end() {
    let (address, _, stop) = serve(ClientLimits::default()).await;
    assert!(answer(address).await.starts_with("HTTP/1.1 200"));
    stop.cancel();
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
}
