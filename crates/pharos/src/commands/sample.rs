//! `pharos sample`: data for a first look, and without it again.

use std::path::Path;

use crate::cli::SampleCommand;
use crate::installation::Installation;
use crate::telemetry::{counted, say};

pub(crate) async fn run(config: &Path, command: SampleCommand) -> anyhow::Result<()> {
    let installation = Installation::open(config).await?;
    let (resources, call) = (installation.resources()?, installation.call());
    match command {
        SampleCommand::Add => {
            let added = actions::sample_add(&resources, &call).await?;
            let contacts = counted(added.contacts as u64, "contact", "contacts");
            match added.campaign {
                Some(number) => say(format_args!(
                    "There are {contacts} and a draft: pharos campaign check {number}"
                )),
                None => say(format_args!("There are {contacts}.")),
            }
        }
        SampleCommand::Remove => {
            let removed = actions::sample_remove(&resources, &call).await?;
            say(format_args!(
                "Removed {}, {} and {}.",
                counted(removed.contacts as u64, "contact", "contacts"),
                counted(removed.topics as u64, "topic", "topics"),
                counted(removed.campaigns.len() as u64, "campaign", "campaigns"),
            ));
        }
    }
    Ok(())
}
