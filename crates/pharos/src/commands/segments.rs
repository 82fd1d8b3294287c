//! `pharos segments`: whom segments mean.

use std::path::Path;

use actions::{CountPatience, SegmentView, SegmentWish};
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use store::SegmentCount;

use crate::backend::Backend;
use crate::cli::{SegmentSetArgs, SegmentsCommand};
use crate::remote::segment as path_segment;
use crate::telemetry::{note, say};

#[derive(Deserialize)]
struct ToldSegment {
    name: String,
    text: String,
    changed_at: String,
    changed_by: String,
}

#[derive(Deserialize)]
struct ToldSegmentSet {
    text: String,
    count: Option<ToldSegmentCount>,
}

/// How many contacts a segment means, and some of them.
#[derive(Deserialize)]
struct ToldSegmentCount {
    contacts: i64,
    complete: bool,
    least: i64,
    most: Option<i64>,
    sample: Vec<ToldMember>,
}

#[derive(Deserialize)]
struct ToldMember {
    email: String,
}

impl From<SegmentView> for ToldSegmentCount {
    fn from(view: SegmentView) -> Self {
        Self {
            contacts: view.count.contacts,
            complete: view.count.is_complete,
            least: view.count.least,
            most: view.count.most,
            sample: view.sample.into_iter().map(|(_, email)| ToldMember { email }).collect(),
        }
    }
}

impl From<store::StoredSegment> for ToldSegment {
    fn from(it: store::StoredSegment) -> Self {
        Self {
            text: it.rule.to_string(),
            name: it.name,
            changed_at: it.changed_at.rfc3339(),
            changed_by: it.changed_by,
        }
    }
}

pub(crate) async fn run(backend: &Backend, command: SegmentsCommand) -> anyhow::Result<()> {
    match command {
        SegmentsCommand::List => {
            let all = list(backend).await?;
            if all.is_empty() {
                note("No segments yet. To keep one: pharos segments set NAME --text RULE");
            }
            for ToldSegment { name, text, .. } in all {
                say(format_args!("{name:<24}{text}"));
            }
        }
        SegmentsCommand::Show(which) => {
            let ToldSegment { name, text, changed_at, changed_by } =
                one(backend, &which.name).await?;
            say(format_args!("{name}, changed {changed_at} by {changed_by}"));
            say(text);
        }
        SegmentsCommand::Set(args) => set(backend, args).await?,
        SegmentsCommand::Count(which) => {
            let patience = if which.exact { CountPatience::Long } else { CountPatience::Short };
            tell_count(&count(backend, &which.name, (patience, false)).await?);
        }
        SegmentsCommand::Sample(which) => {
            let found = count(backend, &which.name, (CountPatience::Short, true)).await?;
            tell_count(&found);
            found.sample.iter().for_each(|it| say(format_args!("  {}", it.email)));
        }
        SegmentsCommand::Remove(which) => {
            remove(backend, &which.name).await?;
            say(format_args!("The segment {} is removed.", which.name));
        }
    }
    Ok(())
}

fn tell_count(found: &ToldSegmentCount) {
    let count = SegmentCount {
        contacts: found.contacts,
        is_complete: found.complete,
        least: found.least,
        most: found.most,
    };
    say(actions::counted_contacts(&count));
}

async fn list(backend: &Backend) -> anyhow::Result<Vec<ToldSegment>> {
    let mut all: Vec<ToldSegment> = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let all = actions::segments(&resources, &call).await?;
            all.into_iter().map(ToldSegment::from).collect()
        }
        Backend::Remote(server) => server.all("/api/v1/segments").await?,
    };
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

async fn one(backend: &Backend, name: &str) -> anyhow::Result<ToldSegment> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            Ok(actions::segment(&resources, &call, name).await?.into())
        }
        Backend::Remote(server) => {
            Ok(server.get(&format!("/api/v1/segments/{}", path_segment(name))).await?)
        }
    }
}

async fn set(backend: &Backend, args: SegmentSetArgs) -> anyhow::Result<()> {
    let SegmentSetArgs { name, text, file, dry_run } = args;
    let text = match (text, file) {
        (Some(text), _) => text,
        (None, Some(file)) => read(&file)?,
        (None, None) => anyhow::bail!("give the rule with --text or --file"),
    };
    let told = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let wish = SegmentWish::Text(text);
            let set =
                actions::segment_set(&resources, &call, &name, (&wish, None), dry_run).await?;
            let quick = (CountPatience::Short, false);
            let count = match dry_run {
                true => Some(actions::segment_count(&resources, &call, &wish, quick).await?.into()),
                false => None,
            };
            ToldSegmentSet { text: set.0.to_string(), count }
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/segments/{}", path_segment(&name));
            server.put(&path, &json!({ "text": text, "dry_run": dry_run })).await?
        }
    };
    say(&told.text);
    match told.count {
        Some(count) => tell_count(&count),
        None => say(format_args!("The segment {name} is kept.")),
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    let told = || format!("can't read {}", file.display());
    std::fs::read_to_string(file).with_context(told)
}

async fn count(
    backend: &Backend,
    name: &str,
    (patience, with_sample): (CountPatience, bool),
) -> anyhow::Result<ToldSegmentCount> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let found = actions::segment(&resources, &call, name).await?;
            let wish = SegmentWish::Text(found.rule.to_string());
            let how = (patience, with_sample);
            Ok(actions::segment_count(&resources, &call, &wish, how).await?.into())
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/segments/{}/count", path_segment(name));
            let exact = (patience == CountPatience::Long).to_string();
            let sample = with_sample.to_string();
            Ok(server.get_by(&path, &[("sample", &sample), ("exact", &exact)]).await?)
        }
    }
}

async fn remove(backend: &Backend, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::segment_remove(&resources, &call, name).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/segments/{}/remove", path_segment(name));
            server.post::<Value>(&path, &Value::Null).await?;
        }
    }
    Ok(())
}

/// Says to which segments a campaign goes.
pub(super) async fn set_audience(
    backend: &Backend,
    number: model::CampaignNumber,
    segments: &[String],
    except: &[String],
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_audience_set(&resources, &call, number, segments, except).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}/audience");
            let body = json!({ "segments": segments, "except": except });
            server.put::<Value>(&path, &body).await?;
        }
    }
    let told = |names: &[String]| names.join(", ");
    match (segments, except) {
        ([], []) => say(format_args!("Campaign {number} goes to everybody who is subscribed.")),
        (some, []) => say(format_args!("Campaign {number} goes to {}.", told(some))),
        ([], others) => {
            say(format_args!("Campaign {number} goes to all who are not in {}.", told(others)));
        }
        (some, others) => {
            let (some, others) = (told(some), told(others));
            say(format_args!("Campaign {number} goes to {some}, without {others}."));
        }
    }
    Ok(())
}

/// Ensures that segments are there, before a campaign is made for them.
pub(super) async fn ensure(backend: &Backend, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        one(backend, name).await.with_context(|| format!("the segment {name:?}"))?;
    }
    Ok(())
}
