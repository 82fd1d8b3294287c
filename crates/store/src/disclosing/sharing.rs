//! Who may be shared by a notice.
//!
//! Invariants: whatever says that somebody may be shared reads the mail that told them, their last word and
//! their address's suppression itself; one transaction looks at a bounded number of contacts. A mail to
//! the number of somebody who was merged into another contact has told nobody.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ContactId, DeliveryState, DisclosureRefused, SharingFacts, SharingNoticeId, SharingObstacle,
    Timestamp,
};

use crate::disclosing::member_block::MemberBlock;
use crate::disclosing::members::DisclosureSet;
use crate::disclosing::sharing_notices::{SharingNotice, find};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    SHARING_FACTS = "SELECT c.id,
            (SELECT d.ended_at FROM deliveries d
                WHERE d.campaign_id = $3 AND d.contact_id = c.id AND d.state = $4),
            (SELECT s.granted FROM consents s WHERE s.contact_id = c.id AND s.kind = 'sharing'
                ORDER BY s.id DESC LIMIT 1),
            (SELECT s.at FROM consents s WHERE s.contact_id = c.id AND s.kind = 'sharing'
                ORDER BY s.id DESC LIMIT 1),
            (SELECT max(x.at) FROM suppressions x WHERE x.email_key = lower(c.email))
        FROM contacts c WHERE c.id >= $1 AND c.id <= $2 ORDER BY c.id LIMIT $5";
    SHARED_MEMBERS = "SELECT block, members FROM disclosure_members
        WHERE set_id = $1 AND block > $2 ORDER BY block LIMIT 1";
}

/// Contacts that are looked at at once.
const PAGE: i64 = 4_096;

/// How many may be shared by a notice, and how many not, by why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharingCounts {
    pub shared: u64,
    pub left_out: BTreeMap<SharingObstacle, u64>,
}

impl Store {
    /// Counts the contacts after one, at most 4,096, and says where to go on.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when there is no such notice.
    pub async fn sharing_count(
        &self,
        id: SharingNoticeId,
        after: Option<ContactId>,
        at: Timestamp,
    ) -> Result<(SharingCounts, Option<ContactId>), StoreError> {
        self.read(move |tx| {
            let from = after.map_or(i64::MIN, |it| it.0.saturating_add(1));
            let found = obstacles(tx, &find(tx, id)?, (from, i64::MAX), at)?;
            let is_last = i64::try_from(found.len()).unwrap_or(PAGE) < PAGE;
            let next = found.last_key_value().map(|(last, _)| *last).filter(|_| !is_last);
            let mut counts = SharingCounts::default();
            for obstacle in found.into_values() {
                match obstacle {
                    None => counts.shared += 1,
                    Some(why) => *counts.left_out.entry(why).or_default() += 1,
                }
            }
            Ok((counts, next))
        })
        .await
    }

    /// Those of these contacts who may be shared by a notice at this time.
    ///
    /// # Errors
    /// [`StoreError::Disclosure`] when nothing may be shared by it.
    pub async fn sharing_allowed(
        &self,
        id: SharingNoticeId,
        contacts: Vec<ContactId>,
        at: Timestamp,
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        self.read(move |tx| {
            let notice = find(tx, id)?;
            notice.open(tx, at)?;
            let mut blocks: BTreeMap<i64, BTreeSet<ContactId>> = BTreeMap::new();
            for contact in &contacts {
                blocks.entry(MemberBlock::of(*contact)).or_default().insert(*contact);
            }
            let mut allowed = BTreeSet::new();
            for asked in blocks.into_values() {
                let (Some(first), Some(last)) = (asked.first(), asked.last()) else { continue };
                let found = obstacles(tx, &notice, (first.0, last.0), at)?;
                let free = found.into_iter().filter(|(_, why)| why.is_none()).map(|(id, _)| id);
                allowed.extend(free.filter(|id| asked.contains(id)));
            }
            Ok(allowed)
        })
        .await
    }

    /// Refuses a file if anybody in it may not be shared by its notice any more.
    pub(super) async fn sharing_hold(
        &self,
        id: SharingNoticeId,
        set: DisclosureSet,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut after = Some(i64::MIN);
        while let Some(block) = after {
            after = self.read(move |tx| block_allowed(tx, id, (set, block), at)).await?;
        }
        Ok(())
    }
}

/// Looks at the set's next block; None when there is none.
fn block_allowed(
    tx: &Tx<'_>,
    id: SharingNoticeId,
    (set, after): (DisclosureSet, i64),
    at: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let next = tx.first(SHARED_MEMBERS, (set.0, after), |row| {
        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
    })?;
    let Some((block, bytes)) = next else { return Ok(None) };
    let members = MemberBlock::from_bytes(&bytes)?;
    let found = obstacles(tx, &find(tx, id)?, MemberBlock::range(block), at)?;
    let free = found.iter().filter(|(id, why)| why.is_none() && members.has(**id)).count();
    match free == members.count() {
        true => Ok(Some(block)),
        false => Err(DisclosureRefused::SharedPeopleChanged.into()),
    }
}

/// Why contacts between these, at most a page of them, may not be shared.
fn obstacles(
    tx: &Tx<'_>,
    notice: &SharingNotice,
    (first, last): (i64, i64),
    at: Timestamp,
) -> Result<BTreeMap<ContactId, Option<SharingObstacle>>, StoreError> {
    let terms = notice.terms(tx)?;
    let values = (first, last, notice.campaign.0, DeliveryState::Sent.code(), PAGE);
    let found = tx.all(SHARING_FACTS, values, |row| {
        let (granted, said) = (row.get::<Option<bool>>(2)?, row.get::<Option<i64>>(3)?);
        let facts = SharingFacts {
            told_at: row.get::<Option<i64>>(1)?.map(Timestamp),
            word: granted.zip(said.map(Timestamp)),
            is_suppressed: row.get::<Option<i64>>(4)?.is_some(),
        };
        Ok((ContactId(row.get(0)?), terms.obstacle(facts, at)))
    })?;
    Ok(found.into_iter().collect())
}
