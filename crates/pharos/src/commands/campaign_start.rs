//! `pharos campaign start`: here it builds the audience itself, on a server that does it.

use std::time::Duration;

use actions::StartWish;
use anyhow::Context as _;
use campaign::Allow;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::{CampaignNumber, CampaignState, DeliveryState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::campaign_status::standing_there;
use crate::backend::Backend;
use crate::installation::{Installation, now};
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// How often to look whether a server has built the audience.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A server that starts nothing for so long is none that starts campaigns.
const STARTS_WITHIN: u32 = 120;

/// What a server says of a start.
#[derive(Deserialize)]
pub(super) struct StartTold {
    /// Null when the answer was lost.
    pub(super) audience: Option<i64>,
    findings: Vec<StartFinding>,
}

#[derive(Deserialize)]
struct StartFinding {
    severity: String,
    text: String,
}

impl StartTold {
    /// Warnings that were accepted.
    pub(super) fn accepted(self) -> Vec<String> {
        let warnings = self.findings.into_iter().filter(|it| it.severity == "warning");
        warnings.map(|it| it.text).collect()
    }
}

/// How many were mailed, or will be.
struct StartedAudience {
    accepted: Vec<String>,
    audience: i64,
    suppressed: i64,
}

pub(super) async fn start(
    backend: &Backend,
    number: CampaignNumber,
    allow: Allow,
) -> anyhow::Result<()> {
    let started = match backend {
        Backend::Local(installation) => start_here(installation, number, allow).await?,
        Backend::Remote(server) => start_there(server, number, allow).await?,
    };
    started.accepted.iter().for_each(|text| say(format_args!("Accepted: {text}")));
    say(format_args!(
        "Campaign {number} has started: {} in the audience, {} of them suppressed.",
        HumanCount(count(started.audience)),
        HumanCount(count(started.suppressed)),
    ));
    say(format_args!("To watch it: pharos campaign status {number} --watch"));
    Ok(())
}

async fn start_here(
    installation: &Installation,
    number: CampaignNumber,
    allow: Allow,
) -> anyhow::Result<StartedAudience> {
    let Installation { store, config, .. } = installation;
    let id = installation.campaign(number).await?;
    let files = installation.files()?;
    installation.settings.now().can_send()?;
    campaign::settle(store, &config.sender, id, now()).await?;
    let ready = campaign::preflight(store, &config.sender, &files, id, allow).await?;
    let accepted: Vec<String> = ready.accepts.iter().map(|it| it.text.clone()).collect();
    let bar = audience_bar();
    let progress = |made, expected| show_audience(&bar, made, expected);
    let logged = json!({ "accepted_warnings": ready.accepts.len() });
    let store = installation.sending("campaign.start", id, Some(logged))?;
    let started = campaign::start(&store, ready, now(), progress).await;
    bar.finish_and_clear();
    let started = started?;
    Ok(StartedAudience { accepted, audience: started.audience, suppressed: started.suppressed })
}

async fn start_there(
    server: &RemoteClient,
    number: CampaignNumber,
    allow: Allow,
) -> anyhow::Result<StartedAudience> {
    let wish = StartWish {
        at: now(),
        checked: None,
        audience_at_most: None,
        accept_warnings: allow.warnings,
        links_to_this_machine: allow.links_to_this_machine,
        dry_run: false,
    };
    let mut body = start_body(&wish);
    // The server's clock says when now is.
    body["at"] = Value::Null;
    let told: StartTold = server.post(&start_path(number), &body).await?;
    let bar = audience_bar();
    let built = built(server, number, &bar).await;
    bar.finish_and_clear();
    let (audience, suppressed) = built?;
    Ok(StartedAudience { accepted: told.accepted(), audience, suppressed })
}

/// Waits until the audience is complete: its size, and how many of it are suppressed.
async fn built(
    server: &RemoteClient,
    number: CampaignNumber,
    bar: &ProgressBar,
) -> anyhow::Result<(i64, i64)> {
    let mut waited = 0;
    loop {
        let now = standing_there(server, number).await?;
        let figures = now.deliveries;
        match now.state {
            CampaignState::Scheduled => {
                waited += 1;
                anyhow::ensure!(
                    waited < STARTS_WITHIN,
                    "campaign {number} is to start now, but the server has not started it; `pharos \
                     campaign status {number}` says how it is, `pharos campaign take-back {number}` \
                     makes it a draft again"
                );
            }
            CampaignState::Starting => {
                let expected = now.progress.expected_audience.unwrap_or(0);
                show_audience(bar, figures.total(), expected.max(figures.total()));
            }
            CampaignState::Draft => {
                let why = now.progress.trouble.unwrap_or_default();
                return Err(anyhow::anyhow!(why))
                    .with_context(|| format!("campaign {number} could not be started"));
            }
            CampaignState::Sending | CampaignState::Paused | CampaignState::Finished => {
                return Ok((figures.total(), figures.get(DeliveryState::Suppressed)));
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

pub(super) fn start_path(number: CampaignNumber) -> String {
    format!("/api/v1/campaigns/{number}/start")
}

/// The body of a start.
pub(super) fn start_body(wish: &StartWish) -> Value {
    json!({
        "expect": { "audience_at_most": wish.audience_at_most },
        "at": wish.at.rfc3339(),
        "accept_warnings": wish.accept_warnings,
        "links_to_this_machine": wish.links_to_this_machine,
        "dry_run": wish.dry_run,
    })
}

/// How far an audience is. It is safe to interrupt the command: `pharos serve` continues, and so
/// does the same command.
pub(super) fn audience_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(
        "Building the audience {bar:30} {percent:>3} %  {pos} of about {len}",
    ) {
        bar.set_style(style);
    }
    bar
}

pub(super) fn show_audience(bar: &ProgressBar, made: i64, expected: i64) {
    bar.set_length(count(expected));
    bar.set_position(count(made));
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
