//! What tagging many contacts has counted.

use crate::people::count_fields::counts;

counts! {
    /// What tagging many contacts did.
    TagCounts {
        /// Contacts who matched.
        contacts,
        /// Tags that somebody got.
        tagged,
        /// Tags that somebody lost.
        untagged,
    }
}
