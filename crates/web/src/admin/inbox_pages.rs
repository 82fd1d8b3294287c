//! Pages for caught mail and test messages: the list, and one message rendered, as text and as source.
//!
//! Invariants: no message can run a script or act as part of our origin; the list is bounded,
//! whatever the inbox holds.

mod source;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::admin::inbox::Seen;
use crate::admin::inbox_pages::source::{InboxList, InboxMessage, ListedMessage, SingleTest};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::{headers, respond};

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
    /// Otherwise test messages.
    is_caught: bool,
    lines: Vec<InboxLine>,
    list: InboxList,
}

struct InboxLine {
    number: i64,
    subject: String,
    to: String,
    size: String,
    single: Option<SingleTest>,
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
    is_caught: bool,
    number: i64,
    single: Option<SingleTest>,
    show: Show,
    message: Seen,
    source: String,
    newer: Option<i64>,
    older: Option<i64>,
}

pub(crate) async fn list(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<InboxQuery>,
) -> Response {
    let source = parts.inbox_source();
    let before = asked.before.and_then(|it| it.parse().ok());
    let list = match source.list(admitted.topics(), before).await {
        Ok(list) => list,
        Err(problem) => {
            return PageProblem::failed("listing the inbox")(problem).page(&admitted.visitor);
        }
    };
    let page = InboxPage {
        frame: admitted.frame("inbox"),
        is_caught: source.is_caught(),
        lines: list.messages.iter().map(InboxLine::new).collect(),
        list,
    };
    respond::page(StatusCode::OK, &page)
}

impl InboxLine {
    fn new(listed: &ListedMessage) -> Self {
        let seen = Seen::parse(&listed.raw);
        let kib = (listed.raw.len() + 512) / 1024;
        Self {
            number: listed.number,
            single: listed.single.clone(),
            subject: seen.subject,
            to: seen.to,
            size: if kib == 0 { "< 1 KiB".to_owned() } else { format!("{kib} KiB") },
        }
    }
}

pub(crate) async fn message(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<InboxQuery>,
) -> Response {
    let InboxMessage { number, single, raw, newer, older } =
        match find(&admitted, &parts, &number).await {
            Ok(found) => found,
            Err(problem) => return problem.page(&admitted.visitor),
        };
    let show = Show::from_query(asked.show.as_deref());
    let source = raw.get(..raw.len().min(MAX_SOURCE_BYTES)).unwrap_or_default();
    let page = MessagePage {
        frame: admitted.frame("inbox").below("/admin/inbox", "Inbox"),
        is_caught: parts.inbox_source().is_caught(),
        number,
        single,
        show,
        message: Seen::parse(&raw),
        source: String::from_utf8_lossy(source).into_owned(),
        newer,
        older,
    };
    respond::page(StatusCode::OK, &page)
}

/// The HTML part, for the frame of the message's page.
pub(crate) async fn frame(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
) -> Response {
    let found = match find(&admitted, &parts, &number).await {
        Ok(found) => found,
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let html = Seen::parse(&found.raw).html.unwrap_or_default();
    let policy = [(CONTENT_SECURITY_POLICY, headers::MESSAGE_FRAME)];
    let framing = [(X_FRAME_OPTIONS, "SAMEORIGIN")];
    (policy, framing, respond::html(with_links_in_new_tabs(&html))).into_response()
}

/// A frame can't follow links out of itself, so they open in tabs of their own.
pub(crate) fn with_links_in_new_tabs(html: &str) -> String {
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

async fn find(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
) -> Result<InboxMessage, PageProblem> {
    let missing = PageProblem::no_message;
    let number = number.parse().map_err(|_| missing())?;
    let found = parts.inbox_source().get(admitted.topics(), number).await;
    found.map_err(PageProblem::failed("reading a message of the inbox"))?.ok_or_else(missing)
}
