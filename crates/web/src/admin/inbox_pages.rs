//! Pages for caught mail: the list, and one message rendered, as text and as source.
//!
//! Invariants: no message can run a script or act as part of our origin; the list is bounded,
//! whatever the inbox holds.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use report::number_text::thousands;
use serde::Deserialize;

use crate::admin::inbox::{Caught, Inbox, Seen};
use crate::admin::parts::{AdminFrame, AdminParts, missing};
use crate::listen::{headers, respond};

/// Messages on one page of the list.
const PAGE: usize = 50;
/// Most bytes of a message's source to show.
const MAX_SOURCE_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct InboxQuery {
    before: Option<String>,
    show: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/inbox.html")]
struct InboxPage {
    frame: AdminFrame,
    lines: Vec<InboxLine>,
    /// "Messages 51 to 100 of 1,000".
    span: String,
    newer: Option<String>,
    older: Option<String>,
    dropped: Option<String>,
}

struct InboxLine {
    number: u64,
    subject: String,
    to: String,
    size: String,
}

/// How a message is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    Rendered,
    Text,
    Source,
}

impl Show {
    const ALL: [Self; 3] = [Self::Rendered, Self::Text, Self::Source];

    fn from_query(word: Option<&str>) -> Self {
        match word {
            Some("text") => Self::Text,
            Some("source") => Self::Source,
            _ => Self::Rendered,
        }
    }

    const fn query(self) -> &'static str {
        match self {
            Self::Rendered => "",
            Self::Text => "?show=text",
            Self::Source => "?show=source",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rendered => "Rendered",
            Self::Text => "Text",
            Self::Source => "Source",
        }
    }
}

#[derive(Template)]
#[template(path = "admin/message.html")]
struct MessagePage {
    frame: AdminFrame,
    number: u64,
    show: Show,
    message: Seen,
    source: String,
    newer: Option<u64>,
    older: Option<u64>,
}

pub(crate) async fn list(
    State(parts): State<AdminParts>,
    Query(asked): Query<InboxQuery>,
) -> Response {
    let Some(inbox) = &parts.inbox else { return gone(&parts) };
    let before = asked.before.and_then(|it| it.parse().ok());
    let caught = inbox.list(before, PAGE);
    let holding = inbox.holding();
    let newest = holding.dropped + holding.messages;
    let first = caught.first().map_or(0, |it| newest - it.number + 1);
    let last = caught.last().map_or(0, |it| newest - it.number + 1);
    let page = InboxPage {
        frame: parts.frame("inbox"),
        span: format!(
            "Messages {} to {} of {}, newest first",
            count(first),
            count(last),
            count(holding.messages)
        ),
        newer: (first > 1).then(|| newer_page(newest, newest + 1 - first)),
        older: (last < holding.messages).then(|| format!("?before={}", newest + 1 - last)),
        dropped: (holding.dropped > 0).then(|| count(holding.dropped)),
        lines: caught.iter().map(InboxLine::new).collect(),
    };
    respond::page(StatusCode::OK, &page)
}

/// The page before the one that begins with message `from`.
fn newer_page(newest: u64, from: u64) -> String {
    let before = from + 1 + u64::try_from(PAGE).unwrap_or(u64::MAX);
    if before > newest { String::new() } else { format!("?before={before}") }
}

impl InboxLine {
    fn new(caught: &Caught) -> Self {
        let seen = Seen::parse(&caught.raw);
        let kib = (caught.raw.len() + 512) / 1024;
        Self {
            number: caught.number,
            subject: seen.subject,
            to: seen.to,
            size: if kib == 0 { "< 1 KiB".to_owned() } else { format!("{kib} KiB") },
        }
    }
}

pub(crate) async fn message(
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<InboxQuery>,
) -> Response {
    let Some((inbox, caught)) = find(&parts, &number) else { return gone(&parts) };
    let show = Show::from_query(asked.show.as_deref());
    let source = caught.raw.get(..caught.raw.len().min(MAX_SOURCE_BYTES)).unwrap_or_default();
    let there = |number: u64| inbox.get(number).map(|it| it.number);
    let page = MessagePage {
        frame: parts.frame("inbox").below("/admin/inbox", "Inbox"),
        number: caught.number,
        show,
        message: Seen::parse(&caught.raw),
        source: String::from_utf8_lossy(source).into_owned(),
        newer: there(caught.number + 1),
        older: there(caught.number - 1),
    };
    respond::page(StatusCode::OK, &page)
}

/// The HTML part, for the frame of the message's page.
pub(crate) async fn frame(State(parts): State<AdminParts>, Path(number): Path<String>) -> Response {
    let Some((_, caught)) = find(&parts, &number) else { return gone(&parts) };
    let html = Seen::parse(&caught.raw).html.unwrap_or_default();
    let policy = [(CONTENT_SECURITY_POLICY, headers::MESSAGE_FRAME)];
    let framing = [(X_FRAME_OPTIONS, "SAMEORIGIN")];
    (policy, framing, respond::html(with_links_in_new_tabs(&html))).into_response()
}

/// A frame can't follow links out of itself, so they open in tabs of their own.
fn with_links_in_new_tabs(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    let head = html
        .find("<head>")
        .or_else(|| html.find("<head "))
        .and_then(|at| html[at..].find('>').map(|end| at + end + 1));
    let (before, after) = html.split_at(head.unwrap_or(0));
    format!("{before}{BASE}{after}")
}

/// The picture of the sample announcement: mail that stays on this computer shows no picture from
/// elsewhere.
pub(crate) async fn picture() -> Response {
    let picture: &'static [u8] = include_bytes!("../../assets/sample-picture.png");
    ([(CONTENT_TYPE, "image/png")], picture).into_response()
}

fn find<'a>(parts: &'a AdminParts, number: &str) -> Option<(&'a Inbox, Caught)> {
    let inbox = parts.inbox.as_deref()?;
    Some((inbox, inbox.get(number.parse().ok()?)?))
}

fn gone(parts: &AdminParts) -> Response {
    missing(parts, "No such message", "The inbox keeps only the newest messages, in memory.")
}

fn count(number: u64) -> String {
    thousands(as_i64(number))
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
