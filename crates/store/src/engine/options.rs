//! How a store is opened.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections that only read, for mail and recipients' pages.
    pub readers: usize,
    /// Connections that only read, for reports ([`crate::Store::for_reports`]).
    pub report_readers: usize,
    /// Connections that write, on PostgreSQL; SQLite has one.
    pub writers: usize,
    /// Calls that may wait for the writer, and as many for the readers.
    pub queue: usize,
    /// Page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reader, in KiB.
    pub reader_cache_kib: u32,
    /// How long to wait for another process's write lock.
    pub busy_timeout: Duration,
    /// Whether to upgrade a store of an older release to this release's schema. Otherwise it is
    /// refused, because another release may be using it. An empty store gets its tables either way.
    pub upgrade: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: 2,
            report_readers: 2,
            writers: 4,
            queue: 64,
            writer_cache_kib: 16 << 10,
            reader_cache_kib: 4 << 10,
            busy_timeout: Duration::from_secs(30),
            upgrade: false,
        }
    }
}
