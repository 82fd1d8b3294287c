//! `pharos campaign schedule` and `take-back`.

use actions::StartWish;
use indicatif::HumanCount;
use model::{CampaignId, CampaignNumber, Zone};

use crate::cli::ScheduleArgs;
use crate::installation::Installation;
use crate::telemetry::say;

pub(super) async fn schedule(
    installation: &Installation,
    args: ScheduleArgs,
) -> anyhow::Result<()> {
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
    let (resources, call, number) = (installation.resources()?, installation.call(), args.campaign);
    let scheduled = actions::campaign_schedule(&resources, &call, number, wish).await?;
    scheduled.ready.accepts.iter().for_each(|it| say(format_args!("Accepted: {}", it.text)));
    let people = HumanCount(u64::try_from(scheduled.ready.survey.contacts).unwrap_or(0));
    let would = if args.dry_run { "would start" } else { "starts" };
    let at = zone.readable(at);
    say(format_args!("Campaign {number} {would} at {at}. {people} would get it now."));
    if !args.dry_run {
        say("Whoever subscribes or leaves until then is counted then. A server must be running.");
        say(format_args!("To take it back: pharos campaign take-back {number}"));
    }
    Ok(())
}

pub(super) async fn take_back(
    installation: &Installation,
    number: CampaignNumber,
) -> anyhow::Result<()> {
    actions::campaign_take_back(&installation.resources()?, &installation.call(), number).await?;
    say(format_args!("Campaign {number} is a draft again; nobody has got it."));
    Ok(())
}

/// When it starts, if that is to be.
pub(super) async fn show(installation: &Installation, id: CampaignId) -> anyhow::Result<()> {
    let Some(schedule) = actions::campaign_schedule_of(&installation.store, id).await? else {
        return Ok(());
    };
    say(format_args!("It starts at {}.", schedule.starts_at.readable()));
    if let Some(most) = schedule.audience_at_most {
        say(format_args!("It does not start for more than {most} people."));
    }
    Ok(())
}
