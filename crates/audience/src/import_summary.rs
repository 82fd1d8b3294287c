//! What an import has done.

use store::ImportCounts;

/// What an import has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Records read, without the header: added, updated, unchanged, merged, erased, of other topics
    /// or rejected once the import has ended.
    pub rows: u64,
    pub added: u64,
    /// Contacts with at least one changed value.
    pub updated: u64,
    /// Contacts who were there just so.
    pub unchanged: u64,
    /// Rows about a contact whom another row is about too.
    pub merged: u64,
    /// Rows about people who had been erased; nothing of them was kept.
    pub erased: u64,
    /// People under 13 by their row; nothing of them was kept.
    pub children: u64,
    pub subscribed: u64,
    /// Contacts who had left the topic and were not brought back.
    pub kept_unsubscribed: u64,
    /// Contacts whose address must not be mailed; they were not subscribed.
    pub suppressed: u64,
    /// Contacts who have left according to the file; none of them is mailed.
    pub left: u64,
    /// Contacts of whom the file does not say that they may be mailed; they were not subscribed.
    pub unconfirmed: u64,
    /// Records about contacts of none of the topics that whoever imports is trusted with; left out.
    pub of_other_topics: u64,
    /// Contacts who had said nothing about tracking, and for whom the import has.
    pub tracking_begun: u64,
    /// Rows with the address of an office, at a disposable domain, at a domain that is one letter away from a
    /// provider's, and at one that takes no mail.
    pub role_addresses: u64,
    pub disposable: u64,
    pub typos: u64,
    pub no_mail: u64,
    /// Rows of which it is not known whether their domain takes mail, although that was to be asked.
    pub mx_unanswered: u64,
    /// Records that are in the reject file.
    pub rejected: u64,
    /// The separator that the rejected rows seem to use, if it differs from the header's.
    pub other_separator: Option<char>,
    /// Bytes of the file that have been read; about, of one that is packed or decoded.
    pub bytes_read: u64,
    /// The word for the product as whose export it was read.
    pub product: Option<&'static str>,
}

impl ImportSummary {
    /// What may be wrong with addresses, by the names of figures. Rows that repeat somebody are `merged`.
    #[must_use]
    pub const fn warnings(&self) -> [(&'static str, u64); 5] {
        [
            ("role_addresses", self.role_addresses),
            ("disposable", self.disposable),
            ("typos", self.typos),
            ("no_mail", self.no_mail),
            ("mx_unanswered", self.mx_unanswered),
        ]
    }

    /// Takes over what the store has counted so far.
    pub(crate) fn count(&mut self, counts: &ImportCounts) {
        self.added = counts.added;
        self.updated = counts.updated;
        self.unchanged = counts.unchanged;
        self.merged = counts.merged;
        self.subscribed = counts.subscribed;
        self.kept_unsubscribed = counts.kept_unsubscribed;
        self.suppressed = counts.suppressed;
        self.erased = counts.erased;
        self.left = counts.left;
        self.unconfirmed = counts.unconfirmed;
        self.of_other_topics = counts.of_other_topics;
        self.children = counts.children;
        self.tracking_begun = counts.tracking_begun;
    }
}
