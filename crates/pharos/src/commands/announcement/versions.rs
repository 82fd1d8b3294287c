//! `pharos announcement list`, `show` and `diff`: the versions that are kept.

use std::io::Write as _;

use anyhow::Context as _;
use store::Store;

use super::{AnnouncementLine, UsedVersion, VersionText, remote};
use crate::backend::{Backend, Site};
use crate::cli::DiffArgs;
use crate::telemetry::{note, say};

pub(super) async fn list(site: &Site, name: Option<String>) -> anyhow::Result<()> {
    let backend = site.open().await?;
    match (name, &backend) {
        (Some(name), Backend::Local(installation)) => {
            versions_here(&installation.store, &name).await
        }
        (Some(name), Backend::Remote(server)) => {
            let (versions, is_all) = remote::versions(server, &name).await?;
            versions.iter().for_each(tell_version);
            if !is_all {
                note(format_args!("The server tells only of the latest {}.", versions.len()));
            }
            Ok(())
        }
        (None, Backend::Local(installation)) => names_here(&installation.store).await,
        (None, Backend::Remote(server)) => {
            let names = remote::names(server).await?;
            tell_names(&names);
            tell_none(names.is_empty());
            Ok(())
        }
    }
}

async fn names_here(store: &Store) -> anyhow::Result<()> {
    let mut found = campaign::announcements(store, None).await?;
    tell_none(found.is_empty());
    while let Some(last) = found.last().map(|it| it.id) {
        let line = |it: store::ListedAnnouncement| AnnouncementLine {
            id: it.id.to_string(),
            name: it.name,
            version: it.version,
            subject: it.subject,
            created_at: it.created_at,
        };
        tell_names(&found.into_iter().map(line).collect::<Vec<_>>());
        found = campaign::announcements(store, Some(last)).await?;
    }
    Ok(())
}

fn tell_none(is_none: bool) {
    if is_none {
        say(
            "No announcements yet. To write one: pharos announcement add --name password-reset --file reset.md",
        );
    }
}

fn tell_names(names: &[AnnouncementLine]) {
    for it in names {
        let at = it.created_at.readable();
        say(format_args!("{}  version {}, {at}: {}", it.name, it.version, it.subject));
    }
}

async fn versions_here(store: &Store, name: &str) -> anyhow::Result<()> {
    let mut found = campaign::versions(store, name, None).await?;
    while let Some(last) = found.last().map(|it| it.version) {
        for it in found {
            tell_version(&UsedVersion {
                version: it.version,
                subject: it.subject,
                created_at: it.created_at,
                campaign: it.campaign.map(|id| id.to_string()),
            });
        }
        found = campaign::versions(store, name, Some(last)).await?;
    }
    Ok(())
}

fn tell_version(it: &UsedVersion) {
    let campaign = it.campaign.as_ref().map(|id| format!(" (campaign {id})")).unwrap_or_default();
    let at = it.created_at.readable();
    say(format_args!("{:>4}  {at}  {}{campaign}", it.version, it.subject));
}

pub(super) async fn show(site: &Site, name: String, version: Option<i64>) -> anyhow::Result<()> {
    let found = text(&site.open().await?, &name, version).await?;
    std::io::stdout().write_all(found.source.as_bytes())?;
    Ok(())
}

/// The version with this number, or the latest.
async fn text(backend: &Backend, name: &str, version: Option<i64>) -> anyhow::Result<VersionText> {
    match backend {
        Backend::Local(installation) => {
            let found = campaign::version(&installation.store, name, version).await?;
            Ok(VersionText { version: found.version, source: found.source })
        }
        Backend::Remote(server) => remote::text(server, name, version).await,
    }
}

pub(super) async fn diff(site: &Site, args: DiffArgs) -> anyhow::Result<()> {
    let backend = site.open().await?;
    let DiffArgs { name, from, to, file } = args;
    let (new_name, new, latest) = match &file {
        Some(path) => {
            let shown = path.display().to_string();
            let file = std::fs::read(path).with_context(|| format!("can't read {shown}"))?;
            let text = campaign::utf8(&file).with_context(|| shown.clone())?.to_owned();
            (shown, text, None)
        }
        None => {
            let new = text(&backend, &name, to).await?;
            (format!("{name}, version {}", new.version), new.source, Some(new.version))
        }
    };
    let from = from.or(latest.map(|version| version - 1));
    anyhow::ensure!(from != Some(0), "version 1 of {name} is the first, so nothing has changed");
    let old = text(&backend, &name, from).await?;
    let old_name = format!("{name}, version {}", old.version);
    let difference = campaign::difference((&old_name, &old.source), (&new_name, &new));
    match difference.is_empty() {
        true => say(format_args!("{old_name} and {new_name} say the same.")),
        false => std::io::stdout().write_all(difference.as_bytes())?,
    }
    Ok(())
}
