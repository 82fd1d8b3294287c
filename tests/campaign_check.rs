//! `pharos campaign check`: what others say of an announcement before anyone gets it, and whom it
//! never asks.

use std::io::Cursor;

use harness::{Pharos, Sink};
use serde_json::Value;
use testkit::{Dns, DnsRecord, Rspamd, WebAnswer, WebRequest, WebServer, certificate_for};

const SHOP: &str = "shop.aurora-check.org";
const IMAGES: &str = "img.aurora-check.org";

/// The web as the announcement sees it: every name leads to this machine, which is exempt.
struct Web {
    pages: WebServer,
    images: WebServer,
    dns: Dns,
    folder: tempfile::TempDir,
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = image::RgbImage::new(width, height);
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("an image");
    bytes.into_inner()
}

fn page(request: &WebRequest) -> WebAnswer {
    match (request.method.as_str(), request.path.as_str()) {
        (_, "/good" | "/good?utm_source=news" | "/%C3%BC%20x?a=1&b=%26") => WebAnswer::page(),
        ("HEAD", "/no-head") => WebAnswer::status(405),
        ("HEAD", "/no-head-404") => WebAnswer::status(404),
        ("HEAD", "/no-head-hangs") => WebAnswer::Silence,
        ("GET", "/no-head" | "/no-head-404" | "/no-head-hangs") => WebAnswer::page(),
        (_, "/gone") => WebAnswer::status(410),
        (_, "/moved") => WebAnswer::redirect(301, "/moved/on"),
        (_, "/moved/on") => WebAnswer::redirect(302, "/good"),
        (_, "/circle") => WebAnswer::redirect(302, "/circle"),
        (_, "/wall") => WebAnswer::status(403),
        (_, "/busy") => WebAnswer::status(429),
        (_, "/linkedin") => WebAnswer::status(999),
        (_, "/inside") => WebAnswer::redirect(302, "http://10.0.0.1/admin"),
        (_, "/metadata") => WebAnswer::redirect(302, "http://metadata.aurora-check.org/"),
        (_, "/slow") => WebAnswer::Silence,
        _ => WebAnswer::status(404),
    }
}

fn image(request: &WebRequest) -> WebAnswer {
    match request.path.as_str() {
        "/good.png" | "/background.png" | "/2x.png" => WebAnswer::of("image/png", &png(600, 200)),
        "/heavy.png" => WebAnswer::of("image/png", &[png(600, 200), vec![0; 1_500_000]].concat()),
        "/endless.png" => WebAnswer::Endless("image/png"),
        "/page.png" => WebAnswer::page(),
        "/broken.png" => WebAnswer::of("image/png", b"<html>"),
        "/font.woff2" => WebAnswer::of("font/woff2", b"wOF2"),
        _ => WebAnswer::status(404),
    }
}

impl Web {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, certificate) = certificate_for(folder.path(), "web", &[IMAGES]);
        let web = Self {
            pages: WebServer::start(page),
            images: WebServer::with_tls((&key, &certificate), image),
            dns: Dns::start(),
            folder,
        };
        for name in [SHOP, IMAGES, "other.aurora-check.org", "xn--bcher-kva.aurora-check.org"] {
            web.dns.host(name, &["127.0.0.1"]);
        }
        web.dns.host("metadata.aurora-check.org", &["169.254.169.254", "::ffff:10.1.1.1"]);
        web.dns.add("aurora-check.org", DnsRecord::MailHost("mx.aurora-check.org".to_owned()));
        web.dns.add("aurora-check.org", DnsRecord::Text("v=spf1 mx ~all".to_owned()));
        let dmarc = "v=DMARC1; p=quarantine".to_owned();
        web.dns.add("_dmarc.aurora-check.org", DnsRecord::Text(dmarc));
        web
    }

    /// An installation that lives in this web.
    fn pharos(&self, relay_port: u16, more: &str) -> Pharos {
        let check = format!(
            "[check]\nprivate_hosts = [\"127.0.0.1\"]\ndns_servers = [\"{}\"]\ntimeout = \"1s\"\n\
             ca_file = \"{}\"\n{more}\n",
            self.dns.address(),
            self.folder.path().join("web.pem").display(),
        );
        let pharos = Pharos::with(relay_port, |text| {
            let end = text.find("[check]").unwrap_or(text.len());
            let log = text.find("[log]").expect("a section");
            let kept = if end < log { &text[..end] } else { &text[..log] };
            format!("{kept}{check}\n{}", &text[log..])
        });
        pharos.import_readers(2);
        pharos
    }

    fn page(&self, path: &str) -> String {
        format!("http://{SHOP}:{}{path}", self.pages.port())
    }

    fn image(&self, path: &str) -> String {
        format!("https://{IMAGES}:{}{path}", self.images.port())
    }
}

fn document(body: &str) -> String {
    format!(
        "---\nsubject: News\nfrom: Aurora <news@aurora-check.org>\ntopic: release-notices\n---\n\
         <!DOCTYPE html>\n<html lang=\"en\"><head><title>News</title></head><body>\n{body}\n</body></html>\n"
    )
}

fn create(pharos: &Pharos, text: &str) {
    pharos.write("news.html", text);
    pharos.ok(&["campaign", "create", "--file", "news.html"]);
}

fn checked(pharos: &Pharos, args: &[&str]) -> (i32, Value) {
    let said = pharos.run(&[&["campaign", "check", "1", "--json"], args].concat());
    let json = serde_json::from_str(&said.out);
    (said.code, json.unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err)))
}

fn texts<'a>(json: &'a Value, list: &str) -> Vec<&'a str> {
    let list = json[list].as_array().expect("a list");
    list.iter().map(|it| it["text"].as_str().expect("a text")).collect()
}

#[track_caller]
fn check_told(told: &[&str], place: &str, what: &str) {
    let is_told = told.iter().any(|text| text.starts_with(place) && text.contains(what));
    assert!(is_told, "{place} ... {what}: {told:#?}");
}

/// Links of every kind, the first in line 8.
fn linking(web: &Web, pharos: &Pharos) -> String {
    let links = [
        "/good#part",
        "/good#other",
        "/no-head",
        "/no-head-404",
        "/gone",
        "/moved",
        "/circle",
        "/wall",
        "/busy",
        "/linkedin",
        "/inside",
        "/metadata",
        "/slow",
        "/ü x?a=1&amp;b=%26",
        "/no-head-hangs",
    ];
    let mut body: Vec<String> =
        links.iter().map(|path| format!("<a href=\"{}\">x</a>", web.page(path))).collect();
    let port = web.pages.port();
    body.push(format!("<a href=\"http://Bücher.aurora-check.org:{port}/good\">x</a>"));
    body.push("<a href=\"http://nobody.aurora-check.org/\">x</a>".to_owned());
    body.push("<a href=\"https://192.168.0.1/\">x</a>".to_owned());
    body.push("<a href=\"mailto:a@aurora-check.org\">x</a> <a href=\"tel:+353\">x</a>".to_owned());
    body.push("<a href=\"#top\">x</a> <a href=\"{{ unsubscribe_url }}\">x</a>".to_owned());
    body.push(format!("<a href=\"{}/u/abc\">x</a>", pharos.web));
    body.push(format!("<a href=\"{}?id={{{{ first_name }}}}\">x</a>", web.page("/personal")));
    body.push("<a href=\"https://reserved.example/\">x</a>".to_owned());
    document(&body.join("\n"))
}

#[test]
fn links_are_asked_as_readers_would_find_them() {
    let web = Web::start();
    let pharos = web.pharos(1, "");
    create(&pharos, &linking(&web, &pharos));
    let (code, json) = checked(&pharos, &[]);
    assert_eq!((code, texts(&json, "errors")), (1, Vec::new()));
    let warnings = texts(&json, "warnings");
    check_told(&warnings, "line 12, column 10:", "/gone` answers 410 (gone)");
    check_told(&warnings, "line 14, column 10:", "/circle` redirects in a circle");
    check_told(
        &warnings,
        "line 18, column 10:",
        "redirects to http://10.0.0.1/admin, which leads to a private",
    );
    check_told(
        &warnings,
        "line 19, column 10:",
        "redirects to http://metadata.aurora-check.org/, which leads to a private",
    );
    check_told(&warnings, "line 20, column 10:", "/slow` does not answer within 1 s");
    check_told(&warnings, "line 24, column 10:", "nobody.aurora-check.org/` has no such host");
    check_told(&warnings, "line 25, column 10:", "leads to a machine that readers can't reach");
    assert_eq!(warnings.len(), 7, "{warnings:#?}");
    let hints = texts(&json, "hints");
    check_told(&hints, "line 13,", &format!("redirects to {}", web.page("/good")));
    for (line, status) in [("line 15,", "403"), ("line 16,", "429"), ("line 17,", "999")] {
        check_told(&hints, line, &format!("could not be checked: it answers {status}"));
    }
    check_told(&hints, "line 29,", "1 address is not checked: a contact's value");
    check_told(&hints, "line 30,", "1 address is not checked: the domain is reserved");
    check_told(&hints, "line 8,", "is not encrypted");

    assert_eq!(web.pages.methods("/good"), ["HEAD"; 3], "once itself, once moved, once as IDN");
    for path in ["/no-head", "/no-head-404", "/no-head-hangs", "/wall"] {
        assert_eq!(web.pages.methods(path), ["HEAD", "GET"], "{path}");
    }
    assert_eq!(web.pages.methods("/%C3%BC%20x?a=1&b=%26"), ["HEAD"]);
    let requests = web.pages.requests();
    assert!(!requests.iter().any(|it| it.path.contains("personal") || it.path.contains("/u/")));
    assert!(requests.iter().all(|it| it.header("cookie").is_none()));
    let agent = requests[0].header("user-agent").expect("it says who asks");
    assert!(agent.starts_with("Pharos/") && agent.contains("aurora.example"), "{agent}");
    assert!(web.pages.most_at_once() <= 3, "{}", web.pages.most_at_once());
}

#[test]
fn images_are_weighed_and_measured() {
    let web = Web::start();
    let pharos = web.pharos(1, "");
    let img =
        |path: &str, more: &str| format!("<img src=\"{}\" alt=\"x\" {more}>", web.image(path));
    let body = [
        format!(
            "<style>@font-face {{ font-family: F; src: url({}) }}</style>",
            web.image("/font.woff2")
        ),
        img(
            "/good.png",
            &format!("width=\"300\" height=\"100\" srcset=\"{} 2x\"", web.image("/2x.png")),
        ),
        img("/good.png#again", "width=\"300\" height=\"300\""),
        img("/heavy.png", ""),
        img("/endless.png", ""),
        img("/page.png", ""),
        img("/broken.png", ""),
        img("/missing.png", ""),
        format!("<div style=\"background: url('{}')\">x</div>", web.image("/background.png")),
        format!(
            "<img alt=\"\" src=\"https://other.aurora-check.org:{}/x.png\">",
            web.images.port()
        ),
    ];
    create(&pharos, &document(&body.join("\n")));
    let (code, json) = checked(&pharos, &[]);
    assert_eq!(code, 1);
    let warnings = texts(&json, "warnings");
    check_told(&warnings, "line 11, column 11:", "/heavy.png` weighs 1.5 MB");
    check_told(&warnings, "line 12, column 11:", "/endless.png` weighs 10.");
    check_told(
        &warnings,
        "line 13, column 11:",
        "/page.png` is no image: the server says it is text/html",
    );
    check_told(&warnings, "line 14, column 11:", "/broken.png` can't be read as an image");
    check_told(&warnings, "line 15, column 11:", "/missing.png` answers 404 (not found)");
    check_told(&warnings, "line 17, column 18:", "has a server whose TLS does not work");
    check_told(&warnings, "all images together", "weigh 11.");
    let addresses = json["addresses"].as_array().expect("addresses");
    let of = |path: &str| {
        addresses
            .iter()
            .find(|it| it["url"].as_str().expect("a URL").contains(path))
            .expect("it is listed")
    };
    let good = of("/good.png");
    assert_eq!(
        (&good["width"], &good["height"], &good["status"]),
        (&600.into(), &200.into(), &200.into())
    );
    assert_eq!(of("/2x.png")["outcome"], "reachable");
    assert_eq!(of("/background.png")["used_as"], "image");
    assert_eq!(
        (&of("/font.woff2")["used_as"], &of("/font.woff2")["outcome"]),
        (&"file".into(), &"reachable".into())
    );
}

#[test]
fn warnings_block_a_start_until_somebody_accepts_them() {
    let (web, sink) = (Web::start(), Sink::start());
    let mut pharos = web.pharos(sink.port, "");
    let text = document("<img src=\"https://reserved.example/x.png\">");
    create(&pharos, &text);
    let refused = pharos.fails(&["campaign", "start", "1"]);
    for part in [
        "has a warning that nobody has accepted",
        "line 8, column 1",
        "no alternative text",
        "pharos campaign check 1 --accept",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let said = pharos.run(&["campaign", "check", "1", "--offline"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("1 warning that nobody has accepted"), "{}", said.err);
    let told = pharos.ok(&["campaign", "check", "1", "--offline", "--accept"]);
    assert!(told.contains("Accepted on ") && !told.contains("Warning: "), "{told}");
    assert_eq!(checked(&pharos, &["--offline"]).0, 0);
    let told = pharos.ok(&["campaign", "status", "1"]);
    assert!(told.contains("Accepted on ") && told.contains("no alternative text"), "{told}");

    // A warning that nobody has seen asks again.
    pharos.import(vec![("nameless@reader.example".to_owned(), String::new())]);
    create(&pharos, &text.replace("<img", "{{ first_name }} <img alt=\"\""));
    let refused = pharos.fails(&["campaign", "start", "2"]);
    assert!(refused.contains("1 of 3 would be skipped"), "{refused}");
    pharos.serve();
    let told = pharos.ok(&["campaign", "start", "2", "--accept"]);
    assert!(told.contains("Accepted: 1 of 3 would be skipped"), "{told}");
    let told = pharos.ok(&["campaign", "status", "2"]);
    assert!(told.contains("1 of 3 would be skipped"), "{told}");
    pharos.ok(&["campaign", "start", "1"]);
    pharos.finished();
    assert!(
        pharos
            .fails(&["campaign", "check", "1", "--offline", "--accept"])
            .contains("before the start")
    );
    pharos.stop();
}

#[test]
fn the_senders_domain_is_looked_up() {
    let web = Web::start();
    let pharos = web.pharos(1, "");
    create(&pharos, &document("<p>News</p>"));
    let (code, json) = checked(&pharos, &[]);
    assert_eq!(code, 0, "{json:#}");
    let domain = &json["sender_domain"];
    assert_eq!(domain["domain"], "aurora-check.org");
    assert_eq!(domain["dmarc_policy"], "quarantine");
    assert_eq!((&domain["is_aligned"], &domain["has_spf"]), (&true.into(), &true.into()));
    assert!(pharos.ok(&["campaign", "check", "1"]).contains("its DMARC policy is quarantine"));

    web.dns.forget("_dmarc.aurora-check.org");
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let bounces = "\nhello_name = \"localhost\"\nreturn_path = \"b@bounces-elsewhere.org\"\n";
    pharos.write("pharos.toml", config.replacen("\nhello_name = \"localhost\"\n", bounces, 1));
    let (code, json) = checked(&pharos, &[]);
    let warnings = texts(&json, "warnings");
    assert_eq!((code, warnings.len()), (1, 3), "{warnings:#?}");
    check_told(&warnings, "aurora-check.org has no DMARC record", "`_dmarc.aurora-check.org`");
    check_told(&warnings, "bounces go to bounces-elsewhere.org", "set `relay.return_path`");
    check_told(&warnings, "bounces-elsewhere.org, where bounces go", "has no SPF record");
    // A start asks nobody, and what was accepted stays accepted.
    pharos.ok(&["campaign", "check", "1", "--accept"]);
    assert_eq!(checked(&pharos, &[]).0, 0);
}

#[test]
fn without_dns_nothing_is_held_against_an_announcement() {
    let web = Web::start();
    let nobody = testkit::free_port();
    let pharos = web.pharos(1, "");
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let away = format!("127.0.0.1:{nobody}");
    pharos.write("pharos.toml", config.replace(&web.dns.address().to_string(), &away));
    let links =
        format!("<a href=\"{}\">x</a> <a href=\"https://b.aurora-check.org\">y</a>", web.page("/"));
    create(&pharos, &document(&links));
    let (code, json) = checked(&pharos, &[]);
    assert_eq!((code, texts(&json, "warnings")), (0, Vec::new()));
    let hints = texts(&json, "hints");
    check_told(&hints, "", "2 addresses are not checked: no server can be reached");
    check_told(&hints, "DNS gives no answer about aurora-check.org", "");
    let asked = web.pages.requests().len();
    checked(&pharos, &["--offline"]);
    assert_eq!(web.pages.requests().len(), asked);
}

#[test]
fn a_spam_filter_reads_a_sample_message() {
    let (web, rspamd) = (Web::start(), Rspamd::start());
    let pharos = web.pharos(1, &format!("spam_filter = \"{}\"", rspamd.url()));
    create(&pharos, &document("<p>News for {{ first_name }}</p>"));
    let (code, json) = checked(&pharos, &[]);
    assert_eq!(code, 0, "{json:#}");
    assert_eq!(json["spam"]["action"], "no action");
    let told = pharos.ok(&["campaign", "check", "1"]);
    assert!(
        told.contains("The spam filter gives it ") && told.contains("let it through"),
        "{told}"
    );

    let spam = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
    create(&pharos, &document(&format!("<p>{spam}</p>")));
    let said = pharos.run(&["campaign", "check", "2"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(
        said.out
            .contains("Warning: the spam filter gives it 15.0 of 15.0 points and would refuse it"),
        "{}",
        said.out
    );

    drop(rspamd);
    let (code, json) = checked(&pharos, &[]);
    assert_eq!(code, 0, "a filter that is away is no warning: {json:#}");
    check_told(
        &texts(&json, "hints"),
        "the spam filter at http://127.0.0.1:",
        "could not be asked",
    );
}
