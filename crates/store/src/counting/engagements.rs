//! Engagements: what one contact did with one campaign, for everything that counts contacts once.
//!
//! Invariant: a row only ever grows (a better class, viewed, clicked, left), so the order in which
//! hits are recorded does not matter.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId, HitClass, Timestamp};

use crate::StoreError;
use crate::counting::rollups;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    ENGAGEMENT_FIND = "SELECT best_class, viewed, clicked, click_class FROM engagements
        WHERE campaign_id = $1 AND contact_id = $2";
    ENGAGEMENT_PUT = "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked,
            click_class)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET best_class = excluded.best_class, viewed = excluded.viewed, clicked = excluded.clicked,
            click_class = excluded.click_class";
    /// Only for a contact in the campaign's audience, and only once.
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
    /// As `best_class`, of clicks alone.
    pub(crate) click_class: i64,
}

/// A campaign and one of its contacts.
pub(crate) type CampaignContact = (CampaignId, ContactId);

/// The engagements that a batch touches, before and after: read once, written once.
#[derive(Debug, Default)]
pub(crate) struct Engagements {
    touched: BTreeMap<CampaignContact, (Engagement, Engagement)>,
}

/// What a hit has changed for its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advance {
    /// The first of its kind, view or click.
    pub(crate) first: bool,
    /// The best class before, if it has changed.
    pub(crate) left_class: Option<i64>,
    /// The same of the contact's clicks.
    pub(crate) left_click_class: Option<i64>,
}

impl Engagements {
    /// What is known of these contacts. On PostgreSQL their rows are locked: two recorders never
    /// count the same first view.
    pub(crate) fn load(tx: &Tx<'_>, keys: BTreeSet<CampaignContact>) -> Result<Self, StoreError> {
        let known = match tx.bulk() {
            Some(bulk) => postgres::lock(bulk, &keys)?,
            None => find_each(tx, &keys)?,
        };
        let mut touched = BTreeMap::new();
        for key in keys {
            let before = known.get(&key).copied().unwrap_or_default();
            touched.insert(key, (before, before));
        }
        Ok(Self { touched })
    }

    /// Notes a hit of a contact.
    pub(crate) fn note(&mut self, key: CampaignContact, class: HitClass, click: bool) -> Advance {
        let (_, now) = self.touched.entry(key).or_default();
        let before = *now;
        now.viewed |= !click;
        now.clicked |= click;
        now.best_class = before.best_class.max(class.code());
        let first = before.viewed != now.viewed || before.clicked != now.clicked;
        if click {
            now.click_class = before.click_class.max(class.code());
        }
        let left = |before: i64, now: i64| (before != now).then_some(before);
        Advance {
            first,
            left_class: left(before.best_class, now.best_class),
            left_click_class: left(before.click_class, now.click_class),
        }
    }

    /// Writes what has changed, in key order.
    pub(crate) fn write(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let changed = self.touched.iter().filter(|(_, (before, now))| before != now);
        let changed: Vec<(CampaignContact, Engagement)> =
            changed.map(|(key, both)| (*key, both.1)).collect();
        if let Some(bulk) = tx.bulk() {
            return postgres::write(bulk, &changed);
        }
        let mut put = tx.prepare(ENGAGEMENT_PUT)?;
        for ((campaign, contact), now) in changed {
            let Engagement { best_class, viewed, clicked, click_class } = now;
            put.execute((campaign.0, contact.0, best_class, viewed, clicked, click_class))?;
        }
        Ok(())
    }
}

fn find_each(
    tx: &Tx<'_>,
    keys: &BTreeSet<CampaignContact>,
) -> Result<BTreeMap<CampaignContact, Engagement>, StoreError> {
    let mut find = tx.prepare(ENGAGEMENT_FIND)?;
    let mut known = BTreeMap::new();
    for key in keys {
        let found = find.first((key.0.0, key.1.0), |row| {
            Ok(Engagement {
                best_class: row.get(0)?,
                viewed: row.get(1)?,
                clicked: row.get(2)?,
                click_class: row.get(3)?,
            })
        })?;
        known.extend(found.map(|found| (*key, found)));
    }
    Ok(known)
}

/// Counts once that the contact unsubscribed through a message of the campaign.
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
