//! `pharos contacts`.

mod bulk;
mod by_hand;
mod erasure;
mod export;
mod import;
mod import_told;
mod merging;
mod pauses;
mod people;
mod person;
mod proof;
mod remote;
mod removal;
mod tagging;

use model::TopicId;

pub(super) use by_hand::contact_with;
pub(super) use export::said;
use store::Store;

use crate::backend::Backend;
use crate::cli::ContactsCommand;

pub(crate) async fn run(backend: &Backend, command: ContactsCommand) -> anyhow::Result<()> {
    match command {
        ContactsCommand::Import(args) => import::run(backend, args).await,
        ContactsCommand::Add(args) => by_hand::add(backend, args).await,
        ContactsCommand::Edit(args) => by_hand::edit(backend, args).await,
        ContactsCommand::Subscribe { address, topic, proof } => {
            by_hand::subscribe(backend, &address, &topic, &proof).await
        }
        ContactsCommand::Tag(args) => tagging::change(backend, args, true).await,
        ContactsCommand::Untag(args) => tagging::change(backend, args, false).await,
        ContactsCommand::History { address, limit } => {
            tagging::history(backend, &address, limit).await
        }
        ContactsCommand::Tracking(args) => by_hand::tracking(backend, args).await,
        ContactsCommand::Sharing(args) => by_hand::sharing(backend, args).await,
        ContactsCommand::Pause { address, until } => {
            pauses::set(backend, &address, Some(&until)).await
        }
        ContactsCommand::Unpause { address } => pauses::set(backend, &address, None).await,
        ContactsCommand::Show { address } => person::show(backend, &address).await,
        ContactsCommand::Bulk(args) => bulk::run(backend, args).await,
        ContactsCommand::Duplicates { limit } => merging::duplicates(backend, limit).await,
        ContactsCommand::Merge(args) => merging::merge(backend, args).await,
        ContactsCommand::Unmerge { keep, other } => merging::unmerge(backend, &keep, &other).await,
        ContactsCommand::Proof { address, format } => proof::show(backend, &address, format).await,
        ContactsCommand::List { filter, limit } => people::list(backend, filter, limit).await,
        ContactsCommand::Export { filter, to, as_job: false, disclosure, notice, .. } => {
            export::to_file(backend, filter, to, &disclosure.wish().shared_by(notice)).await
        }
        ContactsCommand::Export { filter, state, address_part, disclosure, notice, .. } => {
            let wish = disclosure.wish().shared_by(notice);
            export::as_job(backend, filter, (state, address_part), &wish).await
        }
        ContactsCommand::Suppress(args) => removal::suppress(backend, args).await,
        ContactsCommand::Unsuppress(args) => removal::unsuppress(backend, args).await,
        ContactsCommand::Unsubscribe(args) => removal::unsubscribe(backend, args).await,
        ContactsCommand::Erase(args) => match &args.file {
            Some(file) => erasure::of_list(backend, file, &args).await,
            None => removal::erase(backend, args).await,
        },
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
