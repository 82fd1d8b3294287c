//! `pharos campaign set-topic` and `pharos campaign delete`: what is done with drafts.

use model::CampaignNumber;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::Backend;
use crate::telemetry::say;

/// A draft that is gone.
#[derive(Deserialize)]
struct DeletedDraft {
    kept_as: Option<String>,
}

/// Sends a draft to the subscribers of another topic.
pub(super) async fn set_topic(
    backend: &Backend,
    number: CampaignNumber,
    topic: &str,
) -> anyhow::Result<()> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_set_topic(&resources, &call, number, topic).await?;
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}");
            let version = server.version(&path).await?;
            server.patch::<Value>(&path, version, &json!({ "topic": topic })).await?;
        }
    }
    say(format_args!("Campaign {number} is for the subscribers of {topic}."));
    Ok(())
}

pub(super) async fn delete(backend: &Backend, number: CampaignNumber) -> anyhow::Result<()> {
    let kept_as = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::campaign_delete(&resources, &call, number).await?
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/campaigns/{number}/delete");
            server.post::<DeletedDraft>(&path, &Value::Null).await?.kept_as
        }
    };
    say(format_args!("Campaign {number} is deleted."));
    if let Some(name) = kept_as {
        say(format_args!("Its text is kept: pharos announcement show {name:?}"));
    }
    Ok(())
}
