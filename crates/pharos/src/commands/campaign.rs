//! `pharos campaign`.

use anyhow::Context as _;
use campaign::{Allow, Create};
use model::{CampaignNumber, CampaignState, InDoubtPolicy};
use serde::Deserialize;
use serde_json::{Value, json};

use super::campaign_check::FindingLine;
use super::campaign_start::{audience_bar, show_audience};
use super::{
    campaign_archive, campaign_check, campaign_draft, campaign_preview, campaign_schedule,
    campaign_start, campaign_status, campaign_text, file_name, mail_cap, recipients, segments,
    tracking,
};
use crate::backend::Backend;
use crate::cli::{AudienceArgs, CampaignCommand, CapOfCampaign, CreateArgs, InDoubt};
use crate::installation::{Installation, now};
use crate::remote::RemoteClient;
use crate::telemetry::{counted, say};

/// A draft that was made.
#[derive(Deserialize)]
struct CreatedDraft {
    id: String,
    /// Null when the answer was lost.
    tracked_links: Option<u64>,
    tags: Vec<String>,
    findings: Vec<FindingLine>,
}

pub(crate) async fn run(backend: &Backend, command: CampaignCommand) -> anyhow::Result<()> {
    match command {
        CampaignCommand::Create(args) => create(backend, args).await,
        CampaignCommand::Text(args) => campaign_text::text(backend, args).await,
        CampaignCommand::Write(args) => campaign_text::write(backend, args).await,
        CampaignCommand::Check(args) => campaign_check::run(backend, &args).await,
        CampaignCommand::TestSend(args) => campaign_preview::test_send(backend, args).await,
        CampaignCommand::Preview(args) => campaign_preview::preview(backend, args).await,
        CampaignCommand::Start { campaign, links_to_this_machine, accept } => {
            let allow = Allow { links_to_this_machine, warnings: accept };
            campaign_start::start(backend, campaign, allow).await
        }
        CampaignCommand::Schedule(args) => campaign_schedule::schedule(backend, args).await,
        CampaignCommand::TakeBack { campaign } => {
            campaign_schedule::take_back(backend, campaign).await
        }
        CampaignCommand::SetTopic { campaign, topic } => {
            campaign_draft::set_topic(backend, campaign, &topic).await
        }
        CampaignCommand::SetAudience { campaign, audience } => {
            let AudienceArgs { segments, except } = audience;
            segments::set_audience(backend, campaign, &segments, &except).await
        }
        CampaignCommand::Tracking { campaign, mode } => {
            tracking::of_campaign(backend, campaign, mode).await
        }
        CampaignCommand::Cap { campaign, cap } => {
            mail_cap::of_campaign(backend, campaign, cap == CapOfCampaign::Ignore).await
        }
        CampaignCommand::Delete { campaign } => campaign_draft::delete(backend, campaign).await,
        CampaignCommand::Pause { campaign } => pause(backend, campaign).await,
        CampaignCommand::Resume { campaign, recompile } => {
            if recompile {
                let installation = backend.here("campaign resume --recompile")?;
                let (resources, call) = (installation.resources()?, installation.call());
                actions::campaign_recompile(&resources, &call, campaign).await?;
            }
            resume(backend, campaign).await
        }
        CampaignCommand::Publish(args) => campaign_archive::publish(backend, args).await,
        CampaignCommand::Withdraw { campaign } => {
            campaign_archive::withdraw(backend, campaign).await
        }
        CampaignCommand::Who(args) => recipients::who(backend, args).await,
        CampaignCommand::Retry(args) => recipients::retry(backend, args).await,
        CampaignCommand::Status { campaign: None, .. } => campaign_status::list(backend).await,
        CampaignCommand::Status { campaign: Some(campaign), watch: false } => {
            campaign_status::show(backend, campaign).await
        }
        CampaignCommand::Status { campaign: Some(campaign), watch: true } => {
            campaign_status::watch(backend, campaign).await
        }
    }
}

async fn create(backend: &Backend, mut args: CreateArgs) -> anyhow::Result<()> {
    let AudienceArgs { segments, except } = std::mem::take(&mut args.audience);
    segments::ensure(backend, &segments).await?;
    segments::ensure(backend, &except).await?;
    let path = args.file.display().to_string();
    let file = std::fs::read(&args.file).with_context(|| format!("can't read {path}"))?;
    let text = campaign::utf8(&file).with_context(|| path.clone())?;
    let created = match backend {
        Backend::Local(installation) => create_here(installation, text, args).await,
        Backend::Remote(server) => create_there(server, text, args).await,
    };
    let CreatedDraft { id, tracked_links, tags, findings } = created.with_context(|| path)?;
    match tracked_links {
        Some(links) => {
            let links = counted(links, "tracked link", "tracked links");
            say(format_args!("Campaign {id} is a draft with {links}."));
        }
        None => say(format_args!("Campaign {id} is a draft.")),
    }
    if !tags.is_empty() {
        say(format_args!("It shows each contact's {}.", tags.join(", ")));
    }
    findings.iter().for_each(|found| say(found.line()));
    if !segments.is_empty() || !except.is_empty() {
        segments::set_audience(backend, id.parse()?, &segments, &except).await?;
    }
    say(format_args!("To check it: pharos campaign check {id}"));
    say(format_args!("To test it: pharos campaign test-send {id} --to you@example.com"));
    say(format_args!("To send it: pharos campaign start {id}"));
    Ok(())
}

async fn create_here(
    installation: &Installation,
    text: &str,
    args: CreateArgs,
) -> anyhow::Result<CreatedDraft> {
    let policy = match args.in_doubt {
        InDoubt::NeverResend => InDoubtPolicy::NeverResend,
        InDoubt::Resend => InDoubtPolicy::Resend,
    };
    let file = file_name(&args.file);
    let wish = Create { name: args.name, topic: args.topic, policy };
    let (resources, call) = (installation.resources()?, installation.call());
    let created = actions::campaign_create(&resources, &call, text, wish, Some(&file)).await?;
    Ok(CreatedDraft {
        id: created.id.to_string(),
        tracked_links: Some(created.links.len() as u64),
        tags: created.tags,
        findings: created.findings.into_iter().map(FindingLine::from).collect(),
    })
}

async fn create_there(
    server: &RemoteClient,
    text: &str,
    args: CreateArgs,
) -> anyhow::Result<CreatedDraft> {
    let in_doubt = match args.in_doubt {
        InDoubt::NeverResend => "never_resend",
        InDoubt::Resend => "resend",
    };
    let body = json!({
        "text": text, "name": args.name, "topic": args.topic, "in_doubt": in_doubt,
    });
    Ok(server.post("/api/v1/campaigns", &body).await?)
}

async fn pause(backend: &Backend, campaign: CampaignNumber) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_pause(&resources, &call, campaign).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{campaign}/pause");
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    // A server in another process looks this often: the message below is true after that.
    tokio::time::sleep(store::WATCH_INTERVAL * 3).await;
    say(format_args!(
        "Campaign {campaign} is paused. To resume it: pharos campaign resume {campaign}"
    ));
    Ok(())
}

async fn resume(backend: &Backend, campaign: CampaignNumber) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => resume_here(installation, campaign).await?,
        Backend::Remote(server) => {
            // The server completes an audience that is incomplete.
            let path = format!("/api/v1/campaigns/{campaign}/resume");
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    say(format_args!("Campaign {campaign} is resumed."));
    Ok(())
}

async fn resume_here(installation: &Installation, number: CampaignNumber) -> anyhow::Result<()> {
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
    Ok(())
}
