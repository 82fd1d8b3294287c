//! The head of a campaign's page: its name, its state, its topic, when it was sent.

use campaign::CampaignRecord;
use model::{CampaignNumber, CampaignState};
use store::Campaign;

pub(crate) struct CampaignHead {
    pub(crate) number: CampaignNumber,
    pub(crate) name: String,
    pub(crate) state: CampaignState,
    pub(crate) topic: String,
    pub(crate) when: String,
    /// Unless it is the name.
    pub(crate) subject: Option<String>,
}

impl CampaignHead {
    pub(crate) fn new(record: &CampaignRecord, topic: String) -> Self {
        let CampaignRecord { campaign, announcement, .. } = record;
        let subject = &announcement.subject;
        Self {
            number: campaign.id.number(),
            name: campaign.name.clone(),
            state: campaign.state,
            topic,
            when: when(campaign),
            subject: (*subject != campaign.name).then(|| subject.clone()),
        }
    }
}

fn when(campaign: &Campaign) -> String {
    match (campaign.started_at, campaign.finished_at) {
        (None, _) => format!("created {}", campaign.created_at.readable()),
        (Some(start), None) => format!("sending since {}", start.readable()),
        (Some(start), Some(end)) => format!("sent {}", span(&start.readable(), &end.readable())),
    }
}

/// `12 Nov 2026, 10:00 to 10:04 UTC`: what two readable times share is said once.
fn span(from: &str, to: &str) -> String {
    match (from.split_once(", "), to.split_once(", ")) {
        _ if from == to => from.to_owned(),
        (Some((day, start)), Some((same, end))) if day == same => {
            format!("{day}, {} to {end}", start.trim_end_matches(" UTC"))
        }
        _ => format!("{from} to {to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_one_day_name_it_once() {
        let end = |text| span("12 Nov 2026, 10:00 UTC", text);
        assert_eq!(end("12 Nov 2026, 10:04 UTC"), "12 Nov 2026, 10:00 to 10:04 UTC");
        assert_eq!(
            end("13 Nov 2026, 00:04 UTC"),
            "12 Nov 2026, 10:00 UTC to 13 Nov 2026, 00:04 UTC"
        );
        assert_eq!(end("12 Nov 2026, 10:00 UTC"), "12 Nov 2026, 10:00 UTC");
    }
}
