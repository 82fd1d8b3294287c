//! `pharos campaign publish` and `withdraw`: what everybody may read.

use campaign::{Publish, Published};
use model::{CampaignId, CampaignNumber};

use super::campaign_preview::named_values;
use crate::cli::PublishArgs;
use crate::installation::Installation;
use crate::telemetry::say;

pub(crate) async fn publish(installation: &Installation, args: PublishArgs) -> anyhow::Result<()> {
    let wish = Publish { values: named_values(args.values)?, unlisted: args.unlisted };
    let (resources, call) = (installation.resources()?, installation.call());
    let published = actions::campaign_publish(&resources, &call, args.campaign, wish).await?;
    say(format_args!("Campaign {} is published.", args.campaign));
    tell(&published);
    Ok(())
}

pub(crate) async fn withdraw(
    installation: &Installation,
    number: CampaignNumber,
) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    if actions::campaign_withdraw(&resources, &call, number).await? {
        let when = "Caches may show it for a minute.";
        say(format_args!("Campaign {number} is no longer published. {when}"));
    } else {
        say(format_args!("Campaign {number} was not published."));
    }
    Ok(())
}

/// Where everybody may read it, if they may.
pub(super) async fn show(installation: &Installation, id: CampaignId) -> anyhow::Result<()> {
    let Installation { store, config, .. } = installation;
    let Some(found) = store.campaign_find(id).await? else { return Ok(()) };
    if let Some(published) = campaign::published(store, &config.sender, &found).await? {
        tell(&published);
    }
    Ok(())
}

fn tell(published: &Published) {
    let Published { url, listed, topic } = published;
    let place = match (listed, topic.archive_open) {
        (true, true) => format!("in the archive of {}", topic.slug),
        (true, false) => format!("the archive of {} is closed", topic.slug),
        (false, _) => "unlisted".to_owned(),
    };
    say(format_args!("Everybody may read it ({place}): {url}"));
}
