//! How many people opened, and how many clicked: at least (the floor) and at most (the ceiling).
//!
//! Invariants (promise P8): a contact counts once, by the best class of its hits; machines are in
//! neither bound; the denominator is never smaller than those who opened.

use model::HitClass;
use serde::Serialize;

/// Contacts by the best evidence that a person read the message: views and clicks together.
/// `browser + proxy + unknown + machine_only + not_opened = denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Contacts who have, or may have, the message: sent and in doubt. A contact who opened counts
    /// as having it, even while the outcome of the delivery is still being written.
    pub denominator: i64,
    /// A browser or mail program of their own.
    pub browser: i64,
    /// A mailbox provider's image proxy, which loads when a person opens.
    pub proxy: i64,
    /// Unknown, or a privacy service that loads everything.
    pub unknown: i64,
    /// Nothing but scanners and prefetches. (A HEAD request loads nothing and is no evidence.)
    pub machine_only: i64,
    /// No hit at all.
    pub not_opened: i64,
    /// People, at least: `browser`.
    pub floor: i64,
    /// People, at most: `browser + proxy + unknown`.
    pub ceiling: i64,
}

impl Evidence {
    /// Sorts contacts by their best class; `reached` is sent + in doubt.
    pub(crate) fn new(best: impl Fn(HitClass) -> i64, reached: i64) -> Self {
        let [browser, proxy, unknown] =
            [HitClass::Browser, HitClass::Proxy, HitClass::Unknown].map(&best);
        let machine_only =
            best(HitClass::Head) + best(HitClass::Scanner) + best(HitClass::Prefetch);
        let opened = browser + proxy + unknown + machine_only;
        let denominator = reached.max(opened);
        Self {
            denominator,
            browser,
            proxy,
            unknown,
            machine_only,
            not_opened: denominator - opened,
            floor: browser,
            ceiling: browser + proxy + unknown,
        }
    }
}

/// Followed links, HEAD left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clicks {
    /// All of them.
    pub total: i64,
    /// Contacts with at least one, machines among them.
    pub unique: i64,
    /// Contacts, at least: a browser or mail program of their own followed a link.
    pub floor: i64,
    /// Contacts, at most: includes those whose clicks can't be classified.
    pub ceiling: i64,
    /// Contacts whose links were followed by scanners and prefetches alone.
    pub machine_only: i64,
}

impl Clicks {
    /// `clickers` gives the contacts by the best class of their clicks.
    pub(crate) fn new(total: i64, unique: i64, clickers: impl Fn(HitClass) -> i64) -> Self {
        let floor = clickers(HitClass::Browser);
        let ceiling = floor + clickers(HitClass::Proxy) + clickers(HitClass::Unknown);
        let machine_only = clickers(HitClass::Scanner) + clickers(HitClass::Prefetch);
        Self { total, unique, floor, ceiling, machine_only }
    }
}
