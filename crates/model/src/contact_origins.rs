//! By which of their views, and by which of their clicks, a contact is counted among clients and
//! countries: each contact once, however often they looked.
//!
//! Invariants: the most telling hit counts, and of equally telling ones the earliest, so the same hits
//! in any order give the same; what hits show of one another later (a burst) does not change the
//! choice. Once the time of a chosen hit is to be forgotten, its place is, too: the contact stays
//! counted where they were.

use crate::hit_origin::OriginKind;
use crate::{HitOrigin, Rule, RulesSeen, Timestamp};

/// A hit that may be the one to count by. The greatest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginHit {
    /// How much it tells of a person: [`crate::HitClass::code`], and less if it came too soon.
    pub rank: u8,
    pub at: Timestamp,
    /// What was seen in it.
    pub rules: RulesSeen,
    pub origin: HitOrigin,
}

/// What a contact's views, or clicks, are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChosenOrigin {
    /// There was none.
    #[default]
    None,
    Hit(OriginHit),
    /// It was counted and is forgotten: later ones change nothing.
    Forgotten,
}

/// What one contact is counted by in one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContactOrigins {
    pub view: ChosenOrigin,
    pub click: ChosenOrigin,
}

/// A rank below which nothing is a person's.
const SOON: u8 = 2;

impl OriginHit {
    /// A hit whose class by itself has this code.
    #[must_use]
    pub fn new(code: i64, at: Timestamp, rules: RulesSeen, origin: HitOrigin) -> Self {
        let code = u8::try_from(code).unwrap_or_default();
        let soon = rules.has(Rule::SOON_AFTER_DELIVERY);
        Self { rank: if soon { code.min(SOON) } else { code }, at, rules, origin }
    }

    /// The greatest comes first.
    fn order(&self) -> impl Ord {
        (std::cmp::Reverse(self.rank), self.at, self.rules.bits(), self.origin)
    }
}

impl ChosenOrigin {
    pub fn offer(&mut self, hit: OriginHit) {
        match self {
            Self::Forgotten => {}
            Self::Hit(chosen) if chosen.order() <= hit.order() => {}
            Self::None | Self::Hit(_) => *self = Self::Hit(hit),
        }
    }

    /// Forgets a hit from before this time. Whether it was one.
    pub fn forget(&mut self, before: Timestamp) -> bool {
        let old = matches!(self, Self::Hit(hit) if hit.at < before);
        if old {
            *self = Self::Forgotten;
        }
        old
    }

    #[must_use]
    pub const fn hit(&self) -> Option<&OriginHit> {
        match self {
            Self::Hit(hit) => Some(hit),
            Self::None | Self::Forgotten => None,
        }
    }
}

const NONE: u8 = 0;
const HIT: u8 = 1;
const FORGOTTEN: u8 = 2;
/// Stands for a number that there is not, as does [`i64::MIN`] among the wide ones.
const MISSING: i16 = i16::MIN;

impl ContactOrigins {
    /// The form in which the store keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for chosen in [self.view, self.click] {
            match chosen {
                ChosenOrigin::None => out.push(NONE),
                ChosenOrigin::Forgotten => out.push(FORGOTTEN),
                ChosenOrigin::Hit(hit) => {
                    out.extend([HIT, hit.rank]);
                    out.extend(hit.at.0.to_le_bytes());
                    out.extend(hit.rules.bits().to_le_bytes());
                    for kind in OriginKind::ALL {
                        put(hit.origin.number(kind), kind, &mut out);
                    }
                }
            }
        }
        out
    }

    /// Reads it back; None for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let origins = Self { view: chosen(&mut rest)?, click: chosen(&mut rest)? };
        rest.is_empty().then_some(origins)
    }
}

fn chosen(rest: &mut &[u8]) -> Option<ChosenOrigin> {
    let [kind] = take(rest)?;
    match kind {
        NONE => return Some(ChosenOrigin::None),
        FORGOTTEN => return Some(ChosenOrigin::Forgotten),
        HIT => {}
        _ => return None,
    }
    let [rank] = take(rest)?;
    let at = Timestamp(i64::from_le_bytes(take(rest)?));
    let rules = RulesSeen::from_bits(i64::from_le_bytes(take(rest)?));
    let mut origin = HitOrigin::default();
    for kind in OriginKind::ALL {
        if let Some(number) = number(kind, rest)? {
            origin = origin.with_number(kind, number)?;
        }
    }
    Some(ChosenOrigin::Hit(OriginHit { rank, at, rules, origin }))
}

/// The numbers of networks are wide, all others fit into two bytes.
fn put(number: Option<i64>, kind: OriginKind, out: &mut Vec<u8>) {
    if kind == OriginKind::Network {
        out.extend(number.unwrap_or(i64::MIN).to_le_bytes());
    } else {
        let number = number.and_then(|it| i16::try_from(it).ok());
        out.extend(number.unwrap_or(MISSING).to_le_bytes());
    }
}

fn number(kind: OriginKind, rest: &mut &[u8]) -> Option<Option<i64>> {
    if kind == OriginKind::Network {
        let number = i64::from_le_bytes(take(rest)?);
        return Some((number != i64::MIN).then_some(number));
    }
    let number = i16::from_le_bytes(take(rest)?);
    Some((number != MISSING).then_some(number.into()))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hit_origin::{Country, Located};
    use crate::{Device, HitClass, MailClient};

    fn hit() -> impl Strategy<Value = OriginHit> {
        let country = prop::option::of("[A-Z]{2}");
        (0..HitClass::ALL.len(), 0..9_i64, any::<bool>(), 0..MailClient::ALL.len(), country)
            .prop_map(|(class, at, soon, client, country)| {
                let rule = if soon { Rule::SOON_AFTER_DELIVERY } else { Rule::AGENT_BROWSER };
                let origin = HitOrigin {
                    client: MailClient::ALL[client],
                    device: Device::Phone,
                    country: country.and_then(|it| Country::parse(&it)).map(Located::Known),
                    network: None,
                };
                let rules = RulesSeen::NONE.with(rule);
                OriginHit::new(HitClass::ALL[class].code(), Timestamp(at), rules, origin)
            })
    }

    proptest! {
        #[test]
        fn the_same_hits_in_any_order_choose_the_same(
            hits in prop::collection::vec(hit(), 1..8).prop_flat_map(|hits| {
                (Just(hits.clone()), Just(hits).prop_shuffle())
            }),
        ) {
            let chosen = |hits: &[OriginHit]| {
                let mut chosen = ChosenOrigin::None;
                hits.iter().for_each(|hit| chosen.offer(*hit));
                chosen
            };
            prop_assert_eq!(chosen(&hits.0), chosen(&hits.1));
            let best = hits.0.iter().map(|hit| hit.rank).max();
            prop_assert_eq!(chosen(&hits.0).hit().map(|hit| hit.rank), best);
        }

        #[test]
        fn it_is_read_back_as_it_was_written(view in hit(), forgotten: bool) {
            let click = if forgotten { ChosenOrigin::Forgotten } else { ChosenOrigin::None };
            let origins = ContactOrigins { view: ChosenOrigin::Hit(view), click };
            prop_assert_eq!(ContactOrigins::from_bytes(&origins.to_bytes()), Some(origins));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
            let _ = ContactOrigins::from_bytes(&bytes);
        }
    }

    #[test]
    fn what_came_too_soon_tells_less_than_a_proxy() {
        let at = |second, class: HitClass, rule| {
            let rules = RulesSeen::NONE.with(rule);
            OriginHit::new(class.code(), Timestamp(second), rules, HitOrigin::default())
        };
        let gateway = at(1, HitClass::Person, Rule::SOON_AFTER_DELIVERY);
        let proxy = at(2, HitClass::Proxied, Rule::AGENT_GOOGLE_IMAGE_PROXY);
        let mut chosen = ChosenOrigin::None;
        chosen.offer(gateway);
        chosen.offer(proxy);
        assert_eq!(chosen.hit(), Some(&proxy));
    }

    #[test]
    fn what_is_forgotten_is_never_chosen_anew() {
        let origin = HitOrigin::default();
        let hit = OriginHit::new(4, Timestamp(5), RulesSeen::NONE, origin);
        let mut chosen = ChosenOrigin::Hit(hit);
        assert!(!chosen.forget(Timestamp(5)));
        assert!(chosen.forget(Timestamp(6)));
        chosen.offer(OriginHit { rank: 9, ..hit });
        assert_eq!(chosen, ChosenOrigin::Forgotten);
        assert!(!chosen.forget(Timestamp(9)));
    }
}
