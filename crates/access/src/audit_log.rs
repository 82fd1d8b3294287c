//! Looking at the audit log.

use model::Right;
use store::{AuditEntry, AuditFilter, Store};

use crate::actor::Permit;
use crate::error::AccessError;

/// The newest entries before `before`, newest first, at most 1,000.
///
/// # Errors
/// Without a permit for [`Right::AuditRead`], or when the store fails.
pub async fn audit_page(
    store: &Store,
    permit: &Permit,
    filter: AuditFilter,
    before: i64,
    limit: u16,
) -> Result<Vec<AuditEntry>, AccessError> {
    permit.needs(Right::AuditRead)?;
    Ok(store.audit_page(filter, before, limit).await?)
}
