//! Recipients: the people of a campaign whose delivery is in one state, page by page.

use model::{CampaignId, ContactId, DeliveryState, Timestamp};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    RECIPIENTS_COUNT = "SELECT count(*) FROM deliveries
        WHERE campaign_id = $1 AND state = $2 AND code = $3";
    RECIPIENTS_PAGE = "SELECT d.contact_id, c.email, d.attempts, d.code, d.reply, d.ended_at,
            d.next_attempt_at, d.state
        FROM (SELECT contact_id, attempts, code, reply, ended_at, next_attempt_at, state
            FROM deliveries WHERE campaign_id = $1 AND state = $2 AND contact_id > $3
            AND (CAST($4 AS BIGINT) < 0 OR code = CAST($4 AS BIGINT))
            ORDER BY contact_id LIMIT $5) d
        LEFT JOIN contacts c ON c.id = d.contact_id ORDER BY d.contact_id";
}

/// Which deliveries of a campaign are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientFilter {
    pub state: DeliveryState,
    /// Only those the relay answered with this code.
    pub code: Option<u16>,
}

/// One recipient of a campaign. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignRecipient {
    pub contact: ContactId,
    /// Their address; nothing once it was erased.
    pub email: Option<String>,
    pub attempts: i64,
    /// The relay's code; 0 for reasons of our own, None for none.
    pub code: Option<u16>,
    /// What the relay answered, or the reason.
    pub reply: Option<String>,
    /// When it ended; for queued ones, when it is tried next.
    pub at: Option<Timestamp>,
}

impl RecipientFilter {
    /// As the statements take it: negative for any.
    pub(crate) fn code(self) -> i64 {
        self.code.map_or(-1, i64::from)
    }
}

impl Store {
    /// How many of the campaign's deliveries match.
    pub async fn recipients_count(
        &self,
        campaign: CampaignId,
        filter: RecipientFilter,
    ) -> Result<i64, StoreError> {
        let RecipientFilter { state, code } = filter;
        let Some(code) = code else {
            return Ok(self.deliveries_count(campaign).await?.get(state));
        };
        let values = (campaign.0, state.code(), code);
        self.read(move |tx| tx.one(RECIPIENTS_COUNT, values, |row| row.get(0))).await
    }

    /// The campaign's matching recipients, in contact order: at most `limit` of those after
    /// `after`.
    pub async fn recipients_page(
        &self,
        campaign: CampaignId,
        filter: RecipientFilter,
        after: ContactId,
        limit: usize,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        self.read(move |tx| {
            let page = (campaign.0, filter.state.code(), after.0, filter.code());
            let values = (page.0, page.1, page.2, page.3, crate::engine::error::count(limit)?);
            tx.all(RECIPIENTS_PAGE, values, |row| {
                let state = known(DeliveryState::from_code(row.get(7)?), "delivery state")?;
                let (ended, next): (Option<i64>, i64) = (row.get(5)?, row.get(6)?);
                // What was never tried is due at no particular time.
                let due = (state.is_open() && next > 0).then_some(next);
                Ok(CampaignRecipient {
                    contact: ContactId(row.get(0)?),
                    email: row.get(1)?,
                    attempts: row.get(2)?,
                    code: row.get(3)?,
                    reply: row.get(4)?,
                    at: ended.or(due).map(Timestamp),
                })
            })
        })
        .await
    }
}
