//! Fetching from servers that answer as they please, and from machines that must not be asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends there")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use fetcher::{
    Ask, Exemption, FetchFailure, FetchProblem, Fetched, Fetcher, FetcherSettings, Guard, Resolver,
    ServiceClient, ServiceProblem, Timing,
};
use testkit::{Dns, DnsRecord, WebAnswer, WebServer, certificate_for};

fn fetcher_with(dns: SocketAddr, exempt: &[&str], ca_file: Option<&Path>) -> Fetcher {
    let exemptions: Vec<Exemption> = exempt.iter().map(|text| text.parse().unwrap()).collect();
    Fetcher::new(FetcherSettings {
        resolver: Resolver::asking(&[dns]).unwrap(),
        guard: Guard::new(exemptions),
        ca_file,
        user_agent: "Pharos/0 (tests)",
        timing: Timing { connect: Duration::from_secs(2), request: Duration::from_secs(2) },
    })
    .unwrap()
}

/// Fetches what is on this machine's 127.0.0.1 alone.
async fn fetch(address: &str, ask: Ask) -> Result<Fetched, FetchFailure> {
    let dns = Dns::start();
    fetcher_with(dns.address(), &["127.0.0.1"], None).fetch(address, ask).await
}

async fn problem(address: &str) -> FetchProblem {
    fetch(address, Ask::Page).await.unwrap_err().problem
}

#[tokio::test]
async fn redirects_are_followed_and_told() {
    let server = WebServer::start(|request| match request.path.as_str() {
        "/a?x=%C3%BC" => WebAnswer::redirect(301, "b"),
        "/b" => WebAnswer::redirect(302, "?q=ü#part"),
        "/b?q=%C3%BC" => WebAnswer::page(),
        "/circle" => WebAnswer::redirect(302, "/circle#again"),
        "/deeper" => WebAnswer::redirect(302, "/deeper/1"),
        path if path.starts_with("/deeper") => WebAnswer::redirect(302, format!("{path}1")),
        "/mail" => WebAnswer::redirect(302, "mailto:a@b.example"),
        "/nowhere" => WebAnswer::status(302),
        path => panic!("{path}"),
    });
    let base = format!("http://127.0.0.1:{}", server.port());
    let fetched = fetch(&format!("{base}/a?x=ü#top"), Ask::Head).await.unwrap();
    assert_eq!((fetched.status, fetched.content_type.as_deref()), (200, Some("text/html")));
    let to: Vec<_> = fetched.redirects.iter().map(|it| (it.status, it.to.clone())).collect();
    assert_eq!(to, [(301, format!("{base}/b")), (302, format!("{base}/b?q=%C3%BC#part"))]);
    assert!(server.requests().iter().all(|it| it.method == "HEAD"));
    assert!(server.requests().iter().all(|it| it.header("user-agent") == Some("Pharos/0 (tests)")));
    assert!(server.requests().iter().all(|it| it.header("cookie").is_none()));

    assert_eq!(problem(&format!("{base}/circle")).await, FetchProblem::Loop);
    assert_eq!(problem(&format!("{base}/deeper")).await, FetchProblem::TooManyRedirects(8));
    assert_eq!(problem(&format!("{base}/mail")).await, FetchProblem::NotWeb);
    assert_eq!(fetch(&format!("{base}/nowhere"), Ask::Page).await.unwrap().status, 302);
}

#[tokio::test]
async fn nothing_private_is_asked_whoever_names_it() {
    let server = WebServer::start(|request| match request.path.as_str() {
        "/inside" => WebAnswer::redirect(302, format!("http://127.0.0.2:{}/", 9)),
        "/metadata" => WebAnswer::redirect(302, "http://169.254.169.254/latest/meta-data/"),
        "/name" => WebAnswer::redirect(302, "http://inside.example:8080/"),
        "/file" => WebAnswer::redirect(302, "file:///etc/passwd"),
        path => panic!("{path}"),
    });
    let dns = Dns::start();
    dns.host("inside.example", &["10.0.0.7", "fd00::1", "::ffff:192.168.0.1"]);
    let fetcher = fetcher_with(dns.address(), &["127.0.0.1"], None);
    let problem = async |address: &str| fetcher.fetch(address, Ask::Page).await.unwrap_err();
    for path in ["inside", "metadata", "name"] {
        let failure = problem(&format!("http://127.0.0.1:{}/{path}", server.port())).await;
        assert_eq!(failure.problem, FetchProblem::Private, "{path}");
        assert_eq!(failure.redirects.len(), 1);
    }
    let file = problem(&format!("http://127.0.0.1:{}/file", server.port())).await;
    assert_eq!(file.problem, FetchProblem::NotWeb);
    // As browsers read numbers, and as people try to hide them.
    for address in [
        "http://127.0.0.2/",
        "http://2130706434/",
        "http://0x7f.2/",
        "http://0177.0.0.2/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "http://[fd00::1]:8080/",
        "http://0/",
        "http://127.0.0.2.:80/",
        "http://user:secret@10.1.1.1/",
        "http://⑩.0.0.1/",
        "https://inside.example/",
        "http://INSIDE.example./",
    ] {
        let failure = problem(address).await;
        assert_eq!(failure.problem, FetchProblem::Private, "{address}");
    }
    assert_eq!(problem("http://8.8.8.8:25/").await.problem, FetchProblem::Port(25));
    assert_eq!(problem("ftp://8.8.8.8/").await.problem, FetchProblem::NotWeb);
    assert_eq!(problem("http://nobody.example/").await.problem, FetchProblem::NoSuchHost);
}

#[tokio::test]
async fn a_name_means_what_it_was_judged_by_even_when_dns_changes_its_mind() {
    let server = WebServer::start(|_| WebAnswer::page());
    let dns = Dns::start();
    // The first answer passes the guard; a second look-up would say otherwise.
    dns.host("rebinding.example", &["127.0.0.1"]);
    let fetcher = fetcher_with(dns.address(), &["127.0.0.1"], None);
    let address = format!("http://rebinding.example:{}/", server.port());
    assert_eq!(fetcher.fetch(&address, Ask::Page).await.unwrap().status, 200);
    assert_eq!(dns.asked(), 2, "A and AAAA, once each");
    assert_eq!(server.requests()[0].header("host"), address[7..].strip_suffix('/'));
    dns.forget("rebinding.example");
    dns.host("rebinding.example", &["127.0.0.2"]);
    let failure = fetcher.fetch(&address, Ask::Page).await.unwrap_err();
    assert_eq!(failure.problem, FetchProblem::Private);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_never_ends_or_is_no_http_is_left() {
    let server = WebServer::start(|request| match request.path.as_str() {
        "/silent" => WebAnswer::Silence,
        "/endless" => WebAnswer::Endless("image/png"),
        "/ssh" => WebAnswer::Raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "/head" => WebAnswer::Raw(&[b'x'; 100_000]),
        path => panic!("{path}"),
    });
    let base = format!("http://127.0.0.1:{}", server.port());
    let began = Instant::now();
    assert_eq!(problem(&format!("{base}/silent")).await, FetchProblem::Timeout(2));
    let file = Ask::File { kept: 1_000, most: 100_000 };
    let endless = fetch(&format!("{base}/endless"), file).await.unwrap();
    assert_eq!(endless.body.start.len(), 1_000);
    assert!(endless.body.bytes.is_some_and(|bytes| (100_000..200_000).contains(&bytes)));
    assert_eq!(fetch(&format!("{base}/endless"), Ask::Page).await.unwrap().status, 200);
    for path in ["ssh", "head"] {
        let problem = problem(&format!("{base}/{path}")).await;
        assert!(matches!(problem, FetchProblem::NotHttp(_)), "{problem:?}");
    }
    let nobody = format!("http://127.0.0.1:{}/", testkit::free_port());
    assert!(matches!(problem(&nobody).await, FetchProblem::Connect(_)));
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn certificates_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = certificate_for(folder.path(), "shop", &["shop.example"]);
    let server = WebServer::with_tls((&key, &certificate), |_| WebAnswer::page());
    let dns = Dns::start();
    for name in ["shop.example", "other.example"] {
        dns.host(name, &["127.0.0.1"]);
    }
    let fetch = async |host: &str, ca_file| {
        let fetcher = fetcher_with(dns.address(), &["127.0.0.1"], ca_file);
        let address = format!("https://{host}:{}/", server.port());
        fetcher.fetch(&address, Ask::Head).await.map(|it| it.status).map_err(|it| it.problem)
    };
    assert_eq!(fetch("shop.example", Some(&*certificate)).await, Ok(200));
    for (host, ca_file) in [("shop.example", None), ("other.example", Some(&*certificate))] {
        let problem = fetch(host, ca_file).await.unwrap_err();
        assert!(matches!(problem, FetchProblem::Tls(_)), "{problem:?}");
    }
}

#[tokio::test]
async fn a_host_is_asked_one_thing_at_a_time() {
    // Each answer waits a moment for another question, which must not come before it.
    let arrived = (std::sync::Mutex::new(()), std::sync::Condvar::new());
    let server = WebServer::start(move |_| {
        arrived.1.notify_all();
        let waits = arrived.0.lock().unwrap();
        drop(arrived.1.wait_timeout(waits, Duration::from_millis(10)).unwrap());
        WebAnswer::page()
    });
    let dns = Dns::start();
    let fetcher = std::sync::Arc::new(fetcher_with(dns.address(), &["127.0.0.1"], None));
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..20 {
        let fetcher = std::sync::Arc::clone(&fetcher);
        let address = format!("http://127.0.0.1:{}/{number}", server.port());
        asked.spawn(async move { fetcher.fetch(&address, Ask::Head).await.unwrap().status });
    }
    assert_eq!(asked.join_all().await, vec![200; 20]);
    assert_eq!(server.most_at_once(), 1);
}

#[tokio::test]
async fn records_of_a_domain_are_told_from_no_answer() {
    let dns = Dns::start();
    dns.add("a.example", DnsRecord::Text("v=spf1 -all".to_owned()));
    dns.add("a.example", DnsRecord::Text("x".repeat(600)));
    dns.add("a.example", DnsRecord::MailHost("mx.a.example".to_owned()));
    dns.add("b.example", DnsRecord::MailHost(".".to_owned()));
    dns.add("_dmarc.a.example", DnsRecord::Text("v=DMARC1; p=reject".to_owned()));
    let resolver = Resolver::asking(&[dns.address()]).unwrap();
    assert_eq!(resolver.texts("a.example").await.unwrap()[1].len(), 600);
    assert_eq!(resolver.texts("_dmarc.a.example").await.unwrap(), ["v=DMARC1; p=reject"]);
    assert_eq!(resolver.mail_hosts("a.example").await.unwrap(), ["mx.a.example"]);
    assert_eq!(resolver.mail_hosts("b.example").await.unwrap(), [""]);
    assert_eq!(resolver.texts("b.example").await.unwrap(), Vec::<String>::new());
    assert_eq!(resolver.texts("c.example").await.unwrap_err(), fetcher::LookupProblem::NoSuchName);
    let nobody = SocketAddr::from(([127, 0, 0, 1], testkit::free_port()));
    let problem = Resolver::asking(&[nobody]).unwrap().texts("a.example").await.unwrap_err();
    assert!(matches!(problem, fetcher::LookupProblem::Unanswered(_)), "{problem:?}");
}

#[tokio::test]
async fn a_service_is_where_the_operator_says() {
    let server = WebServer::start(|request| match request.path.as_str() {
        "/base/ask" => WebAnswer::of("application/json", b"{}"),
        "/base/long" => WebAnswer::Endless("text/plain"),
        _ => WebAnswer::status(503),
    });
    let dns = Dns::start();
    let resolver = Resolver::asking(&[dns.address()]).unwrap();
    let client = ServiceClient { resolver, timeout: Duration::from_secs(2), most_bytes: 1_000 };
    let service = format!("http://127.0.0.1:{}/base/", server.port()).parse().unwrap();
    let from = [("From", "a@b.example".to_owned())];
    let post = |path| client.post(&service, path, &from, vec![1]);
    assert_eq!(post("/ask").await.unwrap(), b"{}");
    assert_eq!(server.requests()[0].header("from"), Some("a@b.example"));
    assert_eq!(post("/long").await, Err(ServiceProblem::TooLong(1_000)));
    assert_eq!(post("/other").await, Err(ServiceProblem::Status(503)));
    for wrong in ["", "127.0.0.1:11333", "https://a.example", "http://a.example/?x", "ftp://a"] {
        assert_eq!(wrong.parse::<fetcher::ServiceUrl>(), Err(ServiceProblem::Address), "{wrong}");
    }
}
