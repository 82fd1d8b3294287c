//! In which country and network an address is, by files that an operator brings.
//!
//! Invariants: nobody is asked over the network; an address of a proxy, a gateway or a data centre has no
//! place, for it is not the reader's; a file that was replaced is read again within a minute, and one that
//! can't be read leaves the one before in use. What a file says is cut to a bounded length.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use maxminddb::{PathElement, Reader, geoip2};
use model::{Country, Located, Rule, RulesSeen};

/// How often it is looked whether a file was replaced.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Most bytes of a file: a city file has some 70 million.
const MOST_BYTES: u64 = 512 << 20;
/// Most characters of a network's name.
const MOST_NAME: usize = 80;

/// What a file is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    Country,
    Network,
}

/// Why a file of places can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BadPlaces {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("larger than {} MiB", MOST_BYTES >> 20)]
    Large,
    #[error("not an mmdb file, or a damaged one: {0}")]
    Damaged(#[from] maxminddb::MaxMindDbError),
    #[error("it is of the type {found}; should be one of {wanted}")]
    OtherType { found: String, wanted: &'static str },
}

/// Which version of a file: when it was written, and its length.
type FileStamp = (SystemTime, u64);

#[derive(Debug)]
struct LoadedFile {
    reader: Arc<Reader<Vec<u8>>>,
    /// Of the last one that was tried.
    stamp: FileStamp,
    looked_at: Instant,
}

/// An mmdb file that is read again when it was replaced.
#[derive(Debug)]
pub struct PlaceFile {
    path: PathBuf,
    kind: PlaceKind,
    loaded: Mutex<LoadedFile>,
}

impl PlaceKind {
    /// What the types of such files have in their names, and an example of one.
    const fn types(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Country => (
                &["Country", "City", "Enterprise"],
                "countries, such as GeoLite2-Country or DBIP-Country-Lite",
            ),
            Self::Network => {
                (&["ASN", "ISP", "Enterprise"], "networks, such as GeoLite2-ASN or DBIP-ASN-Lite")
            }
        }
    }
}

impl PlaceFile {
    /// Reads the file as a whole.
    ///
    /// # Errors
    /// When it can't be read, is damaged, or tells something else.
    pub fn open(path: &Path, kind: PlaceKind) -> Result<Self, BadPlaces> {
        let (reader, stamp) = read(path, kind)?;
        let loaded = LoadedFile { reader: Arc::new(reader), stamp, looked_at: Instant::now() };
        Ok(Self { path: path.to_owned(), kind, loaded: Mutex::new(loaded) })
    }

    /// When its maker built it.
    #[must_use]
    pub fn built_at(&self) -> Option<SystemTime> {
        self.current(Duration::MAX).metadata().build_time().ok()
    }

    /// Its latest version, looked for at most every so often.
    fn current(&self, every: Duration) -> Arc<Reader<Vec<u8>>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.looked_at.elapsed() < every {
            return Arc::clone(&loaded.reader);
        }
        loaded.looked_at = Instant::now();
        // In between, as while it is being replaced, there may be none.
        let Ok(stamp) = stamp_of(&self.path) else { return Arc::clone(&loaded.reader) };
        if stamp != loaded.stamp {
            match read(&self.path, self.kind) {
                Ok((reader, stamp)) => {
                    (loaded.reader, loaded.stamp) = (Arc::new(reader), stamp);
                    tracing::info!(file = %self.path.display(), "a file of places was read again");
                }
                Err(problem) => {
                    loaded.stamp = stamp;
                    let file = self.path.display();
                    tracing::warn!(%file, %problem, "the file of places from before stays in use");
                }
            }
        }
        Arc::clone(&loaded.reader)
    }
}

fn stamp_of(path: &Path) -> std::io::Result<FileStamp> {
    let facts = std::fs::metadata(path)?;
    Ok((facts.modified()?, facts.len()))
}

fn read(path: &Path, kind: PlaceKind) -> Result<(Reader<Vec<u8>>, FileStamp), BadPlaces> {
    let stamp = stamp_of(path)?;
    if stamp.1 > MOST_BYTES {
        return Err(BadPlaces::Large);
    }
    let reader = Reader::from_source(std::fs::read(path)?)?;
    let (types, wanted) = kind.types();
    let found = &reader.metadata().database_type;
    if !types.iter().any(|part| found.contains(part)) {
        return Err(BadPlaces::OtherType { found: found.clone(), wanted });
    }
    reader.verify()?;
    Ok((reader, stamp))
}

/// The files that there are.
#[derive(Debug, Clone, Default)]
pub struct PlaceFiles {
    pub countries: Option<Arc<PlaceFile>>,
    pub networks: Option<Arc<PlaceFile>>,
}

impl PlaceFiles {
    /// For some hits: both files as they are now.
    pub(crate) fn lookup(&self) -> PlaceLookup {
        let current =
            |file: &Option<Arc<PlaceFile>>| file.as_ref().map(|it| it.current(LOOK_EVERY));
        PlaceLookup {
            countries: current(&self.countries),
            networks: current(&self.networks),
            names: BTreeMap::new(),
        }
    }
}

/// What is looked up for some hits.
pub(crate) struct PlaceLookup {
    countries: Option<Arc<Reader<Vec<u8>>>>,
    networks: Option<Arc<Reader<Vec<u8>>>>,
    /// What the networks that were found are called.
    pub(crate) names: BTreeMap<u32, String>,
}

/// What shows that the address is not the reader's own.
const NOT_THEIRS: RulesSeen = RulesSeen::NONE
    .with(Rule::AGENT_GOOGLE_IMAGE_PROXY)
    .with(Rule::AGENT_GMAIL_PREFETCH)
    .with(Rule::AGENT_YAHOO_MAIL_PROXY)
    .with(Rule::AGENT_APPLE_PRIVACY)
    .with(Rule::AGENT_GATEWAY)
    .with(Rule::AGENT_PREVIEW)
    .with(Rule::NETWORK_APPLE_RELAY)
    .with(Rule::NETWORK_GOOGLE)
    .with(Rule::NETWORK_MICROSOFT)
    .with(Rule::NETWORK_GATEWAY)
    .with(Rule::NETWORK_DATA_CENTRE);

impl PlaceLookup {
    /// The country of a hit from this address in which these rules were seen; None: there is no file.
    pub(crate) fn country(
        &self,
        client: Option<IpAddr>,
        rules: RulesSeen,
    ) -> Option<Located<Country>> {
        let reader = self.countries.as_ref()?;
        Some(located(client, rules, |address| {
            let found = reader.lookup(address.to_canonical()).ok()?;
            let path = [PathElement::Key("country"), PathElement::Key("iso_code")];
            Country::parse(found.decode_path::<&str>(&path).ok()??)
        }))
    }

    /// The network of such a hit, whose name is then among the names.
    pub(crate) fn network(
        &mut self,
        client: Option<IpAddr>,
        rules: RulesSeen,
    ) -> Option<Located<u32>> {
        let (reader, names) = (self.networks.as_ref()?, &mut self.names);
        Some(located(client, rules, |address| {
            let found = reader.lookup(address.to_canonical()).ok()?;
            let found = found.decode::<geoip2::Asn<'_>>().ok()??;
            let number = found.autonomous_system_number.filter(|number| *number != 0)?;
            if let Some(name) = found.autonomous_system_organization {
                names.entry(number).or_insert_with(|| {
                    name.chars().filter(|it| !it.is_control()).take(MOST_NAME).collect()
                });
            }
            Some(number)
        }))
    }
}

fn located<T>(
    client: Option<IpAddr>,
    rules: RulesSeen,
    look_up: impl FnOnce(IpAddr) -> Option<T>,
) -> Located<T> {
    if rules.has_any(NOT_THEIRS) {
        return Located::Proxied;
    }
    client.and_then(look_up).map_or(Located::Unknown, Located::Known)
}

#[cfg(test)]
mod tests;
