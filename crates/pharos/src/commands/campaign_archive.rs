//! `pharos campaign publish` and `withdraw`: what everybody may read.

use campaign::{Publish, Published};
use model::CampaignNumber;
use serde::Deserialize;
use serde_json::{Value, json};

use super::campaign_preview::named_values;
use crate::backend::Backend;
use crate::cli::PublishArgs;
use crate::telemetry::say;

/// Where everybody may read a campaign.
#[derive(Deserialize)]
pub(super) struct PublicPage {
    url: String,
    /// Whether its topic's list and feed name it, as soon as they are open.
    listed: bool,
    topic: String,
    archive_open: bool,
}

impl From<Published> for PublicPage {
    fn from(published: Published) -> Self {
        let Published { url, listed, topic } = published;
        Self { url, listed, topic: topic.slug, archive_open: topic.archive_open }
    }
}

#[derive(Deserialize)]
struct ToldWithdrawal {
    withdrawn: bool,
}

pub(super) async fn publish(backend: &Backend, args: PublishArgs) -> anyhow::Result<()> {
    let wish = Publish { values: named_values(args.values)?, unlisted: args.unlisted };
    let number = args.campaign;
    let page = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_publish(&resources, &call, number, wish).await?.into()
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}/publish");
            let body = json!({ "values": wish.values, "unlisted": wish.unlisted });
            server.post(&path, &body).await?
        }
    };
    say(format_args!("Campaign {number} is published."));
    tell(&page);
    Ok(())
}

pub(super) async fn withdraw(backend: &Backend, number: CampaignNumber) -> anyhow::Result<()> {
    let withdrawn = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_withdraw(&resources, &call, number).await?
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}/withdraw");
            server.post::<ToldWithdrawal>(&path, &Value::Null).await?.withdrawn
        }
    };
    if withdrawn {
        let when = "Caches may show it for a minute.";
        say(format_args!("Campaign {number} is no longer published. {when}"));
    } else {
        say(format_args!("Campaign {number} was not published."));
    }
    Ok(())
}

pub(super) fn tell(page: &PublicPage) {
    let PublicPage { url, listed, topic, archive_open } = page;
    let place = match (listed, archive_open) {
        (true, true) => format!("in the archive of {topic}"),
        (true, false) => format!("the archive of {topic} is closed"),
        (false, _) => "unlisted".to_owned(),
    };
    say(format_args!("Everybody may read it ({place}): {url}"));
}
