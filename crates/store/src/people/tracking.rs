//! What may be recorded of whom: what holds for everybody, and what each contact has said.
//!
//! Invariants: a contact's word and its entry in the consent ledger are one transaction, which advances
//! the removal epoch, so that messages under way see it; whoever makes a message or records a hit
//! reads all of it in the transaction that does so (promise P5).

use std::collections::BTreeMap;

use model::{
    CampaignId, ConsentKind, ContactId, Timestamp, TopicId, TrackingChoices, TrackingMode,
    TrackingPolicy,
};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::erasure::{EVENTS_AHEAD, EVENTS_AT_ONCE};
use crate::settings::SETTING_PUT;
use crate::{Store, StoreError};

texts! {
    TRACKING_POLICY = "SELECT key, value FROM settings
        WHERE key IN ('tracking/at_most', 'tracking/without_consent')";
    CAMPAIGN_TRACKING = "SELECT t.tracking, k.tracking FROM campaigns k
        JOIN topics t ON t.id = k.topic_id WHERE k.id = $1";
    CONTACT_TRACKING = "SELECT tracking FROM contacts WHERE id = $1";
    /// Says nothing of who has said nothing: of a batch, nearly all.
    CONTACT_TRACKING_SAID = "SELECT tracking FROM contacts WHERE id = $1 AND tracking IS NOT NULL";
    TRACKING_SAID_BY_ANYBODY = "SELECT 1 FROM contacts WHERE tracking IS NOT NULL LIMIT 1";
    CONTACT_TRACKING_SET = "UPDATE contacts SET tracking = $2, updated_at = $3
        WHERE id = $1 AND (tracking IS NULL OR tracking <> $2)";
    TRACKING_CONSENT_INSERT =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at, mode,
            notice)
        VALUES ($1, $2, NULL, $3, $4, $5, $6, $7, $8)";
    CLICKERS_FORGET = "DELETE FROM link_clickers
        WHERE (campaign_id, slot) IN (SELECT campaign_id, slot FROM links) AND contact_id = $1";
    /// That they left by it stays, so that nobody leaves twice.
    ENGAGEMENTS_FORGET = "UPDATE engagements
        SET best_class = 0, viewed = $2, clicked = $2, click_class = 0, hits = NULL
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
    EVENTS_FORGET = "UPDATE events SET contact_id = 0, visitor = NULL, client = NULL
        WHERE at > $1 AND at <= $2 AND contact_id = $3";
    TOPICS_TRACKING = "SELECT id, tracking FROM topics WHERE tracking IS NOT NULL";
    TOPIC_TRACKING_SET = "UPDATE topics SET tracking = $2 WHERE id = $1";
    CAMPAIGN_TRACKING_SET = "UPDATE campaigns SET tracking = $2 WHERE id = $1";
}

/// Where the store keeps the most that is recorded of anybody ([`TrackingMode::as_str`]).
pub(crate) const TRACKING_AT_MOST: &str = "tracking/at_most";
/// Where it keeps what is recorded of those who have said nothing.
pub(crate) const TRACKING_WITHOUT_CONSENT: &str = "tracking/without_consent";
/// Where it keeps the version of what people are told about tracking.
pub const TRACKING_NOTICE: &str = "tracking/notice";

/// What is to hold for everybody from now on; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrackingPolicyChange {
    pub at_most: Option<TrackingMode>,
    pub without_consent: Option<TrackingMode>,
    /// The version of what people are told about tracking; an empty one is none.
    pub notice: Option<String>,
}

impl From<TrackingPolicy> for TrackingPolicyChange {
    fn from(policy: TrackingPolicy) -> Self {
        let TrackingPolicy { at_most, without_consent } = policy;
        Self { at_most: Some(at_most), without_consent: Some(without_consent), notice: None }
    }
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
    /// What holds for everybody.
    pub async fn tracking_policy(&self) -> Result<TrackingPolicy, StoreError> {
        self.read(policy).await
    }

    /// Changes what holds for everybody.
    pub async fn tracking_policy_set(
        &self,
        change: impl Into<TrackingPolicyChange>,
    ) -> Result<(), StoreError> {
        let TrackingPolicyChange { at_most, without_consent, notice } = change.into();
        self.write(move |tx| {
            for (key, word) in [
                (TRACKING_AT_MOST, at_most.map(TrackingMode::as_str)),
                (TRACKING_WITHOUT_CONSENT, without_consent.map(TrackingMode::as_str)),
                (TRACKING_NOTICE, notice.as_deref()),
            ] {
                if let Some(word) = word {
                    tx.execute(SETTING_PUT, (key, word))?;
                }
            }
            tx.bump_removals()
        })
        .await
    }

    /// What was decided about all messages of a campaign, by its topic and for itself.
    pub async fn tracking_choices(
        &self,
        campaign: CampaignId,
    ) -> Result<TrackingChoices, StoreError> {
        self.read(move |tx| choices(tx, campaign)).await
    }

    /// What those who have said nothing begin with, by topic: of the topics where that was set.
    pub async fn topics_tracking(&self) -> Result<BTreeMap<TopicId, TrackingMode>, StoreError> {
        let topic =
            |row: &SqlRow<'_>| Ok((TopicId(row.get(0)?), mode(row, 1)?.unwrap_or_default()));
        self.read(move |tx| Ok(tx.all(TOPICS_TRACKING, (), topic)?.into_iter().collect())).await
    }

    /// What may be recorded of a contact's message, as things stand.
    pub async fn tracking_mode(
        &self,
        campaign: CampaignId,
        contact: ContactId,
    ) -> Result<TrackingMode, StoreError> {
        self.read(move |tx| {
            let said = tx.first(CONTACT_TRACKING, [contact.0], |row| mode(row, 0))?.flatten();
            let choices = TrackingChoices { contact: said, ..choices(tx, campaign)? };
            Ok(policy(tx)?.mode(choices))
        })
        .await
    }

    /// What a contact has said about tracking; nothing when they have not, or are unknown.
    pub async fn contact_tracking(
        &self,
        contact: ContactId,
    ) -> Result<Option<TrackingMode>, StoreError> {
        let found =
            self.read(move |tx| tx.first(CONTACT_TRACKING, [contact.0], |row| mode(row, 0)));
        Ok(found.await?.flatten())
    }

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

    /// Sets what those begin with who have said nothing; nothing stands for what holds for everybody.
    pub async fn topic_tracking_set(
        &self,
        topic: TopicId,
        mode: Option<TrackingMode>,
    ) -> Result<(), StoreError> {
        let code = mode.map(TrackingMode::code);
        self.write(move |tx| {
            tx.execute(TOPIC_TRACKING_SET, (topic.0, code))?;
            tx.bump_removals()
        })
        .await
    }

    /// Sets the most that a campaign records; nothing stands for all that may be.
    pub async fn campaign_tracking_set(
        &self,
        campaign: CampaignId,
        mode: Option<TrackingMode>,
    ) -> Result<(), StoreError> {
        let code = mode.map(TrackingMode::code);
        self.write(move |tx| {
            tx.execute(CAMPAIGN_TRACKING_SET, (campaign.0, code))?;
            tx.bump_removals()
        })
        .await
    }
}

fn say(tx: &Tx<'_>, word: &TrackingWord) -> Result<bool, StoreError> {
    let TrackingWord { contact, mode, source, notice, campaign, forget, at } = word;
    if *forget {
        tx.execute(CLICKERS_FORGET, [contact.0])?;
        tx.execute(ENGAGEMENTS_FORGET, (contact.0, false))?;
        tx.execute(EVENTS_TO_FORGET_PUT, (contact.0, at.0, i64::MIN))?;
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

/// The mode in this column, if there is one.
pub(crate) fn mode(row: &SqlRow<'_>, column: usize) -> Result<Option<TrackingMode>, StoreError> {
    let code: Option<i64> = row.get(column)?;
    code.map(|code| known(TrackingMode::from_code(code), "tracking")).transpose()
}

/// What holds for everybody. What this release does not know is kept to the least.
pub(crate) fn policy(tx: &Tx<'_>) -> Result<TrackingPolicy, StoreError> {
    let mut policy = TrackingPolicy::default();
    let all =
        tx.all(TRACKING_POLICY, (), |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    for (key, word) in all {
        let mode = TrackingMode::from_word(&word).unwrap_or(TrackingMode::Off);
        match key.as_str() {
            TRACKING_AT_MOST => policy.at_most = mode,
            _ => policy.without_consent = mode,
        }
    }
    Ok(policy)
}

/// What was decided about all messages of a campaign.
pub(crate) fn choices(tx: &Tx<'_>, campaign: CampaignId) -> Result<TrackingChoices, StoreError> {
    let found = tx.first(CAMPAIGN_TRACKING, [campaign.0], |row| Ok((mode(row, 0)?, mode(row, 1)?)));
    let (topic, campaign) = found?.unwrap_or_default();
    Ok(TrackingChoices { contact: None, topic, campaign })
}
