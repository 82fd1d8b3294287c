//! Reports that are mailed at set times: adding, listing and removing them.

use actions::{
    ListedReportSchedule, REPORT_READERS, ReportAbout, ReportScheduleWish, report_schedule_add,
    report_schedule_remove, report_schedules,
};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{CampaignNumber, ReportSubject, Zone};
use serde::Deserialize;

use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/reports/schedules";

#[derive(Deserialize)]
pub(crate) struct ReportSchedulesQuery {
    /// Filled in, for a link on a campaign's report.
    campaign: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/report_schedules.html")]
struct ReportSchedulesPage {
    frame: AdminFrame,
    key: String,
    topics: Vec<Choice>,
    campaigns: String,
    times: String,
    zone: String,
    to: String,
    most: usize,
    lines: Vec<ReportScheduleLine>,
    problem: Option<FormProblem>,
}

struct ReportScheduleLine {
    id: String,
    about: String,
    times: String,
    next: String,
    to: String,
    mails: Vec<String>,
}

impl ReportScheduleLine {
    fn new(it: &ListedReportSchedule, zone: &Zone) -> Self {
        let ListedReportSchedule { schedule, topic, to, mails } = it;
        let numbers: Vec<String> =
            schedule.subject.campaigns().iter().map(ToString::to_string).collect();
        let about = match (&schedule.subject, topic) {
            (ReportSubject::Campaign(id), _) => format!("Campaign {id}"),
            (ReportSubject::Topic(_), Some(slug)) => format!("Topic {slug}"),
            (ReportSubject::Topic(_), None) => "A topic that is gone".to_owned(),
            (ReportSubject::Comparison(_), _) => format!("Campaigns {}", numbers.join(", ")),
        };
        let next = match (schedule.next_at, schedule.last_due_at) {
            (Some(next), _) => zone.readable(next),
            (None, None) => "when the campaign is sent".to_owned(),
            (None, Some(_)) => "never again".to_owned(),
        };
        let name = |mail: &store::ReportMail| {
            let user = to.iter().find(|user| user.id == mail.user);
            user.map_or("somebody who gets it no more".to_owned(), |user| user.name.clone())
        };
        let mail = |mail: &store::ReportMail| {
            let (at, who) = (zone.readable(mail.due_at), name(mail));
            let words = match mail.words.as_str() {
                "" => String::new(),
                words => format!(": {words}"),
            };
            format!("{at}, {who}: {}{words}", mail.state.as_str())
        };
        let names: Vec<&str> = to.iter().map(|user| user.name.as_str()).collect();
        Self {
            id: schedule.id.to_string(),
            about,
            times: format!("{} {}", schedule.times.rhythm, schedule.times.zone.name()),
            next,
            to: names.join(", "),
            mails: mails.iter().map(mail).collect(),
        }
    }
}

/// What stands in the form.
struct Typed {
    campaigns: String,
    topic: String,
    times: String,
    zone: String,
    to: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name| form.trimmed(name).to_owned();
        Self {
            campaigns: text("campaigns"),
            topic: text("topic"),
            times: text("times"),
            zone: text("zone"),
            to: text("to"),
        }
    }

    fn wish(&self) -> Result<ReportScheduleWish, Refused> {
        let parts = |text: &str| -> Vec<String> {
            let parts = text.split([',', ';', ' ', '\n', '\r']).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let words = "they should be numbers of campaigns, such as 17, 18";
        let numbers: Result<Vec<CampaignNumber>, _> =
            parts(&self.campaigns).iter().map(|part| part.parse()).collect();
        let numbers = numbers.map_err(|_| wrong("campaigns", words))?;
        let about = match (numbers.as_slice(), self.topic.as_str()) {
            ([], "") => {
                return Err(wrong("campaigns", "name a campaign, several, or a topic"));
            }
            ([], topic) => ReportAbout::Topic(topic.to_owned()),
            ([number], "") => ReportAbout::Campaign(*number),
            (_, "") => ReportAbout::Comparison(numbers),
            _ => return Err(wrong("topic", "name campaigns or a topic, not both")),
        };
        let (times, zone) = (self.times.clone(), self.zone.clone());
        Ok(ReportScheduleWish { about, times, zone, to: parts(&self.to) })
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<ReportSchedulesQuery>,
    headers: HeaderMap,
) -> Response {
    let zone = zone_of(&headers);
    let typed = Typed {
        campaigns: asked.campaign.unwrap_or_default(),
        topic: String::new(),
        times: String::new(),
        zone: zone.name().to_owned(),
        to: String::new(),
    };
    answer(&admitted, &parts, (typed, &zone), (StatusCode::OK, None)).await
}

pub(crate) async fn add(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let typed = Typed::of(&form);
    let added = async {
        let wish = typed.wish()?;
        Ok(report_schedule_add(&parts.resources, &call(&admitted, &form)?, &wish).await?)
    };
    let refused = match added.await {
        Ok(_) => return admitted.visitor.done(PATH, Message::ReportScheduled),
        Err(refused) => refused,
    };
    match refused {
        Refused::DoneBefore => admitted.visitor.done(PATH, Message::DoneBefore),
        Refused::Form(status, problem) => {
            let zone = zone_of(&headers);
            answer(&admitted, &parts, (typed, &zone), (status, Some(problem))).await
        }
        Refused::Page(problem) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn remove(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let removed = async {
        let call = call(&admitted, &form)?;
        let id = id.parse().map_err(|_| missing())?;
        Ok(report_schedule_remove(&parts.resources, &call, id).await?)
    };
    match removed.await {
        Ok(()) => admitted.visitor.done(PATH, Message::ReportUnscheduled),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            let zone = zone_of(&headers);
            let typed = Typed::of(&form);
            answer(&admitted, &parts, (typed, &zone), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn missing() -> PageProblem {
    PageProblem::Missing("No such report", "The list shows those that are mailed.")
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    (typed, zone): (Typed, &Zone),
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    match page(admitted, parts, typed, zone).await {
        Ok(page) => respond::page(status, &ReportSchedulesPage { problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: Typed,
    zone: &Zone,
) -> Result<ReportSchedulesPage, PageProblem> {
    let schedules = report_schedules(&parts.resources, &looking(admitted)).await;
    let schedules = schedules.map_err(PageProblem::failed("listing reports"))?;
    let topics = audience::topics_by_slug(&parts.store).await;
    let topics = topics.map_err(PageProblem::failed("listing topics"))?;
    let scope = admitted.topics();
    let own = topics.into_iter().filter(|topic| scope.contains(topic.id));
    let Typed { campaigns, topic, times, zone: typed_zone, to } = typed;
    let choice =
        |it: store::Topic| Choice { chosen: it.slug == topic, word: it.slug, name: it.name };
    Ok(ReportSchedulesPage {
        frame: admitted.frame("campaigns").below("/admin/campaigns", "Campaigns"),
        key: new_key()?,
        topics: own.map(choice).collect(),
        campaigns,
        times,
        zone: typed_zone,
        to,
        most: REPORT_READERS,
        lines: schedules.iter().map(|it| ReportScheduleLine::new(it, zone)).collect(),
        problem: None,
    })
}
