//! Looks up what names stand for in DNS.
//!
//! Names are always whole: no search domain of this machine is tried behind them, so a name in an
//! announcement means here what it means to its readers. `/etc/hosts` holds, as elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};

/// For one question to one server; there are two tries.
const TIMEOUT: Duration = Duration::from_secs(3);
/// More records of one name are not looked at.
const MOST_RECORDS: usize = 64;

/// Why nothing is known about a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupProblem {
    #[error("there is no such name")]
    NoSuchName,
    /// No server answers, or it has trouble of its own.
    #[error("{0}")]
    Unanswered(String),
}

/// Asks the DNS servers of this machine, or those that are named.
#[derive(Debug, Clone)]
pub struct Resolver(TokioResolver);

impl Resolver {
    /// # Errors
    /// When this machine's `/etc/resolv.conf` can't be used.
    pub fn of_this_machine() -> Result<Self, LookupProblem> {
        Self::built(TokioResolver::builder_tokio().map_err(unanswered)?)
    }

    /// # Errors
    /// When none can be made; not when they don't answer.
    pub fn asking(servers: &[SocketAddr]) -> Result<Self, LookupProblem> {
        let server = |address: &SocketAddr| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                connection.port = address.port();
            }
            server
        };
        let config = ResolverConfig::from_name_servers(servers.iter().map(server).collect());
        Self::built(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
    }

    fn built(
        mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>,
    ) -> Result<Self, LookupProblem> {
        let options = builder.options_mut();
        options.timeout = TIMEOUT;
        options.attempts = 2;
        builder.build().map(Self).map_err(unanswered)
    }

    /// The IP addresses of a host; none when the name exists and has none.
    ///
    /// # Errors
    /// When there is no such name, or nobody says.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupProblem> {
        match self.0.lookup_ip(whole(host)?).await {
            Ok(found) => Ok(found.iter().take(MOST_RECORDS).collect()),
            Err(error) => none(error),
        }
    }

    /// The TXT records of a name, each in one piece.
    ///
    /// # Errors
    /// As [`Self::addresses`].
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, LookupProblem> {
        let text = |data: &RData| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        match self.0.txt_lookup(whole(name)?).await {
            Ok(found) => {
                let records = found.answers().iter().filter_map(|record| text(&record.data));
                Ok(records.take(MOST_RECORDS).collect())
            }
            Err(error) => none(error),
        }
    }

    /// The hosts that take mail for a domain (MX), without a dot at the end; one that is empty says
    /// that nobody does (RFC 7505).
    ///
    /// # Errors
    /// As [`Self::addresses`].
    pub async fn mail_hosts(&self, domain: &str) -> Result<Vec<String>, LookupProblem> {
        let host = |data: &RData| match data {
            RData::MX(mx) => Some(mx.exchange.to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        };
        match self.0.mx_lookup(whole(domain)?).await {
            Ok(found) => {
                let records = found.answers().iter().filter_map(|record| host(&record.data));
                Ok(records.take(MOST_RECORDS).collect())
            }
            Err(error) => none(error),
        }
    }
}

fn whole(name: &str) -> Result<Name, LookupProblem> {
    // Labels with an underscore, as of DMARC records, are no host names and exist all the same.
    let mut name = Name::from_ascii(name).map_err(|_| LookupProblem::NoSuchName)?;
    name.set_fqdn(true);
    Ok(name)
}

fn none<T>(error: NetError) -> Result<Vec<T>, LookupProblem> {
    if error.is_nx_domain() {
        return Err(LookupProblem::NoSuchName);
    }
    if error.is_no_records_found() {
        return Ok(Vec::new());
    }
    Err(unanswered(error))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unanswered(error: NetError) -> LookupProblem {
    LookupProblem::Unanswered(error.to_string())
}
