//! One request and its answer, repeated when that is safe.
//!
//! Invariants: what is sent again is the same request with the same key, so a server does it once. A
//! request that never left this machine is not tried again: nobody gets an answer by waiting for a
//! wrong name. Of a file that has begun to be written, no second beginning is written behind it.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use access::SecretText;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Method, StatusCode, Url};

use super::problem::{RemoteError, no_answer, refused};
use super::server_address::{ServerAddress, redirected_to};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Bytes of an answer: more than any page of a list.
const ANSWER_BYTES: usize = 16 << 20;
/// How often a request is sent at most.
const TRIES: u32 = 5;
/// Before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longer than that nobody waits for a server that asks to.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// For a file to come or to go as a whole.
const FILE_TIME: Duration = Duration::from_secs(60 * 60);

/// What is asked.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    /// For what changes something.
    pub(super) key: Option<String>,
    /// The version that is to be changed.
    pub(super) tag: Option<String>,
    pub(super) payload: Payload,
}

/// What goes with a question.
pub(super) enum Payload {
    Nothing,
    Json(Vec<u8>),
    /// A whole small file.
    Bytes(Vec<u8>),
    /// A file of any length, read while it is sent.
    Csv(PathBuf),
}

/// Where an answer goes.
enum AnswerTo<'a> {
    Memory(Vec<u8>),
    Writer { to: &'a mut (dyn Write + Send), written: u64 },
}

/// What a server answered: a success.
pub(super) struct RemoteAnswer {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What became of one try.
enum Tried {
    Done(RemoteAnswer),
    /// It was not done, and may be tried again after so long.
    Later(Duration, RemoteError),
    /// Whether it was done is not known.
    Lost(RemoteError),
    /// The server was never reached.
    Unreached(RemoteError),
    Refused(RemoteError),
}

/// Where questions go, and with what.
pub(super) struct Line {
    pub(super) http: reqwest::Client,
    pub(super) server: ServerAddress,
    pub(super) token: SecretText,
}

impl Line {
    /// Asks until there is an answer, a few times at most.
    pub(super) async fn ask(&self, question: &Question) -> Result<RemoteAnswer, RemoteError> {
        self.tries(question, &mut AnswerTo::Memory(Vec::new())).await
    }

    /// Asks for a file and writes it as it comes; returns its bytes.
    pub(super) async fn take(
        &self,
        question: &Question,
        to: &mut (dyn Write + Send),
    ) -> Result<u64, RemoteError> {
        let mut into = AnswerTo::Writer { to, written: 0 };
        self.tries(question, &mut into).await?;
        Ok(into.written())
    }

    async fn tries(
        &self,
        question: &Question,
        into: &mut AnswerTo<'_>,
    ) -> Result<RemoteAnswer, RemoteError> {
        let (mut lost, mut pause) = (false, FIRST_PAUSE);
        for number in 1.. {
            let is_last = number >= TRIES;
            match self.once(question, into).await {
                Tried::Done(answer) => return Ok(answer),
                Tried::Refused(error) => return Err(error),
                Tried::Later(wait, error) => {
                    if is_last || wait > LONGEST_WAIT {
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                }
                // A server that starts again after it was cut off is not there for a moment.
                Tried::Unreached(error) if !lost || is_last => return Err(error),
                Tried::Lost(error) if is_last => return Err(undecided(question, error)),
                Tried::Unreached(_) | Tried::Lost(_) => {
                    lost = true;
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
        Err(RemoteError::NoAnswer("no answer".to_owned()))
    }

    async fn once(&self, question: &Question, into: &mut AnswerTo<'_>) -> Tried {
        let request = match self.request(question, into).await {
            Ok(request) => request,
            Err(error) => return Tried::Refused(error),
        };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Tried::Unreached(no_answer(&self.server, &error));
            }
            Err(error) => return Tried::Lost(no_answer(&self.server, &error)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        // What is no success is a problem to be told, and no file.
        let mut problem = AnswerTo::Memory(Vec::new());
        let into = if status.is_success() { into } else { &mut problem };
        into.begin();
        loop {
            match response.chunk().await {
                Ok(Some(part)) => {
                    if let Err(why) = into.put(&part) {
                        let words =
                            format!("can't take the answer of {}: {why}", self.server.host());
                        return Tried::Refused(RemoteError::NoAnswer(words));
                    }
                }
                Ok(None) => break,
                Err(error) => match into.written() {
                    0 => return Tried::Lost(no_answer(&self.server, &error)),
                    _ => return Tried::Refused(no_answer(&self.server, &error)),
                },
            }
        }
        self.judged(question, status, RemoteAnswer { headers, body: into.body() })
    }

    async fn request(
        &self,
        question: &Question,
        into: &AnswerTo<'_>,
    ) -> Result<reqwest::RequestBuilder, RemoteError> {
        let bad = |_| RemoteError::NoAnswer("the token can't be sent: it is no token".to_owned());
        let bearer = format!("Bearer {}", self.token.reveal());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(bad)?;
        bearer.set_sensitive(true);
        let mut request = self
            .http
            .request(question.method.clone(), question.url.clone())
            .header(AUTHORIZATION, bearer);
        if let Some(key) = &question.key {
            request = request.header(KEY, key);
        }
        if let Some(tag) = &question.tag {
            request = request.header(IF_MATCH, tag);
        }
        if matches!(into, AnswerTo::Writer { .. }) {
            request = request.timeout(FILE_TIME);
        }
        Ok(match &question.payload {
            Payload::Nothing => request,
            Payload::Json(body) => {
                request.header(CONTENT_TYPE, "application/json").body(body.clone())
            }
            Payload::Bytes(body) => request
                .header(CONTENT_TYPE, "application/octet-stream")
                .timeout(FILE_TIME)
                .body(body.clone()),
            Payload::Csv(path) => {
                let file = tokio::fs::File::open(path).await.map_err(|error| {
                    RemoteError::NoAnswer(format!("can't open {}: {error}", path.display()))
                })?;
                request.header(CONTENT_TYPE, "text/csv").timeout(FILE_TIME).body(file)
            }
        })
    }

    fn judged(&self, question: &Question, status: StatusCode, answer: RemoteAnswer) -> Tried {
        if status.is_success() {
            return Tried::Done(answer);
        }
        if status.is_redirection() {
            let to = redirected_to(answer.headers.get(LOCATION), &question.url);
            return Tried::Refused(RemoteError::NoAnswer(format!(
                "{} sends us to {to}, and the token goes nowhere but to the server that was named; if \
                 that is right, use --server {to}",
                self.server.host()
            )));
        }
        let seconds = answer.headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
        let error = refused(&self.server, status.as_u16(), &answer.body, seconds);
        match (status, seconds) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(seconds)) => {
                Tried::Later(Duration::from_secs(seconds), error)
            }
            // A proxy that has lost the server.
            (StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, _) => Tried::Lost(error),
            _ => Tried::Refused(error),
        }
    }
}

impl AnswerTo<'_> {
    /// Another try begins anew.
    fn begin(&mut self) {
        if let Self::Memory(body) = self {
            body.clear();
        }
    }

    fn put(&mut self, part: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Memory(body) if body.len() + part.len() > ANSWER_BYTES => {
                let most = ANSWER_BYTES >> 20;
                Err(std::io::Error::other(format!("it is larger than {most} MiB")))
            }
            Self::Memory(body) => {
                body.extend_from_slice(part);
                Ok(())
            }
            Self::Writer { to, written } => {
                to.write_all(part)?;
                *written += part.len() as u64;
                Ok(())
            }
        }
    }

    /// Bytes that can't be taken back.
    const fn written(&self) -> u64 {
        match self {
            Self::Memory(_) => 0,
            Self::Writer { written, .. } => *written,
        }
    }

    fn body(&mut self) -> Vec<u8> {
        match self {
            Self::Memory(body) => std::mem::take(body),
            Self::Writer { .. } => Vec::new(),
        }
    }
}

/// A change may have been made though nobody answers.
fn undecided(question: &Question, error: RemoteError) -> RemoteError {
    match (&question.key, error) {
        (Some(_), RemoteError::NoAnswer(words)) => RemoteError::NoAnswer(format!(
            "{words}. It is not known whether the server has done it: look before you try again"
        )),
        (_, error) => error,
    }
}
