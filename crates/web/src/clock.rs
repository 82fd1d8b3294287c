//! The clock of all pages.

use std::time::SystemTime;

use model::Timestamp;

/// The point in time that acts of this request bear.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}
