//! What came back, or why nothing did.

/// An answer, after its redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    /// Those that were followed, in order.
    pub redirects: Vec<Redirect>,
    /// Without parameters, in lower case.
    pub content_type: Option<String>,
    pub body: Body,
}

/// As much of a body as was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The first bytes.
    pub start: Vec<u8>,
    /// How many bytes it has: as announced, or else as read. None when neither is known.
    pub bytes: Option<u64>,
}

/// One step from an address to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    pub status: u16,
    /// The whole address it leads to.
    pub to: String,
}

/// Why an address gave no answer, and how far it led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure {
    pub problem: FetchProblem,
    pub redirects: Vec<Redirect>,
}

/// Why an address gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchProblem {
    #[error("is no web address")]
    NotWeb,
    #[error("has no such host")]
    NoSuchHost,
    /// Nobody knows whether the host exists.
    #[error("has a host that DNS gives no answer about ({0})")]
    LookupFailed(String),
    #[error("leads to a private address, which is never asked")]
    Private,
    #[error("is on port {0}, which is never asked")]
    Port(u16),
    #[error("refuses connections ({0})")]
    Connect(String),
    #[error("has a server whose TLS does not work ({0})")]
    Tls(String),
    #[error("does not answer within {0} s")]
    Timeout(u64),
    #[error("redirects in a circle")]
    Loop,
    #[error("redirects more than {0} times")]
    TooManyRedirects(usize),
    #[error("gives an answer that is not HTTP ({0})")]
    NotHttp(String),
}
