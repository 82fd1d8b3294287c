//! `pharos report explain`.

use anyhow::Context as _;
use model::{CampaignNumber, ContactId, EmailAddress};
use serde::Deserialize;

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
