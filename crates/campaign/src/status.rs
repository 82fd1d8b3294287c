//! How far a campaign is, how fast it is going, and what holds it up.

use std::time::Duration;

use model::{CampaignId, CampaignState, DeliveryState, Timestamp};
use store::notice_keys::{
    CAMPAIGN_TROUBLE, JOURNAL_TROUBLE, MAILER_LIMIT, RELAY_TROUBLE, STORE_TROUBLE,
};
use store::{Campaign, DeliveryCounts, NodeRow, Store};

use crate::CampaignError;
use crate::pause::find;

/// Minutes over which the rate is taken.
const RATE_MINUTES: i64 = 5;
const MINUTE: i64 = 60_000_000;
/// Campaigns looked at for the pace of an earlier one, and how many it must have reached to tell anything.
const PACES: usize = 5;
const LARGE: i64 = 1_000;

/// How a campaign gets on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub campaign: Campaign,
    /// Its deliveries by state; their sum is its audience, as far as that has been built.
    pub counts: DeliveryCounts,
    /// About how large the audience will be, while it is incomplete.
    pub expected: Option<i64>,
    /// Deliveries that ended per minute, over the last minutes.
    pub rate_per_minute: i64,
    /// The limit on messages per minute for this campaign, if there is one.
    pub limit_per_minute: Option<i64>,
    /// When the last one will have ended, at that rate, or at the limit before there is a rate.
    pub expected_end: Option<Timestamp>,
    /// When it starts by itself, if it is scheduled.
    pub starts_at: Option<Timestamp>,
    /// What sending waits for at the moment, if nothing is wrong.
    pub waits_for: Option<WaitingFor>,
    /// What holds up sending or has stopped it, for people.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingFor {
    /// Somebody has to start a server.
    Mailer,
    /// Everybody who is left will be retried later.
    NextTry {
        /// How many they are.
        people: i64,
        /// When the first of them is due.
        at: Timestamp,
        /// What the relay said to that one.
        reply: Option<String>,
    },
}

impl std::fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mailer => f.write_str("waiting for a mailer: start `pharos serve`"),
            Self::NextTry { people, at, reply } => {
                let recipients = if *people == 1 { "recipient" } else { "recipients" };
                let at = at.readable();
                write!(f, "waiting to retry {people} {recipients}, the next one at {at}")?;
                match reply {
                    Some(reply) => write!(f, "; the last answer was: {reply}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// How fast a campaign is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    pub rate_per_minute: i64,
    pub limit_per_minute: Option<i64>,
    pub expected_end: Option<Timestamp>,
    /// What sending waits for, for people.
    pub waits_for: Option<String>,
}

impl Pace {
    /// Pace and expected end, or what it waits for.
    #[must_use]
    pub fn line(&self) -> String {
        if let Some(waiting) = &self.waits_for {
            return waiting.clone();
        }
        let mut line = match (self.rate_per_minute, self.limit_per_minute) {
            (0, Some(limit)) => format!("limited to {limit} per minute"),
            (0, None) => "no delivery was completed in the last minutes".to_owned(),
            (rate, Some(limit)) => format!("{rate} per minute, limited to {limit}"),
            (rate, None) => format!("{rate} per minute"),
        };
        if let Some(end) = self.expected_end {
            line.push_str(&format!(", done by about {}", end.readable()));
        }
        line
    }
}

impl Status {
    /// Deliveries to which nothing more happens.
    #[must_use]
    pub fn ended(&self) -> i64 {
        self.counts.total() - self.open()
    }

    /// Deliveries that are still to be made.
    #[must_use]
    pub fn open(&self) -> i64 {
        let open = DeliveryState::ALL.into_iter().filter(|state| state.is_open());
        open.map(|state| self.counts.get(state)).sum()
    }

    /// Its progress in one line for people: pace and expected end, or what it waits for. None
    /// unless it is being sent.
    #[must_use]
    pub fn pace(&self) -> Option<String> {
        (self.campaign.state == CampaignState::Sending).then(|| {
            let pace = Pace {
                rate_per_minute: self.rate_per_minute,
                limit_per_minute: self.limit_per_minute,
                expected_end: self.expected_end,
                waits_for: self.waits_for.as_ref().map(ToString::to_string),
            };
            pace.line()
        })
    }

    /// At the rate of the last minutes, capped by the limit; before there is a rate, at the limit.
    /// Not before the last retries are due.
    fn forecast(&self, now: Timestamp) -> Option<Timestamp> {
        let limit = self.limit_per_minute.unwrap_or(i64::MAX);
        let rate = match self.rate_per_minute {
            0 => self.limit_per_minute.filter(|_| self.trouble.is_none())?,
            rate => rate.min(limit),
        };
        let end = end(self.open(), rate, now)?;
        match &self.waits_for {
            Some(WaitingFor::NextTry { at, .. }) => Some(end.max(*at)),
            _ => Some(end),
        }
    }
}

/// How the campaign gets on.
pub async fn status(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<Status, CampaignError> {
    let campaign = find(store, id).await?;
    let sending = campaign.state == CampaignState::Sending;
    let counts = store.deliveries_count(id).await?;
    let expansion = store.expansion_find(id).await?;
    let expected = expansion.map(|expansion| expansion.expected);
    let mut status = Status {
        campaign,
        counts,
        expected,
        rate_per_minute: 0,
        limit_per_minute: None,
        expected_end: None,
        starts_at: None,
        waits_for: None,
        trouble: None,
    };
    if status.campaign.state == CampaignState::Scheduled {
        status.starts_at = store.campaign_schedule_find(id).await?.map(|it| it.starts_at);
    }
    let own = store.setting_find(format!("{CAMPAIGN_TROUBLE}/{id}")).await?;
    let own = own.filter(|text| !text.is_empty());
    if matches!(status.campaign.state, CampaignState::Paused | CampaignState::Draft) {
        status.trouble = own;
    } else if sending {
        let since = now.0.div_euclid(MINUTE) - RATE_MINUTES + 1;
        let minutes = store.campaign_minutes(id, since).await?;
        let begun = status.campaign.started_at.map_or(i64::MIN, |at| at.0).max(since * MINUTE);
        let ended = minutes.iter().map(|(_, ended)| ended).sum();
        status.rate_per_minute = rate(ended, now.0 - begun);
        let nodes = store.nodes_list(now).await?;
        let nodes: Vec<NodeRow> = nodes.into_iter().filter(|node| node.alive).collect();
        let mailers = mailers(store, &nodes).await?;
        status.limit_per_minute = limit(store, &mailers).await?;
        status.trouble = trouble(store, &nodes, own).await?;
        status.waits_for = match mailers.is_empty() {
            true => Some(WaitingFor::Mailer),
            false => next_try(store, &status, now).await?,
        };
        if status.waits_for != Some(WaitingFor::Mailer) {
            status.expected_end = status.forecast(now);
        }
    }
    Ok(status)
}

/// About how many messages a minute would go out if a campaign began now: the limit, and the pace of the
/// last large one. Nothing when neither is known.
///
/// # Errors
/// When the store fails.
pub async fn rate_expected(store: &Store, now: Timestamp) -> Result<Option<i64>, CampaignError> {
    let nodes = store.nodes_list(now).await?;
    let nodes: Vec<NodeRow> = nodes.into_iter().filter(|node| node.alive).collect();
    let limit = mailers(store, &nodes).await?.iter().copied().flatten().max();
    let sending = i64::try_from(store.campaigns_sending().await?.campaigns.len()).unwrap_or(0);
    let share = limit.map(|limit| (limit / (sending + 1)).max(1));
    let last = store.campaigns_list().await?.into_iter().filter(|it| it.finished_at.is_some());
    for campaign in last.take(PACES) {
        let (Some(from), Some(to)) = (campaign.started_at, campaign.finished_at) else { continue };
        let sent = store.deliveries_count(campaign.id).await?.get(DeliveryState::Sent);
        if sent >= LARGE {
            let pace = rate(sent, to.0 - from.0).max(1);
            return Ok(Some(share.map_or(pace, |share| share.min(pace))));
        }
    }
    Ok(share)
}

/// The limits that the running mailers use, one each.
async fn mailers(store: &Store, nodes: &[NodeRow]) -> Result<Vec<Option<i64>>, CampaignError> {
    let told = store.settings_beginning(format!("{MAILER_LIMIT}/")).await?;
    let limits = nodes.iter().filter_map(|node| {
        let key = format!("{MAILER_LIMIT}/{}", node.number);
        told.iter().find(|(found, _)| *found == key).map(|(_, limit)| limit.parse().ok())
    });
    Ok(limits.collect())
}

/// This campaign's share of the limit: all campaigns being sent share it.
async fn limit(store: &Store, mailers: &[Option<i64>]) -> Result<Option<i64>, CampaignError> {
    let Some(limit) = mailers.iter().copied().flatten().max() else { return Ok(None) };
    let sending = i64::try_from(store.campaigns_sending().await?.campaigns.len()).unwrap_or(1);
    Ok(Some((limit / sending.max(1)).max(1)))
}

/// None as long as there is somebody who may be mailed at once.
async fn next_try(
    store: &Store,
    status: &Status,
    now: Timestamp,
) -> Result<Option<WaitingFor>, CampaignError> {
    if status.counts.get(DeliveryState::Leased) > 0 {
        return Ok(None);
    }
    let next = store.delivery_next_try(status.campaign.id).await?;
    let people = status.counts.get(DeliveryState::Queued);
    Ok(next.filter(|next| next.at > now).map(|next| WaitingFor::NextTry {
        people,
        at: next.at,
        reply: next.reply,
    }))
}

/// What the mailers of the running nodes report, and what is known about the campaign itself; with
/// the nodes' names if there are several.
async fn trouble(
    store: &Store,
    nodes: &[NodeRow],
    own: Option<String>,
) -> Result<Option<String>, CampaignError> {
    let mut texts = Vec::from_iter(own);
    for kind in [RELAY_TROUBLE, STORE_TROUBLE, JOURNAL_TROUBLE] {
        let said = store.settings_beginning(format!("{kind}/")).await?;
        texts.extend(nodes.iter().filter_map(|node| {
            let key = format!("{kind}/{}", node.number);
            let (_, text) = said.iter().find(|(found, text)| *found == key && !text.is_empty())?;
            Some(if nodes.len() > 1 { format!("{}: {text}", node.host) } else { text.clone() })
        }));
    }
    Ok((!texts.is_empty()).then(|| texts.join("; ")))
}

/// Per minute; less than a second counts as one, so that a start does not show inflated rates.
fn rate(ended: i64, microseconds: i64) -> i64 {
    ended.saturating_mul(60) / (microseconds / 1_000_000).max(1)
}

fn end(open: i64, rate_per_minute: i64, now: Timestamp) -> Option<Timestamp> {
    if open == 0 || rate_per_minute == 0 {
        return None;
    }
    let seconds = open.saturating_mul(60) / rate_per_minute;
    Some(now.after(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_expected_at_the_present_rate() {
        assert_eq!(rate(500, 150 * 1_000_000), 200);
        assert_eq!(rate(500, 10), 30_000);
        let now = Timestamp(0);
        assert_eq!(end(400, 200, now), Some(Timestamp(120_000_000)));
        assert_eq!(end(400, 0, now), None);
        assert_eq!(end(0, 200, now), None);
    }
}
