//! Reading the audit log.

use model::Right;
use store::{AuditEntry, AuditFilter, Store, Verified};

use crate::actor::Permit;
use crate::error::AccessError;

/// The newest entries before `before`, newest first.
///
/// # Errors
/// [`AccessError::Refused`].
pub async fn audit_entries(
    store: &Store,
    permit: &Permit,
    filter: AuditFilter,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<AuditEntry>, AccessError> {
    permit.needs(Right::AuditRead)?;
    Ok(store.audit_page(filter, before.unwrap_or(i64::MAX), limit).await?)
}

/// Follows the chain from its first entry to its last.
///
/// # Errors
/// [`AccessError::Refused`].
pub async fn audit_verified(store: &Store, permit: &Permit) -> Result<Verified, AccessError> {
    permit.needs(Right::AuditRead)?;
    Ok(store.audit_verify(None).await?)
}
