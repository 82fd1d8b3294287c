//! Where a campaign's readers are, as a server tells it.

use report::{OriginBreakdown, OriginLine, OriginNumbers, Origins};
use serde::Deserialize;

/// Without any from a server of an earlier release.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ToldOrigins {
    clients: ToldBreakdown,
    devices: ToldBreakdown,
    countries: ToldBreakdown,
    networks: ToldBreakdown,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ToldBreakdown {
    lines: Vec<ToldOrigin>,
    uncounted: ToldNumbers,
}

#[derive(Deserialize)]
struct ToldOrigin {
    origin: String,
    name: String,
    #[serde(flatten)]
    numbers: ToldNumbers,
}

#[derive(Deserialize, Default)]
struct ToldNumbers {
    contacts: i64,
    persons: i64,
    machines: i64,
    clickers: i64,
    click_machines: i64,
    views: i64,
    clicks: i64,
}

impl From<ToldOrigins> for Origins {
    fn from(told: ToldOrigins) -> Self {
        Self {
            clients: told.clients.into(),
            devices: told.devices.into(),
            countries: told.countries.into(),
            networks: told.networks.into(),
        }
    }
}

impl From<ToldBreakdown> for OriginBreakdown {
    fn from(told: ToldBreakdown) -> Self {
        let line = |it: ToldOrigin| OriginLine {
            origin: it.origin.into(),
            name: it.name.into(),
            numbers: it.numbers.into(),
        };
        let lines = told.lines.into_iter().map(line).collect();
        Self { lines, uncounted: told.uncounted.into() }
    }
}

impl From<ToldNumbers> for OriginNumbers {
    fn from(told: ToldNumbers) -> Self {
        Self {
            contacts: told.contacts,
            persons: told.persons,
            machines: told.machines,
            clickers: told.clickers,
            click_machines: told.click_machines,
            views: told.views,
            clicks: told.clicks,
        }
    }
}
