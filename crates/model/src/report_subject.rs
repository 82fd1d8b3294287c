//! What a report that is mailed is about.

use crate::{CampaignId, TopicId};

/// What a report that is mailed is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportSubject {
    Campaign(CampaignId),
    /// A topic's campaigns in the order of their start.
    Topic(TopicId),
    /// Campaigns beside each other.
    Comparison(Vec<CampaignId>),
}

impl ReportSubject {
    /// As the store and programs call it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign",
            Self::Topic(_) => "topic",
            Self::Comparison(_) => "comparison",
        }
    }

    /// The campaigns that it names.
    #[must_use]
    pub fn campaigns(&self) -> &[CampaignId] {
        match self {
            Self::Campaign(campaign) => std::slice::from_ref(campaign),
            Self::Comparison(campaigns) => campaigns,
            Self::Topic(_) => &[],
        }
    }
}
