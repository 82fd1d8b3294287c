//! What somebody chooses on the page that their messages lead to.
//!
//! Invariants: topics, pause, consent ledger and history change in one transaction; nobody is subscribed
//! whose address is suppressed, for whatever reason, while leaving and pausing always work; repeating
//! it changes nothing. A topic that is ticked is agreed to by this page, with the version of what it says.

use model::{CampaignId, ConsentKind, ContactId, Removal, SuppressionReason, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::leaving::{
    Act, SUBSCRIPTION_SET, SUPPRESSION_REASON, Scope, Suppressed, key_of, let_go,
};
use crate::people::pauses;
use crate::{Store, StoreError, TopicsWanted, counting::engagements};

texts! {
    TOPIC_OF_CAMPAIGN = "SELECT topic_id FROM campaigns WHERE id = $1";
    CONSENT_BY_PAGE =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at, notice)
        VALUES ($1, $2, $3, 1, $4, $5, $6, $7)";
}

/// What somebody chooses, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageChoice {
    pub contact: ContactId,
    /// The campaign whose message led there.
    pub campaign: CampaignId,
    pub topics: TopicsWanted,
    /// Until when they pause, None for not at all; None outside: as it is.
    pub pause: Option<Option<Timestamp>>,
    /// The version of what the page says.
    pub notice: &'static str,
    /// The keyed hash of the address's key.
    pub address_hash: [u8; 32],
    pub at: Timestamp,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageChoiceSaved {
    pub changed: bool,
    /// They wanted topics that they did not get, because their address must not be mailed.
    pub blocked: bool,
}

impl Store {
    /// Saves what somebody has chosen. An unknown contact changes nothing.
    pub async fn page_choose(&self, choice: PageChoice) -> Result<PageChoiceSaved, StoreError> {
        self.write(move |tx| choose(tx, &choice)).await
    }
}

fn choose(tx: &Tx<'_>, choice: &PageChoice) -> Result<PageChoiceSaved, StoreError> {
    let PageChoice { contact, campaign, topics, pause, notice, address_hash, at } = choice;
    let mut saved = PageChoiceSaved { changed: false, blocked: false };
    let Some(key) = key_of(tx, *contact)? else { return Ok(saved) };
    let (source, of) = (Removal::Page.as_str(), Some(*campaign));
    let act = Act { contact: *contact, source, campaign: of, at: *at };
    let mut left_campaign = false;
    for topic in &topics.unwanted {
        let reason = SuppressionReason::Unsubscribed;
        let address = Suppressed { key: &key, hash: *address_hash, reason };
        if let_go(tx, &act, Scope::Topic(*topic), address)? {
            saved.changed = true;
            left_campaign |= is_of(tx, *campaign, *topic)?;
        }
    }
    if left_campaign {
        engagements::leave(tx, *campaign, *contact, *at)?;
    }
    let suppressed: Option<String> = tx.first(SUPPRESSION_REASON, [&key], |row| row.get(0))?;
    saved.blocked = suppressed.is_some() && !topics.wanted.is_empty();
    for topic in topics.wanted.iter().filter(|_| suppressed.is_none()) {
        if tx.execute(SUBSCRIPTION_SET, (topic.0, contact.0, "subscribed", at.0))? > 0 {
            let kind = ConsentKind::Mail.as_str();
            let values = (contact.0, kind, topic.0, source, campaign.0, at.0, *notice);
            tx.execute(CONSENT_BY_PAGE, values)?;
            saved.changed = true;
        }
    }
    if let Some(until) = pause {
        saved.changed |= pauses::set(tx, *contact, *until, *at)?;
    }
    if saved.changed {
        tx.bump_removals()?;
    }
    Ok(saved)
}

/// Whether the campaign goes to the topic's subscribers: only then it is what they left.
fn is_of(tx: &Tx<'_>, campaign: CampaignId, topic: TopicId) -> Result<bool, StoreError> {
    let of: Option<i64> = tx.first(TOPIC_OF_CAMPAIGN, [campaign.0], |row| row.get(0))?;
    Ok(of == Some(topic.0))
}
