//! What another rule set would say of campaigns.
//!
//! Invariant: both figures of a campaign are made from what was counted at one moment.

use model::{CampaignId, RuleSet, TopicScope};
use serde::Serialize;
use store::{CampaignTab, Store};

use crate::from_store::headline;
use crate::{CampaignFacts, CampaignHeadline, ReportError};

/// Contacts, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bounds {
    pub floor: i64,
    pub ceiling: i64,
}

/// Who opened a campaign and who clicked in it, by one rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CampaignBounds {
    pub opened: Bounds,
    pub clicked: Bounds,
}

/// A campaign by two rule sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReclassifiedCampaign {
    pub campaign: CampaignFacts,
    pub before: CampaignBounds,
    pub after: CampaignBounds,
}

impl CampaignBounds {
    #[must_use]
    pub const fn of(line: &CampaignHeadline) -> Self {
        let (evidence, clicks) = (&line.evidence, &line.clicks);
        Self {
            opened: Bounds { floor: evidence.floor, ceiling: evidence.ceiling },
            clicked: Bounds { floor: clicks.floor, ceiling: clicks.ceiling },
        }
    }
}

impl ReclassifiedCampaign {
    #[must_use]
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}

/// The newest `limit` campaigns of these topics that were created before `before`, drafts among them,
/// by the rule set `from` and by the rule set `to`.
pub async fn campaigns_reclassified(
    store: &Store,
    topics: TopicScope,
    before: Option<CampaignId>,
    limit: usize,
    (from, to): (&RuleSet, &RuleSet),
) -> Result<Vec<ReclassifiedCampaign>, ReportError> {
    let before = before.unwrap_or(CampaignId(i64::MAX));
    let tallies = store.campaign_tallies(CampaignTab::All, topics, before, limit).await?;
    let both = tallies.iter().map(|tally| {
        let (old, new) = (headline(tally, from).0, headline(tally, to).0);
        let (before, after) = (CampaignBounds::of(&old), CampaignBounds::of(&new));
        ReclassifiedCampaign { campaign: old.campaign, before, after }
    });
    Ok(both.collect())
}
