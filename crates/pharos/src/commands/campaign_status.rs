//! `pharos campaign status`: the list, one campaign, and watching it.

use std::time::Duration;

use anyhow::Context as _;
use campaign::Pace;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::{CampaignNumber, CampaignState, DeliveryState, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use store::DeliveryCounts;

use super::campaign_archive::{self, PublicPage};
use crate::backend::Backend;
use crate::installation::{Installation, no_campaign, now};
use crate::remote::{RemoteClient, maybe_time, number, time};
use crate::telemetry::say;

/// How often `--watch` looks.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A campaign in a list.
#[derive(Deserialize)]
struct CampaignLine {
    id: String,
    name: String,
    state: String,
    deliveries: DeliveryFigures,
}

/// How a campaign stands.
#[derive(Deserialize)]
pub(super) struct CampaignStanding {
    #[serde(deserialize_with = "number")]
    id: CampaignNumber,
    name: String,
    #[serde(deserialize_with = "state")]
    pub(super) state: CampaignState,
    pub(super) deliveries: DeliveryFigures,
    pub(super) progress: SendingProgress,
    #[serde(deserialize_with = "maybe_time")]
    starts_at: Option<Timestamp>,
    audience_at_most: Option<i64>,
    accepted_warnings: Vec<AcceptedLine>,
    public_page: Option<PublicPage>,
}

/// How sending gets on.
#[derive(Deserialize)]
pub(super) struct SendingProgress {
    /// About how large the audience will be, while it is incomplete.
    pub(super) expected_audience: Option<i64>,
    rate_per_minute: i64,
    limit_per_minute: Option<i64>,
    #[serde(deserialize_with = "maybe_time")]
    expected_end: Option<Timestamp>,
    waits_for: Option<String>,
    pub(super) trouble: Option<String>,
}

/// A warning that somebody has accepted.
#[derive(Deserialize)]
struct AcceptedLine {
    text: String,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
}

/// Deliveries by state; their sum is the audience, as far as that has been built.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct DeliveryFigures {
    queued: i64,
    leased: i64,
    sent: i64,
    failed: i64,
    suppressed: i64,
    skipped: i64,
    in_doubt: i64,
}

impl DeliveryFigures {
    pub(super) const fn get(&self, state: DeliveryState) -> i64 {
        match state {
            DeliveryState::Queued => self.queued,
            DeliveryState::Leased => self.leased,
            DeliveryState::Sent => self.sent,
            DeliveryState::Failed => self.failed,
            DeliveryState::Suppressed => self.suppressed,
            DeliveryState::Skipped => self.skipped,
            DeliveryState::InDoubt => self.in_doubt,
        }
    }

    pub(super) fn total(&self) -> i64 {
        DeliveryState::ALL.into_iter().map(|state| self.get(state)).sum()
    }

    /// Deliveries to which nothing more happens.
    fn ended(&self) -> i64 {
        let ended = DeliveryState::ALL.into_iter().filter(|state| !state.is_open());
        ended.map(|state| self.get(state)).sum()
    }

    fn percent(&self) -> i64 {
        match self.total() {
            0 => 0,
            total => self.ended() * 100 / total,
        }
    }
}

impl From<DeliveryCounts> for DeliveryFigures {
    fn from(counts: DeliveryCounts) -> Self {
        Self {
            queued: counts.get(DeliveryState::Queued),
            leased: counts.get(DeliveryState::Leased),
            sent: counts.get(DeliveryState::Sent),
            failed: counts.get(DeliveryState::Failed),
            suppressed: counts.get(DeliveryState::Suppressed),
            skipped: counts.get(DeliveryState::Skipped),
            in_doubt: counts.get(DeliveryState::InDoubt),
        }
    }
}

fn state<'de, D: Deserializer<'de>>(from: D) -> Result<CampaignState, D::Error> {
    let word = String::deserialize(from)?;
    CampaignState::from_word(&word)
        .ok_or_else(|| D::Error::custom(format!("the state {word:?} is not known here")))
}

/// How the campaign stands.
pub(super) async fn standing(
    backend: &Backend,
    campaign: CampaignNumber,
) -> anyhow::Result<CampaignStanding> {
    match backend {
        Backend::Local(installation) => standing_here(installation, campaign).await,
        Backend::Remote(server) => standing_there(server, campaign).await,
    }
}

pub(super) async fn standing_there(
    server: &RemoteClient,
    campaign: CampaignNumber,
) -> anyhow::Result<CampaignStanding> {
    Ok(server.get(&format!("/api/v1/campaigns/{campaign}")).await?)
}

async fn standing_here(
    installation: &Installation,
    number: CampaignNumber,
) -> anyhow::Result<CampaignStanding> {
    let Installation { store, config, .. } = installation;
    let id = installation.campaign(number).await?;
    let status = campaign::status(store, id, now()).await?;
    let schedule = actions::campaign_schedule_of(store, id).await?;
    let accepted = store.accepted_warnings(id).await?.into_iter();
    let found = store.campaign_find(id).await?.with_context(|| no_campaign(number))?;
    let public = campaign::published(store, &config.sender, &found).await?;
    Ok(CampaignStanding {
        id: number,
        name: status.campaign.name,
        state: status.campaign.state,
        deliveries: status.counts.into(),
        progress: SendingProgress {
            expected_audience: status.expected,
            rate_per_minute: status.rate_per_minute,
            limit_per_minute: status.limit_per_minute,
            expected_end: status.expected_end,
            waits_for: status.waits_for.map(|it| it.to_string()),
            trouble: status.trouble,
        },
        starts_at: schedule.as_ref().map(|it| it.starts_at),
        audience_at_most: schedule.and_then(|it| it.audience_at_most),
        accepted_warnings: accepted
            .map(|it| AcceptedLine { text: it.warning.text, at: it.at })
            .collect(),
        public_page: public.map(PublicPage::from),
    })
}

/// The newest first.
pub(super) async fn list(backend: &Backend) -> anyhow::Result<()> {
    let campaigns = match backend {
        Backend::Local(installation) => lines_here(installation).await?,
        Backend::Remote(server) => server.all("/api/v1/campaigns").await?,
    };
    if campaigns.is_empty() {
        say("No campaigns yet. To create one: pharos campaign create --file announcement.md");
    }
    for CampaignLine { id, state, deliveries, name } in &campaigns {
        let percent = deliveries.percent();
        say(format_args!("{id:>4}  {state:<9} {percent:>3} %  {name}"));
    }
    Ok(())
}

async fn lines_here(installation: &Installation) -> anyhow::Result<Vec<CampaignLine>> {
    let store = &installation.store;
    let (mut lines, mut campaigns) = (Vec::new(), store.campaigns_list().await?);
    while let Some(last) = campaigns.last().map(|campaign| campaign.id) {
        for campaign in campaigns {
            let counts = store.deliveries_count(campaign.id).await?;
            lines.push(CampaignLine {
                id: campaign.id.to_string(),
                name: campaign.name,
                state: campaign.state.as_str().to_owned(),
                deliveries: counts.into(),
            });
        }
        campaigns = store.campaigns_before(last).await?;
    }
    Ok(lines)
}

pub(super) async fn show(backend: &Backend, campaign: CampaignNumber) -> anyhow::Result<()> {
    let standing = standing(backend, campaign).await?;
    tell(&standing);
    if let Some(at) = standing.starts_at {
        say(format_args!("It starts at {}.", at.readable()));
    }
    if let Some(most) = standing.audience_at_most {
        say(format_args!("It does not start for more than {most} people."));
    }
    for AcceptedLine { text, at } in &standing.accepted_warnings {
        say(format_args!("Accepted on {}: {text}", at.readable()));
    }
    standing.public_page.iter().for_each(campaign_archive::tell);
    Ok(())
}

fn tell(standing: &CampaignStanding) {
    let CampaignStanding { id, name, state, deliveries, progress, .. } = standing;
    say(format_args!("{id}: {name} ({state})"));
    for each in DeliveryState::ALL {
        let people = HumanCount(count(deliveries.get(each))).to_string();
        say(format_args!("  {:<11}{people:>12}", each.as_str()));
    }
    let total = HumanCount(count(deliveries.total())).to_string();
    say(format_args!("  {:<11}{total:>12}", "audience"));
    if let Some(line) = audience(standing) {
        say(line);
    }
    if let Some(line) = pace(standing) {
        say(line);
    }
    match &progress.trouble {
        Some(trouble) if *state != CampaignState::Sending => say(trouble),
        Some(trouble) => say(format_args!("Held up: {trouble}")),
        None => {}
    }
}

fn pace(standing: &CampaignStanding) -> Option<String> {
    let it = &standing.progress;
    (standing.state == CampaignState::Sending).then(|| {
        let pace = Pace {
            rate_per_minute: it.rate_per_minute,
            limit_per_minute: it.limit_per_minute,
            expected_end: it.expected_end,
            waits_for: it.waits_for.clone(),
        };
        pace.line()
    })
}

/// What to tell about an audience that is incomplete.
fn audience(standing: &CampaignStanding) -> Option<String> {
    let expected = HumanCount(count(standing.progress.expected_audience?)).to_string();
    let id = standing.id;
    Some(match standing.state {
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

pub(super) async fn watch(backend: &Backend, campaign: CampaignNumber) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {percent:>3} %  {pos} of {len}  {msg}")
    {
        bar.set_style(style);
    }
    loop {
        let standing = standing(backend, campaign).await?;
        let (figures, progress) = (&standing.deliveries, &standing.progress);
        bar.set_length(count(progress.expected_audience.unwrap_or(0).max(figures.total())));
        bar.set_position(count(figures.ended()));
        let said = progress.trouble.clone();
        let said = said.or_else(|| audience(&standing)).or_else(|| pace(&standing));
        bar.set_message(said.unwrap_or_default());
        if !matches!(standing.state, CampaignState::Starting | CampaignState::Sending) {
            bar.finish_and_clear();
            tell(&standing);
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
