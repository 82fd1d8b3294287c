//! `pharos contacts add`, `edit` and `subscribe`: one contact at a time.

use actions::{ContactEdit, ContactWish};
use anyhow::Context as _;
use model::{ContactId, EmailAddress};

use super::topic_by_slug;
use crate::cli::{AddContactArgs, EditContactArgs};
use crate::commands::campaign_preview::named_values;
use crate::installation::Installation;
use crate::telemetry::say;

pub(super) async fn add(installation: &Installation, args: AddContactArgs) -> anyhow::Result<()> {
    for slug in &args.topics {
        topic_by_slug(&installation.store, slug).await?;
    }
    let wish = ContactWish {
        email: args.address,
        attributes: named_values(args.values)?,
        topics: args.topics,
        proof: args.proof.unwrap_or_default(),
    };
    let (resources, call) = (installation.resources()?, installation.call());
    let (topics, email) = (wish.topics.join(", "), wish.email.clone());
    let added = actions::contact_add(&resources, &call, wish).await?;
    match (added.suppressed, topics.is_empty()) {
        (Some(reason), _) => say(format_args!(
            "{email} is a contact, and was not subscribed: the address must not be mailed ({reason})."
        )),
        (None, true) => say(format_args!("{email} is a contact, subscribed to nothing.")),
        (None, false) => say(format_args!("{email} is a contact, subscribed to {topics}.")),
    }
    Ok(())
}

pub(super) async fn edit(installation: &Installation, args: EditContactArgs) -> anyhow::Result<()> {
    let edit = ContactEdit { email: args.new_address, attributes: named_values(args.values)? };
    anyhow::ensure!(
        edit != ContactEdit::default(),
        "nothing to change: use --set NAME=VALUE or --new-address ADDRESS"
    );
    let id = contact(installation, &args.address).await?;
    let (resources, call) = (installation.resources()?, installation.call());
    let now = actions::contact_edit(&resources, &call, id, None, edit).await?;
    say(format_args!("{}:", now.email));
    now.attributes.iter().for_each(|(name, value)| say(format_args!("  {name}: {value}")));
    Ok(())
}

pub(super) async fn subscribe(
    installation: &Installation,
    address: &str,
    topic: &str,
    proof: &str,
) -> anyhow::Result<()> {
    topic_by_slug(&installation.store, topic).await?;
    let id = contact(installation, address).await?;
    let (resources, call) = (installation.resources()?, installation.call());
    let is_new = actions::contact_subscribe(&resources, &call, id, topic, proof).await?;
    let before = if is_new { "" } else { " already" };
    say(format_args!("{address} is{before} subscribed to {topic}."));
    Ok(())
}

async fn contact(installation: &Installation, address: &str) -> anyhow::Result<ContactId> {
    let email = EmailAddress::parse(address).with_context(|| format!("{address:?}"))?;
    let found = installation.store.contact_by_email(email).await?;
    Ok(found.with_context(|| format!("there is no contact {address}"))?.id)
}
