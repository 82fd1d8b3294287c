//! When campaigns start by themselves.
//!
//! Invariant: a campaign has a row here exactly while it is `scheduled`. Whoever starts one that is
//! due names the time it was scheduled for, so that a campaign which was taken back or moved at the
//! last moment is not started.

use model::campaign::CampaignAction;
use model::{CampaignId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::notice_keys::CAMPAIGN_TROUBLE;
use crate::sending::campaigns::refusal;
use crate::sending::drafts::{CheckedText, still_as_checked};
use crate::settings::SETTING_PUT;
use crate::{Store, StoreError};

texts! {
    CAMPAIGN_SCHEDULE = "UPDATE campaigns SET state = 'scheduled'
        WHERE id = $1 AND state IN ('draft', 'scheduled')";
    CAMPAIGN_TAKE_BACK = "UPDATE campaigns SET state = 'draft'
        WHERE id = $1 AND state = 'scheduled'";
    SCHEDULE_PUT = "INSERT INTO campaign_schedules
            (campaign_id, starts_at, audience_at_most, links_to_this_machine)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (campaign_id) DO UPDATE SET starts_at = excluded.starts_at,
            audience_at_most = excluded.audience_at_most,
            links_to_this_machine = excluded.links_to_this_machine";
    SCHEDULE_REMOVE = "DELETE FROM campaign_schedules WHERE campaign_id = $1";
    SCHEDULE_FIND = "SELECT campaign_id, starts_at, audience_at_most, links_to_this_machine
        FROM campaign_schedules WHERE campaign_id = $1";
    SCHEDULES_DUE = "SELECT campaign_id, starts_at, audience_at_most, links_to_this_machine
        FROM campaign_schedules WHERE starts_at <= $1 ORDER BY starts_at, campaign_id LIMIT 100";
}

/// When and how a campaign starts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    pub campaign: CampaignId,
    pub starts_at: Timestamp,
    /// It does not start for a larger audience.
    pub audience_at_most: Option<i64>,
    /// Whether links that lead to the reader's own machine may be mailed.
    pub links_to_this_machine: bool,
}

impl Store {
    /// Schedules a draft, or a scheduled campaign for another time. Trouble with an earlier schedule
    /// is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has been started, [`StoreError::Changed`] when its text or its
    /// topic is not the one that was checked.
    pub async fn campaign_schedule(
        &self,
        schedule: Schedule,
        checked: Option<CheckedText>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let Schedule { campaign, starts_at, audience_at_most, links_to_this_machine } =
                schedule;
            if tx.execute(CAMPAIGN_SCHEDULE, [campaign.0])? == 0 {
                return Err(refusal(tx, campaign, CampaignAction::Schedule));
            }
            checked.map_or(Ok(()), |checked| still_as_checked(tx, campaign, checked))?;
            let local = i64::from(links_to_this_machine);
            tx.execute(SCHEDULE_PUT, (campaign.0, starts_at.0, audience_at_most, local))?;
            note(tx, campaign, "")
        })
        .await
    }

    /// Makes a scheduled campaign a draft again.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it is not scheduled (any more).
    pub async fn campaign_take_back(&self, id: CampaignId) -> Result<(), StoreError> {
        self.write(move |tx| match take_back(tx, id)? {
            true => Ok(()),
            false => Err(refusal(tx, id, CampaignAction::TakeBack)),
        })
        .await
    }

    /// The same because it could not be started at its time: notes why. Does nothing when it is not
    /// scheduled for that time any more; returns whether it was.
    pub async fn campaign_start_failed(
        &self,
        schedule: Schedule,
        why: String,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let found = tx.first(SCHEDULE_FIND, [schedule.campaign.0], read)?;
            if found.is_none_or(|found| found.starts_at != schedule.starts_at) {
                return Ok(false);
            }
            let was_scheduled = take_back(tx, schedule.campaign)?;
            note(tx, schedule.campaign, &why)?;
            Ok(was_scheduled)
        })
        .await
    }

    /// When the campaign starts by itself, if it does.
    pub async fn campaign_schedule_find(
        &self,
        id: CampaignId,
    ) -> Result<Option<Schedule>, StoreError> {
        self.read(move |tx| tx.first(SCHEDULE_FIND, [id.0], read)).await
    }

    /// The schedules whose time has come, the earliest first, at most 100.
    pub async fn campaign_schedules_due(
        &self,
        now: Timestamp,
    ) -> Result<Vec<Schedule>, StoreError> {
        self.read(move |tx| tx.all(SCHEDULES_DUE, [now.0], read)).await
    }
}

/// Takes back whatever is scheduled, with a note on why; returns what that was.
pub(crate) fn take_all_back(tx: &Tx<'_>, why: &str) -> Result<Vec<CampaignId>, StoreError> {
    let mut taken = Vec::new();
    loop {
        let found = tx.all(SCHEDULES_DUE, [i64::MAX], read)?;
        if found.is_empty() {
            return Ok(taken);
        }
        for schedule in found {
            take_back(tx, schedule.campaign)?;
            note(tx, schedule.campaign, why)?;
            taken.push(schedule.campaign);
        }
    }
}

/// Whether it was scheduled.
fn take_back(tx: &Tx<'_>, id: CampaignId) -> Result<bool, StoreError> {
    let moved = tx.execute(CAMPAIGN_TAKE_BACK, [id.0])? > 0;
    remove(tx, id)?;
    Ok(moved)
}

pub(crate) fn remove(tx: &Tx<'_>, id: CampaignId) -> Result<(), StoreError> {
    tx.execute(SCHEDULE_REMOVE, [id.0]).map(drop)
}

fn note(tx: &Tx<'_>, id: CampaignId, why: &str) -> Result<(), StoreError> {
    tx.execute(SETTING_PUT, (format!("{CAMPAIGN_TROUBLE}/{id}"), why)).map(drop)
}

fn read(row: &SqlRow<'_>) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        campaign: CampaignId(row.get(0)?),
        starts_at: Timestamp(row.get(1)?),
        audience_at_most: row.get(2)?,
        links_to_this_machine: row.get::<i64>(3)? != 0,
    })
}
