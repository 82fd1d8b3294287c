//! `pharos topic`.

use std::path::Path;

use indicatif::HumanCount;

use super::contacts::topic_by_slug;
use crate::cli::{ArchiveState, TopicCommand};
use crate::installation::Installation;
use crate::telemetry::say;

pub(crate) async fn run(config: &Path, command: TopicCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    match command {
        TopicCommand::List => list(&installation).await,
        TopicCommand::Set { slug, name } => {
            let of_file = installation.config.topics.iter().find(|topic| topic.slug == slug);
            anyhow::ensure!(
                of_file.is_none_or(|topic| topic.name == name.trim()),
                "the topic {slug} has its name in {}; change it there",
                config.display()
            );
            let (resources, call) = (installation.resources()?, installation.call());
            actions::topic_set(&resources, &call, &slug, &name).await?;
            say(format_args!("The topic {slug} is called {}.", name.trim()));
            Ok(())
        }
        TopicCommand::Archive { slug, state } => archive(&installation, &slug, state).await,
    }
}

async fn list(installation: &Installation) -> anyhow::Result<()> {
    let Installation { store, .. } = installation;
    let topics = store.topics_list().await?;
    if topics.is_empty() {
        say("No topics yet. To create one: pharos topic set release-notices \"Release notices\"");
    }
    for topic in topics {
        let subscribed = store.topic_subscribers(topic.id).await?;
        let subscribed = HumanCount(u64::try_from(subscribed).unwrap_or(0)).to_string();
        let archive = if topic.archive_open { "archive open" } else { "" };
        let line = format!("{:<24}{subscribed:>12}  {:<28}{archive}", topic.slug, topic.name);
        say(line.trim_end());
    }
    Ok(())
}

async fn archive(
    installation: &Installation,
    slug: &str,
    state: ArchiveState,
) -> anyhow::Result<()> {
    let Installation { store, config, .. } = installation;
    topic_by_slug(store, slug).await?;
    let (resources, call) = (installation.resources()?, installation.call());
    actions::topic_archive(&resources, &call, slug, state == ArchiveState::Open).await?;
    match state {
        ArchiveState::Open => {
            let url = format!("{}/archive/{slug}", config.sender.web_url);
            say(format_args!("Everybody may read what is sent to {slug} from now on: {url}"));
            say("To publish what was sent before: pharos campaign publish N");
        }
        ArchiveState::Closed => {
            say(format_args!("The list and the feed of {slug} are closed."));
            say("Pages that are published stay; to take one back: pharos campaign withdraw N");
        }
    }
    Ok(())
}
