//! A campaign's report as words and figures for its page, and its line in the list.
//!
//! Invariants: every figure comes from the given [`CampaignReport`] and from nothing else; every
//! rate names its denominator.

mod beside;
mod links;
mod notes;
mod origins;
mod states;

use askama::Template;
use campaign::CampaignRecord;
use model::{CampaignId, HitClass};
use report::number_text::{percent, percent_span, thousands};
use report::{CampaignFacts, CampaignHeadline, CampaignReport, Clicks};

use self::beside::RulesBeside;
use self::links::{LinkMark, ReportLink, link_marks, links};
use self::notes::{
    cookie_note, counted_as, evidence_note, gap_line, gap_note, rules_note, tracking_note,
};
use self::origins::{OriginTable, countries_missing, origin_tables};
use self::states::{StateRow, state};
use crate::admin::campaigns::acts::CampaignActs;
use crate::admin::campaigns::chart::Chart;
use crate::admin::campaigns::gap_rows::GapRows;
use crate::admin::campaigns::judged::{AskedRules, RulesChoice};
use crate::admin::campaigns::made_from::MadeFrom;
use crate::admin::campaigns::progress::{ProgressCard, width};
use crate::admin::live::LiveControl;
use crate::admin::page::problem::PageProblem;
use crate::admin::parts::AdminFrame;
use crate::admin::streams::LivePart;
use crate::funnel_rows::FunnelRow;

pub(crate) struct CampaignLine {
    pub(crate) id: CampaignId,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) state: &'static str,
    pub(crate) progress_width: String,
    pub(crate) progress: String,
    pub(crate) delivered: String,
    pub(crate) opened: String,
    pub(crate) clicked: String,
}

impl CampaignLine {
    pub(crate) fn new(headline: &CampaignHeadline) -> Self {
        let CampaignHeadline { campaign, audience, deliveries, evidence, clicks, .. } = headline;
        let done = audience - deliveries.queued - deliveries.leased;
        Self {
            id: campaign.id,
            name: campaign.name.clone(),
            topic: campaign.topic.clone(),
            state: campaign.state,
            progress_width: width(done, *audience),
            progress: format!("{} of {}", thousands(done), thousands(*audience)),
            delivered: thousands(deliveries.sent),
            opened: percent_span(evidence.floor, evidence.ceiling, evidence.denominator),
            clicked: percent_span(clicks.floor, clicks.ceiling, evidence.denominator),
        }
    }
}

/// What whoever looks at a report may do besides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportMay {
    /// Change campaigns.
    pub(crate) write: bool,
    pub(crate) see_contacts: bool,
    /// Show it to outsiders.
    pub(crate) share: bool,
}

#[derive(Template)]
#[template(path = "admin/report.html")]
pub(crate) struct ReportPage {
    frame: AdminFrame,
    control: LiveControl,
    campaign: CampaignFacts,
    /// By which rule sets figures can be shown.
    rules: RulesChoice,
    report: String,
    /// What stands in the message, with its numbers there.
    links: Vec<LinkMark>,
    made_from: MadeFrom,
    acts: CampaignActs,
    may: ReportMay,
}

/// The part of it that renews itself.
#[derive(Template)]
#[template(path = "admin/report_live.html")]
pub(crate) struct ReportFragment {
    view: View,
    /// The state of the figures: as long as it stays, there is nothing new to show.
    stamp: String,
}

impl ReportPage {
    /// With what can be done, and its revision.
    pub(crate) fn new(
        frame: AdminFrame,
        made: MadeReport,
        (record, may): (&CampaignRecord, ReportMay),
        asked: AskedRules,
        (acts, revision): (CampaignActs, String),
    ) -> Result<Self, PageProblem> {
        let campaign = made.report.campaign.clone();
        let rules = RulesChoice::new(asked, made.in_use);
        let links = link_marks(&made.report);
        let report = ReportFragment::new(made).part()?;
        let (path, query) = (acts.path(), asked.query());
        let revisions = [revision.as_str(), &report.revision];
        let (page, stream) = (format!("{path}{query}"), format!("{path}/stream{query}"));
        Ok(Self {
            frame,
            control: LiveControl::new(page, stream, "acts live", &revisions),
            rules,
            links,
            report: report.html(""),
            campaign,
            made_from: MadeFrom::new(record, may.write),
            acts,
            may,
        })
    }
}

impl ReportFragment {
    pub(crate) fn new(made: MadeReport) -> Self {
        let stamp = made.stamp.clone();
        Self { view: View::new(made), stamp }
    }

    /// Settled figures change with their stamp.
    pub(crate) fn part(&self) -> Result<LivePart, PageProblem> {
        Ok(match is_moving(&self.stamp) {
            true => LivePart::of(self)?,
            false => LivePart::signed(self, &self.stamp)?,
        })
    }
}

/// Whether figures with this stamp change by time alone.
pub(crate) fn is_moving(stamp: &str) -> bool {
    let state = stamp.split('-').next().unwrap_or_default();
    matches!(state, "starting" | "sending")
}

/// What the page is drawn from.
pub(crate) struct MadeReport {
    pub(crate) report: CampaignReport,
    /// The same by another rule set, to be shown beside it.
    pub(crate) beside: Option<CampaignReport>,
    /// The version of the rule set in use.
    pub(crate) in_use: &'static str,
    pub(crate) progress: Option<ProgressCard>,
    pub(crate) stamp: String,
}

/// Everything that the report's template says.
struct View {
    progress: Option<ProgressCard>,
    /// That the figures are not by the rule set in use.
    rules_note: Option<String>,
    beside: Option<RulesBeside>,
    figures: [Figure; 4],
    /// Of whom less is recorded, if of anybody.
    tracking_note: Option<String>,
    bands: Vec<Band>,
    evidence_note: String,
    classes: Vec<Class>,
    cookie_note: String,
    funnel: Vec<FunnelRow>,
    chart: Chart,
    links: Vec<ReportLink>,
    origins: Vec<OriginTable>,
    countries_missing: bool,
    states: Vec<StateRow>,
    gap_note: String,
    /// In short, where it stands out.
    gap_line: Option<String>,
    gaps: GapRows,
    /// Whether figures are missing or still to come.
    incomplete: bool,
    totals: Totals,
    report: CampaignReport,
}

struct Figure {
    name: &'static str,
    value: String,
    of: String,
}

/// A part of the stacked bar with its words.
struct Band {
    class: &'static str,
    name: &'static str,
    x: String,
    width: String,
    share: String,
    contacts: String,
}

struct Class {
    name: &'static str,
    meaning: &'static str,
    views: String,
    clicks: String,
}

struct Totals {
    audience: String,
    views: String,
    clicks: String,
    clickers: String,
}

impl View {
    fn new(made: MadeReport) -> Self {
        let MadeReport { report, beside, in_use, progress, .. } = made;
        Self {
            progress,
            rules_note: rules_note(&report, in_use),
            beside: beside.map(|other| RulesBeside::new(&report, &other)),
            figures: figures(&report),
            tracking_note: tracking_note(&report),
            bands: bands(&report),
            evidence_note: evidence_note(&report),
            classes: classes(&report),
            cookie_note: cookie_note(&report),
            funnel: FunnelRow::all(&report),
            chart: chart(&report),
            links: links(&report),
            origins: origin_tables(&report),
            countries_missing: countries_missing(&report),
            states: report.deliveries.by_state().map(|it| state(&report, it)).into(),
            gap_note: gap_note(&report),
            gap_line: gap_line(&report),
            gaps: GapRows::new(&report.gaps),
            incomplete: !report.gaps.is_empty() || report.on_the_way > 0 || report.stray_hits > 0,
            totals: Totals {
                audience: thousands(report.audience),
                views: thousands(report.views.total),
                clicks: thousands(report.clicks.total),
                clickers: thousands(report.clicks.unique),
            },
            report,
        }
    }
}

fn chart(report: &CampaignReport) -> Chart {
    let CampaignReport { hours, gaps, campaign, made_at, .. } = report;
    Chart::new(hours, gaps, campaign.started_at, *made_at)
}

fn figures(report: &CampaignReport) -> [Figure; 4] {
    let it = &report.evidence;
    let coming = match report.on_the_way {
        0 => String::new(),
        hits => {
            format!("; {} on the way", counted_as(i64::try_from(hits).unwrap_or(i64::MAX), "hit"))
        }
    };
    let of_reached = format!("of {} who have the message{coming}", thousands(it.denominator));
    [
        Figure {
            name: "Delivered",
            value: thousands(report.deliveries.sent),
            of: format!("of {} in the audience", thousands(report.audience)),
        },
        Figure {
            name: "Opened by people",
            value: percent_span(it.floor, it.ceiling, it.denominator),
            of: of_reached,
        },
        Figure {
            name: "Clicked by people",
            value: percent_span(report.clicks.floor, report.clicks.ceiling, it.denominator),
            of: clicked_of(report),
        },
        Figure {
            name: "Unsubscribed",
            value: percent(report.unsubscribes, report.evidence.denominator),
            of: counted_as(report.unsubscribes, "contact"),
        },
    ]
}

/// Machines follow links, too; a reader of the rate should know how many did.
fn clicked_of(report: &CampaignReport) -> String {
    let Clicks { total, floor, ceiling, machine_only, .. } = report.clicks;
    let people = match floor == ceiling {
        true => counted_as(floor, "contact"),
        false => format!("{} to {}", thousands(floor), counted_as(ceiling, "contact")),
    };
    match machine_only {
        0 => format!("{people}, {}", counted_as(total, "click")),
        _ => format!("{people}; {} more by machines only", thousands(machine_only)),
    }
}

fn bands(report: &CampaignReport) -> Vec<Band> {
    let it = &report.evidence;
    let parts = [
        ("c-human", "People", it.person),
        ("c-proxied", "Through an image proxy, likely people", it.proxied),
        ("c-unknown", "Unknown", it.unknown + it.repeat),
        ("c-machine", "Machines only", it.machine_only),
        ("c-none", "Not opened", it.not_opened),
    ];
    let mut before = 0;
    let band = |(class, name, contacts)| {
        let x = width(before, it.denominator);
        before += contacts;
        Band {
            class,
            name,
            x,
            width: width(contacts, it.denominator),
            share: percent(contacts, it.denominator),
            contacts: thousands(contacts),
        }
    };
    parts.map(band).into()
}

fn classes(report: &CampaignReport) -> Vec<Class> {
    let line = |class: &report::ClassLine| Class {
        name: class.class,
        meaning: meaning(class.class),
        views: thousands(class.views),
        clicks: thousands(class.clicks),
    };
    report.classes.iter().map(line).collect()
}

pub(crate) fn meaning(class: &str) -> &'static str {
    match HitClass::from_word(class) {
        Some(HitClass::Person) => {
            "a reader’s own browser or mail program, doing nothing that a machine is known to do"
        }
        Some(HitClass::Proxied) => "a mailbox provider’s image proxy, when a person opens",
        Some(HitClass::Repeat) => "the same again within seconds, or more than a person asks for",
        Some(HitClass::Preview) => "a program that makes previews of links",
        Some(HitClass::Prefetch) => "declared by the client as a prefetch",
        Some(HitClass::Scanner) => "a security scanner or a program",
        Some(HitClass::Head) => "a link checker",
        Some(HitClass::Unknown) | None => {
            "matched by no rule, or a privacy service that loads everything"
        }
    }
}

#[cfg(test)]
mod tests;
