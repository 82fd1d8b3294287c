//! Campaigns that need a segment.

use model::{CampaignId, CampaignNumber, SegmentName};

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    AUDIENCES_WAITING = "SELECT a.campaign_id, a.included, a.left_out FROM campaign_audiences a
        WHERE a.frozen_at IS NULL ORDER BY a.campaign_id LIMIT 10000";
}

/// A campaign that has not started and goes to a segment, or not to it.
pub(crate) fn waiting_for(
    tx: &Tx<'_>,
    name: &SegmentName,
) -> Result<Option<CampaignNumber>, StoreError> {
    let all = tx.all(AUDIENCES_WAITING, (), |row| {
        let (included, excluded) = (names(row.text(1)?)?, names(row.text(2)?)?);
        let names_it = included.iter().chain(&excluded).any(|it| it.key() == name.key());
        Ok((CampaignId(row.get(0)?), names_it))
    })?;
    Ok(all.into_iter().find(|(_, names_it)| *names_it).map(|(id, _)| id.number()))
}

/// The names of segments in the text in which a campaign keeps them.
pub(crate) fn names(text: &str) -> Result<Vec<SegmentName>, StoreError> {
    let damaged = || StoreError::Corrupt("the segments of a campaign".to_owned());
    let names: Vec<String> = serde_json::from_str(text).map_err(|_| damaged())?;
    let names = names.iter().map(|name| SegmentName::parse(name).map_err(|_| damaged()));
    names.collect()
}
