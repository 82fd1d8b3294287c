//! What may be recorded of hits: of whom, and whether at all.
//!
//! Invariant (promise P5): what holds is what is known in the transaction that records, so a consent that
//! was taken back acts on every hit that is not recorded yet, however old its message is.

pub(crate) mod postgres;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId, TrackingChoices, TrackingMode};

use crate::StoreError;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::tx::Tx;
use crate::tracking::{self, CONTACT_TRACKING_SAID, TRACKING_SAID_BY_ANYBODY};

/// The hits of a batch as they may be recorded: without those of which nothing may be known, and of
/// nobody where it may not be known whose they are.
pub(crate) fn permitted<'h>(
    tx: &Tx<'_>,
    hits: &'h [RecordedHit],
) -> Result<Cow<'h, [RecordedHit]>, StoreError> {
    let modes = Modes::load(tx, hits)?;
    if hits.iter().all(|it| it.hit.contact.is_some() && modes.of(it) == TrackingMode::Identified) {
        return Ok(Cow::Borrowed(hits));
    }
    let permitted = hits.iter().filter_map(|it| match modes.of(it) {
        TrackingMode::Off => None,
        TrackingMode::Identified if it.hit.contact.is_some() => Some(it.clone()),
        TrackingMode::Identified | TrackingMode::Anonymous => Some(of_nobody(it)),
    });
    Ok(permitted.collect())
}

/// The hit without anything that tells whose it is.
fn of_nobody(recorded: &RecordedHit) -> RecordedHit {
    let mut recorded = recorded.clone();
    let hit = &mut recorded.hit;
    hit.signs.withheld |= hit.contact.is_some();
    (hit.contact, hit.visitor, hit.client) = (None, None, None);
    recorded.origin = recorded.origin.of_nobody();
    recorded
}

/// What may be recorded of the messages of a batch.
struct Modes {
    policy: model::TrackingPolicy,
    campaigns: BTreeMap<CampaignId, TrackingChoices>,
    said: BTreeMap<ContactId, TrackingMode>,
}

impl Modes {
    fn load(tx: &Tx<'_>, hits: &[RecordedHit]) -> Result<Self, StoreError> {
        let ids: BTreeSet<CampaignId> = hits.iter().map(|it| it.hit.campaign).collect();
        let mut campaigns = BTreeMap::new();
        for id in ids {
            campaigns.insert(id, tracking::choices(tx, id)?);
        }
        let contacts: BTreeSet<ContactId> = hits.iter().filter_map(|it| it.hit.contact).collect();
        Ok(Self { policy: tracking::policy(tx)?, campaigns, said: said(tx, &contacts)? })
    }

    fn of(&self, recorded: &RecordedHit) -> TrackingMode {
        let choices = self.campaigns.get(&recorded.hit.campaign).copied().unwrap_or_default();
        match recorded.hit.contact {
            Some(contact) => {
                let contact = self.said.get(&contact).copied();
                self.policy.mode(TrackingChoices { contact, ..choices })
            }
            // Whoever it is has been asked when the message was made, and the rest holds for all.
            None => {
                let contact = Some(TrackingMode::Anonymous);
                self.policy.mode(TrackingChoices { contact, ..choices })
            }
        }
    }
}

/// What these contacts have said, as far as they have.
fn said(
    tx: &Tx<'_>,
    contacts: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, TrackingMode>, StoreError> {
    let has_any = || tx.first(TRACKING_SAID_BY_ANYBODY, (), |row| row.get::<i64>(0));
    if contacts.is_empty() || has_any()?.is_none() {
        return Ok(BTreeMap::new());
    }
    if let Some(bulk) = tx.bulk() {
        return postgres::said(bulk, contacts);
    }
    let mut find = tx.prepare(CONTACT_TRACKING_SAID)?;
    let mut said = BTreeMap::new();
    for contact in contacts {
        if let Some(mode) = find.first([contact.0], |row| tracking::mode(row, 0))?.flatten() {
            said.insert(*contact, mode);
        }
    }
    Ok(said)
}
