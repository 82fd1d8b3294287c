//! Who has clicked which link: each contact once per link.

pub(crate) mod postgres;

use std::collections::BTreeSet;

use model::{CampaignId, ContactId, LinkSlot};

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    LINK_CLICKER = "INSERT INTO link_clickers (campaign_id, slot, contact_id) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING";
}

/// A contact's click on a link.
pub(crate) type Clicker = (CampaignId, LinkSlot, ContactId);

/// Stores them, and returns those who had not clicked that link before.
pub(crate) fn keep(tx: &Tx<'_>, clickers: &BTreeSet<Clicker>) -> Result<Vec<Clicker>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::keep(bulk, clickers);
    }
    let mut insert = tx.prepare(LINK_CLICKER)?;
    let mut new = Vec::new();
    for clicker @ (campaign, slot, contact) in clickers {
        if insert.execute((campaign.0, slot.0, contact.0))? > 0 {
            new.push(*clicker);
        }
    }
    Ok(new)
}
