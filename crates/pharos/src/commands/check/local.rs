//! What is on this machine: keys, data folder, disk, ports, clock.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount};
use model::Timestamp;
use token::Keyring;

use super::Finding;
use crate::config::Config;
use crate::installation::keys_path;
use crate::server::signals;

/// A disk with less than this is soon full.
const LITTLE_SPACE: u64 = 1 << 30;
/// A sync that takes longer makes every pixel wait.
const SLOW_SYNC: Duration = Duration::from_millis(50);
/// Microseconds. Clocks that differ by more put hits into the wrong hours.
const CLOCKS_DIFFER: i64 = 1_000_000;
const CLOCKS_WRONG: i64 = 60_000_000;

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![
        keys(config),
        folder(&config.data),
        space(&config.data),
        ports(config),
        beacon(config),
    ];
    findings.extend(config.networks.as_deref().map(networks));
    findings
}

/// The lists of networks, which a start reads.
fn networks(folder: &Path) -> Finding {
    match signals::with_networks(Some(folder)) {
        Ok(signals) => {
            let count = HumanCount(signals.networks() as u64);
            let text = format!("{count} networks, those of {} among them", folder.display());
            Finding::good("networks", text)
        }
        Err(error) => Finding::bad("networks", format!("{error:#}")),
    }
}

fn keys(config: &Config) -> Finding {
    let path = keys_path(config);
    let read = fs::read_to_string(&path).map_err(|error| error.to_string());
    match read.and_then(|text| Keyring::parse(&text).map_err(|error| error.to_string())) {
        Ok(_) => Finding::good("keys", format!("{} is valid", path.display())),
        Err(why) => Finding::bad(
            "keys",
            format!(
                "{}: {why}; `pharos init` creates the first key file, further nodes get a copy of it",
                path.display()
            ),
        ),
    }
}

/// Writes a file as the journal does, and measures how long its sync takes.
fn folder(data: &Path) -> Finding {
    let path = data.join("check.tmp");
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(&[0; 4096])?;
        let begun = Instant::now();
        file.sync_all()?;
        Ok::<_, std::io::Error>(begun.elapsed())
    };
    let written = write();
    let removed = fs::remove_file(&path);
    match written.and_then(|took| removed.map(|()| took)) {
        Ok(took) if took > SLOW_SYNC => Finding::warning(
            "disk",
            format!(
                "{} takes {} ms to sync 4 KiB to disk; every pixel waits for that",
                data.display(),
                took.as_millis()
            ),
        ),
        Ok(took) => Finding::good(
            "disk",
            format!("{} is writable; syncing 4 KiB took {took:.1?}", data.display()),
        ),
        Err(error) => Finding::bad(
            "disk",
            format!("the data folder {} is not writable: {error}", data.display()),
        ),
    }
}

fn space(data: &Path) -> Finding {
    match rustix::fs::statvfs(data) {
        Ok(facts) => {
            let free = facts.f_bavail.saturating_mul(facts.f_frsize);
            let text = format!("{} free in {}", HumanBytes(free), data.display());
            if free < LITTLE_SPACE {
                Finding::warning(
                    "space",
                    format!("only {text}; a full disk leaves gaps in reports"),
                )
            } else {
                Finding::good("space", text)
            }
        }
        Err(error) => Finding::warning("space", format!("can't read the free space: {error}")),
    }
}

fn ports(config: &Config) -> Finding {
    let listens = [("beacon", config.beacon), ("web", config.web), ("admin", config.admin)];
    let taken: Vec<String> = listens
        .into_iter()
        .chain(config.ops.map(|ops| ("ops", ops)))
        .filter_map(|(field, listen)| {
            let error = TcpListener::bind(listen.0).err()?;
            Some(format!("{field}.listen {}: {error}", listen.0))
        })
        .collect();
    if taken.is_empty() {
        return Finding::good("ports", "all addresses to listen on are free");
    }
    let text =
        format!("{}; this is expected while this node's server is running", taken.join(", "));
    Finding::warning("ports", text)
}

/// How the beacon uses this machine.
fn beacon(config: &Config) -> Finding {
    let (threads, cores) = (config.beacon_threads, thread::available_parallelism().ok());
    let of_cores = cores.map(|cores| format!(" on {cores} cores")).unwrap_or_default();
    let each = match threads {
        1 => format!("1 thread{of_cores}, with {} connections", config.beacon_connections),
        _ => format!(
            "{threads} threads{of_cores}, each with a journal; they share {} connections",
            config.beacon_connections
        ),
    };
    let room = HumanBytes(config.hits_journal.max_bytes);
    let text = format!("{each} and {room} for hits that wait");
    match cores {
        Some(cores) if threads > cores.get() => {
            Finding::warning("beacon", format!("{text}; more threads than cores gain nothing"))
        }
        _ => Finding::good("beacon", text),
    }
}

/// This machine's clock compared with others: whose, what it showed, what ours showed then.
pub(super) fn clock(others: impl Iterator<Item = (&'static str, Timestamp, Timestamp)>) -> Finding {
    let apart = others.map(|(whose, theirs, ours)| (whose, ours.0 - theirs.0));
    let Some((whose, apart)) = apart.max_by_key(|(_, apart)| apart.abs()) else {
        return Finding::good("clock", "there is no other clock to compare with");
    };
    let seconds = apart.abs() / 1_000 * 1_000;
    let text = format!(
        "this machine's clock is {:.3} s {} that of {whose}",
        Duration::from_micros(seconds.unsigned_abs()).as_secs_f64(),
        if apart < 0 { "behind" } else { "ahead of" }
    );
    match apart.abs() {
        CLOCKS_WRONG.. => Finding::bad("clock", format!("{text}; set it, preferably by NTP")),
        CLOCKS_DIFFER.. => {
            Finding::warning("clock", format!("{text}; use NTP to keep them in step"))
        }
        _ => Finding::good("clock", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::check::Verdict;

    #[test]
    fn clocks_may_differ_a_little_and_not_much() {
        let at = |seconds: i64| {
            let (theirs, ours) = (Timestamp(0), Timestamp(seconds * 1_000_000));
            clock([("the database", theirs, ours), ("Redis", theirs, theirs)].into_iter()).verdict
        };
        assert_eq!([at(0), at(-2), at(120)], [Verdict::Good, Verdict::Warning, Verdict::Bad]);
        assert_eq!(clock(std::iter::empty()).verdict, Verdict::Good);
    }

    #[test]
    fn a_folder_that_is_missing_fails_the_check() {
        assert_eq!(folder(Path::new("/no/such/folder")).verdict, Verdict::Bad);
        let there = tempfile::tempdir().unwrap();
        assert_ne!(folder(there.path()).verdict, Verdict::Bad);
        assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0, "nothing stays behind");
    }
}
