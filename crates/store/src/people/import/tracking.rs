//! What contacts of an import begin with: how much of what they do may be recorded.
//!
//! Invariants: a word that somebody has said themselves stays as it is; what an import says for them is in
//! the consent ledger, in the same transaction.

use model::{ConsentKind, ContactId, TrackingMode};

use super::ImportRun;
use crate::StoreError;
use crate::engine::tx::Tx;
use crate::people::tracking_words::{CONTACT_TRACKING_BEGIN, TRACKING_CONSENT_INSERT};

/// What an import says about tracking, for contacts who have said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportTracking {
    pub mode: TrackingMode,
    /// The version of what people are told, as it is now.
    pub notice: Option<String>,
}

/// Notes it for one contact; whether they had said nothing.
pub(super) fn begin(
    tx: &Tx<'_>,
    contact: ContactId,
    run: ImportRun<'_>,
) -> Result<bool, StoreError> {
    let Some(ImportTracking { mode, notice }) = run.tracking else { return Ok(false) };
    if tx.execute(CONTACT_TRACKING_BEGIN, (contact.0, mode.code()))? == 0 {
        return Ok(false);
    }
    let (kind, granted) = (ConsentKind::Tracking.as_str(), *mode == TrackingMode::Identified);
    let (campaign, notice) = (None::<i64>, notice.as_deref());
    let values = (contact.0, kind, granted, run.source, campaign, run.at.0, mode.code(), notice);
    tx.execute(TRACKING_CONSENT_INSERT, values)?;
    Ok(true)
}
