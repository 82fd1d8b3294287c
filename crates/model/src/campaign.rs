//! The life of a campaign.

/// Where a campaign is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CampaignState {
    /// Created; nobody has been mailed and no delivery rows exist.
    Draft,
    /// Starts by itself at a time, until somebody takes it back.
    Scheduled,
    /// Its audience is being built; nobody is mailed before that is complete.
    Starting,
    /// Its audience is complete and its deliveries are being worked on.
    Sending,
    /// Stopped; keeps every delivery's state, and how far its audience was built.
    Paused,
    /// No delivery is queued or leased any more.
    Finished,
}

/// What is done to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignAction {
    /// Name the time at which it starts by itself, or another one.
    Schedule,
    /// Make it a draft again before that time.
    TakeBack,
    /// Fix who the audience is and start building it.
    Start,
    /// The audience is complete: begin to send.
    Begin,
    /// Stop before the next message.
    Pause,
    /// Go on sending after a pause.
    Resume,
    /// Go on materialising the audience after a pause.
    ResumeStart,
    /// The last delivery has come to an end.
    Finish,
}

/// An action that the campaign's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a campaign that is {state} can't be {action}")]
pub struct CampaignRefused {
    /// The state the campaign is in.
    pub state: CampaignState,
    /// What was asked for, as a participle.
    pub action: &'static str,
}

impl CampaignState {
    /// Every state, in the order of a campaign's life.
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::Scheduled, Self::Starting, Self::Sending, Self::Paused, Self::Finished];

    /// The state after `action`.
    ///
    /// # Errors
    /// When this state does not allow the action.
    pub fn apply(self, action: CampaignAction) -> Result<Self, CampaignRefused> {
        use CampaignAction as A;
        match (self, action) {
            (Self::Draft | Self::Scheduled, A::Schedule) => Ok(Self::Scheduled),
            (Self::Scheduled, A::TakeBack) => Ok(Self::Draft),
            (Self::Draft | Self::Scheduled, A::Start) | (Self::Paused, A::ResumeStart) => {
                Ok(Self::Starting)
            }
            (Self::Starting, A::Begin) | (Self::Paused, A::Resume) => Ok(Self::Sending),
            (Self::Starting | Self::Sending, A::Pause) => Ok(Self::Paused),
            (Self::Sending, A::Finish) => Ok(Self::Finished),
            _ => Err(CampaignRefused { state: self, action: action.participle() }),
        }
    }

    /// Whether its audience and its messages are fixed.
    #[must_use]
    pub const fn has_started(self) -> bool {
        !matches!(self, Self::Draft | Self::Scheduled)
    }

    /// The word for it in SQL, JSON and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Starting => "starting",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Finished => "finished",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl CampaignAction {
    const fn participle(self) -> &'static str {
        match self {
            Self::Schedule => "scheduled",
            Self::TakeBack => "taken back",
            Self::Start => "started",
            Self::Begin => "begun",
            Self::Pause => "paused",
            Self::Resume | Self::ResumeStart => "resumed",
            Self::Finish => "finished",
        }
    }
}

impl std::fmt::Display for CampaignState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to do with deliveries whose outcome a crash has hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InDoubtPolicy {
    /// Count them and don't resend them: nobody gets a second copy.
    #[default]
    NeverResend,
    /// Send again with the same Message-ID, so that mailboxes which collapse repeats can.
    Resend,
}

impl InDoubtPolicy {
    /// Under [`Self::Resend`], the most copies of a message that are sent; then it stays in doubt.
    /// Otherwise a relay that accepts and disconnects, again and again, would fill the mailbox.
    pub const MOST_COPIES: i64 = 3;

    /// The word for it in config, SQL and front matter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverResend => "never_resend",
            Self::Resend => "resend",
        }
    }

    /// The policy with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::NeverResend, Self::Resend].into_iter().find(|policy| policy.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CampaignAction as A;
    use CampaignState as S;

    #[test]
    fn a_campaign_lives_once() {
        assert_eq!(S::Draft.apply(A::Start), Ok(S::Starting));
        assert_eq!(S::Draft.apply(A::Schedule), Ok(S::Scheduled));
        assert_eq!(S::Scheduled.apply(A::Schedule), Ok(S::Scheduled));
        assert_eq!(S::Scheduled.apply(A::Start), Ok(S::Starting));
        assert_eq!(S::Scheduled.apply(A::TakeBack), Ok(S::Draft));
        assert!(S::Starting.apply(A::TakeBack).is_err(), "some may be mailed already");
        assert!(S::Sending.apply(A::Schedule).is_err());
        assert_eq!(S::Starting.apply(A::Begin), Ok(S::Sending));
        assert_eq!(S::Starting.apply(A::Pause), Ok(S::Paused));
        assert_eq!(S::Paused.apply(A::ResumeStart), Ok(S::Starting));
        assert_eq!(S::Sending.apply(A::Pause), Ok(S::Paused));
        assert_eq!(S::Paused.apply(A::Resume), Ok(S::Sending));
        assert_eq!(S::Sending.apply(A::Finish), Ok(S::Finished));
        assert!(S::Starting.apply(A::Finish).is_err(), "nobody is forgotten");
        for action in [A::Start, A::Begin, A::Pause, A::Resume, A::ResumeStart, A::Finish] {
            assert!(S::Finished.apply(action).is_err());
        }
        let refused = S::Sending.apply(A::Start).unwrap_err();
        assert_eq!(refused.to_string(), "a campaign that is sending can't be started");
    }

    #[test]
    fn every_state_is_found_by_its_word() {
        for state in S::ALL {
            assert_eq!(S::from_word(state.as_str()), Some(state));
        }
    }
}
