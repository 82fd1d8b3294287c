//! The funnel of a campaign: how many contacts are left at each step from the audience on.
//!
//! Invariant (promise P8): made of the figures of its report and of nothing else.

use serde::Serialize;

use crate::campaign_report::CampaignReport;

/// A step of the funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FunnelStep {
    /// audience, tried, accepted, opened, clicked or unsubscribed.
    pub step: &'static str,
    /// Contacts, at least.
    pub floor: i64,
    /// Contacts, at most.
    pub ceiling: i64,
    /// Of how many a share is.
    pub of: i64,
}

impl CampaignReport {
    /// From the audience to those who left.
    #[must_use]
    pub fn funnel(&self) -> [FunnelStep; 6] {
        let (it, of) = (&self.deliveries, self.evidence.denominator);
        let exact =
            |step, contacts, of| FunnelStep { step, floor: contacts, ceiling: contacts, of };
        [
            exact("audience", self.audience, self.audience),
            exact("tried", it.sent + it.failed + it.in_doubt, self.audience),
            exact("accepted", it.sent, self.audience),
            FunnelStep {
                step: "opened",
                floor: self.evidence.floor,
                ceiling: self.evidence.ceiling,
                of,
            },
            FunnelStep {
                step: "clicked",
                floor: self.clicks.floor,
                ceiling: self.clicks.ceiling,
                of,
            },
            exact("unsubscribed", self.unsubscribes, of),
        ]
    }
}
