//! The beacon alone, for `scripts/bench-beacon`: makes tokens, serves them from a folder, and at
//! the end counts what the journal kept.
//!
//! `beacon_bench DIR TOKENS` writes `DIR/tokens.txt` (one path per line) and `DIR/port`, runs
//! until it gets SIGTERM, then writes `DIR/kept`: the hits found in the journal, and their bytes. Meanwhile
//! `DIR/commits` tells commits and the records in them, ten times a second.
//!
//! `beacon_bench --paths KEYS` makes paths for another server: reads `CAMPAIGN CONTACT` lines and
//! writes a path for each.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use beacon::{Links, Metrics, Settings, Unavailable};
use journal::{Journal, JournalCounters, Options, Position, Reader};
use model::{CampaignId, ContactId, LinkSlot};
use token::{Addressee, Claims, CookiePolicy, CookieScope, Keyring, Purpose};
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
        return Err(io::Error::other("usage: beacon_bench DIR TOKENS"));
    };
    let (dir, hits) = (PathBuf::from(&dir), PathBuf::from(dir).join("hits"));
    let tokens = tokens.to_str().and_then(|n| n.parse().ok()).ok_or(io::ErrorKind::InvalidInput)?;
    let keys = Keyring::generate().map_err(io::Error::other)?;
    write_paths(&dir.join("tokens.txt"), &keys, tokens)?;

    let options = Options { max_bytes: 32 << 30, ..Options::default() };
    let journal = Journal::open(&hits, options).map_err(io::Error::other)?;
    let (durable, commits) = (journal.durable(), journal.counters());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let cookie_scope = CookieScope { secure: false, ..CookieScope::default() };
    let settings = Settings { cookie: CookiePolicy::Set, cookie_scope, ..Settings::default() };
    let shutdown = CancellationToken::new();
    let metrics = Arc::new(Metrics::default());
    let keys = Arc::new(keys);
    let thread =
        beacon::spawn(listener, keys, NoLinks, journal, settings, metrics, shutdown.clone())?;
    // Renamed into place: whoever waits for the file never reads half of it.
    fs::write(dir.join("port.new"), port.to_string())?;
    fs::rename(dir.join("port.new"), dir.join("port"))?;

    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                _ = terminate.recv() => return io::Result::Ok(()),
                _ = ticks.tick() => tell_commits(&dir, &commits)?,
            }
        }
    })?;
    shutdown.cancel();
    thread.join().map_err(|_| io::Error::other("the beacon's thread failed"))?;
    let (records, bytes) = count(&hits, durable.end())?;
    fs::write(dir.join("kept"), format!("{records} {bytes}\n"))
}

fn tell_commits(dir: &Path, counters: &JournalCounters) -> io::Result<()> {
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
