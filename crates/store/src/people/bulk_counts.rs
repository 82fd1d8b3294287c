//! What an act with many contacts has counted.

use crate::people::count_fields::counts;

counts! {
    /// What was done with many contacts.
    BulkCounts {
        /// Contacts who matched.
        contacts,
        /// Of whom something is different now.
        changed,
        /// Who had left the topic, and stay so.
        kept_unsubscribed,
        /// Whose address must not be mailed; they were not subscribed.
        suppressed,
        /// Who have as many attributes, or tags, as somebody can have.
        full,
    }
}
