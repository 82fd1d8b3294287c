//! Why a server did not do what a command asked, in the words that the command prints.

use std::error::Error;
use std::io;

use serde::Deserialize;

use super::server_address::ServerAddress;

/// Why a server did not do something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// No answer, or none that can be used.
    #[error("{0}")]
    NoAnswer(String),
    /// It answered why not.
    #[error("{words}")]
    Refused { status: u16, words: String },
}

impl RemoteError {
    /// The HTTP status, when the server answered.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::NoAnswer(_) => None,
            Self::Refused { status, .. } => Some(*status),
        }
    }
}

/// A problem as the API tells it (RFC 9457).
#[derive(Deserialize)]
struct ToldProblem {
    detail: String,
    #[serde(default)]
    errors: Vec<ToldField>,
    #[serde(default)]
    request_id: String,
}

#[derive(Deserialize)]
struct ToldField {
    pointer: String,
    detail: String,
}

/// What an answer that is no success says. `wait` is what it asks to wait, in seconds.
pub(super) fn refused(
    server: &ServerAddress,
    status: u16,
    body: &[u8],
    wait: Option<u64>,
) -> RemoteError {
    let host = server.host();
    let words = match serde_json::from_slice::<ToldProblem>(body) {
        Ok(told) => words(&host, status, &told, wait),
        Err(_) => format!(
            "{host} answered {status}, and not as Pharos does; --server takes the address of its admin \
             pages"
        ),
    };
    RemoteError::Refused { status, words }
}

fn words(host: &str, status: u16, told: &ToldProblem, wait: Option<u64>) -> String {
    let detail = told.detail.trim();
    match status {
        401 => format!(
            "{host} does not accept the token: {detail} To make another one, on the server's machine: \
             pharos token create"
        ),
        403 => format!("the token may not do this: {detail}"),
        422 => with_fields(detail, &told.errors),
        429 | 503 => match wait {
            Some(seconds) => format!("{host} asks to wait {seconds} seconds: {detail}"),
            None => format!("{host} asks to wait: {detail}"),
        },
        500.. => {
            format!("{host} has failed: {detail} Its log names the request {}.", told.request_id)
        }
        _ => detail.to_owned(),
    }
}

/// With the fields whose words the problem's own do not say already.
fn with_fields(detail: &str, fields: &[ToldField]) -> String {
    let more = fields.iter().filter(|it| !detail.contains(&it.detail));
    let each = |it: &ToldField| format!("\n  {}: {}", it.pointer, it.detail);
    format!("{detail}{}", more.map(each).collect::<String>())
}

/// Why there is no answer.
pub(super) fn no_answer(server: &ServerAddress, error: &reqwest::Error) -> RemoteError {
    RemoteError::NoAnswer(why(server, error))
}

fn why(server: &ServerAddress, error: &reqwest::Error) -> String {
    let host = server.host();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(now) = cause {
        if let Some(words) = of_cause(server, now) {
            return words;
        }
        last = now.to_string();
        cause = now.source();
    }
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => {
            format!("{host} can't be reached: it does not accept the connection in time")
        }
        (true, false) => format!("{host} does not answer in time"),
        (false, true) => format!("{host} can't be reached: {last}"),
        (false, false) => format!("the connection to {host} broke: {last}"),
    }
}

fn of_cause(server: &ServerAddress, cause: &(dyn Error + 'static)) -> Option<String> {
    let host = server.host();
    if cause.to_string().starts_with("dns error") {
        return Some(format!("there is no server with the name {}", server.name()));
    }
    let io = cause.downcast_ref::<io::Error>();
    if io.is_some_and(|it| it.kind() == io::ErrorKind::ConnectionRefused) {
        return Some(format!(
            "nothing answers at {host}: the connection was refused. Is the server running there?"
        ));
    }
    let no_tls = || format!("{host} does not speak TLS there; is https right?");
    if cause.to_string() == "tls handshake eof" {
        return Some(no_tls());
    }
    match encryption_problem(cause)? {
        rustls::Error::InvalidCertificate(wrong) => Some(format!(
            "the certificate of {host} is not trusted: {wrong}. If a certificate authority of your own \
             has made it, name that with --server-ca-file"
        )),
        rustls::Error::InvalidMessage(_) => Some(no_tls()),
        other => Some(format!("no encrypted connection to {host}: {other}")),
    }
}

/// The problem of TLS, which errors of the system wrap, more than once.
fn encryption_problem<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    encryption_problem(error.downcast_ref::<io::Error>()?.get_ref()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str, wait: Option<u64>) -> String {
        let server = "https://a.example".parse().unwrap();
        refused(&server, status, body.as_bytes(), wait).to_string()
    }

    fn problem(detail: &str, errors: &str) -> String {
        format!(r#"{{"type":"x","detail":"{detail}","errors":[{errors}],"request_id":"r1"}}"#)
    }

    #[test]
    fn each_status_has_its_words() {
        let plain = problem("There is no campaign with this number.", "");
        assert_eq!(said(404, &plain, None), "There is no campaign with this number.");
        assert_eq!(said(409, &plain, None), "There is no campaign with this number.");
        let said_401 = said(401, &problem("Not known.", ""), None);
        assert!(said_401.starts_with("a.example does not accept the token: Not known."));
        let right = said(403, &problem("This needs the right campaigns:send", ""), None);
        assert_eq!(right, "the token may not do this: This needs the right campaigns:send");
        let wait = said(429, &problem("Too often.", ""), Some(300));
        assert_eq!(wait, "a.example asks to wait 300 seconds: Too often.");
        let failed = said(500, &problem("It broke.", ""), None);
        assert_eq!(failed, "a.example has failed: It broke. Its log names the request r1.");
    }

    #[test]
    fn fields_are_named() {
        let one = r#"{"pointer":"/name","code":"x","detail":"Too long."}"#;
        assert_eq!(said(422, &problem("Too long.", one), None), "Too long.", "as on the machine");
        let two = format!(r#"{one},{{"pointer":"/email","code":"x","detail":"No address."}}"#);
        let said = said(422, &problem("Two fields are wrong.", &two), None);
        assert_eq!(said, "Two fields are wrong.\n  /name: Too long.\n  /email: No address.");
        let told = super::with_fields(
            "Too long. No address.",
            &[
                ToldField { pointer: "/name".into(), detail: "Too long.".into() },
                ToldField { pointer: "/email".into(), detail: "No address.".into() },
            ],
        );
        assert_eq!(told, "Too long. No address.", "nothing is said twice");
    }

    #[test]
    fn what_is_no_pharos_is_told_from_one() {
        for body in ["<html>not found</html>", "", "{}", "[]"] {
            let said = said(404, body, None);
            assert!(said.contains("not as Pharos does"), "{body}: {said}");
        }
    }
}
