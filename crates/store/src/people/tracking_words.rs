//! What contacts say about tracking, and what they want forgotten.
//!
//! Invariants: a contact's word and its entry in the consent ledger are one transaction, which advances
//! the removal epoch, so that messages under way see it; what is forgotten is nobody's, and counts
//! stay. One transaction looks through a bounded number of events.

use model::{CampaignId, ConsentKind, ContactId, Timestamp, TrackingMode};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::people::erasure::{EVENTS_AHEAD, EVENTS_AT_ONCE, forget_browsers};
use crate::{Store, StoreError};

texts! {
    CONTACT_TRACKING_SET = "UPDATE contacts SET tracking = $2, updated_at = $3
        WHERE id = $1 AND (tracking IS NULL OR tracking <> $2)";
    /// Also said by an import, for those who have said nothing.
    CONTACT_TRACKING_BEGIN = "UPDATE contacts SET tracking = $2 WHERE id = $1 AND tracking IS NULL";
    TRACKING_CONSENT_INSERT =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at, mode,
            notice)
        VALUES ($1, $2, NULL, $3, $4, $5, $6, $7, $8)";
    CLICKERS_FORGET = "DELETE FROM link_clickers
        WHERE (campaign_id, slot) IN (SELECT campaign_id, slot FROM links) AND contact_id = $1";
    /// That they left by it stays, so that nobody leaves twice.
    ENGAGEMENTS_FORGET = "UPDATE engagements
        SET best_class = 0, viewed = $2, clicked = $2, click_class = 0, hits = NULL, origins = NULL,
            evidence = NULL, click_evidence = NULL, last_view_at = NULL, last_click_at = NULL
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1";
    EVENTS_TO_FORGET_PUT = "INSERT INTO contacts_to_forget (contact_id, until_at, after_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (contact_id) DO UPDATE
        SET until_at = excluded.until_at, after_at = excluded.after_at";
    /// Changes nothing, but keeps other nodes from the same row.
    EVENTS_TO_FORGET_TAKE = "UPDATE contacts_to_forget SET after_at = after_at
        WHERE contact_id = (SELECT min(contact_id) FROM contacts_to_forget)
        RETURNING contact_id, until_at, after_at";
    EVENTS_TO_FORGET_MOVE = "UPDATE contacts_to_forget SET after_at = $2 WHERE contact_id = $1";
    EVENTS_TO_FORGET_END = "DELETE FROM contacts_to_forget WHERE contact_id = $1";
    EVENTS_FORGET = "UPDATE events SET contact_id = 0, visitor = NULL, client = NULL,
            country = NULL, network = NULL
        WHERE at > $1 AND at <= $2 AND contact_id = $3";
}

/// A contact's word on tracking, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingWord {
    pub contact: ContactId,
    pub mode: TrackingMode,
    /// In which way they said it.
    pub source: String,
    /// The version of what they were told, if that is known.
    pub notice: Option<String>,
    /// The campaign whose message it came from.
    pub campaign: Option<CampaignId>,
    /// Whether they also want forgotten what they did until now: counts stay, and tell of nobody.
    pub forget: bool,
    pub at: Timestamp,
}

impl Store {
    /// Notes what a contact says about tracking. Whether it is something else than before; then it is
    /// in their consent ledger. An unknown contact changes nothing. What is to be forgotten is so at
    /// once, but for their events: [`Self::events_forget`].
    pub async fn contact_tracking_say(&self, word: TrackingWord) -> Result<bool, StoreError> {
        self.write(move |tx| say(tx, &word)).await
    }

    /// Makes some of the events that are to be forgotten nobody's. Whether there are more.
    ///
    /// # Errors
    /// When the store can't do it; what was done by earlier calls stays done.
    pub async fn events_forget(&self) -> Result<bool, StoreError> {
        self.write(forget_events).await
    }
}

fn say(tx: &Tx<'_>, word: &TrackingWord) -> Result<bool, StoreError> {
    let TrackingWord { contact, mode, source, notice, campaign, forget, at } = word;
    let contact = merged_numbers::now(tx, *contact)?;
    if *forget {
        for number in merged_numbers::numbers(tx, contact)? {
            tx.execute(CLICKERS_FORGET, [number.0])?;
            tx.execute(ENGAGEMENTS_FORGET, (number.0, false))?;
            tx.execute(EVENTS_TO_FORGET_PUT, (number.0, at.0, i64::MIN))?;
            forget_browsers(tx, number)?;
        }
    }
    if tx.execute(CONTACT_TRACKING_SET, (contact.0, mode.code(), at.0))? == 0 {
        return Ok(false);
    }
    let (kind, granted) = (ConsentKind::Tracking.as_str(), *mode == TrackingMode::Identified);
    let campaign = campaign.map(|it| it.0);
    let values = (contact.0, kind, granted, source, campaign, at.0, mode.code(), notice.as_deref());
    tx.execute(TRACKING_CONSENT_INSERT, values)?;
    tx.bump_removals()?;
    Ok(true)
}

fn forget_events(tx: &Tx<'_>) -> Result<bool, StoreError> {
    let taken = tx.first(EVENTS_TO_FORGET_TAKE, (), |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
    })?;
    let Some((contact, until, after)) = taken else { return Ok(false) };
    let ahead: Option<i64> = tx.one(EVENTS_AHEAD, (after, EVENTS_AT_ONCE), |row| row.get(0))?;
    let last = ahead.map_or(until, |ahead| ahead.min(until));
    tx.execute(EVENTS_FORGET, (after, last, contact))?;
    match last < until {
        true => tx.execute(EVENTS_TO_FORGET_MOVE, (contact, last))?,
        false => tx.execute(EVENTS_TO_FORGET_END, [contact])?,
    };
    Ok(true)
}
