//! `pharos announcement add`, `write`, `delete` and `preview`: announcements that are written on their own.

use std::path::Path;

use actions::TextWish;
use anyhow::Context as _;
use model::AnnouncementId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::remote;
use crate::backend::{Backend, Site};
use crate::cli::{
    AnnouncementAddArgs, AnnouncementPreviewArgs, AnnouncementWriteArgs, FieldArgs, PreviewPart,
};
use crate::commands::campaign_preview::{looked_at, show, shown_values};
use crate::installation::Installation;
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// Whoever saves without having looked tries so often against others.
const TRIES: usize = 5;

/// What an announcement says.
#[derive(Deserialize)]
struct ToldAnnouncement {
    name: String,
    version: i64,
    revision: i64,
    text: String,
    in_use: bool,
    single_message_problem: Option<String>,
}

#[derive(Deserialize)]
struct DeletedAnnouncement {
    versions: Option<usize>,
}

/// A file's text with what the command line says instead.
fn text_of(file: &Path, fields: &FieldArgs) -> anyhow::Result<String> {
    let name = || file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("can't read {}", name()))?;
    let text = campaign::utf8(&bytes).with_context(name)?;
    Ok(campaign::with_fields(text, fields.subject.as_deref(), fields.layout))
}

pub(super) async fn add(site: &Site, args: AnnouncementAddArgs) -> anyhow::Result<()> {
    let AnnouncementAddArgs { name, file, fields } = args;
    let text = text_of(&file, &fields)?;
    let told = match &site.open().await? {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = actions::announcement_add(&resources, &call, &name, text).await?;
            told_here(installation, id).await?
        }
        Backend::Remote(server) => {
            let body = json!({ "name": name, "text": text });
            server.post("/api/v1/announcements", &body).await?
        }
    };
    say(format_args!("Announcement {:?} is added: version 1, revision 1.", told.name));
    tell_use(&told);
    Ok(())
}

pub(super) async fn write(site: &Site, args: AnnouncementWriteArgs) -> anyhow::Result<()> {
    let AnnouncementWriteArgs { name, file, fields, if_revision } = args;
    let text = text_of(&file, &fields)?;
    let told = match &site.open().await? {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = campaign::version(&installation.store, &name, None).await?.id;
            let wish = TextWish { source: text, over: if_revision, keep_replaced: false };
            let id = actions::announcement_write(&resources, &call, id, wish).await?;
            told_here(installation, id).await?
        }
        Backend::Remote(server) => write_there(server, &name, &text, if_revision).await?,
    };
    let ToldAnnouncement { name, version, revision, .. } = &told;
    say(format_args!(
        "Announcement {name:?} says that now: version {version}, revision {revision}."
    ));
    tell_use(&told);
    Ok(())
}

async fn write_there(
    server: &RemoteClient,
    name: &str,
    text: &str,
    over: Option<i64>,
) -> anyhow::Result<ToldAnnouncement> {
    let path = format!("/api/v1/announcements/{}/text", remote::id_of(server, name, None).await?);
    for _ in 0..TRIES {
        let (there, seen): (ToldAnnouncement, String) = server.get_with_version(&path).await?;
        if there.text == text && there.in_use {
            return Ok(there);
        }
        if over.is_some_and(|over| over != there.revision) {
            break;
        }
        match server.put_over::<ToldAnnouncement>(&path, seen, &json!({ "text": text })).await {
            // Somebody was faster, or it was done and the answer was lost.
            Err(error) if error.status() == Some(412) => {}
            written => return Ok(written?),
        }
    }
    let problem = "has changed in the meantime; nothing was changed now; look again";
    anyhow::bail!("the text of {name:?} {problem}")
}

async fn told_here(
    installation: &Installation,
    id: AnnouncementId,
) -> anyhow::Result<ToldAnnouncement> {
    let (resources, call) = (installation.resources()?, installation.call());
    let found = actions::announcement_text(&resources, &call, id).await?;
    let source = &found.text.source;
    let ways = campaign::sendable(&resources.store, &resources.sender(), source).await?;
    let problems: Vec<String> = ways.single.iter().map(ToString::to_string).collect();
    Ok(ToldAnnouncement {
        name: found.name,
        version: found.version,
        revision: found.text.revision,
        in_use: found.text.is_settled,
        text: found.text.source,
        single_message_problem: (!problems.is_empty()).then(|| problems.join("\n")),
    })
}

fn tell_use(told: &ToldAnnouncement) {
    match &told.single_message_problem {
        Some(problem) => {
            say(format_args!("Only a campaign can send it, not a single message: {problem}"));
        }
        None => say(format_args!("To send it: pharos message send {:?} ADDRESS", told.name)),
    }
}

pub(super) async fn delete(site: &Site, name: &str) -> anyhow::Result<()> {
    let versions = match &site.open().await? {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = campaign::version(&installation.store, name, None).await?.id;
            Some(actions::announcement_delete(&resources, &call, id).await?.1)
        }
        Backend::Remote(server) => {
            let id = remote::id_of(server, name, None).await?;
            let path = format!("/api/v1/announcements/{id}/delete");
            server.post::<DeletedAnnouncement>(&path, &Value::Null).await?.versions
        }
    };
    let versions = match versions {
        Some(1) => " with its one version".to_owned(),
        Some(versions) => format!(" with its {versions} versions"),
        None => String::new(),
    };
    say(format_args!("Announcement {name:?} is deleted{versions}."));
    Ok(())
}

pub(super) async fn preview(site: &Site, args: AnnouncementPreviewArgs) -> anyhow::Result<()> {
    let AnnouncementPreviewArgs { name, version, values, part, page } = args;
    anyhow::ensure!(
        part != PreviewPart::Public,
        "only a campaign has a page that everybody may read: pharos campaign preview N --part public"
    );
    let shown = shown_values(values)?;
    let parts = match &site.open().await? {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let id = campaign::version(&installation.store, &name, version).await?.id;
            actions::announcement_preview(&resources, &call, id, &shown).await?.into()
        }
        Backend::Remote(server) => {
            let id = remote::id_of(server, &name, version).await?;
            looked_at(server, &format!("/api/v1/announcements/{id}/preview"), &shown).await?
        }
    };
    show(&parts, part, page)
}
