//! `pharos campaign schedule` and `take-back`.

use actions::StartWish;
use indicatif::HumanCount;
use model::{CampaignNumber, Zone};
use serde_json::Value;

use super::campaign_start::{StartTold, start_body, start_path};
use crate::backend::Backend;
use crate::cli::ScheduleArgs;
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// Who would get it, and what was accepted.
struct ScheduleTold {
    accepted: Vec<String>,
    audience: i64,
}

pub(super) async fn schedule(backend: &Backend, args: ScheduleArgs) -> anyhow::Result<()> {
    let zone = Zone::named(&args.zone).map_err(|problem| anyhow::anyhow!("--zone: {problem}"))?;
    let at = zone.time(&args.at).map_err(|problem| anyhow::anyhow!("--at: {problem}"))?;
    let wish = StartWish {
        at,
        checked: None,
        audience_at_most: args.audience_at_most,
        accept_warnings: args.accept,
        links_to_this_machine: args.links_to_this_machine,
        dry_run: args.dry_run,
    };
    let number = args.campaign;
    let told = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let scheduled = actions::campaign_schedule(&resources, &call, number, wish).await?;
            let accepted = scheduled.ready.accepts.into_iter().map(|it| it.text).collect();
            ScheduleTold { accepted, audience: scheduled.ready.survey.contacts }
        }
        Backend::Remote(server) => schedule_there(server, number, &wish).await?,
    };
    told.accepted.iter().for_each(|text| say(format_args!("Accepted: {text}")));
    let people = HumanCount(u64::try_from(told.audience).unwrap_or(0));
    let would = if args.dry_run { "would start" } else { "starts" };
    let at = zone.readable(at);
    say(format_args!("Campaign {number} {would} at {at}. {people} would get it now."));
    if !args.dry_run {
        say("Whoever subscribes or leaves until then is counted then. A server must be running.");
        say(format_args!("To take it back: pharos campaign take-back {number}"));
    }
    Ok(())
}

async fn schedule_there(
    server: &RemoteClient,
    number: CampaignNumber,
    wish: &StartWish,
) -> anyhow::Result<ScheduleTold> {
    let told: StartTold = server.post(&start_path(number), &start_body(wish)).await?;
    Ok(ScheduleTold { audience: told.audience.unwrap_or(0), accepted: told.accepted() })
}

pub(super) async fn take_back(backend: &Backend, number: CampaignNumber) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_take_back(&resources, &call, number).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}/take_back");
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    say(format_args!("Campaign {number} is a draft again; nobody has got it."));
    Ok(())
}
