//! `pharos contacts`.

mod by_hand;
mod export;
mod import;
mod people;
mod removal;

use std::path::Path;

use model::TopicId;
use store::Store;

use crate::cli::ContactsCommand;
use crate::installation::Installation;

pub(crate) async fn run(config: &Path, command: ContactsCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    match command {
        ContactsCommand::Import(args) => import::run(&installation, args).await,
        ContactsCommand::Add(args) => by_hand::add(&installation, args).await,
        ContactsCommand::Edit(args) => by_hand::edit(&installation, args).await,
        ContactsCommand::Subscribe { address, topic, proof } => {
            by_hand::subscribe(&installation, &address, &topic, &proof).await
        }
        ContactsCommand::Show { address } => people::show(&installation, &address).await,
        ContactsCommand::List { filter, limit } => people::list(&installation, filter, limit).await,
        ContactsCommand::Export { filter, to, as_job: false, .. } => {
            export::to_file(&installation, filter, to).await
        }
        ContactsCommand::Export { filter, state, address_part, .. } => {
            export::as_job(&installation, filter, state, address_part).await
        }
        ContactsCommand::Suppress(args) => removal::suppress(&installation, args).await,
        ContactsCommand::Unsuppress(args) => removal::unsuppress(&installation, args).await,
        ContactsCommand::Unsubscribe(args) => removal::unsubscribe(&installation, args).await,
        ContactsCommand::Erase(args) => removal::erase(&installation, args).await,
    }
}

/// The topic with this slug, or an error that lists the topics there are.
pub(super) async fn topic_by_slug(store: &Store, slug: &str) -> anyhow::Result<TopicId> {
    if let Some(topic) = store.topic_by_slug(slug.to_owned()).await? {
        return Ok(topic.id);
    }
    let known: Vec<String> =
        store.topics_list().await?.into_iter().map(|topic| topic.slug).collect();
    anyhow::bail!(
        "there is no topic {slug:?}; the topics in the configuration are {}",
        known.join(", ")
    )
}
