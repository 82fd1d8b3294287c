//! What a list says about a campaign: the part of its report that fits into a line.

use serde::Serialize;

use crate::campaign_report::{CampaignFacts, CampaignReport, Deliveries, Tracking};
use crate::open_rate::{Clicks, Evidence};

/// The large figures of a campaign. Its report has the same, made in the same way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CampaignHeadline {
    /// Which campaign, and when it ran; without its subject line.
    pub campaign: CampaignFacts,
    pub audience: i64,
    pub deliveries: Deliveries,
    /// What sent messages tell of their readers.
    pub tracking: Tracking,
    /// Contacts by their best evidence of a person.
    pub evidence: Evidence,
    pub clicks: Clicks,
    /// Contacts who unsubscribed through a message of this campaign.
    pub unsubscribes: i64,
}

impl CampaignHeadline {
    /// Whether deliveries are still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.deliveries.queued + self.deliveries.leased > 0
    }
}

impl CampaignReport {
    /// What a list says of it.
    #[must_use]
    pub fn headline(&self) -> CampaignHeadline {
        CampaignHeadline {
            campaign: self.campaign.clone(),
            audience: self.audience,
            deliveries: self.deliveries,
            tracking: self.tracking,
            evidence: self.evidence,
            clicks: self.clicks,
            unsubscribes: self.unsubscribes,
        }
    }
}
