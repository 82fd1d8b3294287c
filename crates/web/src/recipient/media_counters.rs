//! How often the media library's files were asked for.

use std::sync::atomic::AtomicU64;

/// What was asked of the media library's files.
#[derive(Debug, Default)]
pub struct MediaCounters {
    pub served: AtomicU64,
    /// No such file, or no name of one.
    pub missing: AtomicU64,
    /// The folder or bucket did not answer.
    pub failed: AtomicU64,
}
