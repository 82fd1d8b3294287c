//! Nothing is left behind, however the test process ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use testkit::{Postgres, Redis};

const READY: &str = "peer: ";

/// Not a test of its own: the process that the tests below start and kill.
#[test]
#[ignore = "holds peers until its input ends"]
fn a_process_with_peers() {
    let (postgres, redis) = (Postgres::shared(), Redis::shared());
    println!("\n{READY}{} {}", postgres.port(), postgres.folder().display());
    println!("{READY}{} {}", redis.port(), redis.folder().display());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn peers_end_when_their_process_is_killed() {
    let (mut process, peers) = start();
    process.kill().unwrap();
    process.wait().unwrap();
    peers.iter().for_each(has_gone);
}

#[test]
fn peers_in_statics_end_with_their_process() {
    let (mut process, peers) = start();
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
    peers.iter().for_each(has_gone);
}

#[test]
fn peers_end_when_they_are_dropped() {
    let mut postgres = Postgres::start();
    let redis = Redis::start();
    let peers = [
        (postgres.port(), postgres.folder().to_owned()),
        (redis.port(), redis.folder().to_owned()),
    ];
    postgres.kill();
    drop((postgres, redis));
    for (port, folder) in peers {
        assert!(!is_there(port, &folder));
    }
}

fn start() -> (Child, Vec<(u16, PathBuf)>) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "endings::a_process_with_peers"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(process.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let peers = said.filter_map(|line| {
        let (port, folder) = line.strip_prefix(READY)?.split_once(' ')?;
        Some((port.parse().unwrap(), PathBuf::from(folder)))
    });
    let peers: Vec<_> = peers.take(2).collect();
    assert_eq!(peers.len(), 2);
    assert!(peers.iter().all(|(port, folder)| is_there(*port, folder)));
    (process, peers)
}

/// Whether a peer has left anything: a listener, a folder, a process that bears its name.
fn is_there(port: u16, folder: &Path) -> bool {
    let named = Command::new("pgrep").arg("-f").arg(folder).output().unwrap();
    TcpStream::connect(("127.0.0.1", port)).is_ok() || folder.exists() || named.status.success()
}

fn has_gone((port, folder): &(u16, PathBuf)) {
    let begin = Instant::now();
    while is_there(*port, folder) {
        assert!(begin.elapsed() < Duration::from_secs(30), "{} is still there", folder.display());
        #[expect(clippy::disallowed_methods, reason = "looks again, up to the limit")]
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
