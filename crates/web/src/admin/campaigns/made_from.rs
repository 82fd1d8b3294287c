//! What a campaign was made from, for its page.

use campaign::CampaignRecord;
use model::InDoubtPolicy;
use store::AnnouncementVersion;

use crate::admin::page::choice::Choice;
use crate::admin::page::tracking_choice::limits;

/// What a campaign was made from, and what somebody has agreed to.
pub(crate) struct MadeFrom {
    pub(crate) announcement: AnnouncementVersion,
    pub(crate) in_doubt: &'static str,
    pub(crate) accepted: Vec<Accepted>,
    /// The most that it records.
    pub(crate) tracking: Vec<Choice>,
    pub(crate) may_write: bool,
}

pub(crate) struct Accepted {
    pub(crate) when: String,
    pub(crate) text: String,
    /// It was shown for another version than the one that is sent.
    pub(crate) of_other_version: bool,
}

impl MadeFrom {
    pub(crate) fn new(record: &CampaignRecord, may_write: bool) -> Self {
        let accepted = record.accepted.iter().map(|it| Accepted {
            when: it.at.readable(),
            text: it.warning.text.clone(),
            of_other_version: it.announcement != record.announcement.id,
        });
        Self {
            announcement: record.announcement.clone(),
            in_doubt: match record.campaign.policy {
                InDoubtPolicy::NeverResend => "never sent again, so nobody gets it twice",
                InDoubtPolicy::Resend => "sent again under the same Message-ID",
            },
            accepted: accepted.collect(),
            tracking: limits(record.tracking.campaign, "As much as its readers allow"),
            may_write,
        }
    }
}
