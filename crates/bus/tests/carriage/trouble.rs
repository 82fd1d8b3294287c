//! Servers that die, forget, refuse, and connections that break.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bus::{BusError, CHUNK_RECORDS, Metrics};
use testkit::{Proxy, Redis};
use tokio_util::sync::CancellationToken;

use crate::house::{Node, Store, Stream, until};

#[tokio::test]
async fn a_killed_server_that_comes_back_empty_loses_no_hit() {
    let mut redis = Redis::start();
    let (stream, store) = (Stream::of(&redis), Store::default());
    let mut node = Node::new(1);
    node.append(CHUNK_RECORDS * 3);
    let shipper = node.ship(&stream, &store);
    stream.until_entries(|entries| entries == 3).await;
    redis.kill();
    node.append(10);
    redis.start_again();
    stream.until_entries(|entries| entries == 4).await;
    assert_eq!(store.mark(1), None);
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    for _ in 0..2 {
        redis.kill();
        node.append(2_500);
        redis.start_again();
        store.until_all_of(&node).await;
    }
    shipper.stop().await;
    recorder.stop().await;
}

#[tokio::test]
async fn connections_that_break_in_the_middle_lose_no_hit() {
    let redis = Redis::start();
    let proxy = Proxy::raw_to(redis.port());
    let (stream, store) = (Stream::through(proxy.port(), &redis), Store::default());
    let mut node = Node::new(1);
    let shipper = node.ship(&stream, &store);
    let recorder = store.recorder((&stream, "one"));
    for round in 0..15 {
        let before = proxy.messages();
        node.append(700);
        // Each time at another step of the way.
        until("it to be under way", || proxy.messages() > before + round).await;
        proxy.cut();
    }
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
    assert_eq!(stream.entries().await, 0);
}

#[tokio::test]
async fn a_server_that_is_silent_for_a_while_loses_no_hit() {
    let redis = Redis::start();
    let proxy = Proxy::raw_to(redis.port());
    let (stream, store) = (Stream::through(proxy.port(), &redis), Store::default());
    let mut node = Node::new(1);
    node.append(100);
    let shipper = node.ship(&stream, &store);
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    proxy.freeze(true);
    node.append(100);
    until("a wait that ends", || shipper.count(|it| &it.failures) > 0).await;
    proxy.freeze(false);
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
}

#[tokio::test]
async fn a_full_server_makes_hits_wait_in_the_journal() {
    let redis = Redis::start_with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let (stream, store) = (Stream::of(&redis), Store::default());
    let mut node = Node::new(1);
    node.append(100);
    let shipper = node.ship(&stream, &store);
    until("a refusal", || shipper.count(|it| &it.failures) > 0).await;
    assert_eq!(shipper.count(|it| &it.shipped_chunks), 0);
    redis.command(&["config", "set", "maxmemory", "0"]);
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
}

#[tokio::test]
async fn a_store_that_is_away_stops_no_shipper_and_loses_no_hit() {
    let redis = Redis::shared();
    let (stream, store) = (Stream::of(redis), Store::default());
    let mut node = Node::new(1);
    node.append(10);
    let shipper = node.ship(&stream, &store);
    let recorder = store.recorder((&stream, "one"));
    store.until_all_of(&node).await;
    store.fail(true);
    node.append(4_000);
    stream.until_entries(|entries| entries >= 2).await;
    until("a failure", || shipper.count(|it| &it.failures) > 0).await;
    store.fail(false);
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
    assert_eq!((store.again(), stream.entries().await), (0, 0));
}

#[tokio::test]
async fn a_killed_shipper_and_recorder_go_on_where_the_store_is() {
    let (stream, store) = (Stream::of_shared_server(), Store::default());
    let mut node = Node::new(1);
    for _ in 0..5 {
        let before = store.hits(1);
        node.append(3_000);
        let (shipper, recorder) = (node.ship(&stream, &store), store.recorder((&stream, "one")));
        until("some to be through", || store.hits(1) > before).await;
        shipper.kill().await;
        recorder.kill().await;
    }
    let (shipper, recorder) = (node.ship(&stream, &store), store.recorder((&stream, "one")));
    store.until_all_of(&node).await;
    stream.until_entries(|entries| entries == 0).await;
    shipper.stop().await;
    recorder.stop().await;
}

#[tokio::test]
async fn a_shipper_that_stops_while_the_server_is_away_leaves_hits_to_the_journal() {
    let mut redis = Redis::start();
    let (stream, store) = (Stream::of(&redis), Store::default());
    redis.kill();
    let mut node = Node::new(1);
    node.append(100);
    let metrics: Arc<Metrics> = Arc::default();
    let stop = CancellationToken::new();
    stop.cancel();
    let begun = Instant::now();
    let end = node.shipper(&stream, &store, &metrics).run(stop).await;
    assert!(matches!(end, Err(BusError::Unshipped { .. })), "{end:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(metrics.failures.load(Ordering::Relaxed) > 1);
    redis.start_again();
    let recorder = store.recorder((&stream, "one"));
    let shipper = node.ship(&stream, &store);
    store.until_all_of(&node).await;
    shipper.stop().await;
    recorder.stop().await;
}
