//! Where a campaign's readers are, on the wire: the figures of [`report::Origins`].

use serde::Serialize;
use utoipa::ToSchema;

/// Mail clients, devices, countries and networks of those who opened and clicked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Origins {
    clients: OriginBreakdown,
    devices: OriginBreakdown,
    /// No lines: there was no file of countries.
    countries: OriginBreakdown,
    /// The ones with most contacts.
    networks: OriginBreakdown,
}

/// A contact is in one line, by the most telling of their views, and for clickers of their clicks.
#[derive(Serialize, ToSchema)]
struct OriginBreakdown {
    /// The one with most contacts first.
    lines: Vec<OriginLine>,
    /// What is in no line: recorded by an earlier release, while there was no file to look places up in,
    /// or from other networks. With it, the lines add up to the report's views and clicks, and to its
    /// contacts with any.
    uncounted: OriginNumbers,
}

#[derive(Serialize, ToSchema)]
struct OriginLine {
    /// A word such as `gmail`, `phone`, `DE`, `AS3320`; `unknown`; `proxied`: the address was a proxy's;
    /// `not-kept`: of nobody. There may be more.
    #[schema(example = "gmail")]
    origin: String,
    /// What people call it.
    #[schema(example = "Gmail")]
    name: String,
    #[serde(flatten)]
    numbers: OriginNumbers,
}

#[derive(Serialize, ToSchema)]
struct OriginNumbers {
    /// Contacts who opened, at most: their most telling view may be a person's.
    contacts: i64,
    /// Of those, the ones whose view is a person's own.
    persons: i64,
    /// Contacts whose most telling view is a machine's.
    machines: i64,
    /// Contacts who clicked, at most.
    clickers: i64,
    /// Contacts whose most telling click is a machine's.
    click_machines: i64,
    /// Views of anybody.
    views: i64,
    clicks: i64,
}

impl From<report::Origins> for Origins {
    fn from(from: report::Origins) -> Self {
        Self {
            clients: from.clients.into(),
            devices: from.devices.into(),
            countries: from.countries.into(),
            networks: from.networks.into(),
        }
    }
}

impl From<report::OriginBreakdown> for OriginBreakdown {
    fn from(from: report::OriginBreakdown) -> Self {
        let line = |it: report::OriginLine| OriginLine {
            origin: it.origin.into_owned(),
            name: it.name.into_owned(),
            numbers: it.numbers.into(),
        };
        let lines = from.lines.into_iter().map(line).collect();
        Self { lines, uncounted: from.uncounted.into() }
    }
}

impl From<report::OriginNumbers> for OriginNumbers {
    fn from(from: report::OriginNumbers) -> Self {
        Self {
            contacts: from.contacts,
            persons: from.persons,
            machines: from.machines,
            clickers: from.clickers,
            click_machines: from.click_machines,
            views: from.views,
            clicks: from.clicks,
        }
    }
}
