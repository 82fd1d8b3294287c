//! A campaign's report as words and figures for its page, and its line in the list.
//!
//! Invariants: every figure comes from the [`CampaignReport`] given, none is computed from
//! anything else; every rate names its denominator.

use askama::Template;
use model::{DeliveryState, HitClass};
use report::figures::{percent, percent_span, thousands};
use report::{CampaignReport, Reason};

use crate::chart::Chart;
use crate::desk::Desk;
use crate::progress::{Progress, width};

/// A campaign in the list.
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) state: &'static str,
    pub(crate) progress_width: String,
    pub(crate) progress: String,
    pub(crate) delivered: String,
    pub(crate) opened: String,
    pub(crate) clicked: String,
}

impl Line {
    pub(crate) fn new(report: &CampaignReport) -> Self {
        let deliveries = &report.deliveries;
        let done = report.audience - deliveries.queued - deliveries.leased;
        Self {
            id: report.campaign.id,
            name: report.campaign.name.clone(),
            topic: report.campaign.topic.clone(),
            state: report.campaign.state,
            progress_width: width(done, report.audience),
            progress: format!("{} of {}", thousands(done), thousands(report.audience)),
            delivered: thousands(deliveries.sent),
            opened: opened(report),
            clicked: percent(report.clicks.unique, report.evidence.denominator),
        }
    }
}

fn opened(report: &CampaignReport) -> String {
    let evidence = &report.evidence;
    percent_span(evidence.floor, evidence.ceiling, evidence.denominator)
}

/// The whole page.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct ReportPage {
    desk: Desk,
    view: View,
}

/// The part of it that renews itself.
#[derive(Template)]
#[template(path = "report_live.html")]
pub(crate) struct ReportFragment {
    view: View,
}

impl ReportPage {
    pub(crate) fn new(desk: Desk, report: CampaignReport, progress: Option<Progress>) -> Self {
        Self { desk, view: View::new(report, progress) }
    }
}

impl ReportFragment {
    pub(crate) fn new(report: CampaignReport, progress: Option<Progress>) -> Self {
        Self { view: View::new(report, progress) }
    }
}

/// Everything that the report's template says.
struct View {
    when: String,
    made_at: String,
    progress: Option<Progress>,
    figures: [Figure; 4],
    bands: Vec<Band>,
    evidence_note: String,
    classes: Vec<Class>,
    cookie_note: String,
    chart: Chart,
    links: Vec<Link>,
    states: Vec<State>,
    gap_note: String,
    totals: Totals,
    report: CampaignReport,
}

/// One of the large figures.
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

struct Link {
    url: String,
    label: String,
    width: String,
    share: String,
    contacts: String,
    clicks: String,
}

struct State {
    name: String,
    contacts: String,
    why: Vec<String>,
}

struct Totals {
    audience: String,
    views: String,
    clicks: String,
    clickers: String,
}

impl View {
    fn new(report: CampaignReport, progress: Option<Progress>) -> Self {
        Self {
            when: when(&report),
            made_at: clock(&report),
            progress,
            figures: figures(&report),
            bands: bands(&report),
            evidence_note: evidence_note(&report),
            classes: classes(&report),
            cookie_note: cookie_note(&report),
            chart: Chart::new(&report.hours, report.campaign.started_at),
            links: links(&report),
            states: report.deliveries.by_state().map(|it| state(&report, it)).into(),
            gap_note: gap_note(&report),
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

fn when(report: &CampaignReport) -> String {
    let campaign = &report.campaign;
    match (campaign.started_at, campaign.finished_at) {
        (None, _) => format!("created {}", campaign.created_at.readable()),
        (Some(start), None) => format!("sending since {}", start.readable()),
        (Some(start), Some(end)) => format!("sent {}", span(&start.readable(), &end.readable())),
    }
}

/// `12 Nov 2026, 10:00 to 10:04 UTC`: what two readable times share is said once.
fn span(from: &str, to: &str) -> String {
    match (from.split_once(", "), to.split_once(", ")) {
        _ if from == to => from.to_owned(),
        (Some((day, start)), Some((same, end))) if day == same => {
            format!("{day}, {} to {end}", start.trim_end_matches(" UTC"))
        }
        _ => format!("{from} to {to}"),
    }
}

/// To the second: it shows that the page is alive.
fn clock(report: &CampaignReport) -> String {
    report.made_at.rfc3339().replace('T', " ").replace('Z', " UTC")
}

fn figures(report: &CampaignReport) -> [Figure; 4] {
    let of_reached = format!("of {} who have the message", thousands(report.evidence.denominator));
    [
        Figure {
            name: "Delivered",
            value: thousands(report.deliveries.sent),
            of: format!("of {} in the audience", thousands(report.audience)),
        },
        Figure { name: "Opened by people", value: opened(report), of: of_reached },
        Figure {
            name: "Clicked",
            value: percent(report.clicks.unique, report.evidence.denominator),
            of: clicked_of(report),
        },
        Figure {
            name: "Unsubscribed",
            value: percent(report.unsubscribes, report.evidence.denominator),
            of: format!("{} contacts", thousands(report.unsubscribes)),
        },
    ]
}

/// Machines follow links, too; whoever reads the rate should know how many did.
fn clicked_of(report: &CampaignReport) -> String {
    let machines: i64 = [HitClass::Scanner, HitClass::Prefetch]
        .into_iter()
        .filter_map(|class| report.classes.iter().find(|line| line.class == class.as_str()))
        .map(|line| line.clicks)
        .sum();
    let (contacts, clicks) = (thousands(report.clicks.unique), thousands(report.clicks.total));
    match machines {
        0 => format!("{contacts} contacts, {clicks} clicks"),
        _ => format!(
            "{contacts} contacts, {clicks} clicks, of which {} by machines",
            thousands(machines)
        ),
    }
}

fn bands(report: &CampaignReport) -> Vec<Band> {
    let it = &report.evidence;
    let parts = [
        ("c-human", "People", it.browser),
        ("c-proxied", "Through an image proxy, likely people", it.proxy),
        ("c-unknown", "Unknown", it.unknown),
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

fn evidence_note(report: &CampaignReport) -> String {
    let it = &report.evidence;
    let in_doubt = match report.deliveries.in_doubt {
        0 => String::new(),
        1 => " One of them is in doubt: a crash hid whether the relay took it.".to_owned(),
        n => format!(
            " {} of them are in doubt: a crash hid whether the relay took them.",
            thousands(n)
        ),
    };
    format!(
        "Of {} contacts who have the message, at least {} opened it: a click or a view by their \
         own browser or mail program. At most {}, if every proxied and unknown view was a person. \
         {} were only touched by machines: scanners, prefetches, link checkers.{in_doubt} \
         Rules of {}.",
        thousands(it.denominator),
        thousands(it.floor),
        thousands(it.ceiling),
        thousands(it.machine_only),
        report.rules_version,
    )
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

fn meaning(class: &str) -> &'static str {
    match HitClass::ALL.into_iter().find(|it| it.as_str() == class) {
        Some(HitClass::Browser) => "a reader’s own browser or mail program",
        Some(HitClass::Proxy) => "a mailbox provider’s image proxy, when a person opens",
        Some(HitClass::Prefetch) => "announced as loaded ahead or as a preview",
        Some(HitClass::Scanner) => "a security scanner or a program",
        Some(HitClass::Head) => "a link checker",
        Some(HitClass::Unknown) | None => {
            "no rule says, or a privacy service that loads everything"
        }
    }
}

fn cookie_note(report: &CampaignReport) -> String {
    let it = &report.views;
    format!(
        "{} views by {} contacts: {} with our cookie, from {} browsers, and {} without, which \
         belong to nobody’s browser. Beside them {} HEAD requests, counted nowhere else.",
        thousands(it.total),
        thousands(it.unique),
        thousands(it.with_cookie),
        thousands(report.visitors),
        thousands(it.without_cookie),
        thousands(report.heads),
    )
}

fn links(report: &CampaignReport) -> Vec<Link> {
    let link = |link: &report::LinkLine| Link {
        url: link.url.clone(),
        label: if link.label.trim().is_empty() { &link.url } else { &link.label }.clone(),
        width: width(link.contacts, report.clicks.unique),
        share: percent(link.contacts, report.clicks.unique),
        contacts: thousands(link.contacts),
        clicks: thousands(link.clicks),
    };
    report.links.iter().map(link).collect()
}

fn state(report: &CampaignReport, (state, contacts): (DeliveryState, i64)) -> State {
    let mut name = state.as_str().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let why = if contacts == 0 { vec![nobody(state).to_owned()] } else { reasons(report, state) };
    State { name, contacts: thousands(contacts), why }
}

/// What a zero means, where that is good to know.
fn nobody(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::InDoubt => "nobody: every send has a known end",
        _ => "nobody",
    }
}

fn reasons(report: &CampaignReport, state: DeliveryState) -> Vec<String> {
    let usual = match state {
        DeliveryState::Sent => "accepted by the relay",
        DeliveryState::Queued => "waiting for their turn, or for their next try",
        DeliveryState::Leased => "being sent right now",
        DeliveryState::Failed => "refused for good",
        DeliveryState::Suppressed => "had left or complained before their turn",
        DeliveryState::Skipped => "the message could not be made for them",
        DeliveryState::InDoubt => "a crash hid whether the relay took it; not sent again",
    };
    // A relay's reply to every accepted message is different and says nothing.
    if matches!(state, DeliveryState::Sent | DeliveryState::Leased) {
        return vec![usual.to_owned()];
    }
    let of_state: Vec<&Reason> =
        report.reasons.iter().filter(|reason| reason.state == state.as_str()).collect();
    match of_state.as_slice() {
        [] => vec![usual.to_owned()],
        [only] if only.sentence().is_empty() => vec![usual.to_owned()],
        [only] => vec![only.sentence()],
        several => several.iter().map(|reason| counted(reason, usual)).collect(),
    }
}

fn counted(reason: &Reason, usual: &str) -> String {
    let sentence = reason.sentence();
    let words = if sentence.is_empty() { usual } else { &sentence };
    format!("{}: {words}", thousands(reason.contacts))
}

fn gap_note(report: &CampaignReport) -> String {
    let (Some(first), Some(last)) = (report.gaps.first(), report.gaps.last()) else {
        return "No gaps: every view and click that was answered while this campaign ran is \
                recorded."
            .to_owned();
    };
    let hits = i64::try_from(report.unrecorded()).unwrap_or(i64::MAX);
    format!(
        "{} hits, of all campaigns together, were answered and could not be recorded between {} \
         and {}: the true figures may be higher by that much.",
        thousands(hits),
        first.from.readable(),
        last.to.readable(),
    )
}

#[cfg(test)]
mod tests;
