//! `pharos report compare` and `pharos report topic`.

use anyhow::{Context as _, bail};
use model::{CampaignNumber, Timestamp};
use report::{Comparison, MOST_COMPARED, campaigns_compared, topic_report};

use super::{remote, rules_of};
use crate::backend::Backend;
use crate::cli::Format;
use crate::installation::now;
use crate::telemetry::say;

pub(super) async fn compare(
    backend: &Backend,
    mut campaigns: Vec<CampaignNumber>,
    rules: Option<&str>,
    format: Format,
) -> anyhow::Result<()> {
    let mut seen = Vec::new();
    campaigns.retain(|number| {
        let is_new = !seen.contains(number);
        seen.push(*number);
        is_new
    });
    if campaigns.len() > MOST_COMPARED {
        bail!("at most {MOST_COMPARED} campaigns stand beside each other");
    }
    let found = match backend {
        Backend::Local(installation) => {
            let rules = rules_of(installation, rules).await?;
            let mut ids = Vec::with_capacity(campaigns.len());
            for number in campaigns {
                ids.push(installation.campaign(number).await?);
            }
            campaigns_compared(&installation.store, ids, now(), rules).await?
        }
        Backend::Remote(server) => remote::compare(server, &campaigns, rules).await?,
    };
    tell(format, &found, Comparison::to_table)
}

pub(super) async fn topic(
    backend: &Backend,
    slug: &str,
    since: Option<&str>,
    rules: Option<&str>,
    format: Format,
) -> anyhow::Result<()> {
    let from = match since {
        None => Timestamp(0),
        Some(day) => Timestamp::parse_day(day)
            .with_context(|| format!("{day:?} is no day: write it as 2026-11-23"))?,
    };
    let found = match backend {
        Backend::Local(installation) => {
            let rules = rules_of(installation, rules).await?;
            let store = &installation.store;
            let (topic, _) = actions::reach::topic(store, slug).await?;
            topic_report(store, topic.id, from, now(), rules).await?
        }
        Backend::Remote(server) => remote::topic(server, slug, since, rules).await?,
    };
    tell(format, &found, Comparison::to_list)
}

fn tell(
    format: Format,
    found: &Comparison,
    table: fn(&Comparison) -> String,
) -> anyhow::Result<()> {
    let text = match format {
        Format::Table => table(found),
        Format::Json => found.to_json()?,
        Format::Csv => found.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}
