//! `pharos upgrade`.

use std::path::Path;

use anyhow::Context as _;
use store::StoreOptions;

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
    open_store(location.clone(), StoreOptions { upgrade: true, ..StoreOptions::default() }).await?;
    say(format_args!("{location} is now at version {known}."));
    Ok(())
}
