//! The beacon alone, for `scripts/bench-beacon`: makes tokens, serves them from a folder, and at
//! the end counts what the journal kept.
//!
//! `beacon_bench DIR TOKENS [THREADS]` writes `DIR/tokens.txt` (one path per line) and `DIR/port`, runs
//! until it gets SIGTERM, then writes `DIR/kept`: the hits found in the journals, and their bytes.
//! Meanwhile `DIR/commits` tells commits and the records in them, ten times a second.
//!
//! `beacon_bench --paths KEYS` makes paths for another server: reads `CAMPAIGN CONTACT` lines and
//! writes a path for each.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use beacon::{Links, Metrics, Settings, Unavailable};
use journal::{Durable, Journal, JournalCounters, Options, Position, Quota, Reader};
use model::{CampaignId, ContactId, LinkSlot};
use token::{Addressee, Claims, CookiePolicy, CookieScope, Keyring, Purpose};
use tokio::net::TcpSocket;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

struct NoLinks;

impl Links for NoLinks {
    async fn target(&self, _: CampaignId, _: LinkSlot) -> Result<Option<Arc<str>>, Unavailable> {
        Ok(None)
    }

    fn is_identified(&self, _: CampaignId, _: ContactId) -> bool {
        true
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if let Some(keys) = arguments.next_if(|it| it == "--paths").and_then(|_| arguments.next()) {
        return write_paths_for(Path::new(&keys));
    }
    let (Some(dir), Some(tokens)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: beacon_bench DIR TOKENS [THREADS]"));
    };
    let number = |text: OsString| text.to_str().and_then(|n| n.parse::<i64>().ok());
    let dir = PathBuf::from(dir);
    let tokens = number(tokens).ok_or(io::ErrorKind::InvalidInput)?;
    let threads = arguments.next().map_or(Some(1), number).ok_or(io::ErrorKind::InvalidInput)?;
    let keys = Keyring::generate().map_err(io::Error::other)?;
    write_paths(&dir.join("tokens.txt"), &keys, tokens)?;
    let shutdown = CancellationToken::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _inside = runtime.enter();
        listeners(usize::try_from(threads).map_err(io::Error::other)?)?
    };
    let port = listeners.first().ok_or(io::ErrorKind::InvalidInput)?.local_addr()?.port();
    let lanes = start(&dir, &Arc::new(keys), listeners, &shutdown)?;
    // Renamed into place: whoever waits for the file never reads half of it.
    fs::write(dir.join("port.new"), port.to_string())?;
    fs::rename(dir.join("port.new"), dir.join("port"))?;

    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                _ = terminate.recv() => return io::Result::Ok(()),
                _ = ticks.tick() => tell_commits(&dir, &lanes)?,
            }
        }
    })?;
    shutdown.cancel();
    let (mut records, mut bytes) = (0, 0);
    for lane in lanes {
        lane.thread.join().map_err(|_| io::Error::other("a thread of the beacon failed"))?;
        let kept = count(&lane.dir, lane.durable.end())?;
        (records, bytes) = (records + kept.0, bytes + kept.1);
    }
    fs::write(dir.join("kept"), format!("{records} {bytes}\n"))
}

/// A thread of the beacon with its journal.
struct Lane {
    dir: PathBuf,
    durable: Durable,
    commits: Arc<JournalCounters>,
    thread: JoinHandle<()>,
}

/// As the server binds them.
fn listeners(threads: usize) -> io::Result<Vec<TcpListener>> {
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    if threads == 1 {
        return Ok(vec![TcpListener::bind(address)?]);
    }
    let mut listeners = Vec::new();
    for _ in 0..threads {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseport(true)?;
        socket.bind(address)?;
        address = socket.local_addr()?;
        listeners.push(socket.listen(1_024)?.into_std()?);
    }
    Ok(listeners)
}

fn start(
    dir: &Path,
    keys: &Arc<Keyring>,
    listeners: Vec<TcpListener>,
    shutdown: &CancellationToken,
) -> io::Result<Vec<Lane>> {
    let threads = listeners.len();
    let dirs: Vec<_> = (0..threads).map(|lane| dir.join("hits").join(lane.to_string())).collect();
    let segment_bytes = Options::default().segment_bytes / u32::try_from(threads).unwrap_or(1);
    let quota = Quota::new(Options { segment_bytes, max_bytes: 32 << 30 }, dirs.iter().cloned());
    let mut lanes = Vec::new();
    for (dir, listener) in dirs.into_iter().zip(listeners) {
        let journal = Journal::open_sharing(&dir, &quota, 0).map_err(io::Error::other)?;
        let (durable, commits) = (journal.durable(), journal.counters());
        let cookie_scope = CookieScope { secure: false, ..CookieScope::default() };
        let settings = Settings { cookie: CookiePolicy::Set, cookie_scope, ..Settings::default() };
        let (keys, metrics) = (Arc::clone(keys), Arc::new(Metrics::default()));
        let shutdown = shutdown.clone();
        let thread = beacon::spawn(listener, keys, NoLinks, journal, settings, metrics, shutdown)?;
        lanes.push(Lane { dir, durable, commits, thread });
    }
    Ok(lanes)
}

fn tell_commits(dir: &Path, lanes: &[Lane]) -> io::Result<()> {
    let counters = JournalCounters::sum(lanes.iter().map(|lane| &*lane.commits));
    let (commits, records) = (&counters.commits, &counters.records);
    let text = format!("{} {}", commits.load(Ordering::Relaxed), records.load(Ordering::Relaxed));
    fs::write(dir.join("commits.new"), text)?;
    fs::rename(dir.join("commits.new"), dir.join("commits"))
}

fn write_paths_for(keys: &Path) -> io::Result<()> {
    let keys = Keyring::parse(&fs::read_to_string(keys)?).map_err(io::Error::other)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lines() {
        let line = line?;
        let ids = line.split_once(' ').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (campaign, contact) = ids.ok_or(io::ErrorKind::InvalidInput)?;
        write_path(&mut out, &keys, CampaignId(campaign), ContactId(contact))?;
    }
    out.flush()
}

fn write_path(
    out: &mut impl io::Write,
    keys: &Keyring,
    campaign: CampaignId,
    contact: ContactId,
) -> io::Result<()> {
    let claims = Claims { campaign, addressee: Addressee::Contact(contact), slot: LinkSlot(0) };
    let token = keys.seal(Purpose::View, claims).map_err(io::Error::other)?;
    writeln!(out, "/o/{}.gif", token.as_str())
}

fn write_paths(path: &Path, keys: &Keyring, tokens: i64) -> io::Result<()> {
    let mut file = io::BufWriter::new(fs::File::create(path)?);
    for contact in 1..=tokens {
        write_path(&mut file, keys, CampaignId(1), ContactId(contact))?;
    }
    file.flush()
}

/// Records, and the bytes that they take with their frames.
fn count(dir: &Path, end: Position) -> io::Result<(u64, usize)> {
    const FRAME: usize = 8;
    let mut reader = Reader::open(dir, Position::START).map_err(io::Error::other)?;
    let (mut records, mut bytes) = (0, 0);
    while let Some((_, record)) = reader.next(end).map_err(io::Error::other)? {
        records += 1;
        bytes += FRAME + record.len();
    }
    Ok((records, bytes))
}
