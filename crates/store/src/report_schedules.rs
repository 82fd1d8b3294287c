//! Reports that are mailed at set times, and to whom.
//!
//! Invariants: a time at which one is due is claimed once, by whichever node comes first, in the
//! transaction that makes the mails of it; of times that were missed the latest counts. One that waits for
//! the end of a campaign is due once.

use model::{
    CampaignId, ReportRhythm, ReportScheduleId, ReportSubject, ReportTimes, Timestamp, TopicId,
    UserId, Zone,
};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::report_mails::MAILS_DROP;
use crate::{Store, StoreError};

texts! {
    REPORT_SCHEDULE_INSERT = "INSERT INTO report_schedules (kind, campaigns, topic_id, rhythm, zone,
            created_by, created_at, next_at, campaign_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    REPORT_SCHEDULE_USER = "INSERT INTO report_schedule_users (schedule_id, user_id) VALUES ($1, $2)
        ON CONFLICT (schedule_id, user_id) DO NOTHING";
    REPORT_SCHEDULES = "SELECT id, kind, campaigns, topic_id, rhythm, zone, created_by, created_at,
            next_at, last_due_at
        FROM report_schedules ORDER BY id DESC LIMIT 1000";
    REPORT_SCHEDULE_FIND = "SELECT id, kind, campaigns, topic_id, rhythm, zone, created_by, created_at,
            next_at, last_due_at
        FROM report_schedules WHERE id = $1";
    REPORT_SCHEDULE_USERS = "SELECT user_id FROM report_schedule_users WHERE schedule_id = $1
        ORDER BY user_id LIMIT 100";
    REPORT_SCHEDULE_DROP = "DELETE FROM report_schedules WHERE id = $1";
    REPORT_SCHEDULE_USERS_DROP = "DELETE FROM report_schedule_users WHERE schedule_id = $1";
    REPORT_SCHEDULES_DUE = "SELECT id, kind, campaigns, topic_id, rhythm, zone, created_by, created_at,
            next_at, last_due_at
        FROM report_schedules WHERE next_at <= $1 ORDER BY next_at, id LIMIT 100";
    /// Those that wait for the end of a campaign that has come, and when that was.
    REPORT_SCHEDULES_AFTER = "SELECT s.id, s.kind, s.campaigns, s.topic_id, s.rhythm, s.zone,
            s.created_by, s.created_at, s.next_at, s.last_due_at, k.finished_at
        FROM report_schedules s JOIN campaigns k ON k.id = s.campaign_id
        WHERE s.campaign_id IS NOT NULL AND s.last_due_at IS NULL AND k.finished_at IS NOT NULL
        ORDER BY s.id LIMIT 1000";
    REPORT_SCHEDULE_CLAIM = "UPDATE report_schedules SET next_at = $3, last_due_at = $4
        WHERE id = $1 AND next_at = $2";
    REPORT_SCHEDULE_CLAIM_ONCE = "UPDATE report_schedules SET last_due_at = $2
        WHERE id = $1 AND next_at IS NULL AND last_due_at IS NULL";
    REPORT_MAILS_MAKE = "INSERT INTO report_mails (schedule_id, user_id, due_at, state, try_at, tries,
            changed_at, words)
        SELECT schedule_id, user_id, $2, 0, $3, 0, $3, '' FROM report_schedule_users
        WHERE schedule_id = $1
        ON CONFLICT (schedule_id, user_id, due_at) DO NOTHING";
}

/// A report that is to be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReportSchedule {
    pub subject: ReportSubject,
    pub times: ReportTimes,
    pub users: Vec<UserId>,
    /// Who has asked for it, by name.
    pub created_by: String,
}

/// A report that is mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSchedule {
    pub id: ReportScheduleId,
    pub subject: ReportSubject,
    pub times: ReportTimes,
    pub created_by: String,
    pub created_at: Timestamp,
    /// When it is due next; nothing while a campaign is waited for, and when that is done.
    pub next_at: Option<Timestamp>,
    /// When it was due last.
    pub last_due_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a schedule from now on.
    pub async fn report_schedule_add(
        &self,
        new: NewReportSchedule,
        at: Timestamp,
    ) -> Result<ReportScheduleId, StoreError> {
        self.write(move |tx| {
            let NewReportSchedule { subject, times, users, created_by } = &new;
            let ids: Vec<String> = subject.campaigns().iter().map(|id| id.0.to_string()).collect();
            let topic = match subject {
                ReportSubject::Topic(topic) => Some(topic.0),
                _ => None,
            };
            let awaited = match (times.rhythm, subject) {
                (ReportRhythm::AfterSending { .. }, ReportSubject::Campaign(campaign)) => {
                    Some(campaign.0)
                }
                _ => None,
            };
            let next = times.next_after(at).map(|at| at.0);
            let (campaigns, rhythm) = (ids.join(","), times.rhythm.to_string());
            let values = (
                subject.kind(),
                campaigns.as_str(),
                topic,
                rhythm.as_str(),
                times.zone.name(),
                created_by.as_str(),
                at.0,
                next,
                awaited,
            );
            let id = tx.one(REPORT_SCHEDULE_INSERT, values, |row| row.get::<i64>(0))?;
            for user in users {
                tx.execute(REPORT_SCHEDULE_USER, (id, user.0))?;
            }
            tx.announce_made(id);
            Ok(ReportScheduleId(id))
        })
        .await
    }

    /// Every schedule, the newest first, at most 1,000.
    pub async fn report_schedules_list(&self) -> Result<Vec<ReportSchedule>, StoreError> {
        self.read(|tx| tx.all(REPORT_SCHEDULES, (), schedule)).await
    }

    pub async fn report_schedule_find(
        &self,
        id: ReportScheduleId,
    ) -> Result<Option<ReportSchedule>, StoreError> {
        self.read(move |tx| tx.first(REPORT_SCHEDULE_FIND, [id.0], schedule)).await
    }

    /// To whom it is mailed.
    pub async fn report_schedule_users(
        &self,
        id: ReportScheduleId,
    ) -> Result<Vec<UserId>, StoreError> {
        self.read(move |tx| tx.all(REPORT_SCHEDULE_USERS, [id.0], |row| Ok(UserId(row.get(0)?))))
            .await
    }

    /// Ends a schedule, with the mails that wait.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn report_schedule_remove(&self, id: ReportScheduleId) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(REPORT_SCHEDULE_DROP, [id.0])? == 0 {
                return Err(StoreError::NotFound("report schedule"));
            }
            tx.execute(REPORT_SCHEDULE_USERS_DROP, [id.0])?;
            tx.execute(MAILS_DROP, [id.0]).map(drop)
        })
        .await
    }

    /// Makes the mails of every report that is due by `now`, each time once over all nodes; returns how
    /// many times there were. Bounded: there may be more.
    pub async fn report_schedules_claim(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = self.read(move |tx| due(tx, now)).await?;
        let mut claimed = 0;
        for (schedule, due_at) in due {
            claimed += usize::from(self.write(move |tx| claim(tx, &schedule, due_at, now)).await?);
        }
        Ok(claimed)
    }
}

/// What is due by `now`, and since when.
fn due(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<(ReportSchedule, Timestamp)>, StoreError> {
    let by_day = tx.all(REPORT_SCHEDULES_DUE, [now.0], schedule)?;
    let mut due: Vec<(ReportSchedule, Timestamp)> = Vec::new();
    for schedule in by_day {
        if let Some(next) = schedule.next_at {
            let latest = schedule.times.latest(next, now);
            due.push((schedule, latest));
        }
    }
    let waiting =
        tx.all(REPORT_SCHEDULES_AFTER, (), |row| Ok((schedule(row)?, row.get::<i64>(10)?)))?;
    for (schedule, finished_at) in waiting {
        let ReportRhythm::AfterSending { hours } = schedule.times.rhythm else { continue };
        let due_at = finished_at.saturating_add(i64::from(hours) * Timestamp::HOUR);
        if due_at <= now.0 {
            due.push((schedule, Timestamp(due_at)));
        }
    }
    Ok(due)
}

/// Whether the time was nobody else's.
fn claim(
    tx: &Tx<'_>,
    schedule: &ReportSchedule,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let id = schedule.id.0;
    let claimed = match schedule.next_at {
        Some(seen) => {
            let next = schedule.times.next_after(now).map(|at| at.0);
            tx.execute(REPORT_SCHEDULE_CLAIM, (id, seen.0, next, due_at.0))?
        }
        None => tx.execute(REPORT_SCHEDULE_CLAIM_ONCE, (id, due_at.0))?,
    };
    if claimed == 0 {
        return Ok(false);
    }
    // What waits from an earlier time is out of date by now.
    tx.execute(MAILS_DROP, [id])?;
    tx.execute(REPORT_MAILS_MAKE, (id, due_at.0, now.0))?;
    Ok(true)
}

fn schedule(row: &SqlRow<'_>) -> Result<ReportSchedule, StoreError> {
    let ids = row.text(2)?.split(',').filter(|id| !id.is_empty());
    let campaigns: Option<Vec<CampaignId>> =
        ids.map(|id| id.parse().ok().map(CampaignId)).collect();
    let campaigns = known(campaigns, "list of campaigns")?;
    let topic = row.get::<Option<i64>>(3)?.map(TopicId);
    let subject = match (row.text(1)?, campaigns.as_slice(), topic) {
        ("campaign", [campaign], _) => Some(ReportSubject::Campaign(*campaign)),
        ("topic", _, Some(topic)) => Some(ReportSubject::Topic(topic)),
        ("comparison", _, _) => Some(ReportSubject::Comparison(campaigns.clone())),
        _ => None,
    };
    let rhythm = known(ReportRhythm::parse(row.text(4)?).ok(), "times of a report")?;
    let zone = known(Zone::named(row.text(5)?).ok(), "time zone")?;
    Ok(ReportSchedule {
        id: ReportScheduleId(row.get(0)?),
        subject: known(subject, "kind of report")?,
        times: ReportTimes { rhythm, zone },
        created_by: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        next_at: row.get::<Option<i64>>(8)?.map(Timestamp),
        last_due_at: row.get::<Option<i64>>(9)?.map(Timestamp),
    })
}
