//! A limit that nodes share over real Redis servers: never more than the rate, never stuck.
//!
//! Counted against the time that was measured, so that a loaded machine fails nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use bus::{InstallationId, KeyedLimit, RedisServer, Throttle};
use testkit::{Proxy, Redis, RedisCluster};

/// 200 a second.
const PER_MINUTE: u32 = 12_000;
const PER_SECOND: f64 = PER_MINUTE as f64 / 60.0;
/// What may come early or late: the slack of 100 ms, and as much for a busy machine.
const LEEWAY: f64 = 0.2;

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn throttle(server: &RedisServer, limit: &str, node: &str, nodes_hint: u32) -> Throttle {
    let ours = InstallationId::parse("limits").unwrap();
    let hint = number(nodes_hint);
    Throttle::shared(server, &ours, limit, number(PER_MINUTE), node, hint).unwrap()
}

/// What passes through a throttle within a time, with several who ask.
async fn passes(throttle: &Throttle, time: Duration) -> u32 {
    let until = tokio::time::Instant::now() + time;
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let throttle = throttle.clone();
        askers.spawn(async move {
            let mut passed = 0;
            while tokio::time::timeout_at(until, throttle.permit()).await.is_ok() {
                passed += 1;
            }
            passed
        });
    }
    askers.join_all().await.into_iter().sum()
}

/// Not more than the share of the rate in this time, and not next to nothing.
fn check(passed: u32, took: Duration, share: f64) {
    let most = PER_SECOND * share * (took.as_secs_f64() + LEEWAY) + 4.0;
    let least = PER_SECOND * share * took.as_secs_f64() / 10.0;
    let passed = f64::from(passed);
    assert!(passed <= most, "{passed} of {most} in {took:?}");
    assert!(passed >= least, "only {passed} of {most} in {took:?}");
}

async fn two_nodes_pass_no_more_than_the_rate(server: &RedisServer, limit: &str) {
    let one = throttle(server, limit, "node-1", 2);
    let two = throttle(server, limit, "node-2", 2);
    let (begun, time) = (Instant::now(), Duration::from_secs(2));
    let (first, second) = tokio::join!(passes(&one, time), passes(&two, time));
    check(first + second, begun.elapsed(), 1.0);
    assert!(first > 0 && second > 0, "{first} and {second}");
}

#[tokio::test]
async fn two_nodes_share_a_limit() {
    let server = RedisServer::parse(&Redis::shared().url(), None, None).unwrap();
    two_nodes_pass_no_more_than_the_rate(&server, "two").await;
}

#[tokio::test]
async fn two_nodes_share_a_limit_over_a_cluster() {
    let urls = RedisCluster::shared().urls();
    let hosts: Vec<&str> = urls.iter().filter_map(|url| url.strip_prefix("redis://")).collect();
    let url = format!("redis+cluster://{}", hosts.join(","));
    let server = RedisServer::parse(&url, None, None).unwrap();
    two_nodes_pass_no_more_than_the_rate(&server, "two").await;
}

#[tokio::test]
async fn without_redis_each_node_keeps_to_its_share_and_comes_back() {
    let mut redis = Redis::start();
    let server = RedisServer::parse(&redis.url(), None, None).unwrap();
    // The hint is wrong, and corrected by Redis.
    let one = throttle(&server, "away", "node-1", 50);
    let two = throttle(&server, "away", "node-2", 50);
    let short = Duration::from_millis(300);
    tokio::join!(passes(&one, short), passes(&two, short));
    redis.kill();
    // Whatever was reserved before is used up now.
    tokio::join!(passes(&one, short), passes(&two, short));
    let (begun, time) = (Instant::now(), Duration::from_secs(2));
    let (first, second) = tokio::join!(passes(&one, time), passes(&two, time));
    check(first, begun.elapsed(), 0.5);
    check(second, begun.elapsed(), 0.5);
    redis.start_again();
    let members = || redis.command(&["zcard", "pharos:{limits}:members:away"]);
    let limit = Instant::now();
    while members() != "2" {
        assert!(limit.elapsed() < Duration::from_secs(60), "the limit is not shared again");
        tokio::join!(passes(&one, short), passes(&two, short));
    }
    let begun = Instant::now();
    let (first, second) = tokio::join!(passes(&one, time), passes(&two, time));
    check(first + second, begun.elapsed(), 1.0);
}

#[tokio::test]
async fn a_node_that_never_reached_redis_believes_the_hint() {
    let mut redis = Redis::start();
    let server = RedisServer::parse(&redis.url(), None, None).unwrap();
    redis.kill();
    let throttle = throttle(&server, "hint", "node-1", 4);
    let begun = Instant::now();
    let passed = passes(&throttle, Duration::from_secs(2)).await;
    check(passed, begun.elapsed(), 0.25);
}

#[tokio::test]
async fn a_server_that_is_silent_stops_nobody() {
    let redis = Redis::shared();
    let proxy = Proxy::raw_to(redis.port());
    let url = format!("redis://127.0.0.1:{}", proxy.port());
    let server = RedisServer::parse(&url, None, None).unwrap();
    let throttle = throttle(&server, "silent", "node-1", 1);
    throttle.permit().await;
    proxy.freeze(true);
    let begun = Instant::now();
    let passed = passes(&throttle, Duration::from_secs(3)).await;
    check(passed, begun.elapsed(), 1.0);
    proxy.freeze(false);
}

#[tokio::test]
async fn a_slow_limit_is_kept_as_well() {
    let server = RedisServer::parse(&Redis::shared().url(), None, None).unwrap();
    let ours = InstallationId::parse("limits").unwrap();
    let slow =
        |node: &str| Throttle::shared(&server, &ours, "slow", number(60), node, number(2)).unwrap();
    let (one, two) = (slow("node-1"), slow("node-2"));
    let (begun, time) = (Instant::now(), Duration::from_millis(2_500));
    let (first, second) = tokio::join!(passes(&one, time), passes(&two, time));
    let most = begun.elapsed().as_secs_f64() + LEEWAY + 1.0;
    assert!(f64::from(first + second) <= most, "{first} and {second} in {:?}", begun.elapsed());
}

/// 600 a minute, of which 100 at once.
fn shares(server: &RedisServer, limit: &str) -> KeyedLimit {
    let ours = InstallationId::parse("limits").unwrap();
    KeyedLimit::shared(server, &ours, limit, number(600)).unwrap()
}

/// How many of 150 requests with a key two nodes let through that are asked in turn.
async fn let_through(one: &KeyedLimit, two: &KeyedLimit, key: u64) -> u32 {
    let mut allowed = 0;
    for _ in 0..75 {
        for node in [one, two] {
            allowed += u32::from(node.take(key).await.allowed);
        }
    }
    allowed
}

/// A share, and what comes back of it while it is asked for.
fn check_share(allowed: u32, took: Duration, shares: u32) {
    let most = shares * (100 + u32::try_from(took.as_millis() / 100).unwrap() + 1);
    assert!((100 * shares.min(1)..=most).contains(&allowed), "{allowed} of {most} in {took:?}");
}

#[tokio::test]
async fn two_nodes_share_what_each_key_may_ask() {
    let server = RedisServer::parse(&Redis::shared().url(), None, None).unwrap();
    let (one, two) = (shares(&server, "keyed"), shares(&server, "keyed"));
    for key in [7, u64::MAX] {
        let begun = Instant::now();
        let allowed = let_through(&one, &two, key).await;
        check_share(allowed, begun.elapsed(), 1);
    }
    let refused = one.take(7).await;
    assert!(refused.allowed || refused.left == 0, "{refused:?}");
    assert!(refused.wait <= Duration::from_millis(100), "{refused:?}");
}

#[tokio::test]
async fn without_redis_each_node_limits_by_itself_and_comes_back() {
    let mut redis = Redis::start();
    let server = RedisServer::parse(&redis.url(), None, None).unwrap();
    let (one, two) = (shares(&server, "away"), shares(&server, "away"));
    assert!(one.take(1).await.allowed && two.take(1).await.allowed);
    redis.kill();
    let begun = Instant::now();
    let allowed = let_through(&one, &two, 2).await;
    check_share(allowed, begun.elapsed(), 2);
    assert_eq!(allowed, 150, "each has a whole share");
    redis.start_again();
    let limit = Instant::now();
    while redis.command(&["exists", "pharos:{limits}:limit:away:3"]) != "1" {
        assert!(limit.elapsed() < Duration::from_secs(60), "the limit is not shared again");
        one.take(3).await;
        tokio::task::yield_now().await;
    }
}
