//! `pharos tracking`, and tracking of a topic and of a campaign.

use audience::TrackingRules;
use model::{CampaignNumber, TrackingMode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::TrackingPolicyChange;

use super::contacts::topic_by_slug;
use crate::backend::Backend;
use crate::cli::{Mode, ModeOrDefault, Preset, TrackingCommand, TrackingSetArgs};
use crate::remote::segment;
use crate::telemetry::say;

/// What holds for everybody.
#[derive(Deserialize)]
struct ToldRules {
    at_most: String,
    without_consent: String,
    /// None: a server of an earlier release.
    address_days: Option<u16>,
    notice: Option<String>,
}

impl From<TrackingRules> for ToldRules {
    fn from(rules: TrackingRules) -> Self {
        let TrackingRules { policy, notice } = rules;
        Self {
            at_most: policy.at_most.as_str().to_owned(),
            without_consent: policy.without_consent.as_str().to_owned(),
            address_days: Some(policy.address_days),
            notice,
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: TrackingCommand) -> anyhow::Result<()> {
    let rules = match (command, backend) {
        (TrackingCommand::Show, Backend::Local(installation)) => {
            audience::tracking_rules(&installation.store).await?.into()
        }
        (TrackingCommand::Show, Backend::Remote(server)) => server.get("/api/v1/tracking").await?,
        (TrackingCommand::Set(args), Backend::Local(installation)) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::tracking_policy_set(&resources, &call, change(args)).await?;
            audience::tracking_rules(&installation.store).await?.into()
        }
        (TrackingCommand::Set(args), Backend::Remote(server)) => {
            server.put("/api/v1/tracking", &body(change(args))).await?
        }
    };
    tell(&rules);
    Ok(())
}

fn change(args: TrackingSetArgs) -> TrackingPolicyChange {
    let TrackingSetArgs { preset, at_most, without_consent, address_days, notice } = args;
    let of_preset = preset.map(Preset::policy).map(TrackingPolicyChange::from);
    let modes = of_preset.unwrap_or(TrackingPolicyChange {
        at_most: at_most.map(Mode::mode),
        without_consent: without_consent.map(Mode::mode),
        ..TrackingPolicyChange::default()
    });
    TrackingPolicyChange { address_days: address_days.or(modes.address_days), notice, ..modes }
}

fn body(change: TrackingPolicyChange) -> Value {
    let TrackingPolicyChange { at_most, without_consent, address_days, notice } = change;
    let word = |mode: Option<TrackingMode>| mode.map(|mode| Value::from(mode.as_str()));
    let fields = [
        ("at_most", word(at_most)),
        ("without_consent", word(without_consent)),
        ("address_days", address_days.map(Value::from)),
        ("notice", notice.map(Value::from)),
    ];
    let said = fields.into_iter().filter_map(|(name, word)| Some((name.to_owned(), word?)));
    Value::Object(said.collect::<Map<_, _>>())
}

fn tell(rules: &ToldRules) {
    let ToldRules { at_most, without_consent, address_days, notice } = rules;
    say(format_args!("at most          {at_most:<12} {}", meaning(at_most)));
    say(format_args!("without consent  {without_consent:<12} {}", meaning(without_consent)));
    if let Some(days) = address_days {
        say(format_args!("addresses        {}", addresses(*days)));
    }
    say(format_args!("notice           {}", notice.as_deref().unwrap_or("none")));
}

/// How long network addresses are kept.
fn addresses(days: u16) -> String {
    match days {
        0 => "never kept in full".to_owned(),
        1 => "in full for 1 day, then shortened".to_owned(),
        days => format!("in full for {days} days, then shortened"),
    }
}

/// What a mode means; a later server may have others.
fn meaning(mode: &str) -> &'static str {
    match TrackingMode::from_word(mode) {
        Some(TrackingMode::Off) => "nothing is recorded",
        Some(TrackingMode::Anonymous) => "that there was a view or a click, of nobody",
        Some(TrackingMode::Identified) => "who viewed and clicked",
        None => "",
    }
}

pub(super) async fn of_topic(
    backend: &Backend,
    slug: &str,
    mode: ModeOrDefault,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            topic_by_slug(&installation.store, slug).await?;
            let (resources, call) = (installation.resources()?, installation.call());
            actions::topic_tracking_set(&resources, &call, slug, mode.mode()).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/topics/{}/tracking", segment(slug));
            server.put::<Value>(&path, &json!({ "mode": word(mode) })).await?;
        }
    }
    say(format_args!("Of those who have said nothing, {slug} records: {}.", told(mode)));
    Ok(())
}

pub(super) async fn of_campaign(
    backend: &Backend,
    campaign: CampaignNumber,
    mode: ModeOrDefault,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_tracking_set(&resources, &call, campaign, mode.mode()).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{campaign}/tracking");
            server.put::<Value>(&path, &json!({ "mode": word(mode) })).await?;
        }
    }
    say(format_args!("Campaign {campaign} records at most: {}.", told(mode)));
    Ok(())
}

/// As the API says it.
fn word(mode: ModeOrDefault) -> Option<&'static str> {
    mode.mode().map(TrackingMode::as_str)
}

fn told(mode: ModeOrDefault) -> &'static str {
    word(mode).unwrap_or("what holds for everybody")
}
