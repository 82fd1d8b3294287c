//! How often what everybody may see was asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actions::{AccountCounts, JoinCounts};

/// Requests for the public pages and files.
#[derive(Debug, Default)]
pub struct PublicCounters {
    pub media: MediaCounters,
    pub archive: ArchiveCounters,
    pub browsers: BrowserCounters,
    /// The way into people's own accounts, and what they did there.
    pub account: Arc<AccountCounts>,
    /// Forms by which people join.
    pub joins: Arc<JoinCounts>,
    pub preferences: PreferenceCounters,
    /// Recipients' pages that told them to come back, as the store was away.
    pub recipients_put_off: AtomicU64,
}

/// What people have done about the visitor cookie of their browsers.
#[derive(Debug, Default)]
pub struct BrowserCounters {
    /// Cookies taken away.
    pub resets: AtomicU64,
    /// Browsers that are to get none any more.
    pub refusals: AtomicU64,
    /// Browsers that were cut from a contact.
    pub cuts: AtomicU64,
}

/// What people have done on the page on which they choose what they get.
#[derive(Debug, Default)]
pub struct PreferenceCounters {
    /// Forms that changed something.
    pub saved: AtomicU64,
    /// Pauses that were begun, or changed to another end.
    pub pauses: AtomicU64,
    /// Forms that were refused, with what would be right.
    pub refused: AtomicU64,
}

/// What was asked of the media library's files.
#[derive(Debug, Default)]
pub struct MediaCounters {
    pub served: AtomicU64,
    /// No such file, or no name of one.
    pub missing: AtomicU64,
    /// The folder or bucket did not answer.
    pub failed: AtomicU64,
}

/// What was asked of the archive.
#[derive(Debug, Default)]
pub struct ArchiveCounters {
    pub lists: AtomicU64,
    pub feeds: AtomicU64,
    pub messages: AtomicU64,
    /// Nothing is published there.
    pub missing: AtomicU64,
}
