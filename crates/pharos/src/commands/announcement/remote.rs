//! Announcements that a server keeps.

use campaign::VersionProblem;
use serde::Deserialize;

use super::{AnnouncementLine, UsedVersion, VersionText};
use crate::remote::RemoteClient;

/// So many versions of a name are told at most.
const TOLD: usize = 500;

#[derive(Deserialize)]
struct ToldHistory {
    version: i64,
    source: String,
    versions: Vec<AnnouncementLine>,
    campaigns: Vec<ToldUse>,
}

/// A campaign and the version that it uses; the newest campaign first.
#[derive(Deserialize)]
struct ToldUse {
    id: String,
    version: i64,
}

pub(super) async fn names(server: &RemoteClient) -> anyhow::Result<Vec<AnnouncementLine>> {
    Ok(server.all("/api/v1/announcements").await?)
}

/// The id of a version: the one with this number, or the latest.
pub(super) async fn id_of(
    server: &RemoteClient,
    name: &str,
    version: Option<i64>,
) -> anyhow::Result<String> {
    let found = history(server, name).await?;
    let wanted = version.unwrap_or(found.version);
    let latest = found.version;
    let found = found.versions.into_iter().find(|it| it.version == wanted);
    let unknown = VersionProblem::UnknownVersion { name: name.to_owned(), version: wanted, latest };
    Ok(found.ok_or(unknown)?.id)
}

async fn history(server: &RemoteClient, name: &str) -> anyhow::Result<ToldHistory> {
    let found = names(server).await?.into_iter().find(|it| it.name == name);
    let found = found.ok_or_else(|| VersionProblem::UnknownName(name.to_owned()))?;
    Ok(server.get(&format!("/api/v1/announcements/{}", found.id)).await?)
}

/// The versions of a name, the latest first, and whether these are all.
pub(super) async fn versions(
    server: &RemoteClient,
    name: &str,
) -> anyhow::Result<(Vec<UsedVersion>, bool)> {
    let ToldHistory { versions, campaigns, .. } = history(server, name).await?;
    let is_all = versions.len() < TOLD;
    let used = |it: AnnouncementLine| UsedVersion {
        campaign: campaigns.iter().find(|used| used.version == it.version).map(|it| it.id.clone()),
        version: it.version,
        subject: it.subject,
        created_at: it.created_at,
    };
    Ok((versions.into_iter().map(used).collect(), is_all))
}

/// The version with this number, or the latest.
pub(super) async fn text(
    server: &RemoteClient,
    name: &str,
    version: Option<i64>,
) -> anyhow::Result<VersionText> {
    let latest = history(server, name).await?;
    let wanted = version.unwrap_or(latest.version);
    if wanted == latest.version {
        return Ok(VersionText { version: wanted, source: latest.source });
    }
    let found = latest.versions.into_iter().find(|it| it.version == wanted);
    let found = found.ok_or_else(|| VersionProblem::UnknownVersion {
        name: name.to_owned(),
        version: wanted,
        latest: latest.version,
    })?;
    Ok(server.get(&format!("/api/v1/announcements/{}", found.id)).await?)
}
