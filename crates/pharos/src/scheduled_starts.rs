//! Starts campaigns whose time has come.

use std::collections::BTreeMap;
use std::time::Duration;

use access::{Actor, Object};
use actions::LiveSettings;
use campaign::CampaignError;
use media::FileStore;
use model::{CampaignId, Right, Timestamp};
use serde_json::json;
use store::{AuditObject, Schedule, Store};
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// How often to look. A person who watches the seconds go by does not wait much longer.
const LOOK: Duration = Duration::from_millis(500);
/// Who starts, for the audit log; who has scheduled it stands there as well.
const WHO: &str = "the schedule";

/// What a scheduled start is done with.
pub(crate) struct ScheduledStarts {
    pub store: Store,
    pub settings: LiveSettings,
    pub files: FileStore,
}

impl ScheduledStarts {
    /// Starts what is due, until `shutdown`.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut told = BTreeMap::new();
        while shutdown.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            // The next server continues one that is dropped half-way.
            let Some(due) = shutdown.run_until_cancelled(self.due()).await else { return };
            told.retain(|id, _| due.iter().any(|schedule| schedule.campaign == *id));
            for schedule in due {
                if let Err(why) = self.can_start(schedule) {
                    tell(schedule.campaign, Err(why), &mut told);
                    continue;
                }
                match shutdown.run_until_cancelled(self.start(schedule)).await {
                    Some(outcome) => {
                        let outcome = outcome.map_err(|error| error.to_string());
                        tell(schedule.campaign, outcome, &mut told);
                    }
                    None => return,
                }
            }
        }
    }

    async fn due(&self) -> Vec<Schedule> {
        let due = self.store.campaign_schedules_due(now()).await;
        let due = due.inspect_err(|error| {
            tracing::warn!(%error, "can't see which campaigns are to start for now");
        });
        due.unwrap_or_default()
    }

    /// While nothing can be sent, what is due waits: as long as it may be late.
    fn can_start(&self, schedule: Schedule) -> Result<(), String> {
        let is_too_late = schedule.starts_at.after(campaign::LATEST_START) < now();
        match self.settings.now().can_send() {
            Err(refusal) if !is_too_late => Err(refusal.words),
            _ => Ok(()),
        }
    }

    async fn start(&self, schedule: Schedule) -> Result<(), CampaignError> {
        let now = now();
        let acting = self.acting(schedule, now);
        let stores = (&self.store, &acting);
        let sender = &self.settings.now().sender;
        campaign::start_due(stores, sender, &self.files, schedule, now).await.map(drop)
    }

    fn acting(&self, schedule: Schedule, now: Timestamp) -> Store {
        let object = AuditObject::new("campaign", schedule.campaign.0);
        let after = json!({ "scheduled_for": schedule.starts_at.rfc3339() }).to_string();
        let schedule = Actor::command_line(WHO);
        match schedule.may(Right::CampaignsSend, Object::Installation) {
            Ok(permit) => {
                permit.acting(&self.store, "campaign.start", object, (None, Some(after)), now)
            }
            Err(_) => self.store.clone(),
        }
    }
}

/// Each outcome once, however often it is tried.
fn tell(id: CampaignId, outcome: Result<(), String>, told: &mut BTreeMap<CampaignId, String>) {
    match outcome {
        Ok(()) => tracing::info!(campaign = %id, "it has started as scheduled"),
        Err(error) => {
            if told.get(&id) != Some(&error) {
                tracing::warn!(campaign = %id, %error, "it could not be started as scheduled");
                told.insert(id, error);
            }
        }
    }
}
