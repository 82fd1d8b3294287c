//! `pharos report`.

mod comparison;
mod contacts;
mod domains;
mod explanation;
mod hours;
mod remote;
mod rule_sets;
mod schedule;
mod share;
mod storage;
mod told_origins;

use anyhow::Context as _;
use model::{CampaignNumber, RuleSet};
use report::CampaignReport;

use crate::backend::Backend;
use crate::cli::{Format, ReportCommand};
use crate::installation::{Installation, no_campaign, now};
use crate::telemetry::say;

pub(crate) async fn run(backend: &Backend, command: ReportCommand) -> anyhow::Result<()> {
    match command {
        ReportCommand::Opens { campaign, format, rules } => {
            opens(backend, campaign, format, rules.as_deref()).await
        }
        ReportCommand::Contacts(args) => contacts::tell(backend, args).await,
        ReportCommand::Domains { campaign, rules, format } => {
            domains::tell(backend, campaign, rules.as_deref(), format).await
        }
        ReportCommand::Hours { campaign, zone, format } => {
            hours::tell(backend, campaign, &zone, format).await
        }
        ReportCommand::Share { campaign, name, days } => {
            share::make(backend, campaign, &name, days).await
        }
        ReportCommand::Schedule(command) => schedule::run(backend, command).await,
        ReportCommand::Shares { campaign } => share::list(backend, campaign).await,
        ReportCommand::Unshare { campaign, link } => share::revoke(backend, campaign, link).await,
        ReportCommand::Compare { campaigns, rules, format } => {
            comparison::compare(backend, campaigns, rules.as_deref(), format).await
        }
        ReportCommand::Topic { topic, since, rules, format } => {
            let (since, rules) = (since.as_deref(), rules.as_deref());
            comparison::topic(backend, &topic, since, rules, format).await
        }
        ReportCommand::Explain { campaign, address, event, rules } => {
            let rules = rules.as_deref();
            match (event, campaign.zip(address)) {
                (Some(event), _) => explanation::tell_event(backend, &event, rules).await,
                (None, Some((campaign, address))) => {
                    explanation::tell(backend, campaign, &address, rules).await
                }
                (None, None) => anyhow::bail!("say of which contact, or of which --event"),
            }
        }
        ReportCommand::Address { event } => explanation::tell_address(backend, &event).await,
        ReportCommand::Storage { format } => storage::tell(backend, format).await,
        ReportCommand::Rules { version } => rule_sets::list(backend, version.as_deref()).await,
        ReportCommand::Reclassify { rules, dry_run } => {
            rule_sets::reclassify(backend, &rules, dry_run).await
        }
    }
}

async fn opens(
    backend: &Backend,
    campaign: CampaignNumber,
    format: Format,
    rules: Option<&str>,
) -> anyhow::Result<()> {
    let report = one(backend, campaign, rules).await?;
    let text = match format {
        Format::Table => report.to_table(),
        Format::Json => report.to_json()?,
        Format::Csv => report.to_csv()?,
    };
    say(text.trim_end());
    Ok(())
}

/// A campaign's report by this rule set, or the one in use.
async fn one(
    backend: &Backend,
    campaign: CampaignNumber,
    rules: Option<&str>,
) -> anyhow::Result<CampaignReport> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => return remote::report(server, campaign, rules).await,
    };
    let rules = rules_of(installation, rules).await?;
    let id = installation.campaign(campaign).await?;
    report::campaign_report_by(&installation.store, id, now(), rules)
        .await?
        .with_context(|| no_campaign(campaign))
}

/// The rule set with this version, or the one in use.
async fn rules_of(
    installation: &Installation,
    version: Option<&str>,
) -> anyhow::Result<&'static RuleSet> {
    match version {
        Some(version) => report::rule_set(version).with_context(|| actions::no_rules(version)),
        None => Ok(report::rules_in_use(&installation.store).await?),
    }
}
