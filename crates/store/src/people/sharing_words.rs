//! What contacts say about their data being shared.
//!
//! Invariants: their word is an entry of the consent ledger, which bears the number of the newest notice and
//! is never changed; the last entry counts. Of two contacts who are merged a no of either is the person's.

use model::{CampaignId, ConsentKind, ContactId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::{Store, StoreError};

texts! {
    SHARING_WORD = "SELECT granted FROM consents WHERE contact_id = $1 AND kind = 'sharing'
        ORDER BY id DESC LIMIT 1";
    SHARING_CONTACT = "SELECT 1 FROM contacts WHERE id = $1";
    SHARING_NEWEST_NOTICE = "SELECT max(id) FROM sharing_notices";
    SHARING_CONSENT_INSERT = "INSERT INTO consents (contact_id, kind, topic_id, granted, source,
            campaign_id, at, notice)
        VALUES ($1, $2, NULL, $3, $4, $5, $6, $7)";
}

/// A contact's word on sharing, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingWord {
    pub contact: ContactId,
    /// Yes or no.
    pub granted: bool,
    /// In which way they said it.
    pub source: String,
    /// The campaign whose message it came from.
    pub campaign: Option<CampaignId>,
    pub at: Timestamp,
}

impl Store {
    /// Notes what a contact says about sharing. Whether it is something else than before; then it is in their
    /// consent ledger. An unknown contact changes nothing.
    pub async fn contact_sharing_say(&self, word: SharingWord) -> Result<bool, StoreError> {
        self.write(move |tx| say(tx, &word)).await
    }

    /// A contact's last word on sharing; None when they have said nothing, or are unknown.
    pub async fn contact_sharing(&self, contact: ContactId) -> Result<Option<bool>, StoreError> {
        self.read(move |tx| last(tx, merged_numbers::now(tx, contact)?)).await
    }
}

/// As [`Store::contact_sharing_say`].
pub(crate) fn say(tx: &Tx<'_>, word: &SharingWord) -> Result<bool, StoreError> {
    let SharingWord { contact, granted, source, campaign, at } = word;
    let contact = merged_numbers::now(tx, *contact)?;
    if tx.first(SHARING_CONTACT, [contact.0], |_| Ok(()))?.is_none()
        || last(tx, contact)? == Some(*granted)
    {
        return Ok(false);
    }
    let newest: Option<i64> = tx.one(SHARING_NEWEST_NOTICE, (), |row| row.get(0))?;
    let notice = newest.map(|id| format!("sharing notice {id}"));
    let (kind, campaign) = (ConsentKind::Sharing.as_str(), campaign.map(|it| it.0));
    let granted = i64::from(*granted);
    let values = (contact.0, kind, granted, source, campaign, at.0, notice);
    tx.execute(SHARING_CONSENT_INSERT, values)?;
    Ok(true)
}

pub(crate) fn last(tx: &Tx<'_>, contact: ContactId) -> Result<Option<bool>, StoreError> {
    tx.first(SHARING_WORD, [contact.0], |row| row.get(0))
}
