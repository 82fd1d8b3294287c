//! What can be wrong, in words for people.

use model::CampaignId;
use model::campaign::CampaignRefused;
use store::StoreError;

/// Why something could not be done with a campaign. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// No campaign has this number.
    #[error("there is no campaign {0}")]
    NotFound(CampaignId),
    /// The text has a mistake; says where and what would be right.
    #[error(transparent)]
    Announcement(#[from] render::Problem),
    /// Neither the caller nor the text says for which topic it is.
    #[error(
        "it is not said which topic the campaign is for; name one, or add a line `topic: {example}` \
         to the front matter; there are: {known}",
        example = known.split(',').next().unwrap_or("release-notices")
    )]
    NoTopic {
        /// Slugs of all topics, separated by commas.
        known: String,
    },
    /// No topic has this slug.
    #[error("there is no topic {slug:?}; there are: {known}")]
    UnknownTopic {
        /// What was asked for.
        slug: String,
        /// Slugs of all topics, separated by commas.
        known: String,
    },
    /// The audience would be empty.
    #[error(
        "nobody is subscribed to {topic:?}, so nothing was started and the campaign is still a \
         draft; import contacts with `--topic {topic}` first"
    )]
    Nobody {
        /// The topic's slug.
        topic: String,
    },
    /// Somebody paused it while its audience was being made.
    #[error(
        "campaign {0} was paused while its audience was being made; nothing is lost, and \
         `pharos campaign resume {0}` goes on"
    )]
    PausedMeanwhile(CampaignId),
    /// The campaign is in a state in which this makes no sense.
    #[error("{0}")]
    Refused(CampaignRefused),
    /// The address is not among the contacts.
    #[error("no contact has the address {0}")]
    UnknownContact(String),
    /// The message can't be made for a contact.
    #[error("the message can't be made for this contact: {0}")]
    Message(#[from] render::RenderProblem),
    /// The store can't do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CampaignError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refused) => Self::Refused(refused),
            error => Self::Store(error),
        }
    }
}
