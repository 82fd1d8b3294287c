//! The steps of a stored form.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredStep {
    Literal(String),
    Html(usize),
    UrlComponent(usize),
    Plain(usize),
    Link(u16),
    /// Since version 2.
    Target(usize),
    /// Only in forms of single messages, which no release before them reads.
    PlainTarget(usize),
    /// Since version 2.
    Branch(Vec<StoredArm>),
    /// Since version 3.
    Loop(StoredLoop),
    View,
    /// Only where an installation wants it, which no release before can.
    Honeypot,
    Unsubscribe,
    Browse,
    MessageId,
    To,
    Subject,
    Date,
    Campaign,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredArm {
    pub(super) when: Option<usize>,
    pub(super) steps: Vec<StoredStep>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredLoop {
    pub(super) list: usize,
    pub(super) item: Vec<StoredStep>,
    pub(super) otherwise: Option<Vec<StoredStep>>,
}
