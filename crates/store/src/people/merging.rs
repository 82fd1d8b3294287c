//! Merging two contacts who are one person, and taking that back.
//!
//! Invariants: a merge is one transaction. Nobody gets more mail by it, and of nobody is more recorded: where
//! both contacts have said something, the least counts. Who is in a campaign that has not ended is not merged,
//! so that nobody is mailed twice or left out. What was recorded of mail to them (deliveries, views, clicks,
//! browsers) stays under the number that it was sent to, so that counts and links in old mail stay right; that
//! number leads to the contact who was kept from then on ([`aliases`](super::aliases)), is shown with them and erased with them.

mod carry;
pub(crate) mod pauses;
mod plan;
pub(crate) mod taken_back;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{CampaignId, ContactId, SubscriptionState, Timestamp, TopicId, TrackingMode};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::contacts::Contact;
use crate::{Store, StoreError};

texts! {
    /// An audience that is being built may have either of them.
    MERGE_CAMPAIGNS = "SELECT k.id, k.name FROM campaigns k
        WHERE k.state IN ('starting', 'sending', 'paused') AND (k.state = 'starting'
            OR EXISTS (SELECT 1 FROM deliveries d WHERE d.campaign_id = k.id AND d.contact_id = $1)
            OR EXISTS (SELECT 1 FROM deliveries d WHERE d.campaign_id = k.id AND d.contact_id = $2))
        ORDER BY k.id LIMIT 100";
    MERGE_TOPICS = "SELECT s.topic_id, s.state, s.changed_at FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id = $1 ORDER BY s.topic_id";
    MERGE_TOPIC_PUT = "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (topic_id, contact_id) DO UPDATE
        SET state = excluded.state, changed_at = excluded.changed_at";
    MERGE_TOPIC_DROP = "DELETE FROM subscriptions WHERE topic_id = $1 AND contact_id = $2";
    MERGE_TRACKING = "SELECT tracking FROM contacts WHERE id = $1";
    MERGE_TRACKING_SET = "UPDATE contacts SET tracking = $2 WHERE id = $1";
    MERGE_TAGS = "SELECT tag_id FROM contact_tags WHERE contact_id = $1 ORDER BY tag_id";
    MERGE_CONSENTS = "SELECT id FROM consents WHERE contact_id = $1 ORDER BY id";
    MERGE_CONSENTS_MOVE = "UPDATE consents SET contact_id = $2 WHERE contact_id = $1";
    MERGE_CONSENT_BACK = "UPDATE consents SET contact_id = $2 WHERE id = $1 AND contact_id = $3";
    MERGE_CHANGES = "SELECT id FROM contact_changes WHERE contact_id = $1 ORDER BY id";
    MERGE_CHANGES_MOVE = "UPDATE contact_changes SET contact_id = $2 WHERE contact_id = $1";
    MERGE_CHANGE_BACK =
        "UPDATE contact_changes SET contact_id = $2 WHERE id = $1 AND contact_id = $3";
    MERGE_REQUESTS = "SELECT id FROM person_requests WHERE contact_id = $1 ORDER BY id";
    MERGE_REQUESTS_MOVE = "UPDATE person_requests SET contact_id = $2 WHERE contact_id = $1";
    MERGE_REQUEST_BACK =
        "UPDATE person_requests SET contact_id = $2 WHERE id = $1 AND contact_id = $3";
    MERGE_PUT = "INSERT INTO contact_merges (other_id, kept_id, other_email, address_hash, actor,
            merged_at, before)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    MERGES_REPOINT = "UPDATE contact_merges SET kept_id = $2 WHERE kept_id = $1";
    MERGE_REPOINT = "UPDATE contact_merges SET kept_id = $2 WHERE other_id = $1 AND kept_id = $3";
    MERGE_CONTACT_AGAIN = "INSERT INTO contacts (id, email, attributes, created_at, updated_at, tracking)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// Which they have left since, in the contact's own words or an operator's.
    MERGE_LEFT_SINCE = "SELECT topic_id FROM consents
        WHERE contact_id = $1 AND kind = 'mail' AND granted = 0 AND at > $2";
    MERGE_SUPPRESSION_BACK = "DELETE FROM suppressions
        WHERE email_key = $1 AND reason = $2 AND at = $3";
    MERGE_KEPT_BACK = "DELETE FROM kept_removals WHERE address_code = $1 AND source = 'merge'";
    MERGES_EXPIRE = "UPDATE contact_merges SET before = NULL
        WHERE before IS NOT NULL AND merged_at < $1";
}

/// A merge can be taken back for so long.
pub const MERGES_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How the ledger says that an entry came of a merge.
const SOURCE: &str = "merge";

/// Who is to be merged into whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeWish {
    pub keep: ContactId,
    pub other: ContactId,
    /// Attributes of which the other's value is kept.
    pub take: BTreeSet<String>,
    /// The keyed hashes of the keys of their addresses, in that order.
    pub hashes: ([u8; 32], [u8; 32]),
}

/// A value that both have, or one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedValue {
    pub name: String,
    pub keep: Option<String>,
    pub other: Option<String>,
    pub result: String,
}

/// What both are to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedTopic {
    pub topic: TopicId,
    pub keep: Option<SubscriptionState>,
    pub other: Option<SubscriptionState>,
    pub result: SubscriptionState,
}

/// What a merge does. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergePlan {
    pub keep: Contact,
    pub other: Contact,
    pub attributes: Vec<MergedValue>,
    pub topics: Vec<MergedTopic>,
    /// What each has said about tracking, and what holds then.
    pub tracking: [Option<TrackingMode>; 3],
    /// Why each must not be mailed, and why the kept one must not then.
    pub suppressions: [Option<String>; 3],
    /// By their names: what the kept one has then.
    pub tags: Vec<String>,
    /// Campaigns that have not ended and have either of them: until they have, nothing is merged.
    pub campaigns: Vec<(CampaignId, String)>,
}

impl Store {
    /// What merging two contacts would do; None when one of them is not there.
    pub async fn contact_merge_plan(
        &self,
        keep: ContactId,
        other: ContactId,
        take: BTreeSet<String>,
    ) -> Result<Option<MergePlan>, StoreError> {
        self.read(move |tx| plan::plan(tx, (keep, other), &take)).await
    }

    /// Merges two contacts.
    ///
    /// # Errors
    /// [`StoreError::Contact`] while a campaign has one of them, or when there would be too many tags;
    /// [`StoreError::NotFound`].
    pub async fn contact_merge(
        &self,
        wish: MergeWish,
        at: Timestamp,
    ) -> Result<MergePlan, StoreError> {
        self.write(move |tx| carry::merge(tx, &wish, at)).await
    }

    /// Takes a merge back, as far as nothing has been changed since; the contact who was merged is there
    /// again. `hash` is the keyed hash of their address's key.
    ///
    /// # Errors
    /// [`StoreError::Contact`] when it is too late or their address is somebody else's,
    /// [`StoreError::NotFound`].
    pub async fn contact_unmerge(
        &self,
        other: ContactId,
        hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Contact, StoreError> {
        self.write(move |tx| taken_back::unmerge(tx, other, hash, at)).await
    }

    /// Forgets what undoing merges of before this time would need.
    pub async fn merges_expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |tx| Ok(tx.execute(MERGES_EXPIRE, [before.0])? as u64)).await
    }
}

/// The states of a contact's topics, and since when.
type Topics = BTreeMap<i64, (SubscriptionState, i64)>;

fn topics_of(tx: &Tx<'_>, contact: ContactId) -> Result<Topics, StoreError> {
    let topic = |row: &SqlRow<'_>| {
        let state = crate::engine::error::known(
            SubscriptionState::from_word(row.text(1)?),
            "subscription",
        )?;
        Ok((row.get::<i64>(0)?, (state, row.get::<i64>(2)?)))
    };
    Ok(tx.all(MERGE_TOPICS, [contact.0], topic)?.into_iter().collect())
}

/// The numbers of a contact's rows of some kind.
fn ids(
    tx: &Tx<'_>,
    listed: crate::engine::sql::Sql,
    contact: ContactId,
) -> Result<Vec<i64>, StoreError> {
    tx.all(listed, [contact.0], |row| row.get(0))
}
