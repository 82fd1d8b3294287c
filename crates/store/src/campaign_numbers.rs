//! Campaigns by the numbers that people call them by.

use model::{CampaignId, CampaignNumber, Timestamp};

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    /// The ids that `CampaignId::new` makes of a number, and that of a campaign of an older release.
    CAMPAIGN_BY_NUMBER = "SELECT id FROM campaigns
        WHERE (id >= $2 AND id < $3) OR id = $1 ORDER BY id DESC LIMIT 1";
}

/// The id of the campaign that people call by this number.
pub(crate) fn campaign_by_number(
    tx: &Tx<'_>,
    number: CampaignNumber,
) -> Result<Option<CampaignId>, StoreError> {
    // Beyond this no number was ever given out.
    if !(1..1 << 32).contains(&number.0) {
        return Ok(None);
    }
    let from = CampaignId::new(number, Timestamp(0)).0;
    let values = (number.0, from, from + (1 << CampaignId::MOMENT_BITS));
    let id = tx.first(CAMPAIGN_BY_NUMBER, values, |row| row.get(0))?;
    Ok(id.map(CampaignId).filter(|id| id.number() == number))
}
