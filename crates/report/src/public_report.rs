//! A campaign's report as outsiders may see it.
//!
//! Invariants: no person. Every count is rounded to tens, and what would be under ten is not told: so two
//! figures differ by nothing or by ten at least, whatever is subtracted from what, and rates are of
//! rounded counts and only of wholes that are large enough. A domain of under ten contacts is folded
//! into the others; when those are still under ten, the next smallest goes with them. No address of a
//! link, which may hold what a sender keeps to themselves, and no reply of a relay.

use serde::Serialize;

use crate::campaign_report::CampaignReport;
use crate::domain_report::{DomainFigures, DomainName, DomainReport};
use crate::number_text::{percent, percent_span, thousands};

/// Counts are told in steps of so many.
pub const PUBLIC_STEP: i64 = 10;
/// Wholes from which on a share of them is told.
const SHARES_FROM: i64 = 50;
/// Hours of the chart.
const HOURS: usize = 48;

/// A count that tells of no single person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PublicCount(i64);

impl PublicCount {
    /// The nearest ten; under ten nothing.
    #[must_use]
    pub const fn new(exact: i64) -> Self {
        if exact < PUBLIC_STEP { Self(0) } else { Self((exact + 5) / PUBLIC_STEP * PUBLIC_STEP) }
    }

    #[must_use]
    pub const fn rounded(self) -> i64 {
        self.0
    }

    /// `1,230`, or that it is under ten.
    #[must_use]
    pub fn words(self) -> String {
        if self.0 == 0 { "under 10".to_owned() } else { thousands(self.0) }
    }

    /// From this to another, as a share of a whole that is large enough; otherwise a dash.
    #[must_use]
    pub fn share(self, to: Self, of: Self) -> String {
        match of.0 {
            whole if whole < SHARES_FROM || to.0 == 0 => "–".to_owned(),
            whole if self == to => percent(self.0, whole),
            whole => percent_span(self.0, to.0.min(whole), whole),
        }
    }
}

/// A step of the funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicStep {
    pub step: &'static str,
    pub floor: PublicCount,
    pub ceiling: PublicCount,
    pub of: PublicCount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLinkLine {
    /// The words of the link.
    pub label: String,
    pub contacts: PublicCount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicHour {
    /// Hours since sending.
    pub hour: usize,
    pub views: PublicCount,
    pub clicks: PublicCount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicDomain {
    /// None: all others.
    pub domain: Option<String>,
    pub audience: PublicCount,
    pub sent: PublicCount,
    pub opened: (PublicCount, PublicCount),
    pub clicked: (PublicCount, PublicCount),
    pub of: PublicCount,
}

/// What a link for outsiders shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicReport {
    pub name: String,
    pub subject: String,
    /// The day on which it was started.
    pub started: Option<String>,
    pub rules_version: String,
    pub funnel: Vec<PublicStep>,
    /// From the hour in which it was started on.
    pub hours: Vec<PublicHour>,
    pub links: Vec<PublicLinkLine>,
    pub domains: Vec<PublicDomain>,
}

impl PublicReport {
    /// None when so few were mailed that nothing can be told.
    #[must_use]
    pub fn new(report: &CampaignReport, domains: &DomainReport) -> Option<Self> {
        if report.audience < PUBLIC_STEP {
            return None;
        }
        let step = |it: crate::FunnelStep| PublicStep {
            step: it.step,
            floor: PublicCount::new(it.floor),
            ceiling: PublicCount::new(it.ceiling),
            of: PublicCount::new(it.of),
        };
        let link = |(index, it): (usize, &crate::LinkLine)| PublicLinkLine {
            label: match it.label.trim() {
                "" => format!("Link {}", index + 1),
                label => label.to_owned(),
            },
            contacts: PublicCount::new(it.contacts),
        };
        Some(Self {
            name: report.campaign.name.clone(),
            subject: report.campaign.subject.clone(),
            started: report.campaign.started_at.map(model::Timestamp::day),
            rules_version: report.rules_version.clone(),
            funnel: report.funnel().map(step).into(),
            hours: hours(report),
            links: report.links.iter().enumerate().map(link).collect(),
            domains: folded(domains).into_iter().map(public_domain).collect(),
        })
    }
}

fn hours(report: &CampaignReport) -> Vec<PublicHour> {
    let start = report.campaign.started_at.map_or(0, model::Timestamp::hour);
    if report.hours.first().is_some_and(|line| report.is_whole_day(line)) {
        return Vec::new();
    }
    let mut sums = vec![(0, 0); HOURS];
    for line in &report.hours {
        let at = usize::try_from(line.from.hour() - start).ok();
        if let Some((views, clicks)) = at.and_then(|at| sums.get_mut(at)) {
            *views += line.views;
            *clicks += line.clicks;
        }
    }
    let hour = |(hour, (views, clicks)): (usize, (i64, i64))| PublicHour {
        hour,
        views: PublicCount::new(views),
        clicks: PublicCount::new(clicks),
    };
    sums.into_iter().enumerate().map(hour).collect()
}

/// The domains with ten contacts or more, and the others, unless they are fewer still.
fn folded(report: &DomainReport) -> Vec<(Option<String>, DomainFigures)> {
    let mut named: Vec<(String, DomainFigures)> = Vec::new();
    let mut others = DomainFigures::default();
    for line in &report.domains {
        match &line.domain {
            DomainName::Domain(name) if line.figures.audience >= PUBLIC_STEP => {
                named.push((name.clone(), line.figures));
            }
            _ => others.add(&line.figures),
        }
    }
    named.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.audience));
    while (1..PUBLIC_STEP).contains(&others.audience)
        && let Some((_, figures)) = named.pop()
    {
        others.add(&figures);
    }
    let mut all: Vec<_> = named.into_iter().map(|(name, it)| (Some(name), it)).collect();
    if others.audience >= PUBLIC_STEP {
        all.push((None, others));
    }
    all
}

fn public_domain((domain, it): (Option<String>, DomainFigures)) -> PublicDomain {
    let count = PublicCount::new;
    PublicDomain {
        domain,
        audience: count(it.audience),
        sent: count(it.sent),
        opened: (count(it.opened_floor), count(it.opened_ceiling)),
        clicked: (count(it.clicked_floor), count(it.clicked_ceiling)),
        of: count(it.denominator),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain_report::DomainLine;

    proptest! {
        #[test]
        fn two_figures_differ_by_nothing_or_by_ten_at_least(a in 0_i64..100_000, b in 0_i64..100_000) {
            let (one, other) = (PublicCount::new(a).rounded(), PublicCount::new(b).rounded());
            prop_assert_eq!((one - other) % PUBLIC_STEP, 0);
            prop_assert!((one - a).abs() <= 9);
        }

        #[test]
        fn no_domain_is_told_that_has_under_ten_and_none_follows_from_the_others(
            sizes in proptest::collection::vec(1_i64..40, 0..25)
        ) {
            let line = |(index, audience): (usize, &i64)| DomainLine {
                domain: DomainName::Domain(format!("d{index}.example")),
                figures: DomainFigures { audience: *audience, ..DomainFigures::default() },
            };
            let mut total = DomainFigures::default();
            let domains: Vec<DomainLine> = sizes.iter().enumerate().map(line).collect();
            domains.iter().for_each(|it| total.add(&it.figures));
            let report = DomainReport {
                campaign: 1,
                name: String::new(),
                rules_version: String::new(),
                counted_at: model::Timestamp(0),
                engagements_removed_at: None,
                domains,
                total,
            };
            let told = folded(&report);
            prop_assert!(told.iter().all(|(_, it)| it.audience >= PUBLIC_STEP));
            let sum: i64 = told.iter().map(|(_, it)| it.audience).sum();
            // Whoever knows the total can't tell how many a fold of under ten has.
            prop_assert!(total.audience == sum || total.audience < PUBLIC_STEP);
        }
    }

    #[test]
    fn a_share_is_told_of_enough_only() {
        let count = PublicCount::new;
        assert_eq!(count(12).share(count(12), count(44)), "–");
        assert_eq!(count(9).share(count(9), count(1_004)), "–", "it is not none of them");
        assert_eq!(count(38).share(count(52), count(1_004)), "4 to 5\u{a0}%");
        assert_eq!((count(9).words(), count(1_236).words()), ("under 10".into(), "1,240".into()));
    }
}
