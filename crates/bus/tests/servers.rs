//! What a server tells about itself, and ways in that are shut.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use bus::{BusError, Product, RedisServer};
use testkit::{Redis, RedisCluster, certificate};

fn server(url: &str, password: Option<&str>) -> RedisServer {
    RedisServer::parse(url, password, None).unwrap()
}

#[tokio::test]
async fn a_server_tells_what_matters() {
    let redis = Redis::start_with(&["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]);
    let facts = server(&redis.url(), None).probe().await.unwrap();
    assert_eq!(facts.product, Product::Redis);
    assert!(facts.version.split('.').count() >= 3, "{}", facts.version);
    assert!(!facts.cluster && facts.writable);
    assert_eq!((facts.eviction.as_str(), facts.max_memory_bytes), ("allkeys-lru", 64 << 20));
    assert_eq!(facts.persistent, Some(false));
    let apart = Duration::from_micros((facts.time.0 - facts.asked_at.0).unsigned_abs());
    assert!(apart < Duration::from_secs(5), "one machine, one clock: {apart:?}");
    assert!(facts.round_trip > Duration::ZERO);
    redis.command(&["config", "set", "appendonly", "yes"]);
    assert!(!facts.is_full());
    redis.command(&["config", "set", "maxmemory-policy", "noeviction"]);
    redis.command(&["config", "set", "maxmemory", "1"]);
    let facts = server(&redis.url(), None).probe().await.unwrap();
    assert!(facts.is_full(), "{facts:?}");
    assert_eq!((facts.eviction.as_str(), facts.persistent), ("noeviction", Some(true)));
}

#[tokio::test]
async fn a_node_of_a_cluster_says_that_it_is_one() {
    let urls = RedisCluster::shared().urls();
    let hosts: Vec<&str> = urls.iter().filter_map(|url| url.strip_prefix("redis://")).collect();
    // The first that answers is asked.
    let cluster = server(&format!("redis+cluster://127.0.0.1:1,{}", hosts.join(",")), None);
    let facts = cluster.probe().await.unwrap();
    assert!(facts.cluster && facts.writable && cluster.is_cluster());
    let single = server(urls.first().unwrap(), None);
    assert!(single.probe().await.unwrap().cluster && !single.is_cluster());
}

#[tokio::test]
async fn a_password_is_asked_for_and_never_shown() {
    let redis = Redis::start();
    redis.command(&["config", "set", "requirepass", "hush"]);
    server(&redis.url(), Some("hush")).probe().await.unwrap();
    for password in [None, Some("wrong-one")] {
        let problem = server(&redis.url(), password).probe().await.unwrap_err();
        let shown = format!("{problem} {problem:?}");
        assert!(
            matches!(problem, BusError::Redis { .. }) && !shown.contains("wrong-one"),
            "{shown}"
        );
        assert!(shown.contains(&format!("127.0.0.1:{}", redis.port())), "{shown}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_address() {
    let mut redis = Redis::start();
    redis.kill();
    let problem = server(&redis.url(), None).probe().await.unwrap_err().to_string();
    assert!(problem.contains("connecting to Redis") && problem.contains(&redis.url()), "{problem}");
}

#[tokio::test]
async fn over_tls_the_given_certificates_alone_are_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (key, trusted) = certificate(folder.path(), "server");
    let (_, stranger) = certificate(folder.path(), "stranger");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _redis = Redis::start_with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-auth-clients",
        "no",
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-cert-file",
        trusted.to_str().unwrap(),
    ]);
    let url = format!("rediss://127.0.0.1:{port}");
    RedisServer::parse(&url, None, Some(&trusted)).unwrap().probe().await.unwrap();
    for wrong in [Some(stranger.as_path()), None] {
        let server = RedisServer::parse(&url, None, wrong).unwrap();
        assert!(server.probe().await.is_err(), "{wrong:?}");
    }
}
