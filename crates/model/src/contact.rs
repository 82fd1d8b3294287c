//! What can't be done with a contact.

use crate::ContactId;

/// Why something was not done with a contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefused {
    #[error("there is already a contact with this address")]
    AddressTaken(ContactId),
    /// Of a contact who must not be mailed, another address would bring them back; a new address
    /// that must not be mailed is not one for anybody.
    #[error(
        "the old or the new address must not be mailed ({0}); another one must not bring the person back"
    )]
    AddressSuppressed(String),
    #[error("this person was erased at their own request: nothing of them is kept")]
    Erased,
    #[error(
        "they have left this topic; only they themselves can come back, by a link in one of their messages"
    )]
    HasLeft,
    #[error("their address must not be mailed: {0}")]
    Suppressed(String),
    #[error("a contact has at most 100 tags")]
    TooManyTags,
    #[error("there are at most 1,000 tags; remove one first")]
    TooManyTagsInAll,
    #[error("a contact can't be merged into itself")]
    Same,
    /// Its name.
    #[error("the campaign {0:?} has not ended and may have one of them; merge them when it has")]
    InCampaign(String),
    #[error("what undoing needs is kept for 30 days, and they are over")]
    NotUndoable,
    #[error("the contact who was kept was merged into another one since; undo that first")]
    MergedSince,
}
