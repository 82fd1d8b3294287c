//! Pages that keep themselves up to date: what a stream sends, when it ends, how many there are.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::StreamExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use listener::ClientLimits;
use model::Role;
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use web::{LiveStreams, PeerAddress, StreamCounters, StreamLimits, admin_router};

use super::forms::{DRAFT, Office, TEXT, again, form, hidden};
use super::people::{Answer, Browser, OWNER, added};

const LONG: Duration = Duration::from_secs(600);
/// Everything as soon as can be.
const QUICK: StreamLimits = StreamLimits {
    per_session: 6,
    per_node: 256,
    lasts: LONG,
    beat: Duration::from_millis(20),
    pace: Duration::from_millis(5),
};

/// An office whose pages stream within these limits.
struct Newsroom {
    office: Office,
    router: Router,
    counters: Arc<StreamCounters>,
    stop: CancellationToken,
}

impl Newsroom {
    async fn new(limits: StreamLimits) -> Self {
        let office = Office::new().await;
        office.draft(TEXT).await;
        let (counters, stop) = (Arc::<StreamCounters>::default(), CancellationToken::new());
        let mut parts = office.house.parts.clone();
        parts.live = LiveStreams::new(limits, Arc::clone(&counters), stop.clone());
        Self { office, router: admin_router(parts), counters, stop }
    }

    fn store(&self) -> &Store {
        &self.office.house.store
    }

    fn open(&self) -> u64 {
        self.counters.open.load(Ordering::Relaxed)
    }

    async fn stream(&self, path: &str, last: Option<&str>) -> Reader {
        self.stream_of(&self.office.owner, path, last).await
    }

    async fn stream_of(&self, browser: &Browser, path: &str, last: Option<&str>) -> Reader {
        let mut request = Request::get(path)
            .header("host", "pharos.example")
            .header("cookie", &browser.cookie)
            .extension(PeerAddress(browser.from));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (head, body) = answer.into_parts();
        Reader {
            status: head.status,
            headers: head.headers,
            body: body.into_data_stream(),
            text: String::new(),
        }
    }

    async fn schedule(&self) {
        let owner = &self.office.owner;
        let key = hidden(&owner.get(&format!("{DRAFT}/send")).await, "key");
        let fields = [("key", key.as_str()), ("at", "2027-01-01T09:00"), ("zone", "UTC")];
        let done = owner.post(&format!("{DRAFT}/schedule"), &form(&fields)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }

    async fn take_back(&self) {
        let owner = &self.office.owner;
        let key = hidden(&owner.get(DRAFT).await, "key");
        let done = owner.post(&format!("{DRAFT}/take-back"), &form(&[("key", &key)])).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
}

/// Somebody who reads a stream.
struct Reader {
    status: StatusCode,
    headers: HeaderMap,
    body: BodyDataStream,
    text: String,
}

impl Reader {
    /// The next piece; false at the end.
    async fn reads(&mut self) -> bool {
        let next = tokio::time::timeout(Duration::from_secs(20), self.body.next()).await;
        match next.unwrap() {
            Some(piece) => {
                self.text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
                true
            }
            None => false,
        }
    }

    async fn until(&mut self, words: &str) {
        while !self.text.contains(words) {
            assert!(self.reads().await, "ended before {words}: {}", self.text);
        }
    }

    /// Reads on for so many signs of life.
    async fn beats(&mut self, count: usize) {
        let wanted = self.text.matches(": beat").count() + count;
        while self.text.matches(": beat").count() < wanted {
            assert!(self.reads().await, "ended: {}", self.text);
        }
    }

    async fn reads_all(&mut self) {
        for _ in 0..1_000 {
            if !self.reads().await {
                return;
            }
        }
        panic!("it does not end: {}", self.text);
    }

    fn events(&self, name: &str) -> usize {
        self.text.matches(&format!("event: {name}\n")).count()
    }

    fn last_id(&self) -> String {
        let mut ids = self.text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.next_back().unwrap().to_owned()
    }
}

/// Where a page streams from, with what it shows.
fn stream_of(page: &Answer) -> String {
    let value = |name: &str| {
        let rest = page.body.split(&format!("{name}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let address = value("data-stream");
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}since={}", value("data-since"))
}

#[tokio::test]
async fn a_change_is_sent_once_and_nothing_when_nothing_changes() {
    let room = Newsroom::new(QUICK).await;
    let owner = &room.office.owner;
    // A draft is written on its page, which keeps itself up to date otherwise.
    room.schedule().await;
    let (campaign, list) = (owner.get(DRAFT).await, owner.get("/admin/campaigns").await);
    let mut page = room.stream(&stream_of(&campaign), None).await;
    let mut lines = room.stream(&stream_of(&list), None).await;
    assert_eq!(page.headers["content-type"], "text/event-stream");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-accel-buffering"], "no");
    page.until("retry: 3000\nevent: ready\n").await;
    page.beats(5).await;
    lines.beats(5).await;
    assert_eq!((page.events("acts"), page.events("live"), lines.events("live")), (0, 0, 0));
    room.take_back().await;
    page.until("event: acts\n").await;
    page.until("event: live\n").await;
    lines.until("chip draft").await;
    let counted = |page: &Reader, lines: &Reader| {
        [page.events("acts"), page.events("live"), lines.events("live")]
    };
    let mut sent = [0; 3];
    // What is read by several statements may be seen halfway, and on a busy machine whole only some beats later.
    while counted(&page, &lines) != sent {
        sent = counted(&page, &lines);
        assert!(sent[1] == 1 && sent.iter().all(|it| (1..=2).contains(it)), "{sent:?}");
        page.beats(5).await;
        lines.beats(5).await;
    }
    assert!(
        page.text.contains("It is a draft again") && !page.text.contains("<evil>"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("key-of-this-form"), "{}", page.text);

    let last = page.last_id();
    let mut more = room.stream(&format!("{DRAFT}/stream?since=x.y"), Some(&last)).await;
    more.beats(5).await;
    assert_eq!((more.events("acts"), more.events("live")), (0, 0), "it has the last event");
    let mut old = room.stream(&stream_of(&campaign), None).await;
    old.until("event: acts\n").await;
    old.until("event: live\n").await;
    assert_eq!(old.last_id(), last);
}

#[tokio::test]
async fn who_may_no_longer_look_loses_the_stream() {
    let room = Newsroom::new(QUICK).await;
    let store = room.store();
    let news = room.office.news;
    store.topic_ensure("other".into(), "Other".into()).await.unwrap();
    let leave = room.office.marketer("leaves@team.example", news).await;
    let narrowed = room.office.marketer("narrowed@team.example", news).await;
    let mut readers = Vec::new();
    for browser in [&leave, &narrowed] {
        for path in [format!("{DRAFT}/stream"), "/admin/campaigns/stream".to_owned()] {
            let mut reader = room.stream_of(browser, &path, None).await;
            reader.beats(2).await;
            readers.push(reader);
        }
    }
    let mut stays = room.stream(&format!("{DRAFT}/stream"), None).await;
    leave.post("/admin/sign-out", "").await;
    let users = room.office.owner.get("/admin/users").await;
    let id = users.body.split("/admin/users/").find(|it| it.contains("narrowed")).unwrap();
    let id = id.split('"').next().unwrap();
    let key = hidden(&room.office.owner.get(&format!("/admin/users/{id}")).await, "key");
    let fields = form(&[("key", &key), ("reach", "some"), ("topic", "other")]);
    let done = room.office.owner.post(&format!("/admin/users/{id}/topics"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    for reader in &mut readers {
        reader.reads_all().await;
        assert_eq!(reader.events("again"), 0);
    }
    stays.beats(3).await;
    drop((readers, stays));
    assert_eq!(room.open(), 0);
}

#[tokio::test]
async fn streams_are_bounded_and_end_in_time() {
    let few = StreamLimits { per_session: 2, per_node: 3, ..QUICK };
    let room = Newsroom::new(few).await;
    let path = format!("{DRAFT}/stream");
    let first = room.stream(&path, None).await;
    let mut second = room.stream("/admin/campaigns/stream", None).await;
    let refused = room.stream(&path, None).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "30");
    let rob = {
        added(room.store(), "rob@team.example", Role::Reporter, &[]).await;
        Browser::signed_in(&room.router, "rob@team.example").await
    };
    let third = room.stream_of(&rob, &path, None).await;
    assert_eq!(third.status, StatusCode::OK, "another session");
    let full = room.stream_of(&rob, &path, None).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE, "the node is full");
    assert_eq!((room.open(), room.counters.refused.load(Ordering::Relaxed)), (3, 2));
    drop(first);
    assert_eq!(room.stream(&path, None).await.status, StatusCode::OK);
    room.stop.cancel();
    second.reads_all().await;
    assert_eq!(second.events("again"), 0, "the server stops");

    let short = Newsroom::new(StreamLimits { lasts: Duration::from_millis(1), ..QUICK }).await;
    let mut reader = short.stream(&path, None).await;
    reader.reads_all().await;
    assert_eq!(reader.events("again"), 1);
    let wrong = short.stream("/admin/campaigns/stream?tab=rubbish", None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let away = Browser::new(&short.router);
    let away = short.stream_of(&away, &path, None).await;
    assert_eq!(away.status, StatusCode::SEE_OTHER, "nobody is signed in");
}

#[tokio::test]
async fn an_import_that_is_over_ends_its_stream() {
    let room = Newsroom::new(QUICK).await;
    let store = room.store();
    let actor = store::ActorRecord { kind: store::ActorKind::System, id: None, name: "x".into() };
    let new = store::NewJob {
        kind: audience::IMPORT_JOB,
        actor,
        topic: Some(room.office.news),
        title: "people.csv".into(),
        spec: "{}".into(),
        of: None,
    };
    let at = model::Timestamp::from_system(std::time::SystemTime::now());
    let job = store.job_create(new, at).await.unwrap();
    store.job_upload(job, 0, b"email\na@b.example\n".to_vec(), 18, at).await.unwrap();
    store.job_uploaded(job, at).await.unwrap();
    store.job_queue(job, "{}".into(), Some(room.office.news), at).await.unwrap();
    let page = room.office.owner.get(&format!("/admin/imports/{job}")).await;
    let mut reader = room.stream(&stream_of(&page), None).await;
    reader.beats(3).await;
    assert_eq!((reader.events("live"), reader.events("end")), (0, 0));
    let live = format!("/admin/imports/{job}/live");
    let tag = room.office.owner.get(&live).await.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(again(&room.office.owner, &live, &tag).await.status, StatusCode::NOT_MODIFIED);
    let key = hidden(&page, "key");
    let stop = format!("/admin/imports/{job}/stop");
    room.office.owner.post(&stop, &form(&[("key", key.as_str())])).await;
    reader.reads_all().await;
    assert_eq!(reader.events("end"), 1, "{}", reader.text);
    let over = again(&room.office.owner, &live, &tag).await;
    assert_eq!(over.headers["hx-refresh"], "true");
    let page = room.office.owner.get(&format!("/admin/imports/{job}")).await;
    assert!(!page.body.contains("data-stream"), "nothing more is to come");
}

#[tokio::test]
async fn what_is_asked_for_again_and_has_not_changed_is_not_sent() {
    let room = Newsroom::new(QUICK).await;
    let owner = &room.office.owner;
    for path in ["/admin/campaigns/live".to_owned(), format!("{DRAFT}/live")] {
        let tag = owner.get(&path).await.headers["etag"].to_str().unwrap().to_owned();
        let same = again(owner, &path, &tag).await;
        assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        room.schedule().await;
        let news = again(owner, &path, &tag).await;
        assert_eq!(news.status, StatusCode::OK, "{path}");
        assert_ne!(news.headers["etag"].to_str().unwrap(), tag);
        let key = hidden(&owner.get(DRAFT).await, "key");
        owner.post(&format!("{DRAFT}/take-back"), &form(&[("key", key.as_str())])).await;
    }
}

/// Asks for a stream over TCP and reads its beginning.
async fn connected(port: u16, cookie: &str) -> TcpStream {
    let mut client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ask = format!("GET {DRAFT}/stream HTTP/1.1\r\nhost: pharos\r\ncookie: {cookie}\r\n\r\n");
    client.write_all(ask.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains("event: live") {
        assert!(client.read_buf(&mut got).await.unwrap() > 0, "{}", String::from_utf8_lossy(&got));
    }
    client
}

#[tokio::test]
async fn a_reader_who_leaves_is_noticed_and_a_stop_does_not_wait_for_the_others() {
    // No sign of life would find out.
    let room = Newsroom::new(StreamLimits { beat: LONG, ..QUICK }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let limits = ClientLimits { drain: LONG, ..ClientLimits::default() };
    let served = tokio::spawn(web::serve(
        listener,
        room.router.clone(),
        limits,
        Arc::default(),
        room.stop.clone(),
    ));
    let browser = Browser::signed_in(&room.router, OWNER).await;
    let leaves = connected(port, &browser.cookie).await;
    let stays = connected(port, &browser.cookie).await;
    assert_eq!(room.open(), 2);
    drop(leaves);
    let noticed = async {
        while room.open() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), noticed).await.unwrap();
    room.stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), served).await.unwrap().unwrap();
    drop(stays);
    assert_eq!(room.open(), 0);
}
