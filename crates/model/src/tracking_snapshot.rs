//! What may be recorded of everybody, as it stood at one moment: in memory, for whoever can't wait for the
//! store.
//!
//! Invariant: it never allows more than the store did at that moment. Of a contact who is not known here,
//! and may have said something, nothing may be recorded.

use std::collections::HashMap;

use crate::{CampaignId, ContactId, TrackingChoices, TrackingMode, TrackingPolicy};

/// Bits of a contact's entry that hold the mode.
const MODE_BITS: u32 = 2;

/// What was decided for all, for campaigns, and by contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingSnapshot {
    policy: TrackingPolicy,
    /// Those for which something was decided, by their topic or for themselves.
    campaigns: HashMap<CampaignId, TrackingChoices>,
    /// Contacts who have said something, with what: 8 bytes each, in their order.
    said: Vec<i64>,
    /// Whether nobody else has said anything, and nothing was decided for another campaign.
    is_complete: bool,
}

impl TrackingSnapshot {
    #[must_use]
    pub fn new(
        policy: TrackingPolicy,
        campaigns: impl IntoIterator<Item = (CampaignId, TrackingChoices)>,
        said: impl IntoIterator<Item = (ContactId, TrackingMode)>,
        is_complete: bool,
    ) -> Self {
        let entry =
            |(contact, mode): (ContactId, TrackingMode)| (contact.0 << MODE_BITS) | mode.code();
        let mut said: Vec<i64> = said.into_iter().map(entry).collect();
        said.sort_unstable();
        Self { policy, campaigns: campaigns.into_iter().collect(), said, is_complete }
    }

    /// What may be recorded of a contact's message.
    #[must_use]
    pub fn mode(&self, campaign: CampaignId, contact: ContactId) -> TrackingMode {
        let place = self.said.binary_search_by_key(&contact.0, |entry| entry >> MODE_BITS);
        let entry = place.ok().and_then(|place| self.said.get(place));
        let said = entry.and_then(|entry| TrackingMode::from_code(entry & ((1 << MODE_BITS) - 1)));
        let choices = self.campaigns.get(&campaign).copied();
        if !self.is_complete && (said.is_none() || choices.is_none()) {
            return TrackingMode::Off;
        }
        self.policy.mode(TrackingChoices { contact: said, ..choices.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrackingMode::{Anonymous, Identified, Off};
    use proptest::prelude::*;

    const CAMPAIGN: CampaignId = CampaignId(3);

    fn mode() -> impl Strategy<Value = TrackingMode> {
        prop::sample::select(&TrackingMode::ALL[..])
    }

    proptest! {
        #[test]
        fn it_says_what_the_policy_says_of_everybody(
            at_most in mode(),
            without_consent in mode(),
            said in prop::collection::btree_map(1..1_i64 << 60, mode(), 0..50),
            (topic, campaign) in (prop::option::of(mode()), prop::option::of(mode())),
            stranger in 1..1_i64 << 60,
        ) {
            let policy = TrackingPolicy { at_most, without_consent, address_days: 30 };
            let choices = TrackingChoices { contact: None, topic, campaign };
            let all = said.iter().map(|(id, mode)| (ContactId(*id), *mode));
            let snapshot = TrackingSnapshot::new(policy, [(CAMPAIGN, choices)], all.clone(), true);
            for contact in said.keys().copied().chain([stranger]) {
                let contact_said = said.get(&contact).copied();
                let expect = policy.mode(TrackingChoices { contact: contact_said, ..choices });
                prop_assert_eq!(snapshot.mode(CAMPAIGN, ContactId(contact)), expect);
                let of_another = TrackingChoices { contact: contact_said, ..Default::default() };
                let other = snapshot.mode(CampaignId(4), ContactId(contact));
                prop_assert_eq!(other, policy.mode(of_another));
            }
            // One that was cut off never allows more.
            let cut = TrackingSnapshot::new(policy, [(CAMPAIGN, choices)], all.take(10), false);
            for contact in said.keys().copied().chain([stranger]) {
                let (cut, whole) = (&cut, &snapshot);
                for campaign in [CAMPAIGN, CampaignId(4)] {
                    let of = |it: &TrackingSnapshot| it.mode(campaign, ContactId(contact));
                    prop_assert!(of(cut) <= of(whole));
                }
            }
        }
    }

    #[test]
    fn who_is_not_in_one_that_was_cut_off_may_have_refused() {
        let of = |is_complete| {
            let said = [(ContactId(5), Identified), (ContactId(6), Anonymous)];
            let choices = [(CAMPAIGN, TrackingChoices::default())];
            TrackingSnapshot::new(TrackingPolicy::default(), choices, said, is_complete)
        };
        let modes = |it: &TrackingSnapshot| [5, 6, 7].map(|id| it.mode(CAMPAIGN, ContactId(id)));
        assert_eq!(modes(&of(true)), [Identified, Anonymous, Identified]);
        assert_eq!(modes(&of(false)), [Identified, Anonymous, Off]);
    }
}
