//! `pharos report schedule`: reports that are mailed at set times.

use actions::{
    ListedReportSchedule, ReportAbout, ReportScheduleWish, report_schedule_add,
    report_schedule_remove, report_schedules,
};
use model::{ReportScheduleId, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::backend::Backend;
use crate::cli::{NewReportScheduleArgs, ReportScheduleCommand};
use crate::telemetry::say;

const PATH: &str = "/api/v1/reports/schedules";

#[derive(Deserialize)]
struct ToldScheduled {
    id: String,
}

#[derive(Deserialize)]
struct ToldSchedule {
    id: String,
    about: String,
    campaigns: Vec<String>,
    topic: Option<String>,
    times: String,
    zone: String,
    to: Vec<String>,
    next_at: Option<String>,
    last_due_at: Option<String>,
    mails: Vec<ToldMail>,
}

#[derive(Deserialize)]
struct ToldMail {
    to: Option<String>,
    due_at: String,
    state: String,
    words: String,
}

impl From<ListedReportSchedule> for ToldSchedule {
    fn from(it: ListedReportSchedule) -> Self {
        let ListedReportSchedule { schedule, topic, to, mails } = it;
        let mail = |mail: store::ReportMail| ToldMail {
            to: to.iter().find(|user| user.id == mail.user).map(|user| user.email.clone()),
            due_at: mail.due_at.rfc3339(),
            state: mail.state.as_str().to_owned(),
            words: mail.words,
        };
        Self {
            id: schedule.id.to_string(),
            about: schedule.subject.kind().to_owned(),
            campaigns: schedule.subject.campaigns().iter().map(ToString::to_string).collect(),
            topic,
            times: schedule.times.rhythm.to_string(),
            zone: schedule.times.zone.name().to_owned(),
            mails: mails.into_iter().map(mail).collect(),
            to: to.into_iter().map(|user| user.email).collect(),
            next_at: schedule.next_at.map(Timestamp::rfc3339),
            last_due_at: schedule.last_due_at.map(Timestamp::rfc3339),
        }
    }
}

pub(super) async fn run(backend: &Backend, command: ReportScheduleCommand) -> anyhow::Result<()> {
    match command {
        ReportScheduleCommand::Add(args) => add(backend, args).await,
        ReportScheduleCommand::List => list(backend).await,
        ReportScheduleCommand::Remove { schedule } => remove(backend, schedule).await,
    }
}

async fn add(backend: &Backend, args: NewReportScheduleArgs) -> anyhow::Result<()> {
    let NewReportScheduleArgs { campaign, topic, compare, times, zone, to } = args;
    let id = match backend {
        Backend::Local(installation) => {
            let about = match (campaign, topic) {
                (Some(campaign), _) => ReportAbout::Campaign(campaign),
                (None, Some(topic)) => ReportAbout::Topic(topic),
                (None, None) => ReportAbout::Comparison(compare),
            };
            let (resources, call) = (installation.resources()?, installation.call());
            let wish = ReportScheduleWish { about, times, zone, to };
            report_schedule_add(&resources, &call, &wish).await?.to_string()
        }
        Backend::Remote(server) => {
            let numbers: Vec<String> = compare.iter().map(ToString::to_string).collect();
            let body = json!({
                "campaign": campaign.map(|it| it.to_string()),
                "topic": topic,
                "campaigns": (!numbers.is_empty()).then_some(numbers),
                "times": times,
                "zone": zone,
                "to": to,
            });
            server.post::<ToldScheduled>(PATH, &body).await?.id
        }
    };
    say(format_args!(
        "Report {id} is mailed from now on; `pharos report schedule list` says when."
    ));
    Ok(())
}

async fn list(backend: &Backend) -> anyhow::Result<()> {
    let schedules: Vec<ToldSchedule> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let schedules = report_schedules(&resources, &call).await?;
            schedules.into_iter().map(ToldSchedule::from).collect()
        }
        Backend::Remote(server) => server.all(PATH).await?,
    };
    if schedules.is_empty() {
        say("No reports are mailed. To have one mailed: pharos report schedule add");
    }
    for it in schedules {
        let about = match &it.topic {
            Some(slug) => format!("topic {slug}"),
            None => format!("{} {}", it.about, it.campaigns.join(", ")),
        };
        let next = match (&it.next_at, &it.last_due_at) {
            (Some(next), _) => format!("next {next}"),
            (None, None) => "waits for the campaign".to_owned(),
            (None, Some(last)) => format!("was due {last}"),
        };
        let ToldSchedule { id, times, zone, to, mails, .. } = it;
        say(format_args!("{id:>4}  {about}, {times} {zone}, {next}, to {}", to.join(", ")));
        for mail in mails {
            let ToldMail { due_at, state, words, .. } = mail;
            let to = mail.to.unwrap_or_else(|| "somebody who gets it no more".to_owned());
            let words = if words.is_empty() { words } else { format!(": {words}") };
            say(format_args!("      {due_at}  {state}  {to}{words}"));
        }
    }
    Ok(())
}

async fn remove(backend: &Backend, schedule: ReportScheduleId) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            report_schedule_remove(&resources, &call, schedule).await?;
        }
        Backend::Remote(server) => {
            let at = format!("{PATH}/{schedule}/remove");
            server.post::<serde_json::Value>(&at, &json!({})).await?;
        }
    }
    say(format_args!("Report {schedule} is mailed no more."));
    Ok(())
}
