//! `pharos contacts suppress`, `unsuppress`, `unsubscribe` and `erase`: each says what it will do,
//! and to how many, before it does it.

use model::{ContactId, EmailAddress, Removal};
use store::Lifted;

use super::by_hand::contact_with;
use super::{remote, topic_by_slug};
use crate::backend::Backend;
use crate::cli::{EraseArgs, SuppressArgs, SuppressReason, UnsubscribeArgs, UnsuppressArgs};
use crate::commands::confirm::confirm;
use crate::telemetry::{counted, say};

/// Sees to it that addresses are never mailed.
pub(super) async fn suppress(backend: &Backend, args: SuppressArgs) -> anyhow::Result<()> {
    let addresses = parse(&args.addresses)?;
    let (removal, word) = match args.reason {
        SuppressReason::Manual => (Removal::Operator, "manual"),
        SuppressReason::HardBounce => (Removal::HardBounce, "hard_bounce"),
        SuppressReason::Complaint => (Removal::Complaint, "complaint"),
    };
    let people = people(addresses.len());
    let what =
        format!("This suppresses {people}: no campaign will mail them, even if they subscribe.");
    confirm(&what, args.yes)?;
    let mut changed = 0;
    for email in &addresses {
        changed += usize::from(match backend {
            Backend::Local(installation) => {
                let (resources, call) = (installation.resources()?, installation.call());
                actions::address_suppress(&resources, &call, email.as_str(), removal).await?.changed
            }
            Backend::Remote(server) => remote::suppress(server, email, word).await?,
        });
    }
    say(format_args!("{changed} suppressed, {} already suppressed.", addresses.len() - changed));
    Ok(())
}

/// Lifts an operator's suppressions.
pub(super) async fn unsuppress(backend: &Backend, args: UnsuppressArgs) -> anyhow::Result<()> {
    let addresses = parse(&args.addresses)?;
    let people = people(addresses.len());
    let what = format!("This lifts an operator's suppression of {people}; it subscribes nobody.");
    confirm(&what, args.yes)?;
    let mut lifted = 0;
    for email in &addresses {
        let outcome = match backend {
            Backend::Local(installation) => {
                let (resources, call) = (installation.resources()?, installation.call());
                let is_none = args.not_a_child;
                actions::address_unsuppress(&resources, &call, email.as_str(), is_none).await?
            }
            Backend::Remote(server) => remote::unsuppress(server, email, args.not_a_child).await?,
        };
        match outcome {
            Lifted::Lifted => lifted += 1,
            Lifted::LeftByOwnWish => say(format_args!(
                "{email}: left everything by their own choice and stays unsubscribed."
            )),
            Lifted::Other(reason) => {
                say(format_args!("{email}: stays suppressed for another reason: {reason}."));
            }
            Lifted::NotSuppressed => say(format_args!("{email}: was not suppressed.")),
        }
    }
    say(format_args!("{lifted} no longer suppressed."));
    Ok(())
}

/// Unsubscribes contacts who have asked for it.
pub(super) async fn unsubscribe(backend: &Backend, args: UnsubscribeArgs) -> anyhow::Result<()> {
    let topic = args.topic.as_deref();
    if let (Some(slug), Backend::Local(installation)) = (topic, backend) {
        topic_by_slug(&installation.store, slug).await?;
    }
    let from = topic.unwrap_or("everything");
    let contacts = contacts(backend, &parse(&args.addresses)?).await?;
    confirm(&format!("This unsubscribes {} from {from}.", people(contacts.len())), args.yes)?;
    let mut changed = 0;
    for contact in &contacts {
        changed += usize::from(match backend {
            Backend::Local(installation) => {
                let (resources, call) = (installation.resources()?, installation.call());
                actions::contact_unsubscribe(&resources, &call, *contact, topic).await?.changed
            }
            Backend::Remote(server) => remote::unsubscribe(server, *contact, topic).await?,
        });
    }
    say(format_args!("{changed} unsubscribed, {} already unsubscribed.", contacts.len() - changed));
    Ok(())
}

/// Removes everything that is kept about people.
pub(super) async fn erase(backend: &Backend, args: EraseArgs) -> anyhow::Result<()> {
    let addresses = parse(&args.addresses)?;
    let what = format!(
        "This erases {}: address, attributes, subscriptions, consents, what was sent to them and \
         what they did. It can't be undone, and no import will bring them back.",
        people(addresses.len())
    );
    confirm(&what, args.yes)?;
    for email in &addresses {
        let (erased, events) = match backend {
            Backend::Local(installation) => {
                let (resources, call) = (installation.resources()?, installation.call());
                actions::address_erase(&resources, &call, email.as_str(), args.child).await?
            }
            Backend::Remote(server) => remote::erase(server, email, args.child).await?,
        };
        if !erased.contact {
            let was = if erased.suppression { ", but the address was suppressed" } else { "" };
            say(format_args!(
                "{email}: there was no contact{was}. The address can no longer be imported."
            ));
            continue;
        }
        say(format_args!(
            "{email}: erased with {}, {}, {}, {} and what is known about {} and {}.",
            counted(erased.subscriptions, "subscription", "subscriptions"),
            counted(erased.consents, "consent", "consents"),
            counted(erased.replies, "relay reply", "relay replies"),
            counted(events, "view or click", "views and clicks"),
            counted(erased.engagements, "campaign", "campaigns"),
            counted(erased.clicked_links, "link", "links"),
        ));
    }
    say("Counts in reports stay. Copies of the data folder and exports are yours to clean up.");
    Ok(())
}

fn parse(addresses: &[String]) -> anyhow::Result<Vec<EmailAddress>> {
    let parse = |text: &String| {
        EmailAddress::parse(text).map_err(|problem| anyhow::anyhow!("{text:?}: {problem}"))
    };
    addresses.iter().map(parse).collect()
}

/// The contacts with these addresses; an error when one of them is unknown.
async fn contacts(backend: &Backend, addresses: &[EmailAddress]) -> anyhow::Result<Vec<ContactId>> {
    let mut contacts = Vec::new();
    for email in addresses {
        let found = contact_with(backend, email).await?;
        contacts.push(found.ok_or_else(|| anyhow::anyhow!("there is no contact {email}"))?);
    }
    Ok(contacts)
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
