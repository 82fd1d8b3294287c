//! How many people opened, and how many clicked: at least (the floor) and at most (the ceiling).
//!
//! Invariants (promise P8): a contact counts once, by the best class of its hits; machines are in
//! neither bound; the denominator is never smaller than those who opened.

use std::collections::BTreeMap;

use model::HitClass;
use serde::Serialize;
use store::{CampaignRollup, HitCount};

/// Contacts by the best evidence that a person read the message: views and clicks together.
/// `person + proxied + unknown + repeat + machine_only + not_opened = denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Contacts who have, or may have, a message that tells whether they opened it: sent and in doubt,
    /// without those that are not tracked. A contact who opened counts as having it, even while the
    /// outcome of the delivery is still being written.
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
    /// People, at most: `person + proxied + unknown + repeat`, and for each hit whose contact may not
    /// be known one more, up to the denominator.
    pub ceiling: i64,
}

impl Evidence {
    /// Sorts contacts by their best class; `reached` is sent + in doubt, as far as it is tracked.
    pub(crate) fn new(
        contacts: &BTreeMap<HitClass, i64>,
        reached: i64,
        withheld: HitCount,
    ) -> Self {
        let of = |class: HitClass| contacts.get(&class).copied().unwrap_or_default();
        let [person, proxied, unknown, repeat] =
            [HitClass::Person, HitClass::Proxied, HitClass::Unknown, HitClass::Repeat].map(of);
        let machine_only = machines(contacts);
        let opened = person + proxied + unknown + repeat;
        let denominator = reached.max(opened + machine_only);
        Self {
            denominator,
            person,
            proxied,
            unknown,
            repeat,
            machine_only,
            not_opened: denominator - opened - machine_only,
            floor: person,
            ceiling: denominator.min(opened + withheld.views + withheld.clicks),
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
    /// Contacts, at most: includes those whose clicks can't be classified, and one more for each click
    /// whose contact may not be known.
    pub ceiling: i64,
    /// Contacts whose links were followed by scanners, previews and prefetches alone.
    pub machine_only: i64,
}

impl Clicks {
    /// `clickers` are the contacts by the best class of their clicks; `reached` is as in
    /// [`Evidence::new`].
    pub(crate) fn new(
        rollup: &CampaignRollup,
        clickers: &BTreeMap<HitClass, i64>,
        reached: i64,
    ) -> Self {
        let (total, unique) = (rollup.clicks, rollup.unique_clicks);
        let floor = clickers.get(&HitClass::Person).copied().unwrap_or_default();
        let machine_only = machines(clickers);
        let people = clickers.values().sum::<i64>() - machine_only;
        let ceiling = (people + rollup.withheld.clicks).min(reached.max(people));
        Self { total, unique, floor, ceiling, machine_only }
    }
}
