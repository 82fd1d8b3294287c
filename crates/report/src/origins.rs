//! Where a campaign's readers are: mail clients, devices, countries and networks.
//!
//! Invariants: the lines of each list, with its `uncounted`, add up to the report's views, clicks, contacts
//! with a view and contacts with a click; a contact stands in one line of each list, by the most telling
//! of their views (for clickers: clicks), and what others of their hits showed of it later does not
//! move them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{Country, Device, HitClass, Located, OriginKind, RuleSet};
use serde::Serialize;
use store::{CampaignOrigins, CampaignRollup, CountedOrigin, OriginCount};

/// The breakdowns of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Origins {
    pub clients: OriginBreakdown,
    pub devices: OriginBreakdown,
    pub countries: OriginBreakdown,
    /// The ones with most contacts.
    pub networks: OriginBreakdown,
}

/// One of them; the line with most contacts comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct OriginBreakdown {
    pub lines: Vec<OriginLine>,
    /// What is in no line: recorded by an earlier release, while there was no file to look places up in, or
    /// from networks with fewer contacts.
    pub uncounted: OriginNumbers,
}

/// What came from one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginLine {
    /// A word: `gmail`, `phone`, `DE`, `AS3320`, `unknown`, `proxied`, `not-kept`.
    pub origin: Cow<'static, str>,
    /// What people call it.
    pub name: Cow<'static, str>,
    #[serde(flatten)]
    pub numbers: OriginNumbers,
}

/// Contacts, and views and clicks of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct OriginNumbers {
    /// Contacts who opened, at most: their most telling view may be a person's.
    pub contacts: i64,
    /// Of those, the ones whose view is a person's own.
    pub persons: i64,
    /// Contacts whose most telling view is a machine's.
    pub machines: i64,
    /// Contacts who clicked, at most.
    pub clickers: i64,
    /// Contacts whose most telling click is a machine's.
    pub click_machines: i64,
    pub views: i64,
    pub clicks: i64,
}

impl OriginNumbers {
    fn add(&mut self, class: HitClass, count: &OriginCount) {
        let OriginCount { views, clicks, viewers, clickers } = *count;
        self.views += views;
        self.clicks += clicks;
        if class.is_machine() {
            self.machines += viewers;
            self.click_machines += clickers;
        } else {
            self.contacts += viewers;
            self.clickers += clickers;
        }
        if class == HitClass::Person {
            self.persons += viewers;
        }
    }

    const fn named(&self) -> [(&'static str, i64); 7] {
        [
            ("opened, at most", self.contacts),
            ("opened, persons", self.persons),
            ("opened by machines", self.machines),
            ("clicked, at most", self.clickers),
            ("clicked by machines", self.click_machines),
            ("views", self.views),
            ("clicks", self.clicks),
        ]
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Origins {
    /// Whether there was a file of countries while hits were recorded.
    #[must_use]
    pub fn has_countries(&self) -> bool {
        !self.countries.lines.is_empty()
    }

    pub(crate) fn new(counted: &CampaignOrigins, rollup: &CampaignRollup, rules: &RuleSet) -> Self {
        let of = |kind: OriginKind, word: &dyn Fn(&CountedOrigin) -> Option<OriginWord>| {
            let these = counted.counted.iter().filter(|it| it.kind == kind);
            OriginBreakdown::new(these, word, rollup, rules)
        };
        let called = |network: u32| counted.network_names.get(&network).cloned();
        Self {
            clients: of(OriginKind::Agent, &|it| {
                let client = it.origin.client;
                Some((client.as_str().into(), client.label().into()))
            }),
            devices: of(OriginKind::Agent, &|it| Some(device(it.origin.device))),
            countries: of(OriginKind::Country, &|it| {
                let known = |country: Country| {
                    let code = country.to_string();
                    (code.clone().into(), code.into())
                };
                it.origin.country.map(|country| located(country, known))
            }),
            networks: of(OriginKind::Network, &|it| {
                let known = |number: u32| {
                    let word = format!("AS{number}");
                    let name = called(number).unwrap_or_else(|| word.clone());
                    (word.into(), name.into())
                };
                it.origin.network.map(|network| located(network, known))
            }),
        }
    }
}

impl Origins {
    /// Every number of them, as rows of a table: section, name, detail, value.
    pub(crate) fn lines(&self, add: &mut impl FnMut(&'static str, &str, &str, i64)) {
        let Self { clients, devices, countries, networks } = self;
        for (section, breakdown) in [
            ("clients", clients),
            ("devices", devices),
            ("countries", countries),
            ("networks", networks),
        ] {
            if breakdown.lines.is_empty() {
                continue;
            }
            let mut each = |name: &str, numbers: &OriginNumbers| {
                for (detail, value) in numbers.named() {
                    if value != 0 {
                        add(section, name, detail, value);
                    }
                }
            };
            breakdown.lines.iter().for_each(|line| each(&line.name, &line.numbers));
            each("not counted by this", &breakdown.uncounted);
        }
    }
}

/// The word for an origin, and what people call it.
type OriginWord = (Cow<'static, str>, Cow<'static, str>);

fn device(device: Device) -> OriginWord {
    (device.as_str().into(), device.label().into())
}

fn located<T>(place: Located<T>, known: impl FnOnce(T) -> OriginWord) -> OriginWord {
    match place {
        Located::Known(it) => known(it),
        Located::Unknown => ("unknown".into(), "Unknown".into()),
        Located::Proxied => ("proxied".into(), "Unknown: behind a proxy".into()),
        Located::NotKept => ("not-kept".into(), "Not kept: of nobody".into()),
    }
}

impl OriginBreakdown {
    fn new<'c>(
        counted: impl Iterator<Item = &'c CountedOrigin>,
        word: &dyn Fn(&CountedOrigin) -> Option<OriginWord>,
        rollup: &CampaignRollup,
        rules: &RuleSet,
    ) -> Self {
        let mut lines: BTreeMap<OriginWord, OriginNumbers> = BTreeMap::new();
        let mut all = OriginCount::default();
        for it in counted {
            let Some(word) = word(it) else { continue };
            lines.entry(word).or_default().add(rules.class(it.rules), &it.count);
            all.views += it.count.views;
            all.clicks += it.count.clicks;
            all.viewers += it.count.viewers;
            all.clickers += it.count.clickers;
        }
        let line = |((origin, name), numbers)| OriginLine { origin, name, numbers };
        let mut lines: Vec<OriginLine> = lines.into_iter().map(line).collect();
        lines.retain(|line| !line.numbers.is_nothing());
        lines.sort_by_key(|line| {
            let OriginNumbers { contacts, clickers, views, clicks, .. } = line.numbers;
            std::cmp::Reverse((contacts, clickers, views, clicks))
        });
        let uncounted = OriginNumbers {
            contacts: rollup.unique_views - all.viewers,
            clickers: rollup.unique_clicks - all.clickers,
            views: rollup.views - all.views,
            clicks: rollup.clicks - all.clicks,
            ..OriginNumbers::default()
        };
        Self { lines, uncounted }
    }

    /// All contacts who opened, at most, of whom it is counted: what shares are of.
    #[must_use]
    pub fn contacts(&self) -> i64 {
        self.lines.iter().map(|line| line.numbers.contacts).sum()
    }
}

#[cfg(test)]
mod tests {
    use model::{HitOrigin, MailClient, Rule, RulesSeen};

    use super::*;
    use crate::newest_rules;

    fn counted(client: MailClient, device: Device, rule: Rule, viewers: i64) -> CountedOrigin {
        let origin = HitOrigin { client, device, ..HitOrigin::default() };
        let count = OriginCount { views: viewers * 2, clicks: 1, viewers, clickers: 1 };
        let rules = RulesSeen::NONE.with(rule);
        CountedOrigin { kind: OriginKind::Agent, origin, rules, count }
    }

    #[test]
    fn every_contact_is_in_one_line_and_what_is_in_none_is_said() {
        let counted = CampaignOrigins {
            counted: vec![
                counted(MailClient::Firefox, Device::Desktop, Rule::AGENT_BROWSER, 3),
                counted(MailClient::Firefox, Device::Phone, Rule::AGENT_BROWSER, 4),
                counted(MailClient::Gmail, Device::Unknown, Rule::AGENT_GOOGLE_IMAGE_PROXY, 9),
                counted(MailClient::Gmail, Device::Unknown, Rule::AGENT_GMAIL_PREFETCH, 2),
            ],
            network_names: BTreeMap::new(),
        };
        let rollup = CampaignRollup {
            views: 40,
            unique_views: 20,
            clicks: 4,
            unique_clicks: 4,
            ..CampaignRollup::default()
        };
        let origins = Origins::new(&counted, &rollup, newest_rules());
        let lines = |it: &OriginBreakdown| -> Vec<(String, i64, i64, i64)> {
            let line = |it: &OriginLine| {
                let OriginNumbers { contacts, persons, machines, .. } = it.numbers;
                (it.origin.clone().into_owned(), contacts, persons, machines)
            };
            it.lines.iter().map(line).collect()
        };
        assert_eq!(
            lines(&origins.clients),
            [("gmail".to_owned(), 9, 0, 2), ("firefox".to_owned(), 7, 7, 0)]
        );
        assert_eq!(
            lines(&origins.devices),
            [
                ("unknown".to_owned(), 9, 0, 2),
                ("phone".to_owned(), 4, 4, 0),
                ("desktop".to_owned(), 3, 3, 0)
            ]
        );
        assert_eq!(origins.clients.contacts(), 16);
        let OriginNumbers { contacts, views, clicks, .. } = origins.clients.uncounted;
        assert_eq!((contacts, views, clicks), (2, 4, 0));
        assert!(!origins.has_countries());
        assert_eq!(origins.countries.uncounted.contacts, 20);
    }
}
