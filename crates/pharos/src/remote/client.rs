//! The operations of the API as calls: one thing, a list, a change.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use access::SecretText;
use anyhow::Context as _;
use reqwest::header::ETAG;
use reqwest::{Certificate, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exchange::{Line, Payload, Question, RemoteAnswer};
use super::problem::RemoteError;
use super::server_address::ServerAddress;

const CONNECT: Duration = Duration::from_secs(10);
/// For a whole answer.
const ANSWER: Duration = Duration::from_secs(60);
/// The most that a page of a list holds.
const PAGE: &str = "500";
/// The most that is read of a list which is held as a whole.
const ROWS: usize = 100_000;

/// A server that is asked with a token.
pub(crate) struct RemoteClient {
    line: Line,
    /// Begins the keys of this run.
    run: String,
    changes: AtomicU32,
}

impl RemoteClient {
    /// Opens no connection yet. `run` is new for every run of a command.
    pub(crate) fn new(
        server: ServerAddress,
        token: SecretText,
        ca_file: Option<&Path>,
        run: String,
    ) -> anyhow::Result<Self> {
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("pharos/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(!server.is_local())
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        if server.is_local() {
            // A proxy would see what goes to this machine over http.
            http = http.no_proxy();
        }
        if let Some(path) = ca_file {
            let name = || format!("can't use the certificates in {}", path.display());
            let text = std::fs::read(path).with_context(name)?;
            let found = Certificate::from_pem_bundle(&text).with_context(name)?;
            anyhow::ensure!(!found.is_empty(), "{} holds no certificate", path.display());
            http = http.tls_certs_merge(found);
        }
        let http = http.build().context("can't prepare encrypted connections")?;
        Ok(Self { line: Line { http, server, token }, run, changes: AtomicU32::new(0) })
    }

    pub(crate) fn server(&self) -> &ServerAddress {
        &self.line.server
    }

    /// Looks at one thing.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RemoteError> {
        self.look(path, &[]).await
    }

    /// Looks at one thing in the way that the query says.
    pub(crate) async fn get_by<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, RemoteError> {
        self.look(path, query).await
    }

    /// The version of one thing, for a change of it.
    pub(crate) async fn version(&self, path: &str) -> Result<String, RemoteError> {
        let answer = self.line.ask(&self.question(Method::GET, path, &[])).await?;
        Ok(version_of(&answer))
    }

    /// A list, page by page. `filter` is its query without limit and cursor.
    pub(crate) fn list<'a>(&'a self, path: &'a str, filter: &'a [(&str, &str)]) -> RemoteList<'a> {
        RemoteList { client: self, path, filter, limit: PAGE, next: Some(None) }
    }

    /// The whole of a short list.
    pub(crate) async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, RemoteError> {
        let (mut all, mut list) = (Vec::new(), self.list(path, &[]));
        while let Some(page) = list.page().await? {
            all.extend(page);
            if all.len() > ROWS {
                let words =
                    format!("{path} lists more than {ROWS}, which are too many to show here");
                return Err(RemoteError::NoAnswer(words));
            }
        }
        Ok(all)
    }

    /// Changes something; `body` may be [`Value::Null`] for none.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, RemoteError> {
        self.change(Method::POST, path, None, body).await
    }

    /// Asks for something by the address alone.
    pub(crate) async fn post_asking<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, RemoteError> {
        let question = self.changing(Method::POST, path, query, Payload::Nothing);
        self.read(&self.line.ask(&question).await?)
    }

    /// Sends a CSV file, however long it is. The same file counts as the same request.
    pub(crate) async fn post_csv<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        file: &Path,
    ) -> Result<T, RemoteError> {
        let payload = Payload::Csv(file.to_owned());
        self.read(&self.line.ask(&self.changing(Method::POST, path, query, payload)).await?)
    }

    /// Sends a small file.
    pub(crate) async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        content: Vec<u8>,
    ) -> Result<T, RemoteError> {
        let payload = Payload::Bytes(content);
        self.read(&self.line.ask(&self.changing(Method::POST, path, query, payload)).await?)
    }

    /// Writes a file as it comes; returns its bytes.
    pub(crate) async fn take(
        &self,
        path: &str,
        to: &mut (dyn Write + Send),
    ) -> Result<u64, RemoteError> {
        self.line.take(&self.question(Method::GET, path, &[]), to).await
    }

    /// Changes the version with this tag to this.
    pub(crate) async fn put_over<T: DeserializeOwned>(
        &self,
        path: &str,
        tag: String,
        body: &Value,
    ) -> Result<T, RemoteError> {
        self.change(Method::PUT, path, Some(tag), body).await
    }

    /// One thing with its version, for a change of it.
    pub(crate) async fn get_with_version<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<(T, String), RemoteError> {
        let answer = self.line.ask(&self.question(Method::GET, path, &[])).await?;
        Ok((self.read(&answer)?, version_of(&answer)))
    }

    /// The same under a key of the caller's own.
    pub(crate) async fn post_under<T: DeserializeOwned>(
        &self,
        key: String,
        path: &str,
        body: &Value,
    ) -> Result<T, RemoteError> {
        let payload = Payload::Json(body.to_string().into_bytes());
        let key = Some(key);
        let question = Question { key, payload, ..self.question(Method::POST, path, &[]) };
        self.read(&self.line.ask(&question).await?)
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, RemoteError> {
        self.change(Method::PUT, path, None, body).await
    }

    /// Changes the version with this tag.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        tag: String,
        body: &Value,
    ) -> Result<T, RemoteError> {
        self.change(Method::PATCH, path, Some(tag), body).await
    }

    /// Looks at one thing, as these parameters ask for it.
    pub(crate) async fn look<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, RemoteError> {
        self.read(&self.line.ask(&self.question(Method::GET, path, query)).await?)
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        tag: Option<String>,
        body: &Value,
    ) -> Result<T, RemoteError> {
        let payload = match body {
            Value::Null => Payload::Nothing,
            body => Payload::Json(body.to_string().into_bytes()),
        };
        let question = Question { tag, ..self.changing(method, path, &[], payload) };
        self.read(&self.line.ask(&question).await?)
    }

    /// A question with a key of its own.
    fn changing(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        payload: Payload,
    ) -> Question {
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        let key = Some(format!("{}-{number}", self.run));
        Question { key, payload, ..self.question(method, path, query) }
    }

    fn question(&self, method: Method, path: &str, query: &[(&str, &str)]) -> Question {
        let url = self.line.server.url(path, query);
        Question { method, url, key: None, tag: None, payload: Payload::Nothing }
    }

    fn read<T: DeserializeOwned>(&self, answer: &RemoteAnswer) -> Result<T, RemoteError> {
        serde_json::from_slice(&answer.body).map_err(|problem| {
            let mut words = format!(
                "{} answers otherwise than this version of pharos understands",
                self.line.server.host()
            );
            // What is in the answer may be personal: the place alone.
            let _ = write!(words, " (at byte {} of it)", problem.column());
            RemoteError::NoAnswer(words)
        })
    }
}

fn version_of(answer: &RemoteAnswer) -> String {
    let tag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    tag.unwrap_or_default().to_owned()
}

/// A list that is read page by page.
pub(crate) struct RemoteList<'a> {
    client: &'a RemoteClient,
    path: &'a str,
    filter: &'a [(&'a str, &'a str)],
    limit: &'a str,
    /// Where the next page begins; nothing after the last one.
    next: Option<Option<String>>,
}

#[derive(Deserialize)]
struct ListPage<T> {
    data: Vec<T>,
    next: Option<String>,
}

impl<'a> RemoteList<'a> {
    /// The same with pages of so many at most, from 1 to 500.
    pub(crate) fn by(self, limit: &'a str) -> Self {
        Self { limit, ..self }
    }

    /// The next page, which may be empty; nothing after the last one.
    pub(crate) async fn page<T: DeserializeOwned>(
        &mut self,
    ) -> Result<Option<Vec<T>>, RemoteError> {
        let Some(after) = self.next.take() else { return Ok(None) };
        let mut query = self.filter.to_vec();
        query.push(("limit", self.limit));
        if let Some(after) = &after {
            query.push(("after", after));
        }
        let page: ListPage<T> = self.client.look(self.path, &query).await?;
        // A server that gives the same page for ever is none of ours.
        self.next = page.next.filter(|next| after.as_ref() != Some(next)).map(Some);
        Ok(Some(page.data))
    }
}
