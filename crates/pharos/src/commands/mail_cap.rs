//! `pharos mail-cap`, and campaigns that go beyond it.

use model::{CampaignNumber, MailCap};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::cli::{MailCapCommand, MailCapSetArgs};
use crate::telemetry::say;

/// The cap, as a server tells it.
#[derive(Deserialize)]
struct ToldCap {
    at_most: Option<String>,
}

pub(crate) async fn run(backend: &Backend, command: MailCapCommand) -> anyhow::Result<()> {
    let words = |cap: Option<MailCap>| cap.map(|it| it.to_string());
    let at_most = match (command, backend) {
        (MailCapCommand::Show, Backend::Local(installation)) => {
            words(installation.store.mail_cap().await?)
        }
        (MailCapCommand::Show, Backend::Remote(server)) => {
            server.get::<ToldCap>("/api/v1/mail_cap").await?.at_most
        }
        (MailCapCommand::Set(args), backend) => set(backend, args).await?,
    };
    match at_most {
        Some(at_most) => say(format_args!("at most  {at_most}")),
        None => say("at most  no cap: everybody gets what is sent to them"),
    }
    Ok(())
}

async fn set(backend: &Backend, args: MailCapSetArgs) -> anyhow::Result<Option<String>> {
    let at_most = args.at_most.map(|it| it.to_string());
    Ok(match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let cap = actions::mail_cap_set(&resources, &call, at_most.as_deref()).await?;
            cap.map(|it| it.to_string())
        }
        Backend::Remote(server) => {
            let body = json!({ "at_most": at_most });
            server.put::<ToldCap>("/api/v1/mail_cap", &body).await?.at_most
        }
    })
}

pub(super) async fn of_campaign(
    backend: &Backend,
    campaign: CampaignNumber,
    ignores: bool,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_cap_set(&resources, &call, campaign, ignores).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{campaign}/cap");
            server.put::<Value>(&path, &json!({ "ignores_cap": ignores })).await?;
        }
    }
    match ignores {
        true => say(format_args!(
            "Campaign {campaign} goes to people however many mails they have had."
        )),
        false => say(format_args!("Campaign {campaign} keeps to the cap.")),
    }
    Ok(())
}
