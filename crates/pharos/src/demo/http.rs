//! The simulated readers' HTTP client: one request per connection, bounded in time.

use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{
    CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT,
};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);
const MAX_BODY_BYTES: usize = 1 << 20;

/// A browser, proxy or program.
pub(super) struct Client {
    headers: HeaderMap,
    keeps_cookies: bool,
}

pub(super) struct Answer {
    pub status: StatusCode,
}

impl Client {
    pub(super) fn new(agent: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        Self { headers, keeps_cookies: false }
    }

    pub(super) fn keeping_cookies(mut self) -> Self {
        self.keeps_cookies = true;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    pub(super) async fn get(&mut self, url: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, url, "").await
    }

    /// Makes one request; a body is sent as a form.
    pub(super) async fn send(
        &mut self,
        method: Method,
        url: &str,
        form: &'static str,
    ) -> anyhow::Result<Answer> {
        tokio::time::timeout(PATIENCE, self.exchange(method, url, form))
            .await
            .with_context(|| format!("no answer within {PATIENCE:?}"))?
    }

    async fn exchange(
        &mut self,
        method: Method,
        url: &str,
        form: &'static str,
    ) -> anyhow::Result<Answer> {
        let uri: Uri = url.parse().context("a link is not a valid URL")?;
        let authority = uri.authority().context("a link has no host")?.clone();
        let stream = TcpStream::connect(authority.as_str()).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(uri.path())
            .header(HOST, authority.as_str())
            .body(Full::new(Bytes::from_static(form.as_bytes())))?;
        request.headers_mut().extend(self.headers.clone());
        if !form.is_empty() {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, kind);
        }
        let response = sender.send_request(request).await?;
        let status = response.status();
        if self.keeps_cookies {
            self.keep_cookie(response.headers());
        }
        let body = Limited::new(response.into_body(), MAX_BODY_BYTES);
        body.collect().await.map_err(|_| anyhow::anyhow!("an answer was too long or cut off"))?;
        Ok(Answer { status })
    }

    fn keep_cookie(&mut self, headers: &HeaderMap) {
        let cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
        let pair = cookie.and_then(|text| text.split(';').next());
        if let Some(value) = pair.and_then(|pair| HeaderValue::from_str(pair).ok()) {
            self.headers.insert(COOKIE, value);
        }
    }
}
