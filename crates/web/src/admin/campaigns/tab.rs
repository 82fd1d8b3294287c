//! The tabs of the list of campaigns.

use std::time::Duration;

use store::CampaignTab;

use crate::admin::page::listing::ListAddress;
use crate::clock::now;

/// What failed longer ago needs nobody any more.
const NEEDS_SINCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A part of the list by what campaigns need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    All,
    NeedsYou,
    Running,
    Scheduled,
    Drafts,
    Done,
}

impl Tab {
    pub(crate) const ALL: [Self; 6] =
        [Self::All, Self::NeedsYou, Self::Running, Self::Scheduled, Self::Drafts, Self::Done];

    pub(crate) const fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::NeedsYou => Some("needs-you"),
            Self::Running => Some("running"),
            Self::Scheduled => Some("scheduled"),
            Self::Drafts => Some("drafts"),
            Self::Done => Some("done"),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::NeedsYou => "Needs you",
            Self::Running => "Running",
            Self::Scheduled => "Scheduled",
            Self::Drafts => "Drafts",
            Self::Done => "Done",
        }
    }

    /// What an empty one means.
    pub(crate) const fn nothing(self) -> &'static str {
        match self {
            Self::All => "",
            Self::NeedsYou => {
                "No campaign was stopped by trouble, and none of the last 30 days has \
                deliveries that failed or are in doubt."
            }
            Self::Running => "No campaign is being sent or paused.",
            Self::Scheduled => "No campaign waits for its time.",
            Self::Drafts => "No campaign is being written.",
            Self::Done => "No campaign is finished yet.",
        }
    }

    pub(crate) fn campaigns(self) -> CampaignTab {
        match self {
            Self::All => CampaignTab::All,
            Self::NeedsYou => CampaignTab::NeedsYou { since: now().before(NEEDS_SINCE) },
            Self::Running => CampaignTab::Running,
            Self::Scheduled => CampaignTab::Scheduled,
            Self::Drafts => CampaignTab::Drafts,
            Self::Done => CampaignTab::Done,
        }
    }

    pub(crate) fn address(self) -> ListAddress {
        ListAddress::new("/admin/campaigns", &[("tab", self.word())])
    }
}
