//! The life of a delivery: one campaign to one contact.

/// Where a delivery is. The sum over these states is always the campaign's audience (promise P2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Waiting for its turn or its next try.
    Queued,
    /// Held by a mailer that may be sending it now.
    Leased,
    Sent,
    /// Refused permanently, or given up after the last try.
    Failed,
    /// Not mailed because the contact had left or was suppressed.
    Suppressed,
    /// Not mailed because the message could not be made for this contact.
    Skipped,
    /// A crash hid whether the relay took it.
    InDoubt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryAction {
    /// A mailer takes it for a while.
    Claim,
    /// It goes back untried, or to be tried again later.
    Release,
    /// The relay answered the final dot with a 2xx.
    Accept,
    /// A permanent refusal, or the last try is used up.
    Refuse,
    /// The last check found a removal.
    Suppress,
    /// The message could not be made.
    Skip,
    /// The process died between the final dot and the relay's answer.
    Doubt,
    /// A person asks for it to be sent again.
    Retry,
}

impl DeliveryAction {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::Claim,
        Self::Release,
        Self::Accept,
        Self::Refuse,
        Self::Suppress,
        Self::Skip,
        Self::Doubt,
        Self::Retry,
    ];
}

/// An action that the delivery's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{action:?} makes no sense for a delivery that is {state:?}")]
pub struct DeliveryRefused {
    /// The state the delivery is in.
    pub state: DeliveryState,
    pub action: DeliveryAction,
}

impl DeliveryState {
    /// Every state, in the order in which pages list them.
    pub const ALL: [Self; 7] = [
        Self::Sent,
        Self::Queued,
        Self::Leased,
        Self::Failed,
        Self::Suppressed,
        Self::Skipped,
        Self::InDoubt,
    ];

    /// The state after `action`. The store's statements derive their transitions from here, and its
    /// tests refuse every other one.
    ///
    /// # Errors
    /// When this state does not allow the action; what has ended stays ended, unless a person asks
    /// for a retry.
    pub fn apply(self, action: DeliveryAction) -> Result<Self, DeliveryRefused> {
        use DeliveryAction as A;
        match (self, action) {
            (Self::Queued, A::Claim) => Ok(Self::Leased),
            (Self::Leased, A::Release) => Ok(Self::Queued),
            // The relay's word resolves a doubt, however late it comes; and it counts when the lease
            // has run out meanwhile, as long as nobody else has claimed the delivery.
            (Self::Queued | Self::Leased | Self::InDoubt, A::Accept) => Ok(Self::Sent),
            (Self::Queued | Self::Leased | Self::InDoubt, A::Refuse) => Ok(Self::Failed),
            (Self::Queued | Self::Leased, A::Suppress) => Ok(Self::Suppressed),
            (Self::Queued | Self::Leased, A::Skip) => Ok(Self::Skipped),
            (Self::Leased, A::Doubt) => Ok(Self::InDoubt),
            (Self::Failed | Self::Skipped | Self::InDoubt, A::Retry) => Ok(Self::Queued),
            _ => Err(DeliveryRefused { state: self, action }),
        }
    }

    /// The number that stands for it in the store. Never changes, only grows.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Queued => 0,
            Self::Leased => 1,
            Self::Sent => 2,
            Self::Failed => 3,
            Self::Suppressed => 4,
            Self::Skipped => 5,
            Self::InDoubt => 6,
        }
    }

    /// The state with this number.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The word for it in JSON and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Skipped => "skipped",
            Self::InDoubt => "in doubt",
        }
    }

    /// Whether anything is still to happen.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Leased)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryAction as A;
    use DeliveryState as S;
    use proptest::prelude::*;

    #[test]
    fn every_state_is_found_by_its_code() {
        for state in S::ALL {
            assert_eq!(S::from_code(state.code()), Some(state));
        }
        assert_eq!(S::from_code(7), None);
    }

    proptest! {
        #[test]
        fn what_was_sent_is_never_sent_again(steps in prop::collection::vec(0..A::ALL.len(), 0..40)) {
            let mut state = S::Queued;
            let mut sent = 0;
            for step in steps {
                let action = A::ALL[step];
                if let Ok(next) = state.apply(action) {
                    sent += i32::from(next == S::Sent);
                    prop_assert!(next.is_open() || next != state);
                    state = next;
                }
            }
            prop_assert!(sent <= 1);
        }
    }
}
