//! Removals of people whom the store does not know, kept until their address comes back.
//!
//! Invariants: a row is about somebody who is not among the contacts, or who has not been searched
//! for yet. An import that brings a new contact sees every row kept before, and a search for a row
//! sees every contact that an import brought without seeing the row: the two exclude each other.
//! All that is kept of a person is a part of a keyed hash, and nothing of anyone who was erased.

use model::{AddressCode, CampaignId, ContactId, Removal, SuppressionReason, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::leaving::{self, Act, Left, Scope, Suppressed};
use crate::{Store, StoreError};

texts! {
    /// The row of the last contact's id, which an import that adds somebody holds to its end.
    IMPORTS_END = "UPDATE contact_ids SET last = last WHERE id = 1";
    ERASED_WITH_CODE = "SELECT 1 FROM suppressions
        WHERE address_hash BETWEEN $1 AND $2 AND email_key IS NULL LIMIT 1";
    KEPT_INSERT = "INSERT INTO kept_removals
            (address_code, topic_id, source, campaign_id, at, sought)
        VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING";
    KEPT_OF = "SELECT topic_id, source, campaign_id, at FROM kept_removals
        WHERE address_code = $1 ORDER BY topic_id LIMIT 1000";
    /// Also said by an erasure.
    KEPT_TAKE = "DELETE FROM kept_removals WHERE address_code = $1";
    KEPT_TO_SEEK = "SELECT DISTINCT address_code FROM kept_removals WHERE sought = 0 LIMIT $1";
    KEPT_SOUGHT = "UPDATE kept_removals SET sought = 1 WHERE address_code = $1 AND sought = 0";
    CONTACT_KEYS_PAGE = "SELECT id, lower(email) FROM contacts
        WHERE id > $1 ORDER BY id LIMIT $2";
}

/// A removal that is kept for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRemoval {
    pub scope: Scope,
    /// In which way they said so.
    pub source: String,
    /// The campaign of the message, if the store knows it.
    pub campaign: Option<CampaignId>,
    pub at: Timestamp,
}

impl Store {
    /// Keeps a removal of somebody who is not a contact, for when their address comes back; once
    /// for each scope. Nothing is kept for an erased address, because it does not come back.
    pub async fn removal_keep(
        &self,
        address: AddressCode,
        scope: Scope,
        removal: Removal,
        campaign: Option<CampaignId>,
        at: Timestamp,
    ) -> Result<Left, StoreError> {
        self.write(move |tx| {
            tx.execute(IMPORTS_END, ())?;
            if tx.first(ERASED_WITH_CODE, address.hashes(), |_| Ok(()))?.is_some() {
                return Ok(Left { changed: false });
            }
            let topic = match scope {
                Scope::Topic(topic) => topic.0,
                Scope::Everything => 0,
            };
            let campaign = campaign.map(|id| id.0);
            let values = (&address.0[..], topic, removal.as_str(), campaign, at.0);
            Ok(Left { changed: tx.execute(KEPT_INSERT, values)? > 0 })
        })
        .await
    }

    /// The codes of addresses that have not been searched for among the contacts yet, at most
    /// `limit`.
    pub async fn kept_removals_to_seek(
        &self,
        limit: usize,
    ) -> Result<Vec<AddressCode>, StoreError> {
        self.read(move |tx| {
            let limit = crate::engine::error::count(limit)?;
            tx.all(KEPT_TO_SEEK, [limit], |row| row.get(0).map(AddressCode))
        })
        .await
    }

    /// Contacts after this one with the keys of their addresses, in the order of their ids.
    pub async fn contact_keys_page(
        &self,
        after: ContactId,
        limit: usize,
    ) -> Result<Vec<(ContactId, String)>, StoreError> {
        self.read(move |tx| {
            tx.all(CONTACT_KEYS_PAGE, (after.0, crate::engine::error::count(limit)?), |row| {
                Ok((ContactId(row.get(0)?), row.get(1)?))
            })
        })
        .await
    }

    /// Applies the removals kept for a contact's address; true if that changed anything.
    pub async fn kept_removals_apply(
        &self,
        contact: ContactId,
        email_key: String,
        address_hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let changed = let_go_kept(tx, contact, &email_key, address_hash)?;
            if changed {
                tx.bump_removals()?;
            }
            Ok(changed)
        })
        .await
    }

    /// Records that no contact has these addresses.
    ///
    /// # Errors
    /// When the store fails; then they are searched for once more.
    pub async fn kept_removals_sought(&self, codes: Vec<AddressCode>) -> Result<(), StoreError> {
        self.write(move |tx| {
            let mut sought = tx.prepare(KEPT_SOUGHT)?;
            for code in &codes {
                sought.execute([&code.0[..]])?;
            }
            Ok(())
        })
        .await
    }

    /// What is kept for the address with this code.
    pub async fn kept_removals_of(
        &self,
        address: AddressCode,
    ) -> Result<Vec<KeptRemoval>, StoreError> {
        self.read(move |tx| kept_for(tx, address)).await
    }
}

fn kept_for(tx: &Tx<'_>, address: AddressCode) -> Result<Vec<KeptRemoval>, StoreError> {
    tx.all(KEPT_OF, [&address.0[..]], |row| {
        Ok(KeptRemoval {
            scope: match row.get(0)? {
                0 => Scope::Everything,
                topic => Scope::Topic(TopicId(topic)),
            },
            source: row.get(1)?,
            campaign: row.get::<Option<i64>>(2)?.map(CampaignId),
            at: Timestamp(row.get(3)?),
        })
    })
}

/// Applies the removals kept for a contact's address, which are then stored with the contact. The
/// caller advances the removal epoch if anything has changed.
pub(crate) fn let_go_kept(
    tx: &Tx<'_>,
    contact: ContactId,
    key: &str,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    let address = AddressCode::of(&hash);
    let mut changed = false;
    for kept in kept_for(tx, address)? {
        let KeptRemoval { scope, source, campaign, at } = kept;
        let act = Act { contact, source: &source, campaign, at };
        let suppressed = Suppressed { key, hash, reason: SuppressionReason::Unsubscribed };
        changed |= leaving::let_go(tx, &act, scope, suppressed)?;
    }
    tx.execute(KEPT_TAKE, [&address.0[..]])?;
    Ok(changed)
}
