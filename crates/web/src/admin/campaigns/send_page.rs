//! To whom a draft goes, what the check says over all of them, and the forms that start and schedule it:
//! a part of the draft's page, and a page of its own.
//!
//! Invariants: it says how many get it, and starts for no more than it has said, with the text and the topic
//! that it has checked; a start can be taken back for a minute; what somebody has typed comes back with what is wrong with it.

use std::time::Duration;

use actions::{RefusalKind, StartWish};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use campaign::{CheckFinding, Checked, Severity};
use model::{CampaignNumber, CampaignState, Right, Timestamp, TopicId, Zone};
use report::number_text::thousands;
use store::{Campaign, CheckedText};

use crate::admin::campaigns::acts::record_of;
use crate::admin::campaigns::audience_card::AudienceCard;
use crate::admin::campaigns::finding_lines::{FindingLine, finding_lines};
use crate::admin::campaigns::test_send::{TestForm, TestedQuery};
use crate::admin::page::calls::call;
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::tracking_choice::limits;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::text_editor::clock;
use crate::clock::now;
use crate::listen::respond;

/// For so long a start can be taken back.
const HELD: Duration = Duration::from_secs(60);
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// What a form suggests as a time.
const SUGGESTED: Duration = Duration::from_secs(60 * 60);

#[derive(Template)]
#[template(path = "admin/send.html")]
struct SendPage {
    frame: AdminFrame,
    key: String,
    number: CampaignNumber,
    path: String,
    name: String,
    /// Otherwise it is scheduled already, and only its time can change.
    is_draft: bool,
    audience: AudienceCard,
    may_write: bool,
    may_import: bool,
    /// The most that it records.
    tracking: Vec<Choice>,
    people: i64,
    count: String,
    /// From when to when, as far as that is known.
    span: String,
    /// What was checked.
    text: CheckedText,
    errors: Vec<FindingLine>,
    /// Why nothing can be sent, whatever the text says.
    cannot_send: Option<String>,
    warnings: Vec<FindingLine>,
    hints: Vec<FindingLine>,
    at: String,
    zone: String,
    at_most: String,
    accepts: bool,
    problem: Option<FormProblem>,
    test: TestForm,
}

/// What is typed when it is to start later.
struct TypedSchedule {
    at: String,
    zone: String,
    /// As many as would get it now, unless something was typed.
    at_most: Option<String>,
    accepts: bool,
    /// The reader's own zone.
    reader: Zone,
}

impl TypedSchedule {
    fn suggested(zone: &Zone) -> Self {
        let at = zone.field(now().after(SUGGESTED));
        Self {
            at,
            zone: zone.name().to_owned(),
            at_most: None,
            accepts: false,
            reader: zone.clone(),
        }
    }

    fn again(form: &Form, zone: &Zone) -> Self {
        let accepts = accepts(form);
        // The button that starts now sends no time.
        if form.text("zone").is_empty() {
            return Self { accepts, ..Self::suggested(zone) };
        }
        Self {
            at: form.text("at").to_owned(),
            zone: form.text("zone").to_owned(),
            at_most: Some(form.text("audience_at_most").to_owned()),
            accepts,
            reader: zone.clone(),
        }
    }
}

fn accepts(form: &Form) -> bool {
    form.text("accept") == "yes"
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(tested): Query<TestedQuery>,
    headers: HeaderMap,
) -> Response {
    let typed = TypedSchedule::suggested(&zone_of(&headers));
    let here = || TestedQuery { place: "send", ..tested };
    let tested = TestedQuery::of_page(&headers).unwrap_or_else(here);
    page(&admitted, &parts, &number, typed, &tested, (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    typed: TypedSchedule,
    tested: &TestedQuery,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let (campaign, tracking) = match record_of(parts, number).await {
        Ok(record) => (record.campaign, record.tracking.campaign),
        Err(problem) => return problem.page(&admitted.visitor),
    };
    if campaign.state.has_started() {
        return Redirect::to(&path(campaign.id.number())).into_response();
    }
    match checked(admitted, parts, &campaign, typed, (tested, problem)).await {
        Ok(page) => {
            let tracking = limits(tracking, "As much as its readers allow");
            respond::page(status, &SendPage { tracking, ..page })
        }
        Err(problem) => problem.page(&admitted.visitor),
    }
}

fn path(number: CampaignNumber) -> String {
    format!("/admin/campaigns/{number}")
}

/// Goes through everybody who would get it.
async fn checked(
    admitted: &Admitted,
    parts: &AdminParts,
    campaign: &Campaign,
    typed: TypedSchedule,
    (tested, problem): (&TestedQuery, Option<FormProblem>),
) -> Result<SendPage, PageProblem> {
    let failed = || PageProblem::failed("checking a campaign");
    // What was just saved must show.
    let store = &parts.resources.store;
    let checked = campaign::check(store, &parts.resources.sender(), campaign.id).await;
    let checked = checked.map_err(failed())?;
    let source = campaign::text(store, campaign.id).await.map_err(failed())?.source;
    let number = campaign.id.number();
    let lines = |wanted: &dyn Fn(&CheckFinding) -> bool| {
        finding_lines(&source, checked.findings.iter().filter(|it| wanted(it)))
    };
    let reached = match checked.compiles() {
        true => checked.survey.clone(),
        false => {
            let counted = campaign::people(store, campaign.id, campaign.topic).await;
            counted.map_err(PageProblem::failed("counting a topic’s people"))?
        }
    };
    let people = reached.contacts;
    Ok(SendPage {
        frame: admitted
            .frame("campaigns")
            .below("/admin/campaigns", "Campaigns")
            .below(path(number), campaign.name.as_str()),
        key: new_key()?,
        number,
        path: path(number),
        name: campaign.name.clone(),
        is_draft: campaign.state == CampaignState::Draft,
        audience: AudienceCard::of(admitted, parts, campaign, &reached).await?,
        may_write: admitted.can(Right::CampaignsWrite),
        may_import: admitted.can(Right::ContactsWrite),
        tracking: Vec::new(),
        people,
        count: thousands(people - checked.survey.skipped),
        span: span(parts, &checked, &typed.reader).await?,
        text: checked.text,
        cannot_send: parts.cannot_send(),
        errors: lines(&|it| it.severity == Severity::Error),
        warnings: lines(&CheckFinding::is_open),
        hints: lines(&|it| it.severity == Severity::Hint),
        at: typed.at,
        zone: typed.zone,
        at_most: typed.at_most.unwrap_or_else(|| people.to_string()),
        accepts: typed.accepts,
        problem,
        test: TestForm::on(admitted, parts, number, tested).await?,
    })
}

/// When the first and the last get it if the button is pressed now.
async fn span(parts: &AdminParts, checked: &Checked, zone: &Zone) -> Result<String, PageProblem> {
    let now = now();
    let first = now.after(HELD);
    let rate = campaign::rate_expected(&parts.resources.store, now).await;
    let rate = rate.map_err(PageProblem::failed("estimating how long sending takes"))?;
    let begins = clock(zone, first);
    let Some(rate) = rate else {
        return Ok(format!("from {begins} on ({})", zone.name()));
    };
    let seconds = checked.survey.contacts.saturating_mul(60) / rate.max(1);
    let last = first.after(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    let ends = match seconds {
        0..DAY_SECONDS => clock(zone, last),
        _ => zone.readable(last),
    };
    Ok(match begins == ends {
        true => format!("at {begins} ({})", zone.name()),
        false => format!("from {begins} to about {ends} ({})", zone.name()),
    })
}

/// Starts in a minute, so that it can be taken back.
pub(crate) async fn start(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let wish = people(form.trimmed("audience_at_most")).and_then(|at_most| {
        // The page has said how many; without that nothing is started.
        let at_most = at_most.ok_or_else(|| wrong("", "this form was not one of ours"))?;
        Ok(wish(now().after(HELD), Some(at_most), &form))
    });
    answer(&admitted, &parts, (&number, &headers), &form, wish, Message::CampaignStarting).await
}

/// Starts at the time that was typed.
pub(crate) async fn schedule(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let wish = typed_time(&form).and_then(|at| {
        let at_most = people(form.trimmed("audience_at_most"))?;
        Ok(wish(at, at_most, &form))
    });
    answer(&admitted, &parts, (&number, &headers), &form, wish, Message::CampaignScheduled).await
}

fn wish(at: Timestamp, audience_at_most: Option<i64>, form: &Form) -> StartWish {
    StartWish {
        at,
        audience_at_most,
        checked: checked_text(form),
        accept_warnings: accepts(form),
        links_to_this_machine: false,
        dry_run: false,
    }
}

/// The text and the topic that the form has shown checked.
fn checked_text(form: &Form) -> Option<CheckedText> {
    let revision = form.text("text").parse().ok()?;
    Some(CheckedText { revision, topic: TopicId(form.text("of").parse().ok()?) })
}

fn typed_time(form: &Form) -> Result<Timestamp, Refused> {
    let zone = Zone::named(form.text("zone"));
    let zone = zone.map_err(|problem| wrong("zone", problem.to_string()))?;
    zone.time(form.text("at")).map_err(|problem| wrong("at", problem.to_string()))
}

fn people(typed: &str) -> Result<Option<i64>, Refused> {
    let digits = typed.replace([',', ' '], "");
    match (digits.is_empty(), digits.parse()) {
        (true, _) => Ok(None),
        (false, Ok(people)) if people >= 0 => Ok(Some(people)),
        _ => Err(wrong("audience_at_most", "it should be a number of people, such as 10,000")),
    }
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    (number, headers): (&str, &HeaderMap),
    form: &Form,
    wish: Result<StartWish, Refused>,
    message: Message,
) -> Response {
    let path = match number.parse() {
        Ok(number) => path(number),
        Err(_) => return PageProblem::no_campaign().page(&admitted.visitor),
    };
    match begin(admitted, parts, number, form, wish).await {
        Ok(()) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
        Err(Refused::Form(status, problem)) => {
            let typed = TypedSchedule::again(form, &zone_of(headers));
            let tested = TestedQuery { place: "send", ..TestedQuery::default() };
            page(admitted, parts, number, typed, &tested, (status, Some(problem))).await
        }
    }
}

async fn begin(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    form: &Form,
    wish: Result<StartWish, Refused>,
) -> Result<(), Refused> {
    let number = number.parse().map_err(|_| PageProblem::no_campaign())?;
    let call = call(admitted, form)?;
    let scheduled = actions::campaign_schedule(&parts.resources, &call, number, wish?).await;
    let Err(refusal) = scheduled else { return Ok(()) };
    let conflict = |field, words: String| {
        Err(Refused::Form(StatusCode::CONFLICT, FormProblem::new(field, words)))
    };
    match (&refusal.kind, refusal.code) {
        (RefusalKind::Conflict, "warnings_not_accepted") => {
            let words = "nothing was started: there are warnings that nobody has accepted";
            conflict("accept", words.to_owned())
        }
        (RefusalKind::Stale, "announcement_changed") => {
            let words = "nothing was sent: the text or the topic has changed since it was checked; this is \
                the check of what is there now";
            conflict("", words.to_owned())
        }
        (RefusalKind::Invalid, "announcement") => {
            let words = "nothing was sent: the text has mistakes by now; they stand below";
            conflict("", words.to_owned())
        }
        (RefusalKind::Conflict, "audience_too_large") => {
            conflict("audience_at_most", refusal.words)
        }
        _ => Err(refusal.into()),
    }
}
