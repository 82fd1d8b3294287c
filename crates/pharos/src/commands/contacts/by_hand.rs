//! `pharos contacts add`, `edit` and `subscribe`: one contact at a time.

use actions::{ContactEdit, ContactWish, TrackingWish};
use anyhow::Context as _;
use model::{ContactId, EmailAddress};

use super::remote::{self, NowContact};
use super::topic_by_slug;
use crate::backend::Backend;
use crate::cli::{
    AddContactArgs, ContactSharingArgs, ContactTrackingArgs, EditContactArgs, YesOrNo,
};
use crate::commands::campaign_preview::named_values;
use crate::commands::confirm::confirm;
use crate::installation::Installation;
use crate::telemetry::say;

pub(super) async fn add(backend: &Backend, args: AddContactArgs) -> anyhow::Result<()> {
    let wish = ContactWish {
        email: args.address,
        attributes: named_values(args.values)?,
        topics: args.topics,
        proof: args.proof.unwrap_or_default(),
        birth_month: None,
    };
    let (topics, email) = (wish.topics.join(", "), wish.email.clone());
    let suppressed = match backend {
        Backend::Local(installation) => {
            for slug in &wish.topics {
                topic_by_slug(&installation.store, slug).await?;
            }
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contact_add(&resources, &call, wish).await?.suppressed
        }
        Backend::Remote(server) => remote::add(server, wish).await?,
    };
    match (suppressed, topics.is_empty()) {
        (Some(reason), _) => say(format_args!(
            "{email} is a contact, and was not subscribed: the address must not be mailed ({reason})."
        )),
        (None, true) => say(format_args!("{email} is a contact, subscribed to nothing.")),
        (None, false) => say(format_args!("{email} is a contact, subscribed to {topics}.")),
    }
    Ok(())
}

pub(super) async fn edit(backend: &Backend, args: EditContactArgs) -> anyhow::Result<()> {
    let edit = ContactEdit {
        email: args.new_address,
        attributes: named_values(args.values)?,
        birth_month: None,
    };
    anyhow::ensure!(
        edit != ContactEdit::default(),
        "nothing to change: use --set NAME=VALUE or --new-address ADDRESS"
    );
    let id = contact(backend, &args.address).await?;
    let now = match backend {
        Backend::Local(installation) => edit_here(installation, id, edit).await?,
        Backend::Remote(server) => remote::edit(server, id, edit).await?,
    };
    say(format_args!("{}:", now.email));
    now.attributes.iter().for_each(|(name, value)| say(format_args!("  {name}: {value}")));
    Ok(())
}

async fn edit_here(
    installation: &Installation,
    id: ContactId,
    edit: ContactEdit,
) -> anyhow::Result<NowContact> {
    let (resources, call) = (installation.resources()?, installation.call());
    let now = actions::contact_edit(&resources, &call, id, None, edit).await?;
    Ok(NowContact { email: now.email.as_str().to_owned(), attributes: now.attributes })
}

pub(super) async fn subscribe(
    backend: &Backend,
    address: &str,
    topic: &str,
    proof: &str,
) -> anyhow::Result<()> {
    if let Backend::Local(installation) = backend {
        topic_by_slug(&installation.store, topic).await?;
    }
    let id = contact(backend, address).await?;
    let is_new = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contact_subscribe(&resources, &call, id, topic, proof).await?
        }
        Backend::Remote(server) => remote::subscribe(server, id, topic, proof).await?,
    };
    let before = if is_new { "" } else { " already" };
    say(format_args!("{address} is{before} subscribed to {topic}."));
    Ok(())
}

pub(super) async fn tracking(backend: &Backend, args: ContactTrackingArgs) -> anyhow::Result<()> {
    let ContactTrackingArgs { address, mode, forget, source, yes } = args;
    let id = contact(backend, &address).await?;
    if forget {
        let what = format!(
            "This makes what {address} did until now nobody's: counts stay. It can't be undone."
        );
        confirm(&what, yes)?;
    }
    let wish = TrackingWish { mode: mode.mode(), forget, source };
    let is_new = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contact_tracking_say(&resources, &call, id, wish).await?
        }
        Backend::Remote(server) => remote::say_tracking(server, id, wish).await?,
    };
    let before = if is_new { "" } else { " already" };
    say(format_args!("{address} has{before} said: {}.", mode.mode().as_str()));
    if forget {
        say("What they did until now is nobody's; the last events of it follow within seconds.");
    }
    Ok(())
}

pub(super) async fn sharing(backend: &Backend, args: ContactSharingArgs) -> anyhow::Result<()> {
    let ContactSharingArgs { address, word, source } = args;
    let id = contact(backend, &address).await?;
    let granted = word == YesOrNo::Yes;
    let is_new = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let source = source.as_deref();
            actions::contact_sharing_say(&resources, &call, (id, granted), source).await?
        }
        Backend::Remote(server) => remote::say_sharing(server, id, granted, source).await?,
    };
    let before = if is_new { "" } else { " already" };
    let word = if granted { "yes" } else { "no" };
    say(format_args!("{address} has{before} said {word} to being shared with others."));
    Ok(())
}

pub(super) async fn contact(backend: &Backend, address: &str) -> anyhow::Result<ContactId> {
    let email = EmailAddress::parse(address).with_context(|| format!("{address:?}"))?;
    let found = contact_with(backend, &email).await?;
    found.with_context(|| format!("there is no contact {address}"))
}

/// The contact with this address.
pub(in crate::commands) async fn contact_with(
    backend: &Backend,
    email: &EmailAddress,
) -> anyhow::Result<Option<ContactId>> {
    match backend {
        Backend::Local(installation) => {
            let found = installation.store.contact_by_email(email.clone()).await?;
            Ok(found.map(|contact| contact.id))
        }
        Backend::Remote(server) => remote::contact_with(server, email).await,
    }
}
