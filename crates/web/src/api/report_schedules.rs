//! Reports that are mailed at set times, on the wire.

use actions::{
    ListedReportSchedule, ReportAbout, ReportScheduleWish, report_schedule_add,
    report_schedule_remove, report_schedules,
};
use model::{CampaignNumber, ReportScheduleId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

const PATH: &str = "/api/v1/reports/schedules";

list_params! { ReportSchedulesParams {} }

/// A report to be mailed: of `campaign`, of `topic`, or of `campaigns` beside each other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReportSchedule {
    /// The campaign’s number.
    #[serde(default)]
    #[schema(example = "17")]
    campaign: Option<String>,
    /// The slug of a topic.
    #[serde(default)]
    topic: Option<String>,
    /// The numbers of 1 to 10 campaigns.
    #[serde(default)]
    campaigns: Option<Vec<String>>,
    /// “daily 9”, “weekly mon 9”, “monthly 1 9” (the last number is the hour), or “24h after sending”.
    #[schema(example = "weekly mon 9")]
    times: String,
    /// The zone of the hour; UTC when left out.
    #[serde(default)]
    #[schema(example = "Europe/Madrid")]
    zone: Option<String>,
    /// The addresses of 1 to 10 users who may read the report.
    to: Vec<String>,
}

/// A report that is mailed.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeReportSchedule {
    #[schema(example = "3")]
    id: String,
}

/// A report that is mailed at set times.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportSchedule {
    #[schema(example = "3")]
    id: String,
    /// campaign, topic or comparison.
    about: &'static str,
    /// The numbers of the campaigns that it names.
    campaigns: Vec<String>,
    /// The slug of its topic.
    topic: Option<String>,
    #[schema(example = "weekly mon 9")]
    times: String,
    #[schema(example = "Europe/Madrid")]
    zone: String,
    /// The addresses of the users who get it.
    to: Vec<String>,
    created_by: String,
    #[schema(format = "date-time")]
    created_at: String,
    /// When it is due next; null while the end of a campaign is waited for, and after that.
    #[schema(format = "date-time")]
    next_at: Option<String>,
    #[schema(format = "date-time")]
    last_due_at: Option<String>,
    /// The latest ones.
    mails: Vec<ReportMail>,
}

/// A mail of a report.
#[derive(Serialize, ToSchema)]
struct ReportMail {
    /// The address of the user; null when they get it no more.
    to: Option<String>,
    #[schema(format = "date-time")]
    due_at: String,
    /// waiting, begun, sent, not sent or in doubt.
    state: &'static str,
    #[schema(format = "date-time")]
    changed_at: String,
    /// What became of it.
    words: String,
}

/// A report that is mailed no more.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedReportSchedule {
    id: String,
}

impl From<ListedReportSchedule> for ReportSchedule {
    fn from(it: ListedReportSchedule) -> Self {
        let ListedReportSchedule { schedule, topic, to, mails } = it;
        let mail = |mail: store::ReportMail| ReportMail {
            to: to.iter().find(|user| user.id == mail.user).map(|user| user.email.clone()),
            due_at: mail.due_at.rfc3339(),
            state: mail.state.as_str(),
            changed_at: mail.changed_at.rfc3339(),
            words: mail.words,
        };
        Self {
            id: schedule.id.to_string(),
            about: schedule.subject.kind(),
            campaigns: schedule.subject.campaigns().iter().map(ToString::to_string).collect(),
            topic,
            times: schedule.times.rhythm.to_string(),
            zone: schedule.times.zone.name().to_owned(),
            mails: mails.into_iter().map(mail).collect(),
            to: to.into_iter().map(|user| user.email).collect(),
            created_by: schedule.created_by,
            created_at: schedule.created_at.rfc3339(),
            next_at: schedule.next_at.map(Timestamp::rfc3339),
            last_due_at: schedule.last_due_at.map(Timestamp::rfc3339),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let ReportSchedulesParams { limit, after } = asked.query()?;
    let page = ListAsked::new(PATH, &[], limit, after.as_deref())?;
    let mut schedules = report_schedules(&asked.parts.resources, &asked.call()).await?;
    let begin = page.after_id()?;
    schedules.retain(|it| begin.is_none_or(|after| it.schedule.id.0 < after));
    let more = schedules.len() > page.limit;
    schedules.truncate(page.limit);
    let next = schedules.last().filter(|_| more).map(|it| it.schedule.id.0);
    let schedules: Vec<ReportSchedule> = schedules.into_iter().map(ReportSchedule::from).collect();
    page.page(&schedules, next)
}

fn about(new: &NewReportSchedule) -> Result<ReportAbout, Problem> {
    let number = |pointer: &str, text: &str| {
        text.trim().parse::<CampaignNumber>().map_err(|_| {
            let words = "It should be the number of a campaign, such as 17.";
            Problem::of_field(pointer.to_owned(), "campaign_number", words)
        })
    };
    match (&new.campaign, &new.topic, &new.campaigns) {
        (Some(campaign), None, None) => Ok(ReportAbout::Campaign(number("/campaign", campaign)?)),
        (None, Some(topic), None) => Ok(ReportAbout::Topic(topic.clone())),
        (None, None, Some(campaigns)) => {
            let numbers = campaigns.iter().enumerate();
            let numbers = numbers.map(|(at, text)| number(&format!("/campaigns/{at}"), text));
            Ok(ReportAbout::Comparison(numbers.collect::<Result<_, _>>()?))
        }
        _ => {
            let words = "Say one of “campaign”, “topic” and “campaigns”.";
            Err(Problem::of_field("/campaign".to_owned(), "report_about", words))
        }
    }
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let new: NewReportSchedule = asked.body()?;
    let about = about(&new)?;
    let NewReportSchedule { times, zone, to, .. } = new;
    let zone = zone.unwrap_or_else(|| "UTC".to_owned());
    let wish = ReportScheduleWish { about, times, zone, to };
    let id = report_schedule_add(&asked.parts.resources, &asked.call(), &wish).await?;
    Reply::created(PATH, &MadeReportSchedule { id: id.to_string() })
}

pub(crate) async fn created_again(_: Asked, made: Option<String>) -> Result<Reply, Problem> {
    Reply::created(PATH, &MadeReportSchedule { id: made.unwrap_or_default() })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let missing = || {
        let words = "There is no report with this number that is mailed.";
        Problem::not_found("report_schedule_not_found", words)
    };
    let id: ReportScheduleId = asked.path("schedule").parse().map_err(|_| missing())?;
    report_schedule_remove(&asked.parts.resources, &asked.call(), id).await?;
    Reply::of(&RemovedReportSchedule { id: id.to_string() })
}

pub(crate) async fn removed_again(asked: Asked) -> Result<Reply, Problem> {
    Reply::of(&RemovedReportSchedule { id: asked.path("schedule").to_owned() })
}
