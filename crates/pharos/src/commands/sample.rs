//! `pharos sample`: data for a first look, and without it again.

use serde::Deserialize;
use serde_json::Value;

use crate::backend::Backend;
use crate::cli::SampleCommand;
use crate::telemetry::{counted, say};

/// What is there afterwards.
#[derive(Deserialize)]
struct AddedSample {
    contacts: u64,
    campaign: Option<String>,
}

/// What was removed.
#[derive(Deserialize)]
struct RemovedSample {
    contacts: u64,
    topics: u64,
    campaigns: u64,
}

pub(crate) async fn run(backend: &Backend, command: SampleCommand) -> anyhow::Result<()> {
    match command {
        SampleCommand::Add => {
            let added = add(backend).await?;
            let contacts = counted(added.contacts, "contact", "contacts");
            match added.campaign {
                Some(number) => say(format_args!(
                    "There are {contacts} and a draft: pharos campaign check {number}"
                )),
                None => say(format_args!("There are {contacts}.")),
            }
        }
        SampleCommand::Remove => {
            let removed = remove(backend).await?;
            say(format_args!(
                "Removed {}, {} and {}.",
                counted(removed.contacts, "contact", "contacts"),
                counted(removed.topics, "topic", "topics"),
                counted(removed.campaigns, "campaign", "campaigns"),
            ));
        }
    }
    Ok(())
}

async fn add(backend: &Backend) -> anyhow::Result<AddedSample> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let added = actions::sample_add(&resources, &call).await?;
            let campaign = added.campaign.map(|number| number.to_string());
            Ok(AddedSample { contacts: added.contacts as u64, campaign })
        }
        Backend::Remote(server) => Ok(server.post("/api/v1/sample", &Value::Null).await?),
    }
}

async fn remove(backend: &Backend) -> anyhow::Result<RemovedSample> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let removed = actions::sample_remove(&resources, &call).await?;
            Ok(RemovedSample {
                contacts: removed.contacts as u64,
                topics: removed.topics as u64,
                campaigns: removed.campaigns.len() as u64,
            })
        }
        Backend::Remote(server) => Ok(server.post("/api/v1/sample/remove", &Value::Null).await?),
    }
}
