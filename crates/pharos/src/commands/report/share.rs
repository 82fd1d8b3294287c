//! `pharos report share`, `shares` and `unshare`: links by which outsiders read a report.

use actions::{share_link_make, share_link_revoke, share_links};
use model::{CampaignNumber, Timestamp};
use serde::Deserialize;
use serde_json::json;
use store::ShareLink;

use crate::backend::Backend;
use crate::installation::now;
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// Microseconds.
const DAY: i64 = 24 * Timestamp::HOUR;

#[derive(Deserialize)]
struct ToldMade {
    url: Option<String>,
    ends_at: Option<String>,
}

#[derive(Deserialize)]
struct ToldShareLink {
    id: String,
    name: String,
    created_by: String,
    ends_at: String,
    revoked_at: Option<String>,
    last_used_on: Option<String>,
}

impl From<ShareLink> for ToldShareLink {
    fn from(it: ShareLink) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            created_by: it.created_by,
            ends_at: it.ends_at.rfc3339(),
            revoked_at: it.revoked_at.map(Timestamp::rfc3339),
            last_used_on: it.last_used.map(|at| at.rfc3339().chars().take(10).collect()),
        }
    }
}

pub(super) async fn make(
    backend: &Backend,
    campaign: CampaignNumber,
    name: &str,
    days: u32,
) -> anyhow::Result<()> {
    let ends_at = Timestamp(now().0.saturating_add(i64::from(days).saturating_mul(DAY)));
    let made = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let made = share_link_make(&resources, &call, campaign, (name, Some(ends_at))).await?;
            let url = Some(made.url.reveal().to_owned());
            ToldMade { url, ends_at: Some(made.ends_at.rfc3339()) }
        }
        Backend::Remote(server) => {
            let body = json!({ "name": name, "ends_at": ends_at.rfc3339() });
            server.post::<ToldMade>(&path(campaign), &body).await?
        }
    };
    let ends_at = made.ends_at.unwrap_or_default();
    say(format_args!(
        "Whoever has this link can read the report, until {ends_at}. It is shown once:"
    ));
    say(made.url.unwrap_or_default());
    Ok(())
}

pub(super) async fn list(backend: &Backend, campaign: CampaignNumber) -> anyhow::Result<()> {
    let links: Vec<ToldShareLink> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let links = share_links(&resources, &call, campaign).await?;
            links.into_iter().map(ToldShareLink::from).collect()
        }
        Backend::Remote(server) => server.all(&path(campaign)).await?,
    };
    if links.is_empty() {
        say(format_args!("No links. To make one: pharos report share {campaign}"));
    }
    for link in links {
        let standing = match link.revoked_at {
            Some(at) => format!("revoked {at}"),
            None => format!("until {}", link.ends_at),
        };
        let used = link.last_used_on.unwrap_or_else(|| "never".to_owned());
        let ToldShareLink { id, name, created_by, .. } = link;
        say(format_args!("{id:>4}  {name:<24}  by {created_by}, {standing}, last used {used}"));
    }
    Ok(())
}

pub(super) async fn revoke(
    backend: &Backend,
    campaign: CampaignNumber,
    link: i64,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            share_link_revoke(&resources, &call, campaign, link).await?;
        }
        Backend::Remote(server) => revoke_there(server, campaign, link).await?,
    }
    say(format_args!("Link {link} does not work any more."));
    Ok(())
}

async fn revoke_there(
    server: &RemoteClient,
    campaign: CampaignNumber,
    link: i64,
) -> anyhow::Result<()> {
    let at = format!("{}/{link}/revoke", path(campaign));
    server.post::<serde_json::Value>(&at, &json!({})).await?;
    Ok(())
}

fn path(campaign: CampaignNumber) -> String {
    format!("/api/v1/campaigns/{campaign}/report/share_links")
}
