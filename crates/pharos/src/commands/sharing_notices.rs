//! `pharos disclosures notices`.

use std::collections::BTreeMap;

use actions::{CountPatience, SharingNoticeWish, SharingPreview};
use anyhow::Context as _;
use model::{SharingNoticeId, SharingObstacle, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use store::SharingNotice;

use crate::backend::Backend;
use crate::cli::{NoticeAnnounceArgs, NoticesCommand};
use crate::remote::number;
use crate::telemetry::{counted, note, say};

/// A notice as a server tells it.
#[derive(Deserialize)]
struct ToldSharingNotice {
    #[serde(deserialize_with = "number")]
    id: i64,
    recipient: String,
    purpose: String,
    fields: Vec<String>,
    text: String,
    campaign: String,
    announced_at: String,
    begins_at: String,
    cancelled_at: Option<String>,
}

/// How many one would share.
#[derive(Deserialize)]
struct ToldSharingPreview {
    notice: ToldSharingNotice,
    at: String,
    is_complete: bool,
    shared: u64,
    left_out: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct ToldCancel {
    changed: bool,
}

impl From<SharingNotice> for ToldSharingNotice {
    fn from(it: SharingNotice) -> Self {
        Self {
            id: it.id.0,
            recipient: it.recipient,
            purpose: it.purpose,
            fields: it.fields.iter().map(|field| field.as_str().to_owned()).collect(),
            text: it.text,
            campaign: it.campaign.number().to_string(),
            announced_at: it.announced_at.rfc3339(),
            begins_at: it.begins_at.rfc3339(),
            cancelled_at: it.cancelled_at.map(Timestamp::rfc3339),
        }
    }
}

impl From<SharingPreview> for ToldSharingPreview {
    fn from(it: SharingPreview) -> Self {
        let left_out = it.counts.left_out.into_iter();
        Self {
            notice: it.notice.into(),
            at: it.at.rfc3339(),
            is_complete: it.is_complete,
            shared: it.counts.shared,
            left_out: left_out.map(|(why, count)| (why.as_str().to_owned(), count)).collect(),
        }
    }
}

pub(super) async fn run(backend: &Backend, command: NoticesCommand) -> anyhow::Result<()> {
    match command {
        NoticesCommand::List => list(backend).await,
        NoticesCommand::Announce(args) => announce(backend, args).await,
        NoticesCommand::Preview { notice } => preview(backend, notice).await,
        NoticesCommand::Cancel { notice } => cancel(backend, notice).await,
    }
}

async fn list(backend: &Backend) -> anyhow::Result<()> {
    let mut all: Vec<ToldSharingNotice> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let found = actions::sharing_notices(&resources, &call).await?;
            found.into_iter().map(ToldSharingNotice::from).collect()
        }
        Backend::Remote(server) => server.all("/api/v1/sharing-notices").await?,
    };
    all.sort_by_key(|it| std::cmp::Reverse(it.id));
    if all.is_empty() {
        note("Nobody was told that data is to be shared, and none is.");
    }
    for it in &all {
        tell(it)?;
    }
    Ok(())
}

fn tell(it: &ToldSharingNotice) -> anyhow::Result<()> {
    let state = match &it.cancelled_at {
        Some(at) => format!("cancelled {}", moment(at)?),
        None => format!("begins {}", moment(&it.begins_at)?),
    };
    let ToldSharingNotice { id, recipient, purpose, campaign, text, .. } = it;
    let (fields, announced) = (it.fields.join(", "), moment(&it.announced_at)?);
    say(format_args!("{id:>4}  {recipient} for {purpose}: {fields}; {state}"));
    say(format_args!("      announced {announced}, told by campaign {campaign}: {text}"));
    Ok(())
}

async fn announce(backend: &Backend, args: NoticeAnnounceArgs) -> anyhow::Result<()> {
    let installation = backend.here("disclosures notices announce")?;
    let NoticeAnnounceArgs { recipient, purpose, fields, text, campaign, days, begins } = args;
    let campaign = Some(campaign);
    let wish = SharingNoticeWish { recipient, purpose, fields, text, campaign, days, begins };
    let (resources, call) = (installation.resources()?, installation.call());
    let id = actions::sharing_announce(&resources, &call, wish).await?;
    let notice = installation.store.sharing_notice(id).await?;
    say(format_args!(
        "Announced as sharing notice {id}. Nothing is shared by it before {}, and nobody before the mail of \
         campaign {} was sent to them {} ago.",
        notice.begins_at.readable(),
        notice.campaign.number(),
        counted(u64::from(notice.days), "day", "days"),
    ));
    Ok(())
}

async fn preview(backend: &Backend, id: SharingNoticeId) -> anyhow::Result<()> {
    let told: ToldSharingPreview = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::sharing_preview(&resources, &call, id, CountPatience::Long).await?.into()
        }
        Backend::Remote(server) => {
            server.get(&format!("/api/v1/sharing-notices/{id}/preview")).await?
        }
    };
    tell(&told.notice)?;
    if told.notice.cancelled_at.is_some() {
        say("It was cancelled: nothing is shared by it.");
    }
    let shared = counted(told.shared, "contact", "contacts");
    say(format_args!("{}: {shared} could be shared, if nothing changes.", moment(&told.at)?));
    if !told.is_complete {
        note("There was no time to look at all contacts: these are the first ones.");
    }
    for why in SharingObstacle::ALL {
        if let Some(count) = told.left_out.get(why.as_str()).filter(|count| **count > 0) {
            say(format_args!(
                "  left out: {} ({})",
                counted(*count, "contact", "contacts"),
                why.told()
            ));
        }
    }
    Ok(())
}

async fn cancel(backend: &Backend, id: SharingNoticeId) -> anyhow::Result<()> {
    let changed = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::sharing_cancel(&resources, &call, id).await?
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/sharing-notices/{id}/cancel");
            server.post::<ToldCancel>(&path, &Value::Null).await?.changed
        }
    };
    let before = if changed { "" } else { " already" };
    say(format_args!("Sharing notice {id} is{before} cancelled: nothing is shared by it."));
    Ok(())
}

fn moment(text: &str) -> anyhow::Result<String> {
    let read = Timestamp::parse_rfc3339(text).with_context(|| format!("no time: {text:?}"))?;
    Ok(read.readable())
}
