//! What an import has counted.

use crate::people::count_fields::counts;

counts! {
    /// What an import did. Every row is one of added, updated, unchanged, merged, erased, children and of
    /// other topics.
    ImportCounts {
        added,
        /// Contacts with at least one changed value.
        updated,
        /// Contacts who were there just so.
        unchanged,
        /// Rows about a contact who already appeared in an earlier batch of the same import, or in
        /// another row of this one.
        merged,
        /// Rows about people who had been erased; nothing of them was kept.
        erased,
        /// New subscriptions, each with its consent entry.
        subscribed,
        /// Contacts who had left the topic and were not brought back.
        kept_unsubscribed,
        /// Contacts whose address must not be mailed; they were not subscribed.
        suppressed,
        /// Contacts whose row says that they have left.
        left,
        /// Contacts whose row does not say that they may be mailed; they were not subscribed.
        unconfirmed,
        /// Rows about contacts of other topics than whoever imports is trusted with; nothing was
        /// done about them.
        of_other_topics,
        /// People under 13 by their row; nothing of them was kept.
        children,
        /// Contacts who had said nothing about tracking, and for whom the import has.
        tracking_begun,
    }
}

impl ImportCounts {
    /// Counts a row about an existing contact, depending on whether this import has touched it
    /// before.
    pub(crate) fn met(&mut self, touched: bool, changed: bool) {
        let count = match (touched, changed) {
            (true, _) => &mut self.merged,
            (false, true) => &mut self.updated,
            (false, false) => &mut self.unchanged,
        };
        *count += 1;
    }
}
