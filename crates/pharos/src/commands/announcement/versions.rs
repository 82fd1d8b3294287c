//! `pharos announcement list`, `show` and `diff`: the versions that are kept.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use store::Store;

use crate::cli::DiffArgs;
use crate::installation::Installation;
use crate::telemetry::say;

pub(super) async fn list(config: &Path, name: Option<String>) -> anyhow::Result<()> {
    let Installation { store, .. } = Installation::open(config).await?;
    match name {
        Some(name) => versions(&store, &name).await,
        None => names(&store).await,
    }
}

async fn names(store: &Store) -> anyhow::Result<()> {
    let mut found = campaign::announcements(store, None).await?;
    if found.is_empty() {
        say("No announcements yet. To write one: pharos campaign create --file announcement.md");
    }
    while let Some(last) = found.last().map(|it| it.id) {
        for it in &found {
            let at = it.created_at.readable();
            say(format_args!("{}  version {}, {at}: {}", it.name, it.version, it.subject));
        }
        found = campaign::announcements(store, Some(last)).await?;
    }
    Ok(())
}

async fn versions(store: &Store, name: &str) -> anyhow::Result<()> {
    let mut found = campaign::versions(store, name, None).await?;
    while let Some(last) = found.last().map(|it| it.version) {
        for it in &found {
            let campaign = it.campaign.map_or(String::new(), |id| format!(" (campaign {id})"));
            let at = it.created_at.readable();
            say(format_args!("{:>4}  {at}  {}{campaign}", it.version, it.subject));
        }
        found = campaign::versions(store, name, Some(last)).await?;
    }
    Ok(())
}

pub(super) async fn show(config: &Path, name: String, version: Option<i64>) -> anyhow::Result<()> {
    let Installation { store, .. } = Installation::open(config).await?;
    let found = campaign::version(&store, &name, version).await?;
    std::io::stdout().write_all(found.source.as_bytes())?;
    Ok(())
}

pub(super) async fn diff(config: &Path, args: DiffArgs) -> anyhow::Result<()> {
    let Installation { store, .. } = Installation::open(config).await?;
    let DiffArgs { name, from, to, file } = args;
    let (new_name, new, latest) = match &file {
        Some(path) => {
            let shown = path.display().to_string();
            let file = std::fs::read(path).with_context(|| format!("can't read {shown}"))?;
            let text = campaign::utf8(&file).with_context(|| shown.clone())?.to_owned();
            (shown, text, None)
        }
        None => {
            let new = campaign::version(&store, &name, to).await?;
            (format!("{name}, version {}", new.version), new.source, Some(new.version))
        }
    };
    let from = from.or(latest.map(|version| version - 1));
    anyhow::ensure!(from != Some(0), "version 1 of {name} is the first, so nothing has changed");
    let old = campaign::version(&store, &name, from).await?;
    let old_name = format!("{name}, version {}", old.version);
    let difference = campaign::difference((&old_name, &old.source), (&new_name, &new));
    match difference.is_empty() {
        true => say(format_args!("{old_name} and {new_name} say the same.")),
        false => std::io::stdout().write_all(difference.as_bytes())?,
    }
    Ok(())
}
