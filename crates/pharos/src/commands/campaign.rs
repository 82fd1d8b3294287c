//! `pharos campaign`.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use campaign::{Allow, Create, Status};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::{CampaignId, CampaignNumber, CampaignState, DeliveryState, InDoubtPolicy};
use serde_json::json;
use store::Store;

use super::{
    campaign_archive, campaign_check, campaign_preview, campaign_schedule, campaign_text,
    file_name, recipients,
};
use crate::cli::{CampaignCommand, CreateArgs, InDoubt};
use crate::installation::{Installation, now};
use crate::telemetry::{counted, say};

/// How often `--watch` looks.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(crate) async fn run(config: &Path, command: CampaignCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    let store = &installation.store;
    match command {
        CampaignCommand::Create(args) => create(&installation, args).await,
        CampaignCommand::Text(args) => campaign_text::text(&installation, args).await,
        CampaignCommand::Write(args) => campaign_text::write(&installation, args).await,
        CampaignCommand::Check(args) => campaign_check::run(&installation, &args).await,
        CampaignCommand::TestSend(args) => campaign_preview::test_send(&installation, args).await,
        CampaignCommand::Preview(args) => campaign_preview::preview(&installation, args).await,
        CampaignCommand::Start { campaign, links_to_this_machine, accept } => {
            let id = installation.campaign(campaign).await?;
            start(&installation, id, Allow { links_to_this_machine, warnings: accept }).await
        }
        CampaignCommand::Schedule(args) => campaign_schedule::schedule(&installation, args).await,
        CampaignCommand::TakeBack { campaign } => {
            campaign_schedule::take_back(&installation, campaign).await
        }
        CampaignCommand::Pause { campaign } => {
            actions::campaign_pause(&installation.resources()?, &installation.call(), campaign)
                .await?;
            // A server in another process looks this often: the message below is true after that.
            tokio::time::sleep(store::WATCH_INTERVAL * 3).await;
            say(format_args!(
                "Campaign {campaign} is paused. To resume it: pharos campaign resume {campaign}"
            ));
            Ok(())
        }
        CampaignCommand::Resume { campaign, recompile } => {
            if recompile {
                let (resources, call) = (installation.resources()?, installation.call());
                actions::campaign_recompile(&resources, &call, campaign).await?;
            }
            resume(&installation, campaign).await
        }
        CampaignCommand::Publish(args) => campaign_archive::publish(&installation, args).await,
        CampaignCommand::Withdraw { campaign } => {
            campaign_archive::withdraw(&installation, campaign).await
        }
        CampaignCommand::Who(args) => recipients::who(&installation, args).await,
        CampaignCommand::Retry(args) => recipients::retry(&installation, args).await,
        CampaignCommand::Status { campaign: None, .. } => list(&installation).await,
        CampaignCommand::Status { campaign: Some(campaign), watch: false } => {
            let id = installation.campaign(campaign).await?;
            show(&status(&installation, id).await?);
            campaign_schedule::show(&installation, id).await?;
            show_accepted(store, id).await?;
            campaign_archive::show(&installation, id).await
        }
        CampaignCommand::Status { campaign: Some(campaign), watch: true } => {
            watch(&installation, installation.campaign(campaign).await?).await
        }
    }
}

async fn create(installation: &Installation, args: CreateArgs) -> anyhow::Result<()> {
    let file =
        std::fs::read(&args.file).with_context(|| format!("can't read {}", args.file.display()))?;
    let text = campaign::utf8(&file).with_context(|| args.file.display().to_string())?;
    let policy = match args.in_doubt {
        InDoubt::NeverResend => InDoubtPolicy::NeverResend,
        InDoubt::Resend => InDoubtPolicy::Resend,
    };
    let file = file_name(&args.file);
    let wish = Create { name: args.name, topic: args.topic, policy };
    let (resources, call) = (installation.resources()?, installation.call());
    let created = actions::campaign_create(&resources, &call, text, wish, Some(&file))
        .await
        .with_context(|| args.file.display().to_string())?;
    let id = created.id;
    let links = counted(created.links.len() as u64, "tracked link", "tracked links");
    say(format_args!("Campaign {id} is a draft with {links}."));
    if !created.tags.is_empty() {
        say(format_args!("It shows each contact's {}.", created.tags.join(", ")));
    }
    created.findings.iter().for_each(|found| say(campaign_check::line(found)));
    say(format_args!("To check it: pharos campaign check {id}"));
    say(format_args!("To test it: pharos campaign test-send {id} --to you@example.com"));
    say(format_args!("To send it: pharos campaign start {id}"));
    Ok(())
}

async fn start(installation: &Installation, id: CampaignId, allow: Allow) -> anyhow::Result<()> {
    let Installation { store, config, .. } = installation;
    campaign::settle(store, &config.sender, id, now()).await?;
    let ready =
        campaign::preflight(store, &config.sender, &installation.files()?, id, allow).await?;
    ready.accepts.iter().for_each(|it| say(format_args!("Accepted: {}", it.text)));
    let bar = audience_bar();
    let progress = |made, expected| show_audience(&bar, made, expected);
    let accepted = json!({ "accepted_warnings": ready.accepts.len() });
    let store = installation.sending("campaign.start", id, Some(accepted))?;
    let started = campaign::start(&store, ready, now(), progress).await;
    bar.finish_and_clear();
    let started = started?;
    say(format_args!(
        "Campaign {id} has started: {} in the audience, {} of them suppressed.",
        HumanCount(count(started.audience)),
        HumanCount(count(started.suppressed)),
    ));
    say(format_args!("To watch it: pharos campaign status {id} --watch"));
    Ok(())
}

async fn resume(installation: &Installation, number: CampaignNumber) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    let id = installation.campaign(number).await?;
    let store = &installation.store;
    if actions::campaign_resume(&resources, &call, number).await? == CampaignState::Starting {
        let bar = audience_bar();
        let progress = |made, expected| show_audience(&bar, made, expected);
        let state = campaign::expand(store, id, now(), progress).await;
        bar.finish_and_clear();
        anyhow::ensure!(state? != CampaignState::Paused, "campaign {id} was paused again");
    }
    say(format_args!("Campaign {id} is resumed."));
    Ok(())
}

/// How far an audience is. It is safe to interrupt the command: `pharos serve` continues, and so
/// does the same command.
fn audience_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(
        "Building the audience {bar:30} {percent:>3} %  {pos} of about {len}",
    ) {
        bar.set_style(style);
    }
    bar
}

fn show_audience(bar: &ProgressBar, made: i64, expected: i64) {
    bar.set_length(count(expected));
    bar.set_position(count(made));
}

async fn status(installation: &Installation, id: CampaignId) -> anyhow::Result<Status> {
    Ok(campaign::status(&installation.store, id, now()).await?)
}

async fn list(installation: &Installation) -> anyhow::Result<()> {
    let mut campaigns = installation.store.campaigns_list().await?;
    if campaigns.is_empty() {
        say("No campaigns yet. To create one: pharos campaign create --file announcement.md");
    }
    while let Some(last) = campaigns.last().map(|campaign| campaign.id) {
        for campaign in campaigns {
            let status = status(installation, campaign.id).await?;
            say(format_args!(
                "{:>4}  {:<9} {:>3} %  {}",
                campaign.id,
                campaign.state.as_str(),
                percent(&status),
                campaign.name
            ));
        }
        campaigns = installation.store.campaigns_before(last).await?;
    }
    Ok(())
}

fn percent(status: &Status) -> i64 {
    match status.counts.total() {
        0 => 0,
        total => status.ended() * 100 / total,
    }
}

fn show(status: &Status) {
    let campaign = &status.campaign;
    say(format_args!("{}: {} ({})", campaign.id, campaign.name, campaign.state));
    for state in DeliveryState::ALL {
        let people = HumanCount(count(status.counts.get(state))).to_string();
        say(format_args!("  {:<11}{people:>12}", state.as_str()));
    }
    let total = HumanCount(count(status.counts.total())).to_string();
    say(format_args!("  {:<11}{total:>12}", "audience"));
    if let Some(line) = audience(status) {
        say(line);
    }
    if let Some(line) = status.pace() {
        say(line);
    }
    match &status.trouble {
        Some(trouble) if campaign.state != CampaignState::Sending => say(trouble),
        Some(trouble) => say(format_args!("Held up: {trouble}")),
        None => {}
    }
}

/// What to tell about an audience that is incomplete.
fn audience(status: &Status) -> Option<String> {
    let expected = HumanCount(count(status.expected?)).to_string();
    let id = status.campaign.id;
    Some(match status.campaign.state {
        CampaignState::Paused => format!(
            "The audience is incomplete: it will be about {expected}; `pharos campaign resume \
             {id}` continues"
        ),
        _ => format!(
            "The audience is being built: it will be about {expected}, then sending begins; if it \
             does not grow, start `pharos serve` or run `pharos campaign start {id}` again"
        ),
    })
}

/// The warnings that somebody has accepted, and when.
async fn show_accepted(store: &Store, id: CampaignId) -> anyhow::Result<()> {
    for accepted in store.accepted_warnings(id).await? {
        let at = accepted.at.readable();
        say(format_args!("Accepted on {at}: {}", accepted.warning.text));
    }
    Ok(())
}

async fn watch(installation: &Installation, id: CampaignId) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {pos} of {len}  {msg}")
    {
        bar.set_style(style);
    }
    loop {
        let status = status(installation, id).await?;
        bar.set_length(count(status.expected.unwrap_or(0).max(status.counts.total())));
        bar.set_position(count(status.ended()));
        let said = status.trouble.clone().or_else(|| audience(&status)).or_else(|| status.pace());
        bar.set_message(said.unwrap_or_default());
        if !matches!(status.campaign.state, CampaignState::Starting | CampaignState::Sending) {
            bar.finish_and_clear();
            show(&status);
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
