//! The proxy breaks connections just as it says. The client is psql, or a bare socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use testkit::{Fault, Postgres, Proxy, Redis};

const INSERT: &str = "INSERT INTO letters VALUES (1)";
const LIMIT: Duration = Duration::from_secs(10);

/// A database with an empty table `letters`, behind a proxy.
struct Letters {
    direct: String,
    proxy: Proxy,
}

impl Letters {
    fn new() -> Self {
        let server = Postgres::shared();
        let direct = server.database();
        server.query(&direct, "CREATE TABLE letters (id int)");
        Self { direct, proxy: Proxy::to(server.port()) }
    }

    fn psql(&self, sql: &str) -> Output {
        let server = format!(":{}/", Postgres::shared().port());
        let url = self.direct.replace(&server, &format!(":{}/", self.proxy.port()));
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-d", &url, "-c", sql]).stdin(Stdio::null());
        psql.output().unwrap()
    }

    fn fails(&self) -> String {
        let output = self.psql(INSERT);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    fn succeeds(&self) {
        let output = self.psql(INSERT);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn rows(&self) -> String {
        Postgres::shared().query(&self.direct, "SELECT count(*) FROM letters").concat().concat()
    }
}

#[test]
fn an_unbroken_proxy_changes_nothing_and_counts() {
    let letters = Letters::new();
    letters.succeeds();
    assert_eq!(letters.rows(), "1");
    // psql sends a Query and a Terminate.
    assert_eq!(letters.proxy.messages(), 2);
    let long = letters.psql("SELECT repeat('Aurora', 1000000)").stdout;
    assert_eq!(long.len(), 6_000_001);
}

#[test]
fn cut_before_keeps_the_message_from_the_server() {
    let letters = Letters::new();
    letters.proxy.arm(0, Fault::CutBefore);
    assert!(letters.proxy.armed());
    letters.fails();
    assert!(!letters.proxy.armed());
    assert_eq!(letters.rows(), "0");
    letters.succeeds();
    assert_eq!(letters.rows(), "1");
}

#[test]
fn cut_after_keeps_the_answer_from_the_client() {
    let letters = Letters::new();
    for written in 1..=10 {
        letters.proxy.arm(0, Fault::CutAfter);
        letters.fails();
        assert_eq!(letters.rows(), written.to_string());
    }
}

#[test]
fn in_a_pipeline_only_what_came_before_the_cut_is_done() {
    let letters = Letters::new();
    let statements = [query("BEGIN"), query(INSERT), query("COMMIT")].concat();
    for (after, fault, kept) in [
        (2, Fault::CutBefore, "0"),
        (1, Fault::CutAfter, "0"),
        // The answers to the first two come before the commit is done, and don't count for it.
        (2, Fault::CutAfter, "1"),
    ] {
        let mut client = introduced(&letters);
        letters.proxy.arm(after, fault);
        client.write_all(&statements).unwrap();
        while client.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bare'";
        let begin = Instant::now();
        while Postgres::shared().query(&letters.direct, sessions) != [["0"]] {
            assert!(begin.elapsed() < LIMIT, "the server has not noticed the cut");
        }
        assert_eq!(letters.rows(), kept, "{fault:?} at {after}");
    }
}

#[test]
fn a_fault_strikes_the_message_that_was_counted() {
    let letters = Letters::new();
    // Each psql sends two messages: the third one's query is number 4 from now.
    letters.proxy.arm(4, Fault::CutBefore);
    letters.succeeds();
    letters.succeeds();
    assert!(letters.proxy.armed());
    letters.fails();
    assert_eq!(letters.rows(), "2");
}

#[test]
fn half_close_loses_the_message_and_closes_later() {
    let letters = Letters::new();
    letters.proxy.arm(0, Fault::HalfClose);
    let begin = Instant::now();
    let said = letters.fails();
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert!(said.contains("closed the connection unexpectedly"), "{said}");
    assert_eq!(letters.rows(), "0");
}

#[test]
fn a_delayed_message_arrives_late() {
    let letters = Letters::new();
    letters.proxy.arm(0, Fault::Delay(Duration::from_millis(400)));
    let begin = Instant::now();
    letters.succeeds();
    assert!(begin.elapsed() >= Duration::from_millis(400));
    assert_eq!(letters.rows(), "1");
}

#[test]
fn every_chunk_waits_for_the_delay() {
    let letters = Letters::new();
    letters.proxy.delay(Duration::from_millis(100));
    let begin = Instant::now();
    letters.succeeds();
    // Startup and query, there and back.
    assert!(begin.elapsed() >= Duration::from_millis(400));
}

#[test]
fn nothing_passes_while_it_is_frozen() {
    let letters = Letters::new();
    letters.proxy.freeze(true);
    std::thread::scope(|scope| {
        let insert = scope.spawn(|| letters.succeeds());
        // Several that set out later and go round the proxy are through before it.
        for _ in 0..3 {
            assert_eq!(letters.rows(), "0");
        }
        assert!(!insert.is_finished());
        letters.proxy.freeze(false);
    });
    assert_eq!(letters.rows(), "1");
}

#[test]
fn while_it_refuses_nobody_comes_in() {
    let letters = Letters::new();
    letters.proxy.refuse(true);
    letters.fails();
    letters.proxy.refuse(false);
    letters.succeeds();
}

#[test]
fn a_cut_resets_whoever_is_connected() {
    let redis = Redis::start();
    let proxy = Proxy::raw_to(redis.port());
    let mut clients: Vec<TcpStream> = (0..20).map(|_| connect(&proxy)).collect();
    clients.iter_mut().for_each(ping);
    assert_eq!(proxy.messages(), 20);
    proxy.cut();
    for client in &mut clients {
        let end = client.read(&mut [0; 8]).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    }
    ping(&mut connect(&proxy));
}

#[test]
fn faults_strike_a_chunk_of_another_protocol() {
    let redis = Redis::start();
    let proxy = Proxy::raw_to(redis.port());
    let mut client = connect(&proxy);
    for (fault, kept) in [(Fault::CutBefore, "0"), (Fault::CutAfter, "1")] {
        ping(&mut client);
        proxy.arm(0, fault);
        client.write_all(b"INCR sent\r\n").unwrap();
        let end = client.read(&mut [0; 8]).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
        assert_eq!(redis.command(&["incrby", "sent", "0"]), kept);
        client = connect(&proxy);
    }
}

#[test]
fn a_dead_server_and_a_dropped_proxy_are_noticed() {
    let mut redis = Redis::start();
    let proxy = Proxy::raw_to(redis.port());
    let mut client = connect(&proxy);
    ping(&mut client);
    redis.kill();
    assert!(ended(&mut client));
    assert!(ended(&mut connect(&proxy)));
    redis.start_again();
    let mut client = connect(&proxy);
    ping(&mut client);
    let port = proxy.port();
    drop(proxy);
    assert!(ended(&mut client));
    // Somebody else may have taken the free port for a moment.
    let by = Instant::now() + LIMIT;
    while TcpListener::bind(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < by, "the port is still taken");
        std::thread::yield_now();
    }
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// A bare socket on which the server waits for queries.
fn introduced(letters: &Letters) -> TcpStream {
    let (_, database) = letters.direct.rsplit_once('/').unwrap();
    let who = format!("user\0pharos\0database\0{database}\0application_name\0bare\0\0");
    let mut client = connect(&letters.proxy);
    let version = 196_608_u32.to_be_bytes();
    client.write_all(&framed(&[version.as_slice(), who.as_bytes()].concat())).unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"Z\0\0\0\x05I") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        said.extend(byte);
    }
    client
}

fn query(sql: &str) -> Vec<u8> {
    [b"Q".as_slice(), &framed(format!("{sql}\0").as_bytes())].concat()
}

/// The protocol's length counts itself.
fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [length.to_be_bytes().as_slice(), body].concat()
}

fn ping(client: &mut TcpStream) {
    client.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

/// Whether the connection has ended, by a close or a reset.
fn ended(client: &mut TcpStream) -> bool {
    match client.read(&mut [0; 8]) {
        Ok(count) => count == 0,
        Err(why) => why.kind() == ErrorKind::ConnectionReset,
    }
}
