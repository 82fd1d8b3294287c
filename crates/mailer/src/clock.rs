//! The one place where this crate reads the time of day.

use model::Timestamp;

pub(crate) fn clock() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}
