//! What the values in the file mean, or why they can't be right.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actions::{SettingKey, SettingOrigin};
use fetcher::{Exemption, ServiceUrl};
use mailer::{Relay, RetrySchedule};
use media::FileStoreLocation;
use model::{EmailAddress, Network};
use token::{CookiePolicy, CookieScope};
use toml::Spanned;
use tracing::Level;

use super::origin::{is_stored, lacks, origins};
use super::{ConfigProblem, duration, file};
use crate::hit_lanes::MOST_LANES;

/// Requests to the API that each token may send, unless the configuration says otherwise.
const API_REQUESTS_PER_SECOND: usize = 20;

/// A configuration that has been checked as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The file it stands in.
    pub file: PathBuf,
    /// What stands in that file.
    pub text: Arc<str>,
    /// Where the settings come from that the store may keep as well; nothing for those that are not set.
    pub origins: BTreeMap<SettingKey, SettingOrigin>,
    /// Settings without which no mail is sent.
    pub lacks: Vec<SettingKey>,
    /// Why the settings of the store can't be used with this file.
    pub trouble: Option<String>,
    /// Folder of the store, the journals and the keys; absolute or relative to the process.
    pub data: PathBuf,
    pub store: store::Location,
    /// How hits reach the recorder, and what nodes share.
    pub bus: Bus,
    /// Where the files of the media library are.
    pub media: FileStoreLocation,
    /// How long what is kept.
    pub retention: report::Retention,
    /// How long after its delivery a hit is soon; zero: no time is.
    pub soon_after_delivery: Duration,
    /// Folder of the lists of networks that hits are looked at by, one file for each rule.
    pub networks: Option<PathBuf>,
    /// The mmdb file that tells the country of an address.
    pub country_file: Option<PathBuf>,
    /// The one that tells its network.
    pub network_file: Option<PathBuf>,
    /// A list of disposable domains beside the one that is built in.
    pub disposable_domains: Option<PathBuf>,
    /// How long a stop may take.
    pub shutdown_timeout: Duration,
    /// What every message says of its origin; stand-ins for what is not set.
    pub sender: render::Sender,
    pub topics: Vec<TopicSetting>,
    /// The pixel and the links.
    pub beacon: Listen,
    pub cookie: CookiePolicy,
    pub cookie_scope: CookieScope,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Connections the beacon holds at once, all its threads together.
    pub beacon_connections: usize,
    /// Threads of the beacon, each with a journal.
    pub beacon_threads: usize,
    /// Sizes of each of the beacon's journals; the limit is for all of them.
    pub hits_journal: journal::Options,
    /// Where recipient pages are served.
    pub web: Listen,
    /// Whether people see, correct and delete their data there by a mailed link.
    pub accounts: bool,
    /// How people join by forms.
    pub joins: actions::JoinSettings,
    /// Where reports, health and metrics are served.
    pub admin: Listen,
    /// The address at which browsers find them, if it is not that of the listener.
    pub admin_site: Option<access::RelyingParty>,
    /// Requests to the API per minute, for each token.
    pub api_requests_per_minute: NonZeroU32,
    /// The set-up of the first owner may be reached from elsewhere.
    pub admin_remote: bool,
    /// Whose `X-Forwarded-For` the admin pages believe.
    pub admin_proxies: Vec<Network>,
    /// Health and metrics only, if they have a separate listener.
    pub ops: Option<Listen>,
    /// None while it is not set.
    pub relay: Option<Relay>,
    /// The envelope sender, if it is not the announcement's From.
    pub return_path: Option<EmailAddress>,
    /// Messages per minute: for all nodes together if they share a Redis, otherwise for each.
    pub messages_per_minute: Option<NonZeroU32>,
    /// How long a mailer holds what it has claimed.
    pub lease: Duration,
    /// When temporary refusals are tried again.
    pub retry: RetrySchedule,
    /// What the check of a campaign asks of others.
    pub check: CheckSettings,
    /// The least grave level that is logged.
    pub log_level: Level,
    pub log_json: bool,
}

/// How hits reach the recorder, and what nodes share.
#[derive(Debug, Clone)]
pub(crate) enum Bus {
    Local,
    /// Over a stream that all nodes share.
    Redis(bus::RedisServer),
}

/// Whom `pharos campaign check` asks, and whom it may.
#[derive(Debug, Clone)]
pub(crate) struct CheckSettings {
    /// An rspamd that gets to see a sample message.
    pub spam_filter: Option<ServiceUrl>,
    /// Machines that may be asked although they are private.
    pub private_hosts: Vec<Exemption>,
    /// Instead of those of this machine, unless it is empty.
    pub dns_servers: Vec<SocketAddr>,
    /// For one request to a web server.
    pub timeout: Duration,
    /// Certificates of web servers to trust in addition to the public ones.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listen(pub SocketAddr);

/// A topic as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicSetting {
    /// Stands in commands and List-Id.
    pub slug: String,
    /// Stands in pages and messages.
    pub name: String,
}

impl Config {
    /// Where browsers find the admin pages, without a slash at its end.
    pub(crate) fn admin_address(&self) -> String {
        match &self.admin_site {
            Some(site) => site.origin().to_owned(),
            None => format!("http://{}", self.admin.0),
        }
    }
}

pub(super) type Checked<T> = Result<T, ConfigProblem>;

/// Turns values as typed into values to work with, or into an error that names the line.
pub(super) struct Checker<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Checker<'_> {
    pub(super) fn config(&self, file: &file::File) -> Checked<Config> {
        let admin = self.listen("admin.listen", &file.admin.listen)?;
        let (sender, relay) = (self.sender(file)?, self.relay(file)?);
        let cookie_scope = self.cookie_scope(&file.beacon, &sender.beacon_url)?;
        let connections = &file.beacon.max_connections;
        let beacon_connections =
            self.between("beacon.max_connections", connections, 1..=1_000_000)?;
        let beacon_threads = self.beacon_threads(&file.beacon, beacon_connections)?;
        Ok(Config {
            file: self.path.to_owned(),
            text: self.text.into(),
            origins: origins(file),
            lacks: lacks(file),
            trouble: None,
            data: self.beside(&file.data),
            store: self.store(file)?,
            bus: self.bus(file)?,
            media: self.media(file)?,
            retention: self.retention(&file.retention)?,
            soon_after_delivery: self.soon_after_delivery(&file.report)?,
            networks: self.perhaps_beside(file.report.networks.as_ref()),
            country_file: self.perhaps_beside(file.report.country_file.as_ref()),
            network_file: self.perhaps_beside(file.report.network_file.as_ref()),
            shutdown_timeout: self.duration("shutdown_timeout", &file.shutdown_timeout)?,
            sender,
            topics: self.topics(&file.topics)?,
            beacon: self.listen("beacon.listen", &file.beacon.listen)?,
            cookie: self.cookie(&file.beacon.cookie)?,
            cookie_scope,
            trusted_proxies: self
                .proxies("beacon.trusted_proxies", &file.beacon.trusted_proxies)?,
            beacon_connections,
            beacon_threads,
            hits_journal: self.hits_journal(&file.beacon, beacon_threads)?,
            web: self.listen("web.listen", &file.web.listen)?,
            accounts: file.web.accounts.unwrap_or(true),
            joins: self.forms(file.web.forms.as_ref())?,
            admin,
            admin_site: self.admin_site(&file.admin)?,
            api_requests_per_minute: self.api_requests_per_minute(&file.admin)?,
            admin_remote: file.admin.allow_remote,
            admin_proxies: self.proxies("admin.trusted_proxies", &file.admin.trusted_proxies)?,
            ops: file.ops.as_ref().map(|ops| self.listen("ops.listen", &ops.listen)).transpose()?,
            return_path: self.return_path(file.relay.return_path.as_ref())?,
            relay,
            messages_per_minute: self.messages_per_minute(&file.relay)?,
            lease: self.lease(&file.relay)?,
            retry: self.retry(&file.retry)?,
            disposable_domains: self.perhaps_beside(file.contacts.disposable_domains.as_ref()),
            check: self.check_settings(&file.check)?,
            log_level: self.log_level(&file.log.level)?,
            log_json: self.log_json(&file.log.format)?,
        })
    }

    fn admin_site(&self, admin: &file::AdminTable) -> Checked<Option<access::RelyingParty>> {
        let Some(typed) = &admin.url else { return Ok(None) };
        let site = access::RelyingParty::at(typed.get_ref().trim_end_matches('/'));
        let site = site.ok_or_else(|| {
            let what = "should be where browsers find the admin pages, such as \
                https://pharos.example: https (or http://localhost), a name and no path";
            self.wrong("admin.url", typed, what)
        })?;
        Ok(Some(site))
    }

    fn api_requests_per_minute(&self, admin: &file::AdminTable) -> Checked<NonZeroU32> {
        let per_second = match &admin.api_requests_per_second {
            Some(typed) => self.between("admin.api_requests_per_second", typed, 1..=10_000)?,
            None => API_REQUESTS_PER_SECOND,
        };
        let per_minute = u32::try_from(per_second * 60).ok().and_then(NonZeroU32::new);
        Ok(per_minute.unwrap_or(NonZeroU32::MIN))
    }

    fn retry(&self, retry: &file::RetryTable) -> Checked<RetrySchedule> {
        Ok(RetrySchedule {
            first: self.duration("retry.first", &retry.first)?,
            max: self.duration("retry.longest", &retry.longest)?,
            give_up_after: self.duration("retry.give_up_after", &retry.give_up_after)?,
        })
    }

    /// Each thread holds at least one connection.
    fn beacon_threads(&self, beacon: &file::BeaconTable, connections: usize) -> Checked<usize> {
        let most = usize::from(MOST_LANES).min(connections);
        match &beacon.threads {
            Some(typed) => self.between("beacon.threads", typed, 1..=most),
            None => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                Ok((cores / 2).clamp(1, most))
            }
        }
    }

    /// Several threads write smaller segments, which take as much disk as those of one.
    fn hits_journal(
        &self,
        beacon: &file::BeaconTable,
        threads: usize,
    ) -> Checked<journal::Options> {
        let segment = &beacon.journal_segment_mib;
        let segment_mib = self.between("beacon.journal_segment_mib", segment, 1..=1_024)?;
        let max = &beacon.journal_max_mib;
        // One segment is written, one is made ready, one may still be read.
        let max_mib = self.between("beacon.journal_max_mib", max, 3 * segment_mib..=1 << 30)?;
        Ok(journal::Options {
            segment_bytes: u32::try_from((segment_mib << 20) / threads).unwrap_or(u32::MAX),
            max_bytes: (max_mib as u64) << 20,
        })
    }

    fn proxies(&self, field: &'static str, typed: &[Spanned<String>]) -> Checked<Vec<Network>> {
        let proxy = |text: &Spanned<String>| {
            let parsed = text.get_ref().parse();
            parsed.map_err(|problem: model::NotANetwork| {
                self.wrong(field, text, &problem.to_string())
            })
        };
        typed.iter().map(proxy).collect()
    }

    fn log_level(&self, typed: &Spanned<String>) -> Checked<Level> {
        typed.get_ref().parse().map_err(|_| {
            let what = "should be \"error\", \"warn\", \"info\" or \"debug\"";
            self.wrong("log.level", typed, what)
        })
    }

    fn log_json(&self, typed: &Spanned<String>) -> Checked<bool> {
        match typed.get_ref().as_str() {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => Err(self.wrong("log.format", typed, "should be \"text\" or \"json\"")),
        }
    }

    fn listen(&self, field: &'static str, typed: &Spanned<String>) -> Checked<Listen> {
        typed.get_ref().parse().map(Listen).map_err(|_| {
            self.wrong(field, typed, "should be an address and a port, such as \"127.0.0.1:8025\"")
        })
    }

    pub(super) fn duration(
        &self,
        field: &'static str,
        typed: &Spanned<String>,
    ) -> Checked<Duration> {
        match duration::parse(typed.get_ref()) {
            Some(time) if !time.is_zero() => Ok(time),
            _ => {
                Err(self.wrong(field, typed, "should be a time such as \"30s\", \"10m\" or \"3d\""))
            }
        }
    }

    pub(super) fn between(
        &self,
        field: &'static str,
        typed: &Spanned<usize>,
        range: std::ops::RangeInclusive<usize>,
    ) -> Checked<usize> {
        if range.contains(typed.get_ref()) {
            return Ok(*typed.get_ref());
        }
        let what = format!("should be between {} and {}", range.start(), range.end());
        Err(self.wrong(field, typed, &what))
    }

    pub(super) fn filled(&self, field: &'static str, typed: &Spanned<String>) -> Checked<String> {
        let text = typed.get_ref().trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(self.wrong(field, typed, "should be one line of text"));
        }
        Ok(text.to_owned())
    }

    pub(super) fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// A file or folder that may be named, beside the configuration.
    fn perhaps_beside(&self, path: Option<&Spanned<String>>) -> Option<PathBuf> {
        path.map(|path| self.beside(path.get_ref()))
    }

    pub(super) fn wrong<T>(
        &self,
        field: &'static str,
        at: &Spanned<T>,
        what: &str,
    ) -> ConfigProblem {
        if is_stored(at) {
            return ConfigProblem::Stored { field, what: what.to_owned() };
        }
        let before = self.text.get(..at.span().start).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        ConfigProblem::Wrong { path: self.path.to_owned(), line, field, what: what.to_owned() }
    }
}

/// Whether a host name means this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
