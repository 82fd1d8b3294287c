//! What the beacon does to clients that are slow, many, or in the way of a shutdown.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod harness;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use beacon::Settings;
use harness::{Beacon, settings};

const SHORT: Duration = Duration::from_millis(80);
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_client_that_drips_its_header_is_cut() {
    let beacon = Beacon::start(Settings { header_timeout: SHORT, ..settings() });
    for first in ["", "GET /healthz HTTP/1.1\r\nX-Slow: "] {
        let mut client = beacon.connect().await;
        client.send(first).await;
        let start = Instant::now();
        client.closed_within(PATIENCE).await;
        assert!(start.elapsed() + Duration::from_millis(30) >= SHORT, "{:?}", start.elapsed());
    }
    // Also after a good request: the idle limit is for those who say nothing.
    let mut client = beacon.connect().await;
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /heal").await;
    assert_eq!(client.answer(false).await.unwrap().status, 200);
    client.send("t").await;
    client.closed_within(PATIENCE).await;
    assert_eq!(beacon.metrics.shed.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn an_idle_connection_outlives_the_header_limit_and_not_the_idle_limit() {
    let limits = Settings { header_timeout: SHORT, idle_timeout: 4 * SHORT, ..settings() };
    let beacon = Beacon::start(limits);
    let mut client = beacon.connect().await;
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.answer(false).await.unwrap().status, 200);
    let start = Instant::now();
    client.closed_within(PATIENCE).await;
    assert!(start.elapsed() >= 3 * SHORT, "cut after {:?}", start.elapsed());
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let beacon = Beacon::start(Settings { max_connections: 2, ..settings() });
    let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut client = beacon.connect().await;
        client.send(request).await;
        client.answer(false).await.unwrap();
        open.push(client);
    }
    let mut third = beacon.connect().await;
    third.send(request).await;
    let unanswered = tokio::time::timeout(SHORT, third.answer(false)).await;
    assert!(unanswered.is_err(), "the third had to wait");
    assert_eq!(beacon.metrics.connections.load(Ordering::Relaxed), 2);
    // The two are still served meanwhile.
    open[0].send(request).await;
    assert_eq!(open[0].answer(false).await.unwrap().status, 200);
    open.pop();
    assert_eq!(third.answer(false).await.unwrap().status, 200);
}

#[tokio::test]
async fn many_clients_at_once_are_all_answered_and_all_recorded() {
    let mut beacon = Beacon::start(settings());
    let pixel = beacon.pixel(7, 42);
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(beacon.connect().await);
    }
    let request = format!("GET {pixel} HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..10 {
        for client in &mut clients {
            client.send(&request).await;
        }
        for client in &mut clients {
            assert_eq!(client.answer(false).await.unwrap().status, 200);
        }
    }
    assert_eq!(beacon.records().len(), 500);
    drop(clients);
    beacon.shutdown.cancel();
    beacon.join();
    assert_eq!(beacon.metrics.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_shutdown_answers_what_is_under_way_and_closes_what_is_idle() {
    let mut beacon = Beacon::start(settings());
    let pixel = beacon.pixel(7, 42);
    let mut idle = beacon.connect().await;
    idle.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    idle.answer(false).await.unwrap();
    let mut busy = beacon.connect().await;
    busy.send(&format!("GET {pixel} HTTP/1.1\r\nHo")).await;
    // Both are in the beacon's hands.
    let start = Instant::now();
    while beacon.metrics.connections.load(Ordering::Relaxed) < 2 {
        assert!(start.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(SHORT, std::future::pending::<()>()).await.unwrap_err();
    beacon.shutdown.cancel();
    idle.closed_within(PATIENCE).await;
    busy.send("st: a\r\n\r\n").await;
    let answer = busy.answer(false).await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    busy.closed_within(PATIENCE).await;
    beacon.join();
    assert_eq!(beacon.records().len(), 1);
    assert!(tokio::net::TcpStream::connect(beacon.address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let mut beacon = Beacon::start(Settings { drain_timeout: SHORT, ..settings() });
    let mut stuck = beacon.connect().await;
    stuck.send("GET /healthz HTTP/1.1\r\n").await;
    let start = Instant::now();
    while beacon.metrics.connections.load(Ordering::Relaxed) < 1 {
        assert!(start.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    beacon.shutdown.cancel();
    stuck.closed_within(PATIENCE).await;
    beacon.join();
}
