//! The last check (promise P5): may this contact still be mailed, and is the lease still ours?

use store::{Store, StoreError};
use tokio::time::Instant;

use crate::clock::clock;
use crate::delivery::queue::ClaimedDelivery;

/// What the last check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// The delivery may be made.
    Go,
    /// The contact has left or is suppressed.
    Removed,
    /// The campaign is not being sent, its contact pauses, the lease is running out, or the message has to be
    /// made anew: by now something else may be recorded of its reader.
    Hold,
}

/// Whether nothing can have changed since the delivery was last checked. No I/O and no await, so it
/// can come directly before the dot.
pub(crate) fn is_fresh(store: &Store, delivery: &ClaimedDelivery) -> bool {
    store.removals_known()
        && store.removal_epoch() == delivery.removal_epoch
        && Instant::now() < delivery.valid_until
}

/// Asks the store whether anything was removed or paused since the delivery was last checked.
///
/// # Errors
/// When the store can't say; then nothing may be sent.
pub(crate) async fn last_check(
    store: &Store,
    delivery: &mut ClaimedDelivery,
) -> Result<Check, StoreError> {
    if Instant::now() >= delivery.valid_until || !store.removals_known() {
        return Ok(Check::Hold);
    }
    let epoch = store.removal_epoch();
    if epoch == delivery.removal_epoch {
        return Ok(Check::Go);
    }
    if let Some(message) = delivery.attempt().message() {
        if !store.messages_recheck(vec![message]).await?.is_empty() {
            return Ok(Check::Removed);
        }
        delivery.removal_epoch = epoch;
        return Ok(Check::Go);
    }
    let contact = delivery.claimed.contact;
    let recheck = store.deliveries_recheck(delivery.sending.campaign, vec![contact]).await?;
    if recheck.removed.contains(&contact) {
        return Ok(Check::Removed);
    }
    // The next claim leaves them out, and says why.
    let pauses = recheck.paused_until.get(&contact).is_some_and(|until| *until > clock());
    let is_as_made = recheck.tracking.get(&contact) == Some(&delivery.claimed.tracking);
    if !recheck.sending || pauses || !is_as_made {
        return Ok(Check::Hold);
    }
    delivery.removal_epoch = epoch;
    Ok(Check::Go)
}
