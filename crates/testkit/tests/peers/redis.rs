//! Private Redis servers, alone and as a cluster.

use testkit::{Redis, RedisCluster};

#[test]
fn it_forgets_everything_when_it_dies() {
    let mut server = Redis::start();
    assert_eq!(server.command(&["set", "name", "Aurora"]), "OK");
    assert_eq!(server.command(&["get", "name"]), "Aurora");
    let url = server.url();
    server.kill();
    server.start_again();
    assert_eq!(server.url(), url);
    assert_eq!(server.command(&["get", "name"]), "");
}

#[test]
fn with_an_append_only_file_it_remembers() {
    let mut server = Redis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    server.command(&["set", "name", "Aurora"]);
    server.kill();
    server.start_again();
    assert_eq!(server.command(&["get", "name"]), "Aurora");
}

#[test]
fn the_shared_one_is_always_the_same() {
    assert_eq!(Redis::shared().url(), Redis::shared().url());
    assert_eq!(Redis::shared().url(), format!("redis://127.0.0.1:{}/0", Redis::shared().port()));
}

#[test]
#[should_panic(expected = "can't run no-such-program")]
fn a_missing_program_is_named() {
    Redis::start_program("no-such-program", &[]);
}

#[test]
fn a_cluster_serves_every_slot() {
    let cluster = RedisCluster::shared();
    let urls = cluster.urls();
    assert_eq!(urls.len(), 3);
    for number in 0..20 {
        let (key, value) = (format!("key{number}"), format!("value{number}"));
        // -c follows the redirection to the master that has the key's slot.
        assert_eq!(ask(&urls[number % 3], &["-c", "set", &key, &value]), "OK");
        assert_eq!(ask(&urls[(number + 1) % 3], &["-c", "get", &key]), value);
    }
    let moved = urls.iter().filter(|url| ask(url, &["get", "key1"]).starts_with("MOVED"));
    assert_eq!(moved.count(), 2, "one of three masters has a key");
}

fn ask(url: &str, words: &[&str]) -> String {
    let output = std::process::Command::new("redis-cli").args(["-u", url]).args(words).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
}
