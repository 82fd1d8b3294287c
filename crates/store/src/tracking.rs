//! What may be recorded of whom: what holds for everybody, for a topic and for a campaign.
//!
//! Invariants: whoever makes a message or records a hit reads all of it in the transaction that does so
//! (promise P5); every change advances the removal epoch, so that messages under way see it.

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, TopicId, TrackingChoices, TrackingMode, TrackingPolicy, TrackingSnapshot,
};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::settings::SETTING_PUT;
use crate::{Store, StoreError};

texts! {
    TRACKING_POLICY = "SELECT key, value FROM settings
        WHERE key IN ('tracking/at_most', 'tracking/without_consent', 'tracking/address_days')";
    CAMPAIGN_TRACKING = "SELECT t.tracking, k.tracking FROM campaigns k
        JOIN topics t ON t.id = k.topic_id WHERE k.id = $1";
    /// Links in old mail may bear the number of somebody who was merged into another contact.
    CONTACT_TRACKING = "SELECT tracking FROM contacts WHERE id = coalesce(
        (SELECT kept_id FROM contact_merges WHERE other_id = $1), CAST($1 AS BIGINT))";
    /// Says nothing of who has said nothing: of a batch, nearly all.
    CONTACT_TRACKING_SAID = "SELECT tracking FROM contacts WHERE id = coalesce(
        (SELECT kept_id FROM contact_merges WHERE other_id = $1), CAST($1 AS BIGINT))
        AND tracking IS NOT NULL";
    TRACKING_SAID_BY_ANYBODY = "SELECT 1 FROM contacts WHERE tracking IS NOT NULL LIMIT 1";
    TRACKING_SAID = "SELECT id, tracking FROM contacts WHERE tracking IS NOT NULL
        ORDER BY id LIMIT $1";
    TRACKING_SAID_MERGED = "SELECT m.other_id, c.tracking FROM contact_merges m
        JOIN contacts c ON c.id = m.kept_id WHERE c.tracking IS NOT NULL
        ORDER BY m.other_id LIMIT $1";
    CAMPAIGNS_TRACKING = "SELECT k.id, t.tracking, k.tracking FROM campaigns k
        JOIN topics t ON t.id = k.topic_id
        WHERE t.tracking IS NOT NULL OR k.tracking IS NOT NULL ORDER BY k.id DESC LIMIT $1";
    TOPICS_TRACKING = "SELECT id, tracking FROM topics WHERE tracking IS NOT NULL";
    TOPIC_TRACKING_SET = "UPDATE topics SET tracking = $2 WHERE id = $1";
    CAMPAIGN_TRACKING_SET = "UPDATE campaigns SET tracking = $2 WHERE id = $1";
}

/// Where the store keeps the most that is recorded of anybody ([`TrackingMode::as_str`]).
pub(crate) const TRACKING_AT_MOST: &str = "tracking/at_most";
/// Where it keeps what is recorded of those who have said nothing.
pub(crate) const TRACKING_WITHOUT_CONSENT: &str = "tracking/without_consent";
/// Where it keeps for how many days network addresses are kept in full.
pub(crate) const TRACKING_ADDRESS_DAYS: &str = "tracking/address_days";
/// Where it keeps the version of what people are told about tracking.
pub const TRACKING_NOTICE: &str = "tracking/notice";

/// Contacts who have said something, as far as they are kept in memory: 4 MB.
const MOST_SAID: i64 = 500_000;
/// Campaigns that record less than all, likewise.
const MOST_LIMITED: i64 = 10_000;

/// What is to hold for everybody from now on; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrackingPolicyChange {
    pub at_most: Option<TrackingMode>,
    pub without_consent: Option<TrackingMode>,
    /// Days for which network addresses are kept in full.
    pub address_days: Option<u16>,
    /// The version of what people are told about tracking; an empty one is none.
    pub notice: Option<String>,
}

impl From<TrackingPolicy> for TrackingPolicyChange {
    fn from(policy: TrackingPolicy) -> Self {
        let TrackingPolicy { at_most, without_consent, address_days } = policy;
        Self {
            at_most: Some(at_most),
            without_consent: Some(without_consent),
            address_days: Some(address_days),
            notice: None,
        }
    }
}

impl Store {
    /// What holds for everybody.
    pub async fn tracking_policy(&self) -> Result<TrackingPolicy, StoreError> {
        self.read(policy).await
    }

    /// What may be recorded of everybody, for whoever keeps it in memory: of the first contacts who have
    /// said something, and of the newest campaigns.
    pub async fn tracking_snapshot(&self) -> Result<TrackingSnapshot, StoreError> {
        self.read(snapshot).await
    }

    /// Changes what holds for everybody.
    pub async fn tracking_policy_set(
        &self,
        change: impl Into<TrackingPolicyChange>,
    ) -> Result<(), StoreError> {
        let TrackingPolicyChange { at_most, without_consent, address_days, notice } = change.into();
        let address_days = address_days.map(|days| days.to_string());
        self.write(move |tx| {
            for (key, word) in [
                (TRACKING_AT_MOST, at_most.map(TrackingMode::as_str)),
                (TRACKING_WITHOUT_CONSENT, without_consent.map(TrackingMode::as_str)),
                (TRACKING_ADDRESS_DAYS, address_days.as_deref()),
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

/// The mode in this column, if there is one.
pub(crate) fn mode(row: &SqlRow<'_>, column: usize) -> Result<Option<TrackingMode>, StoreError> {
    let code: Option<i64> = row.get(column)?;
    code.map(|code| known(TrackingMode::from_code(code), "tracking")).transpose()
}

/// What holds for everybody. What this release does not know is kept to the least.
pub(crate) fn policy(tx: &Tx<'_>) -> Result<TrackingPolicy, StoreError> {
    let mut policy = TrackingPolicy::default();
    let mut address_days = None;
    let all =
        tx.all(TRACKING_POLICY, (), |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)))?;
    for (key, word) in all {
        let mode = TrackingMode::from_word(&word).unwrap_or(TrackingMode::Off);
        match key.as_str() {
            TRACKING_AT_MOST => policy.at_most = mode,
            TRACKING_ADDRESS_DAYS => address_days = Some(word.parse().unwrap_or(0)),
            _ => policy.without_consent = mode,
        }
    }
    let usual = || TrackingPolicy::usual_address_days(policy.at_most, policy.without_consent);
    policy.address_days = address_days.unwrap_or_else(usual);
    Ok(policy)
}

fn snapshot(tx: &Tx<'_>) -> Result<TrackingSnapshot, StoreError> {
    // One more than there is room for tells that there are more.
    let word =
        |row: &SqlRow<'_>| Ok((ContactId(row.get(0)?), mode(row, 1)?.unwrap_or(TrackingMode::Off)));
    let mut said = tx.all(TRACKING_SAID, [MOST_SAID + 1], word)?;
    said.extend(tx.all(TRACKING_SAID_MERGED, [MOST_SAID + 1], word)?);
    let campaigns = tx.all(CAMPAIGNS_TRACKING, [MOST_LIMITED + 1], |row| {
        let (topic, campaign) = (mode(row, 1)?, mode(row, 2)?);
        Ok((CampaignId(row.get(0)?), TrackingChoices { contact: None, topic, campaign }))
    })?;
    let fits = |found: usize, most: i64| i64::try_from(found).is_ok_and(|found| found <= most);
    let is_complete = fits(said.len(), MOST_SAID) && fits(campaigns.len(), MOST_LIMITED);
    Ok(TrackingSnapshot::new(policy(tx)?, campaigns, said, is_complete))
}

/// What was decided about all messages of a campaign.
pub(crate) fn choices(tx: &Tx<'_>, campaign: CampaignId) -> Result<TrackingChoices, StoreError> {
    let found = tx.first(CAMPAIGN_TRACKING, [campaign.0], |row| Ok((mode(row, 0)?, mode(row, 1)?)));
    let (topic, campaign) = found?.unwrap_or_default();
    Ok(TrackingChoices { contact: None, topic, campaign })
}
