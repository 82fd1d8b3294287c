//! Compiled messages: the form that a campaign's announcement had when the campaign was started.
//!
//! Invariant: stored in the transaction that starts the campaign. Its content is `render`'s
//! business; here it is a text.

use model::CampaignId;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    COMPILED_FIND = "SELECT form FROM compiled_messages WHERE campaign_id = $1";
    COMPILED_KEEP = "INSERT INTO compiled_messages (campaign_id, form) VALUES ($1, $2)
        ON CONFLICT (campaign_id) DO UPDATE SET form = excluded.form";
}

impl Store {
    /// The form that the campaign's messages are made from; None before its start, and for
    /// campaigns that an earlier release has started.
    pub async fn compiled_message(&self, id: CampaignId) -> Result<Option<String>, StoreError> {
        self.read(move |tx| tx.first(COMPILED_FIND, [id.0], |row| row.get(0))).await
    }

    /// Stores the form that the campaign's messages are made from, in place of the previous one.
    pub async fn compiled_message_keep(
        &self,
        id: CampaignId,
        form: String,
    ) -> Result<(), StoreError> {
        self.write(move |tx| keep(tx, id, &form)).await
    }
}

/// Stores the form of a campaign that is being started.
pub(crate) fn keep(tx: &Tx<'_>, id: CampaignId, form: &str) -> Result<(), StoreError> {
    tx.execute(COMPILED_KEEP, (id.0, form)).map(drop)
}
