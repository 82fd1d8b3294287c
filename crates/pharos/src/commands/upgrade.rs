//! `pharos upgrade`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use store::StoreOptions;

use super::store_log;
use crate::config;
use crate::installation::open_store;
use crate::telemetry::say;

/// Upgrades the store to this release's schema, and says from which version.
pub(crate) async fn run(config: &Path) -> anyhow::Result<()> {
    let config = config::load(config)?;
    let location = config.store;
    let facts = location.probe().await.with_context(|| location.to_string())?;
    let known = facts.known_schema;
    let Some(found) = facts.schema else {
        say(format_args!("{location} is empty; the first start creates its tables."));
        return Ok(());
    };
    if found == known {
        say(format_args!(
            "{location} already has this release's schema (version {known}); nothing was changed."
        ));
        return Ok(());
    }
    if found < known {
        say(format_args!("Upgrading {location} from version {found} to {known} ..."));
    }
    let options = StoreOptions { upgrade: true, ..StoreOptions::default() };
    let store = open_store(location.clone(), options).await?;
    let after = json!({ "from": found, "to": known });
    store_log::log(&store, "store.upgrade", after).await?;
    say(format_args!("{location} is now at version {known}."));
    Ok(())
}
