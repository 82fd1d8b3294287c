//! What people ask about their data, with the time by which it must be answered.

use actions::{RequestList, RequestWish};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{RequestKind, RequestState, Right, Timestamp};
use serde::Deserialize;
use store::PersonRequest;

use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::listing::{ListAddress, Pager};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/requests";
const PAGE: u16 = 50;
/// Open requests that are shown at most: those that are due first.
const OPEN: u16 = 500;

#[derive(Default, Deserialize)]
pub(crate) struct RequestsQuery {
    /// `all`: closed ones as well.
    show: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/requests.html")]
struct RequestsPage {
    frame: AdminFrame,
    shows_all: bool,
    may_change: bool,
    lines: Vec<RequestLine>,
    pager: Pager,
    key: String,
    kinds: Vec<Choice>,
    email: String,
    text: String,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/request.html")]
struct RequestPage {
    frame: AdminFrame,
    line: RequestLine,
    may_change: bool,
    key: String,
    text: String,
    received: String,
    channel: String,
    contact: Option<String>,
    extension: Option<String>,
    outcome: Option<String>,
    handled_by: Option<String>,
    closed: Option<String>,
    typed: String,
    problem: Option<FormProblem>,
}

struct RequestLine {
    id: i64,
    kind: &'static str,
    who: String,
    received: String,
    due: String,
    /// Days left, or since when it is late.
    standing: String,
    state: &'static str,
    is_open: bool,
    is_late: bool,
}

impl RequestLine {
    fn new(it: &PersonRequest, now: Timestamp) -> Self {
        let days = it.days_left(now);
        let standing = match days {
            None => it.state.as_str().to_owned(),
            Some(0) => "due today".to_owned(),
            Some(1) => "1 day left".to_owned(),
            Some(-1) => "1 day late".to_owned(),
            Some(days) if days > 0 => format!("{days} days left"),
            Some(days) => format!("{} days late", -days),
        };
        Self {
            id: it.id,
            kind: it.kind.as_str(),
            who: it.email.clone().unwrap_or_else(|| "(erased)".to_owned()),
            received: it.received_at.day(),
            due: it.due_at.day(),
            standing,
            state: it.state.as_str(),
            is_open: days.is_some(),
            is_late: days.is_some_and(|_| it.due_at < now),
        }
    }
}

pub(crate) async fn list(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<RequestsQuery>,
) -> Response {
    list_page(&admitted, &parts, &asked, None, (StatusCode::OK, None)).await
}

async fn list_page(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &RequestsQuery,
    typed: Option<&Form>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    match made(admitted, parts, asked, typed).await {
        Ok(page) => respond::page(status, &RequestsPage { problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &RequestsQuery,
    typed: Option<&Form>,
) -> Result<RequestsPage, PageProblem> {
    let shows_all = asked.show.as_deref() == Some("all");
    let address = ListAddress::new(PATH, &[("show", shows_all.then_some("all"))]);
    let after = address.read(asked.cursor.as_deref())?;
    let (list, limit) = match shows_all {
        true => (RequestList::All { before: after }, PAGE + 1),
        false => (RequestList::Open { after: None }, OPEN),
    };
    let found = actions::requests(&parts.resources, &looking(admitted), list, limit).await;
    let mut found = found.map_err(PageProblem::failed("reading requests"))?;
    let has_more = shows_all && found.len() > usize::from(PAGE);
    found.truncate(usize::from(if shows_all { PAGE } else { OPEN }));
    let next = found.last().filter(|_| has_more).map(|last| last.id);
    let (now, text) = (now(), |name: &str| typed.map_or("", |form| form.text(name)).to_owned());
    let kind = text("kind");
    let choice = |it: RequestKind| {
        let word = it.as_str().to_owned();
        Choice { chosen: word == kind, name: word.clone(), word }
    };
    Ok(RequestsPage {
        frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
        shows_all,
        may_change: admitted.can(Right::ContactsWrite),
        lines: found.iter().map(|it| RequestLine::new(it, now)).collect(),
        pager: Pager::new(&address, after, next),
        key: new_key()?,
        kinds: RequestKind::ALL.into_iter().map(choice).collect(),
        email: text("email"),
        text: text("text"),
        problem: None,
    })
}

pub(crate) async fn add(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let added = async {
        let call = call(&admitted, &form)?;
        let text = |name: &str| form.text(name).to_owned();
        let wish = RequestWish { kind: text("kind"), email: text("email"), text: text("text") };
        Ok(actions::request_add(&parts.resources, &call, wish, "staff").await?)
    };
    match added.await {
        Ok(id) => admitted.visitor.done(&format!("{PATH}/{id}"), Message::RequestAdded),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            let asked = RequestsQuery::default();
            list_page(&admitted, &parts, &asked, Some(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    one_page(&admitted, &parts, &id, "", (StatusCode::OK, None)).await
}

async fn one_page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: &str,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let missing = || {
            let text = "The list shows those that there are.";
            PageProblem::Missing("No such request", text)
        };
        let id = id.parse().map_err(|_| missing())?;
        let found = actions::request(&parts.resources, &looking(admitted), id).await;
        let it = found.map_err(|_| missing())?;
        Ok(RequestPage {
            frame: admitted
                .frame("contacts")
                .below("/admin/contacts", "Contacts")
                .below(PATH, "Requests"),
            line: RequestLine::new(&it, now()),
            may_change: admitted.can(Right::ContactsWrite),
            key: new_key()?,
            received: it.received_at.readable(),
            contact: it.contact.map(|id| id.to_string()),
            closed: it.closed_at.map(Timestamp::readable),
            text: it.text,
            channel: it.channel,
            extension: it.extension,
            outcome: it.outcome,
            handled_by: it.handled_by,
            typed: typed.to_owned(),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Closes a request, or gives it more time.
pub(crate) async fn handle(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let (words, path) = (form.text("words"), format!("{PATH}/{id}"));
    let done = async {
        let call = call(&admitted, &form)?;
        let number = id.parse().unwrap_or(0);
        let state = match form.text("act") {
            "extend" => {
                actions::request_extend(&parts.resources, &call, number, words).await?;
                return Ok(Message::RequestExtended);
            }
            "answer" => RequestState::Answered,
            "refuse" => RequestState::Refused,
            "withdraw" => RequestState::Withdrawn,
            _ => return Err(wrong("act", "choose what is to be done")),
        };
        actions::request_close(&parts.resources, &call, number, (state, words)).await?;
        Ok(Message::RequestClosed)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            one_page(&admitted, &parts, &id, words, (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
