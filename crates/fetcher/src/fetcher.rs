//! Fetches an address: through the guard, redirect by redirect.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::connection::{self, Answer};
use crate::fetched::{FetchFailure, FetchProblem, Fetched, Redirect};
use crate::guard::Guard;
use crate::resolver::{LookupProblem, Resolver};
use crate::tls::{self, TrustProblem};
use crate::turns::Turns;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// One TCP connection.
    pub connect: Duration,
    /// One request without its redirects, from the look-up to the last byte that is read.
    pub request: Duration,
}

/// What a [`Fetcher`] is made from.
#[derive(Debug)]
pub struct FetcherSettings<'a> {
    pub resolver: Resolver,
    pub guard: Guard,
    /// Certificates (PEM) to trust in addition to the public roots.
    pub ca_file: Option<&'a Path>,
    /// Who asks, and why; what is not printable ASCII is left out.
    pub user_agent: &'a str,
    pub timing: Timing,
}

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// HEAD.
    Head,
    /// GET, of whose body nothing is read.
    Page,
    /// GET, whose body is measured.
    File {
        /// How many of its first bytes are kept.
        kept: usize,
        /// Where reading ends.
        most: u64,
    },
}

/// Fetches what is public; see the crate for what it promises.
pub struct Fetcher {
    resolver: Resolver,
    guard: Guard,
    connector: TlsConnector,
    user_agent: HeaderValue,
    timing: Timing,
    turns: Turns,
}

/// Redirects that are followed.
const REDIRECTS: usize = 8;
/// Requests at the same time.
const AT_THE_SAME_TIME: usize = 6;
/// Addresses of a host that are tried.
const TRIED_ADDRESSES: usize = 3;

impl Fetcher {
    /// # Errors
    /// When `ca_file` can't be used.
    pub fn new(settings: FetcherSettings<'_>) -> Result<Self, TrustProblem> {
        let FetcherSettings { resolver, guard, ca_file, user_agent, timing } = settings;
        let agent: String = user_agent.chars().filter(|c| matches!(c, ' '..='~')).collect();
        Ok(Self {
            resolver,
            guard,
            connector: tls::connector(ca_file)?,
            user_agent: HeaderValue::try_from(agent).unwrap_or(HeaderValue::from_static("Pharos")),
            timing,
            turns: Turns::new(AT_THE_SAME_TIME),
        })
    }

    /// Fetches an address and follows its redirects. Waits for its turn.
    ///
    /// # Errors
    /// When it is no address of a public web server, or gives no answer.
    pub async fn fetch(&self, address: &str, ask: Ask) -> Result<Fetched, FetchFailure> {
        let mut redirects = Vec::new();
        match self.follow(address, ask, &mut redirects).await {
            Ok(fetched) => Ok(Fetched { redirects, ..fetched }),
            Err(problem) => Err(FetchFailure { problem, redirects }),
        }
    }

    async fn follow(
        &self,
        address: &str,
        ask: Ask,
        redirects: &mut Vec<Redirect>,
    ) -> Result<Fetched, FetchProblem> {
        let mut url = Url::parse(address).map_err(|_| FetchProblem::NotWeb)?;
        let mut seen = Vec::new();
        loop {
            url.set_fragment(None);
            if seen.contains(&url) {
                return Err(FetchProblem::Loop);
            }
            if redirects.len() > REDIRECTS {
                return Err(FetchProblem::TooManyRedirects(REDIRECTS));
            }
            let (fetched, next) = self.ask(&url, ask).await?;
            let Some(next) = next else { return Ok(fetched) };
            redirects.push(Redirect { status: fetched.status, to: next.to_string() });
            seen.push(std::mem::replace(&mut url, next));
        }
    }

    /// One request; where it redirects to, if it does.
    async fn ask(&self, url: &Url, ask: Ask) -> Result<(Fetched, Option<Url>), FetchProblem> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchProblem::NotWeb);
        }
        let host = url.host().ok_or(FetchProblem::NotWeb)?;
        let _turn = self.turns.wait(&host.to_string()).await;
        let limit = self.timing.request;
        let answered = tokio::time::timeout(limit, self.exchange(url, &host, ask)).await;
        answered.unwrap_or(Err(FetchProblem::Timeout(limit.as_secs())))
    }

    async fn exchange(
        &self,
        url: &Url,
        host: &Host<&str>,
        ask: Ask,
    ) -> Result<(Fetched, Option<Url>), FetchProblem> {
        let port = url.port_or_known_default().ok_or(FetchProblem::NotWeb)?;
        let addresses = self.addresses(host).await?;
        let mut permitted = self.guard.permitted(&host.to_string(), port, &addresses)?;
        permitted.truncate(TRIED_ADDRESSES);
        let stream = connection::connect(&permitted, port, self.timing.connect).await?;
        let request = self.request(url, ask)?;
        let tls = match url.scheme() {
            "https" => Some((&self.connector, server_name(host)?)),
            _ => None,
        };
        let answer = connection::send(stream, tls, request).await?;
        let next = location(url, &answer);
        let (status, content_type) = (answer.response.status().as_u16(), content_type(&answer));
        let body = match ask {
            Ask::File { kept, most } if next.is_none() => answer.body(kept, most).await,
            _ => crate::Body::default(),
        };
        Ok((Fetched { status, redirects: Vec::new(), content_type, body }, next))
    }

    async fn addresses(&self, host: &Host<&str>) -> Result<Vec<IpAddr>, FetchProblem> {
        let found = match host {
            Host::Ipv4(address) => return Ok(vec![IpAddr::V4(*address)]),
            Host::Ipv6(address) => return Ok(vec![IpAddr::V6(*address)]),
            Host::Domain(name) => self.resolver.addresses(name).await,
        };
        match found {
            Ok(addresses) if addresses.is_empty() => Err(FetchProblem::NoSuchHost),
            Ok(mut addresses) => {
                // Many machines have no way to IPv6 addresses, and all have one to IPv4.
                addresses.sort_by_key(IpAddr::is_ipv6);
                Ok(addresses)
            }
            Err(LookupProblem::NoSuchName) => Err(FetchProblem::NoSuchHost),
            Err(LookupProblem::Unanswered(why)) => Err(FetchProblem::LookupFailed(why)),
        }
    }

    fn request(&self, url: &Url, ask: Ask) -> Result<Request<Full<Bytes>>, FetchProblem> {
        let method = if ask == Ask::Head { Method::HEAD } else { Method::GET };
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, host)
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::ACCEPT, "*/*")
            // A body is measured as it comes, and never unpacked.
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .body(Full::default())
            .map_err(|_| FetchProblem::NotWeb)
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("guard", &self.guard).finish_non_exhaustive()
    }
}

fn server_name(host: &Host<&str>) -> Result<ServerName<'static>, FetchProblem> {
    Ok(match host {
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_owned();
            ServerName::try_from(name).map_err(|_| FetchProblem::NotWeb)?
        }
    })
}

fn location(url: &Url, answer: &Answer) -> Option<Url> {
    let redirects = matches!(answer.response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.response.headers().get(header::LOCATION).filter(|_| redirects)?;
    // Servers write what is not ASCII as it is.
    url.join(&String::from_utf8_lossy(location.as_bytes())).ok()
}

fn content_type(answer: &Answer) -> Option<String> {
    let value = answer.response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!kind.is_empty()).then_some(kind)
}
