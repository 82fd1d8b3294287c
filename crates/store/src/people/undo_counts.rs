//! What the undoing of an import has counted.

use crate::people::count_fields::counts;

counts! {
    /// What the undoing of an import did, and what it left as it was.
    UndoCounts {
        /// Contacts whom nothing but the import has brought, and who are gone now.
        removed,
        /// Subscriptions that were taken back, each with its entry in the consent ledger.
        unsubscribed,
        /// Contacts who have again said nothing about tracking, each with its entry.
        untracked,
        /// Contacts who have values again that the import had changed.
        restored,
        /// Brought by the import, and in a campaign's audience since: they stay.
        stay_mailed,
        /// Brought by the import, and have left, or must not be mailed: that is never undone.
        stay_left,
        /// Brought by the import, and have asked for something else, too.
        stay_joined,
        /// Brought by the import, and changed since.
        stay_edited,
        /// Contacts with values that somebody has changed since: those values stay.
        values_stay,
        /// Contacts of whom too much was changed at once to keep what was before.
        not_kept,
        /// Erased since.
        gone,
    }
}
