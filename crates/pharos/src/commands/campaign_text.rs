//! `pharos campaign text` and `pharos campaign write`.

use std::io::Write as _;

use actions::TextWish;
use anyhow::Context as _;

use crate::cli::{TextArgs, WriteArgs};
use crate::installation::Installation;
use crate::telemetry::{note, say};

/// Prints what a campaign says. The revision goes to standard error, so that the text can be piped.
pub(super) async fn text(installation: &Installation, args: TextArgs) -> anyhow::Result<()> {
    let (resources, call) = (installation.resources()?, installation.call());
    let text = actions::campaign_text(&resources, &call, args.campaign).await?;
    match &args.to {
        Some(file) => std::fs::write(file, &text.source)
            .with_context(|| format!("can't write {}", file.display()))?,
        None => std::io::stdout().write_all(text.source.as_bytes())?,
    }
    let saved = text.saved.map_or_else(String::new, |(at, by)| {
        format!(", saved by {} at {}", by.name, at.readable())
    });
    note(format_args!("Campaign {}: revision {}{saved}.", args.campaign, text.revision));
    Ok(())
}

/// Saves a file as a draft's text.
pub(super) async fn write(installation: &Installation, args: WriteArgs) -> anyhow::Result<()> {
    let WriteArgs { campaign, file, if_revision } = args;
    let name = || file.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| format!("can't read {}", name()))?;
    let source = campaign::utf8(&bytes).with_context(name)?.to_owned();
    let (resources, call) = (installation.resources()?, installation.call());
    let wish = TextWish { source, over: if_revision, keep_replaced: false };
    let revision = actions::campaign_write(&resources, &call, campaign, wish).await?;
    say(format_args!("Campaign {campaign} says that now; this is revision {revision}."));
    say(format_args!("To check it: pharos campaign check {campaign}"));
    Ok(())
}
