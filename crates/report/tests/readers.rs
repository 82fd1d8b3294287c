//! Readers whose truth is known: how many of those that a report counts as people are people, and how
//! many people it leaves out.
//!
//! `readers/field.toml` was written from what is known of mail programs and scanners, without
//! looking at the rules; `readers/ours.toml` beside them. A rule set that counts a machine as a person
//! for sure, or a person as a machine, is not fit to be released.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::engagement::QUICK;
use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, Engagement, EngagementHit, Hit, HitClass, HitKind, LinkSlot, Rule,
    RuleSet, RulesSeen, Timestamp, VisitorId,
};
use report::{Signals, newest_rules};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiles {
    profile: Vec<Profile>,
}

/// A recipient and their hits on one message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    name: String,
    #[allow(dead_code, reason = "for who reads the file")]
    about: String,
    /// Whether a person read it.
    opened: bool,
    /// Whether a person followed a link.
    clicked: bool,
    #[serde(default)]
    hit: Vec<ProfileHit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileHit {
    /// Since the delivery.
    after_ms: i64,
    /// `view`, a link's number, or `honeypot`.
    what: String,
    from: String,
    agent: String,
    #[serde(default)]
    head: bool,
    #[serde(default)]
    prefetch: bool,
    #[serde(default)]
    fetch_metadata: bool,
    #[serde(default)]
    cookie: bool,
    /// Whether its network asks as quickly for the messages to many other domains.
    #[serde(default)]
    of_many: bool,
}

/// Networks that an operator keeps lists of, in ranges that belong to nobody.
const LISTS: [(&str, Rule); 2] =
    [("198.51.100.0/24", Rule::NETWORK_DATA_CENTRE), ("192.0.2.0/24", Rule::NETWORK_APPLE_RELAY)];
/// Readers of whom nothing in their hits tells the truth. They are in the figures that are printed, and
/// in no assertion.
const UNKNOWABLE: [(&str, &str); 6] = [
    ("scanner-through-residential-proxies", "hits as a person’s, from a home"),
    ("ai-agent-drives-browser-at-home", "a person’s own browser, without the person"),
    ("ios-long-press-peek", "a person’s own browser, at a link that nobody followed"),
    ("discord-preview-no-view", "no hit of the person’s own"),
    ("firefox-prefetch-only-no-view", "no hit of the person’s own"),
    ("okhttp-helpdesk", "no hit of the person’s own"),
];

/// As `soon_after_delivery` is by default.
const SOON_MS: i64 = 2_000;

fn address(from: &str) -> IpAddr {
    let address = match from {
        "home" => "203.0.113.7",
        "office" => "203.0.113.80",
        "mobile" => "203.0.113.200",
        "vpn-data-centre" | "data-centre" => "198.51.100.9",
        "google" => "66.249.84.1",
        "apple-relay" => "192.0.2.9",
        "microsoft" => "40.94.31.7",
        "gateway" => "67.231.152.9",
        other => panic!("no network is called {other}"),
    };
    address.parse().unwrap()
}

fn signals() -> Signals {
    let mut signals = Signals::built_in();
    signals.add(LISTS.map(|(network, rule)| (network.parse().unwrap(), rule)));
    signals
}

impl ProfileHit {
    fn hit(&self) -> Hit {
        let kind = match self.what.as_str() {
            "view" => HitKind::View,
            "honeypot" => HitKind::Click(LinkSlot::HONEYPOT),
            slot => HitKind::Click(LinkSlot(slot.parse().unwrap())),
        };
        let signs = HitSigns {
            head: self.head,
            prefetch: self.prefetch,
            fetch_metadata: self.fetch_metadata,
            ..HitSigns::default()
        };
        Hit {
            at: Timestamp(self.after_ms * 1_000),
            campaign: CampaignId(1),
            contact: Some(ContactId(1)),
            kind,
            visitor: self.cookie.then_some(VisitorId([7; 12])),
            client: Some(address(&self.from)),
            signs,
            agent: self.agent.clone().into_bytes(),
        }
    }
}

impl Profile {
    /// The strongest class of any hit, and of clicks alone.
    fn classes(&self, signals: &Signals, rules: &RuleSet) -> [Option<HitClass>; 2] {
        let mut hits: Vec<EngagementHit> = Vec::new();
        for it in self.hit.iter().filter(|it| !it.head) {
            let hit = it.hit();
            let mut seen = signals.rules_seen(&hit);
            if it.after_ms < SOON_MS {
                seen = seen.with(Rule::SOON_AFTER_DELIVERY);
            }
            if it.after_ms * 1_000 < QUICK {
                seen = seen.with(Rule::QUICK_AFTER_DELIVERY);
                if it.of_many {
                    seen = seen.with(Rule::NETWORK_MANY_QUICK);
                }
            }
            let slot = match hit.kind {
                HitKind::View => None,
                HitKind::Click(slot) => Some(slot),
            };
            hits.push(EngagementHit { at: hit.at, slot, rules: seen });
        }
        let mut engagement = Engagement::default();
        engagement.add(hits, &mut BTreeMap::new());
        let evidence = engagement.evidence();
        let strongest = |sets: BTreeSet<RulesSeen>| rules.strongest(sets);
        [strongest(evidence.hits), strongest(evidence.clicks)]
    }
}

fn profiles() -> Vec<Profile> {
    let files = [include_str!("readers/field.toml"), include_str!("readers/ours.toml")];
    let all = files.map(|file| toml::from_str::<Profiles>(file).unwrap().profile);
    let all: Vec<Profile> = all.into_iter().flatten().collect();
    let names: BTreeSet<&str> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "a name twice");
    all
}

/// How a bound compares with the truth.
#[derive(Default)]
struct Comparison {
    /// By class: readers, and people among them.
    classes: BTreeMap<Option<HitClass>, (u32, u32)>,
    /// Machines that count as people for sure.
    wrong_people: Vec<String>,
    /// People who count as machines.
    lost_people: Vec<String>,
    /// Readers in neither of the two for [`UNKNOWABLE`].
    unknowable: u32,
}

impl Comparison {
    fn add(&mut self, name: &str, class: Option<HitClass>, person: bool) {
        let (readers, people) = self.classes.entry(class).or_default();
        *readers += 1;
        *people += u32::from(person);
        let unknowable = UNKNOWABLE.iter().any(|(it, _)| *it == name);
        self.unknowable += u32::from(unknowable);
        if unknowable {
            return;
        }
        if class == Some(HitClass::Person) && !person {
            self.wrong_people.push(name.to_owned());
        }
        if person && class.is_some_and(HitClass::is_machine) {
            self.lost_people.push(name.to_owned());
        }
    }

    #[expect(clippy::print_stdout, reason = "what a release says of its rules")]
    fn print(&self, what: &str) {
        let people: u32 = self.classes.values().map(|(_, people)| people).sum();
        for (class, (readers, of_them)) in &self.classes {
            let class = class.map_or("none", HitClass::as_str);
            println!(
                "RESULT {what}_{class}_readers {readers} profiles, {of_them} of {people} people"
            );
        }
        let (floor, right) = self.classes.get(&Some(HitClass::Person)).copied().unwrap_or_default();
        let seen: u32 = people - self.classes.get(&None).map_or(0, |(_, people)| *people);
        let machine = |(class, (_, people)): (&Option<HitClass>, &(u32, u32))| {
            if class.is_some_and(HitClass::is_machine) { *people } else { 0 }
        };
        let lost: u32 = self.classes.iter().map(machine).sum();
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        println!("RESULT {what}_floor_precision {:.2} ratio", share(right, floor));
        println!("RESULT {what}_ceiling_recall {:.2} ratio", share(seen - lost, seen));
        println!("RESULT {what}_floor_recall {:.2} ratio", share(right, people));
    }
}

#[test]
fn no_machine_counts_as_a_person_and_no_person_as_a_machine() {
    let (signals, profiles) = (signals(), profiles());
    assert!(profiles.len() >= 200, "{}", profiles.len());
    let (mut opened, mut clicked) = (Comparison::default(), Comparison::default());
    for profile in &profiles {
        let [hits, clicks] = profile.classes(&signals, newest_rules());
        opened.add(&profile.name, hits, profile.opened);
        clicked.add(&profile.name, clicks, profile.clicked);
    }
    assert_eq!(opened.unknowable, 6, "each of them is a profile");
    opened.print("opened");
    clicked.print("clicked");
    let nobody: [&str; 0] = [];
    assert_eq!(opened.wrong_people, nobody, "machines that count as people who opened");
    assert_eq!(clicked.wrong_people, nobody, "machines that count as people who clicked");
    assert_eq!(opened.lost_people, nobody, "people who count as machines");
    assert_eq!(clicked.lost_people, nobody, "people whose clicks count as machines'");
}
