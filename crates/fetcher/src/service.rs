//! Talks to a service that the operator named, wherever it is.
//!
//! The guard is not asked: the address comes from the configuration and from nobody else.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use url::{Host, Url};

use crate::connection;
use crate::fetched::FetchProblem;
use crate::resolver::{LookupProblem, Resolver};

/// Where a service is, over plain HTTP: it is on this machine or in its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl(Url);

impl FromStr for ServiceUrl {
    type Err = ServiceProblem;

    fn from_str(text: &str) -> Result<Self, ServiceProblem> {
        let url = Url::parse(text).map_err(|_| ServiceProblem::Address)?;
        let is_plain = url.scheme() == "http" && url.username().is_empty() && url.host().is_some();
        let is_base = url.query().is_none() && url.fragment().is_none();
        if is_plain && is_base { Ok(Self(url)) } else { Err(ServiceProblem::Address) }
    }
}

impl std::fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Why a service did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceProblem {
    #[error("should be an address such as \"http://127.0.0.1:11333\"")]
    Address,
    #[error("{0}")]
    NoAnswer(FetchProblem),
    #[error("answers with status {0}")]
    Status(u16),
    #[error("gives an answer of more than {0} bytes")]
    TooLong(u64),
}

/// Sends requests to a service.
#[derive(Debug, Clone)]
pub struct ServiceClient {
    pub resolver: Resolver,
    /// For the whole of a request.
    pub timeout: Duration,
    /// The longest answer, in bytes.
    pub most_bytes: usize,
}

impl ServiceClient {
    /// Posts a body to a path of the service and returns what it answers.
    ///
    /// # Errors
    /// When it can't be reached or does not answer with 200.
    pub async fn post(
        &self,
        service: &ServiceUrl,
        path: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, ServiceProblem> {
        let late = FetchProblem::Timeout(self.timeout.as_secs());
        let posted = self.exchange(service, path, headers, body);
        let answered = tokio::time::timeout(self.timeout, posted).await;
        answered.unwrap_or(Err(ServiceProblem::NoAnswer(late)))
    }

    async fn exchange(
        &self,
        service: &ServiceUrl,
        path: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, ServiceProblem> {
        let url = &service.0;
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses = self.addresses(url).await.map_err(ServiceProblem::NoAnswer)?;
        let stream = connection::connect(&addresses, port, self.timeout).await;
        let stream = stream.map_err(ServiceProblem::NoAnswer)?;
        let mut request = Request::post(format!("{}{path}", url.path().trim_end_matches('/')))
            .header(header::HOST, &url[url::Position::BeforeHost..url::Position::AfterPort]);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|_| ServiceProblem::Address)?;
        let answer =
            connection::send(stream, None, request).await.map_err(ServiceProblem::NoAnswer)?;
        let status = answer.response.status().as_u16();
        if status != 200 {
            return Err(ServiceProblem::Status(status));
        }
        let most = self.most_bytes as u64;
        let body = answer.body(self.most_bytes, most.saturating_add(1)).await;
        match body.bytes {
            Some(bytes) if bytes <= most => Ok(body.start),
            _ => Err(ServiceProblem::TooLong(most)),
        }
    }

    async fn addresses(&self, url: &Url) -> Result<Vec<IpAddr>, FetchProblem> {
        match url.host() {
            Some(Host::Ipv4(address)) => Ok(vec![IpAddr::V4(address)]),
            Some(Host::Ipv6(address)) => Ok(vec![IpAddr::V6(address)]),
            Some(Host::Domain(name)) => {
                self.resolver.addresses(name).await.map_err(|problem| match problem {
                    LookupProblem::NoSuchName => FetchProblem::NoSuchHost,
                    LookupProblem::Unanswered(why) => FetchProblem::LookupFailed(why),
                })
            }
            None => Err(FetchProblem::NotWeb),
        }
    }
}
