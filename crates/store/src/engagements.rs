//! Engagements: what one contact did with one campaign, as far as contacts are counted once.
//!
//! Invariants: a row only ever grows (a better class, viewed, clicked, left), so the order in
//! which hits are recorded does not matter.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use model::{CampaignId, ContactId, HitClass, Timestamp};

use crate::sql::texts;
use crate::tx::Tx;
use crate::{StoreError, rollups};

texts! {
    ENGAGEMENT_FIND = "SELECT best_class, viewed, clicked FROM engagements
        WHERE campaign_id = $1 AND contact_id = $2";
    ENGAGEMENT_PUT = "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET best_class = excluded.best_class, viewed = excluded.viewed, clicked = excluded.clicked";
    /// Only for a contact whom the campaign is for, and only once.
    ENGAGEMENT_LEAVE =
        "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked, left_at)
        SELECT campaign_id, contact_id, 0, 0, 0, $3 FROM deliveries
        WHERE campaign_id = $1 AND contact_id = $2
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET left_at = excluded.left_at WHERE engagements.left_at IS NULL";
}

/// What is known of a contact before a batch, and what a batch adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Engagement {
    /// [`HitClass::code`] of the strongest evidence, 0 without any.
    pub(crate) best_class: i64,
    pub(crate) viewed: bool,
    pub(crate) clicked: bool,
}

/// The engagements that a batch touches: read at the first touch, written once at the end.
#[derive(Debug, Default)]
pub(crate) struct Engagements {
    touched: BTreeMap<(CampaignId, ContactId), (Engagement, Engagement)>,
}

/// What a hit has changed for its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advance {
    /// The first of its kind, view or click.
    pub(crate) first: bool,
    /// The best class before, if it is another now.
    pub(crate) left_class: Option<i64>,
}

impl Engagements {
    /// Notes a hit of a contact.
    pub(crate) fn note(
        &mut self,
        tx: &Tx<'_>,
        key: (CampaignId, ContactId),
        class: HitClass,
        click: bool,
    ) -> Result<Advance, StoreError> {
        let (_, now) = match self.touched.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let stored = find(tx, key)?;
                unknown.insert((stored, stored))
            }
        };
        let before = *now;
        now.viewed |= !click;
        now.clicked |= click;
        now.best_class = before.best_class.max(class.code());
        let first = before.viewed != now.viewed || before.clicked != now.clicked;
        let left_class = (before.best_class != now.best_class).then_some(before.best_class);
        Ok(Advance { first, left_class })
    }

    /// Writes what is other than before, in key order.
    pub(crate) fn write(self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let mut put = tx.prepare(ENGAGEMENT_PUT)?;
        for ((campaign, contact), (before, now)) in self.touched {
            if before != now {
                put.execute((campaign.0, contact.0, now.best_class, now.viewed, now.clicked))?;
            }
        }
        Ok(())
    }
}

fn find(tx: &Tx<'_>, key: (CampaignId, ContactId)) -> Result<Engagement, StoreError> {
    let found = tx.first(ENGAGEMENT_FIND, (key.0.0, key.1.0), |row| {
        Ok(Engagement { best_class: row.get(0)?, viewed: row.get(1)?, clicked: row.get(2)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// Counts that the contact left by a message of the campaign, once.
pub(crate) fn leave(
    tx: &Tx<'_>,
    campaign: CampaignId,
    contact: ContactId,
    at: Timestamp,
) -> Result<(), StoreError> {
    if tx.execute(ENGAGEMENT_LEAVE, (campaign.0, contact.0, at.0))? > 0 {
        rollups::add_unsubscribe(tx, campaign)?;
    }
    Ok(())
}
