//! `pharos report`.

mod remote;

use anyhow::Context as _;

use crate::backend::Backend;
use crate::cli::{Format, ReportCommand};
use crate::installation::{no_campaign, now};
use crate::telemetry::say;

pub(crate) async fn run(backend: &Backend, command: ReportCommand) -> anyhow::Result<()> {
    let ReportCommand::Opens { campaign, format } = command;
    let report = match backend {
        Backend::Local(installation) => {
            let id = installation.campaign(campaign).await?;
            report::campaign_report(&installation.store, id, now())
                .await?
                .with_context(|| no_campaign(campaign))?
        }
        Backend::Remote(server) => remote::report(server, campaign).await?,
    };
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}
