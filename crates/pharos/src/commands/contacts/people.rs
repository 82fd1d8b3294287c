//! `pharos contacts list`: looking at people changes nothing.

use audience::ContactFilter;
use store::{ListedContact, StoreError};

use super::{remote, topic_by_slug};
use crate::backend::Backend;
use crate::cli::{ContactsFilter, MailedOnly};
use crate::installation::Installation;
use crate::telemetry::{note, say};

/// Prints a line for each of the first contacts.
pub(super) async fn list(
    backend: &Backend,
    filter: ContactsFilter,
    limit: u32,
) -> anyhow::Result<()> {
    let filter = match backend {
        Backend::Local(installation) => meant_here(installation, filter).await?,
        Backend::Remote(_) => meant(filter),
    };
    let mut left = limit;
    let mut each = |contact: ListedContact| {
        if left == 0 {
            note(format_args!("There are more: raise --limit, or use `pharos contacts export`."));
            return false;
        }
        left -= 1;
        let status = audience::mail_status(&contact, &filter);
        say(format_args!("{:<40}  {status}", contact.email));
        true
    };
    match backend {
        Backend::Local(installation) => {
            let look = |contact| Ok::<_, StoreError>(each(contact));
            audience::each_contact(&installation.store, &filter, look).await?;
        }
        Backend::Remote(server) => remote::each_contact(server, &filter, limit, each).await?,
    }
    if left == limit {
        note("No contacts.");
    }
    Ok(())
}

pub(super) async fn meant_here(
    installation: &Installation,
    filter: ContactsFilter,
) -> anyhow::Result<ContactFilter> {
    if let Some(slug) = &filter.topic {
        topic_by_slug(&installation.store, slug).await?;
    }
    Ok(meant(filter))
}

fn meant(filter: ContactsFilter) -> ContactFilter {
    let mailed = filter.only.map(|only| only == MailedOnly::Mailed);
    ContactFilter { topic: filter.topic, mailed, tag: filter.tag }
}
