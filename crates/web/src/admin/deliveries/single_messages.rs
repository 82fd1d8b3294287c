//! Single messages: those that match, and one with everything that is kept about it.
//!
//! Invariants: changes nothing; addresses are shown as the viewer may see them, and sought only by who
//! may see them (a search tells as much as a look).

use actions::{Call, Refusal, RefusalKind};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{AnnouncementId, ContactId, DeliveryState, MessageId, Right};
use report::number_text::thousands;
use serde::Deserialize;
use store::{MessageQuery, MessageRow};

use crate::admin::deliveries::words::state_word;
use crate::admin::page::choice::Choice;
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Messages on one page.
const PAGE: usize = 50;
/// The states that a message can be in.
const STATES: [DeliveryState; 6] = [
    DeliveryState::Queued,
    DeliveryState::Leased,
    DeliveryState::Sent,
    DeliveryState::Failed,
    DeliveryState::Suppressed,
    DeliveryState::InDoubt,
];

#[derive(Deserialize)]
pub(crate) struct MessagesQuery {
    q: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/single_messages.html")]
struct SingleMessagesPage {
    frame: AdminFrame,
    may_search: bool,
    part: String,
    states: Vec<Choice>,
    is_filtered: bool,
    lines: Vec<SingleMessageLine>,
    pager: Pager,
}

struct SingleMessageLine {
    id: MessageId,
    address: String,
    announcement: String,
    state: DeliveryState,
    is_test: bool,
    reply: String,
    when: String,
}

pub(crate) async fn messages(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<MessagesQuery>,
) -> Response {
    match list(&admitted, &parts, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn list(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &MessagesQuery,
) -> Result<SingleMessagesPage, PageProblem> {
    let (part, word) = (typed(asked.q.as_deref()), typed(asked.state.as_deref()));
    if part.is_some() && !admitted.can(Right::ContactsRead) {
        let text = "Addresses can be sought only by who may see them (contacts:read).";
        return Err(PageProblem::Refused(text.to_owned()));
    }
    let state = match word {
        None => None,
        Some(word) => {
            let known = STATES.into_iter().find(|it| state_word(*it) == word);
            Some(known.ok_or_else(|| {
                let words = STATES.map(state_word).join(", ");
                PageProblem::Refused(format!("Its “state” must be one of: {words}."))
            })?)
        }
    };
    let address = ListAddress::new("/admin/messages", &[("q", part), ("state", word)]);
    let before = address.read(asked.cursor.as_deref())?;
    let query = MessageQuery {
        state,
        address: part.unwrap_or_default().to_owned(),
        before: before.map(MessageId),
    };
    let found = actions::messages(&parts.resources, &looking(admitted), query, PAGE).await;
    let found = found.map_err(PageProblem::failed("listing single messages"))?;
    let is_short = found.messages.len() < PAGE && found.next.is_some();
    let mut pager = Pager::new(&address, before, found.next.map(|next| next.0));
    if is_short {
        pager.note = Some("Several thousand messages were looked at for this page.");
    }
    Ok(SingleMessagesPage {
        frame: admitted.frame("messages"),
        may_search: admitted.can(Right::ContactsRead),
        part: part.unwrap_or_default().to_owned(),
        states: STATES
            .map(|state| Choice {
                chosen: word == Some(state_word(state)),
                word: state_word(state).to_owned(),
                name: state.as_str().to_owned(),
            })
            .into(),
        is_filtered: part.is_some() || word.is_some(),
        lines: found.messages.iter().map(|it| SingleMessageLine::new(it, admitted)).collect(),
        pager,
    })
}

/// Whoever looks at a page.
fn looking(admitted: &Admitted) -> Call {
    Call::new(admitted.permit.actor().clone(), now())
}

impl SingleMessageLine {
    fn new(message: &MessageRow, admitted: &Admitted) -> Self {
        Self {
            id: message.id,
            address: address(message, admitted),
            announcement: message.announcement_name.clone(),
            state: message.state,
            is_test: !message.live,
            reply: reply(message),
            when: message.accepted_at.readable(),
        }
    }
}

fn address(message: &MessageRow, admitted: &Admitted) -> String {
    match &message.email {
        Some(email) => admitted.address(email.as_str()),
        None => "forgotten".to_owned(),
    }
}

/// What the relay said with its code, or our own reason.
fn reply(message: &MessageRow) -> String {
    let text = message.reply.as_deref().unwrap_or_default();
    match message.code {
        Some(code) if code > 0 => format!("{code} {text}").trim().to_owned(),
        _ => text.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "admin/single_message.html")]
struct SingleMessagePage {
    frame: AdminFrame,
    address: String,
    announcement: String,
    version: Option<AnnouncementId>,
    contact: Option<ContactId>,
    state: DeliveryState,
    is_test: bool,
    is_in_doubt: bool,
    reply: String,
    attempts: String,
    accepted: String,
    first_attempt: Option<String>,
    ended: Option<String>,
    due: Option<String>,
}

pub(crate) async fn message(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    match show(&admitted, &parts, &id).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
) -> Result<SingleMessagePage, PageProblem> {
    let missing =
        || PageProblem::Missing("No such message", "The list shows those that there are.");
    let id: MessageId = id.parse().map_err(|_| missing())?;
    let found = actions::message(&parts.resources, &looking(admitted), id).await;
    let message = found.map_err(|refusal| match refusal {
        Refusal { kind: RefusalKind::NotFound, .. } => missing(),
        refusal => PageProblem::failed("showing a single message")(refusal),
    })?;
    let may_read = admitted.can(Right::AnnouncementsRead);
    Ok(SingleMessagePage {
        frame: admitted.frame("messages").below("/admin/messages", "Messages"),
        address: address(&message, admitted),
        reply: reply(&message),
        version: may_read.then_some(message.announcement),
        contact: message.contact.filter(|_| admitted.can(Right::ContactsRead)),
        state: message.state,
        is_test: !message.live,
        is_in_doubt: message.state == DeliveryState::InDoubt,
        attempts: thousands(message.attempts),
        accepted: message.accepted_at.readable(),
        first_attempt: message.first_attempt_at.map(|at| at.readable()),
        ended: message.ended_at.map(|at| at.readable()),
        due: message.next_attempt_at.filter(|_| message.state.is_open()).map(|at| at.readable()),
        announcement: message.announcement_name,
    })
}
