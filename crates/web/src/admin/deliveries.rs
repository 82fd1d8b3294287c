//! A campaign's deliveries: those that match, and one with everything that is kept about it.
//!
//! Invariants: changes nothing; addresses are shown as the viewer may see them, and sought only by
//! who may see them (a search tells as much as a look).

pub(crate) mod single_messages;
pub(crate) mod words;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use campaign::CampaignRecord;
use model::{CampaignNumber, ContactId, DeliveryState, Right};
use report::explain_all;
use report::number_text::thousands;
use serde::Deserialize;
use store::{DeliveryFacts, DeliveryQuery, ListedDelivery};

use crate::admin::contacts::timeline::who;
use crate::admin::deliveries::words::state_word;
use crate::admin::page::choice::Choice;
use crate::admin::page::listing::{ListAddress, Pager, typed};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Deserialize)]
pub(crate) struct DeliveriesQuery {
    q: Option<String>,
    state: Option<String>,
    code: Option<String>,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/deliveries.html")]
struct DeliveriesPage {
    frame: AdminFrame,
    path: String,
    campaign: CampaignRecord,
    may_search: bool,
    part: String,
    code: String,
    states: Vec<Choice>,
    is_filtered: bool,
    audience: String,
    lines: Vec<DeliveryLine>,
    pager: Pager,
}

struct DeliveryLine {
    contact: ContactId,
    address: String,
    state: DeliveryState,
    attempts: String,
    reply: String,
    when: String,
}

pub(crate) async fn deliveries(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<DeliveriesQuery>,
) -> Response {
    match list(&admitted, &parts, &number, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

pub(super) async fn find(parts: &AdminParts, number: &str) -> Result<CampaignRecord, PageProblem> {
    let missing = PageProblem::no_campaign;
    let number: CampaignNumber = number.parse().map_err(|_| missing())?;
    let record = campaign::record(&parts.store, number).await;
    record.map_err(PageProblem::failed("looking a campaign up"))?.ok_or_else(missing)
}

async fn list(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    asked: &DeliveriesQuery,
) -> Result<DeliveriesPage, PageProblem> {
    let failed = || PageProblem::failed("listing deliveries");
    let (part, word, code) =
        (typed(asked.q.as_deref()), typed(asked.state.as_deref()), typed(asked.code.as_deref()));
    let query = query(admitted, part, word, code)?;
    let record = find(parts, number).await?;
    let id = record.campaign.id;
    let path = format!("/admin/campaigns/{id}/deliveries");
    let address = ListAddress::new(&path, &[("q", part), ("state", word), ("code", code)]);
    let after = address.read(asked.cursor.as_deref())?;
    let status = campaign::status(&parts.store, id, now()).await.map_err(failed())?;
    let found = campaign::deliveries(&parts.store, id, query, after.map(ContactId)).await;
    let found = found.map_err(failed())?;
    let mut pager = Pager::new(&address, after, found.next.map(|next| next.0));
    if found.unfinished {
        pager.note = Some("Several thousand deliveries were looked at for this page.");
    }
    let states = DeliveryState::ALL.map(|state| Choice {
        chosen: word == Some(state_word(state)),
        word: state_word(state).to_owned(),
        name: format!(
            "{state}: {count}",
            state = state.as_str(),
            count = thousands(status.counts.get(state))
        ),
    });
    let campaign_path = format!("/admin/campaigns/{id}");
    let frame = admitted
        .frame("campaigns")
        .below("/admin/campaigns", "Campaigns")
        .below(campaign_path, record.campaign.name.clone());
    Ok(DeliveriesPage {
        frame,
        path,
        may_search: admitted.can(Right::ContactsRead),
        part: part.unwrap_or_default().to_owned(),
        code: code.unwrap_or_default().to_owned(),
        states: states.into(),
        is_filtered: part.is_some() || word.is_some() || code.is_some(),
        audience: thousands(status.counts.total()),
        lines: found.deliveries.iter().map(|it| DeliveryLine::new(it, admitted)).collect(),
        pager,
        campaign: record,
    })
}

fn query(
    admitted: &Admitted,
    part: Option<&str>,
    state: Option<&str>,
    code: Option<&str>,
) -> Result<DeliveryQuery, PageProblem> {
    if part.is_some() && !admitted.can(Right::ContactsRead) {
        let text = "Addresses can be sought only by who may see them (contacts:read).";
        return Err(PageProblem::Refused(text.to_owned()));
    }
    let known = |word: &str| DeliveryState::ALL.into_iter().find(|it| state_word(*it) == word);
    let state = match state {
        None => None,
        Some(word) => Some(known(word).ok_or_else(|| {
            let words = DeliveryState::ALL.map(state_word).join(", ");
            PageProblem::Refused(format!("Its “state” must be one of: {words}."))
        })?),
    };
    let code = match code {
        None => None,
        Some(code) => Some(code.parse::<u16>().map_err(|_| {
            let text = "Its “code” must be a number such as 550; 0 stands for reasons of our own.";
            PageProblem::Refused(text.to_owned())
        })?),
    };
    Ok(DeliveryQuery { address_part: part.map(str::to_owned), state, code })
}

impl DeliveryLine {
    fn new(delivery: &ListedDelivery, admitted: &Admitted) -> Self {
        let when = match (delivery.ended_at, delivery.due_at) {
            (Some(at), _) => at.readable(),
            (None, Some(at)) => format!("next try {}", at.readable()),
            (None, None) => String::new(),
        };
        Self {
            contact: delivery.contact,
            address: address(delivery, admitted),
            state: delivery.state,
            attempts: thousands(delivery.attempts),
            reply: reply(delivery),
            when,
        }
    }
}

fn address(delivery: &ListedDelivery, admitted: &Admitted) -> String {
    match &delivery.email {
        Some(email) => admitted.address(email),
        None => "erased".to_owned(),
    }
}

/// What the relay said with its code, or our own reason.
fn reply(delivery: &ListedDelivery) -> String {
    let text = delivery.reply.as_deref().unwrap_or_default();
    match delivery.code {
        Some(code) if code > 0 => format!("{code} {text}").trim().to_owned(),
        _ => text.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "admin/delivery.html")]
struct DeliveryPage {
    frame: AdminFrame,
    campaign: CampaignRecord,
    contact: Option<ContactId>,
    address: String,
    state: DeliveryState,
    reply: String,
    attempts: String,
    first_attempt: Option<String>,
    ended: Option<String>,
    due: Option<String>,
    copies: Option<String>,
    evidence: Option<&'static str>,
    /// Why, for each kind of hit.
    why: Vec<String>,
    viewed: bool,
    links: Vec<String>,
    left: Option<String>,
    /// Since when what they did is not kept any more.
    not_kept: Option<String>,
}

pub(crate) async fn delivery(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path((number, contact)): Path<(String, String)>,
) -> Response {
    match show(&admitted, &parts, &number, &contact).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn show(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    contact: &str,
) -> Result<DeliveryPage, PageProblem> {
    let record = find(parts, number).await?;
    let missing = || {
        let text = "This contact is not in the campaign’s audience.";
        PageProblem::Missing("No such delivery", text)
    };
    let contact: ContactId = contact.parse().map_err(|_| missing())?;
    let facts = campaign::delivery(&parts.store, record.campaign.id, contact).await;
    let facts = facts.map_err(PageProblem::failed("showing a delivery"))?.ok_or_else(missing)?;
    let path = format!("/admin/campaigns/{}", record.campaign.id);
    let frame = admitted
        .frame("campaigns")
        .below("/admin/campaigns", "Campaigns")
        .below(&path, record.campaign.name.clone())
        .below(format!("{path}/deliveries"), "Deliveries");
    let rules = report::rules_in_use(&parts.store).await;
    let rules = rules.map_err(PageProblem::failed("showing a delivery"))?;
    Ok(DeliveryPage::new(frame, record, &facts, rules, admitted))
}

impl DeliveryPage {
    fn new(
        frame: AdminFrame,
        campaign: CampaignRecord,
        facts: &DeliveryFacts,
        rules: &model::RuleSet,
        admitted: &Admitted,
    ) -> Self {
        let listed = &facts.listed;
        let may_look = listed.email.is_some() && admitted.can(Right::ContactsRead);
        Self {
            frame,
            campaign,
            contact: may_look.then_some(listed.contact),
            address: address(listed, admitted),
            state: listed.state,
            reply: reply(listed),
            attempts: thousands(listed.attempts),
            first_attempt: facts.first_attempt_at.map(|at| at.readable()),
            ended: listed.ended_at.map(|at| at.readable()),
            due: listed.due_at.map(|at| at.readable()),
            copies: (facts.copies > 0).then(|| thousands(facts.copies)),
            evidence: rules.strongest(facts.evidence.hits.iter().copied()).map(who),
            why: explain_all(&facts.evidence.hits, rules)
                .into_iter()
                .map(|it| sentence(&it.words))
                .collect(),
            viewed: facts.viewed,
            links: facts.links.iter().map(|(label, url)| named(label, url)).collect(),
            left: facts.left_at.map(|at| at.readable()),
            not_kept: facts.engagement_removed_at.map(|at| at.readable()),
        }
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

fn named(label: &str, url: &str) -> String {
    if label.trim().is_empty() { url.to_owned() } else { label.to_owned() }
}
