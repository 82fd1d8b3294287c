//! What the erasure of a list has counted.

use crate::people::count_fields::counts;

counts! {
    /// What the erasure of a list would do, or has done. Every address of the list is one of contacts,
    /// unknown and erased before, or repeats another one.
    ErasureCounts {
        /// Of the addresses, those of contacts.
        contacts,
        /// Nobody’s: an import does not bring them any more, either.
        unknown,
        erased_before,
        /// Lines about an address that an earlier line has.
        repeated,
        /// Contacts that are gone now; 0 in a rehearsal.
        erased,
        /// What goes with them, from here on: topics they were subscribed to, or had left.
        subscriptions,
        /// Entries of the consent ledger.
        consents,
        /// Messages of campaigns, which stay in the figures without a name.
        deliveries,
        /// Single messages, of which only times and states stay.
        messages,
        /// Views and clicks.
        hits,
    }
}
