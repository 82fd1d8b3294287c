//! What people choose by the link of a message, and pauses, by whatever way they are said.
//!
//! Invariants: the page shows the topics that an account shows; only those that it has shown are changed by
//! it, so that a topic that was added meanwhile stays as it is. A pause has an end.

use model::{CampaignId, ContactId, Timestamp};
use store::{Contact, PageChoice, PageChoiceSaved, Store, StoreError, TopicsWanted};
use token::Keyring;

use crate::account::{ChosenTopic, topics_to_choose};
use crate::sharing::{SharingQuestion, sharing_question};

/// The version of what the page says, for the consent ledger: another one when its words change.
pub const PREFERENCES_NOTICE: &str = "preferences 1";
/// Days for which somebody may pause, at most.
pub const LONGEST_PAUSE_DAYS: u16 = 366;

/// What somebody has chosen so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    pub topics: Vec<ChosenTopic>,
    pub paused_until: Option<Timestamp>,
    /// Why the address must not be mailed, if it must not.
    pub suppression: Option<String>,
    /// None where sharing was never announced.
    pub sharing: Option<SharingQuestion>,
}

/// What somebody wants from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferencesWish<'a> {
    /// The campaign whose message led to the page.
    pub campaign: CampaignId,
    /// The topics that the page showed, and those of them that are ticked, by slug.
    pub shown: &'a [String],
    pub ticked: &'a [String],
    /// Until when they pause, None for not at all; None outside: as it is.
    pub pause: Option<Option<Timestamp>>,
}

/// A time until which nobody can pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pause ends within {LONGEST_PAUSE_DAYS} days from now")]
pub struct NoPause;

/// Reads the end of a pause: a day (its beginning, in UTC) or a time as RFC 3339 writes it.
///
/// # Errors
/// When it is neither, has passed, or is too far ahead.
pub fn pause_until(text: &str, now: Timestamp) -> Result<Timestamp, NoPause> {
    let text = text.trim();
    let read = Timestamp::parse_day(text).or_else(|| Timestamp::parse_rfc3339(text));
    let longest = std::time::Duration::from_secs(u64::from(LONGEST_PAUSE_DAYS) * 24 * 60 * 60);
    read.filter(|until| *until > now && *until <= now.after(longest)).ok_or(NoPause)
}

/// What a contact has chosen so far.
///
/// # Errors
/// When the store can't answer.
pub async fn preferences(
    store: &Store,
    contact: &Contact,
    now: Timestamp,
) -> Result<Preferences, StoreError> {
    let subscriptions = store.subscriptions_of(contact.id).await?;
    Ok(Preferences {
        topics: topics_to_choose(store, &subscriptions).await?,
        paused_until: store.contact_paused_until(contact.id, now).await?,
        suppression: store.suppression_reason(contact.email.key()).await?,
        sharing: sharing_question(store, contact.id).await?,
    })
}

/// Saves what a contact wants from now on; None when they have left something a moment ago, which would be
/// applied after it.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn choose_preferences(
    store: &Store,
    keys: &Keyring,
    (contact, known): (&Contact, &Preferences),
    wish: PreferencesWish<'_>,
    at: Timestamp,
) -> Result<Option<PageChoiceSaved>, StoreError> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for ChosenTopic { topic, is_subscribed } in &known.topics {
        if !wish.shown.contains(&topic.slug) {
            continue;
        }
        match (wish.ticked.contains(&topic.slug), is_subscribed) {
            (true, false) => wanted.push(topic.id),
            (false, true) => unwanted.push(topic.id),
            (true, true) | (false, false) => {}
        }
    }
    if !wanted.is_empty() && store.removals_waiting() > 0 {
        return Ok(None);
    }
    let choice = PageChoice {
        contact: contact.id,
        campaign: wish.campaign,
        topics: TopicsWanted { wanted, unwanted },
        pause: wish.pause,
        notice: PREFERENCES_NOTICE,
        address_hash: keys.address_hash(&contact.email.key()),
        at,
    };
    store.by_themselves().page_choose(choice).await.map(Some)
}

/// Has a contact pause, as they say in their account.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn pause_own(
    store: &Store,
    contact: ContactId,
    until: Option<Timestamp>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    store.by_themselves().contact_pause(contact, until, at).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_within_a_year() {
        let now = Timestamp::parse_rfc3339("2026-11-28T10:00:00Z").unwrap();
        let read = |text: &str| pause_until(text, now).map(Timestamp::rfc3339);
        assert_eq!(read("2026-12-24").unwrap(), "2026-12-24T00:00:00Z");
        assert_eq!(read(" 2026-11-28T12:30:00+02:00 ").unwrap(), "2026-11-28T10:30:00Z");
        for wrong in ["", "soon", "2026-11-28", "2026-11-27", "2028-01-01", "2026-13-01"] {
            assert_eq!(read(wrong), Err(NoPause), "{wrong}");
        }
    }
}
