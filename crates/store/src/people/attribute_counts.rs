//! What looking at the values of an attribute has counted.

use crate::people::count_fields::counts;

counts! {
    /// Which values of an attribute are of its kind.
    AttributeCounts {
        /// Contacts that were looked at.
        contacts,
        /// Values that are of the kind.
        fit,
        /// Of those, values that are written in another text now, or would be.
        rewritten,
        /// Values that are not, and stay as they are.
        unfit,
    }
}
