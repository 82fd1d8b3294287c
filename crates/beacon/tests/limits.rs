//! What the beacon does to clients that are slow, many, or in the way of a shutdown.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod harness;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use harness::{Beacon, limited, settings};

const SHORT: Duration = Duration::from_millis(80);
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_client_that_drips_its_header_is_cut() {
    let beacon = Beacon::start(limited(|it| it.header = SHORT));
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
    assert_eq!(beacon.metrics.clients.shed.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn an_idle_connection_outlives_the_header_limit_and_not_the_idle_limit() {
    let beacon = Beacon::start(limited(|it| (it.header, it.idle) = (SHORT, 4 * SHORT)));
    let mut client = beacon.connect().await;
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.answer(false).await.unwrap().status, 200);
    let start = Instant::now();
    client.closed_within(PATIENCE).await;
    assert!(start.elapsed() >= 3 * SHORT, "cut after {:?}", start.elapsed());
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let beacon = Beacon::start(limited(|it| it.connections = 2));
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
    assert_eq!(beacon.metrics.clients.open.load(Ordering::Relaxed), 2);
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
    assert_eq!(beacon.metrics.clients.open.load(Ordering::Relaxed), 0);
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
    busy.until_read().await;
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
    let mut beacon = Beacon::start(limited(|it| it.drain = SHORT));
    let mut stuck = beacon.connect().await;
    stuck.send("GET /healthz HTTP/1.1\r\n").await;
    let start = Instant::now();
    while beacon.metrics.clients.open.load(Ordering::Relaxed) < 1 {
        assert!(start.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    beacon.shutdown.cancel();
    stuck.closed_within(PATIENCE).await;
    beacon.join();
}

#[tokio::test]
async fn clients_that_sit_on_every_slot_give_way_the_longest_idle_first() {
    let beacon = Beacon::start(limited(|it| (it.connections, it.quiet) = (2, SHORT)));
    let request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut sitting = Vec::new();
    for _ in 0..2 {
        let mut client = beacon.connect().await;
        client.send(request).await;
        client.answer(false).await.unwrap();
        sitting.push(client);
        // Idle for longer than the beacon lets a quiet client sit, and the first for longest.
        tokio::time::timeout(2 * SHORT, std::future::pending::<()>()).await.unwrap_err();
    }
    let mut reader = beacon.connect().await;
    reader.send(request).await;
    assert_eq!(reader.answer(false).await.unwrap().status, 200);
    let mut longest = sitting.remove(0);
    longest.closed_within(PATIENCE).await;
    sitting[0].send(request).await;
    assert_eq!(sitting[0].answer(false).await.unwrap().status, 200, "the other one stays");
    assert_eq!(beacon.metrics.clients.gave_way.load(Ordering::Relaxed), 1);
    assert_eq!(beacon.metrics.clients.shed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_client_that_asks_and_takes_no_answer_is_cut() {
    let beacon = Beacon::start(limited(|it| it.taking = SHORT));
    let mut client = beacon.connect().await;
    let many = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    let start = Instant::now();
    // Until the sockets on both sides are full: then the answers have nowhere to go.
    while tokio::time::timeout(SHORT, client.try_send(&many)).await.is_ok_and(|sent| sent) {
        assert!(start.elapsed() < PATIENCE, "the beacon takes requests without end");
    }
    while beacon.metrics.clients.open.load(Ordering::Relaxed) > 0 {
        assert!(start.elapsed() < PATIENCE, "a client that takes nothing keeps its slot");
        tokio::time::timeout(SHORT, std::future::pending::<()>()).await.unwrap_err();
    }
    assert_eq!(beacon.metrics.clients.shed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_its_answer() {
    let beacon = Beacon::start(settings());
    let mut client = beacon.connect().await;
    let pixel = beacon.pixel(7, 42);
    client.send(&format!("GET {pixel} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    client.close_sending().await;
    assert_eq!(client.answer(false).await.unwrap().status, 200);
    client.closed_within(PATIENCE).await;
    assert_eq!(beacon.records().len(), 1);
}
