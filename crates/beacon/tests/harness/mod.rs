//! A running beacon on a free port, and a client that sees every byte of its answers.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(unreachable_pub, reason = "shared by test binaries")]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beacon::{Links, Metrics, Settings, Unavailable};
use journal::{Durable, Journal, Options, Position, Reader};
use listener::ClientLimits;
use model::hit::HitRecord;
use model::{CampaignId, ContactId, LinkSlot};
use token::{Addressee, Claims, CookiePolicy, CookieScope, Keyring, Purpose};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Settings under which nothing is cut while a test runs.
pub fn settings() -> Settings {
    Settings {
        cookie: CookiePolicy::Set,
        cookie_scope: CookieScope::default(),
        trusted_proxies: Vec::new(),
        clients: ClientLimits {
            connections: 100,
            header: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            taking: Duration::from_secs(60),
            quiet: Duration::from_secs(60),
            drain: Duration::from_secs(60),
        },
    }
}

/// The same with other limits for clients.
pub fn limited(change: impl FnOnce(&mut ClientLimits)) -> Settings {
    let mut settings = settings();
    change(&mut settings.clients);
    settings
}

/// A contact who wants not to be tracked.
pub const REFUSER: ContactId = ContactId(404);

/// Links 0 to 8 of every campaign.
struct Shop;

impl Links for Shop {
    async fn target(
        &self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> Result<Option<Arc<str>>, Unavailable> {
        if slot.0 == 8 {
            return Err(Unavailable);
        }
        Ok((slot.0 < 8).then(|| format!("https://shop.example/{campaign}/{}", slot.0).into()))
    }

    fn is_identified(&self, _: CampaignId, contact: ContactId) -> bool {
        contact != REFUSER
    }
}

/// A beacon that stops when it is dropped.
pub struct Beacon {
    pub metrics: Arc<Metrics>,
    pub shutdown: CancellationToken,
    pub durable: Durable,
    pub address: SocketAddr,
    keys: Arc<Keyring>,
    thread: Option<JoinHandle<()>>,
    dir: tempfile::TempDir,
}

impl Beacon {
    pub fn start(settings: Settings) -> Self {
        Self::with_quota(settings, 1 << 30)
    }

    pub fn with_quota(settings: Settings, max_bytes: u64) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), settings, max_bytes)
    }

    /// What a kill -9 would leave at this moment.
    pub fn killed_now(&self) -> tempfile::TempDir {
        loop {
            let state = || {
                let reserved = std::fs::read(self.dir().join("reserved")).unwrap();
                (reserved, self.durable.end())
            };
            let before = state();
            let copy = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(self.dir()).unwrap() {
                let entry = entry.unwrap();
                let _ = std::fs::copy(entry.path(), copy.path().join(entry.file_name()));
            }
            if state() == before {
                return copy;
            }
        }
    }

    /// Over a journal that is there already.
    pub fn in_folder(dir: tempfile::TempDir, settings: Settings, max_bytes: u64) -> Self {
        let segment_bytes = if max_bytes < 1 << 20 { 4 << 10 } else { 1 << 20 };
        let options = Options { segment_bytes, max_bytes };
        let journal = Journal::open_past_damage(dir.path(), options, 0).unwrap();
        let durable = journal.durable();
        let keys = Arc::new(Keyring::generate().unwrap());
        let (metrics, shutdown) = (Arc::new(Metrics::default()), CancellationToken::new());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = beacon::spawn(
            listener,
            Arc::clone(&keys),
            Shop,
            journal,
            settings,
            Arc::clone(&metrics),
            shutdown.clone(),
        );
        let thread = Some(thread.unwrap());
        Self { metrics, shutdown, durable, address, keys, thread, dir }
    }

    pub fn token(&self, purpose: Purpose, campaign: i64, contact: i64) -> String {
        self.token_of(purpose, campaign, contact, 0)
    }

    fn token_of(&self, purpose: Purpose, campaign: i64, contact: i64, slot: u16) -> String {
        let claims = Claims {
            campaign: CampaignId(campaign),
            addressee: addressee(contact),
            slot: LinkSlot(slot),
        };
        self.keys.seal(purpose, claims).unwrap().as_str().to_owned()
    }

    pub fn pixel(&self, campaign: i64, contact: i64) -> String {
        format!("/o/{}.gif", self.token(Purpose::View, campaign, contact))
    }

    /// A click whose target is sealed behind its token.
    pub fn click_to(&self, campaign: i64, contact: i64, slot: u16, target: &str) -> String {
        let claims = Claims {
            campaign: CampaignId(campaign),
            addressee: addressee(contact),
            slot: LinkSlot(slot),
        };
        let token = self.keys.seal(Purpose::Click, claims).unwrap();
        let sealed = self.keys.seal_target(&token, target).unwrap();
        format!("/c/{}/{sealed}", token.as_str())
    }

    pub fn click(&self, campaign: i64, contact: i64, slot: u16) -> String {
        format!("/c/{}", self.token_of(Purpose::Click, campaign, contact, slot))
    }

    /// The value of the cookie with which this visitor comes back.
    pub fn visitor(&self, id: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([id, &self.keys.visitor_code(id)].concat())
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Everything durable in the journal, now.
    pub fn records(&self) -> Vec<HitRecord> {
        let mut reader = Reader::open(self.dir(), Position::START).unwrap();
        let mut records = Vec::new();
        while let Some((_, record)) = reader.next(self.durable.end()).unwrap() {
            records.push(HitRecord::decode(record).unwrap());
        }
        records
    }

    pub async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), received: Vec::new() }
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, request: &str) -> BeaconAnswer {
        let mut client = self.connect().await;
        client.send(request).await;
        let mut answer = client.answer(request.starts_with("HEAD")).await.unwrap();
        if answer.header("connection") == Some("close") {
            client.closed_within(PATIENCE).await;
            answer.closed = true;
        }
        answer
    }

    pub async fn get(&self, method: &str, path: &str, headers: &str) -> BeaconAnswer {
        self.ask(&format!("{method} {path} HTTP/1.1\r\nHost: a.example\r\n{headers}\r\n")).await
    }

    /// Waits for the thread to end, from outside of any event loop.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.join();
    }
}

/// One connection.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// One answer, as it came over the wire.
#[derive(Debug)]
pub struct BeaconAnswer {
    pub status: u16,
    /// Status line and header lines.
    pub head: Vec<String>,
    pub body: Vec<u8>,
    /// The server closed the connection afterwards.
    pub closed: bool,
}

impl BeaconAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.iter().filter_map(|line| line.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Client {
    pub async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// False when the other side has closed.
    pub async fn try_send(&mut self, bytes: &str) -> bool {
        self.stream.write_all(bytes.as_bytes()).await.is_ok()
    }

    /// Until the beacon has read what was sent: Linux tells what lies in its socket's queue.
    pub async fn until_read(&self) {
        let port = |address: std::net::SocketAddr| format!("0100007F:{:04X}", address.port());
        let (ours, theirs) =
            (port(self.stream.local_addr().unwrap()), port(self.stream.peer_addr().unwrap()));
        let start = std::time::Instant::now();
        let is_read = || {
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let fields = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let mut queues = fields.filter(|it| it[1] == theirs && it[2] == ours).map(|it| it[4]);
            queues.next().is_some_and(|queue| queue.ends_with(":00000000"))
        };
        while !is_read() {
            assert!(start.elapsed() < PATIENCE, "the beacon does not read");
            tokio::task::yield_now().await;
        }
    }

    pub async fn close_sending(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next answer; None when the server closed instead.
    pub async fn answer(&mut self, to_head: bool) -> Option<BeaconAnswer> {
        let end = self.read_until(|bytes| bytes.windows(4).position(|w| w == b"\r\n\r\n")).await?;
        let head = String::from_utf8(self.received.drain(..end + 4).collect()).unwrap();
        let head: Vec<String> = head.trim_end().lines().map(str::to_owned).collect();
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = BeaconAnswer { status, head, body: Vec::new(), closed: false };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        if !to_head {
            self.read_until(|bytes| (bytes.len() >= length).then_some(0)).await?;
            answer.body = self.received.drain(..length).collect();
        }
        Some(answer)
    }

    async fn read_until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        loop {
            if let Some(at) = found(&self.received) {
                return Some(at);
            }
            let read = self.stream.read_buf(&mut self.received);
            match tokio::time::timeout(PATIENCE, read).await.unwrap() {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Fails when the server keeps the connection open for longer.
    pub async fn closed_within(&mut self, limit: Duration) {
        let closed = async { while self.stream.read_u8().await.is_ok() {} };
        tokio::time::timeout(limit, closed).await.unwrap();
    }
}

/// 0 stands for a test message, -1 for one that does not tell whose it is.
fn addressee(contact: i64) -> Addressee {
    match contact {
        0 => Addressee::Test,
        -1 => Addressee::Anonymous,
        id => Addressee::Contact(ContactId(id)),
    }
}
