//! Reports that are mailed at set times: adding, listing and removing them.
//!
//! Invariants: who may send campaigns of the topics may have their figures mailed, to users who may read
//! them. Whether they still may is asked again for each mail (`report_mailing`).

use access::{Object, Permit, account_may};
use model::{
    CampaignNumber, EmailAddress, ReportRhythm, ReportScheduleId, ReportSubject, ReportTimes,
    Right, Zone,
};
use report::MOST_COMPARED;
use serde_json::json;
use store::{AuditObject, NewReportSchedule, ReportMail, ReportSchedule, Store, User};

use crate::reach::{no_campaign, no_topic};
use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// People to whom one is mailed at the most.
pub const REPORT_READERS: usize = 10;
/// Schedules of an installation.
const MOST: usize = 200;
/// Mails that a list tells of.
const MAILS_TOLD: u32 = 10;

/// What a report is to be about, as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportAbout {
    Campaign(CampaignNumber),
    /// A topic's campaigns, by its slug.
    Topic(String),
    /// Campaigns beside each other.
    Comparison(Vec<CampaignNumber>),
}

/// A report to be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportScheduleWish {
    pub about: ReportAbout,
    /// Such as `weekly mon 9`.
    pub times: String,
    /// Of the hour, such as Europe/Madrid.
    pub zone: String,
    /// The addresses of users.
    pub to: Vec<String>,
}

/// A schedule as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedReportSchedule {
    pub schedule: ReportSchedule,
    /// The slug of the topic, when it is about one.
    pub topic: Option<String>,
    /// Who gets it.
    pub to: Vec<User>,
    /// The latest mails.
    pub mails: Vec<ReportMail>,
}

/// Has a report mailed at set times.
///
/// # Errors
/// When a campaign, topic or user is not there, times or zone are none, somebody may not read it, or there
/// are too many.
pub async fn report_schedule_add(
    resources: &Resources,
    call: &Call,
    wish: &ReportScheduleWish,
) -> Result<ReportScheduleId, Refusal> {
    let store = &resources.store;
    let (subject, objects) = subject(store, &wish.about).await?;
    // What belongs to a foreign topic is refused as what is not there.
    let permit = permit(call, &objects).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => subject_is_gone(&subject),
        _ => refusal,
    })?;
    let rhythm = ReportRhythm::parse(&wish.times)
        .map_err(|why| Refusal::of_field("/times", "report_times", sentence(&why)))?;
    let zone = Zone::named(&wish.zone)
        .map_err(|why| Refusal::of_field("/zone", "zone", sentence(&why)))?;
    let waits = matches!(rhythm, ReportRhythm::AfterSending { .. });
    if waits && !matches!(subject, ReportSubject::Campaign(_)) {
        let words = "Only a campaign's report is mailed some time after sending.";
        return Err(Refusal::of_field("/times", "report_times", words));
    }
    let users = readers(store, &wish.to, &objects).await?;
    if store.report_schedules_list().await?.len() >= MOST {
        let words = format!("There are {MOST} reports that are mailed; remove some.");
        return Err(Refusal::new(RefusalKind::Conflict, "too_many_report_schedules", words));
    }
    let ids: Vec<i64> = users.iter().map(|user| user.id.0).collect();
    let campaigns: Vec<i64> = subject.campaigns().iter().map(|id| id.number().0).collect();
    let after = json!({
        "about": subject.kind(),
        "campaigns": campaigns,
        "times": rhythm.to_string(),
        "zone": zone.name(),
        "users": ids,
    });
    let new = NewReportSchedule {
        subject,
        times: ReportTimes { rhythm, zone },
        users: users.iter().map(|user| user.id).collect(),
        created_by: call.actor.record().name,
    };
    let object = AuditObject::of_kind("report_schedule");
    let named = call.acting(&permit, store, "report_schedule.add", object, Some(after));
    Ok(named.report_schedule_add(new, call.at).await?)
}

/// The schedules of the actor's topics, the newest first.
///
/// # Errors
/// Without the right.
pub async fn report_schedules(
    resources: &Resources,
    call: &Call,
) -> Result<Vec<ListedReportSchedule>, Refusal> {
    let store = &resources.store;
    call.permit(Right::CampaignsSend, Object::OwnTopics)?;
    let (users, topics) = (store.users_list().await?, store.topics_list().await?);
    let mut listed = Vec::new();
    for schedule in store.report_schedules_list().await? {
        let objects = objects_of(store, &schedule.subject).await?;
        if permit(call, &objects).is_err() {
            continue;
        }
        let to = store.report_schedule_users(schedule.id).await?;
        let topic = match schedule.subject {
            ReportSubject::Topic(id) => topics.iter().find(|it| it.id == id),
            _ => None,
        };
        listed.push(ListedReportSchedule {
            topic: topic.map(|it| it.slug.clone()),
            to: users.iter().filter(|user| to.contains(&user.id)).cloned().collect(),
            mails: store.report_mails_of(schedule.id, MAILS_TOLD).await?,
            schedule,
        });
    }
    Ok(listed)
}

/// Has a report mailed no more.
///
/// # Errors
/// When there is none.
pub async fn report_schedule_remove(
    resources: &Resources,
    call: &Call,
    id: ReportScheduleId,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let found = store.report_schedule_find(id).await?.ok_or_else(no_schedule)?;
    let objects = objects_of(store, &found.subject).await?;
    let permit = permit(call, &objects).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => no_schedule(),
        _ => refusal,
    })?;
    let object = AuditObject::new("report_schedule", id);
    let named = call.acting(&permit, store, "report_schedule.remove", object, None);
    named.report_schedule_remove(id).await.map_err(|error| match error {
        store::StoreError::NotFound(_) => no_schedule(),
        error => error.into(),
    })
}

fn no_schedule() -> Refusal {
    let words = "There is no report with this number that is mailed.";
    Refusal::not_found("report_schedule_not_found", words)
}

fn sentence(why: &impl std::fmt::Display) -> String {
    let words = why.to_string();
    let mut letters = words.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The permission to have these mailed, of which there is one at least.
fn permit(call: &Call, objects: &[Object]) -> Result<Permit, Refusal> {
    let mut permit = call.permit(Right::CampaignsSend, Object::OwnTopics)?;
    for object in objects {
        permit = call.permit(Right::CampaignsSend, *object)?;
    }
    Ok(permit)
}

async fn subject(
    store: &Store,
    about: &ReportAbout,
) -> Result<(ReportSubject, Vec<Object>), Refusal> {
    match about {
        ReportAbout::Campaign(number) => {
            let (campaign, object) = reach::campaign(store, *number).await?;
            Ok((ReportSubject::Campaign(campaign.id), vec![object]))
        }
        ReportAbout::Topic(slug) => {
            let (topic, object) = reach::topic(store, slug).await?;
            Ok((ReportSubject::Topic(topic.id), vec![object]))
        }
        ReportAbout::Comparison(numbers) => {
            let (mut ids, mut objects) = (Vec::new(), Vec::new());
            if numbers.is_empty() || numbers.len() > MOST_COMPARED {
                let words = format!("1 to {MOST_COMPARED} campaigns stand beside each other.");
                return Err(Refusal::of_field("/campaigns", "campaigns", words));
            }
            for number in numbers {
                let (campaign, object) = reach::campaign(store, *number).await?;
                if !ids.contains(&campaign.id) {
                    ids.push(campaign.id);
                    objects.push(object);
                }
            }
            Ok((ReportSubject::Comparison(ids), objects))
        }
    }
}

/// What a report is about, as objects of rights; a draft that was deleted belongs to no topic any more.
pub(crate) async fn objects_of(
    store: &Store,
    subject: &ReportSubject,
) -> Result<Vec<Object>, Refusal> {
    if let ReportSubject::Topic(topic) = subject {
        return Ok(vec![Object::Topic(*topic)]);
    }
    let mut objects = Vec::new();
    for id in subject.campaigns() {
        let found = store.campaign_find(*id).await?;
        objects.push(found.map_or(Object::AllTopics, |campaign| Object::Topic(campaign.topic)));
    }
    Ok(objects)
}

async fn readers(
    store: &Store,
    addresses: &[String],
    objects: &[Object],
) -> Result<Vec<User>, Refusal> {
    if addresses.is_empty() || addresses.len() > REPORT_READERS {
        let words = format!("It is mailed to 1 to {REPORT_READERS} addresses of users.");
        return Err(Refusal::of_field("/to", "report_readers", words));
    }
    let mut users: Vec<User> = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let at = format!("/to/{index}");
        let email = EmailAddress::parse(address.trim())
            .map_err(|why| Refusal::of_field(&at, "address_syntax", sentence(&why)))?;
        let missing = || {
            let words = "Reports are mailed to users who may read them, and this is not the address of one.";
            Refusal::of_field(&at, "report_reader", words)
        };
        let found = store.user_by_email(email).await?.ok_or_else(missing)?;
        if !objects.iter().all(|object| account_may(&found, Right::ReportsRead, *object)) {
            return Err(missing());
        }
        if !users.iter().any(|user| user.id == found.id) {
            users.push(found);
        }
    }
    Ok(users)
}

/// What a mail's report is about is not there any more.
pub(crate) fn subject_is_gone(subject: &ReportSubject) -> Refusal {
    match subject {
        ReportSubject::Topic(_) => no_topic(),
        _ => no_campaign(),
    }
}
