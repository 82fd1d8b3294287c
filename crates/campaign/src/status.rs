//! How far a campaign is, how fast it goes, what holds it up.

use std::time::Duration;

use model::{CampaignId, CampaignState, DeliveryState, Timestamp};
use store::{Campaign, DeliveryCounts, Store};

use crate::CampaignError;
use crate::life::find;

/// Where each node's mailer says what holds it up; empty when nothing does.
const RELAY_TROUBLE: &str = "relay_trouble/";
/// Minutes over which the rate is taken.
const RATE_MINUTES: i64 = 5;
const MINUTE: i64 = 60_000_000;

/// How a campaign gets on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The campaign.
    pub campaign: Campaign,
    /// Its deliveries by state; the sum is its audience, as far as that is made.
    pub counts: DeliveryCounts,
    /// About how large the audience will be, while it is not complete.
    pub expected: Option<i64>,
    /// Deliveries that came to an end per minute, over the last minutes.
    pub rate_per_minute: i64,
    /// When the last one will have, at that rate.
    pub expected_end: Option<Timestamp>,
    /// What holds sending up, for people.
    pub trouble: Option<String>,
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
}

/// How the campaign gets on.
///
/// # Errors
/// When there is no such campaign.
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
        expected_end: None,
        trouble: None,
    };
    if sending {
        let since = now.0.div_euclid(MINUTE) - RATE_MINUTES + 1;
        let minutes = store.campaign_minutes(id, since).await?;
        let begun = status.campaign.started_at.map_or(i64::MIN, |at| at.0).max(since * MINUTE);
        let ended = minutes.iter().map(|(_, ended)| ended).sum();
        status.rate_per_minute = rate(ended, now.0 - begun);
        status.expected_end = end(status.open(), status.rate_per_minute, now);
        status.trouble = trouble(store, now).await?;
    }
    Ok(status)
}

/// What the mailers of the nodes that are at work say; where there are several, with their names.
async fn trouble(store: &Store, now: Timestamp) -> Result<Option<String>, CampaignError> {
    let said = store.settings_beginning(RELAY_TROUBLE.to_owned()).await?;
    let nodes = store.nodes_list(now).await?;
    let alive: Vec<_> = nodes.iter().filter(|node| node.alive).collect();
    let texts = alive.iter().filter_map(|node| {
        let key = format!("{RELAY_TROUBLE}{}", node.number);
        let (_, text) = said.iter().find(|(found, text)| *found == key && !text.is_empty())?;
        Some(if alive.len() > 1 { format!("{}: {text}", node.host) } else { text.clone() })
    });
    let texts: Vec<String> = texts.collect();
    Ok((!texts.is_empty()).then(|| texts.join("; ")))
}

/// Per minute; a time of less than a second counts as one, so that a start shows no wonders.
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
