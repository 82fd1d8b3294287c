//! `pharos campaign text` and `pharos campaign write`.

use std::io::Write as _;

use actions::TextWish;
use anyhow::Context as _;
use model::{CampaignNumber, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::backend::Backend;
use crate::cli::{TextArgs, WriteArgs};
use crate::remote::{RemoteClient, maybe_time};
use crate::telemetry::{note, say};

/// Whoever saves without having looked tries so often against others.
const TRIES: usize = 5;

/// What a campaign says.
#[derive(Deserialize)]
struct ToldText {
    revision: i64,
    text: String,
    #[serde(deserialize_with = "maybe_time")]
    saved_at: Option<Timestamp>,
    saved_by: Option<String>,
}

/// Prints what a campaign says. The revision goes to standard error, so that the text can be piped.
pub(super) async fn text(backend: &Backend, args: TextArgs) -> anyhow::Result<()> {
    let told = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let text = actions::campaign_text(&resources, &call, args.campaign).await?;
            let (saved_at, by) = text.saved.unzip();
            let saved_by = by.map(|by| by.name);
            ToldText { revision: text.revision, text: text.source, saved_at, saved_by }
        }
        Backend::Remote(server) => server.get(&path(args.campaign)).await?,
    };
    match &args.to {
        Some(file) => std::fs::write(file, &told.text)
            .with_context(|| format!("can't write {}", file.display()))?,
        None => std::io::stdout().write_all(told.text.as_bytes())?,
    }
    let saved = told.saved_at.zip(told.saved_by);
    let saved =
        saved.map_or_else(String::new, |(at, by)| format!(", saved by {by} at {}", at.readable()));
    note(format_args!("Campaign {}: revision {}{saved}.", args.campaign, told.revision));
    Ok(())
}

/// Saves a file as a draft's text.
pub(super) async fn write(backend: &Backend, args: WriteArgs) -> anyhow::Result<()> {
    let WriteArgs { campaign, file, if_revision } = args;
    let name = || file.display().to_string();
    let bytes = std::fs::read(&file).with_context(|| format!("can't read {}", name()))?;
    let source = campaign::utf8(&bytes).with_context(name)?.to_owned();
    let revision = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let wish = TextWish { source, over: if_revision, keep_replaced: false };
            actions::campaign_write(&resources, &call, campaign, wish).await?
        }
        Backend::Remote(server) => write_there(server, campaign, &source, if_revision).await?,
    };
    say(format_args!("Campaign {campaign} says that now; this is revision {revision}."));
    say(format_args!("To check it: pharos campaign check {campaign}"));
    Ok(())
}

async fn write_there(
    server: &RemoteClient,
    campaign: CampaignNumber,
    text: &str,
    over: Option<i64>,
) -> anyhow::Result<i64> {
    let path = path(campaign);
    for _ in 0..TRIES {
        let (there, version): (ToldText, String) = server.get_with_version(&path).await?;
        if there.text == text {
            return Ok(there.revision);
        }
        if over.is_some_and(|over| over != there.revision) {
            break;
        }
        match server.put_over::<ToldText>(&path, version, &json!({ "text": text })).await {
            // Somebody was faster, or it was done and the answer was lost.
            Err(error) if error.status() == Some(412) => {}
            written => return Ok(written?.revision),
        }
    }
    let problem = "has changed in the meantime; nothing was changed now; look again";
    anyhow::bail!("the text of campaign {campaign} {problem}")
}

fn path(campaign: CampaignNumber) -> String {
    format!("/api/v1/campaigns/{campaign}/announcement")
}
