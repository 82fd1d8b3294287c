//! `pharos report explain` and `report address`.

use anyhow::Context as _;
use model::{CampaignNumber, ContactId, EmailAddress, Timestamp, TopicScope};
use serde::Deserialize;
use serde_json::Value;
use store::EventPosition;

use super::rules_of;
use crate::backend::Backend;
use crate::commands::contacts::contact_with;
use crate::installation::Installation;
use crate::remote::RemoteClient;
use crate::telemetry::say;

/// What a contact did, as far as it is explained.
#[derive(Deserialize)]
struct ExplainedDelivery {
    best_class: Option<String>,
    click_class: Option<String>,
    evidence: Vec<ExplainedHits>,
    #[serde(default)]
    engagement_removed_at: Option<String>,
}

#[derive(Deserialize)]
struct ExplainedHits {
    words: String,
}

pub(super) async fn tell(
    backend: &Backend,
    campaign: CampaignNumber,
    address: &str,
    rules: Option<&str>,
) -> anyhow::Result<()> {
    let email = EmailAddress::parse(address)?;
    let contact = contact_with(backend, &email).await?;
    let contact = contact.with_context(|| format!("there is no contact {address}"))?;
    let told = match backend {
        Backend::Local(installation) => here(installation, campaign, contact, rules).await?,
        Backend::Remote(server) => there(server, campaign, contact, rules).await?,
    };
    if let Some(at) = told.engagement_removed_at {
        say(format_args!(
            "What contacts did with campaign {campaign} was removed on {at} because of its age."
        ));
        return Ok(());
    }
    let Some(class) = told.best_class else {
        say(format_args!("No view and no click of {address} is known in campaign {campaign}."));
        return Ok(());
    };
    say(format_args!("{address} counts as {class} in campaign {campaign}. What was seen:"));
    for hits in told.evidence {
        say(format_args!("  {}.", hits.words));
    }
    match told.click_class {
        Some(class) => say(format_args!("By their clicks alone they count as {class}.")),
        None => say("No click of theirs is known."),
    }
    Ok(())
}

/// An event, as far as it is explained.
#[derive(Deserialize)]
struct EventExplained {
    event: EventFacts,
    words: String,
    /// None: nothing is kept of it, or the server is of an earlier release.
    network: Option<String>,
}

#[derive(Deserialize)]
struct ToldAddress {
    address: Option<String>,
}

#[derive(Deserialize)]
struct EventFacts {
    at: String,
    kind: String,
    campaign: String,
    contact: Option<String>,
    url: Option<String>,
}

pub(super) async fn tell_event(
    backend: &Backend,
    id: &str,
    rules: Option<&str>,
) -> anyhow::Result<()> {
    let position: EventPosition = id.parse()?;
    let EventExplained { event, words, network } = match backend {
        Backend::Local(installation) => event_here(installation, position, rules).await?,
        Backend::Remote(server) => {
            let query = super::remote::rules_query(rules);
            server.get_by(&format!("/api/v1/events/{position}"), &query).await?
        }
    };
    let EventFacts { at, kind, campaign, contact, url } = event;
    let whose = contact.map_or_else(|| "nobody".to_owned(), |id| format!("contact {id}"));
    let target = url.map(|url| format!(" of {url}")).unwrap_or_default();
    say(format_args!("A {kind}{target} of campaign {campaign} by {whose} at {at}:"));
    say(format_args!("  {words}."));
    match network {
        Some(network) => say(format_args!("It came from the network {network}.")),
        None => say("Nothing is kept of the network address that it came from."),
    }
    Ok(())
}

pub(super) async fn tell_address(backend: &Backend, id: &str) -> anyhow::Result<()> {
    let position: EventPosition = id.parse()?;
    let address = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let address = actions::event_address(&resources, &call, position).await?;
            address.map(|it| it.to_string())
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/events/{position}/address");
            server.post::<ToldAddress>(&path, &Value::Null).await?.address
        }
    };
    match address {
        Some(address) => say(address),
        None => say("Its full network address is not kept, or not any more."),
    }
    Ok(())
}

async fn event_here(
    installation: &Installation,
    id: EventPosition,
    rules: Option<&str>,
) -> anyhow::Result<EventExplained> {
    let rules = rules_of(installation, rules).await?;
    let found = report::event(&installation.store, id, TopicScope::All, rules).await?;
    let found = found.context("There is no event with this id, or it is not kept any more.")?;
    let event = EventFacts {
        at: found.event.at.rfc3339(),
        kind: found.event.kind.as_str().to_owned(),
        campaign: found.event.campaign.to_string(),
        contact: found.event.contact.map(|id| id.to_string()),
        url: found.event.url.map(|url| url.as_ref().to_owned()),
    };
    let network = found.network.map(|it| it.to_string());
    Ok(EventExplained { event, words: found.words, network })
}

async fn here(
    installation: &Installation,
    campaign: CampaignNumber,
    contact: ContactId,
    rules: Option<&str>,
) -> anyhow::Result<ExplainedDelivery> {
    let rules = rules_of(installation, rules).await?;
    let id = installation.campaign(campaign).await?;
    let facts = campaign::delivery(&installation.store, id, contact).await?;
    let facts = facts.context("they are not in the campaign’s audience")?;
    let class = |sets: &std::collections::BTreeSet<model::RulesSeen>| {
        rules.strongest(sets.iter().copied()).map(|class| class.as_str().to_owned())
    };
    let explained = report::explain_all(&facts.evidence.hits, rules);
    Ok(ExplainedDelivery {
        best_class: class(&facts.evidence.hits),
        click_class: class(&facts.evidence.clicks),
        evidence: explained.into_iter().map(|it| ExplainedHits { words: it.words }).collect(),
        engagement_removed_at: facts.engagement_removed_at.map(Timestamp::rfc3339),
    })
}

async fn there(
    server: &RemoteClient,
    campaign: CampaignNumber,
    contact: ContactId,
    rules: Option<&str>,
) -> anyhow::Result<ExplainedDelivery> {
    let path = format!("/api/v1/campaigns/{campaign}/deliveries/{contact}");
    Ok(server.get_by(&path, &super::remote::rules_query(rules)).await?)
}
