//! Starts campaigns by themselves at their time.
//!
//! Invariants: what is scheduled was checked, and its warnings accepted, by somebody who was there; at
//! its time it is checked again, and what can't be started then is a draft again with a note on why.
//! One that was taken back or moved at the last moment is not started: the store compares the time.
//! Nothing is started long after its time, when nobody expects it any more.

use std::time::Duration;

use media::FileStore;
use model::{CampaignId, Timestamp};
use render::Sender;
use store::{Schedule, Started, Store, StoreError};

use crate::pause::find;
use crate::preflight::{Allow, Preflight, preflight};
use crate::{CampaignError, CheckFinding, start};

/// Clocks of people and servers differ; what was meant as *now* may have passed by so much.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);
const FARTHEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// A campaign that could not be started so long after its time is not started any more: a server
/// that was down over night must not send the announcement of yesterday.
pub const LATEST_START: Duration = Duration::from_secs(6 * 60 * 60);

/// When and how a campaign is to start by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleWish {
    pub starts_at: Timestamp,
    /// Neither schedule nor start it for a larger audience.
    pub audience_at_most: Option<i64>,
    pub allow: Allow,
}

/// Checks a draft as a start does, and lets it start by itself at a time. A campaign that is
/// scheduled already gets the new time.
///
/// # Errors
/// When it could not be started now, or the time is none to come.
pub async fn schedule(
    store: &Store,
    ready: &Preflight,
    wish: ScheduleWish,
    now: Timestamp,
) -> Result<(), CampaignError> {
    may_schedule(ready, wish, now)?;
    let ScheduleWish { starts_at, audience_at_most, allow } = wish;
    if !ready.accepts.is_empty() {
        let accepts = ready.accepts.iter().map(CheckFinding::acceptance).collect();
        // An entry of the audit log belongs beside the schedule.
        store.preparing().warnings_accept(ready.id, accepts, now).await?;
    }
    let links_to_this_machine = allow.links_to_this_machine;
    let schedule =
        Schedule { campaign: ready.id, starts_at, audience_at_most, links_to_this_machine };
    match store.campaign_schedule(schedule, ready.checked).await {
        Err(StoreError::Changed("announcement")) => Err(CampaignError::TextChanged(ready.id)),
        done => Ok(done?),
    }
}

/// Whether [`schedule`] would do it.
///
/// # Errors
/// When it would not.
pub fn may_schedule(
    ready: &Preflight,
    wish: ScheduleWish,
    now: Timestamp,
) -> Result<(), CampaignError> {
    let at = wish.starts_at;
    let is_past = at.after(CLOCKS_DIFFER) < now;
    if is_past || at > now.after(FARTHEST) {
        return Err(CampaignError::BadTime { at: at.readable(), is_past });
    }
    ready.expects(wish.audience_at_most)
}

/// Makes a scheduled campaign a draft again.
///
/// # Errors
/// When it is not scheduled, or has started in the meantime.
pub async fn take_back(store: &Store, id: CampaignId) -> Result<(), CampaignError> {
    find(store, id).await?;
    Ok(store.campaign_take_back(id).await?)
}

/// Starts a campaign whose time has come and builds its audience. `acting` is the store in which the
/// start is logged. New warnings don't hold it up: somebody has accepted those there were.
///
/// # Errors
/// When it can't be started. Unless that is passing trouble with the database, it is a draft again
/// with a note on why; the same call changes nothing more.
pub async fn start_due(
    (store, acting): (&Store, &Store),
    sender: &Sender,
    files: &FileStore,
    schedule: Schedule,
    now: Timestamp,
) -> Result<Started, CampaignError> {
    let started = if schedule.starts_at.after(LATEST_START) < now {
        let at = schedule.starts_at.readable();
        Err(CampaignError::StartMissed { at })
    } else {
        start_now((store, acting), sender, files, schedule, now).await
    };
    if let Err(error) = &started {
        let passes = match error {
            CampaignError::Store(error) => error.is_passing(),
            // The audience is being built, or will be by the next to come.
            CampaignError::PausedMeanwhile(_) | CampaignError::Files(_) => true,
            _ => false,
        };
        if !passes {
            let why = format!("It was to start at {}: {error}", schedule.starts_at.readable());
            store.campaign_start_failed(schedule, why).await?;
        }
    }
    started
}

async fn start_now(
    (store, acting): (&Store, &Store),
    sender: &Sender,
    files: &FileStore,
    schedule: Schedule,
    now: Timestamp,
) -> Result<Started, CampaignError> {
    let allow = Allow { links_to_this_machine: schedule.links_to_this_machine, warnings: true };
    let mut ready = preflight(store, sender, files, schedule.campaign, allow).await?;
    ready.expects(schedule.audience_at_most)?;
    if let Some(frozen) = &mut ready.frozen {
        frozen.scheduled_for = Some(schedule.starts_at);
    }
    start(acting, ready, now, |_, _| {}).await
}

#[cfg(test)]
#[path = "schedule/tests.rs"]
mod tests;
