//! `pharos report domains`.

use anyhow::Context as _;
use model::{CampaignNumber, Timestamp};
use report::{DomainFigures, DomainLine, DomainName, DomainReport};
use serde::Deserialize;

use super::{remote, rules_of};
use crate::backend::Backend;
use crate::cli::Format;
use crate::installation::{no_campaign, now};
use crate::remote::{RemoteClient, maybe_time, number, time};
use crate::telemetry::{note, say};

#[derive(Deserialize)]
struct ToldDomainReport {
    #[serde(deserialize_with = "number")]
    campaign: CampaignNumber,
    name: String,
    rules_version: String,
    #[serde(deserialize_with = "time")]
    counted_at: Timestamp,
    #[serde(default, deserialize_with = "maybe_time")]
    engagements_removed_at: Option<Timestamp>,
    domains: Vec<ToldDomainLine>,
    total: ToldDomainFigures,
}

#[derive(Deserialize)]
struct ToldDomainLine {
    kind: String,
    domain: Option<String>,
    #[serde(flatten)]
    figures: ToldDomainFigures,
}

macro_rules! told_figures {
    ($($field:ident),+) => {
        #[derive(Deserialize)]
        struct ToldDomainFigures { $($field: i64,)+ }

        impl From<ToldDomainFigures> for DomainFigures {
            fn from(told: ToldDomainFigures) -> Self {
                Self { $($field: told.$field,)+ }
            }
        }
    };
}

told_figures! {
    audience, sent, failed, refused, suppressed, skipped, in_doubt, waiting, denominator, opened_floor,
    opened_ceiling, clicked_floor, clicked_ceiling, machine_only, unsubscribes
}

impl From<ToldDomainLine> for DomainLine {
    fn from(told: ToldDomainLine) -> Self {
        let domain = match (told.kind.as_str(), told.domain) {
            (_, Some(name)) => DomainName::Domain(name),
            ("others", None) => DomainName::Others,
            _ => DomainName::Unknown,
        };
        Self { domain, figures: told.figures.into() }
    }
}

pub(super) async fn tell(
    backend: &Backend,
    campaign: CampaignNumber,
    rules: Option<&str>,
    format: Format,
) -> anyhow::Result<()> {
    let report = match backend {
        Backend::Local(installation) => {
            let rules = rules_of(installation, rules).await?;
            let id = installation.campaign(campaign).await?;
            report::domain_report(&installation.store, id, now(), rules)
                .await?
                .with_context(|| no_campaign(campaign))?
        }
        Backend::Remote(server) => told(server, campaign, rules).await?,
    };
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    if let Some(at) = report.engagements_removed_at {
        let date = at.day();
        note(format_args!(
            "What each contact did was removed on {date} because of its age: views and clicks are in the unknown."
        ));
    }
    Ok(())
}

async fn told(
    server: &RemoteClient,
    campaign: CampaignNumber,
    rules: Option<&str>,
) -> anyhow::Result<DomainReport> {
    let path = format!("/api/v1/campaigns/{campaign}/report/domains");
    let told: ToldDomainReport = server.get_by(&path, &remote::rules_query(rules)).await?;
    Ok(DomainReport {
        campaign: told.campaign.0,
        name: told.name,
        rules_version: told.rules_version,
        counted_at: told.counted_at,
        engagements_removed_at: told.engagements_removed_at,
        domains: told.domains.into_iter().map(DomainLine::from).collect(),
        total: told.total.into(),
    })
}
