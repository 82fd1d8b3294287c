//! How many people opened, and how many clicked: at least (the floor) and at most (the ceiling).
//!
//! Invariants (promise P8): a contact counts once, by the best class of its hits; machines are in
//! neither bound; the denominator is never smaller than those who opened.

use std::collections::BTreeMap;

use model::HitClass;
use serde::Serialize;

/// Contacts by the best evidence that a person read the message: views and clicks together.
/// `person + proxied + unknown + repeat + machine_only + not_opened = denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Contacts who have, or may have, the message: sent and in doubt. A contact who opened counts
    /// as having it, even while the outcome of the delivery is still being written.
    pub denominator: i64,
    /// A browser or mail program of their own, and nothing that a machine is known to do.
    pub person: i64,
    /// A mailbox provider's image proxy, which loads when a person opens.
    pub proxied: i64,
    /// Unknown, or a privacy service that loads everything.
    pub unknown: i64,
    /// Nothing but repetitions, or more of them than a person makes.
    pub repeat: i64,
    /// Nothing but scanners, previews and prefetches. (A HEAD request loads nothing and is no
    /// evidence.)
    pub machine_only: i64,
    /// No hit at all.
    pub not_opened: i64,
    /// People, at least: `person`.
    pub floor: i64,
    /// People, at most: `person + proxied + unknown + repeat`.
    pub ceiling: i64,
}

impl Evidence {
    /// Sorts contacts by their best class; `reached` is sent + in doubt.
    pub(crate) fn new(contacts: &BTreeMap<HitClass, i64>, reached: i64) -> Self {
        let of = |class: HitClass| contacts.get(&class).copied().unwrap_or_default();
        let [person, proxied, unknown, repeat] =
            [HitClass::Person, HitClass::Proxied, HitClass::Unknown, HitClass::Repeat].map(of);
        let machine_only = machines(contacts);
        let ceiling = person + proxied + unknown + repeat;
        let denominator = reached.max(ceiling + machine_only);
        Self {
            denominator,
            person,
            proxied,
            unknown,
            repeat,
            machine_only,
            not_opened: denominator - ceiling - machine_only,
            floor: person,
            ceiling,
        }
    }
}

fn machines(contacts: &BTreeMap<HitClass, i64>) -> i64 {
    contacts.iter().filter(|(class, _)| class.is_machine()).map(|(_, count)| count).sum()
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
    /// Contacts whose links were followed by scanners, previews and prefetches alone.
    pub machine_only: i64,
}

impl Clicks {
    /// `clickers` are the contacts by the best class of their clicks.
    pub(crate) fn new(total: i64, unique: i64, clickers: &BTreeMap<HitClass, i64>) -> Self {
        let floor = clickers.get(&HitClass::Person).copied().unwrap_or_default();
        let machine_only = machines(clickers);
        let ceiling = clickers.values().sum::<i64>() - machine_only;
        Self { total, unique, floor, ceiling, machine_only }
    }
}
