//! Requeue: puts deliveries that have ended back in the queue because a person asks for it, a slice
//! per transaction.
//!
//! Invariants: what was sent is never touched; the counts change with the rows, so their sum stays
//! the audience (promise P2); a finished campaign is sending again from the transaction that moves
//! its first row. A delivery starts afresh: its tries are counted from zero, and any late outcome
//! of an older claim is void.

use model::campaign::CampaignRefused;
use model::delivery::DeliveryAction;
use model::{CampaignId, CampaignState, ContactId, DeliveryState};

use crate::engine::sql::texts;
use crate::sending::campaigns;
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::recipients::RecipientFilter;
use crate::{Store, StoreError};

texts! {
    /// Changes nothing; see [`lock`].
    CAMPAIGN_REOPEN = "UPDATE campaigns SET state = 'sending', finished_at = NULL
        WHERE id = $1 AND state = 'finished'";
    REQUEUE_SLICE_END = "SELECT max(contact_id) FROM (SELECT contact_id FROM deliveries
        WHERE campaign_id = $1 AND state = $2 AND contact_id > $3
        AND (CAST($4 AS BIGINT) < 0 OR code = CAST($4 AS BIGINT))
        ORDER BY contact_id LIMIT $5) t";
    DELIVERIES_REQUEUE = "UPDATE deliveries SET state = 0, attempts = 0, copies = 0, next_attempt_at = $6,
            first_attempt_at = NULL, leased_until = NULL, holder = NULL, begun = 0,
            ended_at = NULL, code = NULL, reply = NULL, reason = NULL
        WHERE campaign_id = $1 AND state = $2 AND contact_id > $3 AND contact_id <= $4
        AND (CAST($5 AS BIGINT) < 0 OR code = CAST($5 AS BIGINT))";
}

/// Due whatever the clock says, and in contact order, like deliveries that were never tried.
const AT_ONCE: i64 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requeued {
    pub deliveries: i64,
    /// Where the next slice begins; None when this was the last one.
    pub next: Option<ContactId>,
}

impl Store {
    /// Puts at most `limit` of the campaign's matching deliveries back in the queue, those of
    /// contacts after `after`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the campaign has not been started yet,
    /// [`StoreError::NotToBeRetried`] when deliveries in this state must not be sent again.
    pub async fn deliveries_requeue(
        &self,
        campaign: CampaignId,
        filter: RecipientFilter,
        after: ContactId,
        limit: usize,
    ) -> Result<Requeued, StoreError> {
        let RecipientFilter { state, .. } = filter;
        if state.apply(DeliveryAction::Retry).is_err() {
            return Err(StoreError::NotToBeRetried(state));
        }
        self.write(move |tx| {
            campaigns::lock(tx, campaign)?;
            let found = campaigns::state(tx, campaign)?.ok_or(StoreError::NotFound("campaign"))?;
            if !found.has_started() || found == CampaignState::Starting {
                return Err(CampaignRefused { state: found, action: "retried" }.into());
            }
            let (from, code) = (state.code(), filter.code());
            let slice = (campaign.0, from, after.0, code, crate::engine::error::count(limit)?);
            let last: Option<i64> = tx.one(REQUEUE_SLICE_END, slice, |row| row.get(0))?;
            let Some(last) = last else { return Ok(Requeued { deliveries: 0, next: None }) };
            let rows = (campaign.0, from, after.0, last, code, AT_ONCE);
            let moved = crate::engine::error::count(tx.execute(DELIVERIES_REQUEUE, rows)?)?;
            let mut counts = DeliveryCounts::default();
            counts.add(state, -moved);
            counts.add(DeliveryState::Queued, moved);
            deliveries::move_counts(tx, campaign, &counts)?;
            tx.execute(CAMPAIGN_REOPEN, [campaign.0])?;
            Ok(Requeued { deliveries: moved, next: Some(ContactId(last)) })
        })
        .await
    }
}
