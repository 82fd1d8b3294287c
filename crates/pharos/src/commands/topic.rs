//! `pharos topic`.

use indicatif::HumanCount;
use serde::Deserialize;
use serde_json::json;

use super::contacts::topic_by_slug;
use super::{reconfirmations, tracking};
use crate::backend::Backend;
use crate::cli::{ArchiveState, TopicCommand};
use crate::installation::Installation;
use crate::remote::{RemoteClient, segment};
use crate::telemetry::say;

/// A topic as `topic list` shows it.
#[derive(Deserialize)]
struct TopicLine {
    slug: String,
    name: String,
    archive_open: bool,
    subscribed: i64,
}

#[derive(Deserialize)]
struct ChangedTopic {
    archive_url: String,
}

pub(crate) async fn run(backend: &Backend, command: TopicCommand) -> anyhow::Result<()> {
    match command {
        TopicCommand::List => {
            tell(&list(backend).await?);
        }
        TopicCommand::Set { slug, name } => {
            set(backend, &slug, &name).await?;
            say(format_args!("The topic {slug} is called {}.", name.trim()));
        }
        TopicCommand::Tracking { slug, mode } => tracking::of_topic(backend, &slug, mode).await?,
        TopicCommand::Reconfirm(args) => reconfirmations::ask(backend, args).await?,
        TopicCommand::Reconfirmation { slug, cancel } => {
            reconfirmations::show(backend, &slug, cancel).await?;
        }
        TopicCommand::Archive { slug, state } => {
            let url = archive(backend, &slug, state == ArchiveState::Open).await?;
            tell_archive(&slug, state, &url);
        }
    }
    Ok(())
}

async fn list(backend: &Backend) -> anyhow::Result<Vec<TopicLine>> {
    let store = match backend {
        Backend::Local(installation) => &installation.store,
        Backend::Remote(server) => return Ok(server.all("/api/v1/topics").await?),
    };
    let mut topics = Vec::new();
    for topic in store.topics_list().await? {
        let subscribed = store.topic_subscribers(topic.id).await?;
        let store::Topic { slug, name, archive_open, .. } = topic;
        topics.push(TopicLine { slug, name, archive_open, subscribed });
    }
    Ok(topics)
}

fn tell(topics: &[TopicLine]) {
    if topics.is_empty() {
        say("No topics yet. To create one: pharos topic set release-notices \"Release notices\"");
    }
    for topic in topics {
        let subscribed = HumanCount(u64::try_from(topic.subscribed).unwrap_or(0)).to_string();
        let archive = if topic.archive_open { "archive open" } else { "" };
        let line = format!("{:<24}{subscribed:>12}  {:<28}{archive}", topic.slug, topic.name);
        say(line.trim_end());
    }
}

async fn set(backend: &Backend, slug: &str, name: &str) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => set_here(installation, slug, name).await,
        Backend::Remote(server) => {
            let path = format!("/api/v1/topics/{}", segment(slug));
            server.put::<ChangedTopic>(&path, &json!({ "name": name })).await?;
            Ok(())
        }
    }
}

async fn set_here(installation: &Installation, slug: &str, name: &str) -> anyhow::Result<()> {
    let of_file = installation.config.topics.iter().find(|topic| topic.slug == slug);
    anyhow::ensure!(
        of_file.is_none_or(|topic| topic.name == name.trim()),
        "the topic {slug} has its name in the configuration; change it there"
    );
    let (resources, call) = (installation.resources()?, installation.call());
    actions::topic_set(&resources, &call, slug, name).await?;
    Ok(())
}

/// Opens or closes the archive. The address of its page.
async fn archive(backend: &Backend, slug: &str, open: bool) -> anyhow::Result<String> {
    match backend {
        Backend::Local(installation) => {
            topic_by_slug(&installation.store, slug).await?;
            let (resources, call) = (installation.resources()?, installation.call());
            actions::topic_archive(&resources, &call, slug, open).await?;
            Ok(format!("{}/archive/{slug}", installation.config.sender.web_url))
        }
        Backend::Remote(server) => archive_there(server, slug, open).await,
    }
}

async fn archive_there(server: &RemoteClient, slug: &str, open: bool) -> anyhow::Result<String> {
    let path = format!("/api/v1/topics/{}/archive", segment(slug));
    Ok(server.post::<ChangedTopic>(&path, &json!({ "open": open })).await?.archive_url)
}

fn tell_archive(slug: &str, state: ArchiveState, url: &str) {
    match state {
        ArchiveState::Open => {
            say(format_args!("Everybody may read what is sent to {slug} from now on: {url}"));
            say("To publish what was sent before: pharos campaign publish N");
        }
        ArchiveState::Closed => {
            say(format_args!("The list and the feed of {slug} are closed."));
            say("Pages that are published stay; to take one back: pharos campaign withdraw N");
        }
    }
}
