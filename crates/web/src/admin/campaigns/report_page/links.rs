//! The links of a report, as lines of a table and as marks beside the message.

use model::LinkSlot;
use report::CampaignReport;
use report::number_text::{percent, thousands};

use super::notes::counted_as;
use crate::admin::campaigns::progress::width;

/// A tracked link with who followed it.
pub(super) struct ReportLink {
    pub(super) url: String,
    pub(super) leads_everyone_elsewhere: bool,
    pub(super) label: String,
    pub(super) width: String,
    pub(super) share: String,
    pub(super) contacts: String,
    pub(super) clicks: String,
}

/// A link as the message beside it shows it.
pub(super) struct LinkMark {
    /// From 1.
    pub(super) number: u16,
    pub(super) label: String,
    pub(super) share: String,
    pub(super) contacts: String,
}

/// Of the links that readers see.
pub(super) fn link_marks(report: &CampaignReport) -> Vec<LinkMark> {
    let mark = |(link, shown): (&report::LinkLine, ReportLink)| LinkMark {
        number: link.slot.saturating_add(1),
        label: shown.label,
        share: shown.share,
        contacts: counted_as(link.contacts, "contact"),
    };
    // A honeypot's number is the last.
    let seen = report.links.iter().filter(|it| it.slot < LinkSlot::HONEYPOT.0);
    seen.zip(links(report)).map(mark).collect()
}

pub(super) fn links(report: &CampaignReport) -> Vec<ReportLink> {
    let link = |link: &report::LinkLine| ReportLink {
        // Its address has merge tags, which is where nobody is led; a honeypot's leads no reader anywhere.
        leads_everyone_elsewhere: link.url.contains("{{") || link.url.is_empty(),
        url: link.url.clone(),
        label: if link.label.trim().is_empty() { &link.url } else { &link.label }.clone(),
        width: width(link.contacts, report.clicks.unique),
        share: percent(link.contacts, report.clicks.unique),
        contacts: thousands(link.contacts),
        clicks: thousands(link.clicks),
    };
    report.links.iter().map(link).collect()
}
