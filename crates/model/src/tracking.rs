//! How much of what people do with their messages may be recorded.
//!
//! Invariant: whatever is decided, and in whatever order, the least of it counts; only a contact's own
//! word goes above what holds for those who have said nothing, and never above what the site or the
//! campaign allows.

/// What may be recorded of a contact's views and clicks, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TrackingMode {
    /// Nothing: messages have no pixel, and links lead straight to their targets.
    Off,
    /// That there was a view or a click, of nobody: no contact, no cookie, no address.
    Anonymous,
    /// Whose it was.
    #[default]
    Identified,
}

impl TrackingMode {
    pub const ALL: [Self; 3] = [Self::Off, Self::Anonymous, Self::Identified];

    /// Its number in the store.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Off => 0,
            Self::Anonymous => 1,
            Self::Identified => 2,
        }
    }

    /// The mode with this number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.code() == code)
    }

    /// The word for it in commands, JSON and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Anonymous => "anonymous",
            Self::Identified => "identified",
        }
    }

    /// The mode with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// What holds for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackingPolicy {
    /// Nobody is tracked beyond this.
    pub at_most: TrackingMode,
    /// For contacts who have said nothing.
    pub without_consent: TrackingMode,
    /// Days for which the network address of a view or click is kept in full; 0: never. Then its
    /// prefix.
    pub address_days: u16,
}

impl Default for TrackingPolicy {
    fn default() -> Self {
        let most = TrackingMode::Identified;
        Self { at_most: most, without_consent: most, address_days: 30 }
    }
}

impl TrackingPolicy {
    /// For recipients in the European Union: only who has consented is tracked.
    pub const EU: Self = Self {
        at_most: TrackingMode::Identified,
        without_consent: TrackingMode::Off,
        address_days: 0,
    };
    /// The most days for which an address is kept in full.
    pub const MOST_ADDRESS_DAYS: u16 = 365;

    /// For how many days addresses are kept in full where nobody has said it and these modes hold: as
    /// the preset says whose modes they are.
    #[must_use]
    pub fn usual_address_days(at_most: TrackingMode, without_consent: TrackingMode) -> u16 {
        let is_eu = (at_most, without_consent) == (Self::EU.at_most, Self::EU.without_consent);
        if is_eu { Self::EU.address_days } else { Self::default().address_days }
    }

    /// Whether nobody is tracked who has not agreed, as the preset for the European Union has it: then nobody
    /// is shared with others either who has not.
    #[must_use]
    pub fn needs_consent(self) -> bool {
        self.without_consent == TrackingMode::Off
    }

    /// What may be recorded of a contact of whom these things are known.
    #[must_use]
    pub fn mode(self, choices: TrackingChoices) -> TrackingMode {
        let TrackingChoices { contact, topic, campaign } = choices;
        let unasked = || self.without_consent.min(topic.unwrap_or_default());
        contact.unwrap_or_else(unasked).min(self.at_most).min(campaign.unwrap_or_default())
    }
}

/// What was decided about one message to one contact; nothing where nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackingChoices {
    /// What the contact has said.
    pub contact: Option<TrackingMode>,
    /// What contacts who have said nothing begin with in the topic.
    pub topic: Option<TrackingMode>,
    /// The most that the campaign records.
    pub campaign: Option<TrackingMode>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrackingMode::{Anonymous, Identified, Off};
    use proptest::prelude::*;

    fn mode() -> impl Strategy<Value = TrackingMode> {
        prop::sample::select(&TrackingMode::ALL[..])
    }

    fn policy() -> impl Strategy<Value = TrackingPolicy> {
        (mode(), mode(), 0..=TrackingPolicy::MOST_ADDRESS_DAYS).prop_map(
            |(at_most, without_consent, address_days)| TrackingPolicy {
                at_most,
                without_consent,
                address_days,
            },
        )
    }

    fn choices() -> impl Strategy<Value = TrackingChoices> {
        let maybe = || prop::option::of(mode());
        (maybe(), maybe(), maybe()).prop_map(|(contact, topic, campaign)| TrackingChoices {
            contact,
            topic,
            campaign,
        })
    }

    #[test]
    fn only_consent_goes_above_what_holds_for_the_silent() {
        let says = |contact| TrackingChoices { contact, ..TrackingChoices::default() };
        assert_eq!(TrackingPolicy::default().mode(says(None)), Identified);
        assert_eq!(TrackingPolicy::default().mode(says(Some(Off))), Off);
        assert_eq!(TrackingPolicy::EU.mode(says(None)), Off);
        assert_eq!(TrackingPolicy::EU.mode(says(Some(Identified))), Identified);
        let topic = TrackingChoices { topic: Some(Identified), ..says(None) };
        assert_eq!(TrackingPolicy::EU.mode(topic), Off);
        let strict = TrackingPolicy { at_most: Anonymous, ..TrackingPolicy::EU };
        assert_eq!(strict.mode(says(Some(Identified))), Anonymous);
    }

    #[test]
    fn where_nobody_has_said_it_addresses_are_kept_as_the_preset_says() {
        for policy in [TrackingPolicy::default(), TrackingPolicy::EU] {
            let TrackingPolicy { at_most, without_consent, address_days } = policy;
            let usual = TrackingPolicy::usual_address_days(at_most, without_consent);
            assert_eq!(usual, address_days);
        }
        assert_eq!(TrackingPolicy::usual_address_days(Anonymous, Off), 30);
    }

    #[test]
    fn every_mode_has_a_number_and_a_word() {
        for mode in TrackingMode::ALL {
            assert_eq!(TrackingMode::from_code(mode.code()), Some(mode));
            assert_eq!(TrackingMode::from_word(mode.as_str()), Some(mode));
        }
        assert_eq!((TrackingMode::from_code(3), TrackingMode::from_word("on")), (None, None));
        assert!(Off < Anonymous && Anonymous < Identified);
    }

    proptest! {
        #[test]
        fn nothing_goes_beyond_any_limit(policy in policy(), choices in choices()) {
            let mode = policy.mode(choices);
            prop_assert!(mode <= policy.at_most);
            prop_assert!(choices.campaign.is_none_or(|most| mode <= most));
            match choices.contact {
                Some(said) => prop_assert!(mode <= said),
                None => {
                    prop_assert!(mode <= policy.without_consent);
                    prop_assert!(choices.topic.is_none_or(|most| mode <= most));
                }
            }
        }

        /// Whoever decides less than before never raises anything.
        #[test]
        fn less_is_never_more(policy in policy(), choices in choices(), less in mode()) {
            let mode = policy.mode(choices);
            for lowered in [
                TrackingChoices { contact: Some(choices.contact.map_or(less, |it| it.min(less))), ..choices },
                TrackingChoices { topic: Some(choices.topic.map_or(less, |it| it.min(less))), ..choices },
                TrackingChoices { campaign: Some(choices.campaign.map_or(less, |it| it.min(less))), ..choices },
            ] {
                let consents = choices.contact.is_none() && lowered.contact.is_some();
                prop_assert!(consents || policy.mode(lowered) <= mode);
            }
        }
    }
}
