//! `pharos campaign publish` and `withdraw`: what everybody may read.

use campaign::{Publish, Published};
use model::{CampaignId, CampaignNumber};
use serde_json::json;

use super::campaign_preview::named_values;
use crate::cli::PublishArgs;
use crate::installation::{Installation, now};
use crate::telemetry::say;

pub(crate) async fn publish(installation: &Installation, args: PublishArgs) -> anyhow::Result<()> {
    let id = installation.campaign(args.campaign).await?;
    let after = json!({ "unlisted": args.unlisted });
    let acting = installation.sending("campaign.publish", id, Some(after))?;
    let wish = Publish { values: named_values(args.values)?, unlisted: args.unlisted };
    let sender = &installation.config.sender;
    let published = campaign::publish(&acting, sender, id, wish, now()).await?;
    say(format_args!("Campaign {id} is published."));
    tell(&published);
    Ok(())
}

pub(crate) async fn withdraw(
    installation: &Installation,
    number: CampaignNumber,
) -> anyhow::Result<()> {
    let id = installation.campaign(number).await?;
    let acting = installation.sending("campaign.withdraw", id, None)?;
    if campaign::withdraw(&acting, id).await? {
        say(format_args!("Campaign {id} is no longer published. Caches may show it for a minute."));
    } else {
        say(format_args!("Campaign {id} was not published."));
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
