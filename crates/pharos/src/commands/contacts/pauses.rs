//! `pharos contacts pause` and `unpause`.

use actions::PauseNoted;
use anyhow::Context as _;
use model::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::by_hand;
use crate::backend::Backend;
use crate::telemetry::say;

/// What a server says of a pause.
#[derive(Deserialize)]
struct ToldPause {
    changed: bool,
    until: Option<String>,
}

/// Has a contact pause until a day, or no longer.
pub(super) async fn set(
    backend: &Backend,
    address: &str,
    until: Option<&str>,
) -> anyhow::Result<()> {
    let id = by_hand::contact(backend, address).await?;
    let noted = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::contact_pause(&resources, &call, id, until).await?
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/contacts/{id}/pause");
            let told: ToldPause = server.put(&path, &json!({ "until": until })).await?;
            let read = |text: String| {
                Timestamp::parse_rfc3339(&text).with_context(|| format!("no time: {text:?}"))
            };
            PauseNoted { changed: told.changed, until: told.until.map(read).transpose()? }
        }
    };
    let PauseNoted { changed, until } = noted;
    match (until, changed) {
        (Some(until), true) => {
            say(format_args!("{address} gets no campaign until {}.", until.readable()));
        }
        (Some(until), false) => {
            say(format_args!("{address} has paused until {} already.", until.readable()));
        }
        (None, true) => say(format_args!("{address} pauses no longer.")),
        (None, false) => say(format_args!("{address} did not pause.")),
    }
    Ok(())
}
