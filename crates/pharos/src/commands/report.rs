//! `pharos report`.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::{Format, ReportCommand};
use crate::installation::{Installation, no_campaign, now};
use crate::telemetry::say;

pub(crate) async fn run(config: &Path, command: ReportCommand) -> anyhow::Result<()> {
    let ReportCommand::Opens { campaign, format } = command;
    let installation = Installation::open(config).await?;
    let id = installation.campaign(campaign).await?;
    let report = report::campaign_report(&installation.store, id, now())
        .await?
        .with_context(|| no_campaign(campaign))?;
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}
