//! One request and its answer, repeated when that is safe.
//!
//! Invariant: what is sent again is the same request with the same key, so a server does it once. A
//! request that never left this machine is not tried again: nobody gets an answer by waiting for a
//! wrong name.

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

/// What is asked.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    /// For what changes something.
    pub(super) key: Option<String>,
    /// The version that is to be changed.
    pub(super) tag: Option<String>,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
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
        let (mut lost, mut pause) = (false, FIRST_PAUSE);
        for number in 1.. {
            let is_last = number >= TRIES;
            match self.once(question).await {
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

    async fn once(&self, question: &Question) -> Tried {
        let request = match self.request(question) {
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
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(part)) if body.len() + part.len() <= ANSWER_BYTES => {
                    body.extend_from_slice(&part);
                }
                Ok(Some(_)) => return Tried::Refused(self.too_large()),
                Ok(None) => break,
                Err(error) => return Tried::Lost(no_answer(&self.server, &error)),
            }
        }
        self.judged(question, status, RemoteAnswer { headers, body })
    }

    fn request(&self, question: &Question) -> Result<reqwest::RequestBuilder, RemoteError> {
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
        if let Some(body) = &question.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        Ok(request)
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

    fn too_large(&self) -> RemoteError {
        let (host, most) = (self.server.host(), ANSWER_BYTES >> 20);
        RemoteError::NoAnswer(format!("the answer of {host} is larger than {most} MiB"))
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
